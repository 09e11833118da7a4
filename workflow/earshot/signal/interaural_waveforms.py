"""Interaural features of any source with noise at the ears, from the waveforms themselves.

`earshot.signal.short_time_sums` knows a way around the waveforms that many draws of one kind of noise are worth. Here
every sound is convolved and cut into frames, as the control does, but many at a time and on any device.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.signal import get_window

from earshot.data.sofa import HrirSet
from earshot.device import side_by_side
from earshot.seeds import generator
from earshot.signal.interaural import WINDOW, InterauralSettings, differences
from earshot.signal.noise import measurement_ids
from earshot.signal.short_time_sums import batched

_AT_ONCE = {"cpu": 4, "cuda": 128}  # directions whose sounds fit into a core's cache, or use a GPU

Signals = Callable[[str], NDArray[np.float32]]  # what is heard from a measurement: (sounds, samples)


@dataclass(frozen=True)
class Heard:
    """A listener and which of the measurements are heard, `(measurements,)`."""

    listener: HrirSet
    measurements: NDArray[np.bool_]


def interaural_features(
    heard: Sequence[Heard],
    signals: Signals,
    rate_hz: float,
    signal_to_noise_db: float | None,
    settings: InterauralSettings,
    seed: int,
    device: torch.device,
) -> list[NDArray[np.float32]]:
    """Return features `(measurements heard, sounds, features)` of each listener; all have this sampling rate.

    Noise at the ears is white, so many dB below the louder ear's signal, and each listener's own; None is none.
    """
    names = [measurement_ids(one.listener.directions.tolist()) for one in heard]
    wanted = [dict.fromkeys(np.array(own)[one.measurements].tolist()) for one, own in zip(heard, names, strict=True)]
    grid = sorted(set().union(*wanted))
    ears = _Ears(heard, names, rate_hz, signal_to_noise_db, settings, seed, device)
    parts = list(batched(grid, _AT_ONCE[device.type]))
    made = side_by_side(partial(ears.features, signals), parts, device)
    found: list[dict[str, NDArray[np.float32]]] = [{} for _ in heard]
    for of_listeners in made:
        for own, features in zip(found, of_listeners, strict=True):
            own.update(features)
    return [np.stack([own[name] for name in these]) for own, these in zip(found, wanted, strict=True)]


class _Ears:
    """What all batches of directions have in common."""

    def __init__(
        self,
        heard: Sequence[Heard],
        names: Sequence[Sequence[str]],
        rate_hz: float,
        signal_to_noise_db: float | None,
        settings: InterauralSettings,
        seed: int,
        device: torch.device,
    ) -> None:
        self.settings, self.seed, self.device = settings, seed, device
        self.noise = None if signal_to_noise_db is None else 10 ** (-signal_to_noise_db / 20)
        self.listeners = [one.listener for one in heard]
        self.rows = [
            {name: row for row, name in enumerate(own) if one.measurements[row]}
            for one, own in zip(heard, names, strict=True)
        ]
        self.rate_hz = rate_hz

    def features(self, signals: Signals, names: Sequence[str]) -> list[dict[str, NDArray[np.float32]]]:
        """Return each listener's features of these measurements, by their names."""
        sounds = np.stack([signals(name) for name in names])
        taps = max(listener.hrirs.shape[-1] for listener in self.listeners)
        length = next_fast_len(sounds.shape[-1] + taps - 1, real=True)
        spectra = torch.fft.rfft(torch.from_numpy(sounds).to(self.device), length)[:, :, None]
        made: list[dict[str, NDArray[np.float32]]] = []
        for listener, rows in zip(self.listeners, self.rows, strict=True):
            own = [place for place, name in enumerate(names) if name in rows]
            if not own:
                made.append({})
                continue
            here = [names[place] for place in own]
            pairs = listener.hrirs[[rows[name] for name in here]].astype(np.float32)
            transfer = torch.fft.rfft(torch.from_numpy(pairs).to(self.device), length)[:, None]
            ears = torch.fft.irfft(spectra[own] * transfer, length)[..., : sounds.shape[-1] + pairs.shape[-1] - 1]
            made.append(dict(zip(here, self._of_ears(ears, listener.subject, here), strict=True)))
        return made

    def _of_ears(self, ears: torch.Tensor, subject: str, names: Sequence[str]) -> NDArray[np.float32]:
        """Return features of the signals at the ears, `(measurements, sounds, 2, samples)`."""
        if self.noise is not None:
            random = np.stack(
                [
                    generator(self.seed, "ears", subject, name).standard_normal(ears.shape[1:], np.float32)
                    for name in names
                ]
            )
            louder = ears.square().mean(-1).amax(-1).sqrt()[..., None, None]
            ears = ears + self.noise * louder * torch.from_numpy(random).to(self.device)
        return features_of_ears(ears, self.settings, self.rate_hz)


def features_of_ears(ears: torch.Tensor, settings: InterauralSettings, rate_hz: float) -> NDArray[np.float32]:
    """Return features `(..., features)` of the signals at the ears, `(..., 2, samples)`."""
    window, hop = settings.window_samples, settings.hop_samples
    level, phase, shape = _tensors(settings, rate_hz, ears.device)
    padded = torch.nn.functional.pad(ears, (window, window + hop))
    frames = torch.stft(padded.flatten(0, -2), window, hop, window=shape, center=False, return_complex=True)
    frames = frames.view(*ears.shape[:-1], *frames.shape[-2:])
    left, right = frames.unbind(-3)
    energies = torch.stack([ear.abs().square().sum(-1) @ level for ear in (left, right)])
    cross = (left * right.conj()).sum(-1)
    of_bands = torch.complex(cross.real @ phase, cross.imag @ phase)
    energy = ears.square().sum(-1).movedim(-1, 0)
    return differences(energy.cpu().numpy(), energies.cpu().numpy(), of_bands.cpu().numpy(), settings)


@lru_cache(maxsize=8)
def _tensors(
    settings: InterauralSettings, rate_hz: float, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the weights of bins in bands of level and of phase, `(bins, bands)`, and the window."""
    level, phase = (
        torch.from_numpy(bands.weights(settings.window_samples, rate_hz).astype(np.float32).T.copy()).to(device)
        for bands in (settings.level_bands, settings.phase_bands)
    )
    window = torch.from_numpy(get_window(WINDOW, settings.window_samples).astype(np.float32)).to(device)
    return level, phase, window
