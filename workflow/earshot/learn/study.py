"""The search as a study of Optuna's: which trials come next, which there were, and which of them wins.

Trials are asked for in rounds. What a round asks for follows from the study's seed, the round's number and the trials
of the rounds that were known then, which each of its trials names; what it reached is added to the journal when it is
known. So whoever is killed in the midst of a round leaves it to be done again, with the same trials where some were
added, and no finished trial is lost or counted twice.

Workers share a study through its journal. Each claims the first round that is neither finished nor claimed; what it
knows of the others' is what they had finished by then. With one worker that is all rounds before, so the same seed
gives the same trials.
"""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial

from earshot import writer
from earshot.errors import DeviceError, EarshotError
from earshot.learn.candidate import Candidate
from earshot.learn.journal import OBJECTIVES, Journal
from earshot.learn.search import Reached
from earshot.learn.space import Space
from earshot.progress import PROGRESS
from earshot.seeds import generator

log = logging.getLogger(__name__)

# From candidates to what each reached, with its place among them, in any order.
Evaluate = Callable[[Sequence[Candidate]], Iterable[tuple[int, Reached]]]


@dataclass(frozen=True)
class Plan:
    """What is searched, and how far.

    `alone` says that what a trial reaches depends on no other, so that of a round only those trials are evaluated which
    the journal lacks. Else it is the whole round, since a trial's early stop depends on the others.
    """

    space: Space
    trials: int
    at_once: int  # trials of a round
    seed: int
    alone: bool = False

    @property
    def rounds(self) -> int:
        """Return how many rounds there are; the last may hold more trials than are asked for, for a longer search."""
        return ceil(self.trials / self.at_once)


def search(journal: Journal, plan: Plan, evaluate: Evaluate, worker: int = 1, patience_s: float = 1.0) -> None:
    """Run rounds of a study until its journal has all of them.

    A round that another worker has claimed is waited for, and done here when that one dies: when this returns, the
    study is complete, whoever ran its trials.

    Raises WithdrawnError when this job may write no more (`earshot.writer`).
    """
    said = False
    while left := sorted(set(range(plan.rounds)) - _finished_rounds(journal, plan)):
        writer.require_right()
        for number in left:
            with journal.claim(number) as mine:
                if mine:
                    _run_round(journal, plan, evaluate, number, worker)
                    break
        else:
            if not said:
                log.log(PROGRESS, "other workers are at the last rounds: %s", ", ".join(str(n + 1) for n in left))
            said = True
            time.sleep(patience_s)


def _run_round(journal: Journal, plan: Plan, evaluate: Evaluate, number: int, worker: int) -> None:
    known = journal.trials()
    done = {place: trial for (of_round, place), trial in known.items() if of_round == number}
    if len(done) == plan.at_once:  # by somebody else, just before the claim
        return
    # Whoever began this round asked for it in the knowledge of fewer rounds than there are by now.
    begun = next(iter(done.values()), None)
    knew = begun.user_attrs["knew"] if begun else sorted(_finished_rounds(journal, plan))
    earlier = [trial for (of_round, _), trial in known.items() if of_round in knew]
    drawn = ask(plan.space, earlier, plan.at_once, plan.seed, number)
    places = [place for place in range(plan.at_once) if not (plan.alone and place in done)]
    best = min((trial.values[0] for trial in done.values()), default=float("inf"))
    for index, one in evaluate([plan.space.candidate(drawn[place]) for place in places]):
        writer.require_right()
        about = {"round": number, "place": places[index], "knew": knew, "worker": worker} | asdict(one)
        journal.add(drawn[places[index]], plan.space.distributions, (one.worst_deg, one.multiply_adds), about)
        best = min(best, one.worst_deg)
    log.log(PROGRESS, "round %d of %d: %d trials, the best %.1f degrees", number + 1, plan.rounds, plan.at_once, best)


def finished(journal: Journal, trials: int) -> list[FrozenTrial]:
    """Return the first so many trials of a study, in their order. Raises EarshotError when it has fewer."""
    found = list(journal.trials().values())
    if len(found) < trials:
        raise EarshotError(
            f"{journal.path}: the journal holds {len(found)} trials, and {trials} are asked for, though the search was "
            "done. Somebody changed or removed it: remove what the search made beside it and start again."
        )
    return found[:trials]


def contribution(journal: Journal, worker: int = 1) -> dict[str, Any]:
    """Return where a study's journal is, and the rounds in which a worker finished trials; the first is 1."""
    own = {number for (number, _), trial in journal.trials().items() if trial.user_attrs["worker"] == worker}
    return {"journal": os.path.relpath(journal.path), "rounds": [number + 1 for number in sorted(own)]}


def journal_of_all(contributions: Iterable[Path]) -> Journal:
    """Return the one journal that the files of all workers name. Raises DeviceError where they name several.

    That is so where one computed on a GPU and another on a CPU, since their trials differ.
    """
    journals = {str(json.loads(path.read_text())["journal"]) for path in contributions}
    if len(journals) > 1:
        raise DeviceError(
            f"config key device: workers of the search computed on different kinds of device, so each has made a "
            f"search of its own ({', '.join(sorted(journals))}). Set device to cuda or cpu and start again."
        )
    return Journal(Path(*journals))


def _finished_rounds(journal: Journal, plan: Plan) -> set[int]:
    counts = Counter(number for number, _ in journal.trials())
    return {number for number, count in counts.items() if count == plan.at_once}


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
