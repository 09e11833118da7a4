"""The table of sources: it says where each file is, and knows a file by any name that it may have at home."""

import shutil
from pathlib import Path

import pytest
import yaml
from earshot.data.sources import Source, read_sources
from earshot.errors import DataError, RetrievalError
from pydantic import ValidationError

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "config" / "sources.yaml"
FOLDERS = {"ari": "hrtf_ari", "ita": "hrtf_ita_28dir"}

SMALL = {
    "title": "Heads",
    "kind": "hrtf",
    "citation": "A. Head (2020).",
    "address": "https://example.org/a/",
    "file_name": "head {item}.sofa",
    "local_names": ["{item}_*.sofa"],
    "files": ["h1", "h12", {"item": "h2", "name": "other.sofa", "bytes": 3}],
}


@pytest.fixture
def small():
    return Source.model_validate(SMALL)


def put(path, content=b"one"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_table_has_the_five_data_sets_with_all_their_files():
    sources = read_sources(TABLE)
    assert {name: len(source.files) for name, source in sources.items()} == {
        "ita": 48,
        "ari": 48,
        "esc50": 1,
        "piano_triads": 1,
        "arctic": 6,
    }
    assert [file.item for file in sources["ita"].files] == [f"MRT{number:02}" for number in range(1, 49)]
    people = [int(file.item.removeprefix("nh")) for file in sources["ari"].files]
    assert people == sorted(people) and people[:3] == [2, 5, 12]


def test_checksums_are_those_that_are_published_and_none_is_invented():
    sources = read_sources(TABLE)
    assert all(file.md5 and not file.sha256 for file in sources["ita"].files)
    assert not any(file.has_checksum or file.bytes for name in ("ari", "piano_triads") for file in sources[name].files)


@pytest.mark.data
def test_the_md5_of_ita_are_the_official_ones(data):
    official = data / "hrtf_ita_28dir" / "ITA_official_md5.txt"
    published = {name: md5 for md5, name in (line.split() for line in official.read_text().splitlines())}
    assert {file.name: file.md5 for file in read_sources(TABLE)["ita"].files} == published


@pytest.mark.data
@pytest.mark.parametrize("name", ["ari", "ita"])
@pytest.mark.parametrize("parent", [False, True], ids=["its folder", "the parent"])
def test_every_person_is_found_in_the_real_folders(name, parent, data):
    folder = data / FOLDERS[name]
    source = read_sources(TABLE)[name]
    found = {source.find(file, data if parent else folder) for file in source.files}
    assert found == set(folder.glob("*.sofa")) and len(found) == 48


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("ita", "https://sofacoustics.org/data/database/aachen/MRT01.sofa"),
        ("ari", "https://sofacoustics.org/data/database/ari/hrtf%20b_nh2.sofa"),
        ("esc50", "https://github.com/karolpiczak/ESC-50/archive/master.zip"),
        ("piano_triads", "https://zenodo.org/records/4740877/files/audioPianoTriadDataset.zip?download=1"),
    ],
)
def test_the_addresses_are_the_official_ones(name, url):
    source = read_sources(TABLE)[name]
    assert source.url(source.files[0]) == url


@pytest.mark.parametrize("mirror", ["http://localhost:8000/a b", "http://localhost:8000/a b/", "file:///a b"])
def test_a_mirror_takes_the_place_of_the_address_and_of_the_query(mirror):
    source = Source.model_validate({**SMALL, "query": "?download=1"})
    assert source.url(source.files[0], mirror) == mirror.rstrip("/") + "/head%20h1.sofa"


def test_a_mirror_that_is_no_address_is_refused(small):
    with pytest.raises(RetrievalError, match=r"mirror 'a/folder'.*file://"):
        small.url(small.files[0], "a/folder")


@pytest.mark.parametrize(
    "name",
    ["head h1.sofa", "head%20h1.sofa", "HEAD H1.SOFA", "h1_normalised.sofa", "heads/head h1.sofa", "a/b/c/h1_x.sofa"],
)
def test_a_file_is_found_by_each_of_its_names_and_no_other_person_is_taken_for_it(small, tmp_path, name):
    mine = put(tmp_path / name)
    put(tmp_path / "head h12.sofa", b"two")
    put(tmp_path / "h12_normalised.sofa", b"two")
    put(tmp_path / ".hidden" / "head h1.sofa", b"three")
    assert small.find(small.files[0], tmp_path) == mine


def test_a_file_that_is_not_there_is_named_with_the_names_tried_and_the_remedy(small, tmp_path):
    put(tmp_path / "a/b/c/d/head h1.sofa")
    with pytest.raises(DataError) as raised:
        small.find(small.files[0], tmp_path)
    for part in ("Heads, h1", str(tmp_path), "head h1.sofa", "h1_*.sofa", "data_dir"):
        assert part in str(raised.value)


def test_equal_copies_are_one_file_and_differing_ones_an_error(small, tmp_path):
    first = put(tmp_path / "a" / "head h1.sofa")
    second = shutil.copy(first, tmp_path / "h1_copy.sofa")
    assert small.find(small.files[0], tmp_path) == first
    Path(second).write_bytes(b"two")
    with pytest.raises(DataError, match=r"2 differ: a/head h1.sofa, h1_copy.sofa.*data_dir"):
        small.find(small.files[0], tmp_path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"kind": "video"}, "kind"),
        ({"colour": "blue"}, "colour"),
        ({"citation": None}, "citation"),
        ({"address": "https://example.org/no-slash"}, "address"),
        ({"files": ["h1", "h1"]}, "more than one file has the item h1"),
        ({"files": [{"item": "h1", "md5": "xyz"}]}, "md5"),
        ({"files": [{"item": "../h1"}]}, "item"),
        ({"file_name": "sub/{item}.sofa"}, "name"),
        ({"files": "h1"}, "files"),
    ],
)
def test_a_wrong_entry_is_named_with_its_place(tmp_path, change, fault):
    table = tmp_path / "sources.yaml"
    table.write_text(yaml.safe_dump({"heads": {**SMALL, **change}}))
    with pytest.raises(DataError) as raised:
        read_sources(table)
    assert str(table) in str(raised.value) and "heads" in str(raised.value) and fault in str(raised.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [", ""])
def test_a_file_that_is_no_table_is_named(tmp_path, text):
    table = tmp_path / "sources.yaml"
    table.write_text(text)
    with pytest.raises(DataError, match=str(table)):
        read_sources(table)


def test_a_table_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match="no-table"):
        read_sources(tmp_path / "no-table.yaml")


def test_sources_cannot_be_changed(small):
    with pytest.raises(ValidationError):
        small.title = "Others"
