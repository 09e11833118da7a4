"""Heads as receivers: what geometry and statistics say of the responses at two ears."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from earshot.data.sofa import HrirSet, write_hrirs
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.directions import great_circle_deg, unit_vectors
from earshot.errors import DataError
from earshot.rooms.binaural import ear_responses
from earshot.rooms.heads import Head, read_head
from earshot.rooms.image_source import HALF_FILTER, images, spectrum_samples
from earshot.rooms.room_shards import simulate_rooms
from earshot.rooms.simulation import facing, simulate
from earshot.signal.octaves import CENTRES_HZ, gains
from runs import damage
from test_image_source import RATE_HZ, RECEIVERS, ROOM, SOURCE, UNEVEN, error_db, respond
from test_rooms import CPU, SIMULATION, rooms

SHORT = replace(SIMULATION, length_s=0.4)
SMALL = {"volume_m3": (20, 40), "t60_s": (0.2, 0.25), "receivers": 3}
MATERIALS = {"floor": ["carpet_cotton"], "ceiling": ["ceiling_fissured_tile"], "walls": ["curtains_velvet"]}
PLACES = grid(72, 32)


@pytest.fixture(scope="module")
def measured():
    """The HRIRs of a head without pinnae, at the rate of responses."""
    return synthesise_hrirs(Person("somebody", pinna_size=0), *PLACES, rate_hz=RATE_HZ)


@pytest.fixture(scope="module")
def head(measured):
    return Head.of(measured)


def pulses(onset=20, level=1.0):
    """A head that is not there: its ears hear what a microphone in its place does."""
    hrirs = np.zeros((len(PLACES[0]), 2, 64))
    hrirs[..., onset] = level
    return Head.of(HrirSet("nobody", hrirs, RATE_HZ, *PLACES, np.ones(len(PLACES[0]))))


def heard(head, facing_deg=0.0, source=SOURCE, receiver=RECEIVERS[0], reflections=UNEVEN, bands_at=None):
    found = images(ROOM, reflections, source, 343 * 0.2 + 5)
    return ear_responses(found, receiver, facing_deg, head, RATE_HZ, 3200, bands_at)


def free_field(head, azimuth_deg, facing_deg=0.0):
    """What ears hear of a source in the middle of a room without walls, 2 m to this side of the room's x."""
    azimuth = np.radians(azimuth_deg)
    receiver = torch.tensor([3.0, 2.5, 1.5])
    source = receiver + 2 * torch.tensor([np.cos(azimuth), np.sin(azimuth), 0.0], dtype=torch.float32)
    return heard(head, facing_deg, source, receiver, torch.zeros(3, 2, 1)).numpy()


def delay_between(ears):
    """How many samples the right ear is later than the left one: where their correlation is highest."""
    spectra = np.fft.rfft(ears, 8192)
    correlation = np.fft.irfft(spectra[0].conj() * spectra[1], 16 * 8192)
    return (np.argmax(np.roll(correlation, 8 * 8192)) - 8 * 8192) / 16


def level_between(ears):
    left, right = np.square(ears, dtype=float).sum(-1)
    return 10 * np.log10(left / right)


def moved(values, samples):
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(samples, 0)])[..., : values.shape[-1]]


@pytest.mark.parametrize("facing_deg", [0, 70])
def test_a_head_that_is_not_there_hears_what_a_microphone_does(facing_deg):
    nobody = pulses()
    wanted = moved(respond().numpy(), int(nobody.onsets[0, 0]))
    for receiver, other in zip(RECEIVERS, wanted, strict=True):
        for ear in heard(nobody, facing_deg, receiver=receiver).numpy():
            assert error_db(ear, other) < -60


def test_it_does_so_too_among_walls_with_octaves_of_their_own():
    reflections = UNEVEN * torch.linspace(1, 0.6, 6)
    nobody = pulses()

    def bands_at(samples):
        frequencies = np.fft.rfftfreq(spectrum_samples(samples, RATE_HZ), 1 / RATE_HZ)
        return torch.tensor(gains(frequencies, CENTRES_HZ, open_ends=True), dtype=torch.float32)

    wanted = moved(respond(reflections=reflections, bands_at=bands_at(3200)).numpy()[0], int(nobody.onsets[0, 0]))
    for ear in heard(nobody, reflections=reflections, bands_at=bands_at(3200 + nobody.taps)).numpy():
        assert error_db(ear, wanted) < -50


def test_many_images_are_the_same_in_parts(head, monkeypatch):
    whole = heard(head)
    monkeypatch.setattr("earshot.rooms.binaural._IMAGES_AT_ONCE", 300)
    monkeypatch.setattr("earshot.rooms.binaural._SAMPLES_AT_ONCE", 50)
    assert error_db(heard(head), whole) < -100


@pytest.mark.parametrize("azimuth_deg", [0, 30, 90, 160, 225, 270])
@pytest.mark.parametrize("facing_deg", [0, 50])
def test_ears_differ_as_the_hrirs_of_the_sources_direction_do(azimuth_deg, facing_deg, measured, head):
    direction = np.argmax(measured.unit_vectors @ unit_vectors(np.array(azimuth_deg), np.array(0.0)))
    ears = free_field(head, azimuth_deg + facing_deg, facing_deg)
    assert delay_between(ears) == pytest.approx(delay_between(measured.hrirs[direction]), abs=0.1)
    assert level_between(ears) == pytest.approx(level_between(measured.hrirs[direction]), abs=0.2)


def test_the_ear_on_the_sources_side_is_earlier_and_louder(head):
    left, right = free_field(head, 90), free_field(head, 270)
    assert delay_between(left) > 5 and level_between(left) > 3
    assert delay_between(right) < -5 and level_between(right) < -3


@pytest.mark.parametrize("azimuth_deg", [0, 75, 200])
def test_to_turn_the_head_is_to_turn_the_source_the_other_way(azimuth_deg, head):
    there, back = free_field(head, azimuth_deg, 90), free_field(head, azimuth_deg - 90)
    assert abs(there - back).max() < 1e-2 * abs(back).max()


def test_directions_that_are_looked_up_are_the_nearest(measured, head):
    """Within what the table errs by."""
    directions = np.random.default_rng(1).normal(size=(5000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    x, y, z = torch.tensor(3 * directions, dtype=torch.float32).T
    found = great_circle_deg(measured.unit_vectors[head.nearest(x, y, z).numpy()], directions)
    nearest = np.degrees(np.arccos(np.clip((directions @ measured.unit_vectors.T).max(1), -1, 1)))
    assert (found - nearest).max() < 1 and np.mean(found - nearest < 1e-3) > 0.9
    for own in np.eye(3), -np.eye(3)[:2]:
        at = head.nearest(*torch.tensor(own, dtype=torch.float32).T).numpy()
        assert great_circle_deg(measured.unit_vectors[at], own).max() < 3


def test_a_direct_sound_arrives_by_its_onset(head):
    (room,) = rooms(1, **SMALL)
    made = simulate(room, SHORT, CPU, head)
    alone = simulate(room, SHORT, CPU).arrivals
    assert made.responses.shape == (6, 6400) and made.arrivals.shape == (6,)
    for response, arrival in zip(made.responses, made.arrivals, strict=True):
        before = np.square(response[: arrival - 3]).sum() / np.square(response[: arrival + 40]).sum()
        assert before < 0.02
        assert np.square(response[arrival - 3 : arrival + 12]).sum() > 100 * np.square(response[: arrival - 8]).sum()
    assert (made.arrivals.reshape(3, 2) - alone[:, None]).min() >= head.onsets.min()
    assert not np.array_equal(made.arrivals[::2], made.arrivals[1::2])


def coherence(ears, low_hz, high_hz, block=512):
    """Interaural coherence in a band, its real part: of many short spectra's mean powers and cross power."""
    blocks = ears[:, : ears.shape[1] // block * block].reshape(2, -1, block)
    left, right = np.fft.rfft(blocks * np.hanning(block))
    frequencies = np.fft.rfftfreq(block, 1 / RATE_HZ)
    band = (frequencies >= low_hz) & (frequencies < high_hz)
    cross = (left * right.conj()).mean(0)
    of_each = np.sqrt((abs(left) ** 2).mean(0) * (abs(right) ** 2).mean(0))
    return float((cross.real / of_each)[band].mean())


def test_a_diffuse_field_is_what_noise_from_everywhere_is(measured, head):
    """Of the same spectra at each ear and across them, and coherent where waves are longer than a head."""
    random = np.random.default_rng(1)
    found = head.in_diffuse_field(random.standard_normal((2, 2**19)))
    noise = random.standard_normal((len(head.shares), 2**13)) * np.sqrt(head.shares)[:, None]
    spectra = np.fft.rfft(noise)[:, None] * np.fft.rfft(head.hrirs.numpy(), 2**13)
    everywhere = np.fft.irfft(spectra.sum(0))
    assert 10 * np.log10(np.square(found).mean(1) / np.square(everywhere).mean(1)) == pytest.approx(0, abs=0.3)
    assert coherence(found, 50, 200) > 0.9 and abs(coherence(found, 3000, 7000)) < 0.15
    expected = head.hrirs.numpy().astype(float)
    spectra = np.fft.rfft(expected, 512)
    cross, left, right = (
        np.einsum("df,df,d->f", one, other.conj(), head.shares)
        for one, other in ((spectra[:, 0], spectra[:, 1]), *[(spectra[:, ear],) * 2 for ear in range(2)])
    )
    mean = (cross.real / np.sqrt(left.real * right.real))[10:26].mean()
    assert coherence(found, 10 * RATE_HZ / 512, 26 * RATE_HZ / 512) == pytest.approx(mean, abs=0.03)


@pytest.mark.parametrize("walls", [{}, {"t60_s": None, "materials": MATERIALS, "length_s": 1.5, "receivers": 4}])
def test_noise_goes_on_where_images_end(walls, head):
    (room,) = rooms(1, **{"volume_m3": (60, 60), "t60_s": (0.5, 0.5), "receivers": 12} | walls)
    exact, few = ended_early(room, head)
    without = ended_early(room, None)
    assert few.exact_s < 0.2 < exact.exact_s
    ends = round(few.exact_s * RATE_HZ) + HALF_FILTER
    for begin, end in ((ends, ends + 800), (ends - 320, ends + 320)):
        of_ears, of_microphones = (
            np.subtract(*[10 * np.log10(np.square(made.responses[:, begin:end]).mean()) for made in pair])
            for pair in ((exact, few), without)
        )
        assert of_ears == pytest.approx(of_microphones, abs=1)
        assert walls or abs(of_ears) < 1  # low octaves among materials have few modes, and are off without a head too
    early = slice(0, ends - 330)
    assert error_db(few.responses[:, early], exact.responses[:, early]) < -40
    ears = few.responses.reshape(-1, 2, few.responses.shape[1])[..., ends : ends + 2048]
    pairs = np.concatenate(list(ears), axis=1)
    assert coherence(pairs, 50, 200) > 0.8 and abs(coherence(pairs, 3000, 7000)) < 0.2


def ended_early(room, head):
    """Responses of all images, and of the first ones and noise."""
    return [simulate(room, replace(SIMULATION, length_s=0.5, most_images=most), CPU, head) for most in (10**7, 10**4)]


def test_where_heads_look_is_each_rooms_own_and_moves_nothing_else():
    one, other = rooms(2, **SMALL)
    assert np.array_equal(facing(one, SHORT), facing(rooms(1, **SMALL)[0], SHORT))
    assert not np.array_equal(facing(one, SHORT), facing(other, SHORT))
    more = replace(one, receivers_m=np.concatenate([one.receivers_m] * 2))
    assert np.array_equal(facing(more, SHORT)[:3], facing(one, SHORT))


def test_an_index_has_two_rows_for_each_head(head):
    index, responses = simulate_rooms(rooms(2, **SMALL), SHORT, CPU, head)
    assert len(responses) == len(index) == 12
    assert list(index["receiver"]) == [0, 0, 1, 1, 2, 2] * 2 and list(index["ear"]) == ["left", "right"] * 6
    of_ears = [index[index["ear"] == ear].reset_index(drop=True) for ear in ("left", "right")]
    places = ["facing_deg", "distance_m", *(f"receiver_{axis}_m" for axis in "xyz")]
    assert of_ears[0][places].equals(of_ears[1][places]) and of_ears[0]["facing_deg"].between(0, 360).all()
    assert not np.allclose(of_ears[0]["drr_db"], of_ears[1]["drr_db"])
    alone, _ = simulate_rooms(rooms(1, **SMALL), SHORT, CPU)
    assert set(alone["ear"]) == {""} and alone["facing_deg"].isna().all()


def test_a_file_that_is_no_head_is_named(measured, tmp_path):
    with pytest.raises(DataError, match=r"missing.sofa: there is no such SOFA file"):
        read_head(tmp_path / "missing.sofa", RATE_HZ)
    write_hrirs(tmp_path / "somebody.sofa", measured)
    assert read_head(tmp_path / "somebody.sofa", 24000).rate_hz == 24000
    with pytest.raises(DataError, match=r"somebody.sofa: not readable as SOFA.*retrieve it again"):
        read_head(damage(tmp_path / "somebody.sofa"), RATE_HZ)


def test_a_head_of_another_rate_is_refused(measured):
    other = Head.of(replace(measured, rate_hz=48000.0))
    with pytest.raises(ValueError, match="48000 Hz"):
        simulate(rooms(1, **SMALL)[0], SHORT, CPU, other)


@pytest.mark.gpu
def test_a_gpu_gives_the_same(head):
    reflections, source, receiver = (one.to("cuda") for one in (UNEVEN, SOURCE, RECEIVERS[0]))
    found = images(ROOM.to("cuda"), reflections, source, 343 * 0.2 + 5)
    ears = ear_responses(found, receiver, 40.0, head, RATE_HZ, 3200)
    assert error_db(ears.cpu(), heard(head, 40.0)) < -50
