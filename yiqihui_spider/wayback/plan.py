"""Which of the captures an index knows are worth fetching. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from yiqihui_spider.wayback.cdx import EMPTY, LeftOut, Row, may_be_page, says_type


class Holdings(Protocol):
    """What the archive has."""

    def capture_at(self, url: str, captured_at: str) -> bool:
        """Whether a capture of this address and second is held."""

    def unproven_at(self, url: str, captured_at: str) -> set[str]:
        """Digests of what is held of this address and second, where all of it came from web archives."""

    def moment_of(self, url: str, digest: str) -> str | None:
        """When the archive captured this payload at this address, if it did."""

    def waiting(self, url: str, captured_at: str) -> tuple[str, str] | None:
        """How a capture could not be had (a kind and words), if it is not to be tried again yet."""


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
    """Pictures, redirects, errors; what turned out to be one."""
    known: int = 0
    doubted: int = 0
    """Held, but with other bytes than the index names: to be asked for again."""
    identical: int = 0
    """The same payload as the capture before."""
    waiting: list[str] = field(default_factory=list)
    """Captures that could not be had, and why; it is not time to try them again."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Rows that stand for no capture of the site, by reason."""
    examples: dict[str, str] = field(default_factory=dict)
    """One such row for each reason."""
    digests: dict[tuple[str, str], list[str | None]] = field(default_factory=dict)
    """The index's word on each address and second: what a replay leads to may be any of them."""

    def leave_out(self, one: LeftOut) -> None:
        self.left_out[one.reason] = self.left_out.get(one.reason, 0) + 1
        self.examples.setdefault(one.reason, one.row)


def plan(
    rows: Iterable[Row | LeftOut],
    held: Holdings,
    *,
    latest: str = "9999",
    ours: Callable[[str], bool] = lambda url: True,
) -> Plan:
    """Of each address: what isn't held, without what only repeats the capture before it.

    ``latest``: the last moment (ISO 8601, UTC) at which something can have been captured.
    """
    result = Plan()
    found = []
    for row in rows:
        result.rows += 1
        left = row if isinstance(row, LeftOut) else _unusable(row, latest, ours)
        if left is None:
            assert isinstance(row, Row)
            found.append(row)
        else:
            result.leave_out(left)
    found.sort(key=lambda row: (row.timestamp, row.urlkey, row.url))
    _Planner(result, held, found).run()
    return result


def _unusable(row: Row, latest: str, ours: Callable[[str], bool]) -> LeftOut | None:
    said = f"{row.timestamp} {row.url}"
    if not ours(row.url):
        return LeftOut("an address of another host", said)
    if row.captured_at > latest:
        return LeftOut("a time that is yet to come", said)
    if row.digest == EMPTY and may_be_page(row):
        return LeftOut("an empty page", said)
    return None


class _Planner:
    def __init__(self, result: Plan, held: Holdings, found: list[Row]) -> None:
        self._plan = result
        self._held = held
        self._found = found
        self._never = {row.digest for row in found if row.digest and says_type(row) and not may_be_page(row)}
        self._seen: set[tuple[str, str]] = set()
        self._latest: dict[str, str | None] = {}
        """The payload last shown by each address, of captures that are or will be held."""
        self._first: dict[tuple[str, str | None], tuple[str, str]] = {}

    def run(self) -> None:
        for row in self._found:
            self._plan.digests.setdefault((row.url, row.captured_at), []).append(row.digest)
        for row in self._found:
            place = (row.url, row.captured_at)
            if not may_be_page(row) or (not says_type(row) and row.digest in self._never):
                self._plan.others += 1
            elif self._sort_in(row, place):
                self._latest[row.urlkey] = row.digest
                if row.digest:
                    self._first.setdefault((row.urlkey, row.digest), place)
            self._seen.add(place)

    def _sort_in(self, row: Row, place: tuple[str, str]) -> bool:
        """Whether the archive has the row's payload, or will have it when the plan is worked off."""
        if self._held.capture_at(*place):
            self._plan.known += 1
            if place not in self._seen and self._in_doubt(place) and not self._held.waiting(*place):
                self._plan.doubted += 1
                self._plan.tasks.append(Task(row))
        elif place in self._seen or (row.digest and self._latest.get(row.urlkey) == row.digest):
            self._plan.identical += 1
        elif miss := self._held.waiting(*place):
            self._wait(row, *miss)
            return False
        else:
            same = self._same(row)
            self._plan.tasks.append(Task(row, same))
        return True

    def _in_doubt(self, place: tuple[str, str]) -> bool:
        """Whether none of what is held is what the index names, as far as that can be compared."""
        named = self._plan.digests[place]
        if not all(digest and digest.startswith("sha1:") for digest in named):
            return False
        held = self._held.unproven_at(*place)
        return bool(held) and held.isdisjoint(named)

    def _wait(self, row: Row, kind: str, why: str) -> None:
        if kind == "no page":
            self._plan.others += 1
        else:
            self._plan.waiting.append(f"{row.timestamp} {row.url}: {why}")

    def _same(self, row: Row) -> tuple[str, str] | None:
        earlier = self._first.get((row.urlkey, row.digest))
        if row.digest is None or earlier is not None:
            return earlier
        when = self._held.moment_of(row.url, row.digest)
        return (row.url, when) if when else None
