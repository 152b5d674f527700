"""Monitors of how the site answers, and how much is asked of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, exp, log
from statistics import median

from yiqihui_spider.watch.chance import quantile
from yiqihui_spider.watch.counts import CategoryCounts, CrawlCounts, Feed
from yiqihui_spider.watch.history import History, ShareRule, Verdict, not_measured

Feeds = Mapping[str, Feed]
FEWEST = 5

QUICK_MS = 200.0
"""Nobody need be told that answers take a fifth of a second."""

FAR = 6.0
"""Times the usual response time that are slow, however it varies."""

SPREAD = 0.25
"""The least spread of response times (of their logarithms) that is reckoned with: a few quick answers
in a row say little about a slow day."""


def _usual(past: Sequence[float]) -> tuple[float, float]:
    """How long an answer takes, and how long at most."""
    logs = [log(one) for one in past]
    middle = median(logs)
    spread = 1.4826 * median([abs(one - middle) for one in logs])
    far = exp(middle) * min(exp(6 * max(spread, SPREAD)), FAR)
    return exp(middle), max(far, 2 * quantile(past, 0.9), QUICK_MS)


def slow(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    """Answers take longer than ever, and took so already in the crawl before."""
    past = [one.elapsed_ms for one in history.settled if one.elapsed_ms]
    if not now.elapsed_ms or len(past) < FEWEST - 2:
        return not_measured("no answer timed" if not now.elapsed_ms else "too few crawls with times")
    usual, high = _usual(past)
    before = history.last[-1].elapsed_ms if history.last else None
    wrong = now.elapsed_ms > high and before is not None and before > high
    told = f"an answer takes {now.elapsed_ms:.0f} ms; usual: {usual:.0f} ms"
    if now.elapsed_ms > high and not wrong:
        told += " (told as slow if the next crawl finds it so)"
    return Verdict(wrong, now.elapsed_ms, 0.0, high, told)


_ERRORS = ShareRule(
    lambda crawl: (crawl.troubled, crawl.addresses), "{count} of {all} addresses met an error", lasting=True
)
_REDIRECTS = ShareRule(
    lambda crawl: (crawl.redirected, crawl.addresses), "{count} of {all} addresses were redirected"
)


def errors(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    return _ERRORS.judge(history, now)


def redirects(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    return _REDIRECTS.judge(history, now)


def walks(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    """Walks read more pages than their news and their mode explain."""
    past = [_beyond(one) for one in history.crawls if one.categories]
    if not now.categories or len(past) < FEWEST:
        return not_measured("no walk" if not now.categories else "too few crawls with walks")
    value, high = _beyond(now), 2 * max(past) + 5
    return Verdict(value > high, value, None, high, f"{value} listing pages more than needed in one walk")


def _beyond(crawl: CrawlCounts) -> int:
    return max((one.pages - _needed(one) for one in crawl.categories.values()), default=0)


def _needed(walk: CategoryCounts) -> int:
    if walk.mode == "full" or not walk.page_size:
        return walk.declared_pages + 1
    return ceil(walk.new / walk.page_size) + 2


def size(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    past = [one.page_bytes for one in history.crawls if one.page_bytes]
    if not now.page_bytes or len(past) < FEWEST:
        return not_measured("no listing page came" if not now.page_bytes else "too few listing pages so far")
    low, high = min(past) / 3, max(past) * 3
    told = f"a listing page has {now.page_bytes:,.0f} bytes; usual: {median(past):,.0f}"
    return Verdict(not low <= now.page_bytes <= high, now.page_bytes, low, high, told)
