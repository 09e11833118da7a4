"""A head in a room of which a microphone's response is known."""

from dataclasses import replace

import numpy as np
import pytest
from earshot.rooms.acoustics import measures, onsets
from earshot.rooms.auralisation import Listening, binaural_response
from earshot.rooms.simulation import simulate
from earshot.signal.octaves import in_bands
from test_heads import MATERIALS, RATE_HZ, coherence, head, measured, moved, pulses  # noqa: F401 (fixtures)
from test_image_source import error_db
from test_rooms import CPU, SIMULATION, rooms

SHORT = replace(SIMULATION, length_s=0.6, most_images=10**6)
SMALL = {"volume_m3": (40, 60), "t60_s": (0.35, 0.4), "receivers": 4}
OF_MATERIALS = {"t60_s": None, "materials": MATERIALS, "length_s": 1.5}


def of_room(made, room, stored, receiver=0, exact_s=0.1, facing_deg=20.0, seed=1):
    """What the head hears where the room's source was, of a source in a receiver's place."""
    where = Listening(room.source_m, facing_deg)
    random = np.random.default_rng(seed)
    return binaural_response(room.walls, where, room.receivers_m[receiver], stored[receiver], made, exact_s, random)


@pytest.fixture(scope="module")
def known():
    (room,) = rooms(1, **SMALL)
    return room, simulate(room, SHORT, CPU).responses


def test_a_head_that_is_not_there_hears_the_stored_response_from_the_other_end(known):
    room, stored = known
    nobody = pulses()
    late = int(nobody.onsets[0, 0])
    until = round(0.08 * RATE_HZ)
    for receiver, response in enumerate(stored):
        for ear in of_room(nobody, room, stored, receiver):
            assert error_db(ear[:until], moved(response[None], late)[0, :until]) < -40


def test_a_head_at_a_source_hears_what_it_hears_of_the_source_at_its_place(known, head):  # noqa: F811
    """Of a room whose ends are exchanged, simulated with a head."""
    room, stored = known
    facing_deg = 140.0
    turned = replace(room, source_m=room.receivers_m[2], receivers_m=room.source_m[None])
    simulated = simulate(turned, SHORT, CPU, head)
    own = of_room(head, room, stored, 2, facing_deg=float(simulated.facing_deg[0]))
    until = round(0.08 * RATE_HZ)
    assert error_db(own[:, :until], simulated.responses[:, :until]) < -40
    other = of_room(head, room, stored, 2, facing_deg=facing_deg)
    assert error_db(other[:, :until], simulated.responses[:, :until]) > -10


@pytest.mark.parametrize("changes", [{}, OF_MATERIALS], ids=["one absorption", "materials"])
def test_it_decays_as_the_stored_response_does(changes):
    """A head that is not there does: ears hear some octaves louder than others."""
    found, nobody = [], pulses()
    for room in rooms(4, **SMALL | changes):
        stored = simulate(room, replace(SHORT, length_s=1.5), CPU).responses
        for receiver in (0, 1):
            ears = of_room(nobody, room, stored, receiver, exact_s=0.05)
            # From 500 Hz: below, a room has few modes, of which noise knows nothing.
            own, other = (in_bands(one, RATE_HZ)[..., 2:, :].sum(-2) for one in (ears, stored[receiver : receiver + 1]))
            times = [measures(one, RATE_HZ, onsets(one))["t60_s"].mean() for one in (own, other)]
            late = slice(round(0.1 * RATE_HZ), round(0.3 * RATE_HZ))
            powers = [np.square(one[:, late]).mean() for one in (own, other)]
            found.append((times[0] / times[1] - 1, 10 * np.log10(powers[0] / powers[1])))
    times, levels = np.array(found).T
    # What is expected with materials is a mean over places, of which each place is some way off (rooms/shoebox.py).
    wide = 3 if changes else 1
    assert abs(times.mean()) < 0.04 * wide and times.std() < 0.06 * wide
    assert abs(levels.mean()) < 0.5 * wide and levels.std() < 1 * wide


def test_what_comes_late_is_diffuse(known, head):  # noqa: F811
    room, stored = known
    late = slice(round(0.08 * RATE_HZ), round(0.25 * RATE_HZ))
    ears = [of_room(head, room, stored, 0, 0.05, seed=seed)[:, late] for seed in range(40)]
    pairs = np.concatenate(ears, axis=1)
    assert coherence(pairs, 50, 200) > 0.8 and abs(coherence(pairs, 3000, 7000)) < 0.2


def test_draws_change_what_is_late_alone(known, head):  # noqa: F811
    room, stored = known
    one, same, other = (of_room(head, room, stored, seed=seed) for seed in (1, 1, 2))
    until = round(0.07 * RATE_HZ)
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    assert error_db(one[:, :until], other[:, :until]) < -50
