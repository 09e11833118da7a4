"""Unpacking: an archive lands wholly inside its folder or not at all."""

import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import earshot
import pytest
from earshot.data.archives import check_archive, unpack
from earshot.errors import DataError

FILES = {"set/audio/a.wav": b"RIFF" + bytes(5000), "set/audio/b.wav": b"RIFF" + os.urandom(5000), "set/README": b"hi"}
LARGEST = 1 << 20


def pack(path, files=None, more=()):
    """Write a zip file of `files` and of pairs of ZipInfo and content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("set/empty")
        for name, content in (FILES if files is None else files).items():
            archive.writestr(name, content)
        for member, content in more:
            archive.writestr(member, content)
    return path


def here(folder):
    """Name what is in a folder, but for the lock."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


@pytest.fixture
def archive(tmp_path):
    return pack(tmp_path / "set.zip")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_an_archive_arrives_whole_with_nothing_beside_it(archive, place):
    folder = unpack(archive, place / "set", largest=LARGEST)
    assert {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == FILES
    assert here(place) == ["set"]


def test_a_folder_that_stands_is_left_as_it_is(archive, place):
    folder = unpack(archive, place / "set", largest=LARGEST)
    (folder / "mine").touch()
    unpack(archive, folder, largest=LARGEST)
    assert (folder / "mine").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "set/../../evil",
        "/tmp/evil",
        "C:/evil",
        "C:evil",
        "..\\evil",
        "\\evil",
        "//host/share/evil",
        "set/..",
    ],
)
def test_a_member_that_would_land_outside_stops_all(tmp_path, place, name):
    name = name.replace("/tmp", str(tmp_path))
    archive = pack(tmp_path / "evil.zip", more=[(zipfile.ZipInfo(name), b"evil")])
    with pytest.raises(DataError, match=r"evil.zip: member .* would land outside"):
        unpack(archive, place / "set", largest=LARGEST)
    assert here(place) == [] and not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_stops_all(tmp_path, place, kind):
    member = zipfile.ZipInfo("set/link")
    member.external_attr = (kind | 0o777) << 16
    archive = pack(tmp_path / "evil.zip", more=[(member, b"/etc/passwd")])
    with pytest.raises(DataError, match="'set/link' is no plain file"):
        unpack(archive, place / "set", largest=LARGEST)
    assert here(place) == []


def test_an_encrypted_member_stops_all(tmp_path, place):
    archive = pack(tmp_path / "set.zip")
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the flags of the last member, in the table of contents
    archive.write_bytes(data)
    with pytest.raises(DataError, match="is encrypted"):
        unpack(archive, place / "set", largest=LARGEST)
    assert here(place) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_stops_all(tmp_path, place):
    archive = pack(tmp_path / "set.zip", more=[(zipfile.ZipInfo("set/README"), b"ho")])
    with pytest.raises(DataError, match="stands twice"):
        unpack(archive, place / "set", largest=LARGEST)


def test_a_bomb_is_told_by_its_declared_size(tmp_path, place):
    archive = pack(tmp_path / "bomb.zip", {"zeros": bytes(2 << 20)})
    assert archive.stat().st_size < 5000
    with pytest.raises(DataError, match=f"{2 << 20} bytes, allowed are {LARGEST}"):
        unpack(archive, place / "set", largest=LARGEST)
    assert here(place) == []


def test_a_bomb_that_lies_about_its_size_is_stopped_at_what_it_declares(tmp_path, place):
    archive = pack(tmp_path / "bomb.zip", {"zeros": bytes(2 << 20)})
    data = archive.read_bytes().replace((2 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    archive.write_bytes(data)
    with pytest.raises(DataError, match="damaged"):
        unpack(archive, place / "set", largest=LARGEST)
    assert here(place) == []


def test_what_does_not_fit_on_the_disk_is_told_beforehand(tmp_path, place, monkeypatch):
    from earshot.data import archives

    monkeypatch.setattr(archives.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 5000})())
    with pytest.raises(DataError, match=r"10010 bytes to unpack, the disk of .* has 5000. Free some"):
        unpack(pack(tmp_path / "set.zip"), place / "set", largest=LARGEST)


def damaged(archive):
    """Change one byte of the incompressible member."""
    data = bytearray(archive.read_bytes())
    data[data.index(FILES["set/audio/b.wav"][4:40]) + 20] ^= 1
    archive.write_bytes(data)


@pytest.mark.parametrize("how", [unpack, "check"])
def test_a_damaged_member_is_found_by_its_crc(archive, place, how):
    damaged(archive)
    with pytest.raises(DataError, match=r"set.zip: the archive is damaged: Bad CRC.*retrieve it again"):
        if how == "check":
            check_archive(archive, pattern=r".*\.wav", count=2, largest=LARGEST)
        else:
            unpack(archive, place / "set", largest=LARGEST)
    assert here(place) == []


@pytest.mark.parametrize("end", [100, -30])
def test_an_archive_that_ends_early_is_damaged(archive, place, end):
    archive.write_bytes(archive.read_bytes()[:end])
    with pytest.raises(DataError, match=r"set\.zip: the archive is damaged"):
        unpack(archive, place / "set", largest=LARGEST)


def test_an_archive_that_is_missing_is_named(tmp_path, place):
    with pytest.raises(DataError, match=r"none\.zip"):
        unpack(tmp_path / "none.zip", place / "set", largest=LARGEST)


def test_contents_are_counted_by_pattern(archive):
    check_archive(archive, pattern=r"set/audio/\w\.wav", count=2, largest=LARGEST)
    with pytest.raises(DataError, match=r"2 members are like .*, expected were 3"):
        check_archive(archive, pattern=r"set/audio/\w\.wav", count=3, largest=LARGEST)


CHILD = """
import sys
from earshot.data.archives import unpack
unpack(sys.argv[1], sys.argv[2], largest=1 << 40)
"""


def test_what_a_killed_unpacking_left_is_cleared_away_by_the_next(tmp_path, place, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(earshot.__file__).parents[1]))
    content = {f"{number}.wav": bytes(1 << 12) for number in range(20_000)}
    archive = pack(tmp_path / "large.zip", content)
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(archive), str(place / "set")])
    while len(list(place.glob(".set.unpacking/*"))) < 100:
        assert child.poll() is None
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert here(place) == [".set.unpacking"], "nothing stands at the final name"
    small = pack(tmp_path / "set.zip")
    unpack(small, place / "set", largest=LARGEST)
    assert here(place) == ["set"] and here(place / "set") == ["set"]


def test_two_processes_that_want_one_folder_do_not_disturb_each_other(tmp_path, place, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(earshot.__file__).parents[1]))
    archive = pack(tmp_path / "set.zip", {f"{number}.wav": bytes(1 << 12) for number in range(2000)})
    children = [subprocess.Popen([sys.executable, "-c", CHILD, str(archive), str(place / "set")]) for _ in range(2)]
    assert [child.wait() for child in children] == [0, 0]
    assert len(here(place / "set")) == 2000 and here(place) == ["set"]
