"""The study keeps every trial once, asks the same of the same seed, and its rule picks the winner."""

import os

import numpy as np
import pytest
from earshot import writer
from earshot.errors import EarshotError, WithdrawnError
from earshot.learn import study
from earshot.learn.journal import Journal
from searches_made_up import SPACE, Valley, essence, reached, searched


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "state" / "journal.log"


def test_the_same_seed_asks_the_same_and_another_seed_something_else(tmp_path):
    first, again, other = (essence(searched(tmp_path / str(n), seed=seed)) for n, seed in enumerate((1, 1, 2)))
    assert first == again
    assert first != other
    assert len({str(parameters) for parameters, *_ in first}) == 30


def test_later_rounds_learn_from_earlier_ones(journal):
    """By chance the mean distance from the best learning rate would be the same in all rounds."""

    def distance(trials):
        return np.mean([abs(np.log(trial.params["learning_rate"] / 3e-3)) for trial in trials])

    trials = searched(journal, 150)
    assert distance(trials[100:]) < 0.5 * distance(trials[:20])


def test_a_search_that_is_killed_goes_on_with_the_same_trials(tmp_path):
    whole = essence(searched(tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "killed", evaluate=Valley(rounds=1))
    rest = Valley()
    assert essence(searched(tmp_path / "killed", evaluate=rest)) == whole
    assert len(rest.candidates) == 20, "finished trials are not run again"


@pytest.mark.parametrize("fewer", [1, 20, 23, 44])
def test_a_longer_search_goes_on_from_a_finished_one(tmp_path, fewer):
    whole = essence(searched(tmp_path / "whole", 45))
    assert essence(searched(tmp_path / "longer", fewer)) == whole[:fewer]
    assert essence(searched(tmp_path / "longer", 45)) == whole
    assert essence(searched(tmp_path / "longer", fewer)) == whole[:fewer]


def test_a_line_that_was_cut_off_is_no_trial(tmp_path):
    whole = essence(searched(tmp_path / "whole"))
    journal = tmp_path / "killed"
    searched(journal)
    lines = journal.read_bytes().splitlines(keepends=True)
    for cut in range(len(lines) - 8, len(lines)):
        journal.write_bytes(b"".join(lines[:cut]) + lines[cut][:-20])
        # A round is whole again, and whoever was in it is in it once.
        assert essence(searched(journal)) == whole


def test_trials_that_depend_on_no_other_are_evaluated_one_by_one(tmp_path):
    """A round that was begun is gone on with in the midst, in the knowledge that it was begun in."""
    whole = essence(searched(tmp_path / "whole", evaluate=Alone(), alone=True))
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "killed", evaluate=Alone(14), alone=True)
    rest = Alone()
    assert essence(searched(tmp_path / "killed", evaluate=rest, alone=True)) == whole
    assert rest.count == 30 - 14


class Alone:
    """Trials one after another, until so many are done."""

    def __init__(self, most=1000):
        self.most, self.count = most, 0

    def __call__(self, candidates):
        for candidate in candidates:
            if self.count == self.most:
                raise KeyboardInterrupt
            self.count += 1
            yield Valley()([candidate])[0]


def test_a_journal_that_was_tampered_with_is_an_error_in_words(journal):
    searched(journal, 10)
    with pytest.raises(EarshotError, match="holds 10 trials, and 20 are asked for"):
        study.finished(Journal(journal), 20)


def test_a_job_of_an_earlier_run_adds_nothing(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    writer.open_run(tmp_path, "local")

    class Overtaken(Valley):
        def __call__(self, candidates):
            mine = os.environ.copy()
            writer.open_run(tmp_path, "local")
            os.environ |= {name: mine[name] for name in (writer.FOLDER, writer.TOKEN)}
            return super().__call__(candidates)

    with pytest.raises(WithdrawnError):
        searched(journal, evaluate=Overtaken())
    assert not Journal(journal).trials()


def test_everything_that_may_be_drawn_is_a_candidate():
    for drawn in study.ask(SPACE, [], 200, 1, 0):
        candidate = SPACE.candidate(drawn)
        assert 2 * candidate.interaural.hop_samples <= candidate.interaural.window_samples
        assert candidate.interaural.level_bands.weights(candidate.interaural.window_samples, 44100).any(1).all()
        assert len(candidate.network.hidden_layers) == drawn["layers"]


def test_the_front_holds_what_ran_to_its_end_and_nothing_beats(journal):
    given = [
        *(reached(*given) for given in ((12.0, 50), (11.0, 90), (12.5, 60), (11.2, 70), (30.0, 20))),
        reached(5.0, 10, stopped_early=True),
        reached(180.0, 1, diverged=True),
    ]
    trials = searched(journal, len(given), evaluate=lambda candidates: given, at_once=len(given))
    assert [trial.values for trial in study.front(trials)] == [[30, 20], [12, 50], [11.2, 70], [11, 90]]
    assert study.winner(trials, 0.5).values == [11.2, 70], "the cheapest that is nearly as good as the best"
    assert study.winner(trials, 0.0).values == [11, 90]
    assert study.winner(trials, 100).values == [30, 20]


def test_the_table_has_a_row_for_each_listener_and_the_winner_is_a_configuration(journal):
    trials = searched(journal)
    table = study.trials_table(trials, ["anna", "bert"], 0.5)
    assert len(table) == 60 and table["trial"].tolist()[:4] == [1, 1, 2, 2]
    (number,) = set(table.loc[table["winner"], "trial"])
    settings = study.winner_settings(trials, SPACE, 0.5)
    assert settings["trial"] == number
    won = table[table["winner"]].iloc[0]
    assert settings["network"]["learning_rate"] == won["learning_rate"]
    assert settings["features"]["level_bands"]["count"] == won["level_bands"]
    assert settings["worst_deg"] == table.loc[table["winner"], "p95_deg"].max()
