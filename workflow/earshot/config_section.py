"""What the sections of the configuration have in common."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


def _named_sofa(path: Path) -> Path:
    if path.suffix != ".sofa":
        raise ValueError(f"{path} is no SOFA file: the name of one ends in .sofa")
    return path


SofaFile = Annotated[Path, AfterValidator(_named_sofa)]


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, and nothing changes after reading.

    Defaults are validated as what is written is: 44100 Hz that are written out are then the 44100.0 Hz of the default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


def require_folder(collection: str, folder: Path | None) -> None:
    """Raise ValueError where data of one's own have no folder, or a folder is given beside a published collection."""
    if (collection == "folder") != (folder is not None):
        raise ValueError("collection `folder` and the key folder go together: set both or neither")
