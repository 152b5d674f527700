"""Answers that look right and are not, and what must not be concluded from them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from support.archive_rows import add_run, archive
from support.crawling import Field
from support.faults import Faults, Instead, Tamper
from support.hui import HUI

from yiqihui_spider.archive.state import categories
from yiqihui_spider.crawl.frontier import Frontier
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.sample.site import Response, SampleSite

HEAD = {"社群": "/news/list.php?cat=3&page=1", "购物资讯": "/news/list.php?cat=5&page=1"}


def states(crawls: Field) -> set[str]:
    return {row[0] for row in crawls.rows("SELECT DISTINCT state FROM articles")}


def addresses(crawls: Field) -> dict[str, str]:
    found = crawls.rows("SELECT name, start_url FROM categories")
    return {name: url.removeprefix(crawls.home) for name, url in found}


# --- one page in place of another ----------------------------------------------------------------


@pytest.mark.parametrize("category", ["社群", "购物资讯"])
def test_a_listing_once_in_place_of_the_section_page(crawls: Field, faults: Faults, category: str) -> None:
    """What it taught, that a category starts at the section's address, is unlearned by the next run."""
    faults.on("/news/", Instead(HEAD[category]), nth=1)
    assert crawls.crawl().code in (3, 4)
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert addresses(crawls) == HEAD
    assert {walk["category"] for walk in done.report["walks"]} == set(HEAD)


def test_another_category_once_in_place_of_the_one_asked_for(crawls: Field, faults: Faults) -> None:
    for path in (HEAD["社群"], HEAD["购物资讯"]):
        faults.on(path, Instead(HEAD["购物资讯" if path == HEAD["社群"] else "社群"]), nth=1)
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert addresses(crawls) == HEAD
    assert crawls.rows("SELECT category, certified FROM walks ORDER BY category") == [
        ("社群", 1),
        ("购物资讯", 1),
    ]


def test_a_category_that_really_has_another_name_now(crawls: Field, site: SampleSite) -> None:
    assert crawls.crawl("--no-details").code == 0
    site.categories["群聊"] = site.categories.pop("社群")
    site.listings["群聊"] = site.listings.pop("社群")
    for number, article in site.articles.items():
        names = tuple("群聊" if name == "社群" else name for name in article.categories)
        site.articles[number] = replace(article, categories=names)
    for _ in range(2):
        done = crawls.crawl("--no-details")
        assert (done.code, done.err) == (0, "")
        assert {walk["category"] for walk in done.report["walks"]} == {"群聊", "购物资讯"}
    assert crawls.crawl("--mode", "full", "--no-details").code == 0
    assert states(crawls) == {"present"}


# --- old pages ------------------------------------------------------------------------------------


def always_unchanged(response: Response) -> Response:
    return Response(304, {"ETag": '"for ever"'}, b"")


def for_ever(response: Response) -> Response:
    return replace(response, headers={**response.headers, "ETag": '"for ever"'})


def test_a_validator_that_never_changes_is_seen_through_by_the_next_full_walk(
    crawls: Field, faults: Faults, site: SampleSite
) -> None:
    faults.on("/news/list.php*", Tamper(for_ever))
    assert crawls.crawl().code == 0
    faults.rules.clear()

    class Stale:
        def __call__(self, handler, headers) -> None:  # type: ignore[no-untyped-def]
            change = always_unchanged if "if-none-match" in headers else for_ever
            handler.send(change(handler.real(headers)))

    faults.on("/news/list.php*", Stale())
    new = site.publish("社群").number
    known = "SELECT count(*) FROM articles WHERE site_id = ?"
    assert crawls.crawl().code == 0
    assert crawls.rows(known, new) == [(0,)], "the site says that nothing has changed"
    assert crawls.crawl("--mode", "full").code == 0
    assert crawls.rows(known, new) == [(1,)]
    newer = site.publish("社群").number
    assert crawls.crawl("--mode", "incremental", "--full-every", "0").code == 0
    assert crawls.rows(known, newer) == [(1,)], "what we hold is confirmed only while it is young"


# --- details that were left ----------------------------------------------------------------------


@pytest.mark.parametrize("etag", [False, True])
def test_details_left_by_one_run_are_fetched_by_the_next(crawls: Field, site: SampleSite, etag: bool) -> None:
    site.etag = etag
    assert crawls.crawl("--no-details").code == 0
    assert crawls.rows("SELECT count(*) FROM todo") == [(0,)]
    crawls.asked()
    assert crawls.crawl().code == 0
    asked = [path for path in crawls.asked() if "/view/" in path]
    assert sorted(asked) == sorted(f"/news/view/{number}.html" for number in site.articles)
    assert crawls.rows("SELECT count(*) FROM articles WHERE detail_at IS NULL") == [(0,)]
    assert crawls.crawl().code == 0
    assert not [path for path in crawls.asked() if "/view/" in path]


# --- most of a listing gone at once -----------------------------------------------------------------


def test_a_listing_that_comes_empty_proves_nothing_at_once(crawls: Field, site: SampleSite) -> None:
    assert crawls.crawl("--no-details").code == 0
    listings = {name: [*numbers] for name, numbers in site.listings.items()}
    for numbers in site.listings.values():
        numbers.clear()
    for _ in range(3):
        done = crawls.crawl("--no-details")
        assert done.code == 3
        assert done.lines == [
            f"{name} not certified: {len(listings[name])} of the articles listed before vanished at once, "
            "0 are listed now: not believed before it has been so for 24 hours"
            for name in listings
        ]
        assert states(crawls) == {"present"}
    assert len(crawls.asked()) <= 4 * (2 + 2 * 4), "and it costs little to look again"
    site.listings |= listings
    assert crawls.crawl("--no-details").code == 0
    assert states(crawls) == {"present"}


def test_it_is_believed_when_it_has_been_so_for_a_day(crawls: Field, site: SampleSite) -> None:
    assert crawls.crawl("--no-details").code == 0
    for name, numbers in site.listings.items():
        site.listings[name] = numbers[:3]
    left = {number for numbers in site.listings.values() for number in numbers}
    assert crawls.crawl("--no-details").code == 3
    with closing(sqlite3.connect(crawls.archive)) as db, db:
        db.execute("UPDATE walks SET finished_at = '2019-07-01T00:00:00+00:00' WHERE certified = 0")
    done = crawls.crawl("--no-details")
    assert (done.code, done.err) == (0, "")
    away = crawls.rows("SELECT site_id FROM articles WHERE state = 'missing'")
    assert {row[0] for row in away} == set(site.articles) - left


def test_a_few_may_go_at_once(crawls: Field, site: SampleSite) -> None:
    for numbers in site.listings.values():
        del numbers[5:]
    assert crawls.crawl("--no-details").code == 0
    for numbers in site.listings.values():
        del numbers[1:]
    assert crawls.crawl("--no-details").code == 0
    assert states(crawls) == {"present", "missing"}


# --- a category that the section page no longer links to --------------------------------------------


def test_a_category_no_longer_linked_is_walked_all_the_same(tmp_path) -> None:  # type: ignore[no-untyped-def]
    base = HUI.start_url.rstrip("/")
    with archive(tmp_path / "a.db") as db:
        run = add_run(db)
        for name, url in {"社群": "/3", "购物资讯": "/5", "旧名": "/7"}.items():
            categories.remember_category(db, name, base + url, "2026-01-01T00:00:00+00:00")
        frontier = Frontier(db, run, CrawlOptions(), HUI)
        links = {"社群": f"{base}/3", "新名": f"{base}/7"}
        frontier.found |= links
        frontier.queue(links)
        frontier.queue_unlinked(HUI.start_url)
        assert list(frontier._listings) == [
            ("社群", f"{base}/3"),
            ("新名", f"{base}/7"),
            ("购物资讯", f"{base}/5"),
        ]
        for options in (CrawlOptions(categories=("社群",)), CrawlOptions(start_urls=(HUI.start_url,))):
            chosen = Frontier(db, run, options, HUI)
            chosen.queue_unlinked(HUI.start_url)
            assert ("购物资讯", f"{base}/5") not in chosen._listings
