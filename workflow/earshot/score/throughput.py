"""How many pieces of work a second so many ranks make: a model of how they are shared out, by times of single pieces.

Nothing in it is fitted. Pieces take what they took one rank alone, and what was measured of a turn at the head; the
course of a whole job follows from who is given what next. Ranks have a core each, or share so many.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Split = Literal["managed", "static"]
Limit = Literal["ranks", "pieces", "reading", "handing_out", "last_pieces"]

ENOUGH = 0.9  # of the time of ranks at work: above it nothing but their number limits


@dataclass(frozen=True)
class Turn:
    """What a rank's time goes to beside pieces, s."""

    reading_s: float  # once, before its first piece
    between_s: float  # from the end of a piece to the beginning of the next
    handing_s: float = 0.0  # of these, in which the head serves one rank and no other


@dataclass(frozen=True)
class Course:
    """How a job went: the time of ranks that make pieces, s."""

    wall_s: float
    working_s: float  # of all ranks together, as the others
    reading_s: float
    handing_s: float  # between pieces, and in the queue for the head
    last_s: float  # with nothing left to do, until the last piece is made

    @property
    def limit(self) -> Limit:
        """What costs most, where it costs much."""
        lost: dict[Limit, float] = {
            "reading": self.reading_s,
            "handing_out": self.handing_s,
            "last_pieces": self.last_s,
        }
        total = self.working_s + sum(lost.values())
        return "ranks" if self.working_s >= ENOUGH * total else max(lost, key=lambda one: lost[one])


@dataclass(frozen=True)
class Expected:
    """What a job of pieces that are drawn at random does with so many ranks: means over draws."""

    ranks: int
    per_s: float  # pieces
    low: float  # of nine tenths of the draws
    high: float
    working: float  # shares of the time of ranks that make pieces
    reading: float
    handing_out: float
    last_pieces: float
    limit: Limit


def shared_out(seconds: Sequence[float], ranks: int, split: Split, turn: Turn, cores: int | None = None) -> Course:
    """Return the course of a job whose pieces, in this order, take a rank with a core of its own so many seconds.

    Managed, whoever is free waits for the head, which serves one after another, and is given the next piece; static,
    each rank makes every n-th piece. A rank reads when it has its first piece. Of more ranks at work than cores, all
    are slower alike; to wait takes no core. Shares of a course are those of ranks with a core each.
    """
    queue = iter(seconds)
    own: list[Iterator[float]] = (
        [queue] * ranks if split == "managed" else [iter(seconds[rank::ranks]) for rank in range(ranks)]
    )
    handing_s = turn.handing_s if split == "managed" else 0.0
    between_s = max(0.0, turn.between_s - handing_s)
    # Work is counted on a clock that all who are at work share: it is slow where they outnumber the cores.
    now = clock = head_free = in_queue = last = 0.0
    begun: set[int] = set()
    asking = [(0.0, rank) for rank in range(ranks)]
    coming: list[tuple[float, int, float]] = []  # when a rank begins a piece, and its work
    working: list[tuple[float, int]] = []  # until when, on the clock of work
    while asking or coming or working:
        for _, rank in asking:
            piece = next(own[rank], None)
            if piece is None:
                continue
            head_free = max(now, head_free) + handing_s
            begins = head_free if split == "managed" else now
            in_queue += begins - now
            heappush(coming, (begins, rank, piece + (between_s if rank in begun else turn.reading_s)))
            begun.add(rank)
        asking = []
        pace = min(1.0, (cores or ranks) / max(len(working), 1))
        ends = now + (working[0][0] - clock) / pace if working else np.inf
        if coming and coming[0][0] <= ends:
            at, rank, work = heappop(coming)
            clock += (at - now) * pace
            now = at
            heappush(working, (clock + work, rank))
        elif working:
            clock, rank = heappop(working)
            now = last = ends
            asking = [(now, rank)]
    pieces_s, reading_s = float(sum(seconds)), len(begun) * turn.reading_s
    handed_s = in_queue + between_s * (len(seconds) - len(begun))
    return Course(last, pieces_s, reading_s, handed_s, ranks * last - pieces_s - reading_s - handed_s)


def expected(
    pieces_s: NDArray[np.floating],
    pieces: int,
    ranks: int,
    split: Split,
    turn: Turn,
    random: np.random.Generator,
    draws: int = 10,
) -> Expected:
    """Return what is expected of a job of pieces whose times are drawn from `pieces_s`, by ranks with a core each."""
    courses = [shared_out(random.choice(pieces_s, pieces).tolist(), ranks, split, turn) for _ in range(draws)]
    rates = np.array([pieces / course.wall_s for course in courses])
    low, high = np.quantile(rates, [0.05, 0.95])
    whole = Course(*(float(np.mean([getattr(one, name) for one in courses])) for name in vars(courses[0])))
    total = ranks * whole.wall_s
    return Expected(
        ranks,
        float(rates.mean()),
        float(low),
        float(high),
        whole.working_s / total,
        whole.reading_s / total,
        whole.handing_s / total,
        whole.last_s / total,
        "pieces" if ranks > pieces else whole.limit,
    )
