"""Sets of rooms: what they are drawn from, and the shards that they are simulated in."""

from earshot.materials import materials

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
# What materials absorb is another's table, of which the configuration has names alone.
ABSORBED = (
    {name: materials()[name] for names in values(ROOMS)["materials"].values() for name in names}
    if ROOMS.materials
    else {}
)
# Configurations that agree in these share the shards. Devices round differently, so their name is in it.
ROOM_SHARDS = f"results/shared/rooms/{digest(ROOM_SAMPLING | ROOM_SIMULATION | ABSORBED)}-{CONFIG.device}"
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
    longest_m = (ROOMS.volume_m3[1] / ROOMS.height_m[0] * ROOMS.proportion[1]) ** 0.5
    return (longest_m / ROOMS.grid_m + 1) * (longest_m / ROOMS.proportion[1] / ROOMS.grid_m + 1)


def memory_of_rooms():
    """Return the memory of a job, MB: what makes the responses of a room in each thread, and all that are made.

    It hardly grows with the number of images, of which none is kept by itself. Spectra are of eight times the samples, by band, and there are four; what
    is measured of a response, in octaves and in 64 bits, takes as much as 64 responses.
    """
    response_mb = ROOMS.length_s * ROOMS.sample_rate_hz * 4 / 1e6
    receivers, bands = receivers_of_room(), 6 if ROOMS.materials else 1
    of_thread = max(min(receivers, 32) * bands * 8 * 4, receivers * 64)
    return 900 + response_mb * (ROOMS.threads * of_thread + receivers * ROOMS.rooms_per_job * 1.5)


def minutes_of_rooms():
    """Return the run time of a job on the processor, minutes: images of all receivers, and measures."""
    responses = receivers_of_room() * ROOMS.rooms_per_job
    return 5 + responses * (ROOMS.most_images * 1e-7 + 0.1) / 60 / ROOMS.threads


def images_of_plain_loop():
    """Return how many images the plain loop computes of a room at most: of all orders, ten times those that are heard."""
    longest_s = ROOMS.t60_s[1] if ROOMS.t60_s else ROOMS.length_s
    return 10 * (343 * longest_s) ** 3 / ROOMS.volume_m3[0]


def memory_of_plain_loop():
    """Return the memory of the benchmark, MB: a process on each core, each with all images of a room."""
    return 2000 + ROOMS.benchmark.cores * (500 + images_of_plain_loop() * 150e-6)


def minutes_of_plain_loop():
    """Return the run time of the benchmark, minutes."""
    rooms = ROOMS.benchmark.rooms * ROOMS.benchmark.repeats / ROOMS.benchmark.cores
    return 10 + rooms * images_of_plain_loop() * receivers_of_room() * 1e-6 / 60


def room_job_times():
    """Return by rule where the times of rooms' jobs are."""
    return {
        "simulate_rooms": expand(rules.simulate_rooms.benchmark, numbers=ROOM_NUMBERS),
        "benchmark_rooms": expand(rules.benchmark_rooms.benchmark, device=["cpu", "cuda"]),
    }
