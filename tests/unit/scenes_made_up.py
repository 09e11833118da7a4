"""Tables of scenes made up, small enough to know all figures by hand."""

import numpy as np
import pandas as pd
from earshot.data.schemas.scene_times import SCENE_TIMES
from earshot.data.schemas.scenes import SCENE_ANSWERS, SCENE_HISTORY, SCENE_PIECES, SCENES

TABLE = "answers.parquet"


def scenes(sources=(1, 1, 1, 2, 2), people=("anna", "bert")):
    """A row for each number of sources: T60 0.25, 0.35 ... s, the second source 90 degrees beside the first."""
    rows = []
    for number, count in enumerate(sources):
        row = {
            "scene": f"test{number:06d}",
            "place": f"test{number:06d}",
            "pool": "test",
            "person": people[number % len(people)],
            "room": f"room{number:06d}",
            "t60_s": 0.25 + 0.1 * number,
            "facing_deg": 0.0,
            "signal_to_noise_db": 15.0 + 10 * (number % 2),
            "sources": count,
        }
        for source in (1, 2):
            there = source <= count
            row |= {
                f"item_{source}": f"1-{number}-A-{source}" if there else None,
                f"kind_{source}": "clip" if there else None,
                f"label_{source}": "dog" if there else None,
                f"receiver_{source}": source if there else None,
                f"azimuth_deg_{source}": 90.0 * source if there else np.nan,
                f"elevation_deg_{source}": 0.0 if there else np.nan,
                f"distance_m_{source}": 1.5 if there else np.nan,
                f"level_db_{source}": 0.0 if there else np.nan,
            }
        rows.append(row)
    return SCENES.validate(pd.DataFrame(rows))


def answers(of_scenes, damaged=(), classes=True):
    """What was said of scenes: the localiser of rooms is 10, 20, 30 ... degrees off, others by known amounts more."""
    rows, people, number = [], of_scenes["person"].nunique(), 0

    def said(scene, source, task, by, **more):
        rows.append({"scene": scene, "source": source, "task": task, "by": by, **more})

    for scene, count in zip(of_scenes["scene"], of_scenes["sources"], strict=True):
        if scene in damaged:
            rows.append({"scene": scene, "task": "none", "by": "", "said": "the room is damaged"})
            continue
        for source in range(1, count + 1):
            number += 1
            more = {"rooms": 0, "anechoic": 5}
            more |= {"rooms, another's ears": 2} if people > 1 else {}
            more |= {"study": 50} if count == 1 else {}
            for by, extra in more.items():
                error = 10.0 * number + extra
                azimuth = (90.0 * source + error) % 360
                said(scene, source, "direction", by, azimuth_deg=azimuth, elevation_deg=0.0, error_deg=error)
            if classes:
                for of in ("",) if count == 1 else (" of the mixture", " of what was separated"):
                    right = number % 2 == 1 or of == " of what was separated"
                    said(scene, source, "class", f"rooms{of}", said="dog" if right else "cat", right=right)
                    said(scene, source, "class", f"anechoic{of}", said="cat", right=False)
            if count == 2:
                said(scene, source, "separation", "rooms", si_sdr_gain_db=float(number))
                said(scene, source, "separation", "rooms, from left to right", si_sdr_gain_db=number - 1.0)
    empty = dict.fromkeys(SCENE_ANSWERS.columns)
    return SCENE_ANSWERS.validate(pd.DataFrame([empty | row for row in rows]))


def with_chords(table, said):
    """The same scenes with chords in place of clips, and what was said: the network of rooms is right about all roots.

    The one that learnt without rooms is about those of one source, the study's about none; types are as clips were.
    """
    clips = said[said["task"] == "class"]
    roots, types = clips.assign(task="root", right=clips["by"].str.startswith("rooms")), clips.assign(task="type")
    roots["right"] |= roots["by"] == "anechoic"
    study = [one[one["by"].str.startswith("rooms")].assign(right=False) for one in (roots, types)]
    study = [one.assign(by=one["by"].str.replace("rooms", "study")) for one in study]
    table = table.assign(kind_1="chord", kind_2=table["kind_2"].replace("clip", "chord"))
    others = said[said["task"] != "class"]
    return table, SCENE_ANSWERS.validate(pd.concat([others, roots, types, *study], ignore_index=True))


def in_measured_room():
    """Scenes in a measured room, one source left, ahead, right, and two, and answers: guesses are 60 degrees off."""
    table = scenes((1, 1, 1, 2), people=("office",)).assign(room="office", t60_s=0.3)
    table["azimuth_deg_1"], table["azimuth_deg_2"] = [90.0, 0.0, 270.0, 330.0], [np.nan] * 3 + [30.0]
    said = answers(table)
    guessed = said[said["by"] == "rooms"].query("task == 'direction'").assign(by="chance", error_deg=60.0)
    return table, SCENE_ANSWERS.validate(pd.concat([said, guessed], ignore_index=True))


def history(network="localiser", heard_in="rooms", pieces=3):
    """Pieces of 10 s, of which it waits for 9 s, and then for 4, 5 ... s."""
    rows = {
        "epoch": range(1, pieces + 1),
        "seconds": 10.0,
        "waited_seconds": [9.0, *(4.0 + number for number in range(pieces - 1))],
        "training": [3.0 - number for number in range(pieces)],
    }
    return SCENE_HISTORY.validate(pd.DataFrame(rows).assign(network=network, heard_in=heard_in, on="EPYC, 1 core"))


def pieces():
    """Two processes: one reads for 1 s and makes 3 pieces of 2 s, the other 2 of 2 s; an earlier start made one."""
    rows = [("old", 0, -100.0, 0.0), ("new", 0, 1.0, 1.0), ("new", 1, 1.0, 1.0), ("new", 0, 3.0, 0.0)]
    rows += [("new", 1, 3.0, 0.0), ("new", 0, 5.0, 0.0)]
    table = pd.DataFrame(rows, columns=["run", "rank", "began_s", "loading_s"])
    names = [f"{first:06d}-{first + 9:06d}" for first in range(0, 60, 10)]
    how = {"of_ranks": 2, "arrangement": "alone", "split": "managed"}
    return SCENE_PIECES.validate(table.assign(name=names, host="node1", seconds=2.0, sha256="0", **how))


# Of eight scenes, half a second each: even pieces, and uneven ones.
EVEN = ["000000-000001", "000002-000003", "000004-000005", "000006-000007"]
UNEVEN = ["000000-000004", "000005-000005", "000006-000006", "000007-000007"]


def times(splits=("managed", "static"), repeats=2, cores=2):
    """One rank and two, which read for half a second and are given the next piece at once; a head takes a millisecond.

    In the second repeat all takes a tenth longer.
    """
    over_mpi, rows = "static" in splits, []
    for repeat in range(1, repeats + 1):
        for costs, names in (("even", EVEN), ("uneven", UNEVEN)):
            for split in splits:
                # Of uneven ones, managed, whoever has none of five scenes makes all others.
                managed_apart = [names[::2], names[1::2]] if costs == "even" else [names[:1], names[1:]]
                dealt = {1: [names], 2: [names[::2], names[1::2]] if split == "static" else managed_apart}
                for ranks, shares in dealt.items():
                    how = {"costs": costs, "split": split, "ranks": ranks, "repeat": repeat}
                    how["run"] = "-".join(map(str, how.values()))
                    how["of_ranks"] = ranks + (over_mpi and split == "managed")
                    rows += [how | row for row in _records(shares, 1.1 if repeat == 2 else 1.0)]
    machine = '{"cores": 2, "cpu": "EPYC", "device": "CPU", "host": "node1", "memory_gb": 8.0}'
    common = {"host": "node1", "sha256": "0", "handing_s": 0.001, "cores": cores, "machine": machine}
    return SCENE_TIMES.validate(pd.DataFrame(rows).assign(arrangement="mpi" if over_mpi else "alone", **common))


def _records(shares, slower):
    """What ranks record that make these pieces one after another, of a start that takes two seconds to launch."""
    rows = []
    for rank, names in enumerate(shares):
        now = 100 + 0.5 * slower
        for name in names:
            seconds = 0.5 * slower * (int(name[7:]) - int(name[:6]) + 1)
            loading_s = 0.5 * slower if name == names[0] else 0.0
            rows.append({"name": name, "rank": rank, "began_s": now, "seconds": seconds, "loading_s": loading_s})
            now += seconds
    ends = max(row["began_s"] + row["seconds"] for row in rows)
    return [row | {"whole_s": ends - 100 + 2} for row in rows]
