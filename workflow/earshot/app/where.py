"""Where a sound comes from: what the localiser of scenes says of a recording of two ears, as a map and in words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.app.limits import Recording
from earshot.data.sofa import HrirSet
from earshot.directions import great_circle_deg
from earshot.learn.direction_map import directions, peaks
from earshot.learn.direction_network import DirectionNetwork
from earshot.learn.direction_templates import templates

MOST = 0.9  # of the probability: so much is spoken of

Direction = NDArray[np.float64]  # (3,): x to the front, y to the left, z up


@dataclass(frozen=True)
class Said:
    """What a localiser says of a recording."""

    likely: NDArray[np.float64]  # (directions,), which adds up to 1
    peaks: NDArray[np.float64]  # (sources, 3), the likeliest first

    @property
    def directions(self) -> NDArray[np.float64]:
        """Where the map is known, `(directions, 3)`."""
        return directions(len(self.likely)).double().numpy()

    @property
    def parts(self) -> list[tuple[float, float]]:
        """Of each peak how probable what is nearest to it is, and within how many degrees nine tenths of that lie."""
        apart = great_circle_deg(self.peaks[:, None], self.directions[None])
        own = apart.argmin(0)
        found = []
        for number, away in enumerate(apart):
            order = np.argsort(np.where(own == number, away, np.inf))
            sums = np.cumsum(np.where(own == number, self.likely, 0)[order])
            found.append((float(sums[-1]), float(away[order[np.searchsorted(sums, MOST * sums[-1])]])))
        return found


class Localiser:
    """A localiser that hears with the ears of several people."""

    def __init__(self, network: DirectionNetwork, people: Mapping[str, HrirSet], device: torch.device) -> None:
        """Raise ConfigError where somebody's responses are longer than the network's windows.

        `people` are at the network's rate.
        """
        self._network, self._device = network.to(device).eval(), device
        self.rate_hz = network.spectra.rate_hz
        self._templates = {}
        for name, measured in people.items():
            known, there = templates(measured, network.spectra, network.settings.directions)
            self._templates[name] = known.to(device), there.to(device)

    @property
    def people(self) -> list[str]:
        """Whose ears it hears with."""
        return list(self._templates)

    @torch.no_grad()
    def hear(self, recording: Recording, person: str, sources: int) -> Said:
        """Return where so many sources of a recording of two ears are, as a person hears it."""
        ears = torch.from_numpy(recording.at(self.rate_hz)[None]).to(self._device)
        shortest = self._network.spectra.window_samples
        ears = torch.nn.functional.pad(ears, (0, max(0, shortest - ears.shape[-1])))
        whose = [(*self._templates[person], torch.zeros(1, dtype=torch.long, device=self._device))]
        likely = self._network(ears, whose).exp().double().cpu().numpy()
        return Said(likely[0] / likely[0].sum(), peaks(likely, sources)[0])


def in_words(said: Said) -> list[str]:
    """Return a sentence for each source: where it is, and how sure that is."""
    sentences = []
    for number, (peak, (share, within_deg)) in enumerate(zip(said.peaks, said.parts, strict=True), 1):
        sure = f"nine tenths of the probability within {within_deg:.0f}°"
        if len(said.peaks) == 1:
            sentences.append(f"{sentence(direction_in_words(peak))}; {sure}.")
        else:
            near = (
                f"{100 * share:.0f} % of the probability is nearest to it, nine tenths of that within {within_deg:.0f}°"
            )
            sentences.append(f"Sound {number}: {direction_in_words(peak)}; {near}.")
    return sentences


def direction_in_words(direction: Direction) -> str:
    """Return a direction as a person says it: 37° to the left, 12° up."""
    x, y, z = direction
    azimuth, elevation = (
        round(float(np.degrees(np.arctan2(y, x)))),
        round(float(np.degrees(np.arcsin(np.clip(z, -1, 1))))),
    )
    if abs(elevation) == 90:
        return "straight above you" if elevation > 0 else "straight below you"
    height = "at the height of the ears" if elevation == 0 else f"{abs(elevation)}° {'up' if elevation > 0 else 'down'}"
    if azimuth == 0:
        return f"straight ahead, {height}"
    if abs(azimuth) == 180:
        return f"straight behind you, {height}"
    behind = ", which is behind you" if abs(azimuth) > 90 else ""
    return f"{abs(azimuth)}° to the {'left' if azimuth > 0 else 'right'}{behind}, {height}"


def sentence(words: str) -> str:
    """Return words as the beginning of a sentence."""
    return words[:1].upper() + words[1:]
