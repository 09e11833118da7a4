"""Image sources: what geometry, symmetry and pyroomacoustics say of the responses."""

import numpy as np
import pyroomacoustics
import pytest
import torch
from earshot.rooms.acoustics import SPEED_OF_SOUND
from earshot.rooms.image_source import HALF_FILTER, images, responses, spectrum_samples
from earshot.signal.octaves import CENTRES_HZ, gains

RATE_HZ = 16000
ROOM = torch.tensor([6.0, 5.0, 3.0])
SOURCE = torch.tensor([1.8, 2.1, 1.6])
RECEIVERS = torch.tensor([[4.9, 1.2, 1.1], [0.7, 4.4, 2.0], [3.3, 3.9, 0.4]])
UNEVEN = torch.tensor([[0.9, 0.5], [0.7, 0.8], [0.95, 0.3]])[..., None]  # of each axis, the wall at 0 and the other


def respond(room=ROOM, source=SOURCE, receivers=RECEIVERS, reflections=UNEVEN, seconds=0.2, bands_at=None):
    found = images(room, reflections, source, SPEED_OF_SOUND * seconds + 5)
    return responses(found, receivers, RATE_HZ, round(seconds * RATE_HZ), bands_at)


def error_db(found, wanted):
    return 10 * np.log10(float(((found - wanted) ** 2).sum() / (wanted**2).sum()))


@pytest.fixture
def unfiltered(monkeypatch):
    """Compare without the filters that take away what is below hearing: theirs is another."""
    monkeypatch.setattr("earshot.rooms.image_source._high_pass", lambda *_: 1)
    yield pyroomacoustics.constants.set("rir_hpf_enable", False)
    pyroomacoustics.constants.set("rir_hpf_enable", True)


def by_pyroomacoustics(absorption, order):
    names = ["west", "east", "south", "north", "floor", "ceiling"]
    walls = {name: pyroomacoustics.Material(float(one)) for name, one in zip(names, absorption, strict=True)}
    room = pyroomacoustics.ShoeBox(ROOM.double().numpy(), fs=RATE_HZ, materials=walls, max_order=order)
    room.add_source(SOURCE.double().numpy())
    room.add_microphone_array(RECEIVERS.double().numpy().T)
    room.compute_rir()
    return [one[0] for one in room.rir]


@pytest.mark.parametrize("seconds", [0.05, 0.2])
def test_they_are_those_of_pyroomacoustics_to_40_db(unfiltered, seconds):
    order = int(SPEED_OF_SOUND * seconds / 2.3)  # beyond which no image is heard yet
    wanted = by_pyroomacoustics((1 - UNEVEN**2).flatten(), order)
    for found, other in zip(respond(seconds=seconds).numpy(), wanted, strict=True):
        assert error_db(found, other[: len(found)]) < -45
        half = len(found) // 2
        assert error_db(found[half:], other[half : len(found)]) < -40


def test_the_direct_sound_falls_with_distance_and_arrives_when_it_should(unfiltered):
    silent = torch.zeros(3, 2, 1)
    for found, receiver in zip(respond(reflections=silent), RECEIVERS, strict=True):
        distance = float((receiver - SOURCE).norm())
        arrival = distance / SPEED_OF_SOUND * RATE_HZ + HALF_FILTER
        places = torch.arange(len(found))
        assert float((found**2).sum()) ** 0.5 == pytest.approx(1 / distance, rel=0.02)
        assert float((found**2 * places).sum() / (found**2).sum()) == pytest.approx(arrival, abs=0.2)


def test_there_are_six_images_of_first_order_with_the_factors_of_their_walls():
    found = images(ROOM, UNEVEN, SOURCE, 9.0)
    for axis in range(3):
        for side, wall in enumerate((0.0, float(ROOM[axis]))):
            place = SOURCE.clone()
            place[axis] = 2 * wall - place[axis]
            (which,) = torch.nonzero((found.positions - place).norm(dim=1) < 1e-4).flatten()
            assert float(found.amplitudes[which]) == pytest.approx(float(UNEVEN[axis, side]))


def test_source_and_receiver_change_places_without_a_difference():
    there = respond(receivers=RECEIVERS[:1])
    back = respond(source=RECEIVERS[0], receivers=SOURCE[None])
    assert error_db(there, back) < -60


def test_a_room_in_a_mirror_sounds_the_same():
    mirrored = [torch.cat([ROOM[:1] - one[..., :1], one[..., 1:]], -1) for one in (SOURCE, RECEIVERS)]
    walls = UNEVEN.clone()
    walls[0] = walls[0].flip(0)
    assert error_db(respond(source=mirrored[0], receivers=mirrored[1], reflections=walls), respond()) < -60


def test_bands_that_reflect_alike_are_one():
    frequencies = np.fft.rfftfreq(spectrum_samples(3200, RATE_HZ), 1 / RATE_HZ)
    bands_at = torch.tensor(gains(frequencies, CENTRES_HZ, open_ends=True), dtype=torch.float32)
    assert error_db(respond(reflections=UNEVEN.expand(3, 2, 6), bands_at=bands_at), respond()) < -80


def test_a_response_has_no_companions_and_no_end():
    """It is the same beside others, and where it is cut changes nothing of what comes before."""
    assert error_db(respond(receivers=RECEIVERS[1:2])[0], respond()[1]) < -100
    assert error_db(respond(seconds=0.1), respond(seconds=0.3)[:, :1600]) < -60


def test_nothing_below_hearing_is_left():
    spectra = abs(torch.fft.rfft(respond(reflections=torch.full((3, 2, 1), 0.9), seconds=0.5), 16000))
    assert spectra[:, 0].max() < 1e-2 * spectra[:, 100:7000].mean()


def test_a_source_at_the_receiver_is_finite():
    assert torch.isfinite(respond(receivers=SOURCE[None])).all()


@pytest.mark.gpu
def test_a_gpu_gives_the_same():
    def on_gpu(tensor):
        return tensor.to("cuda")

    found = respond(*map(on_gpu, (ROOM, SOURCE, RECEIVERS, UNEVEN)))
    assert error_db(found.cpu(), respond()) < -60


def test_images_are_all_that_are_near_enough():
    """One lies in each volume of the room."""
    found = images(ROOM, UNEVEN, SOURCE, 60.0)
    distance = (found.positions - ROOM / 2).norm(dim=1)
    assert distance.max() <= 60.0 + 1e-4
    assert len(found.positions) == pytest.approx(4 / 3 * np.pi * 60**3 / 90, rel=0.01)
    assert len(found.positions.round(decimals=3).unique(dim=0)) == len(found.positions)
