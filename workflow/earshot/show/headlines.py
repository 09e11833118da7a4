"""The figures that head each chapter of a report: what was published, what came out here, of how many."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Summary = Mapping[str, Any]
Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Headline:
    """A figure of a run. Shares are in percent."""

    what: str
    value: float | None
    unit: str  # °, %, dB, times, or of so many a second
    better: Better
    n: str  # of how many, and of what
    spread: str = ""  # a standard deviation, or an interval
    published: str = ""  # what a study says of the same, and under which conditions
    table: str | None = None  # what it was computed from


def headlines(chapter: str, summary: Summary) -> list[Headline]:
    """Return the figures that head a chapter, of what its `summary.json` holds; none of a chapter that is not known."""
    return list(_OF_CHAPTERS[chapter](summary)) if chapter in _OF_CHAPTERS else []


def _localisation(summary: Summary) -> Iterator[Headline]:
    study = summary["localisation"]
    for variant in summary["settings"]["localisation"]["variants"]:
        if variant in study:
            yield _p95(f"95th percentile of the error, {variant}", study[variant]["p95_deg"], study)
    faster = summary.get("speedup", {}).get("localisation")
    if faster:
        yield _times("features and training, as fast as the published way", faster, f"{faster['repeats']} repeats")


def _study(summary: Summary) -> Iterator[Headline]:
    study, speedup = summary["localisation"], summary["speedup"]
    for variant, own in study.items():
        if variant.startswith("winner_"):
            yield _p95(
                f"95th percentile of the error, {variant.replace('_', ' of the search, ')}", own["p95_deg"], study
            )
    yield _times(
        "trials of the search, as fast as the published way",
        speedup["search"],
        f"{speedup['search']['control_trials']} trials",
    )
    whole = {
        one["implementation"]: one["seconds"] for one in speedup["study"]["stages"] if one["stage"] == "whole study"
    }
    if len(whole) == 2:
        ratio = whole["control"] / whole["accelerated"]
        published = "24 times (72 h on 6 cores, 3 h on 30 GPU nodes)"
        yield Headline(
            "the whole study, as fast as the published way (modelled)",
            ratio,
            "times",
            "higher",
            "1 study",
            published=published,
        )


def _others(summary: Summary) -> Iterator[Headline]:
    unseen = summary["others"]["unseen_person"]
    for measured, own in sorted(unseen.items(), key=lambda item: int(item[0])):
        what = f"95th percentile of the error, a person of whom {measured} directions were measured"
        yield _p95(what, own["p95_deg"], None)


def _sounds(summary: Summary) -> Iterator[Headline]:
    study = summary["sounds"]
    own, official = study[study["collection"]]["accuracy"], study["published"]
    said = [f"{_percent(official['accuracy'])} (ESC-50, one split)"] if official else []
    if official and official["people"]:
        said.append(f"people {_percent(official['people'])}")
    what = f"right classes, of {study['classes']}, all folds"
    spread = _deviation(own["sd"], 100)
    yield Headline(
        what, 100 * own["mean"], "%", "higher", f"{own['clips']:,} clips", spread, "; ".join(said), own["table"]
    )


def _chords(summary: Summary) -> Iterator[Headline]:
    study = summary["chords"]
    for task in ("root", "type"):
        for split, words in (("random", "random split"), ("by_performance", "performances apart")):
            if own := study[task].get(split):
                published = f"{_percent(study['published'][task])} (random split)"
                n = f"{own['clips']:,} chords"
                yield Headline(
                    f"right {task}s, {words}",
                    100 * own["accuracy"],
                    "%",
                    "higher",
                    n,
                    _deviation(own["sd"], 100),
                    published,
                    own["table"],
                )


def _clip_speed(summary: Summary) -> Iterator[Headline]:
    for what, found in (
        ("an epoch from shards, as fast as from files", summary["speedup"]["epochs_from_shards"]),
        ("an epoch on a GPU, as fast as on the processor", summary["speedup"]["epochs_on_gpu"]),
    ):
        for one in found[:1]:
            yield Headline(
                what, one["ratio"], "times", "higher", f"{one['n']} epochs", _interval(one["low"], one["high"])
            )


def _rooms(summary: Summary) -> Iterator[Headline]:
    found, speed = summary["rooms"], summary["speed"][0]
    n = f"{found['rooms']:,} rooms"
    apart = found["apart"].get("wanted")
    if apart:
        yield Headline("how far T60 is from what was asked for, median", 100 * apart["absolute"], "%", "lower", n)
    repeats = f"{speed['responses']:,} responses, {speed['n']} repeats"
    yield Headline("responses simulated", found["rirs_per_s"], "a second", "higher", repeats)
    yield Headline(
        "the same, as fast as a plain loop over pyroomacoustics",
        found["ratio"],
        "times",
        "higher",
        repeats,
        _interval(speed["low"], speed["high"]),
    )


def _reverb(summary: Summary) -> Iterator[Headline]:
    model = summary["settings"]["reverb"]["headline"]
    found = summary["reverb"].get(model)
    if not found:
        return
    n = f"{found['responses']:,} responses in {found['rooms']} rooms"
    measures: tuple[tuple[str, str, float, Better], ...] = (
        ("within_jnd", "positions where nobody would notice", 100, "higher"),
        ("t60_error_pct", "median error of T60", 1, "lower"),
    )
    for name, what, scale, better in measures:
        own = found[name]
        if own["mean"] is not None:
            yield Headline(f"{what}, {model}", scale * own["mean"], "%", better, n, _deviation(own["sd"], scale))
    if "ratio" in found:
        published = "186 times (one room: 3.06 s simulated, 0.016 s modelled)"
        yield Headline(
            "responses said, as fast as a plain loop simulates",
            found["ratio"],
            "times",
            "higher",
            n,
            published=published,
        )


def _scenes(summary: Summary) -> Iterator[Headline]:
    found = summary["scenes"]
    for count, words in (("one_source", "one source"), ("two_sources", "two sources")):
        for by, learnt in (("rooms", "learnt in rooms"), ("anechoic", "learnt without rooms")):
            own = found["localisation"].get(by, {}).get(count)
            if own and own["n"]:
                yield _median(f"median error, {words}, {learnt}", own, "°", "lower", "sources")
    own = found["class_accuracy"]
    if own["n"]:
        spread = _interval(*(None if own[end] is None else 100 * own[end] for end in ("low", "high")))
        what, n = "right classes of clips alone, learnt in rooms", f"{own['n']:,} clips"
        yield Headline(what, 100 * own["mean"], "%", "higher", n, spread, table=own["table"])
    if found["si_sdr_gain_db"]["n"]:
        yield _median(
            "two sources taken apart, median gain of SI-SDR", found["si_sdr_gain_db"], "dB", "higher", "sources"
        )
    per_s = found["per_s"]
    yield Headline(
        "scenes made and answered", per_s["value"], "a second", "higher", f"{per_s['n']:,} scenes", table=per_s["table"]
    )


_OF_CHAPTERS: Mapping[str, Callable[[Summary], Iterator[Headline]]] = {
    "localisation": _localisation,
    "study": _study,
    "others": _others,
    "sounds": _sounds,
    "chords": _chords,
    "clip_speed": _clip_speed,
    "rooms": _rooms,
    "reverb": _reverb,
    "scenes": _scenes,
}


def _p95(what: str, own: Mapping[str, Any], study: Mapping[str, Any] | None) -> Headline:
    published = ""
    if study:
        official = study["published"]["p95_deg"]
        published = f"{official['mean']:.0f} ± {official['sd']:.0f}° (ITA, {official['n']:.0f} people)"
    table = own.get("table")
    return Headline(what, own["mean"], "°", "lower", f"{own['n']} people", _deviation(own["sd"]), published, table)


def _times(what: str, found: Mapping[str, Any], n: str) -> Headline:
    spread = _interval(found["ratio_low"], found["ratio_high"])
    return Headline(what, found["ratio"], "times", "higher", n, spread, table=found["table"])


def _median(what: str, own: Mapping[str, Any], unit: str, better: Better, of: str) -> Headline:
    spread = _interval(own["low"], own["high"])
    return Headline(what, own["median"], unit, better, f"{own['n']:,} {of}", spread, table=own["table"])


def _deviation(sd: float | None, scale: float = 1) -> str:
    return "" if sd is None else f"± {scale * sd:.1f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.1f} to {high:.1f}".replace("-", "\N{MINUS SIGN}")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
