"""From what a run met to the word and the exit code it ends with. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from yiqihui_spider.errors import Exit
from yiqihui_spider.items import Certificate


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
    busy: bool = False
    """Another program held the archive's database for longer than we wait."""


def decide(summary: Summary) -> tuple[Exit, str]:
    """The exit code and one word or phrase for ``runs.outcome``."""
    if summary.errors:
        return Exit.FAILED, "failed"
    if summary.busy:
        return Exit.TRY_LATER, "archive busy"
    if summary.forbidden and not summary.pages:
        return Exit.FAILED, "forbidden by robots.txt"
    if summary.unreachable and not summary.pages:
        return Exit.TRY_LATER, "site unreachable"
    if summary.layout:
        return Exit.LAYOUT, "layout not understood"
    if summary.interrupted:
        return Exit.UNCERTIFIED, "interrupted"
    if summary.failures and not summary.walks and not summary.unreachable:
        return Exit.FAILED, "failed"
    if summary.failures or summary.gaps or not all(walk.certified for walk in summary.walks):
        return Exit.UNCERTIFIED, "not certified"
    return Exit.DONE, "certified" if summary.walks else "nothing to do"
