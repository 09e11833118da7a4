"""Training of a network, by Lightning. It goes on where it was stopped, and gives what it would have given.

What is drawn in an epoch, the order of items, how they are changed and what is dropped, depends on the seed and the
epoch alone. So a training that goes on from the last whole epoch gives the same weights as an undisturbed one.
"""

import logging
import math
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from earshot.device import Precision, describe, precision_on
from earshot.errors import TrainingError
from earshot.learn.batches import AsTheyAre, Batches, Dealt, Order, Shuffled, Values, loader
from earshot.learn.checkpoints import Checkpoint, WholeFiles
from earshot.learn.objective import Objective
from earshot.memory import keep_freed
from earshot.progress import PROGRESS
from earshot.seeds import generator

os.environ.setdefault("PL_DISABLE_TIPS", "1")
import lightning.pytorch as lightning
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import callbacks

_RISING = 0.1  # of the steps: until then the learning rate grows
_SAID_EVERY_S = 20.0  # how far a training is

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Course:
    """How a network is trained, whatever it learns."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    precision: Precision = "float32"
    control: bool = False  # as torch does it unasked, to compare with: no memory is kept, channels come first
    patience_epochs: int | None = None  # stop after so many epochs without a lower loss of the validation part
    times_each: int = 1  # how many batches of an epoch an item is in
    dealt_over: int | None = None  # batches whose items are dealt out anew; None are as many as `times_each`
    largest_gradient: float | None = None  # Euclidean norm of all together, to which a larger one is scaled down

    def fit_for(self, device: torch.device) -> Self:
        """Return the settings with a precision that a device has instructions for, and say so where it is another."""
        precision = precision_on(device, self.precision)
        if precision != self.precision:
            log.info("%s has no instructions for %s: %s is taken", describe(device), self.precision, precision)
        return replace(self, precision=precision)


class _Learner(lightning.LightningModule):
    """A network and how it learns."""

    def __init__(self, network: nn.Module, objective: Objective, settings: Course, seed: int) -> None:
        super().__init__()
        self.network, self._objective, self._settings, self._seed = network, objective, settings, seed
        self._drawn, self._draw = 0, torch.Generator()
        self.history: list[dict[str, float]] = []
        self._began, self._validation_s, self._said_at = 0.0, 0.0, 0.0
        self._ready, self._waited_s = 0.0, 0.0
        self._losses: dict[str, list[tuple[torch.Tensor, int]]] = {"training": [], "validation": []}

    def on_train_epoch_start(self) -> None:
        """Begin an epoch's draws."""
        self._began, self._validation_s, self._waited_s = time.perf_counter(), 0.0, 0.0
        self._ready = self._began
        self._drawn = int(generator(self._seed, "epoch", self.current_epoch).integers(2**62))
        self._draw = torch.Generator(self.device).manual_seed(self._drawn)

    def on_train_batch_start(self, batch: Any, number: int) -> None:
        """Note how long nothing was there to learn from."""
        self._waited_s += time.perf_counter() - self._ready

    def on_train_batch_end(self, outputs: Any, batch: Any, number: int) -> None:
        """Look at the clock: now comes the next batch."""
        self._ready = self._now()

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], number: int) -> torch.Tensor:
        """Return the loss of a batch."""
        # What layers drop. Not once an epoch: whoever makes an iterator of batches draws from the same source.
        torch.manual_seed(self._drawn + number)
        values, wanted = batch
        loss = self._objective.learning(self.network, values, wanted, self._draw)
        self._losses["training"].append((loss.detach(), len(wanted)))
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], _number: int) -> None:
        """Note the loss of a batch of the validation part."""
        values, wanted = batch
        loss = self._objective.judging(self.network, values, wanted)
        self._losses["validation"].append((loss.detach(), len(wanted)))
        self.log("validation", loss, batch_size=len(wanted))

    def on_validation_epoch_start(self) -> None:
        """Look at the clock: what validates is timed by itself."""
        self._validation_s = -self._now()

    def on_validation_epoch_end(self) -> None:
        """Look at the clock again."""
        self._validation_s += self._now()

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def on_train_epoch_end(self) -> None:
        """Write down the epoch's losses, and how long it took."""
        row = {
            part: sum(float(loss) * items for loss, items in some) / sum(items for _, items in some)
            for part, some in self._losses.items()
            if some
        }
        now, epoch = self._now(), self.current_epoch + 1
        for part, loss in row.items():
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the training diverged: in epoch {epoch} the {part} loss is {loss}. "
                    "Lower learning_rate, or set precision to float32."
                )
        times = {"seconds": now - self._began - self._validation_s, "waited_seconds": self._waited_s}
        if self._losses["validation"]:
            times["validation_seconds"] = self._validation_s
        self.history.append({"epoch": epoch, **times, **row})
        for some in self._losses.values():
            some.clear()
        aloud = now - self._said_at > _SAID_EVERY_S or epoch == self._settings.epochs
        self._said_at = now if aloud else self._said_at
        level = PROGRESS if aloud else logging.INFO
        log.log(level, "epoch %d of %d: loss %.3f", epoch, self._settings.epochs, row["training"])

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
    values: Values,
    wanted: NDArray[Any],
    learns: Order | NDArray[np.int_],
    validates: NDArray[np.int_],
    objective: Objective,
    settings: Course,
    seed: int,
    device: torch.device,
    state: Path,
) -> list[dict[str, float]]:
    """Train a network in place and return the losses and the seconds of each epoch.

    `wanted` has a row for each item, as its class; `learns` and `validates` are the places of those that train and
    validate, and one may come several times; or `learns` says which of them an epoch has. Others are not looked at. In
    the folder `state` lies how far a training that was stopped has come. With a patience, the weights are in the end
    those of the epoch whose loss of the items that validate was lowest; else those of the last. Raises TrainingError
    when a loss is not a number.
    """
    if not settings.control:
        if device.type == "cpu":
            keep_freed()
        # With bfloat16 the fastest there is on processors; the types of torch do not know it.
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learner = _Learner(network, objective, settings, seed)
    values = values.near(device)

    order = Shuffled(learns, seed) if isinstance(learns, np.ndarray) else learns
    workers = 0 if settings.control else values.workers_for(device)

    def batches(order: Order) -> Any:
        # Not by Lightning's count of epochs: beside a loader that goes on, it still is that of the epoch before.
        own = Batches(values, wanted, order, settings.batch_size, lambda: len(learner.history))
        return loader(own, workers) if len(order) else None

    every_epoch = partial(callbacks.ModelCheckpoint, state, save_on_train_epoch_end=True, enable_version_counter=False)
    watching: list[callbacks.Callback] = []
    if settings.patience_epochs:
        watching.append(callbacks.EarlyStopping("validation", patience=settings.patience_epochs))
        watching.append(every_epoch("best", monitor="validation"))
    # After the best, since it says which that is. (`save_last` would save when the training ends, not before.)
    watching.append(every_epoch("last"))
    last = Checkpoint.of(state / "last.ckpt", learner)
    if last:
        log.log(PROGRESS, "goes on after epoch %d", len(last.history))
    if last and last.stopped(settings.patience_epochs):
        learner.history = last.history
    else:
        fed = batches(order), batches(AsTheyAre(validates))
        if (over := settings.dealt_over or settings.times_each) > 1:
            fed = Dealt(fed[0], over, settings.times_each), fed[1]
        _fit(learner, fed, watching, settings, device, last)
    if settings.patience_epochs:
        chosen = torch.load(state / "best.ckpt", weights_only=True, map_location="cpu")["state_dict"]
        learner.load_state_dict(chosen)
    return learner.history


def _fit(
    learner: _Learner,
    fed: tuple[Any, Any],
    watching: list[callbacks.Callback],
    settings: Course,
    device: torch.device,
    last: Checkpoint | None,
) -> None:
    """Train until the last epoch, or until a callback stops it."""
    with _quiet():
        trainer = lightning.Trainer(
            max_epochs=settings.epochs,
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1 if device.index is None else [device.index],
            precision="bf16-mixed" if settings.precision == "bfloat16" else "32-true",
            callbacks=watching,
            gradient_clip_val=settings.largest_gradient,
            plugins=[LightningEnvironment(), WholeFiles()],  # a job trains alone, whatever SLURM gave it
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(
            learner,
            *fed,
            ckpt_path=last.path if last else None,
            weights_only=True,
        )


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
