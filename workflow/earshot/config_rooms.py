"""The configuration of study D, its first half: rooms and their impulse responses."""

from pathlib import Path

from pydantic import Field, PositiveInt, PrivateAttr, ValidationError, model_validator

from earshot.config_section import Name, Section, SofaFile
from earshot.materials import SURFACES, materials

Range = tuple[float, float]


class Materials(Section):
    """What walls may be made of: of each surface, names of pyroomacoustics' table, of which each wall draws one."""

    floor: tuple[str, ...] = Field(min_length=1, description="Materials of the floor")
    ceiling: tuple[str, ...] = Field(min_length=1, description="Materials of the ceiling")
    walls: tuple[str, ...] = Field(min_length=1, description="Materials of the four walls")

    @model_validator(mode="after")
    def _known(self) -> "Materials":
        for surface in SURFACES:
            if unknown := [name for name in getattr(self, surface) if name not in materials()]:
                known = ", ".join(sorted(materials()))
                raise ValueError(f"{surface}: {unknown[0]} is none of the materials, which are: {known}")
        return self


class SpeedOfRooms(Section):
    """How fast rooms are simulated, against a plain loop over pyroomacoustics."""

    rooms: PositiveInt = Field(16, description="Rooms that are timed, the first ones")
    repeats: int = Field(3, ge=3, description="Uninterrupted repeats of this")
    cores: PositiveInt = Field(
        8,
        description="Cores of the job on a cluster; on one machine all of the run's. An edit measures nothing again",
    )


class OtherRooms(Section):
    """Rooms that models do not learn from: what is not set is as in `rooms`. Those without a head judge them."""

    count: PositiveInt = Field(40, description="How many rooms")
    volume_m3: Range | None = Field(None, description="Volume, m3: smallest and largest")
    height_m: Range | None = Field(None, description="Height, m: lowest and highest")
    proportion: Range | None = Field(None, description="Length in widths: smallest and largest")
    t60_s: Range | None = Field(None, description="Reverberation time, s: shortest and longest")
    receivers: PositiveInt | None = Field(None, description="Receivers of a room, at random places")
    grid_m: float | None = Field(None, gt=0, description="Receivers on a grid instead, so many metres apart")
    head: SofaFile | None = Field(
        None,
        description="SOFA file of head-related impulse responses: each receiver is then a head with two ears, "
        "that looks in a direction of its own. No model is judged by such rooms",
    )


class Rooms(Section):
    """Rooms that are drawn at random, and how their impulse responses are made."""

    count: PositiveInt = Field(1000, description="How many rooms; more of them change none of those before")
    rooms_per_job: PositiveInt = Field(100, description="Rooms of a shard; a job makes one shard")
    sample_rate_hz: float = Field(16000, ge=11400, description="Rate of the responses, Hz: octaves up to 4 kHz fit in")
    length_s: float = Field(1.0, gt=0.05, le=20, description="Length of a response, seconds, in which it has to decay")
    volume_m3: Range = Field((20, 300), description="Volume, m3: smallest and largest, evenly by its logarithm")
    height_m: Range = Field((2.4, 4.0), description="Height, m: lowest and highest")
    proportion: Range = Field((1.0, 2.0), description="Length in widths: smallest and largest")
    t60_s: Range | None = Field(
        (0.2, 0.8),
        description="Reverberation time, s: shortest and longest; all walls absorb alike what gives it. "
        "null where there are `materials`",
    )
    materials: Materials | None = Field(None, description="Materials of walls, in place of a reverberation time")
    receivers: PositiveInt = Field(8, description="Receivers of a room, at random places")
    grid_m: float | None = Field(
        None, gt=0, description="In place of these: receivers on a grid, so many metres from one to the next"
    )
    ears_m: float = Field(1.5, gt=0, description="Height of receivers on a grid, m")
    from_walls_m: float = Field(0.5, ge=0, description="Least distance of source and receivers from walls, m")
    from_source_m: float = Field(1.0, ge=0, description="Least distance of receivers from the source, m")
    test_share: float = Field(0.2, gt=0, lt=1, description="Share of rooms that test, by a room's name and the seed")
    folds: int = Field(5, ge=2, description="Parts that the other rooms are dealt to")
    most_images: int = Field(
        3_000_000,
        ge=1000,
        description="Image sources of a receiver at most; then comes noise that decays as images do on average",
    )
    threads: PositiveInt = Field(2, description="Threads of a job, a room each")
    others: dict[Name, OtherRooms | None] = Field(
        {},
        description="Other rooms, by names of yours: those without a head judge models of reverberation; "
        "null leaves one out",
    )
    benchmark: SpeedOfRooms = SpeedOfRooms()
    _head: Path | None = PrivateAttr(None)

    @property
    def head(self) -> Path | None:
        """The SOFA file of the heads that receivers are: of some other rooms alone, since models hear with one ear."""
        return self._head

    def other(self, name: str) -> "Rooms":
        """Return the other rooms of a name."""
        changes = self.others[name]
        own = {} if changes is None else {key: value for key, value in changes if value is not None}
        head = own.pop("head", None)
        if "t60_s" in own:
            own["materials"] = None
        if "receivers" in own:
            own["grid_m"] = None
        found = Rooms.model_validate(self.model_dump(exclude={"others"}) | own)
        found._head = head
        return found

    @model_validator(mode="after")
    def _possible(self) -> "Rooms":
        for name in ("volume_m3", "height_m", "proportion", "t60_s"):
            low, high = getattr(self, name) or (1, 1)
            if not 0 < low <= high:
                raise ValueError(f"{name}: two values above 0, and the lowest comes first")
        if (self.t60_s is None) == (self.materials is None):
            raise ValueError("t60_s and materials: one of both, and null for the other")
        if self.t60_s and self.t60_s[1] > self.length_s:
            raise ValueError(f"length_s: {self.length_s:g} s do not hold a reverberation time of {self.t60_s[1]:g} s")
        if "standard" in self.others:
            raise ValueError("others: standard is the name of the rooms that models learn from; take another")
        for name, changes in self.others.items():
            try:
                self.other(name) if changes else None
            except ValidationError as fault:
                reason = fault.errors()[0]["msg"].removeprefix("Value error, ")
                raise ValueError(f"others.{name}: {reason}. Change it too, or leave it out with null") from None
        return self
