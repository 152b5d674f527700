"""Monitors of what stands on the pages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from math import prod, sqrt
from statistics import median

from yiqihui_spider.watch.chance import SURPRISE
from yiqihui_spider.watch.counts import CrawlCounts, Feed, FieldCounts
from yiqihui_spider.watch.history import History, ShareRule, Verdict, not_measured

Feeds = Mapping[str, Feed]
FEWEST = 5
"""Crawls that measured a thing, before it is judged."""

DAY = 24.0
ABOUT = 1.5
"""Hours that count as the same time of day."""

ONE_PAGE = 0.75
"""A full listing page holds the same number of entries for years: fewer than three quarters of the
fewest ever seen is another page."""


# --- titles, links, sources, view counts ------------------------------------------------------


def _field(name: str, word: str) -> Callable[[History, CrawlCounts, Feeds], Verdict]:
    def judge(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
        verdicts = [_one_kind(f"{kind}/{name}", word, kind, history, now) for kind in ("listing", "article")]
        wrong = [one for one in verdicts if one.wrong]
        return (wrong or [one for one in verdicts if one.value is not None] or verdicts)[0]

    return judge


def _one_kind(key: str, word: str, kind: str, history: History, now: CrawlCounts) -> Verdict:
    """Articles that an earlier crawl saw with a title, say, hardly ever lose it; of new ones, it takes
    more of them to say that something is gone, as some sites name a source only now and then."""

    def counts(crawl: CrawlCounts) -> FieldCounts:
        return crawl.fields.get(key, FieldCounts())

    pages = "listing" if kind == "listing" else "article"
    lost = ShareRule(
        lambda crawl: (counts(crawl).lost, counts(crawl).had),
        f"{{count}} of {{all}} known entries of {pages} pages have lost their {word}",
    )
    bare = ShareRule(
        lambda crawl: (counts(crawl).bare, counts(crawl).new),
        f"{{count}} of {{all}} new entries of {pages} pages have no {word}",
        least=FEWEST,
        part=1.0,
    )
    of_known, of_new = lost.judge(history, now), bare.judge(history, now)
    return of_new if of_known.value is None or (of_new.wrong and not of_known.wrong) else of_known


titles = _field("title", "title")
links = _field("url", "link")
sources = _field("source", "source")
view_counts = _field("views", "view count")


# --- entries ----------------------------------------------------------------------------------

_MISSING = ShareRule(
    lambda crawl: (crawl.short, crawl.promised), "{count} of {all} promised entries are missing", least=2
)


def missing(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    return _MISSING.judge(history, now)


def per_page(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    past = [one.full_page for one in history.crawls if one.full_page is not None]
    if now.full_page is None or len(past) < FEWEST:
        return not_measured("no full listing page" if now.full_page is None else "too few full pages so far")
    low = ONE_PAGE * min(past)
    told = f"{now.full_page:g} entries on a full page; usual: {median(past):g}"
    return Verdict(now.full_page < low, now.full_page, low, None, told)


def residue(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    if not now.pages:
        return not_measured("no page was read")
    past = [one.residue_chars / one.pages for one in history.crawls if one.pages]
    value, high = now.residue_chars / now.pages, 2 * max(past, default=0.0)
    told = f"{now.residue_chars} characters on {now.pages} pages are residue: nothing explains them"
    return Verdict(value > high, value, 0.0, high, told if now.residue_chars else "no residue")


# --- views ------------------------------------------------------------------------------------


def frozen(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    """No view count moves any more, for longer than chance and the hour of the day explain."""
    usual_hours = median([one.views.hours for one in history.crawls if one.views.compared] or [0.0])

    def comparable(crawl: CrawlCounts) -> bool:
        return crawl.views.compared > 0 and crawl.views.hours >= usual_hours / 2

    if not comparable(now):
        return not_measured("no counts to compare, or too soon after the last look")
    share = _moved(now)
    told = f"{now.views.changed} of {now.views.compared} view counts moved since the last look"
    still = [now, *takewhile(lambda one: not one.views.changed, reversed(_looks(history, comparable)))]
    past = [one for one in history.crawls if comparable(one) and all(one is not other for other in still)]
    if now.views.changed or len(past) < FEWEST:
        return Verdict(False, share, None, None, told)
    usual = _slowest(past, len(still))
    wrong = _is_no_chance(still, past, usual)
    if wrong:
        looked = sum(one.views.compared for one in still)
        told = f"none of {looked} view counts moved in {len(still)} crawls in a row: views are frozen"
    return Verdict(wrong, share, usual, None, told)


def _is_no_chance(still: Sequence[CrawlCounts], past: Sequence[CrawlCounts], usual: float) -> bool:
    """Whether so many counts hardly ever stand still so often."""
    chance = prod((1 - _expected(usual, past, one)) ** one.views.compared for one in still)
    # a single look may have met a page that was kept for an hour
    return len(still) > 1 and chance < SURPRISE


def _moved(crawl: CrawlCounts) -> float:
    return crawl.views.changed / crawl.views.compared


def _expected(usual: float, past: Sequence[CrawlCounts], now: CrawlCounts) -> float:
    """The least share of counts that should have moved, careful of nights and weekends: at any time the
    least so far (half of it, or a tenth, where no night was seen yet), and half of the least that this hour
    of the day moved."""
    if past[-1].hour - past[0].hour < DAY:
        return usual / (10 if now.hour - past[-1].hour > 1 else 2)
    at_this_hour = [
        _moved(one) for one in past if abs((one.hour - now.hour + DAY / 2) % DAY - DAY / 2) < ABOUT
    ]
    return max(usual, min(at_this_hour, default=0.0) / 2)


def _looks(history: History, comparable: Callable[[CrawlCounts], bool]) -> list[CrawlCounts]:
    """The crawls that compared views, those right before this one whatever was found of them."""
    return [one for one in (*history.settled, *history.last) if comparable(one)]


def _slowest(past: Sequence[CrawlCounts], crawls: int) -> float:
    """The lowest share of counts that moved in so many crawls in a row, less what chance adds to it."""
    crawls = min(crawls, len(past))
    windows = [past[start : start + crawls] for start in range(len(past) - crawls + 1)]
    return min(
        _at_least(sum(one.views.changed for one in window)) / sum(one.views.compared for one in window)
        for window in windows
    )


def _at_least(count: int) -> float:
    """What a count of so many may well have been without luck."""
    return max(0.0, count - sqrt(count))
