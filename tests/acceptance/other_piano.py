"""Triads of another piano: a soundfont's, played by fluidsynth, under the names of the Audio Piano Triads."""

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import soundfile
from earshot.data.audio import at_rate
from earshot.data.clips import TRIAD_ROOTS

SOUNDFONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")  # Debian's timgm6mb-soundfont
TRIADS = {"j": (0, 4, 7), "n": (0, 3, 7), "d": (0, 3, 6), "a": (0, 4, 8)}
VELOCITIES = {"p": (35, 55), "m": (65, 85), "f": (95, 120)}
SLOT_S, HELD_S, KEPT_S = 6, 3.0, 4
RATE_HZ, RENDERED_HZ = 16000, 48000
TICKS_PER_S = 1000


def missing() -> str:
    """Return why nothing can be played here."""
    if not shutil.which("fluidsynth"):
        return "fluidsynth is not installed"
    return "" if SOUNDFONT.exists() else f"{SOUNDFONT} is not there"


def render(folder: Path, seed: int = 7) -> int:
    """Write a triad of each octave, root, type and dynamic, as somebody might strike it, and return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    names, events = [], []
    for octave in (2, 3, 4):
        for root, name in enumerate(TRIAD_ROOTS):
            for triad, semitones in TRIADS.items():
                for dynamic, (softest, loudest) in VELOCITIES.items():
                    begins = len(names) * SLOT_S + draw.uniform(0, 0.05)
                    names.append(f"piano_{octave}_{name}_{triad}_{dynamic}_00.wav")
                    for semitone in semitones:
                        key = 12 * (octave + 1) + root + semitone
                        struck = begins + draw.uniform(0, 0.03)
                        events.append(
                            (round(struck * TICKS_PER_S), bytes([0x90, key, draw.integers(softest, loudest)]))
                        )
                        events.append((round((begins + HELD_S) * TICKS_PER_S), bytes([0x80, key, 64])))
    score, sound = folder / "score.mid", folder / "all.wav"
    score.write_bytes(_midi(sorted(events)))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RENDERED_HZ), "-R", "0", "-C", "0", "-F", str(sound)]
    subprocess.run([*command, str(SOUNDFONT), str(score)], check=True, stdout=subprocess.DEVNULL)
    with soundfile.SoundFile(sound) as file:
        for number, name in enumerate(names):
            file.seek(number * SLOT_S * RENDERED_HZ)
            played = at_rate(file.read(KEPT_S * RENDERED_HZ, dtype="float32").mean(1), RENDERED_HZ, RATE_HZ)
            level = 10 ** (draw.uniform(-12, -1) / 20)
            noise = 10 ** (draw.uniform(-70, -55) / 20) * draw.normal(size=len(played))
            soundfile.write(folder / name, np.clip(level * played / abs(played).max() + noise, -1, 1), RATE_HZ)
    score.unlink()
    sound.unlink()
    return len(names)


def _midi(events: list[tuple[int, bytes]]) -> bytes:
    """Return a Standard MIDI File of one track: two ticks of 500 to the second, programme 0, a grand piano."""
    track, before = b"\x00\xff\x51\x03" + (500_000).to_bytes(3, "big") + b"\x00\xc0\x00", 0
    for tick, event in events:
        track += _variable_length(tick - before) + event
        before = tick
    track += _variable_length(3000) + b"\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 500) + b"MTrk" + struct.pack(">I", len(track)) + track


def _variable_length(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
