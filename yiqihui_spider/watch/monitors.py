"""Is this crawl like those before it? Every monitor compares one thing with the archive's own past.

:func:`judge` is a pure function of raw counts: those of the crawls before, of this one, and the times
at which articles were published. A crawl that a monitor flagged leaves that monitor's history, so that
trouble does not become the measure; what lasts for :data:`LEARNED` crawls in a row is the new normal.
docs/monitors.md tells what each monitor holds against a crawl, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from yiqihui_spider.watch import feed_monitors, page_monitors, traffic_monitors
from yiqihui_spider.watch.counts import CrawlCounts, Feed, MonitorResult, PastCrawl
from yiqihui_spider.watch.history import History, Verdict

MEMORY = 30
"""Crawls that make a history."""

FEWEST = 5
"""With fewer, nothing is judged."""

LEARNED = 24
"""Crawls in a row that a monitor flags before it takes what it sees for the new normal."""

LOADED = MEMORY + 2 * LEARNED
"""Crawls to be handed to :func:`judge`: so many lie between today and what may still count."""


@dataclass(frozen=True, slots=True)
class Monitor:
    name: str
    watches: str
    """In words, for documents and metrics."""
    judge: Callable[[History, CrawlCounts, Mapping[str, Feed]], Verdict]
    level: str = "fail"
    """What it says when something is wrong."""


MONITORS = (
    Monitor("feed_quiet", "time since the newest article, hours", feed_monitors.quiet),
    Monitor("feed_flood", "new articles in one category", feed_monitors.flood),
    Monitor(
        "pager_total", "change of a category's total that new articles don't explain", feed_monitors.total
    ),
    Monitor("titles", "entries without a title that had one, or should", page_monitors.titles),
    Monitor("links", "entries without a link that had one, or should", page_monitors.links),
    Monitor("sources", "entries without a source that had one, or should", page_monitors.sources),
    Monitor("view_counts", "entries without a view count that had one, or should", page_monitors.view_counts),
    Monitor("views_frozen", "share of view counts that moved since the last look", page_monitors.frozen),
    Monitor("residue", "characters a page that nothing explains", page_monitors.residue),
    Monitor("entries_missing", "share of promised entries that are not on the page", page_monitors.missing),
    Monitor("entries_per_page", "entries on a full listing page", page_monitors.per_page),
    Monitor("response_time", "median time of an answer, milliseconds", traffic_monitors.slow),
    Monitor("errors", "share of addresses that met an error", traffic_monitors.errors),
    Monitor("redirects", "share of addresses that were redirected", traffic_monitors.redirects),
    Monitor("requests_per_walk", "listing pages read beyond those needed", traffic_monitors.walks, "warn"),
    Monitor("page_bytes", "median size of a listing page, bytes", traffic_monitors.size, "warn"),
)


def judge(past: Sequence[PastCrawl], now: CrawlCounts, feeds: Mapping[str, Feed]) -> list[MonitorResult]:
    """What each monitor makes of a crawl; ``past`` oldest first."""
    return [_result(monitor, past, now, feeds) for monitor in MONITORS]


def _result(
    monitor: Monitor, past: Sequence[PastCrawl], now: CrawlCounts, feeds: Mapping[str, Feed]
) -> MonitorResult:
    if len(past) < FEWEST:
        told = f"not judged yet: {len(past)} of the {FEWEST} crawls that make a history"
        return MonitorResult(monitor.name, "ok", None, None, None, told)
    verdict = monitor.judge(history_of(monitor.name, past), now, feeds)
    level = monitor.level if verdict.wrong else "ok"
    value, low, high = _short(verdict.value), _short(verdict.low), _short(verdict.high)
    return MonitorResult(monitor.name, level, value, low, high, verdict.message)


def _learned(flags: Sequence[bool]) -> range:
    """The crawls that a monitor has flagged so often in a row that they are the new normal; none: at 0."""
    streak, learned = 0, range(0)
    for place, flagged in enumerate(flags):
        streak = streak + 1 if flagged else 0
        if streak >= LEARNED:
            learned = range(place + 1 - streak, place + 1)
    return learned


def history_of(monitor: str, past: Sequence[PastCrawl]) -> History:
    """What a monitor may compare with."""
    flags = [monitor in one.flagged for one in past]
    learned = _learned(flags)
    counted = [
        one.counts
        for place, one in enumerate(past)
        if place >= learned.start and (place in learned or not flags[place])
    ]
    normal = tuple(one.counts for one in past[learned.start : learned.stop])
    return History(tuple(counted[-MEMORY:]), tuple(one.counts for one in past[-2:]), normal)


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def broken(error: str) -> MonitorResult:
    """What is told where the monitors themselves could not be asked: silence would be worse."""
    return MonitorResult("monitors", "fail", None, None, None, f"the monitors could not be asked: {error}")
