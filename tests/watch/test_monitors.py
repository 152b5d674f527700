"""The monitors over a simulated year: not one alarm in quiet hours, and every trouble named at once.

``make monitors`` does the same with many more sites.
"""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from functools import cache

import pytest
from support.hourly_site import SIZES, HourlySite, Size

from yiqihui_spider.watch.counts import CategoryCounts, CrawlCounts, Feed, FieldCounts, PastCrawl, ViewCounts
from yiqihui_spider.watch.monitors import FEWEST, LEARNED, MONITORS, judge

ALL = os.environ.get("MONITORS") == "all"
SEEDS = range(1, 21) if ALL else range(1, 2)

TROUBLE = {
    "flood": "feed_flood",
    "total": "pager_total",
    "title": "titles",
    "url": "links",
    "source": "sources",
    "views": "view_counts",
    "residue": "residue",
    "half": "entries_missing",
    "pages": "entries_per_page",
    "slow": "response_time",
    "errors": "errors",
    "redirects": "redirects",
    "frozen": "views_frozen",
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("size", "crawls"), [("small", 1000), ("medium", 1000), ("large", 1000 if ALL else 400)]
)
def test_a_thousand_quiet_hours_raise_no_alarm(size: str, crawls: int, seed: int) -> None:
    site = HourlySite(SIZES[size], seed)
    alarms = [(number, alarm) for number, alarm in enumerate(site.live(crawls)) if alarm]
    assert alarms == []


@cache
def lived(size: str, age: int, seed: int) -> HourlySite:
    site = HourlySite(SIZES[size], seed)
    for _ in site.live(age):
        pass
    return site


LITTLE = {
    "small": {"frozen", "slow", "errors"},
    "medium": {"frozen"} if ALL else set(),
    "large": {"slow"} if ALL else set(),
}
"""What cannot always be told from chance so soon: a night's few counts that stand still, answers on a day
when they vary, three addresses."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("size", "age"),
    [("small", 6), ("small", 29), ("medium", 6), ("medium", 29), ("medium", 99), ("large", 29)],
)
def test_trouble_is_named_within_three_crawls(size: str, age: int, seed: int) -> None:
    unnamed = []
    for trouble in TROUBLE.keys() - LITTLE[size]:
        site = copy.deepcopy(lived(size, age, seed))
        site.trouble = frozenset({trouble})
        if not any(TROUBLE[trouble] in alarms for alarms in site.live(3)):
            unnamed.append(trouble)
    assert unnamed == []


@pytest.mark.parametrize("size", ["medium", "large"])
def test_a_feed_that_has_gone_quiet_is_named(size: str) -> None:
    site = copy.deepcopy(lived(size, 99, 1))
    site.trouble = frozenset({"quiet"})
    named = [crawl for crawl, alarms in enumerate(site.live(300)) if "feed_quiet" in alarms]
    # A night is nothing; a week without a word is.
    assert 20 < named[0] < 200
    assert named[:LEARNED] == list(range(named[0], named[0] + LEARNED))


@pytest.mark.parametrize(("an_hour", "late"), [(10, 2), (20, 1)])
def test_a_steady_feed_that_falls_silent_or_floods_is_named_at_once(an_hour: int, late: int) -> None:
    lived = HourlySite(Size(20, {"社群": 24.0 * an_hour}, 300), 1, steady=True)
    assert not any(lived.live(57))
    named = {}
    for trouble, monitor in (("quiet", "feed_quiet"), ("flood", "feed_flood")):
        site = copy.deepcopy(lived)
        site.trouble = frozenset({trouble})
        told = [monitor in alarms for alarms in site.live(3)]
        named[trouble] = told.index(True)
    assert named["flood"] == 0
    assert named["quiet"] <= late


def test_a_feed_so_busy_that_its_times_know_no_night_is_not_called_quiet_at_night() -> None:
    hour = PAST[-1].hour + 1
    minutes = Feed(tuple((hour - 5 - minute / 60, hour - 4.9 - minute / 60) for minute in range(1000)))
    assert alarms(PAST, quiet(30), minutes) == {}


def test_before_five_crawls_nothing_is_judged() -> None:
    site = HourlySite(SIZES["medium"], 3)
    site.trouble = frozenset({"residue"})
    counts = [site.crawl() for _ in range(FEWEST)]
    results = judge([PastCrawl(one) for one in counts[:-1]], counts[-1], {})
    assert {one.level for one in results} == {"ok"}
    assert {one.message for one in results} == {"not judged yet: 4 of the 5 crawls that make a history"}
    assert [one.monitor for one in results] == [one.name for one in MONITORS]


def test_what_lasts_is_learned_and_its_end_is_no_alarm() -> None:
    site = copy.deepcopy(lived("medium", 29, 2))
    site.trouble = frozenset({"residue"})
    told = ["residue" in alarms for alarms in site.live(60)]
    assert told == [True] * LEARNED + [False] * (60 - LEARNED)
    site.trouble = frozenset()
    assert not any("residue" in alarms for alarms in site.live(40))
    site.trouble = frozenset({"residue"})
    assert [alarms.get("residue") for alarms in site.live(1)] != [None]


def quiet(hour: int, **changes: object) -> CrawlCounts:
    """A crawl that found all as ever on one page of twenty."""
    entries = FieldCounts(had=20)
    counts = CrawlCounts(
        at=f"2026-03-{1 + hour // 24:02d}T{hour % 24:02d}:00:00+00:00",
        addresses=3, elapsed_ms=150, page_bytes=40_000, pages=1, promised=20, full_page=20,
        fields={f"listing/{name}": entries for name in ("title", "source", "url", "views")},
        views=ViewCounts(20, 18, 1.0),
        categories={"社群": CategoryCounts("incremental", 1, 7, 20, 139, finished=True, certified=True)},
    )  # fmt: skip
    return replace(counts, **changes)  # type: ignore[arg-type]


def alarms(past: list[CrawlCounts], now: CrawlCounts, feed: Feed | None = None) -> dict[str, str]:
    results = judge([PastCrawl(one) for one in past], now, {"社群": feed or Feed()})
    return {one.monitor: one.level for one in results if one.level != "ok"}


PAST = [quiet(hour) for hour in range(30)]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, {}),
        ({"troubled": 1}, {}),
        ({"troubled": 3}, {}),  # one bad moment of three addresses
        ({"redirected": 1}, {}),
        ({"residue_chars": 12}, {"residue": "fail"}),
        ({"short": 1}, {}),
        ({"short": 10}, {"entries_missing": "fail"}),
        ({"full_page": 16}, {}),
        ({"full_page": 10}, {"entries_per_page": "fail"}),
        ({"elapsed_ms": 60_000}, {}),  # once is not for long
        ({"page_bytes": 4_000}, {"page_bytes": "warn"}),
        ({"fields": {"listing/title": FieldCounts(had=20, lost=2)}}, {}),
        ({"fields": {"listing/title": FieldCounts(had=20, lost=20)}}, {"titles": "fail"}),
        ({"fields": {"listing/source": FieldCounts(had=1, lost=1)}}, {}),  # little data
        ({"fields": {"article/url": FieldCounts(had=5, lost=5)}}, {}),  # of a kind that was never there
        ({"views": ViewCounts(20, 0, 0.02)}, {}),  # by hand, a minute after the last
        ({"views": ViewCounts(20, 0, 1.0)}, {}),
        ({"views": ViewCounts(), "fields": {}, "pages": 0, "promised": 0, "categories": {}}, {}),  # all 304
    ],
)  # fmt: skip
def test_one_crawl_against_thirty(changes: dict[str, object], named: dict[str, str]) -> None:
    assert alarms(PAST, quiet(30, **changes)) == named


def walk(**changes: object) -> dict[str, CategoryCounts]:
    return {"社群": replace(PAST[0].categories["社群"], **changes)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (walk(total=145, new=6), {}),
        (walk(total=130), {}),  # nine were taken down
        (walk(total=1390), {"pager_total": "fail"}),
        (walk(total=13), {"pager_total": "fail"}),
        (walk(spread=600), {"pager_total": "fail"}),  # from page to page
        (walk(total=1390, finished=False), {}),  # nobody knows what came in between
        (walk(new=60, total=199), {"feed_flood": "fail"}),
        (walk(new=60, total=199, first=True), {}),
        (walk(pages=9, mode="full"), {}),
        (walk(pages=40, mode="full"), {"requests_per_walk": "warn"}),
        ({"新栏目": CategoryCounts("full", 90, 89, 20, 1780, new=1780, first=True, finished=True)}, {}),
    ],
)  # fmt: skip
def test_one_walk_against_thirty(changes: dict[str, CategoryCounts], named: dict[str, str]) -> None:
    assert alarms(PAST, quiet(30, categories=changes)) == named


def test_slow_answers_are_told_in_the_second_crawl() -> None:
    slow = [quiet(30, elapsed_ms=4_000), quiet(31, elapsed_ms=5_000)]
    assert alarms(PAST, slow[0]) == {}
    assert alarms([*PAST, slow[0]], slow[1]) == {"response_time": "fail"}


def test_an_import_of_articles_in_between_is_no_flood_and_no_jump() -> None:
    # Three articles came by a dump before the crawl met them: they are new to crawls all the same.
    assert alarms(PAST, quiet(30, categories=walk(total=142, new=3))) == {}


def test_silence_is_judged_by_a_past_that_is_long_enough() -> None:
    hour = PAST[-1].hour + 1
    daily = Feed(tuple((hour - 30 - 24 * day, hour - 29.5 - 24 * day) for day in range(100)))
    assert alarms(PAST, quiet(30), daily) == {}
    silent = Feed(tuple((hour - 100 - 24 * day, hour - 99.5 - 24 * day) for day in range(100)))
    assert alarms(PAST, quiet(30), silent) == {"feed_quiet": "fail"}
    young = Feed(silent.times[:7])
    assert alarms(PAST, quiet(30), young) == {}
    stale = Feed(tuple((published - 10_000, seen) for published, seen in silent.times))
    assert alarms(PAST, quiet(30), stale) == {}  # it was quiet long before anybody looked


def test_counts_of_another_version_are_read() -> None:
    assert CrawlCounts.of(
        {"at": "2026-03-01T00:00:00+00:00", "colour": "red", "views": {"compared": 3, "x": 1}}
    ) == (CrawlCounts(at="2026-03-01T00:00:00+00:00", views=ViewCounts(compared=3)))
