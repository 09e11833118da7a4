"""Recordings that are given to the page: read where they can be heard, refused in a sentence where they cannot."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from earshot.data.audio import at_rate
from earshot.data.waveforms import SILENT
from earshot.errors import DataError
from earshot.learn.prediction import SHORTEST_S

LARGEST_MB = 20
LONGEST_S = 30.0
_FASTEST_HZ = 192_000  # and as many channels are the most of any recording that people make: what is beyond is no sound
_CHANNELS = 8
_LIKE_FADED = 1e-4  # of the louder channel: less is no ear's


@dataclass(frozen=True)
class Recording:
    """A recording that can be heard."""

    name: str  # of its file
    channels: NDArray[np.float32]  # (channels, samples), full scale 1 or below
    rate_hz: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.channels.shape[1] / self.rate_hz

    def at(self, rate_hz: float) -> NDArray[np.float32]:
        """Return its channels at another rate, `(channels, samples)`."""
        return np.stack([at_rate(channel, self.rate_hz, rate_hz) for channel in self.channels])

    def mixed(self, rate_hz: float) -> NDArray[np.float32]:
        """Return it as one channel at a rate, `(samples,)`."""
        return at_rate(self.channels.mean(0), self.rate_hz, rate_hz)


def read_recording(path: Path | str) -> Recording:
    """Return a recording that was given.

    Raises DataError, of which the message names the file without its folder, for one that is not there, no audio, too
    large, too long or too short, not finite, or silent.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path.name}: is not there any more. Choose it again.")
    megabytes = path.stat().st_size / 1e6
    if megabytes > LARGEST_MB:
        raise DataError(
            f"{path.name}: has {megabytes:.0f} MB, and {LARGEST_MB} MB are the most. Cut it, or write FLAC."
        )
    channels, rate_hz = _read(path)
    signal = np.ascontiguousarray(channels.T)
    if not signal.size:
        raise DataError(f"{path.name}: is empty. Record it again.")
    if not np.isfinite(signal).all():
        raise DataError(f"{path.name}: holds values that are not finite. Write it again, as WAV of 16 bits.")
    seconds, loudest = signal.shape[1] / rate_hz, float(abs(signal).max())
    if seconds < SHORTEST_S:
        raise DataError(f"{path.name}: is {seconds:.3f} s long, and {SHORTEST_S:g} s are the least.")
    if loudest < SILENT:
        raise DataError(f"{path.name}: is silent. Record it louder.")
    return Recording(path.name, signal / max(loudest, 1.0), float(rate_hz))


def read_ears(path: Path | str) -> Recording:
    """Return a recording of two ears, left and right. Raises DataError as `read_recording`, and for any other."""
    found = read_recording(path)
    if len(found.channels) != 2:
        count = "one channel" if len(found.channels) == 1 else f"{len(found.channels)} channels"
        raise DataError(
            f"{found.name}: has {count}. Where a sound is, is heard with two ears: give a stereo recording."
        )
    first, second = (float(abs(one).max()) for one in found.channels)
    if min(first, second) < _LIKE_FADED * max(first, second):
        side = "left" if first < second else "right"
        raise DataError(f"{found.name}: its {side} channel is silent. Record it with both ears.")
    if np.array_equal(*found.channels):
        raise DataError(
            f"{found.name}: both channels are the same, as if one microphone had recorded both. Where a sound is, is "
            "heard by how ears differ: record it with a microphone in each ear."
        )
    return found


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    """Return the samples `(samples, channels)` of a file, and their rate: no more than may be read."""
    try:
        # Without its name: by an ending such as .raw or .vox libsndfile takes anything for samples without a header.
        with path.open("rb") as file, soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            rate_hz = sound.samplerate
            if rate_hz > _FASTEST_HZ or sound.channels > _CHANNELS:
                raise DataError(
                    f"{path.name}: has {sound.channels} channels of {rate_hz:,} Hz, and {_CHANNELS} of {_FASTEST_HZ:,} "
                    "Hz are the most. Convert it to fewer."
                )
            most = round(LONGEST_S * rate_hz)
            samples = sound.read(most + 1, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as fault:
        raise DataError(
            f"{path.name}: cannot be read as audio. Give a WAV, FLAC, Ogg or MP3 file, or record it here."
        ) from fault
    if len(samples) > most:
        raise DataError(
            f"{path.name}: is longer than {LONGEST_S:g} s, which is the most. Cut it to what is to be heard."
        )
    return samples, rate_hz
