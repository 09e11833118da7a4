"""How far a run is: what is done, at work, waiting and failed, and how long the rest may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class OfRule:
    """The jobs of one rule. What is at work may still wait in a cluster's queue."""

    planned: int = 0
    at_work: dict[int, float] = field(default_factory=dict)  # since when, by job
    failed: set[int] = field(default_factory=set)  # and not begun again
    seconds: list[float] = field(default_factory=list)  # of those that are done, the queue included

    @property
    def done(self) -> int:
        """How many jobs ended well."""
        return len(self.seconds)

    @property
    def waiting(self) -> int:
        """How many jobs have not begun."""
        return max(0, self.planned - self.done - len(self.at_work) - len(self.failed))


@dataclass(frozen=True)
class Failure:
    """A job that did not come to its end: what it was to do, in words, and its log."""

    said: str
    log: str | None = None


def failures(events: Sequence[Mapping[str, Any]]) -> list[Failure]:
    """Return the jobs of a run's journal that failed and were not begun again, in the order in which they failed."""
    begun: dict[int, Mapping[str, Any]] = {}
    failed: dict[int, Failure] = {}
    for event in events:
        if event["what"] == "begin":
            begun[event["job"]] = event
            failed.pop(event["job"], None)
        elif event["what"] == "fail" and event["job"] in begun:
            job = begun[event["job"]]
            failed[event["job"]] = Failure(job.get("said") or job["rule"], job.get("log"))
    return list(failed.values())


def standing(events: Sequence[Mapping[str, Any]]) -> dict[str, OfRule]:
    """Return the jobs of each rule from a run's journal, in the order in which they were planned.

    An event has a `time` in seconds and says `what`: "plan" with `rules` and how many jobs each has, "begin" with `job`
    and `rule`, what it `said` that it does, and its `log`, "end" or "fail" with `job`.
    """
    rules: dict[str, OfRule] = {}
    rule_of: dict[int, str] = {}
    for event in events:
        if event["what"] == "plan":
            rules = {rule: OfRule(planned) for rule, planned in event["rules"].items()}
            continue
        job = event["job"]
        if event["what"] == "begin":
            rule_of[job] = event["rule"]
        of_rule = rules.setdefault(rule_of[job], OfRule()) if job in rule_of else None
        if of_rule is None:  # a rule that only gathers files
            continue
        if event["what"] == "begin":
            of_rule.failed.discard(job)
            of_rule.at_work[job] = event["time"]
        else:
            since = of_rule.at_work.pop(job, event["time"])
            if event["what"] == "end":
                of_rule.seconds.append(event["time"] - since)
            else:
                of_rule.failed.add(job)
    return rules


def left_s(rules: Mapping[str, OfRule], earlier_s: Mapping[str, float], now: float) -> tuple[float, list[str]]:
    """Return how many seconds the rest may take, and the rules of which nothing is known and that are not in it.

    Each job takes as long as its rule's did so far, or else as `earlier_s` has it; as many run side by side as do now.
    """
    work, unknown = 0.0, []
    for rule, jobs in rules.items():
        if not jobs.waiting and not jobs.at_work:
            continue
        usual = float(np.median(jobs.seconds)) if jobs.seconds else earlier_s.get(rule)
        if usual is None:
            unknown.append(rule)
            continue
        work += jobs.waiting * usual + sum(max(usual - (now - since), 0) for since in jobs.at_work.values())
    beside = max(1, sum(len(jobs.at_work) for jobs in rules.values()))
    return work / beside, unknown


def line(rules: Mapping[str, OfRule], earlier_s: Mapping[str, float], now: float) -> str:
    """Say in a line how far a run is."""
    done, planned = (sum(getattr(jobs, name) for jobs in rules.values()) for name in ("done", "planned"))
    at_work, failed = (sum(len(getattr(jobs, name)) for jobs in rules.values()) for name in ("at_work", "failed"))
    waiting = sum(jobs.waiting for jobs in rules.values())
    said = f"{done} of {planned} jobs done, {at_work} at work, {waiting} waiting, {failed} failed"
    if not at_work and not waiting:
        return said
    seconds, unknown = left_s(rules, earlier_s, now)
    if not seconds:
        return said
    more = f" and what is not known yet of {', '.join(unknown)}" if unknown else ""
    return f"{said}; about {_duration(seconds)} left{more}"


def table(rules: Mapping[str, OfRule]) -> str:
    """Return a line for each rule: done, at work, waiting, failed, and the median of seconds."""
    width = max([4, *map(len, rules)])
    lines = [f"{'rule':{width}}  done  at work  waiting  failed  usual time"]
    for rule, jobs in rules.items():
        usual = _duration(float(np.median(jobs.seconds))) if jobs.seconds else ""
        counts = f"{jobs.done:4}  {len(jobs.at_work):7}  {jobs.waiting:7}  {len(jobs.failed):6}"
        lines.append(f"{rule:{width}}  {counts}  {usual:>10}")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
