"""The bars of issue 5: rooms by the thousand."""

import json

from bars import Bars, Log
from issue1 import project
from issue4 import snakemake

BARS = Bars()


@BARS.add("rooms", "the standard set, 1,000 rooms x 8, simulated; 3 times the rate of a plain loop at equal decay")
def rooms(log: Log) -> tuple[str, bool]:
    """Simulate the rooms of the configuration and time the first ones against pyroomacoustics."""
    with project() as folder:
        snakemake(log, folder, {"name": "rooms"}, "rooms")
        summary = json.loads((folder / "results/rooms/rooms/summary.json").read_text())
        log.keep(folder / "results/rooms/rooms/figures")
    found, (speed,) = summary["rooms"], summary["speed"]
    (simulated,) = (stage for stage in summary["stages"] if stage["rule"] == "simulate_rooms")
    measured = (
        f"{found['rooms']:,} rooms, {found['responses']:,} responses in {simulated['seconds']:.0f} s of jobs; "
        f"{speed['ratio']:.1f} times ({speed['low']:.1f} to {speed['high']:.1f}), {speed['rirs_per_s']:.0f} against "
        f"{speed['plain_rirs_per_s']:.1f} a second, T60 {100 * speed['t60_apart']:.2f} % apart; measured T60 "
        f"{100 * found['apart']['wanted']['absolute']:.1f} % from the one asked for, "
        f"{100 * found['apart']['sabine']['absolute']:.1f} % from Sabine's"
    )
    whole = found["rooms"] >= 1000 and found["responses"] == 8 * found["rooms"]
    return measured, bool(whole and speed["ratio"] >= 3 and speed["t60_apart"] < 0.02)
