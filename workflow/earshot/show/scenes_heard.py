"""Single scenes to look at and to listen to: those whose error is the median, chosen by nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from earshot.learn.separation_network import SeparationNetwork
from earshot.scenes.drawing import Scene
from earshot.scenes.making import Maker
from earshot.scenes.separation import separate
from earshot.score.separation import fitting_order
from earshot.show.figures_scene_runs import MINUS, Said
from earshot.show.figures_scenes import LOCALISERS
from earshot.show.listen import SoundOnPage
from earshot.show.summary_scenes import ROOMS

_LOUDEST = 0.9  # of all that is heard of a scene
_LONGEST_S = 4.0


def median_scenes(rows: pd.DataFrame) -> list[str]:
    """Return the scene with one source and the one with two whose error is the median of such scenes, where there are.

    `rows` is `summary_scenes.answered`. Errors are the localiser's that learnt in rooms, of two sources their mean; of
    an even number of scenes the lower of the middle two counts.
    """
    own = rows[(rows["task"] == "direction") & (rows["by"] == ROOMS)]
    chosen = []
    for _, some in own.groupby("sources"):
        errors = some.groupby("scene")["error_deg"].mean().dropna().sort_index().sort_values(kind="stable")
        if len(errors):
            chosen.append(str(errors.index[(len(errors) - 1) // 2]))
    return chosen


def said_of(rows: pd.DataFrame, scene: str) -> Said:
    """Return what was said of where the sources of a scene are; `rows` is `summary_scenes.answered`."""
    own = rows[(rows["scene"] == scene) & (rows["task"] == "direction")].sort_values("source", kind="stable")
    by = {str(name): some for name, some in own.groupby("by", sort=False)}
    first = own.iloc[0]
    count = "one source" if first["sources"] == 1 else "two sources"
    return Said(
        title=f"{scene}: {count}, T60 {first['t60_s']:.2f} s, noise at {first['signal_to_noise_db']:.0f} dB",
        true=by[ROOMS][["true_azimuth_deg", "true_elevation_deg"]].to_numpy(float),
        by={name: by[name][["azimuth_deg", "elevation_deg"]].to_numpy(float) for name in LOCALISERS if name in by},
    )


def words_of(rows: pd.DataFrame, scene: str) -> str:
    """Return in words what sounds in a scene and how far off the localiser of rooms is."""
    own = rows[(rows["scene"] == scene) & (rows["task"] == "direction") & (rows["by"] == ROOMS)].sort_values("source")
    first = own.iloc[0]
    sources = [_words_of_source(dict(source)) for source in own.to_dict("records")]
    room = f"Heard by {first['person']} in {first['room']} (T60 {first['t60_s']:.2f} s)"
    noise = f"noise {first['signal_to_noise_db']:.0f} dB below"
    return f"{room}, {noise}. {'. '.join(sources)}."


def _words_of_source(source: Mapping[Any, Any]) -> str:
    label = source["label"]
    what = source["kind"] + (f" ({label.replace('_', ' ')})" if isinstance(label, str) else "")
    elevation = f"{source['true_elevation_deg']:.0f}".replace("-", MINUS)
    where = f"azimuth {source['true_azimuth_deg']:.0f}°, elevation {elevation}°, {source['distance_m']:.1f} m away"
    return f"Source {source['source']}: {what} at {where}, heard {source['error_deg']:.0f}° beside it"


def heard(maker: Maker, scene: Scene, separators: Sequence[SeparationNetwork]) -> SoundOnPage:
    """Return a scene as both ears hear it, and what there is to compare: without its room, or separated."""
    made, rate_hz = maker.make(scene), maker.sounds.rate_hz
    ways: dict[str, NDArray[np.floating]] = {"as it is heard": made.mixture}
    if len(scene.sources) == 1:
        dry = Maker(maker.sounds, maker.places, maker.heads, replace(maker.settings, anechoic=True))
        ways |= {"the source without noise": made.images[0], "without the room, too": dry.make(scene).images[0]}
    else:
        for separator in separators[:1]:
            apart = separate(made.mixture, separator)
            order = fitting_order(apart, made.images, made.mixture)
            ways |= {f"source {number}, separated": apart[one] for number, one in enumerate(order, 1)}
        ways |= {f"source {number} as it was": image for number, image in enumerate(made.images, 1)}
    kept = {words: signal[:, : round(_LONGEST_S * rate_hz)].T for words, signal in ways.items()}
    scale = _LOUDEST / max(*(float(abs(signal).max()) for signal in kept.values()), 1e-9)
    return SoundOnPage(
        scene.name, {words: np.asarray(scale * signal, np.float32) for words, signal in kept.items()}, rate_hz
    )
