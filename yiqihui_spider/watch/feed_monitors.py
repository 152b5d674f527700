"""Monitors of what the site publishes: too little, too much, or a total that says otherwise. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log, sqrt

from yiqihui_spider.watch.chance import SURPRISE
from yiqihui_spider.watch.counts import CategoryCounts, CrawlCounts, Feed, hours
from yiqihui_spider.watch.history import History, Verdict, not_measured

Feeds = Mapping[str, Feed]
Times = Sequence[tuple[float, float]]

FEWEST = 5

AHEAD = 24.0
"""Hours. What is dated further into the future than this says nothing."""

DAY = 24.0

WEEK = 7
"""A bound is believed if the past that it comes from is at least so many times as long: only who has seen
weekends judges one."""

SOON = 3.0
"""Hours since the last crawl for which those before it say what is usual."""

IN_A_ROW = 3
"""Crawls without anything new that are told of, where none before was without."""

ALL_FEEDS = ""


# --- quiet ------------------------------------------------------------------------------------


def quiet(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    """Nothing new for longer than the times of publication in the archive lead to expect."""
    walked = {name for name, one in now.categories.items() if one.finished}
    heard = {name: _known(feeds[name], now.hour) for name in walked if name in feeds}
    if len(heard) > 1:
        heard = {ALL_FEEDS: sorted(set().union(*heard.values()), reverse=True), **heard}
    judged = [one for name, times in heard.items() if (one := _silence(name, times, history, now))]
    if not judged:
        return _by_crawls(history, now)
    return max(judged, key=lambda one: (one.wrong, (one.value or 0) / (one.high or 1)))


def _known(feed: Feed, now: float) -> Times:
    return [pair for pair in feed.times if pair[0] <= now + AHEAD]


def _silence(name: str, times: Times, history: History, now: CrawlCounts) -> Verdict | None:
    """None where the times don't speak: too few, of less than a day, or the newest was old news when it
    was first seen."""
    gaps = [gap for later, earlier in pairwise(times) if (gap := later[0] - earlier[0]) > 0]
    spanned = times[0][0] - times[-1][0] if times else 0.0
    if len(gaps) < FEWEST or spanned < DAY:  # so busy that the times we look at know no night
        return None
    published, seen = times[0]
    longest = max(gaps)
    if not -AHEAD <= seen - published <= longest:
        return None
    value = now.hour - published
    unheard_of = stretch(len(gaps)) * longest
    high = max([unheard_of, *(2 * one for one in _learned(name, history))])
    wrong = value > high and spanned >= WEEK * unheard_of
    where = f"{name}: " if name else ""
    told = f"{where}newest article {_length(value)} old; longest silence so far: {_length(longest)}"
    return Verdict(wrong, value, 0.0, high, f"{told}: the feed has gone quiet" if wrong else told)


def stretch(gaps: int) -> float:
    """How many times the longest of so many silences a silence must be, to be no chance: of n
    exponential ones the longest is about ln(n) means long.

    >>> round(stretch(20), 1), round(stretch(139), 1), stretch(10_000)
    (4.6, 2.8, 2.0)
    """
    return max(2.0, -log(SURPRISE / 10) / log(gaps))


def _learned(name: str, history: History) -> list[float]:
    """Silences that were told of so often that they are the new normal."""
    known = [
        one.hour - hours(walk.newest)
        for one in history.learned
        for category, walk in one.categories.items()
        if walk.newest and name in (ALL_FEEDS, category)
    ]
    return [max(known)] if known else []


def _by_crawls(history: History, now: CrawlCounts) -> Verdict:
    """Where the site's dates don't go with the clock: crawls in a row without anything new."""
    if not _finished(now):
        return not_measured("no walk was finished")
    past = [one for one in history.crawls if _finished(one)]
    silent = 0 if _new(now) else 1 + _streak([_new(one) for one in past])
    before = past[: len(past) - silent + 1] if silent else past
    if len(before) < FEWEST or not silent:
        return Verdict(False, silent, 0.0, None, f"{_new(now)} new articles")
    told = f"{silent} crawls in a row without a new article"
    wrong = _too_quiet(silent, before, now)
    return Verdict(wrong, silent, 0.0, None, f"{told}: the feed has gone quiet" if wrong else told)


def _too_quiet(silent: int, before: Sequence[CrawlCounts], now: CrawlCounts) -> bool:
    counts = [_new(one) for one in before]
    empty = counts.count(0)
    lasts = now.hour - before[-1].hour > 1
    if lasts and before[-1].hour - before[0].hour < DAY:
        return False  # it may be night, and no night was seen yet
    chance = 1.0
    for step in range(silent):  # of one more empty crawl, after those before
        chance *= (empty + step + 1) / (len(counts) + step + 2)
    if not empty:
        return silent >= IN_A_ROW
    return chance < SURPRISE and silent > 2 * _longest_empty(counts)


def _streak(counts: Sequence[int]) -> int:
    return next((place for place, count in enumerate(reversed(counts)) if count), len(counts))


def _longest_empty(counts: Sequence[int]) -> int:
    longest = streak = 0
    for count in counts:
        streak = 0 if count else streak + 1
        longest = max(longest, streak)
    return longest


def _finished(crawl: CrawlCounts) -> bool:
    return any(one.finished and not one.first for one in crawl.categories.values())


def _new(crawl: CrawlCounts) -> int:
    return sum(one.new for one in crawl.categories.values() if not one.first)


def _length(hours: float) -> str:
    """
    >>> _length(0.25), _length(7.04), _length(100)
    ('15 min', '7 h', '4.2 days')
    """
    if hours < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.1f} days"


# --- flood ------------------------------------------------------------------------------------


def flood(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    """More new articles in one category than ever in a crawl, and than were ever published in such a time."""
    judged = [
        one
        for name, walk in now.categories.items()
        if not walk.first and (one := _flooded(name, walk, history, now, feeds.get(name, Feed())))
    ]
    if not judged:
        return not_measured("no category with a past of its own")
    return max(judged, key=lambda one: (one.value or 0) / (one.high or 1))


def _flooded(
    name: str, walk: CategoryCounts, history: History, now: CrawlCounts, feed: Feed
) -> Verdict | None:
    past = [(crawl, crawl.categories[name]) for crawl in history.crawls if name in crawl.categories]
    counts = [one.new for _, one in past if not one.first]
    if len(counts) < FEWEST:
        return None
    complete = [pair for pair in past if pair[1].certified] or past
    since = now.hour - complete[-1][0].hour
    recent = history.crawls[-3].hour
    known = [pair for pair in _known(feed, now.hour) if pair[1] < recent]
    busiest = _busiest_known(known, since, a_day=now.hour - past[0][0].hour >= DAY)
    if busiest is None:
        return None
    usual = max(_most_in(since + 1, past) or max(counts), busiest)
    high = _ceiling(usual)
    told = f"{name}: {walk.new} new articles; most so far: {usual}"
    wrong = walk.new > high
    return Verdict(wrong, walk.new, 0.0, high, f"{told}: a flood" if wrong else told)


def _busiest_known(known: Times, since: float, *, a_day: bool) -> int | None:
    """The most articles that came out in as many hours, by their times; 0 where those tell nothing of
    when they are listed, or do not reach back far enough and the crawls of ``a_day`` tell enough; else None:
    what so long a time, or this hour of the day, brings is not known."""
    if not _follows_the_clock(known) and since <= DAY:
        return 0
    window = max(since, 0.0) + 1
    if known and known[0][0] - known[-1][0] >= WEEK * window:
        return _busiest([pair[0] for pair in known], window)
    return 0 if since <= SOON and a_day else None


def _most_in(hours: float, past: Sequence[tuple[CrawlCounts, CategoryCounts]]) -> int:
    """The most new articles in a crawl that came so soon after the one before; 0 if hardly any did. What
    piled up while nobody looked is no measure for an hour."""
    counts = [walk.new for (before, _), (crawl, walk) in pairwise(past) if crawl.hour - before.hour <= hours]
    return max(counts) if len(counts) >= FEWEST else 0


def _ceiling(usual: int) -> float:
    """Twice the most so far, and what chance adds to a count of that size.

    >>> _ceiling(1), _ceiling(25)
    (9.0, 73.0)
    """
    usual = max(usual, 1)
    return 2 * usual + 4 * sqrt(usual) + 3


def _follows_the_clock(times: Times) -> bool:
    """Whether articles were new when they were first seen, in the main."""
    gaps = [(later[0] - earlier[0]) for later, earlier in pairwise(times)]
    if len(gaps) < FEWEST:
        return False
    newest = times[:FEWEST]
    fresh = sum(-AHEAD <= seen - published <= max(gaps) for published, seen in newest)
    return 2 * fresh > len(newest)


def _busiest(published: Sequence[float], window: float) -> int:
    """The most articles published within such a time; ``published`` newest first."""
    most = start = 0
    for end, earlier in enumerate(published):
        while published[start] - earlier > window:
            start += 1
        most = max(most, end - start + 1)
    return most


# --- the pager's total ------------------------------------------------------------------------


def total(history: History, now: CrawlCounts, feeds: Feeds) -> Verdict:
    """A category's total changed by much more than the new articles explain."""
    judged = [one for name in now.categories if (one := _jump(name, history, now))]
    if not judged:
        return not_measured("no category with an earlier total")
    return max(judged, key=lambda one: (one.value or 0) / (one.high or 1))


def _jump(name: str, history: History, now: CrawlCounts) -> Verdict | None:
    changes = _changes(name, history, now)
    if len(changes) < FEWEST or not _told(now, name):
        return None
    before, after, unexplained = changes[-1]
    usual = max(one[2] for one in changes[:-1])
    walk = now.categories[name]
    value, high = max(unexplained, walk.spread - walk.new), 2 * sqrt(max(before, after)) + 2 * usual
    told = f"{name}: total {before:,} → {after:,}, of which {value:,} not by new articles"
    wrong = value > high
    return Verdict(wrong, value, 0.0, high, f"{told}: the pager's total jumps" if wrong else told)


def _changes(name: str, history: History, now: CrawlCounts) -> list[tuple[int, int, int]]:
    """From each total to the next: both, and what the new articles in between don't explain."""
    found: list[tuple[int, int, int]] = []
    before: int | None = None
    new = 0
    # What was left out of the history found articles all the same.
    for counts, crawl in [*((True, one) for one in history.crawls), *history.left_out, (True, now)]:
        walk = crawl.categories.get(name)
        new += walk.new if walk else 0
        if walk and counts and _told(crawl, name):
            after = walk.total or 0
            if before is not None:
                # Articles that were found late explain a rise, but call for none.
                found.append((before, after, max(after - before - new, before - after, 0)))
            before, new = after, 0
    return found


def _told(crawl: CrawlCounts, name: str) -> bool:
    walk = crawl.categories.get(name)
    return walk is not None and walk.total is not None and walk.finished and not crawl.interrupted
