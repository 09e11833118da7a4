"""Training of a network on clips, by Lightning. It goes on where it was stopped, and gives what it would have given.

What is drawn in an epoch, the order of clips, what they are mixed with and what is dropped, depends on the seed and the
epoch alone. So a training that goes on from the last whole epoch gives the same weights as an undisturbed one.
"""

import logging
import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.progress import PROGRESS
from earshot.seeds import generator

os.environ.setdefault("PL_DISABLE_TIPS", "1")
import lightning.pytorch as lightning
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import callbacks

_RISING = 0.1  # of the steps: until then the learning rate grows
_AT_ONCE = 128  # clips that a network answers for together

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    label_smoothing: float = 0.0
    softmax_before_loss: bool = False  # cross entropy takes one anyway; Kauppila et al. have both
    precision: Literal["float32", "bfloat16"] = "float32"
    patience_epochs: int | None = None  # stop after so many epochs without a lower loss of the validation part


class Inputs(Protocol):
    """What a network is given of clips, and which of its outputs are right."""

    @property
    def outputs(self) -> int:
        """How many outputs there are."""

    def learnt(
        self, values: torch.Tensor, classes: torch.Tensor, draw: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs drawn from values `(clips, ...)` to learn from, and the probability wanted of each output."""

    def judged(self, values: torch.Tensor) -> torch.Tensor:
        """Return the inputs that values are judged by: nothing is drawn."""

    def right(self, classes: torch.Tensor) -> torch.Tensor:
        """Return which output is right for clips of these classes."""


@dataclass(frozen=True)
class PlainInputs:
    """Clips as they are, as images of one channel, each output a class."""

    outputs: int

    def learnt(
        self, values: torch.Tensor, classes: torch.Tensor, draw: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return clips as they are, and certainty of their classes."""
        return self.judged(values), nn.functional.one_hot(classes, self.outputs).float()

    def judged(self, values: torch.Tensor) -> torch.Tensor:
        """Return clips as they are."""
        return values[:, None].float()

    def right(self, classes: torch.Tensor) -> torch.Tensor:
        """Return the classes."""
        return classes


class ClipValues:
    """Values of clips that lie in several shards, which are read when they are asked for."""

    def __init__(self, shards: Sequence[torch.Tensor]) -> None:
        self.shards = list(shards)
        self._starts = np.cumsum([0, *map(len, shards)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def rows(self, places: NDArray[np.int_]) -> torch.Tensor:
        """Return the values at these places in all shards together, `(places, ...)`."""
        found = torch.empty((len(places), *self.shards[0].shape[1:]), dtype=self.shards[0].dtype)
        shard = np.searchsorted(self._starts, places, side="right") - 1
        for number in np.unique(shard):
            here = np.flatnonzero(shard == number)
            found[torch.from_numpy(here)] = self.shards[number][torch.from_numpy(places[here] - self._starts[number])]
        return found


class Batches(torch.utils.data.IterableDataset[tuple[torch.Tensor, torch.Tensor]]):
    """The batches of an epoch: clips and their classes, in an order that the seed and the epoch alone decide.

    Without an epoch, clips are in their own order.
    """

    def __init__(
        self,
        values: ClipValues,
        places: NDArray[np.int_],
        classes: NDArray[np.int_],
        size: int,
        seed: int = 0,
        epoch: Callable[[], int] | None = None,
    ) -> None:
        self._values, self._places, self._classes, self._size = values, places, classes, size
        self._seed, self._epoch = seed, epoch

    def __len__(self) -> int:
        return math.ceil(len(self._places) / self._size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        order = np.arange(len(self._places))
        if self._epoch:
            generator(self._seed, "order", self._epoch()).shuffle(order)
        for start in range(0, len(order), self._size):
            few = order[start : start + self._size]
            yield self._values.rows(self._places[few]), torch.from_numpy(self._classes[few])


class _Learner(lightning.LightningModule):
    """A network and how it learns."""

    def __init__(self, network: nn.Module, inputs: Inputs, settings: TrainingSettings, seed: int) -> None:
        super().__init__()
        self.network, self._inputs, self._settings, self._seed = network, inputs, settings, seed
        self._draw = torch.Generator()
        self.history: list[dict[str, float]] = []
        self._losses: dict[str, list[tuple[torch.Tensor, int]]] = {"training": [], "validation": []}
        self._began = 0.0

    def on_train_epoch_start(self) -> None:
        """Begin an epoch's draws."""
        self._began = time.perf_counter()
        drawn = int(generator(self._seed, "epoch", self.current_epoch).integers(2**62))
        self._draw = torch.Generator(self.device).manual_seed(drawn)
        torch.manual_seed(drawn)  # what layers drop

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _number: int) -> torch.Tensor:
        """Return the loss of a batch."""
        values, classes = batch
        given, wanted = self._inputs.learnt(values, classes, self._draw)
        loss = self._loss(self.network(given), wanted, self._settings.label_smoothing)
        self._losses["training"].append((loss.detach(), len(classes)))
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], _number: int) -> None:
        """Note the loss of a batch of the validation part."""
        values, classes = batch
        loss = self._loss(self.network(self._inputs.judged(values)), self._inputs.right(classes))
        self._losses["validation"].append((loss.detach(), len(classes)))
        self.log("validation", loss, batch_size=len(classes))

    def _loss(self, logits: torch.Tensor, wanted: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
        said = logits.softmax(1) if self._settings.softmax_before_loss else logits
        return nn.functional.cross_entropy(said, wanted, label_smoothing=smoothing)

    def on_train_epoch_end(self) -> None:
        """Write down the epoch's losses, and how long it took."""
        row = {
            part: sum(float(loss) * clips for loss, clips in some) / sum(clips for _, clips in some)
            for part, some in self._losses.items()
            if some
        }
        seconds = time.perf_counter() - self._began
        self.history.append({"epoch": self.current_epoch + 1, **row, "seconds": seconds})
        for some in self._losses.values():
            some.clear()
        log.log(PROGRESS, "epoch %d of %d: loss %.3f", self.current_epoch + 1, self._settings.epochs, row["training"])

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the losses of the epochs that are over."""
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the losses of the epochs that were over."""
        self.history = checkpoint["history"]

    def configure_optimizers(self) -> Any:
        """Return Adam and the course of its rate. Weights decay where they are asked to, biases and scales do not."""
        settings = self._settings
        weights = {"params": [one for one in self.parameters() if one.ndim > 1], "weight_decay": settings.weight_decay}
        others = {"params": [one for one in self.parameters() if one.ndim <= 1], "weight_decay": 0.0}
        adam = torch.optim.AdamW([weights, others], settings.learning_rate)
        if settings.schedule == "constant":
            return adam
        steps = int(self.trainer.estimated_stepping_batches)
        rising = math.ceil(_RISING * steps)

        def course_of(step: int) -> float:
            if step < rising:
                return (step + 1) / rising
            return (1 + math.cos(math.pi * (step - rising) / max(steps - rising, 1))) / 2

        course = torch.optim.lr_scheduler.LambdaLR(adam, course_of)
        return {"optimizer": adam, "lr_scheduler": {"scheduler": course, "interval": "step"}}


def train(
    network: nn.Module,
    values: ClipValues,
    classes: NDArray[np.int_],
    parts: NDArray[np.str_],
    inputs: Inputs,
    settings: TrainingSettings,
    seed: int,
    device: torch.device,
    state: Path,
) -> list[dict[str, float]]:
    """Train a network in place and return the losses and the seconds of each epoch.

    `classes` and `parts` say of each clip what it is and whether it trains or validates; clips of other parts are not
    looked at. In the folder `state` lies how far a training that was stopped has come. With a
    patience, the weights are in the end those of the epoch whose loss of the validation part was lowest; else those of
    the last.
    """
    learner = _Learner(network, inputs, settings, seed)

    def batches(part: str, epoch: Callable[[], int] | None = None) -> Any:
        places = np.flatnonzero(parts == part)
        own = Batches(values, places, classes[places], settings.batch_size, seed, epoch)
        return torch.utils.data.DataLoader(own, batch_size=None, pin_memory=device.type == "cuda")

    keep = callbacks.ModelCheckpoint(state, "{epoch}", save_last=True, save_top_k=0, save_on_train_epoch_end=True)
    watching: list[callbacks.Callback] = [keep]
    if settings.patience_epochs:
        best = callbacks.ModelCheckpoint(state, "best", monitor="validation", enable_version_counter=False)
        watching += [best, callbacks.EarlyStopping("validation", patience=settings.patience_epochs)]
    with _quiet():
        trainer = lightning.Trainer(
            max_epochs=settings.epochs,
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1,
            precision="bf16-mixed" if settings.precision == "bfloat16" else "32-true",
            callbacks=watching,
            plugins=[LightningEnvironment()],  # a job trains alone, whatever SLURM gave it
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        last = state / "last.ckpt"
        trainer.fit(
            learner,
            batches("training", lambda: learner.current_epoch),
            batches("validation") if settings.patience_epochs else None,
            ckpt_path=last if last.exists() else None,
            weights_only=True,
        )
    if settings.patience_epochs:
        chosen = torch.load(best.best_model_path, weights_only=True, map_location="cpu")["state_dict"]
        learner.load_state_dict(chosen)
    return learner.history


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what Lightning says of its own choices."""
    speakers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [speaker.level for speaker in speakers]
    for speaker in speakers:
        speaker.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning")
        yield
    for speaker, level in zip(speakers, levels, strict=True):
        speaker.setLevel(level)


@torch.no_grad()
def probabilities(
    network: nn.Module, values: ClipValues, places: NDArray[np.int_], inputs: Inputs, device: torch.device
) -> NDArray[np.float32]:
    """Return the probabilities of each output, `(places, outputs)`, for the clips at these places."""
    network = network.to(device).eval()
    said = [
        network(inputs.judged(values.rows(few).to(device))).softmax(1).cpu().numpy()
        for few in np.array_split(places, math.ceil(len(places) / _AT_ONCE))
    ]
    return np.concatenate(said)
