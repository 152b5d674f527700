"""What a run met, and the exit code that follows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.ingest import Outcome
from yiqihui_spider.imports.summary import Archived


@dataclass(slots=True)
class Tally(Archived):
    """What a run met; pages noted without fetching are among those archived."""

    noted: int = 0
    """Captures that went back to a payload we have: archived from the index's word alone."""
    elsewhere: int = 0
    """The replay led to a capture that we have, or to another site."""
    no_pages: int = 0
    """Pictures and the like, that the index gave no type for."""
    unproven: int = 0
    """Archived on the replayer's word, for want of a digest to compare."""
    left: int = 0
    """Not tried: beyond the limit asked for, or after giving up."""
    failures: list[str] = field(default_factory=list)
    """Captures that could not be had in this run, and may be in the next."""
    again: list[str] = field(default_factory=list)
    """Captures known as not to be had, tried once more in vain."""
    incomplete: list[str] = field(default_factory=list)
    """Pages that lack something by their own word, or could not be read."""
    layout: list[str] = field(default_factory=list)
    interrupted: bool = False
    gave_up: bool = False

    def add(self, outcome: Outcome, where: str) -> None:
        self.count(outcome)
        if outcome.status == "known":
            self.elsewhere += 1
        elif outcome.status == "skipped":
            self.no_pages += 1
        elif outcome.status not in ("archived", "kept"):
            self.failures.append(f"{where}: {outcome.reason}")
        if outcome.layout:
            self.layout.append(f"{where}: {outcome.layout}")
        if outcome.incomplete:
            self.incomplete.append(f"{where}: {outcome.incomplete}")

    def decide(self) -> tuple[Exit, str]:
        """The exit code and a word for ``runs.outcome``."""
        if self.interrupted:
            return Exit.UNCERTIFIED, "interrupted"
        if self.failures or self.gave_up:
            return Exit.UNCERTIFIED, "captures missing"
        if self.layout:
            return Exit.LAYOUT, "layout not understood"
        if self.incomplete:
            return Exit.UNCERTIFIED, "captures incomplete"
        return Exit.DONE, "fetched" if self.pages or self.kept else "nothing new"

    def as_dict(self) -> dict[str, Any]:
        return {
            "pages": self.pages,
            "kept": self.kept,
            "noted": self.noted,
            "elsewhere": self.elsewhere,
            "not_kept": self.no_pages,
            "unproven": self.unproven,
            "articles": self.articles,
            "fresh": self.new_or_changed,
            "left": self.left,
            "failures": self.failures,
            "failed_again": self.again,
            "incomplete": self.incomplete,
            "layout": self.layout,
        }
