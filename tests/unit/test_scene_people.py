"""People whose files are damaged stop scenes, or are left out with the reason; the others are as they were."""

import pandas as pd
import pytest
from earshot.data.schemas.scenes import SCENE_PEOPLE
from earshot.data.tables import write_table
from earshot.errors import DataError
from earshot.scenes.inference import settings_of_work
from earshot.scenes.people import read_people, who_hears
from runs import damage, write_person


@pytest.fixture
def files(tmp_path):
    """Three people, of whom the second one's file is cut in half."""
    paths = {name: write_person(tmp_path / f"{name}.sofa") for name in ("anna", "bert", "carl")}
    damage(paths["bert"])
    return paths


def test_who_is_damaged_stops_or_is_left_out(files):
    with pytest.raises(DataError, match=r"bert.sofa: not readable .* To go on without bert, set .*bad_subject to excl"):
        read_people(files, 16000, "stop")
    people, table = read_people(files, 16000, "exclude")
    assert list(people) == who_hears(table) == ["anna", "carl"] and people["carl"].rate_hz == 16000
    reasons = SCENE_PEOPLE.validate(table).set_index("subject")["excluded"]
    assert reasons["bert"].startswith(f"{files['bert']}: not readable as SOFA") and pd.isna(reasons["anna"])


def test_somebody_has_to_be_left(files):
    with pytest.raises(DataError, match=r"nobody is left to hear scenes: bert left out\. .*bert.sofa: not readable"):
        read_people({"bert": files["bert"]}, 16000, "exclude")


def test_ranks_hear_with_those_who_are_left(files, tmp_path):
    write_table(tmp_path / "hearers.parquet", read_people(files, 16000, "exclude")[1], SCENE_PEOPLE)
    of_one = dict.fromkeys(("scenes", "sounds", "index"), "file") | {"without_rooms": "folder"}
    of_many = {key: ["file"] for key in ("responses", "rooms", "localisers", "separators", "classifiers", "chords")}
    of_many["study_of_chords"] = []
    own = {"hearers": tmp_path / "hearers.parquet", "sofa": list(map(str, files.values()))}
    bands = {"level_bands": {"highest_hz": 9000}, "phase_bands": {"highest_hz": 1500}}
    found = settings_of_work(of_one | of_many | own, list(files), ["rooms"], {"features": bands, "rate_hz": 16000})
    assert found["people"] == {name: str(files[name]) for name in ("anna", "carl")}
    assert list(found["without_rooms"].values()) == ["folder/anna.safetensors", "folder/carl.safetensors"]
