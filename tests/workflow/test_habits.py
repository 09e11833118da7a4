"""Every rule keeps the house's habits, plans are small and quick, and the library keeps to its floors."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from runs import ROOT, planned_rules, run
from test_clip_runs import CLIPS

SCRIPTS = sorted(path.stem for path in (ROOT / "workflow/scripts").glob("[!_]*.py"))
LIBRARY = ROOT / "workflow/earshot"
COMMANDS = {path.stem for path in LIBRARY.glob("cli_*.py")}
# Each imports only from itself and from floors below.
FLOORS = [
    {"cli"},
    COMMANDS,
    {"app"},
    {"show"},
    {"models"},
    {"scenes"},
    {"learn"},
    {"rooms"},
    {"signal"},
    {"data"},
    {"score"},
    {path.stem for path in LIBRARY.glob("[!_]*.py")} - {"cli"} - COMMANDS,
]

# Stands in for a machine without a network: who tries to connect is written down and gets an error.
NO_NETWORK = """\
import os, socket

def refuse(*arguments, **keywords):
    with open(os.environ["CONNECTED"], "a") as file:
        print(arguments, file=file)
    raise OSError("there is no network here")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """The rules of the full study, and of a measured room, that make something, by name, as Snakemake parses them."""
    folder = tmp_path_factory.mktemp("rules")
    measured = folder / "measured.yaml"
    measured.write_text("scenes: {measured: {office: {file: office.sofa, anechoic: head.sofa}}}")
    return parsed(folder, measured)


def parsed(folder, *configfiles):
    specification = importlib.util.spec_from_file_location("alone", ROOT / "workflow/alone.py")
    alone = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(alone)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return {rule.name: rule for rule in alone.open_workflow([*configfiles]).rules if not rule.norun}


def test_every_script_is_its_rules_and_named_so(rules):
    assert {name: rule.script for name, rule in rules.items()} == {name: f"../scripts/{name}.py" for name in SCRIPTS}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_rule_says_what_it_does_and_writes_a_log(name, rules):
    rule = rules[name]
    assert rule.message and rule.message[0].isupper()
    assert rule.conda_env
    # Jobs of one rule never write to one file.
    assert len(rule.log) == 1
    for file in (rule.log[0], rule.benchmark):
        assert Path(file).parent.name == name or Path(file).stem == name or f"/{name}/" in file
        assert set(re.findall(r"{([a-z]\w*)", file)) == rule.wildcard_names


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_rule_says_how_many_threads_it_needs(name):
    (text,) = (text for text in map(Path.read_text, (ROOT / "workflow/rules").glob("*.smk")) if f"rule {name}:" in text)
    body = text.partition(f"rule {name}:")[2].partition("\nrule ")[0]
    assert re.search(r"^    threads: ", body, re.MULTILINE)


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("resource", ["mem_mb", "runtime"])
def test_a_job_that_failed_is_given_more(resource, name, rules, tmp_path):
    function = rules[name].resources[resource].evaluate
    given = tmp_path / "ten_megabytes"
    given.touch()
    os.truncate(given, 10**7)
    job = SimpleNamespace(study="sounds", classifier="residual", reverb_model="fno", learner="localiser")
    job.measured_room = "office"
    first, second = (function(job, input=[str(given)], attempt=attempt).value for attempt in (1, 2))
    assert isinstance(first, int)
    assert 0 < first < second


def longest_h(site):
    """The longest run time that each partition of a site gives, hours."""
    partitions = yaml.safe_load((ROOT / site).read_text())["partitions"]
    return [partition["max_runtime"] / 60 for partition in partitions.values()]


def training_h(rules, config, attempt):
    """The hours that each training of clips asks for, by study and classifier."""
    asked = rules["classify_clips"].resources["runtime"].evaluate
    return {
        (study, name): asked(SimpleNamespace(study=study, classifier=name), attempt=attempt).value / 60
        for study in ("sounds", "chords")
        for name, model in config[study]["models"].items()
        if model is not None
    }


def test_trainings_of_the_full_study_may_run_on_any_partition_of_the_profile(rules):
    """Else they would wait for ever. So may the third attempts, which retries come to."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    first, third = (training_h(rules, config, attempt) for attempt in (1, 3))
    assert len(first) == 6 and max(third.values()) <= min(longest_h("profiles/slurm/site.yaml"))
    # Measured on one core, four fifths of 2,000 clips of 5 s in 300 epochs: half an hour.
    assert 1 < first["sounds", "residual"] < 3
    assert first["chords", "amplified"] < 2 * first["chords", "transposable"], "a part is for all alike"


def test_trainings_of_a_moment_may_run_on_the_test_cluster(tmp_path):
    given = tmp_path / "tiny.yaml"
    given.write_text(yaml.safe_dump(CLIPS))
    asked = training_h(parsed(tmp_path, given), CLIPS, 3)
    assert len(asked) == 3 and max(asked.values()) <= min(longest_h("tests/slurm/site.yaml"))


def test_scenes_that_take_longer_are_given_more_time(tmp_path):
    def minutes(**scenes):
        given = tmp_path / "scenes.yaml"
        given.write_text(yaml.safe_dump({"name": "scenes", "scenes": scenes}))
        own = parsed(tmp_path, given)
        rules = ("learn_from_scenes", "answer_scenes", "benchmark_scenes")
        asked = [own[name].resources["runtime"].evaluate for name in rules]
        return [one(SimpleNamespace(learner="localiser"), input=[], attempt=1).value for one in asked]

    learns, answers, times = minutes()
    longer = minutes(duration_s=20, stream={"duration_s": 10})
    assert longer[0] > 3 * learns and longer[1] > 3 * answers and longer[2] > 3 * times
    assert minutes(stream={"workers": 0})[0] > 1.2 * learns, "who learns makes scenes too"
    assert minutes(ranks=1)[1] > 1.2 * answers


def test_the_snakefile_is_a_page():
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 100


def test_the_full_study_is_planned_in_no_time(tmp_path):
    def seconds(plan):
        # Of the processor: those of the clock depend on what runs beside. Planning waits for nothing.
        began = os.times()
        plan()
        return sum(os.times()[2:4]) - sum(began[2:4])

    def nothing():
        run(tmp_path, "--dry-run", "--snakefile", str(empty), config=None, environment={})

    def everything():
        jobs = planned_rules(tmp_path, config=None, environment={})
        assert jobs["localise_accelerated"] > 1
        assert jobs.total() < 1000

    empty = tmp_path / "empty.smk"
    empty.write_text("rule all:\n")
    taken = [(seconds(nothing), seconds(everything)) for _ in range(3)]
    # In turns, and as a ratio to Snakemake's own start: machines differ.
    assert min(ours for _, ours in taken) < 2 * min(least for least, _ in taken)


def test_planning_needs_no_network(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    connected = tmp_path / "connected"
    environment = {"PYTHONPATH": str(tmp_path), "CONNECTED": str(connected)}
    run(tmp_path, "--dry-run", config=None, environment=environment)
    assert not connected.exists()
    # It would have been noticed.
    call = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')"
    assert subprocess.run([sys.executable, "-c", call], env=environment, check=False, capture_output=True).returncode
    assert connected.exists()


def test_the_linter_has_nothing_to_say():
    linted = subprocess.run(
        [sys.executable, ROOT / "tests/lint_workflow.py"], check=False, capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stderr


def imported(path: Path):
    """Yield the dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom(level=0):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            case ast.ImportFrom():
                yield "a relative import"


MODULES = [path for path in sorted(LIBRARY.rglob("*.py")) if path != LIBRARY / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_a_module_imports_from_its_own_floor_and_those_below(path):
    own = path.relative_to(LIBRARY).with_suffix("").parts[0]
    (number,) = (number for number, floor in enumerate(FLOORS) if own in floor)
    # The ground's modules stand beside each other; packages of one floor would be strangers.
    allowed = set().union({own, "__version__"}, *FLOORS[number + 1 :], FLOORS[-1])
    assert {name.split(".")[1] for name in imported(path) if name.startswith("earshot.")} <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_the_library_knows_neither_snakemake_nor_its_files(path):
    assert {name.split(".")[0] for name in imported(path)}.isdisjoint({"snakemake", "a relative import"})
    # The two tables that the library reads are given to it by their paths.
    assert "yaml" not in imported(path) or path in {LIBRARY / "data/sources.py", LIBRARY / "cluster.py"}
