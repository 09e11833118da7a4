"""What the documentation tells people to write and to type does what it says; what it points to is there."""

import ast
import importlib.util
import re
import subprocess
import sys
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path

import pytest
import snakemake
import yaml
from earshot import cli
from earshot.config import read_config
from earshot.config_rooms import Rooms
from earshot.data.clip_table import find_table
from earshot.data.own_clips import verify_own_clips
from earshot.data.sources import read_sources
from earshot.rooms.sampling import SamplingSettings, draw_room
from earshot.settings import settings_from
from pages import BLOCKS, COMMANDS, PAGES, PROGRAMS, SPANS, of_language, of_program, prose
from runs import ROOT, planned_rules, run
from snakemake.utils import update_config

OURS = ("workflow/", "config/", "profiles/", "envs/", "docs/", "tests/")
HOURS = "workflow/hours.py"  # which hands what it is given on to snakemake
CONFIGURATIONS = [block for block in of_language("yaml") if not block.name.startswith(OURS)]


def test_every_command_is_of_a_program_that_is_looked_at_here():
    assert {one.words[0] for one in COMMANDS} <= {*PROGRAMS, "cd", "."}
    assert all(len(of_program(name)) > 2 for name in ("snakemake", "earshot", "make", "python"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with every configuration that is shown, and the data that they speak of, as empty files, in `data`."""
    folder = tmp_path_factory.mktemp("desk")
    data = folder / "data"
    for block in CONFIGURATIONS:
        (folder / block.name).write_text(block.text.replace("/data", str(data)))
    sources = read_sources(ROOT / "config/sources.yaml")
    named = [file.name for name in ("ari", "arctic") for file in sources[name].files]
    named += ["office.sofa", "head.sofa", *(f"our-listeners/{person}.sofa" for person in ("anna", "bert", "carl"))]
    for name in named:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).touch()
    (data / "our-clips").mkdir()
    (data / "our-clips/clips.csv").write_text("filename,category\na.wav,bell\nb.wav,drum\n")
    return folder


# Options that are no part of a plan, and how many words each has beside its own.
NOT_PLANNED = {"--report": 1, "--touch": 0, "--sdm": 1, "-n": 0, "--cores": 1}


def asked_of_snakemake() -> dict[tuple[str, ...], set[str]]:
    """Return by options what is asked for with them: commands that differ in targets alone are one plan."""
    plans = defaultdict(set)
    shown = {rule for block in BLOCKS for rule in re.findall(r"^\+?rule (\w+):", block.text, re.MULTILINE)}
    given = [one.words[1:] for one in of_program("snakemake") if "--lint" not in one.words]
    given += [one.words[2:] for one in of_program("python") if HOURS in one.words]
    for words in given:
        before, targets = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, ())
        options, waiting = [], list(before)
        while waiting:
            word = waiting.pop(0)
            if word in NOT_PLANNED:
                del waiting[: NOT_PLANNED[word]]
            else:
                options.append(word)
        plans[tuple(options)] |= set(targets) - shown  # what is shown, test_add_a_study.py runs
    return dict(plans)


@pytest.mark.parametrize("options", asked_of_snakemake(), ids=" ".join)
def test_a_plan_can_be_made_of_every_command_of_snakemake(options, desk):
    given = [word.replace("/data", str(desk / "data")) for word in options]
    given = [str(ROOT / word) if word.startswith(OURS) else word for word in given]
    said = run(desk, *given, "-n", "--", *asked_of_snakemake()[options], config=None)
    assert "Job stats" in said or "Nothing to be done" in said


@pytest.mark.parametrize("command", of_program("earshot"), ids=str)
def test_earshot_understands_what_it_is_told(command, monkeypatch):
    monkeypatch.setattr(f"earshot.cli_{command.words[1]}.run", lambda given: 0)
    given = list(command.words[1:])
    given = given[: given.index(">")] if ">" in given else given
    # A command by its name alone may be one that is spoken of, not one to type.
    with nullcontext() if given[1:] else pytest.raises(SystemExit, match="0"):
        assert cli.main(given if given[1:] else [*given, "--help"]) == 0


def test_every_target_of_make_is_one():
    known = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {word for one in of_program("make") for word in one.words[1:]} <= set(known)


@pytest.mark.parametrize("command", of_program("python"), ids=str)
def test_a_program_of_python_is_there_and_knows_its_options(command):
    if command.words[1] == "-m":
        assert importlib.util.find_spec(command.words[2])
        return
    program = command.words[1]
    if program in {block.name for block in of_language("python")}:
        return
    text = (ROOT / program).read_text()
    assert program == HOURS or all(option in text for option in command.options)
    if program == "workflow/alone.py":
        assert (ROOT / f"workflow/scripts/{command.words[2]}.py").is_file()


def test_every_block_that_is_a_file_says_which():
    files = [block for block in BLOCKS if block.language in ("yaml", "diff", "jinja", "snakemake")]
    assert not [str(block) for block in files if not block.name]
    assert len({block.name for block in CONFIGURATIONS}) == len({block.text for block in CONFIGURATIONS})


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=str)
def test_a_configuration_shown_is_one(block):
    full = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    shown, name = yaml.safe_load(block.text), full["name"]
    update_config(full, shown)
    assert read_config(full).name == shown["name"] != name


def test_rooms_that_are_shown_can_be():
    shown = [yaml.safe_load(block.text) for block in CONFIGURATIONS]
    for rooms in (Rooms.model_validate(one["rooms"]) for one in shown if "rooms" in one):
        kept = {field.name for field in fields(SamplingSettings)}
        settings = settings_from(SamplingSettings, {"seed": 1} | rooms.model_dump(mode="json", include=kept))
        assert all(len(draw_room(number, settings).receivers_m) for number in range(rooms.count))


def test_entries_shown_of_our_own_tables_are_such(tmp_path):
    shown = {block.name: block.text for block in of_language("yaml") if block.name.startswith(OURS)}
    table = tmp_path / "sources.yaml"
    table.write_text(shown.pop("config/sources.yaml"))
    assert {one.kind for one in read_sources(table).values()} == {"hrtf"}
    ours, site = (
        yaml.safe_load(text)
        for text in ((ROOT / "profiles/slurm/site.yaml").read_text(), shown.pop("profiles/slurm/site.yaml"))
    )
    assert site.keys() == ours.keys() and site["partitions"].keys() == ours["partitions"].keys()
    assert not shown


@pytest.mark.parametrize("block", of_language("python"), ids=str)
def test_code_shown_is_python_and_what_it_imports_is_there(block):
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("earshot") and not block.name:
            assert all(hasattr(importlib.import_module(str(node.module)), alias.name) for alias in node.names)


def test_folders_of_clips_become_a_set_that_is_taken(tmp_path):
    """Clips of two classes have one name."""
    clips = [tmp_path / f"given/class {number}/{clip:02d}.wav" for number in range(3) for clip in range(10)]
    for clip in clips:
        clip.parent.mkdir(parents=True, exist_ok=True)
        clip.write_bytes(b"RIFF")
    (block,) = (block for block in of_language("python") if block.name == "as_table.py")
    program = tmp_path / block.name
    program.write_text(block.text)
    subprocess.run([sys.executable, program, tmp_path / "given"], check=True)
    found = verify_own_clips(tmp_path / "given", table=find_table(tmp_path / "given"))
    assert [Path(path) for path in found["path"]] == clips
    assert list(found["category"]) == [clip.parent.name for clip in clips]
    assert found.groupby(["fold", "category"]).size().eq(2).all()


def links(page: Path) -> list[str]:
    """Return where a page leads to within the project."""
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if not re.match(r"https?://", link)]


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists() and there.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(there), link


@pytest.mark.parametrize("index", ["docs/README.md", "docs/studies/README.md"])
def test_an_index_has_every_page_beside_it(index):
    path = ROOT / index
    linked = {(path.parent / link.partition("#")[0]).resolve() for link in links(path)}
    assert {page for page in PAGES if page.parent == path.parent} - {path} <= linked


def test_every_file_of_the_project_that_is_named_is_there():
    named = {word for span in SPANS for word in re.findall(r"[\w./*<>-]+", span.text)}
    named |= {word for command in COMMANDS for word in command.words}
    ours = {word.rstrip("./") for word in named if word.startswith(OURS) and "<" not in word}
    assert len(ours) > 30
    made = {block.name for block in BLOCKS}  # by the study that is shown
    assert not [word for word in ours - made if not list(ROOT.glob(word))]


def quoted() -> list[tuple[str, str]]:
    """Return the messages that troubleshooting explains, with the heading that each stands under."""
    found = []
    for part in (ROOT / "docs/troubleshooting.md").read_text().split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        rows = [line.split(" | ")[0] for line in text.splitlines() if re.match(r"\| `", line)]
        found += [(heading, said) for row in rows for _, said in re.findall(r"(``?)(.+?)\1", row)]
    return found


@pytest.fixture(scope="module")
def code():
    """All that Earshot says, with strings that go on in the next line as one, and what Snakemake says."""

    def text(folder):
        paths = (path for path in folder.rglob("*") if path.suffix in (".py", ".smk", ".sh"))
        return re.sub(r'"\s+f?"', "", "\n".join(path.read_text() for path in paths))

    return {"ours": text(ROOT / "workflow") + text(ROOT / "envs"), "theirs": text(Path(snakemake.__file__).parent)}


def test_enough_messages_are_explained():
    assert len(quoted()) > 50


@pytest.mark.parametrize(("heading", "said"), quoted(), ids=lambda text: text[:60])
def test_a_message_that_is_explained_is_one(heading, said, code):
    known = code["theirs" if heading == "What Snakemake says" else "ours"]
    parts = [part.strip(" ") for part in said.split("...") if len(part.strip(" ():;,.")) > 2]
    assert parts and all(part in known for part in parts)


def test_an_edit_known_to_change_no_result_can_be_accepted(project):
    edited = project / "workflow/earshot/learn/perceptron.py"
    edited.write_text(edited.read_text() + "\nANSWER = 42\n")
    assert planned_rules(project, project=project)
    run(project, "--touch", project=project)
    assert not planned_rules(project, project=project)
