"""From what a run met to the word and the exit code it ends with. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from yiqihui_spider.characters import printable_line
from yiqihui_spider.errors import Exit, did_you_mean
from yiqihui_spider.items import Certificate
from yiqihui_spider.urls import without_password
from yiqihui_spider.wording import counted

BUSY = "another program holds the archive's database: the next run goes on where this one stopped"


@dataclass(frozen=True, slots=True)
class WalkResult:
    category: str
    certified: bool
    reasons: tuple[str, ...]
    declared: int | None
    distinct: int
    mode: str

    @classmethod
    def of(cls, category: str, mode: str, certificate: Certificate) -> WalkResult:
        return cls(
            category,
            certificate.certified,
            certificate.reasons,
            certificate.declared_total,
            certificate.distinct_articles,
            mode,
        )


@dataclass(slots=True)
class Summary:
    """What a crawl met."""

    walks: list[WalkResult] = field(default_factory=list)
    pages: int = 0
    """Pages and unchanged answers archived."""
    new: int = 0
    """Articles that no run before had seen."""
    unreachable: list[str] = field(default_factory=list)
    """Addresses with no answer, or only "not now" (5xx, 429)."""
    forbidden: list[str] = field(default_factory=list)
    layout: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Everything that failed, in plain words, the above among them."""
    gone: list[str] = field(default_factory=list)
    """Details that are no more, of articles that are listed no more: no failure."""
    gaps: int = 0
    """Rows still to do in the archive when the run ended."""
    errors: list[str] = field(default_factory=list)
    """Our own faults: exceptions in a component."""
    interrupted: bool = False
    ended_by: str = ""
    """The setting of Scrapy that ended the crawl early, if one did."""
    busy: bool = False
    """Another program held the archive's database for longer than we wait."""


def decide(summary: Summary) -> tuple[Exit, str]:
    """The exit code and one word or phrase for ``runs.outcome``."""
    fruitless = not summary.pages
    nowhere = not (summary.walks or summary.unreachable)
    uncertified = [walk for walk in summary.walks if not walk.certified]
    gravest_first: tuple[tuple[object, Exit, str], ...] = (
        (summary.errors, Exit.FAILED, "failed"),
        (summary.busy, Exit.TRY_LATER, "archive busy"),
        (fruitless and summary.forbidden, Exit.FAILED, "forbidden by robots.txt"),
        (fruitless and summary.unreachable, Exit.TRY_LATER, "site unreachable"),
        (summary.layout, Exit.LAYOUT, "layout not understood"),
        (summary.interrupted, Exit.UNCERTIFIED, "interrupted"),
        (nowhere and summary.failures, Exit.FAILED, "failed"),
        (summary.failures or summary.gaps or uncertified, Exit.UNCERTIFIED, "not certified"),
        (summary.walks, Exit.DONE, "certified"),
        (True, Exit.DONE, "nothing to do"),
    )
    return next((code, words) for holds, code, words in gravest_first if holds)


def reasons(summary: Summary) -> list[str]:
    """Why the exit code is not 0, a line each, the most telling first."""
    return [printable_line(without_password(line)) for line in _reasons(summary)]


def _reasons(summary: Summary) -> Iterator[str]:
    if summary.busy:
        yield BUSY
    yield from map("error: {}".format, summary.errors)
    yield from map("layout: {}".format, summary.layout)
    for walk in summary.walks:
        yield from (f"{walk.category} not certified: {reason}" for reason in walk.reasons)
    if summary.ended_by:
        yield f"interrupted: ended by {summary.ended_by}; the next run continues"
    yield from map("failed: {}".format, summary.failures[:20])
    if len(summary.failures) > 20:
        yield f"… and {len(summary.failures) - 20} more failures"
    if summary.gaps:
        gaps = counted(summary.gaps, "address is", "addresses are")
        yield f"{gaps} still to do; the next run fetches {'it' if summary.gaps == 1 else 'them'} first"


def never_met(name: str, found: Mapping[str, str]) -> str:
    """Why a category that was asked for was not walked; ``found`` are those on the section page."""
    if name in found:
        return f"{name}: its address on the section page led to no listing"
    known = ", ".join(sorted(found)) or "none"
    return f"no category {name} on the section page{did_you_mean(name, found)} (found: {known})"
