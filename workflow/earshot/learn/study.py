"""The search as a study of Optuna's: which trials come next, which there were, and which of them wins.

Trials are asked for in rounds. What a round asks for follows from the study's seed, the round's number and the trials
of the rounds before; what it reached is added to the journal when all of it is known. So whoever is killed in the midst
of a round does that round again, with the same trials, and no finished trial is lost or counted twice.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, create_trial

from earshot import writer
from earshot.learn.candidate import Candidate
from earshot.learn.search import Reached
from earshot.learn.space import Space
from earshot.progress import PROGRESS
from earshot.seeds import generator

log = logging.getLogger(__name__)
optuna.logging.set_verbosity(optuna.logging.WARNING)

OBJECTIVES = ("worst_deg", "multiply_adds")  # both as small as can be

Evaluate = Callable[[Sequence[Candidate]], Sequence[Reached]]


def open_journal(path: Path) -> optuna.Study:
    """Return the study that a journal holds; it is begun where there is none.

    What a process that was killed left is put right: its lock is removed, and what it wrote of a last line is cut off.
    So nobody else may be at work on the journal; runs see to that (`earshot.writer`).
    """
    path = path.resolve()  # Optuna's lock is a link that leads nowhere otherwise, and never counts as left behind
    path.parent.mkdir(parents=True, exist_ok=True)
    for lock in path.parent.glob(f"{path.name}.lock*"):
        lock.unlink()
    if path.exists():
        whole = path.read_bytes()
        if not whole.endswith(b"\n"):
            with path.open("r+b") as file:
                file.truncate(whole.rfind(b"\n") + 1)
    storage = JournalStorage(JournalFileBackend(str(path)))
    return optuna.create_study(
        storage=storage, study_name="localisation", directions=["minimize"] * len(OBJECTIVES), load_if_exists=True
    )


def search(
    study: optuna.Study, space: Space, evaluate: Evaluate, trials: int, at_once: int, seed: int
) -> list[FrozenTrial]:
    """Run the rounds of a study that are not yet in it and return its first `trials` trials, in their order.

    Rounds are always whole, `at_once` trials, since a trial's early stop depends on the others of its round: the last
    one may hold more trials than are asked for, which a longer search finds done.

    Raises WithdrawnError when this job may write no more (`earshot.writer`).
    """
    rounds = ceil(trials / at_once)
    for number in range(rounds):
        known = study.get_trials(deepcopy=False)
        done = {trial.user_attrs["place"] for trial in known if trial.user_attrs["round"] == number}
        if len(done) == at_once:
            continue
        earlier = [trial for trial in known if trial.user_attrs["round"] < number]
        drawn = ask(space, earlier, at_once, seed, number)
        reached = evaluate([space.candidate(parameters) for parameters in drawn])
        writer.require_right()
        for place, (parameters, one) in enumerate(zip(drawn, reached, strict=True)):
            if place not in done:
                study.add_trial(
                    create_trial(
                        values=[one.worst_deg, one.multiply_adds],
                        params=parameters,
                        distributions=space.distributions,
                        user_attrs={"round": number, "place": place} | asdict(one),
                    )
                )
        best = min(one.worst_deg for one in reached)
        log.log(PROGRESS, "round %d of %d: %d trials, the best %.1f degrees", number + 1, rounds, at_once, best)
    return sorted(study.get_trials(deepcopy=False), key=_order)[:trials]


def ask(space: Space, earlier: Sequence[FrozenTrial], size: int, seed: int, number: int) -> list[dict[str, Any]]:
    """Return the parameters of a round's trials, each drawn in the knowledge of what those before it asked for."""
    sampler = optuna.samplers.TPESampler(seed=int(generator(seed, "search", number).integers(2**31)))
    study = optuna.create_study(sampler=sampler, directions=["minimize"] * len(OBJECTIVES))
    study.add_trials(sorted(earlier, key=_order))
    return [study.ask(space.distributions).params for _ in range(size)]


def front(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that ran to their end and that no other such trial beats in error and cost, cheapest first."""
    ended = sorted((trial for trial in trials if _ended(trial)), key=_order)
    study = optuna.create_study(directions=["minimize"] * len(OBJECTIVES))
    study.add_trials(ended)
    unbeaten = {_order(trial) for trial in study.best_trials}
    on_front = [trial for trial in ended if _order(trial) in unbeaten]
    return sorted(on_front, key=lambda trial: (trial.values[1], _order(trial)))


def winner(trials: Sequence[FrozenTrial], within_deg: float) -> FrozenTrial:
    """Return the cheapest trial of the front whose worst listener's error is this close to the smallest of all.

    An error of three listeners is known to a degree or so; to pay many times as much for a tenth is to fit noise.
    """
    candidates = front(trials)
    best = min(trial.values[0] for trial in candidates)
    return next(trial for trial in candidates if trial.values[0] <= best + within_deg)


def trials_table(trials: Sequence[FrozenTrial], subjects: Sequence[str], within_deg: float) -> pd.DataFrame:
    """Return rows of the table of trials, one for each listener of each trial."""
    best, on_front = winner(trials, within_deg), front(trials)
    rows: list[dict[str, Any]] = []
    for number, trial in enumerate(trials, 1):
        reached = trial.user_attrs
        common = {"trial": number, "round": reached["round"] + 1} | trial.params
        common |= {name: reached[name] for name in ("multiply_adds", "seconds", "stopped_early", "diverged")}
        common |= {"on_front": trial in on_front, "winner": trial is best}
        of_subjects = zip(subjects, reached["p95_deg"], reached["epochs"], strict=True)
        rows += [common | {"subject": subject, "p95_deg": error, "epochs": n} for subject, error, n in of_subjects]
    return pd.DataFrame(rows)


def winner_settings(trials: Sequence[FrozenTrial], space: Space, within_deg: float) -> dict[str, Any]:
    """Return the winner as plain values: `features` and `network` as a configuration has them, and what it reached."""
    best = winner(trials, within_deg)
    candidate = space.candidate(best.params)
    return {
        "features": asdict(candidate.interaural),
        "network": asdict(candidate.network),
        "trial": [trial is best for trial in trials].index(True) + 1,
        "worst_deg": best.values[0],
        "multiply_adds": best.values[1],
    }


def _ended(trial: FrozenTrial) -> bool:
    return not (trial.user_attrs["stopped_early"] or trial.user_attrs["diverged"])


def _order(trial: FrozenTrial) -> tuple[int, int]:
    return trial.user_attrs["round"], trial.user_attrs["place"]
