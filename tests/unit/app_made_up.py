"""A run that never was, with networks that have learnt next to nothing: all that the page can be tried on."""

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import torch
from earshot.config_clips import ConstantQOfChords, LevelsOfSounds
from earshot.data.clip_shards import write_shard
from earshot.data.clips import TRIAD_ROOTS
from earshot.data.schemas.classes import CLASS_PREDICTIONS
from earshot.data.schemas.scenes import SCENES
from earshot.data.sofa import write_hrirs
from earshot.data.synthetic_hrtf import Person, grid, synthesise_hrirs
from earshot.data.tables import write_table
from earshot.learn import direction_network, reverb_models
from earshot.learn.classifier import TYPES, Task, build, write_network
from earshot.learn.direction_network import DirectionNetwork, DirectionNetworkSettings
from earshot.learn.direction_templates import templates
from earshot.models.manifest import write_manifest
from earshot.rooms.heads import Head
from earshot.rooms.room_shards import simulate_rooms, write_rooms
from earshot.rooms.sampling import draw_room
from earshot.scenes.drawing import Cast, draw_scenes, table_of
from earshot.scenes.making import Maker
from earshot.scenes.places import read_places
from earshot.scenes.sounds import gather, read_sounds, write_sounds
from earshot.signal.binaural_spectra import BinauralSettings
from test_reverb_models import SETTINGS
from test_rooms import CPU, SAMPLING, SIMULATION
from test_scenes import DRAWING, MAKING, RATE_HZ

SPECTRA = BinauralSettings(RATE_HZ, 512, 256, 12, 100, 7000)
ROOMS = replace(SAMPLING, volume_m3=(20, 40), t60_s=(0.2, 0.25), receivers=4)
SHORT = replace(SIMULATION, length_s=0.4, most_images=20_000)
DOG, SEA = "1-1-A-0.wav", "1-2-A-1.wav"


def make_run(results, name="made"):
    """Write a run into a folder of results, and return the run's folder."""
    run = results / name
    rooms = _rooms(results)
    people = _people(run)
    made_of = _scenes(run, rooms, people)
    (run / "scenes/made_of.json").write_text(json.dumps(_below(made_of, results.parent)))
    for fold in (1, 2):
        levels = LevelsOfSounds(highest_hz=8000, bands=32)
        tasks = (Task("category", ("dog", "sea_waves")),)
        _classifier(run, "residual", f"sounds/residual/fold{fold}", tasks, levels, "levels", (32, 16))
    tasks = (Task("root", TRIAD_ROOTS), Task("type", TYPES))
    _classifier(run, "transposable", "chords/ours/random", tasks, ConstantQOfChords(), "constant_q", (252, 4))
    _clips(run, results)
    network, _ = reverb_models.build(SETTINGS, SHORT)
    about = {"settings": SETTINGS, "simulation": asdict(SHORT)}
    (run / "reverb/fno/1").mkdir(parents=True)
    reverb_models.write_network(run / "reverb/fno/1/network.safetensors", network, about)
    write_manifest(run)
    return run


def _below(made_of, folder):
    """The same with paths from a folder, as a workflow that runs there writes them."""
    text = json.dumps(made_of, default=lambda path: str(path.relative_to(folder)))
    return json.loads(text)


def _rooms(results):
    folder = results / "shared/rooms/abc-cpu"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [draw_room(number, ROOMS) for number in range(10)]
    paths = folder / "000000-000009.safetensors", folder / "000000-000009.parquet"
    settings = {"sampling": asdict(ROOMS), "simulation": asdict(SHORT)}
    write_rooms(*paths, drawn, *simulate_rooms(drawn, SHORT, CPU), settings)
    return [paths]


def _people(run):
    (run / "hrtf").mkdir(parents=True)
    found = {}
    for name in ("anna", "bert"):
        found[name] = run / f"hrtf/{name}.sofa"
        write_hrirs(found[name], synthesise_hrirs(Person(name), *grid(36, 12), rate_hz=RATE_HZ))
    return found


def _scenes(run, rooms, people):
    (run / "scenes/localiser").mkdir(parents=True)
    random = np.random.default_rng(1)
    parts = [
        ({"item": f"noise{number}", "kind": "clip", "label": "sea_waves", "pool": "test"}, noise, RATE_HZ)
        for number, noise in enumerate(0.1 * random.standard_normal((3, 24000)))
    ]
    files = [run / f"scenes/sounds.{kind}" for kind in ("safetensors", "parquet")]
    write_sounds(*files, *gather(parts, RATE_HZ), RATE_HZ)
    heard = {name: synthesise_hrirs(Person(name), *grid(36, 12), rate_hz=RATE_HZ) for name in people}
    places = read_places(rooms)
    cast = Cast("test", read_sounds(*files), places, heard)
    drawn = draw_scenes(range(12), cast, DRAWING)
    write_table(run / "scenes/scenes.parquet", table_of(drawn, cast), SCENES)
    maker = Maker(read_sounds(*files), places, {name: Head.of(one) for name, one in heard.items()}, MAKING)
    _localiser(run / "scenes/localiser/rooms.safetensors", maker, drawn, heard)
    return {
        "people": people,
        "sounds": files[0],
        "sounds_index": files[1],
        "rooms": rooms,
        "scenes": run / "scenes/scenes.parquet",
        "making": asdict(MAKING),
    }


def _localiser(path, maker, drawn, people):
    torch.manual_seed(1)
    network = DirectionNetwork(DirectionNetworkSettings(300, 16, 0.0), SPECTRA)
    ears = torch.from_numpy(np.stack([maker.make(scene).mixture for scene in drawn[:4]]))
    known = torch.stack([templates(one, SPECTRA, 300)[0] for one in people.values()])
    network.begin_with(ears, known[0, :, :4].T, known)
    direction_network.write_network(path, network, {})


def _classifier(run, network, where, tasks, section, kind, shape):
    study, model, split = where.split("/")
    torch.manual_seed(len(where))
    made_with = {"rate_hz": RATE_HZ, "duration_s": 1.0, "padding": "zeros", "kind": kind}
    made_with["settings"] = section.model_dump()
    made = build(network, tasks, shape, made_with["settings"])
    about = {"study": study, "model": model, "split": split, "seed": 1, "settings": {"network": network}}
    path = run / where / "1/networks" / f"{made.name}.safetensors"
    path.parent.mkdir(parents=True)
    write_network(path, made, about | {"made_with": made_with, "clips": "synthetic_sounds-0a1b2c"})


def _clips(run, results):
    """Two clips, each of which tests one fold, as their shard has them and as they were answered."""
    folder = results / "shared/clips/synthetic_sounds-0a1b2c/dry/waveforms"
    folder.mkdir(parents=True, exist_ok=True)
    true = {DOG: "dog", SEA: "sea_waves"}
    for fold, item in enumerate(true, 1):
        row = {"study": "sounds", "model": "residual", "split": f"fold{fold}", "seed": 1, "task": "category"}
        row |= {"item": item, "effect": None, "true": true[item], "said": "dog", "probability": 0.6}
        table = pd.DataFrame([row | {"probabilities": np.array([0.6, 0.4], np.float32)}])
        write_table(run / f"sounds/residual/fold{fold}/1/predictions.parquet", table, CLASS_PREDICTIONS)
    index = pd.DataFrame({"item": true.keys(), "category": true.values()})
    index = index.assign(fold=[1, 2], target=[0, 1], esc10=True, src_file=["1", "2"], take="A")
    index = index.assign(effect=None, recorded_hz=RATE_HZ, recorded_s=1.0, excluded=None)
    values = (3000 * np.random.default_rng(1).standard_normal((2, round(RATE_HZ)))).astype(np.int16)
    paths = folder / "00of01.safetensors", folder / "00of01.parquet"
    write_shard(*paths, "synthetic_sounds", index, values, {"rate_hz": RATE_HZ})
