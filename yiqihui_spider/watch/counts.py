"""What a crawl met, in raw counts: kept in ``runs.stats`` (``counts``), read back as history. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


@lru_cache(1024)
def hours(time: str) -> float:
    """A moment in hours, to be compared with others."""
    return datetime.fromisoformat(time).timestamp() / 3600


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """Of the entries on one kind of page: who has a field (title, source, link, views), and who not."""

    had: int = 0
    """Entries of articles that an earlier crawl saw with it."""
    lost: int = 0
    """Of these, without it now."""
    new: int = 0
    """Entries of articles that no earlier crawl saw."""
    bare: int = 0
    """Of these, without it."""


@dataclass(frozen=True, slots=True)
class ViewCounts:
    """The articles on the first listing pages against an earlier crawl that listed them."""

    compared: int = 0
    changed: int = 0
    hours: float = 0.0
    """How far apart the two looks are, in the median."""


@dataclass(frozen=True, slots=True)
class CategoryCounts:
    """One category's walk, as far as this crawl took it."""

    mode: str = "full"
    pages: int = 0
    """Listing pages read."""
    declared_pages: int = 0
    page_size: int = 0
    total: int | None = None
    """As the last page declared it."""
    spread: int = 0
    """Between the highest and the lowest total declared during this crawl."""
    new: int = 0
    """Articles that no earlier crawl saw in this category."""
    first: bool = False
    """No walk before this one says how the category looked, so all of it is new."""
    finished: bool = False
    certified: bool = False
    newest: str | None = None
    """When the newest article was published, as known at the crawl's end."""


@dataclass(frozen=True, slots=True)
class CrawlCounts:
    """One crawl. What is missing (in the stats of another version) counts as not measured."""

    at: str = ""
    """When it started."""
    interrupted: bool = False
    addresses: int = 0
    """Addresses asked for, redirects and retries counted with the address they answer."""
    troubled: int = 0
    """Of these, met an error at least once: no answer, 4xx, 5xx, cut off, another page than asked for."""
    redirected: int = 0
    elapsed_ms: float | None = None
    """Median of the answers."""
    page_bytes: float | None = None
    """Median size of listing pages, as sent."""
    pages: int = 0
    """Pages read and split."""
    residue_chars: int = 0
    promised: int = 0
    """Entries that the ranges of the listing pages promise."""
    short: int = 0
    """Of these, not found."""
    full_page: float | None = None
    """Entries on a listing page that is not the last, in the median."""
    fields: Mapping[str, FieldCounts] = field(default_factory=dict)
    """By kind of page and name: ``listing/title``."""
    views: ViewCounts = ViewCounts()
    categories: Mapping[str, CategoryCounts] = field(default_factory=dict)

    @property
    def hour(self) -> float:
        return hours(self.at)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> CrawlCounts:
        """From JSON."""
        return replace(
            _of(cls, told),
            fields={name: _of(FieldCounts, one) for name, one in told.get("fields", {}).items()},
            views=_of(ViewCounts, told.get("views", {})),
            categories={name: _of(CategoryCounts, one) for name, one in told.get("categories", {}).items()},
        )


def _of(kind: type[T], told: Mapping[str, Any]) -> T:
    known = {one.name for one in fields(cast(Any, kind))}
    return kind(**{name: value for name, value in told.items() if name in known})


@dataclass(frozen=True, slots=True)
class PastCrawl:
    counts: CrawlCounts
    flagged: frozenset[str] = frozenset()
    """Monitors that were not ok."""


@dataclass(frozen=True, slots=True)
class Feed:
    """When a category's articles were published and first listed (:func:`hours`), the newest first."""

    times: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class MonitorResult:
    """A row of ``monitor_results``, but for the run."""

    monitor: str
    level: str
    """``ok``, ``warn`` or ``fail``."""
    value: float | None
    low: float | None
    high: float | None
    message: str
