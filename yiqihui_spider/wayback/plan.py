"""Which of the captures an index knows are worth fetching. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from yiqihui_spider.wayback.cdx import Row, may_be_page, says_type


class Holdings(Protocol):
    """What the archive has."""

    def capture_at(self, url: str, captured_at: str) -> bool:
        """Whether a capture of this address and second is held."""

    def moment_of(self, url: str, digest: str) -> str | None:
        """When the archive captured this payload at this address, if it did."""


@dataclass(frozen=True, slots=True)
class Task:
    row: Row
    same_as: tuple[str, str] | None = None
    """Address and time of a capture with the same payload: no need to fetch it again, but the page
    went back to it, and that is worth a note."""


@dataclass(slots=True)
class Plan:
    tasks: list[Task] = field(default_factory=list)
    """In order of time: so pages enter the archive in the order they were captured."""
    rows: int = 0
    others: int = 0
    """Pictures, redirects, errors."""
    known: int = 0
    identical: int = 0
    """The same payload as the capture before."""


def plan(rows: Iterable[Row], held: Holdings) -> Plan:
    """Of each address: what isn't held, without what only repeats the capture before it."""
    found = sorted(rows, key=lambda row: (row.timestamp, row.urlkey, row.url))
    never = {row.digest for row in found if row.digest and says_type(row) and not may_be_page(row)}
    result = Plan(rows=len(found))
    seen: set[tuple[str, str]] = set()
    latest: dict[str, str | None] = {}
    first: dict[tuple[str, str | None], tuple[str, str]] = {}
    for row in found:
        place = (row.url, row.captured_at)
        payload = (row.urlkey, row.digest)
        if not may_be_page(row) or (not says_type(row) and row.digest in never):
            result.others += 1
            continue
        if held.capture_at(*place):
            result.known += 1
        elif place in seen or (row.digest and latest.get(row.urlkey) == row.digest):
            result.identical += 1
        else:
            result.tasks.append(Task(row, _same(row, first.get(payload), held)))
        seen.add(place)
        latest[row.urlkey] = row.digest
        if row.digest:
            first.setdefault(payload, place)
    return result


def _same(row: Row, earlier: tuple[str, str] | None, held: Holdings) -> tuple[str, str] | None:
    if row.digest is None or earlier is not None:
        return earlier
    when = held.moment_of(row.url, row.digest)
    return (row.url, when) if when else None
