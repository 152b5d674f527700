"""When a capture that could not be had is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["refused", "doubtful", "unanswered", "elsewhere", "no page", "contradicted", "unproven"]
"""How asking for a capture ended.

``refused``: a plain no (404, 403, 410, 451); ``doubtful``: an answer that is not proven to be the
capture; ``unanswered``: nothing, or "not now"; ``elsewhere``: another capture was served instead;
``no page``: a picture or the like; ``contradicted``: what it shows can't be of its time and address;
``unproven``: archived on the replayer's word, though its bytes are not those that the index names.
"""

RUNS: dict[Kind, int] = {"doubtful": 2, "unanswered": 5}
"""In so many runs a capture is tried before it counts as not to be had; the other kinds at once."""
FIRST_DAYS = 1
FACTOR = 3
MOST_DAYS = 90
NEVER = "9999-12-31T00:00:00+00:00"


@dataclass(frozen=True, slots=True)
class Schedule:
    lasting: bool
    """Known as not to be had: failing again is nothing new."""
    next_try_at: str


def schedule(kind: Kind, attempts: int, now: str) -> Schedule:
    """What follows from ``attempts`` runs in which a capture could not be had.

    >>> schedule("doubtful", 1, "2026-11-22T06:00:00+00:00")
    Schedule(lasting=False, next_try_at='2026-11-22T06:00:00+00:00')
    >>> schedule("refused", 2, "2026-11-22T06:00:00+00:00")
    Schedule(lasting=True, next_try_at='2026-11-25T06:00:00+00:00')
    """
    if kind == "no page":
        return Schedule(True, NEVER)
    over = attempts - RUNS.get(kind, 1)
    if over < 0:
        return Schedule(False, now)
    days = min(MOST_DAYS, FIRST_DAYS * FACTOR ** min(over, 10))
    return Schedule(True, (datetime.fromisoformat(now) + timedelta(days=days)).isoformat())
