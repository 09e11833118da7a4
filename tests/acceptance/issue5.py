"""The bars of issue 5: rooms by the thousand."""

import json

from bars import Bars, Log
from issue1 import project
from issue4 import long_run, snakemake

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


@BARS.add(
    "reverb",
    "an FNO in unseen rooms: T60 3 %, EDT 5 %, C50 0.5 dB, 55 % unnoticed, better than the MLP; 100 times "
    "pyroomacoustics' rate at T60 0.6 s",
)
def reverb(log: Log) -> tuple[str, bool]:
    """Train all models of the configuration, judge them, and time the one that heads the report."""
    with long_run(log) as folder:
        snakemake(log, folder, {"name": "rooms"}, "reverb")
        summary = json.loads((folder / "results/rooms/reverb/summary.json").read_text())
        log.keep(folder / "results/rooms/reverb/figures")
    found, (speed,) = summary["reverb"], summary["speed"]
    said = []
    for name, own in found.items():
        t60, edt, c50, share = (
            own[key]["mean"] for key in ("t60_error_pct", "edt_error_pct", "c50_error_db", "within_jnd")
        )
        times = " and ".join("none" if one is None else f"{one:.1f}" for one in (t60, edt))
        said.append(f"{name} {times} %, {c50:.2f} dB, {100 * share:.0f} % unnoticed")
    speeds = f"{speed['ratio']:.0f} times ({speed['low']:.0f} to {speed['high']:.0f})"
    best = {key: found["fno"][key]["mean"] for key in ("t60_error_pct", "edt_error_pct", "c50_error_db", "within_jnd")}
    near = best["t60_error_pct"] <= 3 and best["edt_error_pct"] <= 5 and best["c50_error_db"] <= 0.5
    earned = best["within_jnd"] > max(found[name]["within_jnd"]["mean"] for name in ("mlp", "mlp_few_images", "images"))
    passed = near and best["within_jnd"] >= 0.55 and earned and speed["ratio"] >= 100
    return f"T60 and EDT, C50: {'; '.join(said)}; {speeds}", bool(passed)
