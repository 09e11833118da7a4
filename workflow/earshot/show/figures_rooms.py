"""Figures of rooms and their impulse responses, in the style of `earshot.show.figures`."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from earshot.data.schemas.rooms import BANDS_HZ
from earshot.rooms.acoustics import SPEED_OF_SOUND
from earshot.rooms.wavefield import Wavefield
from earshot.show.colours import COLOURS, INK
from earshot.show.figures import styled

_EXPECTED = {
    "wanted_t60_s": ("asked for", COLOURS["accelerated"], "o"),
    "sabine_s": ("by Sabine", COLOURS["control"], "s"),
    "eyring_s": ("by Eyring", COLOURS["other"], "^"),
}

_MOST_SHOWN = 16  # responses, under each other


@styled()
def expected_times(times: pd.DataFrame) -> Figure:
    """Show the reverberation time that was expected of each room over the one that is measured in it.

    `times` is `summary_rooms.of_rooms`.
    """
    figure = Figure(figsize=(5.0, 4.6), layout="constrained")
    axes = figure.add_subplot()
    longest = 1.08 * float(np.nanmax(times[["t60_s", *_EXPECTED]].to_numpy()))
    axes.plot([0, longest], [0, longest], color=INK, linewidth=0.8, zorder=0)
    for column, (words, colour, marker) in reversed(_EXPECTED.items()):
        if times[column].notna().any():
            axes.scatter(
                times["t60_s"], times[column], s=9, color=colour, marker=marker, alpha=0.5, linewidths=0, label=words
            )
    axes.set(
        xlabel="measured T60 (second), mean over receivers",
        ylabel="expected T60 (second)",
        xlim=(0, longest),
        ylim=(0, longest),
        title=f"n = {len(times):,} rooms, a point each",
        aspect="equal",
    )
    axes.grid()
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=3, markerscale=2)
    return figure


@styled()
def times_by_octave(index: pd.DataFrame) -> Figure:
    """Show early and late reverberation time of each octave, in those of the whole response.

    `index` is of responses that are exact to their end: noise in place of late images decays as they do on average.
    """
    figure = Figure(figsize=(5.6, 3.3), layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(len(BANDS_HZ))
    for measure, words, colour, shift in (
        ("t60_s", "T60", COLOURS["accelerated"], -0.1),
        ("edt_s", "early decay time", COLOURS["control"], 0.1),
    ):
        shares = [index[f"{measure}_{band}"] / index["t60_s"] for band in BANDS_HZ]
        low, middle, high = np.array([share.quantile([0.25, 0.5, 0.75]) for share in shares]).T
        axes.errorbar(
            places + shift,
            middle,
            yerr=[middle - low, high - middle],
            color=colour,
            marker="o",
            markersize=4,
            linestyle="none",
            capsize=2,
            label=words,
        )
    axes.axhline(1, color=INK, linewidth=0.8)
    axes.set_xticks(places, [f"{band:,}" for band in BANDS_HZ])
    axes.set(
        xlabel="octave (Hz)",
        ylabel="share of the whole response's T60",
        title=f"n = {len(index):,} responses: median and quartiles",
        ylim=(0, None),
    )
    axes.grid(axis="y")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@styled()
def room_wireframe(index: pd.DataFrame) -> Figure:
    """Show a room as a wireframe, with its source and its receivers. `index` has the rows of one room."""
    first = index.iloc[0]
    dimensions = first[["length_m", "width_m", "height_m"]].to_numpy(float)
    figure = Figure(figsize=(5.4, 4.4), layout="constrained")
    axes = figure.add_subplot(projection="3d")
    corners = np.array(list(product(*zip(np.zeros(3), dimensions, strict=True))))
    for one, other in product(corners, corners):
        if np.count_nonzero(one != other) == 1:
            axes.plot(*zip(one, other, strict=True), color=INK, linewidth=0.7)
    receivers = index.drop_duplicates("receiver")[[f"receiver_{axis}_m" for axis in "xyz"]].to_numpy().T
    source = first[[f"source_{axis}_m" for axis in "xyz"]].to_numpy(float)
    axes.scatter(*receivers, color=COLOURS["accelerated"], s=22, label=f"{receivers.shape[1]} receivers")
    axes.scatter(*source[:, None], color=COLOURS["control"], s=60, marker="*", label="source")
    for place in [*receivers.T, source]:  # onto the floor, so that depth can be seen
        axes.plot(*[[value, value] for value in place[:2]], [0, place[2]], color=INK, linewidth=0.4, linestyle=":")
    axes.set_box_aspect(dimensions)
    axes.grid(False)
    for own in (axes.xaxis, axes.yaxis, axes.zaxis):
        own.set_pane_color((0, 0, 0, 0))  # the page has a background of its own
    axes.set(xlabel="x (m)", ylabel="y (m)", zlabel="z (m)")
    axes.set_title(f"{first['room']}: {first['volume_m3']:.0f} m³, T60 {index['t60_s'].mean():.2f} s")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@styled()
def wavefield(field: Wavefield, moments_s: Sequence[float], source_m: NDArray[np.floating], room: str) -> Figure:
    """Show the sound pressure on a plane through the source at moments after a click, each in a scale of its own."""
    figure = Figure(figsize=(7.4, 4.9), layout="constrained")
    for axes, moment, pressures in zip(
        figure.subplots(2, 3, sharex=True, sharey=True).ravel(), moments_s, field.pressures, strict=True
    ):
        loudest = float(np.quantile(abs(pressures), 0.995)) or 1.0
        axes.pcolormesh(field.x_m, field.y_m, pressures.T, cmap="RdBu_r", vmin=-loudest, vmax=loudest, rasterized=True)
        axes.plot(*source_m[:2], "*", color=INK, markersize=7)
        axes.set_title(f"{1e3 * moment:.0f} ms")
        axes.set_aspect("equal")
    figure.supxlabel("x (m)", fontsize=9)
    figure.supylabel("y (m)", fontsize=9)
    figure.suptitle(f"{room}: pressure {source_m[2]:.1f} m above the floor", fontsize=9)
    return figure


@styled()
def responses_by_distance(index: pd.DataFrame, responses: NDArray[np.floating], rate_hz: float) -> Figure:
    """Show a room's responses `(receivers, samples)` in the order of their distance from the source, 60 ms of each.

    `index` has their rows. Each is in a scale of its own; marks are where geometry puts the direct sound. Of many
    receivers some are shown, evenly out of all.
    """
    shown = min(round(0.06 * rate_hz), responses.shape[1])
    order = np.argsort(index["distance_m"].to_numpy(), kind="stable")
    order = order[np.linspace(0, len(order) - 1, min(len(order), _MOST_SHOWN)).round().astype(int)]
    distances, arrivals = (index[name].to_numpy()[order] for name in ("distance_m", "arrival"))
    direct_ms = distances / SPEED_OF_SOUND * 1e3
    lead_ms = float(np.median(arrivals / rate_hz * 1e3 - direct_ms))
    times_ms = np.arange(shown) / rate_hz * 1e3 - lead_ms
    figure = Figure(figsize=(6.2, 0.45 * len(order) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    for place, response in enumerate(np.asarray(responses, np.float32)[order, :shown]):
        loudest = abs(response).max() or 1  # a receiver may be so far that nothing has come yet
        axes.plot(times_ms, place - 0.45 * response / loudest, color=COLOURS["accelerated"], linewidth=0.6)
    axes.scatter(
        direct_ms, np.arange(len(order)) + 0.3, marker="^", s=18, color=COLOURS["control"], label="direct sound"
    )
    axes.set_yticks(range(len(order)), [f"{distance:.1f}" for distance in distances])
    axes.set(
        xlabel="time (ms)",
        ylabel="distance from the source (m)",
        title=f"{index['room'].iloc[0]}: {len(order)} of n = {len(index)} responses, each in a scale of its own",
        xlim=(0, times_ms[-1]),
        ylim=(len(order) - 0.3, -0.7),
    )
    figure.legend(loc="outside lower center")
    return figure


@styled()
def room_rates(speeds: Sequence[Mapping[str, Any]]) -> Figure:
    """Show how many responses a second are simulated, by a plain loop over pyroomacoustics and by ours.

    `speeds` is `summary_rooms.speed`.
    """
    figure = Figure(figsize=(5.6, 0.6 * len(speeds) + 1.3), layout="constrained")
    axes = figure.add_subplot()
    for place, own in enumerate(speeds):
        rates = [own["plain_rirs_per_s"], own["rirs_per_s"]]
        axes.plot(rates, [place, place], color=COLOURS["published"], zorder=0)
        for rate, words, colour, marker in zip(
            rates, ("pyroomacoustics", "ours"), (COLOURS["control"], COLOURS["accelerated"]), "so", strict=True
        ):
            axes.scatter(rate, place, color=colour, marker=marker, label=None if place else words)
        words = f"{own['ratio']:.1f} times"
        axes.annotate(words, (rates[1], place), (7, 0), textcoords="offset points", va="center", color=INK)
    axes.set_yticks(range(len(speeds)), ["ours on a GPU" if own["device"] == "cuda" else "processor" for own in speeds])
    axes.set(xscale="log", xlabel="responses a second", ylim=(len(speeds) - 0.5, -0.5))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlim(None, 3 * max(own["rirs_per_s"] for own in speeds))
    axes.grid(axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    return figure
