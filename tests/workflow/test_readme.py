"""What the README tells people to write and to type does what it says."""

import re

import pytest
import yaml
from earshot.config import read_config
from runs import ROOT, planned_rules, run

README = (ROOT / "README.md").read_text()
FILES = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", FILES, ids=lambda text: text.partition("\n")[0])
def test_a_configuration_shown_is_one(text):
    full = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    shown = yaml.safe_load(text)
    config = read_config(full | shown | {"localisation": full["localisation"] | shown.get("localisation", {})})
    assert config.name == shown["name"] != full["name"]


def test_an_edit_known_to_change_no_result_can_be_accepted(project):
    edited = project / "workflow/earshot/learn/perceptron.py"
    edited.write_text(edited.read_text() + "\nANSWER = 42\n")
    assert planned_rules(project, project=project)
    run(project, "--touch", project=project)
    assert not planned_rules(project, project=project)
