"""The command `earshot app`."""

import importlib.util

import pytest
from app_made_up import make_run
from earshot import cli_app
from earshot.cli import main


def said(capsys, *arguments):
    assert main(["app", *map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert not out and "Traceback" not in err and err.startswith("earshot: ")
    return err


def test_without_gradio_it_says_what_to_install(capsys, tmp_path, monkeypatch):
    keep = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "gradio" else keep(name, *more)
    )
    assert "pip install -r envs/requirements-app.txt" in said(capsys, tmp_path)


def test_a_folder_without_models_is_a_sentence(capsys, tmp_path):
    pytest.importorskip("gradio")
    assert "no models.json" in said(capsys, tmp_path)
    make_run(tmp_path / "results")
    assert "there are made" in said(capsys, tmp_path / "results", "--run", "other")
    assert "no SOFA files" in said(capsys, tmp_path / "results", "--ears", tmp_path / "nowhere")


def test_it_shows_the_page_until_it_is_ended(capsys, tmp_path, monkeypatch):
    httpx = pytest.importorskip("httpx")
    pytest.importorskip("gradio")
    make_run(tmp_path / "results")
    found = []

    class Interrupted:
        """Stands for a person who looks at the page and then presses Ctrl-C."""

        def wait(self):
            address = capsys.readouterr().out.partition(" at ")[2].partition(" ")[0]
            found.append((address, httpx.get(address).text))
            raise KeyboardInterrupt

    monkeypatch.setattr(cli_app, "Event", Interrupted)
    assert main(["app", str(tmp_path / "results")]) == 0
    ((address, page),) = found
    assert address.startswith("http://127.0.0.1:") and "Where is it?" in page
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
