"""The command `earshot rooms`: which rooms and models there are, and how a recording sounds in a room."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from earshot.errors import ConfigError, EarshotError

if TYPE_CHECKING:  # which loads torch: seconds that whoever asks for help need not wait
    import pandas as pd

    from earshot.learn.room_listening import RoomSet, TrainedModel

T = TypeVar("T")

_ABOUT = """\
List the rooms that were simulated and the models that were trained on them; tell of one; or hear a recording in a room,
by its simulated response or by the one that a model says. Where receivers are heads it is in stereo, an ear a channel.

  earshot rooms                                        what there is
  earshot rooms --room 12                              one room: its size, its receivers, what they measure
  earshot rooms --model fno                            one model: its settings and its errors
  earshot rooms --room 12 --hear talk.wav              writes talk-room000012-0.wav
  earshot rooms --room 12 --hear talk.wav --model fno  the same by the model: talk-room000012-0-fno.wav
"""
_SCORES = {
    "t60_error_pct": "T60 {:.1f} %",
    "edt_error_pct": "EDT {:.1f} %",
    "c50_error_db": "C50 {:.2f} dB",
    "drr_error_db": "DRR {:.2f} dB",
    "early_nmse": "early waveform {:.3f}",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of `earshot`."""
    command = commands.add_parser(
        "rooms",
        description=_ABOUT,
        help="list rooms and models of them, and hear a recording in one",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--results", default="results", metavar="FOLDER", help="where results are (results)")
    command.add_argument("--set", metavar="NAME", help="which set of rooms (the one of most rooms)")
    command.add_argument("--room", metavar="NUMBER", help="a room, by its number or its name")
    command.add_argument("--receiver", type=int, metavar="NUMBER", help="a receiver in it, to hear at (0)")
    command.add_argument("--model", metavar="NAME", help="a model, by the end of its name")
    command.add_argument("--hear", metavar="FILE", help="a recording to hear in the room")
    command.add_argument("--to", metavar="FILE", help="where to write it (beside you, named after both)")
    command.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"], help="what computes (auto)")


def run(given: argparse.Namespace) -> int:
    """Do what was asked for. Raises EarshotError for what is not there."""
    from earshot.learn.room_listening import find_rooms  # noqa: PLC0415 (as above)
    from earshot.models.manifest import named  # noqa: PLC0415

    model = named(_models(given.results), given.model, "model of rooms", "--model") if given.model else None
    if given.hear and given.room is None:
        raise ConfigError("--hear wants a room: name one with --room.")
    if given.receiver is not None and not given.hear:
        raise ConfigError("--receiver wants something to hear there: name a recording with --hear.")
    if model and given.room is not None and not given.hear:
        raise ConfigError("--room with --model wants something to hear: name a recording with --hear.")
    if given.room is not None:
        sets = find_rooms(given.results)
        rooms = named(sets, given.set, "set of rooms", "--set") if given.set else max(sets.values(), key=_rank)
        room = _name(given.room)
        if given.hear:
            _hear(given, rooms, room, model)
        else:
            _tell_room(rooms, room)
    elif model:
        _tell_model(model)
    else:
        for rooms in find_rooms(given.results).values():
            _tell_set(rooms)
        _tell_models(given.results)
    return 0


def _models(results: str) -> "dict[str, TrainedModel]":
    """Return the models of rooms that are in the manifests of results."""
    from earshot.learn.room_listening import TrainedModel  # noqa: PLC0415
    from earshot.models.manifest import find_models  # noqa: PLC0415

    return {name: TrainedModel(name, model.files) for name, model in find_models(results, "room_model").items()}


def _rank(rooms: "RoomSet") -> tuple[int, bool]:
    """Return how soon a set is meant where none is named: the most rooms, and of as many those without heads."""
    return rooms.count, rooms.head is None


def _name(room: str) -> str:
    """Return the name of a room by what a person calls it."""
    number = room.removeprefix("room")
    if not number.isdecimal():
        raise ConfigError(f"--room wants the number of a room, as 12 or room000012, not {room}.")
    return f"room{int(number):06d}"


def _tell_set(rooms: "RoomSet") -> None:
    from earshot.learn.room_listening import ranges  # noqa: PLC0415

    index = rooms.index
    (small, large), (dry, live) = ranges(index, ["volume_m3", "t60_s"])
    print(
        f"{rooms.name}: {index['room'].nunique():,} rooms, {len(index):,} responses; "
        f"{small:.0f} to {large:.0f} m3, measured T60 {dry:.2f} to {live:.2f} s"
        + (f"; receivers are heads with two ears, of {rooms.head}" if rooms.head else "")
    )


def _tell_models(results: str) -> None:
    try:
        models = _models(results)
    except EarshotError as fault:  # rooms are there before any model is
        print(f"no models: {fault}")
        return
    for one in models.values():
        _tell_scores(one)


def _tell_scores(model: "TrainedModel") -> None:
    found = model.scores.get("standard")
    trainings = len(model.networks)
    said = f"{model.name}: {trainings} training{'s' if trainings > 1 else ''}"
    print(said + (f"; nobody would notice at {100 * found['within_jnd']:.1f} % of positions" if found else ""))


def _tell_model(model: "TrainedModel") -> None:
    print(model.name)
    for key, value in model.settings.items():
        print(f"  {key}: {value}")
    for judges, found in model.scores.items():
        errors = ", ".join(words.format(found[name]) for name, words in _SCORES.items())
        print(f"  in rooms of the set {judges}: {100 * found['within_jnd']:.1f} % unnoticed; median errors {errors}")


def _tell_room(rooms: "RoomSet", room: str) -> None:
    index = rooms.index
    own = index[index["room"] == room]
    if own.empty:
        raise ConfigError(f"{room} is none of the rooms of {rooms.name}.")
    first = own.iloc[0]
    print(
        f"{room}: {first['length_m']:.2f} x {first['width_m']:.2f} x {first['height_m']:.2f} m, "
        f"{first['volume_m3']:.0f} m3, walls absorb {100 * first['absorption']:.0f} %"
    )
    print(f"  source at {_place(first, 'source')}")
    for _, row in own.iterrows():
        print(
            f"  receiver {row['receiver']}{_ear(row)} at {_place(row, 'receiver')}, "
            f"{row['distance_m']:.1f} m away: T60 {row['t60_s']:.2f} s, EDT {row['edt_s']:.2f} s, "
            f"C50 {row['c50_db']:.1f} dB, direct to reverberant {row['drr_db']:.1f} dB"
        )


def _ear(row: "pd.Series") -> str:
    return f", {row['ear']} ear of a head that looks to {row['facing_deg']:.0f} degrees," if row["ear"] else ""


def _place(row: "pd.Series", what: str) -> str:
    return ", ".join(f"{row[f'{what}_{axis}_m']:.2f}" for axis in "xyz") + " m"


def _hear(given: argparse.Namespace, rooms: "RoomSet", room: str, model: "TrainedModel | None") -> None:
    import soundfile  # noqa: PLC0415

    from earshot import device  # noqa: PLC0415
    from earshot.data.audio import read_audio  # noqa: PLC0415
    from earshot.files import replacing  # noqa: PLC0415
    from earshot.learn.room_listening import heard_in, response_of  # noqa: PLC0415

    receiver = given.receiver or 0
    response, rate_hz, row = response_of(rooms, room, receiver, model, device.choose(given.device))
    signal, _ = read_audio(given.hear, rate_hz)
    by = f"-{model.name.rpartition('/')[2]}" if model else ""
    path = Path(given.to or f"{Path(given.hear).stem}-{room}-{receiver}{by}.wav")
    with replacing(path) as temporary:
        soundfile.write(temporary, heard_in(signal, response).T, round(rate_hz), format="WAV", subtype="PCM_16")
    how = f"by {model.name}" if model else "simulated"
    print(f"{path}: {Path(given.hear).name} in {room}, {row['distance_m']:.1f} m from the source, {how}")
