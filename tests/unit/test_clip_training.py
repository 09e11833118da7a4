"""Training on clips: it learns, goes on where it was stopped, and looks at nothing that it is to be judged by."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from earshot.errors import TrainingError
from earshot.learn.batches import Batches, Shuffled
from earshot.learn.checkpoints import WholeFiles
from earshot.learn.clip_training import TrainingSettings, train
from earshot.learn.clip_values import ClipValues, PlainInputs, probabilities
from torch import nn

CPU = torch.device("cpu")
SETTINGS = TrainingSettings(epochs=6, batch_size=16, learning_rate=0.02, weight_decay=1e-3, schedule="cosine")


def clips(count=120):
    """Three kinds of clips, in two shards: each has most power in another of its bands."""
    draw = np.random.default_rng(1)
    classes = draw.integers(0, 3, count)
    values = draw.normal(size=(count, 3, 4)).astype(np.float32)
    values[np.arange(count), classes] += 1
    return ClipValues([torch.from_numpy(values[:50]), torch.from_numpy(values[50:])]), classes


def network():
    torch.manual_seed(3)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 3))


class Louder(PlainInputs):
    """Inputs of which something is drawn."""

    def learnt(self, values, classes, draw):
        return super().learnt(values * torch.rand(len(values), 1, 1, generator=draw).add(0.5), classes, draw)


LOUDER = Louder(3)


def weights(net):
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])


LEARN, NONE = np.arange(90), np.arange(0)


def trained(state, settings=SETTINGS, inputs=LOUDER, learns=LEARN, validates=NONE, seed=1, kind=ClipValues):
    values, classes = clips()
    net = network()
    values = kind(values.shards)
    return net, train(net, values, classes, learns, validates, inputs, settings, seed, CPU, state)


def test_rows_come_from_whatever_shard_they_are_in():
    values, _ = clips()
    together = torch.cat(values.shards)
    places = np.array([3, 119, 50, 49, 3])
    assert len(values) == 120
    assert torch.equal(values.rows(places), together[torch.from_numpy(places)])


def test_every_clip_comes_once_an_epoch_and_each_epoch_has_an_order_of_its_own():
    values, classes = clips()
    epoch = 0
    batches = Batches(values, classes, Shuffled(np.arange(40, 120), seed=1), 32, epoch=lambda: epoch)
    orders = []
    for epoch in (0, 1, 0):  # noqa: B007 (the batches read it)
        rows = torch.cat([found for found, _ in batches])
        assert len(batches) == 3 and len(rows) == 80
        orders.append(rows)
    assert torch.equal(orders[0], orders[2]) and not torch.equal(orders[0], orders[1])
    assert torch.equal(orders[0].flatten().sort()[0], orders[1].flatten().sort()[0])


def test_it_learns(tmp_path):
    net, history = trained(tmp_path)
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert all(0 < row["seconds"] < 60 and "validation_seconds" not in row for row in history)
    assert history[-1]["training"] < 0.8 * history[0]["training"]
    values, classes = clips()
    said = probabilities(net, values, np.arange(90, 120), LOUDER, CPU)
    assert said.shape == (30, 3) and np.allclose(said.sum(1), 1)
    assert (said.argmax(1) == classes[90:]).mean() > 0.7


class Killed(Exception):
    pass


PATIENT = {
    "settings": TrainingSettings(epochs=60, batch_size=16, learning_rate=0.05, patience_epochs=3),
    "learns": np.arange(60),
    "validates": np.arange(60, 100),
}


class Travelling(ClipValues):
    """Values that other processes get ready: one, where they have to be sent to the device, or several."""

    workers = 1

    def workers_for(self, device):
        return self.workers


class Streamed(Travelling):
    workers = 3


def losses(history):
    """The rows of a history without what no two trainings share."""
    return [{name: value for name, value in row.items() if "seconds" not in name} for row in history]


@pytest.mark.parametrize("kind", [ClipValues, Travelling, Streamed])
@pytest.mark.parametrize("after", [1, 4])
def test_a_training_that_was_stopped_goes_on_and_gives_the_same(tmp_path, after, kind):
    """In mid-epoch: what that epoch had learnt is learnt again, from where the epoch before it ended."""
    undisturbed, history = trained(tmp_path / "undisturbed")
    calls, last = 0, after * 6 + 3  # 90 clips are 6 batches

    class Stopping(Louder):
        def learnt(self, values, classes, draw):
            nonlocal calls
            calls += 1
            if calls == last:
                raise Killed
            return super().learnt(values, classes, draw)

    with pytest.raises(Killed):
        trained(tmp_path / "killed", inputs=Stopping(3), kind=kind)
    assert [path.name for path in (tmp_path / "killed").iterdir()] == ["last.ckpt"]
    calls, last = 0, None
    gone_on, again = trained(tmp_path / "killed", inputs=Stopping(3), kind=kind)
    assert torch.equal(weights(gone_on), weights(undisturbed)) and losses(again) == losses(history)
    assert calls == (6 - after) * 6, "whole epochs are not learnt again"


@pytest.mark.parametrize("before_the_end", [3, 0], ids=["in mid-training", "after it had stopped"])
def test_a_training_with_patience_that_was_stopped_goes_on_and_gives_the_same(tmp_path, before_the_end, monkeypatch):
    """Killed right after an epoch's checkpoint, or after the last of all, when patience had ended."""
    undisturbed, history = trained(tmp_path / "undisturbed", **PATIENT)
    assert 3 < len(history) < 60
    save, written = WholeFiles.save_checkpoint, 0

    def killed(self, checkpoint, path, storage_options=None):
        nonlocal written
        save(self, checkpoint, path, storage_options)
        written += path.endswith("last.ckpt")
        if written == len(history) - before_the_end:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(WholeFiles, "save_checkpoint", killed)
        trained(tmp_path / "killed", **PATIENT)
    gone_on, again = trained(tmp_path / "killed", **PATIENT)
    assert torch.equal(weights(gone_on), weights(undisturbed)) and losses(again) == losses(history)


def test_a_training_with_patience_whose_state_was_moved_begins_anew(tmp_path, caplog):
    """The best epoch is named by where it was."""
    undisturbed, history = trained(tmp_path / "here", **PATIENT)
    (tmp_path / "here").rename(tmp_path / "there")
    again, same = trained(tmp_path / "there", **PATIENT)
    assert "is of another folder: the training begins anew" in caplog.text
    assert torch.equal(weights(undisturbed), weights(again)) and losses(same) == losses(history)


def test_a_training_that_had_ended_trains_no_more(tmp_path):
    net, history = trained(tmp_path)
    again, same = trained(tmp_path)
    assert torch.equal(weights(net), weights(again)) and same == history


@pytest.mark.parametrize("damage", ["half", "nothing", "other network"])
def test_a_checkpoint_that_cannot_be_gone_on_from_is_said_and_left(tmp_path, damage, caplog):
    undisturbed, history = trained(tmp_path / "one")
    last = tmp_path / "one" / "last.ckpt"
    if damage == "other network":
        found = torch.load(last, weights_only=True)
        found["state_dict"]["network.1.weight"] = torch.zeros(7, 12)
        torch.save(found, last)
    else:
        content = last.read_bytes()
        last.write_bytes(content[: len(content) // 2] if damage == "half" else b"")
    again, same = trained(tmp_path / "one")
    assert torch.equal(weights(undisturbed), weights(again)) and losses(same) == losses(history)
    assert f"{last} " in caplog.text and "the training begins anew" in caplog.text


def test_a_seed_gives_the_same_network_and_another_seed_another(tmp_path):
    one, again, other = (
        weights(trained(tmp_path / name, seed=seed)[0]) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_batches_that_a_process_of_its_own_gets_ready_are_the_same(tmp_path):
    here, history = trained(tmp_path / "here")
    there, same = trained(tmp_path / "there", kind=Travelling)
    assert torch.equal(weights(there), weights(here)) and losses(same) == losses(history)


def test_clips_that_test_change_nothing(tmp_path):
    """Nor do those that validate, where nothing is chosen by them."""
    one, _ = trained(tmp_path / "a", validates=np.arange(90, 105))
    values, classes = clips()
    values.shards[1][40:] = 1e3
    other = network()
    classes[90:] = 0
    train(other, values, classes, LEARN, np.arange(90, 105), LOUDER, SETTINGS, 1, CPU, tmp_path / "b")
    assert torch.equal(weights(one), weights(other))


def test_with_patience_it_stops_and_takes_the_epoch_that_validated_best(tmp_path):
    """A rate that is far too high makes a network worse and worse: the best epoch is an early one."""
    net, history = trained(tmp_path, inputs=PlainInputs(3), **PATIENT)
    losses = [row["validation"] for row in history]
    assert all(row["seconds"] > 0 and row["validation_seconds"] > 0 for row in history)
    assert len(losses) == np.argmin(losses) + 1 + 3 < 60
    values, classes = clips()
    with torch.no_grad():
        said = net.eval()(values.rows(np.arange(60, 100)))
    loss = float(nn.functional.cross_entropy(said, torch.from_numpy(classes[60:100])))
    assert loss == pytest.approx(min(losses), abs=1e-4)


@pytest.mark.parametrize("instructions", [True, False])
def test_bfloat16_is_taken_where_there_are_instructions_for_it(instructions, monkeypatch, caplog):
    monkeypatch.setattr("earshot.device.has_bfloat16", lambda device: instructions)
    wanted = replace(SETTINGS, precision="bfloat16")
    with caplog.at_level(logging.INFO):
        assert wanted.fit_for(CPU) == (wanted if instructions else SETTINGS)
        assert SETTINGS.fit_for(CPU) == SETTINGS
    assert ("CPU has no instructions for bfloat16" in caplog.text) != instructions


def test_nothing_is_said_but_how_far_it_is(tmp_path, capfd, recwarn, caplog):
    with caplog.at_level(logging.INFO):
        trained(tmp_path)
    out, err = capfd.readouterr()
    assert not out and not err and not recwarn.list
    assert {record.name for record in caplog.records} == {"earshot.learn.training"}
    assert "epoch 6 of 6: loss " in caplog.text


def test_a_training_that_diverges_ends_with_a_sentence(tmp_path):
    class Broken(PlainInputs):
        def judged(self, values):
            return super().judged(values) * float("nan")

    with pytest.raises(TrainingError, match=r"diverged: in epoch 1 the training loss is nan\. Lower learning_rate"):
        trained(tmp_path, inputs=Broken(3))


def test_gradients_are_held(tmp_path):
    """So far that Adam, which divides by them, sees hardly any: its floor, 1e-8, is larger."""
    first = weights(network())
    moved = [
        float(
            (
                weights(trained(tmp_path / str(largest), settings=replace(SETTINGS, largest_gradient=largest))[0])
                - first
            ).norm()
        )
        for largest in (None, 1e-10)
    ]
    assert moved[1] < 0.2 * moved[0]
