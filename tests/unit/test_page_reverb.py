"""Figures and page of models of reverberation: what they say is what the tables hold."""

import json

import numpy as np
import pandas as pd
import pytest
from earshot.config_reverb import Reverb
from earshot.config_rooms import Rooms
from earshot.data.schemas.reverb import REVERB_ERRORS, REVERB_HISTORY, REVERB_MEASURED, REVERB_TIMES
from earshot.data.schemas.rooms import BANDS_HZ
from earshot.show import figures, figures_reverb, summary_reverb
from earshot.show.listen import SoundOnPage
from earshot.show.page import FigureOnPage
from earshot.show.page_reverb import render_reverb
from test_page import Reader
from test_page_classes import words
from test_page_rooms import MACHINE

MODELS = {"sabine": {"kind": "sabine"}, "images": {"kind": "expected"}, "fno": {"rank": 0.2, "images": 3000}}


def errors():
    draw = np.random.default_rng(1)
    tables = []
    for model, judges, number, spread in [
        ("sabine", "standard", 1, 0.2),
        ("images", "standard", 1, 0.03),
        ("fno", "standard", 1, 0.01),
        ("fno", "standard", 2, 0.02),
        ("fno", "larger", 1, 0.04),
        ("fno", "larger", 2, 0.04),
    ]:
        columns = {
            name: spread * draw.normal(size=30)
            for name, column in REVERB_ERRORS.columns.items()
            if "error" in name and column.dtype
        }
        columns |= {f"{which}_{one}": np.ones(30) for which in ("said", "true") for one in ("t60_s", "edt_s", "c50_db")}
        tables.append(
            pd.DataFrame(columns).assign(
                model=model,
                number=number,
                judges=judges,
                room=[f"room{row // 3:06d}" for row in range(30)],
                receiver=0,
                volume_m3=50.0,
                distance_m=2.0,
                early_nmse=spread,
                within_jnd=np.arange(30) % 10 != 0,
            )
        )
    return REVERB_ERRORS.validate(pd.concat(tables, ignore_index=True))


def measured_errors(table):
    """The errors of the standard set, as if a measured room had judged."""
    own = table[(table["judges"] == "standard") & (table["number"] == 1)]
    rows = own.drop(columns=["number", "judges", "receiver", "early_nmse"]).assign(measured="office", ear="left")
    return REVERB_MEASURED.validate(rows.reset_index(drop=True))


def times():
    rows = [
        {"implementation": name, "batch": batch, "repeat": repeat, "seconds": second, "responses": responses}
        for name, batch, seconds, responses in [
            ("model", 1, [1.0, 1.0, 1.0], 64),
            ("model", 64, [0.1, 0.2, 0.1], 64),
            ("images", 32, [1.0, 1.0, 1.0], 32),
            ("plain", 32, [8.0, 10.0, 8.0], 32),
        ]
        for repeat, second in enumerate(seconds, 1)
    ]
    return REVERB_TIMES.validate(pd.DataFrame(rows).assign(device="cpu", cores=2, machine=MACHINE))


def test_each_training_has_a_median_and_they_have_a_mean():
    table = errors()
    found = summary_reverb.models(table)
    own = table[(table["model"] == "fno") & (table["judges"] == "standard")]
    each = own.groupby("number")["t60_error"].apply(lambda values: 100 * values.abs().median())
    assert found["fno"]["standard"]["t60_error_pct"]["mean"] == pytest.approx(each.mean())
    assert found["fno"]["standard"]["t60_error_pct"]["sd"] == pytest.approx(each.std())
    assert found["fno"]["standard"]["within_jnd"]["mean"] == 0.9 and found["fno"]["standard"]["responses"] == 30
    assert found["images"]["standard"]["t60_error_pct"]["sd"] is None and found["fno"]["larger"]["rooms"] == 10


def test_rates_are_of_batches_of_64():
    (found,) = summary_reverb.speed(times())
    assert found["batch"] == 64 and found["rirs_per_s"] == 640 and found["plain_rirs_per_s"] == 4
    assert (found["ratio"], found["low"], found["high"]) == (160, pytest.approx(320 / 4), pytest.approx(640 / 3.2))
    assert found["by_batch"] == {1: 64, 64: 640} and found["images_per_s"] == 32


def test_octaves_have_medians_of_their_own():
    table = errors()
    found = summary_reverb.by_octave(table)
    last = table.loc[table["model"] == "sabine", f"t60_error_{BANDS_HZ[-1]}"].abs().median()
    assert found["sabine"]["t60_error"][-1] == pytest.approx(last) and len(found["fno"]["c50_error_db"]) == 6


def test_the_page_is_whole(tmp_path):
    table, speed = errors(), summary_reverb.speed(times())
    standard = table[table["judges"] == "standard"]
    draw = np.random.default_rng(1)
    true, said = draw.normal(size=(2, 8000)) * 10 ** (-6 * np.arange(8000) / 8000)
    history = pd.DataFrame({"epoch": [1, 2], "training": [2.0, 1.0], "validation": [2.5, 1.5], "seconds": 1.0})
    history = REVERB_HISTORY.validate(
        history.assign(model="fno", number=1, on="CPU", validation_seconds=0.1, waited_seconds=0.0)
    )
    bands = summary_reverb.by_octave(standard)
    drawn = {
        "errors_by_model": figures_reverb.errors_by_model(standard, "fno"),
        "errors_by_octave": figures_reverb.errors_by_octave(bands, ["fno", "images"]),
        "decays": figures_reverb.decays(true, {"fno": said}, 16000, 40),
        "response_beside_response": figures_reverb.response_beside_response(true, said, 16000, "room000007"),
        "model_rates": figures_reverb.model_rates(speed, "fno"),
        "reverb_losses": figures_reverb.reverb_losses(history),
    }
    assert "n = 30 responses" in words(drawn["errors_by_model"]) and "room000007" in words(
        drawn["response_beside_response"]
    )
    on_page = []
    for name, figure in drawn.items():
        figures.save(figure, tmp_path / f"{name}.svg")
        on_page.append(FigureOnPage(name, (tmp_path / f"{name}.svg").read_text()))
    settings = {
        "name": "local",
        "rooms": Rooms().model_dump(mode="json"),
        "reverb": Reverb(models=MODELS, headline="fno").model_dump(mode="json"),
    }
    summary = {
        "name": "local",
        "config_hash": "3f2a91c07b5d4e68",
        "git_commit": None,
        "seed": 1,
        "settings": settings,
        "versions": {"earshot": "0.1"},
        "hardware": json.loads(MACHINE),
        "stages": [],
        "data": [],
        "earlier": [],
        "reverb": summary_reverb.summarise(summary_reverb.models(table), "fno", speed),
        "bands": bands,
        "speed": speed,
        "measured": [summary_reverb.measured(measured_errors(table))],
        "timed_t60_s": 0.6,
        "sets": {"larger": "300 to 600 m³"},
    }
    json.dumps(summary, allow_nan=False)
    chord = SoundOnPage("chord", {"dry": np.zeros(160, np.float32), "in the room": np.zeros(320, np.float32)}, 16000)
    page = Reader(render_reverb(summary, on_page, "fno", [chord], "room000007", ["a.parquet"]))
    assert "90.0 %" in page.text and "160 times pyroomacoustics" in page.text and "300 to 600 m³" in page.text
    assert "office, a measured room of 50 m³: 30 responses, whose medians are T60 1.00 s" in page.text
    assert "Tucker rank 0.2, about 3,000 images" in page.text
    assert [tag for tag, _ in page.tags].count("figure") == 6
    sources = [dict(attributes)["src"] for tag, attributes in page.tags if tag == "audio"]
    assert len(sources) == 2 and all(one.startswith("data:audio/flac;base64,ZkxhQ") for one in sources)
