"""When trouble is worth a person's attention, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from yiqihui_spider.errors import Exit

PASSING = (Exit.UNCERTIFIED, Exit.TRY_LATER)
"""Trouble that mostly ends by itself."""


def lasted(since: str | None, now: str) -> float:
    """Seconds from one moment to another; none if a clock was put back."""
    if since is None:
        return 0.0
    try:
        return max(0.0, (datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def is_alarming(exit_code: int, since: str | None, now: str, patience: float) -> bool:
    """Whether somebody must be told of a run: it failed, or what passes by itself has lasted for longer
    than ``patience`` seconds."""
    if exit_code == Exit.DONE:
        return False
    return exit_code not in PASSING or lasted(since, now) >= patience


def in_one_line(
    what: str, outcome: str, exit_code: int, reasons: Sequence[str], since: str | None, log: str | None
) -> str:
    """What is wrong, since when, and where to look."""
    reason = f": {reasons[0]}" if reasons else ""
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    told = outcome if outcome != "failed" or not reasons else "failed"
    lasting = f"; so since {since}" if since else ""
    where = f"; more in {log}" if log else ""
    return f"{what}: {told}, exit code {exit_code}{reason}{more}{lasting}{where}"
