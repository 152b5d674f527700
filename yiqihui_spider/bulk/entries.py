"""What came of an input, as the journal keeps it, and told again to a tally."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yiqihui_spider.bulk.journal import ResultFolder
from yiqihui_spider.imports.ingest import Outcome
from yiqihui_spider.imports.summary import Tally

LINES = {
    "error": "unreadable", "damaged": "damaged", "layout": "layout", "warning": "warnings", "note": "notes",
}  # fmt: skip
"""What a line is called, and where a tally keeps it."""
_COUNTS = ("files", "passed_over", "pages", "kept", "known", "articles", "skipped", "unresolved")
_HOSTS_KEPT = 20


@dataclass(slots=True)
class ShardTally(Tally):
    """Knows which lines are about a capture that has a row: who takes the rows in hears of it anew."""

    of_captures: set[tuple[str, int]] = field(default_factory=set)
    """Kind and number of the line."""
    counted: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome, where: str) -> None:
        before = {kind: (lines.count, len(lines.kept)) for kind, lines in self._lines()}
        Tally.add(self, outcome, where)
        if outcome.status == "unusable":
            return
        for kind, lines in self._lines():
            count, kept = before[kind]
            self.counted[kind] += lines.count - count
            self.of_captures.update((kind, number) for number in range(kept, len(lines.kept)))

    def _lines(self) -> Any:
        return [(kind, getattr(self, name)) for kind, name in LINES.items()]

    def as_entry(self) -> dict[str, Any]:
        """For the journal: all that a tally of several inputs needs."""
        lines = [
            [kind, line, (kind, number) in self.of_captures]
            for kind, found in self._lines()
            for number, line in enumerate(found.kept)
        ]
        other = Counter(dict(self.other_hosts.most_common(_HOSTS_KEPT)))
        other["…"] += sum(self.other_hosts.values()) - sum(other.values())
        return {
            "counts": {name: getattr(self, name) for name in _COUNTS if getattr(self, name)},
            "passed": dict(self.passed),
            "other_hosts": dict(+other),
            "lines": lines,
            "line_counts": {kind: [found.count, self.counted[kind]] for kind, found in self._lines()},
        }


def add_entry(tally: Tally, entry: dict[str, Any], *, rows_follow: bool = False) -> None:
    """Add what an input's entry says. ``rows_follow``: its captures are going to be judged anew, so
    that only what has no row is taken from here."""
    taken = ("files", "passed_over", "skipped", "unresolved") if rows_follow else tuple(entry["counts"])
    for name in taken:
        setattr(tally, name, getattr(tally, name) + entry["counts"].get(name, 0))
    tally.passed.update(entry["passed"])
    tally.other_hosts.update(entry["other_hosts"])
    for kind, name in LINES.items():
        lines = getattr(tally, name)
        told = [
            line
            for its, line, of_capture in entry["lines"]
            if its == kind and not (of_capture and rows_follow)
        ]
        total, of_captures = entry["line_counts"][kind]
        before = lines.count
        for line in told:
            lines.add(line)
        lines.count = before + total - (of_captures if rows_follow else 0)


def refusals(results: ResultFolder, failed: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Rows for what was refused, of all inputs."""
    names = dict(results.inputs())
    for key, why in failed.items():
        yield {"file": names[key], "kind": "failed", "reason": why}
    for entry in results.entries():
        for what, count in entry["passed"].items():
            if count:
                yield {"file": entry["file"], "kind": "passed over", "reason": what}
        for kind, line, _ in entry["lines"]:
            reason = line.removeprefix(entry["file"]).removeprefix(": ")
            yield {"file": entry["file"], "kind": kind, "reason": reason, "offset": _offset(reason)}


def _offset(reason: str) -> int | None:
    """
    >>> _offset("archive/a.warc.gz: offset 17: the data ends inside the record")
    17
    """
    match = re.search(r"(?:\A|: )offset (\d{1,18}):", reason)
    return int(match[1]) if match else None
