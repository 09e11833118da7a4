"""Searches without networks, for tests of the study and of its journal."""

import numpy as np
from earshot.learn import study
from earshot.learn.journal import Journal
from earshot.learn.search import Reached
from earshot.learn.space import Space

SPACE = Space(
    window_samples=(256, 1024),
    hops_per_window=(2, 4),
    spacing=("erb", "linear"),
    level_bands=(8, 64),
    phase_bands=(4, 24),
    level_range_hz=(100, 16000),
    phase_range_hz=(100, 1500),
    layers=(1, 3),
    width=(32, 64),
    activation=("relu", "tanh"),
    learning_rate=(3e-4, 2e-2),
    schedule=("constant", "cosine"),
    batch_size=(64, 256),
    weight_decay=(1e-3, 1),
    max_epochs=100,
    patience_epochs=10,
    tolerance=1e-4,
)


class Valley:
    """Trials without networks: the error is least at a learning rate of 3e-3.

    As with halving, what comes of a trial depends on its round: those below the middle stop early, further up. It keeps
    what it was asked.
    """

    def __init__(self, rounds=None):
        self.candidates, self.rounds = [], rounds

    def __call__(self, candidates):
        if self.rounds == 0:
            raise KeyboardInterrupt
        if self.rounds:
            self.rounds -= 1
        self.candidates += candidates
        errors = [10 + abs(np.log(candidate.network.learning_rate / 3e-3)) for candidate in candidates]
        middle = np.median(errors)
        costs = [candidate.training_multiply_adds(100, 30) for candidate in candidates]
        stops = [bool(error > middle) for error in errors]
        return [reached(error + 5 * stop, cost, stop) for error, cost, stop in zip(errors, costs, stops, strict=True)]


def reached(error, cost, stopped_early=False, diverged=False):
    return Reached((error, 5.0), (20, 30), stopped_early, diverged, cost, 1.0)


def searched(path, trials=30, seed=1, evaluate=None, at_once=10, alone=False, shared=False, worker=1):
    """Search, and return the study's trials in order."""
    journal, run = Journal(path, shared), evaluate or Valley()
    plan = study.Plan(SPACE, trials, at_once, seed, alone)
    study.search(journal, plan, lambda candidates: enumerate(run(candidates)), worker, patience_s=0.02)
    return study.finished(journal, trials)


def essence(trials):
    return [(trial.params, trial.values, trial.user_attrs["round"], trial.user_attrs["place"]) for trial in trials]
