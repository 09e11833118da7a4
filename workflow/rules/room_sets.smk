"""Sets of rooms: what they are drawn from, and the shards that they are simulated in."""

ROOMS = CONFIG.rooms
ROOM_SAMPLING = {
    "seed": CONFIG.seed,
    **ROOMS.model_dump(
        mode="json", exclude={"count", "rooms_per_job", "sample_rate_hz", "most_images", "threads", "benchmark"}
    ),
}
ROOM_SIMULATION = {
    "seed": CONFIG.seed,
    "rate_hz": ROOMS.sample_rate_hz,
    "length_s": ROOMS.length_s,
    "most_images": ROOMS.most_images,
}
# Configurations that agree in these share the shards. Devices round differently, so their name is in it.
ROOM_SHARDS = f"results/shared/rooms/{digest(ROOM_SAMPLING | ROOM_SIMULATION)}-{CONFIG.device}"
# Of each shard, by the numbers of its first and last room, which are its name: one room more changes no other's.
ROOM_NUMBERS = {
    f"{first:06d}-{last - 1:06d}": range(first, last)
    for first in range(0, ROOMS.count, ROOMS.rooms_per_job)
    for last in [min(first + ROOMS.rooms_per_job, ROOMS.count)]
}

ROOM_FIGURES = ["expected_times", "times_by_octave", "room_wireframe", "responses_by_distance", "room_rates"]


wildcard_constraints:
    numbers="|".join(ROOM_NUMBERS),


def numbers_of_rooms(wildcards):
    """Return the numbers of the first room of a shard and of the one after its last."""
    numbers = ROOM_NUMBERS[wildcards.numbers]
    return [numbers.start, numbers.stop]


def receivers_of_room():
    """Return how many receivers a room has at most, about."""
    if ROOMS.grid_m is None:
        return ROOMS.receivers
    largest_m2 = ROOMS.volume_m3[1] / ROOMS.height_m[0]
    return largest_m2 / ROOMS.grid_m**2


def memory_of_rooms():
    """Return the memory of a job, MB: what makes the responses of a room in each thread, and all that are made.

    It does not grow with the number of images. Spectra are of eight times the samples, by band, and there are four.
    """
    response_mb = ROOMS.length_s * ROOMS.sample_rate_hz * 4 / 1e6
    at_once = min(receivers_of_room(), 32) * (6 if ROOMS.materials else 1)
    return 900 + response_mb * (ROOMS.threads * at_once * 8 * 4 + receivers_of_room() * ROOMS.rooms_per_job * 1.5)


def minutes_of_rooms():
    """Return the run time of a job on the processor, minutes: images of all receivers, and measures."""
    responses = receivers_of_room() * ROOMS.rooms_per_job
    return 5 + responses * (ROOMS.most_images * 1e-7 + 0.1) / 60 / ROOMS.threads


def room_job_times():
    """Return by rule where the times of rooms' jobs are."""
    return {
        "simulate_rooms": expand(rules.simulate_rooms.benchmark, numbers=ROOM_NUMBERS),
        "benchmark_rooms": expand(rules.benchmark_rooms.benchmark, device=["cpu", "cuda"]),
    }
