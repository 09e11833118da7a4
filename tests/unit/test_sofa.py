"""Reading and writing of SOFA files: what is read is what was measured, and what is damaged is refused by name."""

import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import sofar
from earshot.data.sofa import HrirSet, read_hrirs, write_hrirs
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.errors import DataError

RATE_HZ = 44100.0


@pytest.fixture(scope="module")
def listener() -> HrirSet:
    """A person measured on five rings of twelve directions; the zenith twelve times, each time alike."""
    return synthesise_hrirs(Person("anna"), *grid(12, 5, -60))


@pytest.fixture
def path(listener, tmp_path):
    write_hrirs(tmp_path / "anna.sofa", listener)
    return tmp_path / "anna.sofa"


@pytest.fixture
def edited(path):
    """The file, open for damage; the test closes it before it reads it."""
    file = netCDF4.Dataset(path, "r+")
    yield file
    if file.isopen():
        file.close()


def refusal(path) -> str:
    with pytest.raises(DataError) as caught:
        read_hrirs(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: "), "the message names the file first"
    return message


def at(azimuth_deg, elevation_deg, distance_m=1.0) -> HrirSet:
    azimuth, elevation = np.broadcast_arrays(*np.atleast_1d(azimuth_deg, elevation_deg))
    responses = np.random.default_rng(0).standard_normal((len(azimuth), 2, 32))
    return HrirSet("x", responses, RATE_HZ, azimuth + 0.0, elevation + 0.0, np.full(len(azimuth), distance_m))


def replace_variable(file, name, values, dimensions) -> None:
    file.renameVariable(name, f"Old{name}")
    file.createVariable(name, "f8", dimensions)[:] = values


# What is written is read


def test_a_written_set_is_read_again_bit_by_bit(listener, path):
    hrirs = read_hrirs(path)
    assert (hrirs.subject, hrirs.rate_hz) == ("anna", RATE_HZ)
    for field in ("hrirs", "azimuth_deg", "elevation_deg", "distance_m"):
        np.testing.assert_array_equal(getattr(hrirs, field), getattr(listener, field))
    assert hrirs.doubts == ()
    assert read_hrirs(path, subject="other").subject == "other"


def test_what_is_written_is_valid_by_the_standard(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sofa = sofar.read_sofa(str(path), verify=True, verbose=False)
    assert (sofa.GLOBAL_SOFAConventions, sofa.GLOBAL_SOFAConventionsVersion) == ("SimpleFreeFieldHRIR", "1.0")


def test_metadata_are_stored(listener, tmp_path):
    write_hrirs(tmp_path / "a.sofa", listener, Title="Synthetic", ModelRevision="3")
    sofa = sofar.read_sofa(str(tmp_path / "a.sofa"), verbose=False)
    assert (sofa.GLOBAL_Title, sofa.GLOBAL_ModelRevision) == ("Synthetic", "3")


def test_another_process_at_another_time_writes_the_same_bytes(path, tmp_path):
    again = tmp_path / "again.sofa"
    program = "import sys, time; from earshot.data.sofa import *; time.sleep(1.1); "
    program += "write_hrirs(sys.argv[2], read_hrirs(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, path, again], check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert again.read_bytes() == path.read_bytes()


def test_a_name_that_sofar_would_change_is_refused(listener, tmp_path):
    with pytest.raises(DataError, match=r"anna\.part: .*ends in \.sofa"):
        write_hrirs(tmp_path / "anna.part", listener)


# Positions


def test_cartesian_positions_are_the_spherical_ones(listener, path):
    with netCDF4.Dataset(path, "r+") as file:
        file["SourcePosition"][:] = listener.unit_vectors * 1.5
        file["SourcePosition"].Type, file["SourcePosition"].Units = "cartesian", "meter"
    hrirs = read_hrirs(path)
    np.testing.assert_allclose(hrirs.unit_vectors, listener.unit_vectors, atol=1e-12)
    np.testing.assert_allclose(hrirs.distance_m, 1.5)
    np.testing.assert_array_equal(hrirs.directions, listener.directions)
    assert hrirs.azimuth_deg.min() >= 0 and hrirs.azimuth_deg.max() < 360


@pytest.mark.parametrize("units", ["degree, degree, meter", "degree degree metre", "Degrees,Degrees,Meters"])
def test_units_in_other_spellings_are_the_same_units(edited, path, units):
    edited["SourcePosition"].Units = units
    edited.close()
    assert len(read_hrirs(path).hrirs) == 60


def test_direction_ids_are_readable():
    ids = at([30, 0, 187.5, 45, 10], [-10, 0, 59.76, 90, -90]).directions
    assert list(ids) == ["az030.00_el-10.00", "az000.00_el+00.00", "az187.50_el+59.76", "az000.00_el+90.00",
                         "az000.00_el-90.00"]  # fmt: skip


@pytest.mark.parametrize(
    ("azimuth", "elevation", "alike"),
    [
        ([0, 359.9999], [0, 0], True),  # across the front
        ([0, 360], [20, 20], True),
        ([5, 271], [90, 90], True),  # any azimuth at the pole
        ([0, 180], [89.996, 89.996], True),  # 0.008 degrees apart across the pole
        ([30.0049, 30.0051], [0, 0], True),  # across a hundredth
        ([12, 12], [-0.00001, 0], True),
        ([30, 30.05], [0, 0], False),
        ([30, 30], [0, 0.05], False),
        ([0, 180], [89.9, 89.9], False),
    ],
)
def test_coinciding_positions_share_an_id(azimuth, elevation, alike):
    first, second = at(azimuth, elevation).directions
    assert (first == second) == alike


def test_ids_depend_on_neither_order_nor_distance():
    azimuth, elevation = grid(17, 9, -66.24)
    shuffled = np.random.default_rng(1).permutation(len(azimuth))
    ids = at(azimuth, elevation).directions
    np.testing.assert_array_equal(at(azimuth[shuffled], elevation[shuffled], 3.0).directions, ids[shuffled])
    assert len(set(ids)) == 17 * 8 + 1


def test_the_same_response_at_coinciding_positions_is_legal(listener, path):
    zenith = listener.elevation_deg == 90
    assert zenith.sum() == 12
    np.testing.assert_array_equal(listener.hrirs[zenith][0], listener.hrirs[zenith][-1])
    assert len(set(read_hrirs(path).directions)) == 12 * 4 + 1


# Ears


def test_receivers_are_ordered_by_their_positions(listener, edited, path):
    edited["Data.IR"][:] = listener.hrirs[:, ::-1]
    edited["ReceiverPosition"][:] = -edited["ReceiverPosition"][:]
    edited.close()
    np.testing.assert_array_equal(read_hrirs(path).hrirs, listener.hrirs)


def test_preliminary_files_have_the_left_ear_first_wherever_it_is_said_to_be(listener, edited, path):
    edited.SOFAConventionsVersion = "0.4"
    edited["ReceiverPosition"][:] = -edited["ReceiverPosition"][:]
    edited.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_hrirs(path).hrirs, listener.hrirs)


def test_exchanged_ears_are_refused(listener, edited, path):
    edited["Data.IR"][:] = listener.hrirs[:, ::-1]
    edited.close()
    assert "order of ears" in refusal(path)


def test_two_like_ears_and_faint_measurements_are_doubted(listener, path, caplog):
    caplog.set_level("INFO")
    responses = listener.hrirs.copy()
    responses[:, 1] = responses[:, 0]
    responses[30] *= 1e-4
    write_hrirs(path, replace(listener, hrirs=responses))
    assert len(read_hrirs(path).doubts) == 2
    assert "the ears hardly differ" in caplog.text
    assert listener.directions[30] in caplog.text


# Delay, padding and rate


def test_padding_is_dropped_even_with_the_rounding_noise_of_a_normalised_file(listener, path):
    noise = 1e-17 * np.random.default_rng(0).standard_normal((60, 2, 256))
    write_hrirs(path, replace(listener, hrirs=np.concatenate([listener.hrirs, noise], axis=-1)))
    np.testing.assert_array_equal(read_hrirs(path).hrirs, listener.hrirs)


@pytest.mark.parametrize("per_measurement", [False, True], ids=["(1, 2)", "(measurements, 2)"])
@pytest.mark.parametrize("fraction", [0.0, 0.37])
def test_delays_are_applied(listener, edited, path, per_measurement, fraction):
    delay = np.array([[3.0, 7.0]]) + fraction
    if per_measurement:
        delay = delay + np.arange(60)[:, np.newaxis] % 5
    replace_variable(edited, "Data.Delay", delay, ("M" if per_measurement else "I", "R"))
    edited.close()
    hrirs = read_hrirs(path).hrirs
    assert hrirs.shape[-1] >= 256 + delay.max()
    frequency = np.fft.rfftfreq(1024)[:460]  # a fraction of a sample has no meaning at half the rate
    expected = np.fft.rfft(listener.hrirs, 1024)[..., :460] * np.exp(-2j * np.pi * frequency * delay[..., np.newaxis])
    np.testing.assert_allclose(np.fft.rfft(hrirs, 1024)[..., :460], expected, atol=1e-3 if fraction else 1e-12)


@pytest.mark.parametrize(("rate_hz", "tolerance"), [(16000.0, 2e-2), (48000.0, 2e-3), (96000.0, 2e-3)])
def test_resampling_keeps_level_and_delay(listener, path, rate_hz, tolerance):
    """At 16 kHz the filter rings so early that some of it would lie before the first sample, and is lost."""
    frequency = np.arange(200, min(rate_hz, RATE_HZ) * 0.44, 100)

    def spectra(hrirs):
        time = np.arange(hrirs.hrirs.shape[-1]) / hrirs.rate_hz
        return np.tensordot(hrirs.hrirs, np.exp(-2j * np.pi * np.outer(time, frequency)), axes=1)

    hrirs = read_hrirs(path, rate_hz=rate_hz)
    assert hrirs.rate_hz == rate_hz
    peak = np.abs(spectra(listener)).max()
    np.testing.assert_allclose(spectra(hrirs) / peak, spectra(listener) / peak, atol=tolerance)


# What is refused, and in which words


def test_a_missing_file(tmp_path):
    assert "no such SOFA file" in refusal(tmp_path / "none.sofa")


def test_a_truncated_file(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "retrieve it again" in refusal(path)


def test_a_file_of_another_kind(path):
    path.write_text("<html>404</html>")
    assert "retrieve it again" in refusal(path)


def test_an_hdf5_file_that_is_no_sofa(path):
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("N", 3)
    assert "retrieve it again" in refusal(path)


@pytest.mark.parametrize("convention", ["SingleRoomSRIR", "GeneralFIR"])
def test_another_convention(edited, path, convention):
    edited.SOFAConventions = convention
    edited.close()
    assert f"its convention is {convention}" in refusal(path)


@pytest.mark.parametrize("name", ["Data.IR", "Data.SamplingRate", "SourcePosition"])
def test_a_missing_variable(edited, path, name):
    edited.renameVariable(name, "Other")
    edited.close()
    assert f"{name} is missing" in refusal(path)


@pytest.mark.parametrize("name", ["Data.IR", "SourcePosition"])
@pytest.mark.parametrize("value", [np.nan, np.inf, netCDF4.default_fillvals["f8"]], ids=["NaN", "infinite", "gap"])
def test_values_that_are_no_numbers(edited, path, name, value):
    edited[name][7, 1] = value
    edited.close()
    assert f"{name} has" in refusal(path)


@pytest.mark.parametrize("factor", [0.0, 1e-7])
def test_silent_measurements(listener, edited, path, factor):
    edited["Data.IR"][20:23, 1] = factor * listener.hrirs[20:23, 1]
    edited.close()
    assert "3 of 60 measurements are silent (first: [20])" in refusal(path)


def test_an_entirely_silent_file(edited, path):
    edited["Data.IR"][:] = 0
    edited.close()
    assert "60 of 60 measurements are silent" in refusal(path)


def test_one_response_at_two_directions(listener, edited, path):
    edited["Data.IR"][40] = listener.hrirs[20]
    edited.close()
    message = refusal(path)
    assert f"{listener.directions[20]} and {listener.directions[40]} hold the same response" in message


@pytest.mark.parametrize(
    ("kind", "units"),
    [
        ("spherical", "radian, radian, metre"),
        ("spherical", "degree, degree, millimetre"),
        ("spherical", "metre"),
        ("cartesian", "millimetre"),
        ("cartesian", "degree, degree, metre"),
        ("spherical harmonics", "degree, degree, metre"),
    ],
)
def test_wrong_units_of_positions(edited, path, kind, units):
    edited["SourcePosition"].Type, edited["SourcePosition"].Units = kind, units
    edited.close()
    assert f"SourcePosition is {kind} in {units}" in refusal(path)


def test_a_rate_in_another_unit(edited, path):
    edited["Data.SamplingRate"].Units = "kilohertz"
    edited.close()
    assert "in kilohertz" in refusal(path)


def test_a_colatitude_for_an_elevation(edited, path):
    edited["SourcePosition"][:, 1] = 150.0
    edited.close()
    assert "beyond 90 degrees" in refusal(path)


def test_a_source_in_the_origin(edited, path):
    edited["SourcePosition"][5, 2] = 0.0
    edited.close()
    assert "none of them the origin" in refusal(path)


@pytest.mark.parametrize(
    ("name", "value"), [("ListenerView", [0, 1, 0]), ("ListenerView", [-1, 0, 0]), ("ListenerPosition", [0, 0, 1.2])]
)
def test_a_listener_elsewhere(edited, path, name, value):
    edited[name][:] = [value]
    edited.close()
    assert "moved or turned" in refusal(path)


def test_negative_delay(edited, path):
    edited["Data.Delay"][:] = [[-1, 0]]
    edited.close()
    assert "Data.Delay" in refusal(path)


def test_a_single_receiver(tmp_path):
    sofa = sofar.Sofa("SimpleFreeFieldHRIR", version="1.0")
    sofa.Data_IR, sofa.Data_Delay, sofa.ReceiverPosition = np.ones((1, 1, 8)), np.zeros((1, 1)), np.zeros((1, 3))
    sofar.write_sofa(str(tmp_path / "mono.sofa"), sofa)
    assert "(1, 1, 8); (measurements, 2 receivers, taps) is needed" in refusal(tmp_path / "mono.sofa")


# Measured people


def collection(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.sofa"))
    assert files, f"no SOFA files in {folder}"
    return files


def onsets(responses: np.ndarray) -> np.ndarray:
    """First sample of each response that reaches 15 % of its peak: `(measurements, ears)`."""
    size = np.abs(responses)
    return (size > 0.15 * size.max(axis=-1, keepdims=True)).argmax(axis=-1)


def assert_left_ear_is_first(hrirs: HrirSet) -> None:
    """The left ear is louder and earlier for every source more than 64 degrees to the left, and so the right one."""
    energy, onset, aside = np.sum(hrirs.hrirs**2, axis=-1), onsets(hrirs.hrirs), hrirs.unit_vectors[:, 1]
    for near, side in ((0, aside > 0.9), (1, aside < -0.9)):
        assert side.any()
        assert np.all(energy[side, near] > 2 * energy[side, 1 - near]), hrirs.subject
        assert np.all(onset[side, near] < onset[side, 1 - near]), hrirs.subject


@pytest.mark.data
def test_all_people_of_the_ari_collection(data):
    files = collection(data / "hrtf_ari")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        people = {}
        for file in files:
            hrirs = read_hrirs(file)
            assert hrirs.hrirs.shape == (1550, 2, 256) and hrirs.rate_hz == 48000, file
            assert len(set(hrirs.directions)) == 1550, file
            assert_left_ear_is_first(hrirs)
            people[hrirs.subject.lower()] = hrirs.doubts, tuple(hrirs.directions)
    assert len(people) == len(files) == 48
    assert len({directions for _, directions in people.values()}) == 1, "one grid for all"
    # In two people one direction of the 1,550 was not measured: noise 40 dB below the faintest other response.
    doubted = {subject: doubts for subject, (doubts, _) in people.items() if doubts}
    assert set(doubted) == {"nh259", "nh719"}
    assert all("az270.00_el+65.00" in doubts[0] for doubts in doubted.values())


@pytest.mark.data
def test_all_people_of_the_ita_collection(data):
    files = collection(data / "hrtf_ita_28dir")
    doubted = []
    for file in files:
        hrirs = read_hrirs(file)
        assert hrirs.hrirs.shape == (28, 2, 256) and hrirs.rate_hz == 44100, file
        assert len(set(hrirs.directions)) == 28, file
        if hrirs.doubts:
            doubted.append(file.name)
        else:
            assert_left_ear_is_first(hrirs)
    assert len(files) == 48
    # Both channels of this file are a left ear: equally loud and early for sources on either side.
    assert doubted == ["MRT02_modified_normalised.sofa"]


@pytest.mark.data
def test_the_surrey_responses_are_refused_since_their_azimuths_are_mirrored(data):
    """A source at 270 degrees, which is the right in SOFA, is louder and earlier at the ear that is said to be left."""
    for file in collection(data / "brir"):
        assert "mirror the azimuths" in refusal(file)
