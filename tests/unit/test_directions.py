"""Directions of sources in rooms: what ears hear over time, maps of directions, and a network that says them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from earshot.config_scenes import SceneLocaliser, Scenes
from earshot.data.shards import write_tensors
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.directions import great_circle_deg, unit_vectors
from earshot.errors import ConfigError, DataError
from earshot.learn import direction_map
from earshot.learn.direction_map import directions, peaks, wanted
from earshot.learn.direction_network import (
    DirectionNetwork,
    DirectionNetworkSettings,
    read_network,
    write_network,
)
from earshot.learn.direction_objective import DirectionObjective
from earshot.learn.direction_templates import templates
from earshot.signal.binaural_spectra import BinauralSettings, binaural_spectra
from scipy.signal import fftconvolve

RATE_HZ = 16000.0
SPECTRA = BinauralSettings(RATE_HZ, 512, 256, 20, 100, 7000)
SIZES = DirectionNetworkSettings(directions=200, width=32, dropped=0.0)


@pytest.fixture(scope="module")
def people():
    places = grid(36, 12)
    return [synthesise_hrirs(Person(name), *places, rate_hz=RATE_HZ) for name in ("one", "two")]


def noise(count=1, samples=8000, seed=1):
    return np.random.default_rng(seed).standard_normal((count, samples))


def heard(person, azimuths_deg, seed=1):
    """White noise from azimuths of the horizon, `(scenes, 2, samples)`, and the directions that are nearest."""
    at = [int(np.argmax(person.unit_vectors @ unit_vectors(np.array(one), np.array(0.0)))) for one in azimuths_deg]
    sounds = noise(len(at), seed=seed)
    ears = fftconvolve(sounds[:, None], person.hrirs[at], axes=2)[..., : sounds.shape[1]]
    return torch.from_numpy(ears).float(), person.unit_vectors[at]


def test_values_say_which_ear_is_louder_and_which_is_ahead():
    sound = noise()[0]
    ears = torch.from_numpy(np.stack([2 * sound[3:8003], sound[:7997]])[None, :, :7990]).float()
    values = binaural_spectra(ears, SPECTRA)
    assert values.shape == (1, SPECTRA.values, 1 + (7990 - 512) // 256)
    level, difference, cosine, sine = values[0].view(4, SPECTRA.bands, -1)
    assert abs(float(level.mean())) < 1e-5
    assert difference.mean(1).numpy() == pytest.approx(10 * np.log10(4) / 10, abs=0.05)
    # 3 samples are a phase of 0.15 at 130 Hz, the middle of the lowest band: the left ear is ahead.
    phase = torch.atan2(sine.mean(1), cosine.mean(1))
    assert (phase[:5] > 0).all() and float(phase[0]) == pytest.approx(2 * np.pi * 130 * 3 / RATE_HZ, abs=0.06)


def test_values_do_not_depend_on_loudness_and_end_in_a_mirror():
    ears = torch.from_numpy(noise(2)[None]).float()
    values = binaural_spectra(ears, SPECTRA)
    assert torch.allclose(binaural_spectra(100 * ears, SPECTRA), values, atol=1e-4)
    mirrored = binaural_spectra(ears.flip(1), SPECTRA)
    level, difference, cosine, sine = values[0].view(4, SPECTRA.bands, -1)
    signs = torch.cat([level, -difference, cosine, -sine])
    assert torch.allclose(mirrored[0], signs, atol=1e-4)


def test_ears_that_hear_the_same_are_coherent_and_others_are_not():
    same = torch.from_numpy(np.repeat(noise()[None], 2, axis=1)).float()
    other = torch.from_numpy(noise(2)[None]).float()
    _, _, cosine, sine = binaural_spectra(same, SPECTRA)[0].view(4, SPECTRA.bands, -1)
    assert cosine.numpy() == pytest.approx(1, abs=1e-3) and sine.numpy() == pytest.approx(0, abs=1e-3)
    _, _, cosine, _ = binaural_spectra(other, SPECTRA)[0].view(4, SPECTRA.bands, -1)
    assert cosine.abs().mean() < 0.6 and abs(float(cosine.mean())) < 0.05


def test_silence_is_finite():
    assert torch.isfinite(binaural_spectra(torch.zeros(1, 2, 2000), SPECTRA)).all()


def test_maps_that_are_wanted_say_where_sources_are():
    first, second = unit_vectors(np.array([30.0, 200.0]), np.array([10.0, -20.0]))
    nothing = np.full(3, np.nan)
    maps = wanted(torch.tensor(np.array([[first, second], [second, nothing]]), dtype=torch.float32), 1000)
    assert maps.sum(1).numpy() == pytest.approx(1, abs=1e-5)
    found = peaks(maps.numpy(), 2)[0]
    apart = great_circle_deg(found[:, None], np.stack([first, second])[None])
    assert apart.min(1).max() < 2 and set(apart.argmin(1)) == {0, 1}
    assert great_circle_deg(peaks(maps.numpy(), 1)[1, 0], second) < 2


def test_a_second_peak_is_not_beside_the_first():
    first = unit_vectors(np.array(0.0), np.array(0.0))
    maps = wanted(torch.tensor(first[None, None], dtype=torch.float32), 1000).numpy()
    one, other = peaks(maps, 2)[0]
    assert great_circle_deg(one, first) < 2 and great_circle_deg(other, first) > 20
    assert np.isfinite(other).all() and np.linalg.norm(other) == pytest.approx(1)


def least(section, key):
    (limit,) = (one.ge for one in section.model_fields[key].metadata if hasattr(one, "ge"))
    return limit


def test_as_few_directions_as_may_be_say_where_sources_are_that_are_as_near_as_may_be():
    """The median over the worse of two sources, of maps that are right; of half as many directions it is 8 degrees."""
    random = np.random.default_rng(1)
    first, aside = random.standard_normal((2, 300, 3))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    aside -= (first * aside).sum(1, keepdims=True) * first
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    apart = np.radians(random.uniform(least(Scenes, "apart_deg"), 90, 300))[:, None]
    true = np.stack([first, np.cos(apart) * first + np.sin(apart) * aside], axis=1)
    found = peaks(wanted(torch.from_numpy(true).float(), least(SceneLocaliser, "directions")).numpy(), 2)
    errors = great_circle_deg(found[:, :, None], true[:, None])
    paired = np.minimum(errors[:, [0, 1], [0, 1]].max(1), errors[:, [0, 1], [1, 0]].max(1))
    assert np.median(paired) < 1.5
    assert least(Scenes, "apart_deg") == direction_map._APART_DEG


def test_templates_are_what_pulses_are_heard_as(people):
    person = people[0]
    values, measured = templates(person, SPECTRA, 200)
    assert values.shape == (SPECTRA.values, 200)
    known = directions(200).numpy()
    below = np.degrees(np.arcsin(known[:, 2])) < person.elevation_deg.min() - 12
    assert below.any() and not measured[below].any() and measured[known[:, 2] > 0].all()
    aside = known[:, 1]
    difference = values[SPECTRA.bands : 2 * SPECTRA.bands].mean(0).numpy()
    assert np.corrcoef(difference[measured], aside[measured])[0, 1] > 0.9


def test_ears_that_no_window_holds_are_refused(people):
    """Half of what they hear would be cut."""
    with pytest.raises(
        ConfigError, match=r"scenes.spectra.window_samples: 64 samples are shorter than the HRIRs of one"
    ):
        templates(people[0], replace(SPECTRA, window_samples=64), 200)


def network(people, settings=SIZES):
    torch.manual_seed(1)
    own = [templates(one, SPECTRA, settings.directions) for one in people]
    net = DirectionNetwork(settings, SPECTRA)
    ears, at = heard(people[0], range(0, 360, 5))
    nearest = (at @ directions(settings.directions).numpy().T).argmax(1)
    net.begin_with(ears, own[0][0][:, nearest].T, torch.stack([values for values, _ in own]))
    return net, own


def said(net, own, ears):
    with torch.no_grad():
        return net.eval()(ears, [(*own, torch.arange(len(ears)))]).exp().numpy()


def lateral_deg(vectors):
    return np.degrees(np.arcsin(np.clip(vectors[..., 1], -1, 1)))


def test_templates_alone_tell_left_from_right(people):
    """Before anything was learnt."""
    net, own = network(people)
    ears, true = heard(people[0], [20, 60, 90, 270, 300, 340])
    found = peaks(said(net, own[0], ears), 1)[:, 0]
    assert (np.sign(found[:, 1]) == np.sign(true[:, 1])).all()


def test_it_learns_and_hears_with_the_ears_of_somebody_else(people):
    """Of whom nothing was learnt. Maps are of what was measured, and add up to 1."""
    net, own = network(people)
    azimuths = np.arange(0, 360, 10)
    objective = DirectionObjective.of({one.subject: one for one in people}, SPECTRA, SIZES.directions)
    adam = torch.optim.Adam(net.parameters(), 3e-3)
    losses = []
    for step in range(60):
        ears, true = heard(people[0], np.random.default_rng(step).choice(azimuths, 12), seed=step)
        sources = np.concatenate([np.zeros((12, 1)), true, np.full((12, 3), np.nan)], 1)
        adam.zero_grad()
        loss = objective.learning(net.train(), ears, torch.tensor(sources, dtype=torch.float32), torch.Generator())
        loss.backward()
        adam.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) - 0.5
    ears, true = heard(people[1], azimuths, seed=999)
    maps = said(net, own[1], ears)
    assert maps.sum(1) == pytest.approx(1, abs=1e-3) and maps[:, ~own[1][1].numpy()].max() < 1e-6
    found = peaks(maps, 1)[:, 0]
    assert np.median(abs(lateral_deg(found) - lateral_deg(true))) < 10
    assert np.median(great_circle_deg(found, true)) < 25


def test_scenes_do_not_depend_on_their_companions(people):
    net, own = network(people)
    ears, _ = heard(people[0], [20, 60, 90])
    with torch.no_grad():
        whose = [(*own[1], torch.tensor([1])), (*own[0], torch.tensor([0, 2]))]
        together = net.eval()(ears, whose).exp().numpy()
    assert together[0] == pytest.approx(said(net, own[0], ears[:1])[0], abs=1e-4)
    assert together[1] == pytest.approx(said(net, own[1], ears[1:2])[0], abs=1e-4)


def test_a_network_comes_back_from_its_file(people, tmp_path):
    net, own = network(people)
    ears, _ = heard(people[0], [20])
    write_network(tmp_path / "net.safetensors", net, {"settings": {"seed": 1}})
    back, about = read_network(tmp_path / "net.safetensors")
    assert np.array_equal(said(back, own[0], ears), said(net, own[0], ears)) and about["settings"] == {"seed": 1}
    write_tensors(tmp_path / "other.safetensors", {"a": np.zeros(1)}, {})
    with pytest.raises(DataError, match=r"other.safetensors: is no network that hears directions"):
        read_network(tmp_path / "other.safetensors")
    write_network(tmp_path / "wide.safetensors", network(people, replace(SIZES, width=16))[0], {})
    read_network(tmp_path / "wide.safetensors")
