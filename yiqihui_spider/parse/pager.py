"""What a listing's pager declares, held against the entries that were found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from yiqihui_spider.items import Pager

_ENOUGH_FOR_ORDER = 4
"""So many entries show whether a page is in order of time."""


def numbers(pager: Pager) -> tuple[int, int, int, int, int]:
    return pager.first, pager.last, pager.total, pager.page, pager.pages


def width(pager: Pager | None) -> int | None:
    """How many entries a pager declares; None if it doesn't say."""
    if pager is None or (pager.total and not 1 <= pager.first <= pager.last):
        return None
    return pager.last - pager.first + 1 if pager.total else 0


def mismatches(pager: Pager, found: int, times: Sequence[str]) -> Iterator[str]:
    """What does not fit, in plain words: how many entries were found, and the times of all markers."""
    first, last, total, page, pages = numbers(pager)
    printed = f"{first}-{last}/{total}, page {page} of {pages}"
    if total and not (1 <= first <= last <= total and 1 <= page <= pages):
        yield f"the pager contradicts itself: {printed}"
    declared = width(pager)
    if declared is not None and declared != found:
        yield f"the pager declares {counted(declared, 'entry')} ({printed}), found {found}"
    yield from _disorder(times)


def _disorder(times: Sequence[str]) -> Iterator[str]:
    """A listing is newest first. Where one entry only is out of line, what divides it from its
    neighbour may be text that looks like a marker, even though the count is right."""
    rises = [(one, other) for one, other in pairwise(times) if other > one]
    if len(times) >= _ENOUGH_FOR_ORDER and len(rises) == 1:
        one, other = rises[0]
        yield f"not newest first: {other} follows {one}; one of them may be no marker"


def counted(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
