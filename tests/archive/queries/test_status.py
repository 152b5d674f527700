"""What status, show and history print, from rows in a real archive file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database
from support import archive_rows
from support.archive_rows import add_article, add_capture, add_run, add_sighting, add_views, archive, day

from yiqihui_spider.archive.articles import disappearance
from yiqihui_spider.archive.queries import status
from yiqihui_spider.archive.queries.status import quiet, states
from yiqihui_spider.archive.state import categories, queue, walks
from yiqihui_spider.items import Certificate, Declared, PageSeen

NOW = day(20)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with archive(tmp_path / "a.db") as opened:
        yield opened


def walk(db: Database, run: int, at: str, *articles: int, certificate: Certificate | None = None) -> int:
    """A full walk of 社群 over one page; certified unless a certificate says otherwise."""
    walk_id = walks.open_walk(db, run, "社群", "u", "full", at)
    capture = add_capture(db, run, "u", at, category="社群")
    for article in articles:
        add_sighting(db, capture, article, at, category="社群")
    disappearance.mark_seen(db, articles, "社群", at)
    count = len(articles)
    walks.record_page(db, walk_id, PageSeen("u", Declared(1, count, count, 1, 1), articles), capture)
    verdict = certificate or Certificate(True, (), count, count)
    walks.finish_walk(db, walk_id, verdict, at)
    disappearance.apply_certificate(db, walk_id, "社群", verdict, at)
    return walk_id


def add_version(db: Database, article: int, version: int, body: str, at: str, capture: int) -> None:
    archive_rows.add_version(
        db, article, version, body, at, capture, title=f"题目{version}", content_hash=f"h{version}"
    )


# --- status -----------------------------------------------------------------------------------


def test_status_of_an_empty_archive(db: Database) -> None:
    assert status.status(db, NOW) == {
        "counts": {
            "articles": 0,
            "missing": 0,
            "gone": 0,
            "versions": 0,
            "view_counts": 0,
            "captures": 0,
            "residue_chars": 0,
        },
        "categories": [],
        "last_crawl": None,
        "last_run": None,
        "monitors": [],
        "gaps": [],
        "residue": [],
        "problems": [],
    }


def test_status_counts_what_there_is(db: Database) -> None:
    run = add_run(db)
    articles = [add_article(db) for _ in range(3)]
    walk(db, run, day(1), *articles)
    walk(db, run, day(2), *articles[:2])
    walk(db, run, day(3), articles[0])
    add_version(db, 1, 1, "甲", day(1), 1)
    add_views(db, 1, 5, day(1), 1)
    add_views(db, 1, 6, day(2), 2)
    assert status.status(db, NOW)["counts"] == {
        "articles": 3,
        "missing": 1,
        "gone": 1,
        "versions": 1,
        "view_counts": 2,
        "captures": 3,
        "residue_chars": 0,
    }


def test_status_of_a_category(db: Database) -> None:
    run = add_run(db)
    articles = [add_article(db, published_at=f"2026-11-0{n}T09:00:00+08:00") for n in (1, 2, 3)]
    categories.remember_category(db, "社群", "u", day(1))
    categories.remember_category(db, "购物资讯", "v", day(1))
    walk(db, run, day(4), *articles)
    walk(db, run, day(5), *articles[1:])
    bad = walk(
        db,
        run,
        day(6),
        *articles[1:],
        certificate=Certificate(False, ("the total changed from 2 to 3",), 3, 2),
    )
    community, shopping = status.status(db, NOW)["categories"]
    assert community == {
        "category": "社群",
        "declared": 2,
        "archived": 2,
        "ever_listed": 3,
        "missing": 1,
        "gone": 0,
        "last_walk": {
            "walk_id": bad,
            "run_id": run,
            "mode": "full",
            "started_at": day(6),
            "finished_at": day(6),
            "declared_total": 3,
            "distinct_articles": 2,
            "certified": False,
            "reasons": ["the total changed from 2 to 3"],
        },
        "last_certified_at": day(5),
        "last_certified_full_at": day(5),
        "feed": {
            "newest_published_at": "2026-11-03T09:00:00+08:00",
            "days_since": 17.2,
            "longest_silence_days": 1.0,
            "quiet": True,
        },
    }
    assert shopping == {
        "category": "购物资讯",
        "declared": None,
        "archived": 0,
        "ever_listed": 0,
        "missing": 0,
        "gone": 0,
        "last_walk": None,
        "last_certified_at": None,
        "last_certified_full_at": None,
        "feed": {
            "newest_published_at": None,
            "days_since": None,
            "longest_silence_days": None,
            "quiet": False,
        },
    }


def test_declared_is_what_the_walk_under_way_read_last(db: Database) -> None:
    run = add_run(db)
    walk(db, run, day(1), add_article(db))
    running = walks.open_walk(db, run, "社群", "u", "incremental", day(2))
    assert status.status(db, NOW)["categories"][0]["declared"] == 1
    for total in (140, 141):
        page = PageSeen("u", Declared(1, 20, total, 1, 8), ())
        walks.record_page(db, running, page, add_capture(db, run, "u", day(2)))
    (category,) = status.status(db, NOW)["categories"]
    assert category["declared"] == 141
    assert category["last_walk"]["finished_at"] is None
    assert category["last_walk"]["mode"] == "incremental"


def test_status_tells_of_the_last_run_and_the_gaps(db: Database) -> None:
    add_run(db, day(1), command="import x", outcome="done", exit_code=0, finished_at=day(1))
    run = add_run(db, day(2), outcome="not certified", exit_code=3, finished_at=day(2))
    queue.failed(db, run, "u", "article", "404 Not Found", day(2), category="社群", final=True)
    found = status.status(db, NOW)
    assert found["last_run"] == {
        "run_id": run,
        "command": "crawl",
        "started_at": day(2),
        "finished_at": day(2),
        "outcome": "not certified",
        "exit_code": 3,
    }
    assert found["gaps"] == [
        {
            "url": "u",
            "kind": "article",
            "category": "社群",
            "reason": "404 Not Found",
            "attempts": 1,
            "since": day(2),
            "last_tried_at": day(2),
            "given_up_at": day(2),
        }
    ]


def test_only_residue_that_no_newer_page_replaces_is_open(db: Database) -> None:
    run = add_run(db)
    read = {"parser_version": "1"}
    trouble = read | {"residue_chars": 10, "problems": '["no pager"]', "category": "社群"}
    add_capture(db, run, "mended", day(1), **trouble)
    add_capture(db, run, "mended", day(2), **read)
    add_capture(db, run, "same second", day(1), **trouble)
    add_capture(db, run, "same second", day(1), **read)
    failed = add_capture(db, run, "failed since", day(1), residue_chars=7, **read)
    add_capture(db, run, "failed since", day(2), http_status=503, kind="other")
    add_capture(db, run, "failed since", day(3), truncated="length", kind="other")
    unchanged = add_capture(db, run, "unchanged since", day(2), **trouble)
    add_capture(db, run, "unchanged since", day(3), http_status=304, unchanged_since=unchanged, **trouble)
    # An older capture that came later replaces nothing.
    add_capture(db, run, "unchanged since", day(1), origin="wayback", **read)
    worse = add_capture(db, run, "worse", day(4), problems='["two pagers"]', http_status=None)
    found = status.status(db, NOW)
    assert [(row["capture_id"], row["residue_chars"]) for row in found["residue"]] == [
        (unchanged, 10),
        (failed, 7),
    ]
    assert found["problems"] == [
        {
            "capture_id": worse,
            "url": "worse",
            "kind": "listing",
            "category": None,
            "captured_at": day(4),
            "problems": ["two pagers"],
        },
        {
            "capture_id": unchanged,
            "url": "unchanged since",
            "kind": "listing",
            "category": "社群",
            "captured_at": day(2),
            "problems": ["no pager"],
        },
    ]
    assert found["counts"]["residue_chars"] == 17


@pytest.mark.parametrize(
    ("published", "days", "longest", "is_quiet"),
    [
        ([day(19)], 1.0, None, False),
        ([day(1)], 19.0, None, False),
        ([day(18), day(17), day(16)], 2.0, 1.0, False),
        ([day(17), day(16), day(15)], 3.0, 1.0, False),
        ([day(16), day(15), day(14)], 4.0, 1.0, True),
        ([day(16), day(14), day(13)], 4.0, 2.0, False),
        ([day(15), day(13), day(12)], 5.0, 2.0, True),
    ],
)
def test_a_feed_is_quiet_when_silent_for_unusually_long(
    published: list[str], days: float, longest: float | None, is_quiet: bool
) -> None:
    assert quiet(published, NOW) == {
        "newest_published_at": published[0],
        "days_since": days,
        "longest_silence_days": longest,
        "quiet": is_quiet,
    }


# --- show -------------------------------------------------------------------------------------


def test_an_article_is_found_by_id_number_and_address(db: Database) -> None:
    run = add_run(db)
    article = add_article(db, site_id=5561, url="http://www.x.test/news/view/5561.html")
    other = add_article(db, site_id=2)
    capture = add_capture(db, run, "https://m.x.test/news/view/2.html", day(1), kind="article")
    add_sighting(db, capture, other, day(1))
    listing = add_capture(db, run, "https://m.x.test/list", day(1))
    add_sighting(db, listing, other, day(1))
    wanted = {
        "1": article,
        " 2 ": other,
        "site:5561": article,
        "SITE:2": other,
        "http://www.x.test/news/view/5561.html": article,
        "https://www.x.test/news/view/5561.html": article,
        "http://m.x.test/news/view/2.html": other,
        "https://m.x.test/list": None,
        "3": None,
        "site:1": None,
        "9" * 40: None,
        "site:": None,
        "-1": None,
        "社群": None,
        "": None,
        "http://": None,
    }
    assert {text: status.resolve(db, text) for text in wanted} == wanted


def test_show_of_no_article(db: Database) -> None:
    assert status.show(db, 1) is None
    assert status.history(db, 1) is None


def test_show(db: Database) -> None:
    run = add_run(db)
    article = add_article(db, site_id=5561, title="题目", source="一起惠")
    for at, url, kind, views in (
        (day(1), "list", "listing", 571),
        (day(3), "list", "listing", 590),
        (day(2), "detail", "article", 582),
    ):
        capture = add_capture(db, run, url, at, kind=kind)
        add_views(db, article, views, at, capture, kind)
    disappearance.mark_seen(db, [article], "社群", day(3))
    disappearance.mark_seen(db, [article], "购物资讯", day(2))
    add_version(db, article, 1, "正文。", day(1), 1)
    row = status.show(db, article)
    assert row is not None
    assert (row["id"], row["site_id"], row["title"], row["body"]) == (article, 5561, "题目", "正文。")
    assert row["versions"] == 1
    assert row["view_series"] == {
        "observations": 3,
        "first": {"observed_at": day(1), "views": 571, "kind": "listing", "printed": None},
        "last": {"observed_at": day(3), "views": 590, "kind": "listing", "printed": None},
    }
    assert [place["category"] for place in row["categories"]] == ["购物资讯", "社群"]
    assert row["captures"] == [
        {
            "url": "list",
            "kind": "listing",
            "captures": 2,
            "first_at": day(1),
            "last_at": day(3),
            "last_capture_id": 2,
        },
        {
            "url": "detail",
            "kind": "article",
            "captures": 1,
            "first_at": day(2),
            "last_at": day(2),
            "last_capture_id": 3,
        },
    ]
    assert json.loads(json.dumps(row)) == row


# --- history ----------------------------------------------------------------------------------


def test_history_tells_an_article_s_life(db: Database) -> None:
    run = add_run(db)
    article = add_article(db, title="题目3")
    walk(db, run, day(1), article)
    missing = walk(db, run, day(2))
    gone = walk(db, run, day(3))
    walk(db, run, day(4), article)
    add_version(db, article, 1, "甲。乙。丙。", day(1), 1)
    add_version(db, article, 2, "甲。\n乙改了。\n丙。", day(2), 1)
    add_version(db, article, 3, "甲。乙。丙。", day(4), 4)
    add_views(db, article, 8, day(4), 4)
    add_views(db, article, 5, day(1), 1)
    row = status.history(db, article)
    assert row is not None
    assert (row["id"], row["title"], row["state"]) == (article, "题目3", "present")
    assert [
        (version["version"], version["seen_at"], version["body_chars"]) for version in row["versions"]
    ] == [
        (1, day(1), 6),
        (2, day(2), 10),
        (3, day(4), 6),
    ]
    assert [version["diff"] for version in row["versions"]] == [
        [],
        ["… 1", "- 乙。", "+ 乙改了。", "… 1"],
        ["… 1", "- 乙改了。", "+ 乙。", "… 1"],
    ]
    assert row["versions"][1]["title"] == "题目2"
    assert [(point["observed_at"], point["views"]) for point in row["views"]] == [(day(1), 5), (day(4), 8)]
    assert row["categories"] == [
        {"category": "社群", "first_listed_at": day(1), "last_listed_at": day(4), "missing_since": None}
    ]
    assert row["absences"] == [
        {
            "last_seen_at": day(1),
            "missing_at": day(2),
            "missing_walk_id": missing,
            "gone_at": day(3),
            "gone_walk_id": gone,
            "returned_at": day(4),
        }
    ]
    assert row["states"] == [
        {"state": "present", "since": day(1)},
        {"state": "missing", "since": day(2)},
        {"state": "gone", "since": day(3)},
        {"state": "present", "since": day(4)},
    ]
    assert json.loads(json.dumps(row)) == row


def test_states_of_an_article_still_away() -> None:
    absence = {"missing_at": day(2), "gone_at": None, "returned_at": None}
    assert states(day(1), []) == [{"state": "present", "since": day(1)}]
    assert states(day(1), [absence]) == [
        {"state": "present", "since": day(1)},
        {"state": "missing", "since": day(2)},
    ]


# --- size -------------------------------------------------------------------------------------


def test_status_reads_no_text_and_finds_troubles_by_index(db: Database) -> None:
    """At 200,000 articles a scan of the bodies is what would make status slow."""
    seen: list[str] = []
    db.conn.set_trace_callback(seen.append)
    status.status(db, NOW)
    status.resolve(db, "http://x.test/")
    db.conn.set_trace_callback(None)
    plans = [
        row[3]
        for sql in seen
        if sql.lstrip().startswith("SELECT")
        for row in db.execute("EXPLAIN QUERY PLAN " + sql).fetchall()
    ]
    scans = {plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan}
    assert {plan.split()[1] for plan in scans} & {
        "articles",
        "versions",
        "a",
        "c",
        "captures",
    } == set()
    assert any("captures_trouble" in plan for plan in plans)
    assert any("articles_url" in plan for plan in plans)
