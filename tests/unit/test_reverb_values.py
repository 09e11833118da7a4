"""What networks of reverberation are given, and that a room which is turned round is still the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from earshot.learn.reverb_told import TOLD, told_of
from earshot.learn.reverb_values import Given, ReverbSettings, early_of, rows_of
from earshot.rooms.echograms import BANDS, echograms
from earshot.rooms.sampling import Room
from earshot.rooms.shoebox import Shoebox
from earshot.rooms.simulation import simulate
from test_rooms import CPU, SIMULATION, rooms

KNOWN = ReverbSettings(images=2000, frame_s=0.005)
SHORT = replace(SIMULATION, length_s=0.5)


def room():
    """A room whose walls all differ."""
    absorption = np.linspace(0.2, 0.6, 6).reshape(3, 2, 1)
    walls = Shoebox(np.array([5.0, 4.0, 2.7]), absorption)
    return Room("a", walls, None, np.array([1.0, 1.5, 1.2]), np.array([[3.9, 2.2, 1.6], [2.0, 3.1, 1.9]]), 1, 1)


def turned(one, order=(0, 1, 2), flip=(), changed=None):
    """The same room with its axes in another order, mirrored, or with source and one receiver changed over."""
    source, receivers = one.source_m.copy(), one.receivers_m.copy()
    absorption = one.walls.absorption.copy()
    for axis in flip:
        length = one.walls.dimensions_m[axis]
        source[axis], receivers[:, axis] = length - source[axis], length - receivers[:, axis]
        absorption[axis] = absorption[axis, ::-1]
    if changed is not None:
        source, receivers = receivers[changed], source[None]
    order = list(order)
    walls = Shoebox(one.walls.dimensions_m[order], absorption[order])
    return replace(one, walls=walls, source_m=source[order], receivers_m=receivers[:, order])


@pytest.mark.parametrize("changes", [{"order": (2, 0, 1)}, {"flip": (0, 2)}, {"changed": 0}])
def test_what_is_learnt_as_the_same_sounds_the_same(changes):
    """The physics that `Given.seen_otherwise` rests on."""
    here, there = (simulate(one, SHORT, CPU).responses[0] for one in (room(), turned(room(), **changes)))
    assert np.abs(here - there).max() < 1e-3 * np.abs(here).max()


def test_rooms_are_seen_otherwise_as_they_may_be():
    rows = early_of(room(), KNOWN, SHORT, CPU).rows.repeat(40, 1)
    given = Given.of(rows)
    seen = given.seen_otherwise(torch.Generator().manual_seed(1))
    distance = (given.source_m - given.receiver_m).norm(dim=1)
    assert torch.allclose((seen.source_m - seen.receiver_m).norm(dim=1), distance, atol=1e-5)
    for places in (seen.source_m, seen.receiver_m):
        assert (places > 0).all() and (places < seen.dimensions_m).all()
    assert torch.allclose(seen.dimensions_m.prod(1), given.dimensions_m.prod(1))
    assert torch.allclose(seen.nepers.sum((1, 2)), given.nepers.sum((1, 2)), atol=1e-5)
    assert (
        len(torch.unique(seen.dimensions_m[:, 0])) == 3
        and len(torch.unique(seen.source_m.round(decimals=4), dim=0)) > 20
    )
    assert torch.equal(seen.early, given.early) and torch.equal(seen.left, given.left)


def test_rooms_that_are_seen_otherwise_sound_the_same():
    """Dimensions, walls and places belong together whatever is turned, mirrored or changed over."""
    one = room()
    true = simulate(one, SHORT, CPU).responses[0]
    seen = Given.of(early_of(one, KNOWN, SHORT, CPU).rows[:1].repeat(4, 1)).seen_otherwise(
        torch.Generator().manual_seed(5)
    )
    assert len(torch.unique(seen.source_m.round(decimals=4), dim=0)) == 4
    for row in range(4):
        absorption = (1 - torch.exp(-seen.nepers[row, ..., None])).double().numpy()
        walls = Shoebox(seen.dimensions_m[row].double().numpy(), absorption)
        places = [one.double().numpy() for one in (seen.source_m[row], seen.receiver_m[row])]
        other = Room("b", walls, None, places[0], places[1][None], 1, 1)
        assert np.abs(simulate(other, SHORT, CPU).responses[0] - true).max() < 2e-3 * np.abs(true).max()


def test_mirrored_rooms_are_told_alike_but_for_their_walls():
    told = [told_of(Given.of(early_of(one, KNOWN, SHORT, CPU).rows)) for one in (room(), turned(room(), flip=(1,)))]
    assert told[0].shape == (2, TOLD)
    walls = slice(3, 9)
    apart = (told[0] - told[1]).abs()
    assert apart[:, :3].max() < 1e-5 and apart[:, 9:].max() < 1e-4
    assert torch.allclose(told[0][:, walls].sort()[0], told[1][:, walls].sort()[0])


def test_early_part_and_what_it_leaves_make_up_the_whole():
    one = room()
    early, whole = early_of(one, KNOWN, SHORT, CPU), simulate(one, SHORT, CPU).responses
    given = Given.of(early.rows)
    true = echograms(torch.from_numpy(whole), 16000, KNOWN.frame_s)
    assert given.early.shape == true.shape == (2, BANDS, 100)
    known = (given.left < 1e-6).all(0)
    assert 5 < known.sum() < 60 and (given.left[:, -1] == 1).all()
    # Octaves ring over the edge of the last frame that is known.
    inside = known.clone()
    inside[known.sum() - 3 :] = False
    assert torch.allclose(given.early[..., inside], true[..., inside], rtol=0.02, atol=1e-5)
    together = given.early + given.left[:, None] * given.expected
    apart_db = 10 * (together.sum((1, 2)) / true.sum((1, 2))).log10()
    assert apart_db.abs().max() < 0.3


def test_rows_are_in_the_order_of_rooms():
    some = rooms(2, volume_m3=(20, 30), t60_s=(0.2, 0.25), receivers=3)
    responses = torch.from_numpy(np.concatenate([simulate(one, SHORT, CPU).responses for one in some]))
    found = rows_of(some, responses, KNOWN, SHORT, CPU)
    given = Given.of(torch.from_numpy(found["given"]))
    assert np.allclose(given.receiver_m, np.concatenate([one.receivers_m for one in some]), atol=1e-5)
    assert np.allclose(given.dimensions_m[3:], some[1].walls.dimensions_m)
    assert found["energy"].shape == (6, BANDS, 100) and found["energy"].dtype == np.float32
