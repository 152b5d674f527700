"""Killed at any moment, a crawl is continued by the next: nothing lost, nothing doubled.

Real processes, killed with SIGKILL at random moments.  ``YIQIHUI_SEED=…`` repeats a case.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.crawling import Field, Nursery, Running, check_archive, rows
from support.faults import Delay, Faults

from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite

KILLS = 17
"""In each of the three cases: 51 in all."""

SAME = {
    "articles": "SELECT site_id, url, title, body, source, published_at, views, body_chars, content_hash,"
    " state, excerpt, detail_at IS NOT NULL FROM articles",
    "article_versions": "SELECT a.site_id, v.version, v.title, v.body, v.content_hash, v.parser_version"
    " FROM article_versions v JOIN articles a ON a.id = v.article_id",
    "article_categories": "SELECT a.site_id, c.category, c.missing_since FROM article_categories c"
    " JOIN articles a ON a.id = c.article_id",
    "view_counts": "SELECT DISTINCT a.site_id, v.views FROM view_counts v"
    " JOIN articles a ON a.id = v.article_id",
    "residues": "SELECT text, reason FROM residues",
    "excerpts": "SELECT a.site_id, e.body FROM excerpts e JOIN articles a ON a.id = e.article_id",
    "todo": "SELECT url FROM todo",
    "absences": "SELECT article_id FROM absences",
    "categories": "SELECT name, start_url FROM categories",
    "captured": "SELECT DISTINCT url, kind, category, entries, declared_total, residue_chars, problems"
    " FROM captures WHERE kind <> 'other' AND http_status = 200",
}
"""What must be the same, row for row; ids and times legitimately differ, and a page may be fetched
twice, its first capture unread."""

CASES: dict[str, tuple[SampleSite, str, list[str]]] = {
    "from the section page": (SampleSite(), "/news/", []),
    "from a listing, compressed": (SampleSite(compress=True), "/news/list-3.html", []),
    "conditional requests, small pages": (SampleSite(etag=True, page_size=4), "/news/", ["--mode", "full"]),
}


def same_on_both_pages(site: SampleSite) -> None:
    """Which of listing and detail was read last may differ, so let both show the same."""
    for number, article in site.articles.items():
        site.articles[number] = replace(article, detail_extra=0, detail_source=None)


def content(archive: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(rows(archive, sql), key=repr) for name, sql in SAME.items()}


def kill_at_random(crawls: Field, crawl: Running, dice: random.Random) -> None:
    """At times while it starts, but mostly while it works, on a slow machine too."""
    if dice.random() < 0.15:
        time.sleep(dice.uniform(0, 0.2))
    else:
        while not crawls.server.paths and not crawl.over:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.3))
    crawl.kill()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_killed_at_random_moments(
    case: tuple[SampleSite, str, list[str]], nursery: Nursery, tmp_path: Path
) -> None:
    site, start, options = case
    same_on_both_pages(site)
    seed = int(os.environ.get("YIQIHUI_SEED", random.randrange(10**6)))
    print(f"YIQIHUI_SEED={seed}")
    dice = random.Random(seed)
    with serve(site) as server:
        calm = Field(tmp_path / "calm" / "a.db", server, nursery)
        assert calm.crawl(*options, start=start).code == 0
        killed = at_work = number = 0
        while killed < KILLS:
            number += 1
            stormy = Field(tmp_path / f"stormy-{number}" / "a.db", server, nursery)
            killed += storm(stormy, dice, KILLS - killed, [*options, "--delay", "0.01"], start)
            compare(calm.archive, stormy.archive)
            died = "SELECT count(*) FROM runs WHERE outcome = 'died' AND id IN (SELECT run_id FROM captures)"
            at_work += stormy.rows(died)[0][0]
        assert at_work > KILLS / 3, "many were killed at work"
        again = stormy.crawl(start=start)
        assert (again.code, again.err) == (0, "")
        compare(calm.archive, stormy.archive)


def storm(crawls: Field, dice: random.Random, most: int, options: list[str], start: str) -> int:
    """Start and kill until a crawl comes through; how many were killed, ``most`` at most."""
    killed = 0
    while True:
        crawls.asked()
        crawl = crawls.begin(*options, start=start)
        if killed < most:
            kill_at_random(crawls, crawl, dice)
        done = crawl.wait()
        if done.code != -signal.SIGKILL:
            assert (done.code, done.err) == (0, "")
            return killed
        killed += 1


def compare(calm: Path, stormy: Path) -> None:
    expected, got = content(calm), content(stormy)
    for name in SAME:
        assert got[name] == expected[name], name
    last = "SELECT category, certified FROM walks GROUP BY category HAVING id = max(id) ORDER BY category"
    assert rows(stormy, last) == [
        (category, 1) for (category,) in rows(calm, "SELECT name FROM categories ORDER BY name")
    ]
    assert rows(stormy, "SELECT count(*) FROM walks WHERE finished_at IS NULL") == [(0,)]
    assert {row[0] for row in rows(stormy, "SELECT outcome FROM runs")} <= {"certified", "died"}
    listings = """
        SELECT c.id FROM captures c WHERE c.kind = 'listing'
        AND c.entries <> (SELECT count(*) FROM sightings s WHERE s.capture_id = c.id)
    """
    assert rows(stormy, listings) == []
    check_archive(stormy)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_in_good_order(crawls: Field, faults: Faults, number: int) -> None:
    faults.on("/news/list.php?cat=3&page=3", Delay(0.5), nth=1)
    crawl = crawls.begin()
    wait_for(crawls, "/news/list.php?cat=3&page=3")
    crawl.kill(number)
    done = crawl.wait()
    assert done.code == 3
    assert (
        done.lines
        == [
            "社群 not certified: interrupted; the next run continues",
            "16 addresses are still to do; the next run fetches them first",
        ]
        or done.lines[0] == "社群 not certified: interrupted; the next run continues"
    )
    assert "Traceback" not in done.err
    assert crawls.rows("SELECT outcome, exit_code FROM runs") == [("interrupted", 3)]
    crawls.asked()
    assert crawls.crawl().code == 0
    asked = crawls.asked()
    assert "/news/list.php?cat=3&page=2" not in asked, "the walk goes on where it stood"
    assert crawls.rows("SELECT count(*), sum(certified) FROM walks") == [(2, 2)]
    check_archive(crawls.archive)


def test_told_to_stop_while_it_waits_for_the_site(crawls: Field, faults: Faults) -> None:
    from support.faults import Status

    faults.on("/news/list.php?cat=3&page=2", Status(503, retry_after=200))
    crawl = crawls.begin()
    wait_for(crawls, "/news/list.php?cat=3&page=2")
    time.sleep(0.3)
    crawl.kill(signal.SIGTERM)
    told = time.monotonic()
    assert crawl.wait().code == 3
    assert time.monotonic() - told < 5


def wait_for(crawls: Field, path: str) -> None:
    deadline = time.monotonic() + 30
    while path not in crawls.server.paths:
        assert time.monotonic() < deadline
        time.sleep(0.01)
