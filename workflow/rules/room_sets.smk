"""Sets of rooms: what they are drawn from, and the shards that they are simulated in."""

from earshot.materials import materials

ROOMS = CONFIG.rooms
STANDARD = "standard"  # those of `rooms`, which models learn from; others have names of their own
ROOM_SETS = {STANDARD: ROOMS} | {name: ROOMS.other(name) for name, other in ROOMS.others.items() if other}
BINAURAL = [name for name, rooms in ROOM_SETS.items() if rooms.head]  # whose receivers are heads
JUDGES = [name for name in ROOM_SETS if name not in BINAURAL]  # of models, which hear with one ear
_NOT_OF_SAMPLING = {"count", "rooms_per_job", "sample_rate_hz", "most_images", "threads", "others", "benchmark"}


def sampling_of(rooms):
    """Return what rooms are drawn from.

    Each set has draws of its own: else its rooms would be those that models learn from, in another size.
    """
    own = [name for name, some in ROOM_SETS.items() if some is rooms and name != STANDARD]
    seed = int(digest([CONFIG.seed, *own]), 16) if own else CONFIG.seed
    return {"seed": seed} | rooms.model_dump(mode="json", exclude=_NOT_OF_SAMPLING)


def simulation_of(rooms):
    """Return how responses are made."""
    return {
        "seed": CONFIG.seed,
        "rate_hz": rooms.sample_rate_hz,
        "length_s": rooms.length_s,
        "most_images": rooms.most_images,
    }


def folder_of(rooms):
    """Return the name of the folder of a set's shards.

    Configurations that agree in what rooms are share it. What materials absorb is another's table, of which the
    configuration has names alone. Devices round differently, so theirs is in the name. Of a head it is the file's path as it is typed:
    an input, of which an edit is seen.
    """
    names = values(rooms)["materials"] or {}
    absorbed = {name: materials()[name] for some in names.values() for name in some}
    head = [str(rooms.head)] if rooms.head else []
    return f"{digest([sampling_of(rooms), simulation_of(rooms), absorbed, *head])}-{CONFIG.device}"


def numbers_of(rooms):
    """Return by name of a shard the numbers of its rooms: one room more changes no other's."""
    return {
        f"{first:06d}-{last - 1:06d}": range(first, last)
        for first in range(0, rooms.count, rooms.rooms_per_job)
        for last in [min(first + rooms.rooms_per_job, rooms.count)]
    }


ROOM_SHARDS = "results/shared/rooms/{room_set}"
BY_FOLDER = {folder_of(rooms): rooms for rooms in ROOM_SETS.values()}
ROOM_SAMPLING, ROOM_SIMULATION = sampling_of(ROOMS), simulation_of(ROOMS)
ROOM_FIGURES = [
    "expected_times",
    "times_by_octave",
    "room_wireframe",
    "wavefield",
    "responses_by_distance",
    "room_rates",
]


wildcard_constraints:
    room_set="|".join(BY_FOLDER),
    numbers=r"\d{6}-\d{6}",


def of_rooms(file, *names):
    """Return a file of each shard of sets, of the standard one where none is named."""
    return [
        path
        for rooms in map(ROOM_SETS.get, names or [STANDARD])
        for path in expand(file, room_set=folder_of(rooms), numbers=numbers_of(rooms), allow_missing=True)
    ]


def numbers_of_rooms(wildcards):
    """Return the numbers of the first room of a shard and of the one after its last."""
    known = numbers_of(BY_FOLDER[wildcards.room_set])
    if wildcards.numbers not in known:
        raise WorkflowError(f"{wildcards.numbers} is no shard of these rooms, which are {', '.join(known)}")
    return [known[wildcards.numbers].start, known[wildcards.numbers].stop]


def sampling_of_rooms(wildcards):
    """Return what the rooms of a shard are drawn from."""
    return sampling_of(BY_FOLDER[wildcards.room_set])


def simulation_of_rooms(wildcards):
    """Return how the responses of a shard are made."""
    return simulation_of(BY_FOLDER[wildcards.room_set])


def head_of_rooms(wildcards):
    """Return the SOFA file of the heads that hear a shard's rooms, where receivers are heads."""
    head = BY_FOLDER[wildcards.room_set].head
    return str(head) if head else []


def receivers_of_room(rooms=ROOMS):
    """Return how many receivers a room has at most, about."""
    if rooms.grid_m is None:
        return rooms.receivers
    longest_m = (rooms.volume_m3[1] / rooms.height_m[0] * rooms.proportion[1]) ** 0.5
    return (longest_m / rooms.grid_m + 1) * (longest_m / rooms.proportion[1] / rooms.grid_m + 1)


def memory_of_rooms():
    """Return the memory of a job, MB: what makes the responses of a room in each thread, and all that are made.

    It hardly grows with the number of images, of which none is kept by itself. Spectra are of eight times the samples,
    by band, and there are four; what is measured of a response, in octaves and in 64 bits, takes as much as 64
    responses, and eight are measured at once. A head's receivers are made one by one, each with 4 million images at once
    (30 bytes of each, and 20 by band, twice while they are sorted), and two ears. It is that of the set which needs
    most.
    """

    def needed(rooms):
        response_mb = rooms.length_s * rooms.sample_rate_hz * 4 / 1e6
        receivers, bands = receivers_of_room(rooms), 6 if rooms.materials else 1
        ears, at_once = (2, 2) if rooms.head else (1, min(receivers, 32))
        images_mb = min(rooms.most_images, 4.5e6) * (60 + 20 * bands) / 1e6 if rooms.head else 0
        of_thread = max(at_once * bands * 8 * 4, min(receivers * ears, 8) * 64)
        kept = receivers * ears * rooms_of_job(rooms) * 1.5
        return 900 + rooms.threads * (response_mb * of_thread + images_mb) + response_mb * kept

    return max(map(needed, ROOM_SETS.values()))


def minutes_of_rooms():
    """Return the run time of a job on the processor, minutes: images of all receivers, of heads by octave, and measures."""

    def needed(rooms):
        responses = receivers_of_room(rooms) * rooms_of_job(rooms)
        bands = 6 if rooms.materials else 1
        seconds = rooms.most_images * (1e-7 + (5e-7 * bands if rooms.head else 0)) + (0.3 if rooms.head else 0.1)
        return 5 + responses * seconds / 60 / rooms.threads

    return max(map(needed, ROOM_SETS.values()))


def rooms_of_job(rooms):
    """Return how many rooms a shard has at most."""
    return min(rooms.rooms_per_job, rooms.count)


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
        "simulate_rooms": of_rooms(rules.simulate_rooms.benchmark, STANDARD, *BINAURAL),
        "benchmark_rooms": expand(rules.benchmark_rooms.benchmark, device=["cpu", "cuda"]),
    }
