"""The analyst's views, row by row."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from support.archive_rows import add_version, add_views, add_walk_page

from yiqihui_spider.archive.schema.ensure import declared, ensure
from yiqihui_spider.archive.schema.migrations import migrations

DAY = "2026-11-{:02}T06:00:00+00:00"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database(sqlite3.connect(tmp_path / "archive.db"))
    migrations.apply(db)
    db.execute("PRAGMA foreign_keys = ON")
    ensure(db)
    put(db, "runs", id=1, command="crawl", started_at=DAY.format(1), software="test")
    for number in (1, 2, 3):
        put(
            db, "captures", id=number, run_id=1, url=f"http://example.org/{number}", kind="listing",
            captured_at=DAY.format(number), payload_digest="", warc_file="x", warc_offset=number,
            warc_length=1,
        )  # fmt: skip
    article(db, 1, "2019-03-31T23:59:59+08:00", "一起惠", 407, "第一篇")
    article(db, 2, "2019-04-01T00:00:00+08:00", None, 483, "第二篇")
    article(db, 3, "2019-04-30T09:00:00+08:00", "一起惠", 100, "第三篇", state="gone")
    yield db
    db.close()


def put(db: Database, table: str, **row: Any) -> None:
    db.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
    )


def article(
    db: Database, number: int, published_at: str, source: str | None, views: int, title: str, **more: Any
) -> None:
    body = title + "的正文"
    put(
        db, "articles", id=number, title=title, body=body, source=source, published_at=published_at,
        views=views, views_at=DAY.format(1), body_chars=len(body), content_hash=str(number),
        first_seen_at=DAY.format(1), last_seen_at=DAY.format(3), **more,
    )  # fmt: skip


def rows(db: Database, sql: str) -> list[dict[str, Any]]:
    return list(db.query(sql))


def test_articles_by_month(db: Database) -> None:
    assert rows(db, "SELECT * FROM articles_by_month") == [
        {"month": "2019-03", "articles": 1, "sources": 1, "views": 407, "mean_views": 407.0, "body_chars": 6},
        {
            "month": "2019-04",
            "articles": 2,
            "sources": 1,
            "views": 583,
            "mean_views": 291.5,
            "body_chars": 12,
        },
    ]


def test_source_share(db: Database) -> None:
    assert rows(db, "SELECT * FROM source_share") == [
        {
            "source": "一起惠",
            "articles": 2,
            "share": 0.6667,
            "views": 507,
            "mean_views": 253.5,
            "first_published_at": "2019-03-31T23:59:59+08:00",
            "last_published_at": "2019-04-30T09:00:00+08:00",
        },
        {
            "source": None,
            "articles": 1,
            "share": 0.3333,
            "views": 483,
            "mean_views": 483.0,
            "first_published_at": "2019-04-01T00:00:00+08:00",
            "last_published_at": "2019-04-01T00:00:00+08:00",
        },
    ]


def test_view_growth(db: Database) -> None:
    for number, views in ((1, 400), (2, 403), (3, 407)):
        add_views(db, 1, views, DAY.format(number), number)
    add_views(db, 2, 483, DAY.format(1), 1)
    first, second = rows(db, "SELECT * FROM view_growth ORDER BY gained DESC")
    assert first == {
        "article_id": 1,
        "title": "第一篇",
        "published_at": "2019-03-31T23:59:59+08:00",
        "kind": "listing",
        "first_at": DAY.format(1),
        "first_views": 400,
        "last_at": DAY.format(3),
        "last_views": 407,
        "observations": 3,
        "gained": 7,
        "days": 2.0,
        "per_day": 3.5,
    }
    assert (second["article_id"], second["gained"], second["days"], second["per_day"]) == (2, 0, 0.0, None)


def observed(db: Database, number: int, *counts: tuple[int, str, str, int]) -> None:
    """Counts of an article: (capture, kind, time, views)."""
    for capture, kind, when, views in counts:
        add_views(db, number, views, when, capture, kind)


def test_growth_is_taken_within_one_kind_of_page(db: Database) -> None:
    observed(db, 1, (1, "listing", DAY.format(1), 571), (2, "article", "2026-11-01T06:00:04+00:00", 582))
    observed(
        db, 2, (1, "listing", DAY.format(1), 571), (2, "article", DAY.format(2), 582),
        (3, "listing", DAY.format(3), 573),
    )  # fmt: skip
    observed(
        db,
        3,
        (1, "listing", DAY.format(1), 9),
        (2, "article", DAY.format(1), 5),
        (3, "article", DAY.format(3), 15),
    )
    article(db, 4, "2019-05-01T09:00:00+08:00", None, 1, "第四篇")
    for number in (4, 5):
        put(
            db, "captures", id=number, run_id=1, url=f"http://example.org/{number}", kind="article",
            captured_at=DAY.format(1), payload_digest="", warc_file="x", warc_offset=number, warc_length=1,
        )  # fmt: skip
    observed(
        db, 4, (1, "article", DAY.format(1), 3), (2, "article", DAY.format(2), 6),
        (3, "article", DAY.format(3), 7),
        (4, "listing", DAY.format(1), 4), (5, "listing", DAY.format(3), 9),
    )  # fmt: skip
    found = rows(db, "SELECT article_id, kind, gained, days, per_day FROM view_growth ORDER BY article_id")
    assert [tuple(row.values()) for row in found] == [
        (1, "listing", 0, 0.0, None),
        (2, "listing", 2, 2.0, 1.0),
        (3, "article", 10, 2.0, 5.0),
        (4, "article", 4, 2.0, 2.0),
    ]


@pytest.mark.parametrize(
    ("last", "rate"),
    [("2026-11-02T05:59:00+00:00", None), ("2026-11-02T06:00:00+00:00", 10.0), (DAY.format(3), 5.0)],
)
def test_no_rate_for_less_than_a_day(db: Database, last: str, rate: float | None) -> None:
    observed(db, 1, (1, "listing", DAY.format(1), 20), (2, "listing", last, 30))
    (found,) = rows(db, "SELECT gained, per_day FROM view_growth")
    assert found == {"gained": 10, "per_day": rate}


def walk(
    db: Database, number: int, category: str, day: int, total: int | None, certified: int, mode: str
) -> None:
    put(
        db, "walks", id=number, run_id=1, category=category, started_at=DAY.format(day),
        finished_at=DAY.format(day + 1), declared_total=total, certified=certified, mode=mode,
        reasons="[]" if certified else '["page 2 failed"]',
    )  # fmt: skip


def test_completeness(db: Database) -> None:
    put(db, "categories", name="购物资讯", start_url="http://example.org/", found_at=DAY.format(1))
    walk(db, 1, "社群", 1, 2, 1, "full")
    walk(db, 2, "社群", 3, 2, 1, "incremental")
    walk(db, 3, "社群", 5, 4, 0, "full")
    for number, missing_since in ((1, None), (2, None), (3, DAY.format(2))):
        put(
            db, "article_categories", article_id=number, category="社群", first_listed_at=DAY.format(1),
            last_listed_at=DAY.format(1), missing_since=missing_since,
        )  # fmt: skip
    for number, given_up in ((1, None), (2, DAY.format(2))):
        put(
            db, "todo", url=f"http://example.org/x{number}", kind="article", category="社群",
            added_at=DAY.format(1), added_run=1, given_up_at=given_up,
        )  # fmt: skip
    assert rows(db, "SELECT * FROM completeness") == [
        {
            "category": "社群",
            "declared": 4,
            "archived": 2,
            "lacking": 2,
            "missing": 0,
            "gone": 1,
            "last_walk_at": DAY.format(5),
            "last_walk_certified": 0,
            "reasons": '["page 2 failed"]',
            "last_certified_at": DAY.format(4),
            "last_certified_full_at": DAY.format(2),
            "still_to_fetch": 1,
        },
        {
            "category": "购物资讯",
            "declared": None,
            "archived": 0,
            "lacking": None,
            "missing": 0,
            "gone": 0,
            "last_walk_at": None,
            "last_walk_certified": None,
            "reasons": None,
            "last_certified_at": None,
            "last_certified_full_at": None,
            "still_to_fetch": 0,
        },
    ]


def test_completeness_follows_the_last_page_read(db: Database) -> None:
    walk(db, 1, "社群", 1, 2, 1, "full")
    walk(db, 2, "社群", 3, None, 0, "full")
    for position, total in ((1, 5), (2, 6)):
        add_walk_page(db, 2, position, position, declared=f'{{"total": {total}}}')
    walk(db, 3, "购物资讯", 4, None, 0, "full")
    add_walk_page(db, 3, 9, 3, declared='{"total": 40}')
    assert rows(db, "SELECT category, declared, lacking FROM completeness ORDER BY declared") == [
        {"category": "社群", "declared": 6, "lacking": 6},
        {"category": "购物资讯", "declared": 40, "lacking": 40},
    ]


def test_completeness_keeps_categories_apart(db: Database) -> None:
    walk(db, 1, "社群", 1, 2, 1, "full")
    walk(db, 2, "购物资讯", 2, 7, 1, "full")
    walk(db, 3, "购物资讯", 3, 9, 0, "incremental")
    for number, category, total in ((1, "海淘", 30), (2, "海淘", 31), (3, "社群", 99)):
        db.execute(
            "UPDATE captures SET category = ?, declared_total = ? WHERE id = ?", [category, total, number]
        )
    for number, category, missing in (
        (1, "社群", None),
        (2, "购物资讯", None),
        (3, "购物资讯", DAY.format(2)),
        (3, "海淘", None),
    ):
        put(
            db, "article_categories", article_id=number, category=category, first_listed_at=DAY.format(1),
            last_listed_at=DAY.format(1), missing_since=missing,
        )  # fmt: skip
    for number, category in ((1, "社群"), (2, "购物资讯"), (3, "购物资讯")):
        put(
            db, "todo", url=f"http://example.org/x{number}", kind="article", category=category,
            added_at=DAY.format(1), added_run=1,
        )  # fmt: skip
    found = rows(
        db,
        "SELECT category, declared, archived, lacking, missing, gone, last_certified_at,"
        " last_certified_full_at, last_walk_certified, still_to_fetch FROM completeness",
    )
    assert {row.pop("category"): tuple(row.values()) for row in found} == {
        "社群": (2, 1, 1, 0, 0, DAY.format(2), DAY.format(2), 1, 1),
        "购物资讯": (9, 1, 8, 0, 1, DAY.format(3), DAY.format(3), 0, 2),
        "海淘": (31, 1, 30, 0, 1, None, None, None, 0),
    }


def test_of_two_pages_of_one_moment_the_later_capture_tells_the_total(db: Database) -> None:
    for number, total in ((1, 30), (2, 31), (3, 29)):
        db.execute(
            "UPDATE captures SET category = '海淘', declared_total = ?, captured_at = ? WHERE id = ?",
            [total, DAY.format(min(number, 2)), number],
        )
    put(
        db, "article_categories", article_id=1, category="海淘", first_listed_at=DAY.format(1),
        last_listed_at=DAY.format(1),
    )  # fmt: skip
    assert rows(db, "SELECT category, declared, lacking FROM completeness") == [
        {"category": "海淘", "declared": 29, "lacking": 28}
    ]
    db.execute("UPDATE captures SET observed_at = ? WHERE id = 1", [DAY.format(5)])
    assert rows(db, "SELECT declared FROM completeness") == [{"declared": 30}]


def test_a_category_with_more_archived_than_declared_lacks_nothing(db: Database) -> None:
    walk(db, 1, "社群", 1, 1, 1, "full")
    for number in (1, 2, 3):
        put(
            db, "article_categories", article_id=number, category="社群", first_listed_at=DAY.format(1),
            last_listed_at=DAY.format(1),
        )  # fmt: skip
    assert rows(db, "SELECT declared, archived, lacking FROM completeness") == [
        {"declared": 1, "archived": 3, "lacking": 0}
    ]


def test_of_observations_of_one_moment_the_later_capture_counts(db: Database) -> None:
    observed(
        db, 1, (1, "listing", DAY.format(1), 400), (2, "listing", DAY.format(3), 407),
        (3, "article", DAY.format(1), 500),
    )  # fmt: skip
    found = rows(db, "SELECT kind, first_views, last_views, observations FROM view_growth")
    assert found == [{"kind": "listing", "first_views": 400, "last_views": 407, "observations": 2}]


def test_the_last_certified_walk_is_the_last_begun(db: Database) -> None:
    walk(db, 1, "社群", 9, 2, 1, "full")  # with a clock ahead
    walk(db, 2, "社群", 2, 2, 1, "full")
    assert rows(db, "SELECT last_certified_at, last_certified_full_at FROM completeness") == [
        {"last_certified_at": DAY.format(3), "last_certified_full_at": DAY.format(3)}
    ]


def test_a_month_counts_each_source_once(db: Database) -> None:
    for number, source in ((4, "一起惠"), (5, "36氪"), (6, None)):
        article(db, number, "2019-04-20T09:00:00+08:00", source, 1, "再一篇")
    found = rows(db, "SELECT month, articles, sources FROM articles_by_month")
    assert [tuple(row.values()) for row in found] == [("2019-03", 1, 1), ("2019-04", 5, 2)]


def test_means_have_one_decimal(db: Database) -> None:
    for number, views in ((4, 1), (5, 1), (6, 2)):
        article(db, number, "2019-05-20T09:00:00+08:00", "36氪", views, "再一篇")
    assert rows(db, "SELECT mean_views FROM articles_by_month WHERE month = '2019-05'") == [
        {"mean_views": 1.3}
    ]
    assert rows(db, "SELECT mean_views FROM source_share WHERE source = '36氪'") == [{"mean_views": 1.3}]


def version(db: Database, number: int, version: int, title: str | None, body: str) -> None:
    add_version(db, number, version, body, DAY.format(version), 1, title=title)


def test_edits(db: Database) -> None:
    version(db, 1, 1, None, "旧的文字")
    version(db, 1, 2, "第一篇", "新的更长的文字")
    version(db, 1, 3, "第一篇", "短了")
    version(db, 2, 1, None, "从未改过")
    assert rows(db, "SELECT * FROM edits ORDER BY article_id, version") == [
        {
            "article_id": 1,
            "title": "第一篇",
            "version": 2,
            "seen_before_at": DAY.format(1),
            "seen_at": DAY.format(2),
            "chars_before": 4,
            "chars_after": 7,
            "chars_changed": 3,
            "title_before": None,
            "title_after": "第一篇",
        },
        {
            "article_id": 1,
            "title": "第一篇",
            "version": 3,
            "seen_before_at": DAY.format(2),
            "seen_at": DAY.format(3),
            "chars_before": 7,
            "chars_after": 2,
            "chars_changed": -5,
            "title_before": "第一篇",
            "title_after": "第一篇",
        },
    ]


def test_disappearances(db: Database) -> None:
    for category in ("社群", "购物资讯"):
        put(
            db, "article_categories", article_id=3, category=category, first_listed_at=DAY.format(1),
            last_listed_at=DAY.format(1), missing_since=DAY.format(2),
        )  # fmt: skip
    put(
        db,
        "absences",
        article_id=3,
        last_seen_at=DAY.format(1),
        missing_at=DAY.format(2),
        gone_at=DAY.format(9),
    )
    put(db, "absences", article_id=1, last_seen_at=DAY.format(1), missing_at="2026-11-01T18:00:00+00:00",
        returned_at=DAY.format(5))  # fmt: skip
    put(db, "absences", article_id=2, last_seen_at=DAY.format(3), missing_at=DAY.format(4))
    found = rows(db, "SELECT * FROM disappearances ORDER BY article_id")
    assert [
        (row["article_id"], row["outcome"], row["uncertain_days"], row["away_days_at_most"]) for row in found
    ] == [
        (1, "returned", 0.5, 4.0),
        (2, "missing", 1.0, None),
        (3, "gone", 1.0, None),
    ]
    assert found[2] == {
        "article_id": 3,
        "title": "第三篇",
        "url": None,
        "published_at": "2019-04-30T09:00:00+08:00",
        "categories": '["社群","购物资讯"]',
        "outcome": "gone",
        "last_seen_at": DAY.format(1),
        "missing_at": DAY.format(2),
        "gone_at": DAY.format(9),
        "returned_at": None,
        "uncertain_days": 1.0,
        "away_days_at_most": None,
    }


def test_views_stand_in_an_empty_archive_and_in_stock_sqlite3(tmp_path: Path) -> None:
    program = shutil.which("sqlite3")
    if program is None:
        pytest.skip("the sqlite3 program is not installed")
    db = Database(sqlite3.connect(tmp_path / "empty.db"))
    migrations.apply(db)
    ensure(db)
    db.close()
    views = [one.name for one in declared() if one.script == "views.sql"]
    script = "".join(f"SELECT count(*) FROM {name};\n" for name in views)
    done = subprocess.run(
        [program, "-batch", "-bail", str(tmp_path / "empty.db")],
        input=script, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("0\n" * len(views), "")
