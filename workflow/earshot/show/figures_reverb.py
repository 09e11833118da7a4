"""Figures of models of reverberation, in the style of `earshot.show.figures`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.signal import ShortTimeFFT

from earshot.data.schemas.rooms import BANDS_HZ
from earshot.rooms.acoustics import decay_levels
from earshot.rooms.comparison import NOTICED
from earshot.show.colours import COLOURS, INK
from earshot.show.figures import styled
from earshot.signal.octaves import in_bands

_PANELS = (
    ("t60_error", "T60 (%)", 100),
    ("edt_error", "early decay time (%)", 100),
    ("c50_error_db", "C50 (dB)", 1),
)


@styled()
def errors_by_model(errors: pd.DataFrame, heading: str) -> Figure:
    """Show how errors of T60, EDT and C50 are spread over responses, a row for each model.

    `errors` are those by rooms of the standard set, of all trainings. Dots are medians, thick bars quartiles, thin ones
    reach from the 5th to the 95th percentile.
    """
    models = list(errors["model"].unique())
    figure = Figure(figsize=(7.4, 0.36 * len(models) + 1.5), layout="constrained")
    for axes, (error, words, scale) in zip(figure.subplots(1, 3, sharey=True), _PANELS, strict=True):
        for place, model in enumerate(models):
            own = scale * errors.loc[errors["model"] == model, error].abs().dropna()
            if own.empty:
                continue
            lowest, low, middle, high, highest = own.quantile([0.05, 0.25, 0.5, 0.75, 0.95]).clip(lower=1e-3)
            colour = COLOURS["accelerated"] if model == heading else COLOURS["published"]
            axes.plot([lowest, highest], [place, place], color=colour, linewidth=1)
            axes.plot([low, high], [place, place], color=colour, linewidth=4, solid_capstyle="butt")
            axes.plot(middle, place, "o", color=colour, markeredgecolor=INK, markersize=5)
        axes.axvline(scale * NOTICED[error], color=COLOURS["control"], linewidth=1, linestyle="--")
        axes.set(xscale="log", xlabel=f"error of {words}", ylim=(len(models) - 0.5, -0.5))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.grid(axis="x")
    figure.axes[0].set_yticks(range(len(models)), models)
    counted = errors.groupby(["model", "number"]).size().iloc[0]
    figure.suptitle(f"n = {counted:,} responses of rooms that nobody learnt from; dashed: just noticeable", fontsize=9)
    return figure


@styled()
def errors_by_octave(found: Mapping[str, Mapping[str, Sequence[float | None]]], shown: Sequence[str]) -> Figure:
    """Show the median errors of T60, EDT and C50 in each octave, a line for each of the models that are shown."""
    figure = Figure(figsize=(7.4, 3.0), layout="constrained")
    places = np.arange(len(BANDS_HZ))
    for axes, (error, words, scale) in zip(figure.subplots(1, 3), _PANELS, strict=True):
        for number, model in enumerate(shown):
            values = scale * np.array([np.nan if one is None else one for one in found[model][error]])
            axes.plot(places, values, marker="os^Dv"[number % 5], color=_line(number), markersize=4, label=model)
        axes.axhline(scale * NOTICED[error], color=INK, linewidth=0.8, linestyle="--")
        axes.set_xticks(places, [f"{band // 1000}k" if band >= 1000 else str(band) for band in BANDS_HZ])
        axes.set(xlabel="octave (Hz)", ylabel=f"error of {words}", ylim=(0, None))
        axes.grid(axis="y")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(shown), 5))
    return figure


@styled()
def decays(
    true: NDArray[np.floating], said: Mapping[str, NDArray[np.floating]], rate_hz: float, arrival: int
) -> Figure:
    """Show how a response `(samples,)` decays, and what models say it is: whole, in the lowest and in a high octave."""
    figure = Figure(figsize=(7.4, 3.2), layout="constrained")
    titles = ["whole", f"{BANDS_HZ[0]} Hz", f"{BANDS_HZ[-2]} Hz"]
    times_ms = (np.arange(len(true)) - arrival) / rate_hz * 1e3

    def curves(response: NDArray[np.floating]) -> list[NDArray[np.float64]]:
        bands = in_bands(response, rate_hz)
        return [decay_levels(one) for one in (response, bands[0], bands[-2])]

    for number, (name, response) in enumerate([("simulated", true), *said.items()]):
        for axes, levels, title in zip(
            figure.axes or figure.subplots(1, 3, sharey=True), curves(response), titles, strict=True
        ):
            style: Any = (
                {"color": INK, "linewidth": 2.2} if number == 0 else {"color": _line(number - 1), "linewidth": 1.1}
            )
            axes.plot(times_ms[arrival:], levels[arrival:] - levels[arrival], label=name, **style)
            axes.set(title=title, xlabel="time after the direct sound (ms)", ylim=(-60, 2))
            axes.grid(True)
    figure.axes[0].set_ylabel("decay (dB)")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


@styled()
def response_beside_response(
    true: NDArray[np.floating], said: NDArray[np.floating], rate_hz: float, words: str
) -> Figure:
    """Show a response `(samples,)` as it is simulated and as a model says it: waveforms above, spectrograms below."""
    figure = Figure(figsize=(7.4, 4.6), layout="constrained")
    grid = figure.subplots(2, 2, sharex=True, sharey="row")
    transform = ShortTimeFFT(np.hanning(256), 64, rate_hz, mfft=512, scale_to="magnitude")
    loudest = float(abs(true).max())
    times_ms = np.arange(len(true)) / rate_hz * 1e3
    for column, (name, response) in enumerate([("simulated", true), ("predicted", said)]):
        grid[0, column].plot(times_ms, response / loudest, color=COLOURS["accelerated"], linewidth=0.4, rasterized=True)
        grid[0, column].set_title(name)
        magnitude = abs(transform.stft(np.asarray(response, float)))
        level = 20 * np.log10(np.maximum(magnitude / magnitude.max(), 1e-6))
        low, high = transform.extent(len(response))[:2]
        image = grid[1, column].imshow(
            level,
            origin="lower",
            aspect="auto",
            extent=(low * 1e3, high * 1e3, 0, rate_hz / 2e3),
            vmin=-70,
            vmax=0,
            cmap="viridis",
        )
        grid[1, column].set(xlabel="time (ms)", xlim=(0, times_ms[-1]))
    grid[0, 0].set_ylabel("sound pressure")
    grid[1, 0].set_ylabel("frequency (kHz)")
    figure.colorbar(image, ax=grid[1], label="level (dB)")
    figure.suptitle(words, fontsize=9)
    return figure


@styled()
def model_rates(speeds: Sequence[Mapping[str, Any]], heading: str) -> Figure:
    """Show responses a second over the size of batches: the model's, those of all images, and the plain loop's."""
    figure = Figure(figsize=(5.8, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for number, own in enumerate(speeds):
        on = " on a GPU" if own["device"] == "cuda" else ""
        batches = [int(batch) for batch in own["by_batch"]]
        axes.plot(batches, list(own["by_batch"].values()), marker="o", color=_line(2 * number), label=f"{heading}{on}")
        axes.axhline(own["images_per_s"], color=_line(2 * number), linestyle="--", linewidth=1, label=f"all images{on}")
    axes.axhline(speeds[0]["plain_rirs_per_s"], color=COLOURS["control"], linestyle=":", label="pyroomacoustics")
    axes.set(xscale="log", yscale="log", xlabel="responses in a batch", ylabel="responses a second")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(True)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


@styled()
def reverb_losses(history: pd.DataFrame) -> Figure:
    """Show the losses of each training over epochs, a panel for each model: of rooms that train, and that validate."""
    models = list(history["model"].unique())
    if not models:
        return Figure(figsize=(7.4, 0.6))
    columns = min(len(models), 3)
    rows = -(-len(models) // columns)
    figure = Figure(figsize=(7.4, 1.9 * rows + 0.6), layout="constrained")
    for axes, model in zip(np.ravel(figure.subplots(rows, columns, squeeze=False)), models, strict=False):
        own = history[history["model"] == model]
        for place, (_, losses) in enumerate(own.groupby("number")):
            for part, colour in (("training", COLOURS["control"]), ("validation", COLOURS["accelerated"])):
                axes.plot(losses["epoch"], losses[part], color=colour, linewidth=0.9, label=None if place else part)
        axes.set(title=f"{model}, n = {own['number'].nunique()}", xlabel="epoch")
        axes.grid(True)
    for axes in figure.axes[len(models) :]:
        axes.set_axis_off()
    figure.axes[0].set_ylabel("loss")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _line(number: int) -> str:
    colours = [COLOURS["accelerated"], COLOURS["control"], COLOURS["other"], COLOURS["published"]]
    return colours[number % len(colours)]
