"""How far a training that was stopped has come: files that are whole, and of which it is known what they are of."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import nn

from earshot.files import replacing

log = logging.getLogger(__name__)


class WholeFiles(TorchCheckpointIO):
    """Checkpoints that appear whole: Lightning's own are moved from another folder, which may be on another disk."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write a checkpoint."""
        with replacing(path) as temporary:
            torch.save(checkpoint, temporary)


@dataclass(frozen=True)
class Checkpoint:
    """The last checkpoint of a training that was stopped: where it is, and what it says."""

    path: Path
    history: list[dict[str, float]]
    without_better: int  # epochs in succession without a lower loss of the validation part

    @classmethod
    def of(cls, path: Path, learner: nn.Module) -> "Checkpoint | None":
        """Return the checkpoint of a learner; None where there is none, or none that can be gone on from.

        In a folder that was moved Lightning would not know of the best epoch any more, so that is none.
        """
        if not path.exists():
            return None
        try:
            found = torch.load(path, weights_only=True, map_location="cpu")
            shapes, own = (
                {name: one.shape for name, one in some.items()} for some in (found["state_dict"], learner.state_dict())
            )
            callbacks = found["callbacks"].values()
            best = [one["dirpath"] for one in callbacks if one.get("monitor") and "dirpath" in one]
            if shapes != own:
                fault = "is of another network"
            elif any(folder != os.path.realpath(path.parent) for folder in best):
                fault = "is of another folder"
            else:
                return cls(path, found["history"], max((one.get("wait_count", 0) for one in callbacks), default=0))
        except (OSError, RuntimeError, EOFError, KeyError, UnpicklingError) as error:
            fault = f"cannot be read ({error})"
        log.warning("%s %s: the training begins anew", path, fault)
        return None

    def stopped(self, patience: int | None) -> bool:
        """Return whether nothing was left to do: Lightning would train for another epoch before it saw that."""
        return patience is not None and self.without_better >= patience
