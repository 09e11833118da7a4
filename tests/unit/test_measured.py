"""Measured rooms: responses that are simulated, written as if they had been measured, and read again."""

from dataclasses import replace

import numpy as np
import pytest
from earshot.data.sofa import HrirSet, write_hrirs
from earshot.directions import unit_vectors
from earshot.errors import ConfigError
from earshot.learn.reverb_floors import EveryImage, StatisticalRoom
from earshot.learn.reverb_judging import judge_by_measured
from earshot.rooms.comparison import medians
from earshot.rooms.measured import MeasuredPlace, read_measured
from earshot.rooms.sampling import Room
from earshot.rooms.shoebox import Shoebox, absorption_for
from earshot.rooms.simulation import simulate
from earshot.signal.octaves import CENTRES_HZ
from test_rooms import CPU, SIMULATION

SHORT = replace(SIMULATION, length_s=0.6)
DIMENSIONS = (5.0, 4.0, 2.6)
HEAD = np.array([2.2, 1.8, 1.2])
PLACE = MeasuredPlace("office", DIMENSIONS, tuple(HEAD), facing_deg=30.0)
AZIMUTHS = np.array([0.0, 60.0, 90.0, 180.0, 270.0, 300.0])
T60_S = 0.35


def write_office(path, noise=0.0, azimuths=AZIMUTHS, distance_m=1.2):
    """Write responses of a simulated room, as of a head that looks 30 degrees from its length; far ears are fainter."""
    directions = unit_vectors(azimuths + PLACE.facing_deg, np.zeros(len(azimuths)))
    walls = Shoebox(np.array(DIMENSIONS), np.full((3, 2, 1), absorption_for(np.array(DIMENSIONS), T60_S)))
    draw = np.random.default_rng(1)
    made = []
    for number, source in enumerate(HEAD + distance_m * directions):
        (heard,) = simulate(Room(f"room{number:06d}", walls, T60_S, source, HEAD[None], 0, 1), SHORT, CPU).responses
        aside = np.sin(np.radians(azimuths[number]))
        ears = [heard * gain for gain in (1 + 0.6 * aside, 1 - 0.6 * aside)]
        made.append(np.array(ears) + noise * abs(heard).max() * draw.standard_normal((2, len(heard))))
    count = len(azimuths)
    hrirs = HrirSet("a", np.array(made), 16000.0, azimuths, np.zeros(count), np.full(count, distance_m))
    write_hrirs(path, hrirs)
    return path


def test_the_simulation_is_found_again_in_what_was_measured(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa"), PLACE, 16000.0)
    rows = judge_by_measured(EveryImage(SHORT, CPU), measured)
    assert len(rows) == 12 and rows["ear"].value_counts().to_dict() == {"left": 6, "right": 6}
    assert rows["distance_m"].to_numpy() == pytest.approx(1.2)
    found, floor = medians(rows), medians(judge_by_measured(StatisticalRoom("eyring", SHORT), measured))
    # Walls are found from times by octave, of which the lowest is of a few modes.
    assert found["t60_error_pct"] < 10 and found["edt_error_pct"] < 5 and found["c50_error_db"] < 0.3
    assert found["drr_error_db"] < 0.5 and "early_nmse" not in found
    assert floor["t60_error_pct"] > found["t60_error_pct"] and floor["edt_error_pct"] > 3 * found["edt_error_pct"]


def test_sources_lie_around_where_the_head_looks(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa"), PLACE, 16000.0)
    ahead, left = measured.rooms[0].source_m - HEAD, measured.rooms[2].source_m - HEAD
    assert ahead == pytest.approx([1.2 * np.cos(np.pi / 6), 1.2 * np.sin(np.pi / 6), 0])
    assert left == pytest.approx([-1.2 * np.sin(np.pi / 6), 1.2 * np.cos(np.pi / 6), 0])


def test_noise_in_a_recording_changes_no_time_until_a_decay_drowns_in_it(tmp_path):
    clean, noisy = (
        read_measured(write_office(tmp_path / f"{name}.sofa", noise), PLACE, 16000.0).measures()
        for name, noise in (("clean", 0.0), ("noisy", 1e-4))
    )
    assert noisy["t60_s"] == pytest.approx(clean["t60_s"], rel=0.03)
    with pytest.raises(ConfigError, match=r"reverb\.measured\.office: .*loud\.sofa has octaves whose decays drown"):
        read_measured(write_office(tmp_path / "loud.sofa", 0.05), PLACE, 16000.0)


def test_walls_absorb_in_each_octave_what_gives_the_time_that_was_measured(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa"), PLACE, 16000.0)
    absorbs = measured.rooms[0].walls.absorption
    times = np.nanmedian(measured.measures(bands=True)["t60_s"], axis=(0, 1))
    assert absorbs.shape == (3, 2, len(CENTRES_HZ)) and np.ptp(absorbs, axis=(0, 1)).max() == 0
    assert absorbs[0, 0] == pytest.approx([absorption_for(np.array(DIMENSIONS), one) for one in times])
    assert times[2:] == pytest.approx(T60_S, rel=0.15)


def test_azimuths_that_run_clockwise_are_turned_round(tmp_path):
    mirrored = write_office(tmp_path / "office.sofa", azimuths=AZIMUTHS)
    turned = read_measured(mirrored, replace(PLACE, clockwise=False), 16000.0)
    with pytest.raises(Exception, match="mirror the azimuths"):
        read_measured(mirrored, replace(PLACE, clockwise=True), 16000.0)
    assert turned.rooms[2].source_m[0] < HEAD[0]


def test_what_cannot_be_is_refused_by_name(tmp_path):
    path = write_office(tmp_path / "office.sofa")
    with pytest.raises(ConfigError, match=r"the source at az000\.00_el\+00\.00 lies outside of the room"):
        read_measured(path, replace(PLACE, listener_m=(4.5, 3.5, 1.2)), 16000.0)
    with pytest.raises(ConfigError, match=r"office\.sofa has a T60 of .* absorb over 99%"):
        read_measured(path, replace(PLACE, dimensions_m=(300.0, 200.0, 100.0), listener_m=(150.0, 50.0, 50.0)), 16000.0)


@pytest.mark.data
def test_the_surrey_office_measures_what_its_authors_say(data):
    """Its documentation gives C50 16.5 dB, and DRR 6.09 dB: averages of its responses."""
    place = MeasuredPlace("surrey", (5.7, 6.6, 2.3), (2.85, 3.0, 1.2), 90.0, clockwise=True)
    measured = read_measured(data / "brir" / "UniS_Room_A_BRIR_16k.sofa", place, 16000.0)
    found = measured.measures()
    assert len(measured.rooms) == 37 and np.median(found["c50_db"]) == pytest.approx(16.5, abs=0.5)
    assert np.median(found["drr_db"]) == pytest.approx(6.09, abs=0.5)
    assert np.isfinite(measured.measures(bands=True)["t60_s"]).all()
