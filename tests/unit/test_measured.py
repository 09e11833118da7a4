"""Measured rooms: responses that are simulated, written as if they had been measured, and read again."""

from dataclasses import replace

import numpy as np
import pytest
from earshot.data.schemas.rooms import MEASURED_INDEX
from earshot.data.sofa import HrirSet, write_hrirs
from earshot.directions import unit_vectors
from earshot.errors import ConfigError, DataError
from earshot.learn.reverb_floors import EveryImage, StatisticalRoom
from earshot.learn.reverb_judging import judge_by_measured
from earshot.rooms.acoustics import measures
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


def write_office(path, noise=0.0, late_right=1.0, cut=None, distance_m=1.2, azimuths=AZIMUTHS):
    """Write responses of a simulated room, as of a head that looks 30 degrees from its length; far ears are fainter.

    What the right ear hears late may be louder or fainter, and recordings may be cut to so many samples.
    """
    directions = unit_vectors(AZIMUTHS + PLACE.facing_deg, np.zeros(len(AZIMUTHS)))
    walls = Shoebox(np.array(DIMENSIONS), np.full((3, 2, 1), absorption_for(np.array(DIMENSIONS), T60_S)))
    draw = np.random.default_rng(1)
    made = []
    for number, source in enumerate(HEAD + distance_m * directions):
        (heard,) = simulate(Room(f"room{number:06d}", walls, T60_S, source, HEAD[None], 0, 1), SHORT, CPU).responses
        aside = np.sin(np.radians(AZIMUTHS[number]))
        ears = np.array([heard * gain for gain in (1 + 0.6 * aside, 1 - 0.6 * aside)])
        ears[1, 900:] *= late_right
        ears += noise * abs(heard).max() * draw.standard_normal(ears.shape)
        if cut and number:  # a file is as long as its longest response
            ears[:, cut:] = 0
        made.append(ears)
    count = len(AZIMUTHS)
    hrirs = HrirSet("a", np.array(made), 16000.0, azimuths % 360, np.zeros(count), np.full(count, distance_m))
    write_hrirs(path, hrirs)
    return path


def t60_s(path, recorded=True):
    measured = read_measured(path, PLACE, SHORT)
    return measures(measured.responses, 16000.0, measured.arrivals, recorded=recorded)["t60_s"]


def test_the_simulation_is_found_again_in_what_was_measured(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa"), PLACE, SHORT)
    rows = judge_by_measured(EveryImage(SHORT, CPU), measured)
    assert len(rows) == 12 and rows["ear"].value_counts().to_dict() == {"left": 6, "right": 6}
    assert rows["distance_m"].to_numpy() == pytest.approx(1.2)
    found, floor = medians(rows), medians(judge_by_measured(StatisticalRoom("eyring", SHORT), measured))
    # Walls are found from times by octave, of which the lowest is of a few modes.
    assert found["t60_error_pct"] < 10 and found["edt_error_pct"] < 5 and found["c50_error_db"] < 0.3
    assert found["drr_error_db"] < 0.5 and "early_nmse" not in found
    assert floor["t60_error_pct"] > found["t60_error_pct"] and floor["edt_error_pct"] > 3 * found["edt_error_pct"]


def test_each_row_is_of_its_measurement_and_its_ear(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa", late_right=0.5), PLACE, SHORT)
    rows = judge_by_measured(EveryImage(SHORT, CPU), measured).set_index(["room", "ear"])
    true = measured.measures()["c50_db"]
    for number, room in enumerate(measured.rooms):
        for place, ear in enumerate(("left", "right")):
            assert rows.loc[(room.name, ear), "true_c50_db"] == true[number, place]
        assert rows.loc[(room.name, "right"), "true_c50_db"] > rows.loc[(room.name, "left"), "true_c50_db"] + 3
        assert rows.loc[(room.name, "right"), "said_c50_db"] == rows.loc[(room.name, "left"), "said_c50_db"]


def test_what_was_measured_is_a_table(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa", late_right=0.5), PLACE, SHORT)
    table = MEASURED_INDEX.validate(measured.index())
    right = table[(table["room"] == "office-0003") & (table["ear"] == "right")].iloc[0]
    assert right["c50_db"] == measured.measures()["c50_db"][3, 1] and right["arrival"] == measured.arrivals[3, 1]
    assert right["t60_s_1000"] == measured.measures(bands=True)["t60_s"][3, 1, 3] and len(table) == 12


def test_sources_lie_around_where_the_head_looks(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa"), PLACE, SHORT)
    ahead, left = measured.rooms[0].source_m - HEAD, measured.rooms[2].source_m - HEAD
    assert ahead == pytest.approx([1.2 * np.cos(np.pi / 6), 1.2 * np.sin(np.pi / 6), 0])
    assert left == pytest.approx([-1.2 * np.sin(np.pi / 6), 1.2 * np.cos(np.pi / 6), 0])


def test_noise_in_a_recording_changes_no_time_until_a_decay_drowns_in_it(tmp_path):
    clean = t60_s(write_office(tmp_path / "clean.sofa"))
    noisy = write_office(tmp_path / "noisy.sofa", 2e-4)
    assert np.abs(t60_s(noisy, recorded=False) / clean - 1).max() > 0.05
    found = t60_s(noisy)
    assert np.isfinite(found).any() and np.nanmax(abs(found / clean - 1)) < 0.03
    with pytest.raises(ConfigError, match=r"reverb\.measured\.office: .*loud\.sofa has octaves whose decays end, or"):
        read_measured(write_office(tmp_path / "loud.sofa", 0.05), PLACE, SHORT)


def test_zeros_after_a_recording_are_no_silence_of_the_room(tmp_path):
    clean = t60_s(write_office(tmp_path / "clean.sofa"))
    found = t60_s(write_office(tmp_path / "cut.sofa", 2e-4, cut=8000))
    assert np.nanmax(abs(found / clean - 1)) < 0.03


def test_a_room_that_reverberates_for_longer_than_what_is_simulated_is_refused(tmp_path):
    path = write_office(tmp_path / "office.sofa")
    with pytest.raises(ConfigError, match=r"reverberates for too long\. Raise rooms\.length_s"):
        read_measured(path, PLACE, replace(SHORT, length_s=0.2))


def test_walls_absorb_in_each_octave_what_gives_the_time_that_was_measured(tmp_path):
    measured = read_measured(write_office(tmp_path / "office.sofa"), PLACE, SHORT)
    absorbs = measured.rooms[0].walls.absorption
    times = np.nanmedian(measured.measures(bands=True)["t60_s"], axis=(0, 1))
    assert absorbs.shape == (3, 2, len(CENTRES_HZ)) and np.ptp(absorbs, axis=(0, 1)).max() == 0
    assert absorbs[0, 0] == pytest.approx([absorption_for(np.array(DIMENSIONS), one) for one in times])
    assert times[2:] == pytest.approx(T60_S, rel=0.15)


def test_azimuths_that_run_clockwise_are_turned_round(tmp_path):
    right = read_measured(write_office(tmp_path / "office.sofa"), PLACE, SHORT)
    mirrored = write_office(tmp_path / "mirrored.sofa", azimuths=-AZIMUTHS)
    with pytest.raises(DataError, match="mirror the azimuths"):
        read_measured(mirrored, PLACE, SHORT)
    turned = read_measured(mirrored, replace(PLACE, clockwise=True), SHORT)
    for one, other in zip(right.rooms, turned.rooms, strict=True):
        assert one.source_m == pytest.approx(other.source_m)


def test_what_cannot_be_is_refused_by_name(tmp_path):
    path = write_office(tmp_path / "office.sofa")
    with pytest.raises(ConfigError, match=r"the source at az000\.00_el\+00\.00 lies outside of the room"):
        read_measured(path, replace(PLACE, listener_m=(4.5, 3.5, 1.2)), SHORT)
    with pytest.raises(ConfigError, match=r"office\.sofa has a T60 of .* absorb over 99%"):
        read_measured(path, replace(PLACE, dimensions_m=(300.0, 200.0, 100.0), listener_m=(150.0, 50.0, 50.0)), SHORT)


@pytest.mark.data
def test_the_surrey_office_measures_what_its_authors_say(data):
    """Its documentation gives C50 16.5 dB, and DRR 6.09 dB: averages of its responses."""
    place = MeasuredPlace("surrey", (5.7, 6.6, 2.3), (2.85, 3.0, 1.2), 90.0, clockwise=True)
    measured = read_measured(data / "brir" / "UniS_Room_A_BRIR_16k.sofa", place, SIMULATION)
    found = measured.measures()
    assert len(measured.rooms) == 37 and np.median(found["c50_db"]) == pytest.approx(16.5, abs=0.5)
    assert np.median(found["drr_db"]) == pytest.approx(6.09, abs=0.5)
    assert np.isfinite(measured.measures(bands=True)["t60_s"]).all()
