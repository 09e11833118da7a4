"""What scenes are described by: sounds to choose from, and a line for each scene."""

import pandera.pandas as pa

from earshot.data.schemas.columns import LISTENER, angle

SOUND_KINDS = ("clip", "speech", "chord")
POOLS = ("training", "validation", "test")

# The sounds that scenes are made of, in the order in which they lie one after the other in a tensor.
SOUNDS = pa.DataFrameSchema(
    {
        "item": pa.Column(str, unique=True),
        "kind": pa.Column(str, pa.Check.isin(SOUND_KINDS)),
        "label": pa.Column(str, nullable=True),  # category of a clip, root and type of a chord (Cn4 j); speech has none
        "pool": pa.Column(str, pa.Check.isin(POOLS)),
        "begin": pa.Column(int, pa.Check.ge(0)),  # samples
        "samples": pa.Column(int, pa.Check.gt(0)),
    },
    name="sounds of scenes",
    strict=True,
    coerce=True,
)


def _of_source(number: int) -> dict[str, pa.Column]:
    """Return the columns of a source: the second one's are empty where there is one."""
    no = number > 1
    return {
        f"item_{number}": pa.Column(str, nullable=no),
        f"kind_{number}": pa.Column(str, pa.Check.isin(SOUND_KINDS), nullable=no),
        f"label_{number}": pa.Column(str, nullable=True),
        f"receiver_{number}": pa.Column("Int64", pa.Check.ge(0), nullable=no),  # of the room, where the source is
        f"azimuth_deg_{number}": angle(0, 360),  # as the head sees it
        f"elevation_deg_{number}": angle(-90, 90),
        f"distance_m_{number}": pa.Column(float, pa.Check.gt(0), nullable=no),
        f"level_db_{number}": pa.Column(float, nullable=no),  # at the ears, above the first source's
    }


# A row for each scene: all that is needed to make it, beside sounds, rooms, a person's HRIRs and the study's seed.
SCENES = pa.DataFrameSchema(
    {
        "scene": pa.Column(str, unique=True),
        "place": pa.Column(str),  # scenes of one place have room, person, head and places of sources in common
        "pool": pa.Column(str, pa.Check.isin(POOLS)),
        "person": pa.Column(str),
        "room": pa.Column(str),
        "t60_s": pa.Column(float, nullable=True),  # measured, the mean over the room's receivers
        "facing_deg": angle(0, 360),  # where the head looks, from the room's x towards its y
        "signal_to_noise_db": pa.Column(float),
        "sources": pa.Column(int, pa.Check.isin([1, 2])),
        **_of_source(1),
        **_of_source(2),
    },
    name="scenes",
    strict=True,
    coerce=True,
)

# A row for each person with whose ears scenes were heard, or networks taught.
SCENE_PEOPLE = pa.DataFrameSchema(LISTENER, name="people of scenes", strict=True, coerce=True)

# A row for each piece of the stream that a network learnt from, which is an epoch to its training.
SCENE_HISTORY = pa.DataFrameSchema(
    {
        "network": pa.Column(str),  # localiser, separator, classifier (of clips) or chords
        "heard_in": pa.Column(str),  # rooms, or anechoic
        "epoch": pa.Column(int),
        "seconds": pa.Column(float),
        "waited_seconds": pa.Column(float),  # of these, for scenes
        "on": pa.Column(str),  # what computed
        "training": pa.Column(float),  # loss, of scenes that were not heard before where each is in one batch
    },
    name="history of networks that learn from scenes",
    strict=True,
    coerce=True,
)

# A row for each thing that was said of a source of a scene, and for each scene that could not be made.
SCENE_ANSWERS = pa.DataFrameSchema(
    {
        "scene": pa.Column(str),
        "source": pa.Column("Int64", nullable=True),  # 1 or 2; none of a scene that could not be made
        "task": pa.Column(str, pa.Check.isin(["direction", "class", "root", "type", "separation", "none"])),
        "by": pa.Column(str),  # network or method
        "said": pa.Column(str, nullable=True),  # a class, or why there is no scene
        "azimuth_deg": angle(0, 360),
        "elevation_deg": angle(-90, 90),
        "error_deg": angle(0, 180.01),
        "right": pa.Column("boolean", nullable=True),  # of a class of clips, or a chord's root or type
        "si_sdr_gain_db": pa.Column(float, nullable=True),  # of what was separated, at the ear that hears it better
    },
    name="answers to scenes",
    strict=True,
    coerce=True,
)

# A row for each piece of scenes that was handed out: who answered it, and when.
SCENE_PIECES = pa.DataFrameSchema(
    {
        "name": pa.Column(str),
        "run": pa.Column(str),  # the start of the job that made it
        "rank": pa.Column(int, pa.Check.ge(0)),
        "host": pa.Column(str),
        "began_s": pa.Column(float),  # since 1970, by the clock of the host
        "seconds": pa.Column(float),
        "loading_s": pa.Column(float),  # what the rank did once, before its first piece
        "sha256": pa.Column(str),
        # Of the job that gathered them: its ranks or processes, and how they were started and given pieces.
        "of_ranks": pa.Column(int, pa.Check.ge(1)),
        "arrangement": pa.Column(str, pa.Check.isin(["alone", "mpi"])),
        "split": pa.Column(str, pa.Check.isin(["managed", "static"])),
    },
    name="pieces of scenes",
    strict=True,
    coerce=True,
)
