"""A news site under hourly crawls, as raw counts for the monitors: no pages, no network, a year in a second.

Its articles come by day and hardly by night, less at weekends and in a week of holidays, now and then
many at once. Views rise with the hour of the day. Answers are slow on some days, single ones fail. The
machine that crawls is off at times, and its operator crawls by hand, or a single category, or in full.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from yiqihui_spider.archive.queries.crawl_counts import MOST_TIMES
from yiqihui_spider.watch.counts import (
    CategoryCounts,
    CrawlCounts,
    Feed,
    FieldCounts,
    PastCrawl,
    ViewCounts,
    hours,
)
from yiqihui_spider.watch.monitors import LOADED, judge

ZONE = timezone(timedelta(hours=8))
BEGIN = hours(datetime(2026, 1, 5, 7, tzinfo=ZONE).isoformat())
"""A Monday morning; times are in hours."""

Times = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Size:
    page_size: int
    per_day: Mapping[str, float]
    """New articles on a working day, by category."""
    listed: int
    """Articles in each category when the first crawl comes."""


SIZES = {
    "small": Size(8, {"社群": 0.7}, 23),
    "medium": Size(20, {"社群": 6, "购物资讯": 14}, 139),
    "large": Size(20, {"社群": 60, "购物资讯": 35, "海淘": 9, "公告": 0.3}, 2400),
}


@dataclass
class HourlySite:
    size: Size
    seed: int
    trouble: frozenset[str] = frozenset()
    """What is wrong with it from now on."""
    steady: bool = False
    """One hour is like the other, by day and by night."""
    now: float = BEGIN
    feeds: dict[str, Times] = field(init=False)
    totals: dict[str, int] = field(init=False)
    crawls: int = 0
    past: list[PastCrawl] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.totals = dict.fromkeys(self.size.per_day, self.size.listed)
        self.slow_until, self.slowness = BEGIN, 1.0
        self.burst = dict.fromkeys(self.size.per_day, 0)
        self.feeds = {name: self._before(name) for name in self.size.per_day}

    def _before(self, name: str) -> Times:
        """What was published before the first crawl, newest first."""
        found: list[float] = []
        moment = self.now
        while len(found) < min(self.size.listed, 300):
            moment -= 1
            found += [moment + self.random.random() for _ in range(self._published(name, moment))]
        return [(one, self.now) for one in sorted(found, reverse=True)][: self.size.listed]

    # --- the site ---------------------------------------------------------------------------

    def pulse(self, moment: float) -> float:
        """How lively the hour is, 1 in the mean of a working day."""
        if self.steady:
            return 1.0
        day = (0.02, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.5, 1.5, 2.6, 2.6, 2.2, 1.2, 1.6, 2.2, 2.2, 2.0, 1.6,
               1.1, 0.8, 0.7, 0.5, 0.3, 0.1)  # fmt: skip
        date, hour = divmod(moment + 8, 24)
        week = 0.25 if (date + 3) % 7 >= 5 else 1.0
        holidays = 0.2 if 20 <= (moment - BEGIN) // 24 % 180 < 27 else 1.0
        return day[int(hour)] * week * holidays

    def _published(self, name: str, moment: float) -> int:
        mean = self.size.per_day[name] / 24 * self.pulse(moment)
        if self.random.random() < 0.003 * self.pulse(moment):  # a campaign: many at once
            mean += 4
        return _poisson(self.random, mean)

    def pass_time(self, length: float) -> dict[str, int]:
        """New articles by category."""
        new = dict.fromkeys(self.size.per_day, 0)
        begin = self.now
        self.now += length
        if "quiet" in self.trouble:
            return new
        for name in new:
            moments = [begin + part for part in range(int(length))] or [begin]
            for moment in moments:
                count = self._published(name, moment) if length >= 1 else 0
                new[name] += count
                spread = sorted(moment + self.random.random() for _ in range(count))
                self.feeds[name][:0] = [(min(one, self.now), self.now) for one in reversed(spread)]
            if "flood" in self.trouble:
                new[name] += 8 * self.size.page_size
                flood = [(self.now - 0.01, self.now)] * (8 * self.size.page_size)
                self.feeds[name][:0] = flood
            self.totals[name] += new[name]
            if new[name] and self.random.random() < 0.3:  # older ones are taken down
                self.totals[name] -= self.random.randint(1, 2)
        return new

    # --- a crawl ------------------------------------------------------------------------------

    def crawl(self) -> CrawlCounts:
        self.crawls += 1
        length = self._pause()
        new = self.pass_time(length)
        names = list(self.size.per_day)
        if self.random.random() < 0.03:
            names = [self.random.choice(names)]
        first = self.crawls == 1
        full = first or self.crawls % 168 == 0 or self.random.random() < 0.004
        interrupted = not first and self.random.random() < 0.006
        walks = {name: self._walk(name, new, first, full, interrupted) for name in names}
        pages = sum(one.pages for one in walks.values())
        spoilt = self.trouble
        promised = pages * self.size.page_size - (self.size.page_size // 2 if full else 0)
        counts = CrawlCounts(
            at=_iso(self.now),
            interrupted=interrupted,
            elapsed_ms=self._elapsed(),
            page_bytes=self.random.gauss(1, 0.06) * self.size.page_size * 2000,
            pages=pages,
            residue_chars=pages * 40 if "residue" in spoilt else 0,
            promised=promised,
            short=promised // 2 if "half" in spoilt else 0,
            full_page=self.size.page_size / (2 if "pages" in spoilt else 1),
            fields=self._fields(walks, first),
            views=self._views(names, length, first),
            categories=walks,
            **self._traffic(pages, len(names)),
        )
        if "total" in spoilt:
            walks = {name: replace(one, total=3 * (one.total or 0)) for name, one in walks.items()}
            counts = replace(counts, categories=walks)
        return counts

    def _pause(self) -> float:
        chance = self.random.random()
        if chance < 0.004:
            return float(self.random.randint(20, 90))  # the machine was off
        if chance < 0.012:
            return 0.05  # by hand, right after the last
        return 1.0

    def _walk(
        self, name: str, new: dict[str, int], first: bool, full: bool, interrupted: bool
    ) -> CategoryCounts:
        size, total = self.size.page_size, self.totals[name]
        pages = -(-total // size)
        need = pages + 1 if full else 2 + new[name] // size
        return CategoryCounts(
            mode="full" if full else "incremental",
            pages=1 if interrupted else need + (self.random.random() < 0.02),
            declared_pages=pages,
            page_size=size,
            total=total,
            spread=self.random.random() < 0.02,
            new=total if first else new[name],
            first=first,
            finished=not interrupted,
            certified=not interrupted and self.random.random() > 0.02,
            newest=_iso(self.feeds[name][0][0]),
        )

    def _elapsed(self) -> float:
        if self.now > self.slow_until and self.random.random() < 0.01:
            self.slow_until, self.slowness = self.now + 24, self.random.uniform(1.5, 3)
        factor = self.slowness if self.now < self.slow_until else 1.0
        return 180 * factor * self.random.lognormvariate(0, 0.25) * (12 if "slow" in self.trouble else 1)

    def _traffic(self, pages: int, categories: int) -> dict[str, int]:
        addresses = pages + 1
        failing = 0.8 if "errors" in self.trouble else 0.006
        led = 0.9 if "redirects" in self.trouble else 0.0
        return {
            "addresses": addresses,
            "troubled": sum(self.random.random() < failing for _ in range(addresses)),
            "redirected": min(
                addresses, categories // 2 + sum(self.random.random() < led for _ in range(addresses))
            ),
        }

    def _fields(self, walks: Mapping[str, CategoryCounts], first: bool) -> dict[str, FieldCounts]:
        new = sum(one.new for one in walks.values())
        known = 0 if first else sum(one.pages - 1 for one in walks.values()) * self.size.page_size
        shares = {"title": 1.0, "url": 1.0, "source": 0.6, "views": 1.0}
        found = {}
        for name, share in shares.items():
            spoilt = name in self.trouble
            had = sum(self.random.random() < share for _ in range(known))
            lost = had if spoilt else int(had > 0 and self.random.random() < 0.01)
            bare = new if spoilt else sum(self.random.random() >= share for _ in range(new))
            found[f"listing/{name}"] = FieldCounts(had, lost, new, bare)
        return found

    def _views(self, names: list[str], length: float, first: bool) -> ViewCounts:
        compared = 0 if first else len(names) * self.size.page_size
        lively = min(1.0, 0.15 + 0.5 * self.pulse(self.now)) * (1 if length >= 1 else 0.02)
        moved = 0.0 if "frozen" in self.trouble else lively * self.random.uniform(0.6, 1)
        return ViewCounts(compared, sum(self.random.random() < moved for _ in range(compared)), length)

    # --- with the monitors ----------------------------------------------------------------------

    def live(self, crawls: int) -> Iterator[dict[str, str]]:
        """Crawl so often; after each, the monitors that are not ok, with what they say."""
        for _ in range(crawls):
            counts = self.crawl()
            feeds = {name: Feed(tuple(self.feeds[name][:MOST_TIMES])) for name in counts.categories}
            results = judge(self.past[-LOADED:], counts, feeds)
            alarms = {one.monitor: one.message for one in results if one.level != "ok"}
            self.past.append(PastCrawl(counts, frozenset(alarms)))
            yield alarms


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(3600 * moment, ZONE).isoformat()


def _poisson(source: random.Random, mean: float) -> int:
    count, chance = 0, source.random()
    limit = term = 2.718281828459045**-mean
    while chance > limit and count < 1000:
        count += 1
        term *= mean / count
        limit += term
    return count
