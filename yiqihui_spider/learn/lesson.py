"""What came of learning: a profile, what was proven of it, and what stands against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from yiqihui_spider.items import ArticleItem, Declared, PageKind


class Verdict(Enum):
    PROVEN = "proven"
    IN_PART = "in part"
    NOTHING = "nothing"
    KNOWN = "known"
    """The profile in force reads all pages: there is nothing to learn."""


def width(one: Declared | None) -> int | None:
    """How many entries a pager promises."""
    return None if one is None else one.last - one.first + 1 if one.total else 0


@dataclass(frozen=True)
class PageProof:
    """What a profile makes of one page, held against what is known of it."""

    name: str
    url: str
    kind: PageKind
    entries: int
    declared: Declared | None
    category: str | None
    residue: int
    expected: int
    """Known articles that stand on the page."""
    found: int
    """Those found again exactly."""
    edited: int = 0
    """Found again with another text."""
    missing: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    as_before: bool = False
    """The profile in force read it, and this one reads the same."""
    of_layout: bool = True
    """It holds what was learned; else it is another kind of page."""

    @property
    def width(self) -> int | None:
        return width(self.declared)

    def as_dict(self) -> dict[str, object]:
        one = self.declared
        return {
            "page": self.name,
            "url": self.url,
            "kind": self.kind,
            "category": self.category,
            "entries": self.entries,
            "declared": self.width,
            "range": None if one is None else [one.first, one.last, one.total, one.page, one.pages],
            "known": self.expected,
            "found_again": self.found,
            "edited": self.edited,
            "missing": list(self.missing),
            "unexplained": self.residue,
            "faults": list(self.faults),
            "as_before": self.as_before,
        }


@dataclass(frozen=True)
class Proof:
    pages: tuple[PageProof, ...] = ()
    faults: tuple[str, ...] = ()
    """What is wrong with all pages together."""
    samples: tuple[ArticleItem, ...] = ()

    @property
    def concerned(self) -> list[PageProof]:
        return [one for one in self.pages if one.of_layout and not one.as_before]

    @property
    def holds(self) -> bool:
        listings = [one for one in self.concerned if one.kind == "listing"]
        return bool(listings) and not self.faults and not any(one.faults for one in self.pages)

    @property
    def reads_something(self) -> bool:
        return any(one.entries for one in self.concerned)

    @property
    def worth(self) -> tuple[int, int]:
        """By which two that do not hold are compared: pages without a fault, entries."""
        good = sum(not one.faults for one in self.concerned)
        return good, sum(one.entries for one in self.concerned)

    def every_fault(self) -> list[str]:
        own = [f"{one.name}: {fault}" for one in self.pages for fault in one.faults]
        return [*self.faults, *own]


@dataclass(frozen=True)
class Rival:
    """Another reading that explains the pages equally well."""

    forms: tuple[str, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    verdict: Verdict
    profile: str | None = None
    """The TOML; None where nothing was found."""
    forms: tuple[str, ...] = ()
    before: bool = False
    pager: str | None = None
    addresses: tuple[str, ...] = ()
    breadcrumb: str | None = None
    proof: Proof = field(default_factory=Proof)
    rivals: Sequence[Rival] = ()
    reasons: tuple[str, ...] = ()
    """Why no more holds."""
    notes: tuple[str, ...] = ()
    tried: int = 0
