"""Models of reverberation: what they begin with, what they learn, and the responses that they give."""

import logging
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import torch
from earshot.errors import ConfigError, DataError
from earshot.learn.clip_values import ClipValues
from earshot.learn.decay_objective import DecayObjective, decays_db
from earshot.learn.reverb_models import LEARNT, build, model_of, read_network, write_network
from earshot.learn.reverb_training import train_network
from earshot.learn.reverb_values import Given, ReverbSettings, rows_of
from earshot.rooms.acoustics import measures
from earshot.rooms.comparison import compare
from earshot.rooms.room_shards import index_of
from earshot.rooms.simulation import arrivals, simulate
from test_rooms import CPU, SIMULATION, rooms

SHORT = replace(SIMULATION, length_s=0.4)
SETTINGS = {
    "kind": "operator",
    "images": 500,
    "frame_s": 0.005,
    "width": 12,
    "layers": 2,
    "modes": 8,
    "rank": None,
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 0.01,
    "weight_decay": 0.0,
    "schedule": "cosine",
    "largest_gradient": 1.0,
    "patience_epochs": None,
    "most_rooms": None,
    "seed": 1,
    "validates": 1,
}
KINDS = [
    {"kind": "operator"},
    {"kind": "operator", "rank": 0.3},
    {"kind": "perceptron"},
    {"kind": "waveform_operator", "rank": 0.3},
    {"kind": "waveform_recurrent"},
]
FLOORS = ["expected", "sabine", "eyring", "nearest"]


@pytest.fixture(scope="module")
def data():
    """Rooms with short decays, their index, their responses and the rows that networks are given."""
    some = rooms(12, volume_m3=(20, 60), t60_s=(0.15, 0.3), receivers=4)
    made = [simulate(room, SHORT, CPU) for room in some]
    index = pd.concat([index_of(*pair, SHORT.rate_hz) for pair in zip(some, made, strict=True)], ignore_index=True)
    responses = np.concatenate([one.responses for one in made])
    rows = rows_of(some, torch.from_numpy(responses), ReverbSettings(500, 0.005), SHORT, CPU)
    return some, index, responses, rows


def trained(data, tmp_path, **changes):
    _, index, responses, rows = data
    settings = SETTINGS | changes
    wanted = rows["energy"] if LEARNT[settings["kind"]] == "energy" else responses
    values = ClipValues([torch.from_numpy(rows["given"])])
    return train_network(index, values, wanted, settings, SHORT, CPU, tmp_path)


@pytest.mark.parametrize("changes", KINDS[:3])
def test_a_network_begins_with_what_is_expected(changes, data):
    network, _ = build(SETTINGS | changes, SHORT)
    given = Given.of(torch.from_numpy(data[3]["given"]))
    with torch.no_grad():
        assert torch.allclose(network.eval().late(given), given.expected)


@pytest.mark.parametrize("changes", KINDS)
def test_networks_learn_and_are_read_back_as_they_were(changes, data, tmp_path):
    network, history = trained(data, tmp_path / "state", **changes)
    assert len(history) == 3 and history[-1]["training"] < history[0]["training"]
    assert all(np.isfinite(row["validation"]) for row in history)
    path = tmp_path / "network.safetensors"
    write_network(path, network, {"settings": SETTINGS | changes, "simulation": asdict(SHORT)})
    again, _ = read_network(path)
    given = Given.of(torch.from_numpy(data[3]["given"]))
    with torch.no_grad():
        assert torch.equal(network.eval()(given), again.eval()(given))


def test_a_file_that_holds_no_network_is_named(tmp_path):
    path = tmp_path / "network.safetensors"
    write_network(path, torch.nn.Linear(2, 2), {"settings": SETTINGS})
    with pytest.raises(DataError, match="is no network of reverberation"):
        read_network(path)
    write_network(path, torch.nn.Linear(2, 2), {"settings": SETTINGS, "simulation": asdict(SHORT)})
    with pytest.raises(DataError, match="another version"):
        read_network(path)


@pytest.mark.parametrize("rank", [None, 0.3])
def test_a_stopped_training_of_an_operator_goes_on(rank, data, tmp_path, monkeypatch, caplog):
    """Its checkpoints hold complex weights, and nothing that is none."""
    whole, history = trained(data, tmp_path / "whole", rank=rank)
    keep = DecayObjective.learning

    def killed(self, network, values, energy, draw):
        killed.steps += 1
        if killed.steps == 5:
            raise KeyboardInterrupt
        return keep(self, network, values, energy, draw)

    killed.steps = 0
    monkeypatch.setattr(DecayObjective, "learning", killed)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        trained(data, tmp_path / "killed", rank=rank)
    with caplog.at_level(logging.INFO):
        again, later = trained(data, tmp_path / "killed", rank=rank)
    assert "goes on after epoch" in caplog.text
    assert [row["training"] for row in later] == [row["training"] for row in history]
    assert all(torch.equal(one, other) for one, other in zip(whole.parameters(), again.parameters(), strict=True))


def test_rooms_that_test_are_not_looked_at(data, tmp_path):
    _, index, responses, rows = data
    spoilt = {name: values.copy() for name, values in rows.items()}
    tests = (index["fold"] == 0).to_numpy()
    assert tests.any() and (index["fold"] == 1).any()
    for values in spoilt.values():
        values[tests] = np.nan
    histories = [trained((None, index, responses, one), tmp_path / str(n))[1] for n, one in enumerate((rows, spoilt))]
    assert [row["training"] for row in histories[0]] == [row["training"] for row in histories[1]]


def test_too_few_rooms_are_a_sentence(data, tmp_path):
    _, index, responses, rows = data
    with pytest.raises(ConfigError, match=r"config key rooms.count: of these rooms .* and 0 validate"):
        trained((None, index, responses, rows), tmp_path, validates=9)


def test_a_training_of_few_rooms_looks_at_no_others(data, tmp_path):
    _, index, responses, rows = data
    learners = index.loc[~index["fold"].isin([0, 1]), "room"].unique()
    spoilt = {name: values.copy() for name, values in rows.items()}
    for values in spoilt.values():
        values[index["room"].isin(learners[2:]).to_numpy()] = np.nan
    _, history = trained((None, index, responses, spoilt), tmp_path, most_rooms=2)
    assert all(np.isfinite(row["training"]) for row in history)


def test_decays_that_are_right_cost_least(data):
    energy = torch.from_numpy(data[3]["energy"])
    given = Given.of(torch.from_numpy(data[3]["given"]))

    def loss(said):
        network = lambda _: said  # noqa: E731
        return float(DecayObjective().judging(network, torch.from_numpy(data[3]["given"]), energy))

    right = loss(energy)
    assert right == pytest.approx(0, abs=1e-6)
    assert right < loss(energy * 1.1) < loss(energy * 2) and loss(given.early + given.expected) > 0.1


def test_a_decay_falls_and_ends_with_the_last_frame():
    energy = torch.rand(3, 6, 50) + 0.01
    found = decays_db(energy)
    assert found.shape == (3, 7, 50) and (found.diff() < 0).all()
    assert torch.allclose(found[:, :-1, -1], 10 * energy[..., -1].log10())
    assert torch.allclose(found[:, -1, 0], 10 * energy.sum((1, 2)).log10())


@pytest.mark.parametrize("kind", FLOORS)
def test_floors_give_responses_that_decay_about_right(kind, data):
    some, index, responses, _ = data
    model = model_of(SETTINGS | {"kind": kind}, SHORT, CPU, known=(index, torch.from_numpy(responses)))
    found = model.responses(some[:3])
    assert [one.shape for one in found] == [(4, SHORT.samples)] * 3 and all(np.isfinite(one).all() for one in found)
    for room, said in zip(some, found, strict=False):
        times = measures(said, SHORT.rate_hz, arrivals(room, SHORT.rate_hz))["t60_s"]
        assert np.all((times > 0.4 * room.t60_s) & (times < 1.5 * room.t60_s))
    if kind == "nearest":  # which knows these rooms
        assert np.array_equal(found[0], responses[:4])


def test_the_early_part_is_exact_and_the_rest_is_like_it(data):
    some, _, responses, _ = data
    model = model_of(SETTINGS | {"kind": "expected", "images": 3000}, SHORT, CPU)
    said = model.responses(some[:4])
    for number, (room, own) in enumerate(zip(some, said, strict=False)):
        true = responses[4 * number : 4 * number + 4]
        found = compare(own, true, arrivals(room, SHORT.rate_hz), SHORT.rate_hz)
        assert found["early_nmse"].max() < 0.05 and found["t60_error"].abs().max() < 0.15


def test_a_rooms_responses_do_not_depend_on_its_companions(data, tmp_path):
    some = data[0]
    network, _ = trained(data, tmp_path)
    model = model_of(SETTINGS, SHORT, CPU, network)
    alone, together = model.responses(some[2:3])[0], model.responses(some[:5])[2]
    assert np.allclose(alone, together, atol=1e-5 * np.abs(alone).max())
