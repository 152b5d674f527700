"""What an import met, and the exit code that follows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.ingest import Outcome

_MOST_LINES = 500
_MOST_HOSTS = 1000


@dataclass(slots=True)
class Lines:
    """Complaints: all are counted, the first few hundred kept."""

    count: int = 0
    kept: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        self.count += 1
        if len(self.kept) < _MOST_LINES:
            self.kept.append(line)


@dataclass(slots=True)
class Archived:
    """What came into the archive."""

    pages: int = 0
    """Pages of ours archived."""
    kept: int = 0
    """Captures archived that are no page of ours."""
    articles: int = 0
    """Article entries on the pages archived."""
    new_or_changed: int = 0
    """Of them, new to the archive or with a text that differed."""

    def count(self, outcome: Outcome) -> None:
        self.kept += outcome.status == "kept"
        if outcome.status == "archived":
            self.pages += 1
            self.articles += outcome.articles
            self.new_or_changed += outcome.new_or_changed


@dataclass(slots=True)
class Tally(Archived):
    files: int = 0
    """Files with something of ours in them."""
    passed_over: int = 0
    """Files met in folders that are nothing of ours."""
    passed: Counter[str] = field(default_factory=Counter)
    """What they are."""
    known: int = 0
    """Records and pages that were there before."""
    skipped: int = 0
    """Records of our hosts that are no pages, and are not kept."""
    other_hosts: Counter[str] = field(default_factory=Counter)
    unreadable: Lines = field(default_factory=Lines)
    layout: Lines = field(default_factory=Lines)
    damaged: Lines = field(default_factory=Lines)
    """Damaged stretches, records without a date, pages cut short."""
    warnings: Lines = field(default_factory=Lines)
    """What was not as declared, and could be read all the same."""
    notes: Lines = field(default_factory=Lines)
    """What holds nothing of the site's articles, and what it is."""
    unresolved: int = 0
    """Revisits whose original is in no file given and not in the archive."""
    told: set[int | None] = field(default_factory=set)
    """Captures of which is said what is wrong with them."""
    interrupted: bool = False

    def pass_over(self, what: str) -> None:
        self.passed_over += 1
        self.passed[what if what in self.passed or len(self.passed) < _MOST_HOSTS else "…"] += 1

    def what_was_passed_over(self) -> str:
        """``is a PNG image (3), is empty``: the commonest first."""
        kinds = self.passed.most_common(6)
        return ", ".join(what if count == 1 else f"{what} ({count})" for what, count in kinds)

    def other_host(self, host: str) -> None:
        self.other_hosts[
            host if host in self.other_hosts or len(self.other_hosts) < _MOST_HOSTS else "…"
        ] += 1

    def add(self, outcome: Outcome, where: str) -> None:
        self.count(outcome)
        if outcome.status == "known":
            self.known += 1
        elif outcome.status == "skipped":
            self.skipped += 1
        elif outcome.status == "unusable":
            self.damaged.add(f"{where}: {outcome.reason}")
        if outcome.layout:
            self.layout.add(f"{where}: {outcome.layout}")
        if outcome.warning:
            self.warnings.add(f"{where}: {outcome.warning}")
        if outcome.incomplete:
            self.damaged.add(f"{where}: {outcome.incomplete}")
            self.told.add(outcome.capture_id)

    def tell(self, disbelieved: Iterable[tuple[int, str, str]]) -> None:
        """Of pages that looked right, until others came that show they are not."""
        for capture_id, url, why in disbelieved:
            if capture_id not in self.told:
                self.damaged.add(f"{url}: {why}: kept, not believed")

    def decide(self) -> tuple[Exit, str]:
        """The exit code and a word for ``runs.outcome``; the gravest first."""
        if self.unreadable.count:
            return Exit.FAILED, "unreadable files"
        if self.layout.count:
            return Exit.LAYOUT, "layout not understood"
        if self.interrupted:
            return Exit.UNCERTIFIED, "interrupted"
        if self.damaged.count or self.unresolved:
            return Exit.UNCERTIFIED, "damaged records"
        return Exit.DONE, "imported" if self.pages or self.kept else "nothing new"

    def as_dict(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "files_passed_over": self.passed_over,
            "pages": self.pages,
            "kept": self.kept,
            "known": self.known,
            "articles": self.articles,
            "fresh": self.new_or_changed,
            "skipped": self.skipped,
            "other_hosts": sum(self.other_hosts.values()),
            "unresolved_revisits": self.unresolved,
            "unreadable": self.unreadable.kept,
            "layout": self.layout.kept,
            "damaged": self.damaged.kept,
            "damaged_count": self.damaged.count,
            "layout_count": self.layout.count,
            "warnings": self.warnings.kept,
            "warnings_count": self.warnings.count,
            "notes": self.notes.kept,
            "notes_count": self.notes.count,
        }
