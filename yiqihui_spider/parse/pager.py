"""What a listing's pager declares, held against the entries that were found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from yiqihui_spider.items import Pager

NO_RANGE = (0, 0)
"""Of a pager that does not print which records its page shows."""
_ENOUGH_FOR_ORDER = 4
"""So many entries show whether a page is in order of time."""


def numbers(pager: Pager) -> tuple[int, int, int, int, int]:
    return pager.first, pager.last, pager.total, pager.page, pager.pages


def pager_range(told: Mapping[str, int], size: int | None) -> tuple[int, int, int, int, int]:
    """First, last, total, page and pages of what a pager prints. Where it prints no range, that
    follows from the page's number and the number of entries on a full page, if that is known.

    >>> pager_range({"total": 139, "page": 7, "pages": 7}, 20)
    (121, 139, 139, 7, 7)
    >>> pager_range({"total": 139}, 20)
    (0, 0, 139, 0, 7)
    >>> pager_range({"first": 21, "last": 40, "total": 139, "pages": 7}, None)
    (21, 40, 139, 2, 7)
    """
    size = told.get("size", size)
    total, page, first, last = (told.get(name, 0) for name in ("total", "page", "first", "last"))
    pages = told["pages"] if "pages" in told else max(1, -(-total // size)) if size else 0
    if total and pages == 1 and page < 2:
        return told.get("first", 1), told.get("last", total), total, 1, 1
    if "first" not in told and size and total and page:
        first, last = (page - 1) * size + 1, min(page * size, total)
    if "page" not in told and first:
        page = _page_of(first, last, total, pages, size)
    return first, last, total, page, pages


def _page_of(first: int, last: int, total: int, pages: int, size: int | None) -> int:
    """The number of the page with a range, where it is not printed: all but the last are full."""
    return pages if last == total and not size else (first - 1) // max(size or last - first + 1, 1) + 1


def has_range(pager: Pager) -> bool:
    return not pager.total or (pager.first, pager.last) != NO_RANGE


def with_range(pager: Pager, held: int) -> Pager:
    """The pager with the range that follows from its page's length: ``held`` entries. Where a page
    of that length does not go with the total and the number of pages, the range is that of the
    shortest that does, and so contradicts what was found."""
    total, page, pages = pager.total, pager.page, pager.pages
    if has_range(pager) or not 1 <= page <= pages:
        return pager
    least = -(-total // pages)
    most = total if pages == 1 else -(-total // (pages - 1)) - 1
    size = held
    if page == pages:
        size, odd = divmod(total - held, pages - 1) if pages > 1 else (total, 0)
        size = least if odd or held > size else size
    if not least <= size <= most:
        size = least
    return replace(pager, first=(page - 1) * size + 1, last=min(page * size, total))


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
