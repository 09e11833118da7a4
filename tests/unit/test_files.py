"""Files appear whole or not at all: whatever ends the writing, no reader meets half a file under its own name."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from earshot.files import replacing, replacing_folder


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def killed_in_mid_write(context: str, write: str, path: Path) -> None:
    """Let another process write halfway, then kill it."""
    script = (
        "import sys, time\n"
        f"from earshot.files import {context} as context\n"
        "with context(sys.argv[1]) as temporary:\n"
        f"    {write}\n"
        "    print('half', flush=True)\n"
        "    time.sleep(60)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer:
        assert writer.stdout.readline() == "half\n"
        writer.kill()
    assert writer.returncode == -signal.SIGKILL


@pytest.fixture
def path(tmp_path):
    """A table that stands already, in a folder of its own."""
    (tmp_path / "results").mkdir()
    path = tmp_path / "results" / "scores.parquet"
    path.write_text("old")
    return path


@pytest.fixture
def folder(tmp_path):
    """A folder of models that stands already, with more files than the new one will have."""
    folder = tmp_path / "results" / "models"
    folder.mkdir(parents=True)
    (folder / "anna").write_text("old")
    (folder / "bert").write_text("old")
    return folder


def test_a_file_is_the_old_one_until_the_block_ends_and_then_the_new_one(path):
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert hidden(path.parent) == []


def test_folders_on_the_way_to_a_file_are_made(tmp_path):
    with replacing(str(tmp_path / "not" / "yet" / "there.txt")) as temporary:
        temporary.write_text("new")
    assert (tmp_path / "not" / "yet" / "there.txt").read_text() == "new"


def test_the_temporary_name_is_hidden_beside_the_file_and_ends_in_its_suffix(path):
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".parquet"
        assert temporary.parent == path.parent, "another folder may be another disk, to which nothing is renamed"


def test_an_exception_leaves_the_old_file_and_nothing_else(path):
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert hidden(path.parent) == []


def test_a_block_that_writes_nothing_is_an_error_and_leaves_the_old_file(path):
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_text() == "old"


def test_a_kill_in_mid_write_leaves_the_old_file(path):
    killed_in_mid_write("replacing", "temporary.write_text('half')", path)
    assert path.read_text() == "old"


def test_a_kill_in_mid_write_leaves_no_file_where_none_was(tmp_path):
    killed_in_mid_write("replacing", "temporary.write_text('half')", tmp_path / "scores.parquet")
    assert not (tmp_path / "scores.parquet").exists()
    assert all(name.startswith(".") for name in hidden(tmp_path)), "what is left is hidden from patterns like *.parquet"


def test_a_folder_is_the_old_one_until_the_block_ends_and_then_the_new_one(folder):
    with replacing_folder(folder) as temporary:
        (temporary / "anna").write_text("new")
        assert sorted(path.name for path in folder.iterdir()) == ["anna", "bert"]
    assert [path.name for path in folder.iterdir()] == ["anna"], "nothing of the old folder stays"
    assert (folder / "anna").read_text() == "new"
    assert hidden(folder.parent) == []


def test_the_temporary_folder_is_hidden_beside_the_folder_and_empty(folder):
    with replacing_folder(folder) as temporary:
        assert temporary.name.startswith(".")
        assert temporary.parent == folder.parent
        assert list(temporary.iterdir()) == []


def test_an_exception_leaves_the_old_folder_and_nothing_else(folder):
    with pytest.raises(ZeroDivisionError), replacing_folder(folder) as temporary:
        (temporary / "anna").write_text("half")
        raise ZeroDivisionError
    assert sorted(path.name for path in folder.iterdir()) == ["anna", "bert"]
    assert hidden(folder.parent) == []


def test_a_kill_in_mid_write_leaves_no_folder_where_none_was(tmp_path):
    killed_in_mid_write("replacing_folder", "(temporary / 'anna').write_text('half')", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_kill_in_mid_write_leaves_the_old_folder(folder):
    killed_in_mid_write("replacing_folder", "(temporary / 'anna').write_text('half')", folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"anna": "old", "bert": "old"}
