"""What a run's scenes are made of: files, and settings, for whoever makes some of them again later."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from earshot.errors import DataError
from earshot.files import replacing
from earshot.scenes.making import MakingSettings


@dataclass(frozen=True)
class MadeOf:
    """The files that scenes are made of, rooms as pairs of tensors and index, and how they are made."""

    people: dict[str, Path]  # SOFA files, of those who hear
    sounds: Path
    sounds_index: Path
    rooms: tuple[tuple[Path, Path], ...]
    scenes: Path
    making: MakingSettings

    def below(self, folder: Path) -> "MadeOf":
        """Return them with paths from the folder that the run was started in."""
        return MadeOf(
            {name: folder / path for name, path in self.people.items()},
            folder / self.sounds,
            folder / self.sounds_index,
            tuple((folder / one, folder / other) for one, other in self.rooms),
            folder / self.scenes,
            self.making,
        )


_MADE_OF = TypeAdapter(MadeOf)


def write_made_of(path: Path | str, made_of: MadeOf) -> None:
    """Write it as JSON, paths as they are."""
    with replacing(path) as temporary:
        temporary.write_bytes(_MADE_OF.dump_json(made_of, indent=2) + b"\n")


def read_made_of(path: Path | str) -> MadeOf:
    """Return what `write_made_of` wrote. Raises DataError where it is damaged."""
    try:
        return _MADE_OF.validate_json(Path(path).read_bytes())
    except ValidationError as fault:
        raise DataError(f"{path}: {fault.errors()[0]['msg']}. Delete it and run `snakemake -- scenes`.") from fault
