"""What is still to do, in a real archive file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_rows import add_run, archive, day
from support.walk_rows import LIST

from yiqihui_spider.archive.state import queue, walks


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with archive(tmp_path / "a.db") as opened:
        yield opened


def test_wanting_twice_keeps_place_and_attempts(db: Database) -> None:
    run = add_run(db)
    walk = walks.open_walk(db, run, "社群", LIST, "full", day(1))
    queue.want(db, run, "u", "article", "社群", walk, added_at=day(1))
    queue.failed(db, run, "u", "article", "503", day(1))
    queue.want(db, add_run(db), "u", "article", None, None, added_at=day(2))
    (row,) = queue.remaining(db)
    assert row == {
        "id": 1,
        "url": "u",
        "kind": "article",
        "category": "社群",
        "walk_id": walk,
        "added_at": day(1),
        "added_run": run,
        "attempts": 1,
        "last_run": run,
        "last_tried_at": day(1),
        "reason": "503",
        "given_up_at": None,
    }


def test_an_address_may_be_wanted_as_two_kinds_and_is_settled_as_one(db: Database) -> None:
    run = add_run(db)
    queue.want(db, run, "u", "listing", None, None)
    queue.want(db, run, "u", "section", None, None)
    queue.settle(db, "u", "section")
    queue.settle(db, "never wanted", "article")
    assert [(row["url"], row["kind"]) for row in queue.remaining(db)] == [("u", "listing")]


def test_what_failed_before_comes_first_and_only_once_in_a_run(db: Database) -> None:
    first, second = add_run(db), add_run(db)
    for url in ("a", "b", "c", "d"):
        queue.want(db, first, url, "article", None, None)
    queue.failed(db, first, "c", "article", "timed out", day(1))
    queue.failed(db, first, "e", "listing", "503", day(1), category="社群")

    def urls(run: int, limit: int = -1) -> list[str]:
        return [row["url"] for row in queue.pending(db, run, limit)]

    assert urls(first) == ["a", "b", "d"]
    assert urls(second) == ["c", "e", "a", "b", "d"]
    assert urls(second, 1) == ["c"]
    assert urls(second, 3) == ["c", "e", "a"]
    queue.failed(db, second, "c", "article", "timed out", day(2))
    assert urls(second) == ["e", "a", "b", "d"]
    assert len(queue.remaining(db)) == 5


def test_what_is_gone_for_good_is_tried_again_only_after_thirty_days(db: Database) -> None:
    first = add_run(db, day(1))
    queue.want(db, first, "u", "article", None, None)
    assert queue.open_gaps(db) == 1
    queue.failed(db, first, "u", "article", "404 Not Found", day(1), final=True)
    (row,) = queue.remaining(db)
    assert (row["attempts"], row["reason"], row["given_up_at"]) == (1, "404 Not Found", day(1))
    assert queue.open_gaps(db) == 0
    assert queue.pending(db, add_run(db, day(30))) == []
    late = add_run(db, "2026-12-01T06:00:00+00:00")
    assert [row["url"] for row in queue.pending(db, late)] == ["u"]
    queue.failed(db, late, "u", "article", "404 Not Found", "2026-12-01T06:00:00+00:00", final=True)
    (row,) = queue.remaining(db)
    assert (row["attempts"], row["given_up_at"]) == (2, day(1))


def test_eight_failed_runs_are_enough(db: Database) -> None:
    given_up = []
    for number in range(1, 9):
        run = add_run(db, day(number))
        queue.failed(db, run, "u", "article", "500", day(number))
        given_up.append(queue.remaining(db)[0]["given_up_at"])
    assert given_up == [None] * 7 + [day(8)]
    assert queue.given_up(db, "u", "article")
    assert not queue.given_up(db, "u", "listing")
    assert queue.pending(db, add_run(db, day(9))) == []


def test_gaps_with_and_without_details(db: Database) -> None:
    run = add_run(db)
    for kind in ("section", "listing", "article"):
        queue.want(db, run, "u", kind, "社群", None)
    queue.want(db, run, "v", "listing", "购物资讯", None)
    assert (queue.open_gaps(db), queue.open_gaps(db, details=False)) == (3, 2)
    rows = queue.pending(db, add_run(db), kinds=("section", "listing"))
    assert [(row["url"], row["kind"]) for row in rows] == [
        ("u", "section"),
        ("u", "listing"),
        ("v", "listing"),
    ]
    queue.settle_listings(db, "社群")
    left = [(row["url"], row["kind"]) for row in queue.remaining(db)]
    assert left == [("u", "section"), ("u", "article"), ("v", "listing")]
    queue.settle_sections(db)
    assert [row["url"] for row in queue.remaining(db)] == ["u", "v"]


def options(db: Database, sql: str) -> str:
    return " | ".join(row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql))


def test_the_next_thing_to_do_is_found_without_sorting(db: Database) -> None:
    failed = options(db, "SELECT * FROM todo WHERE attempts > 0 AND last_run IS NOT 1 ORDER BY id LIMIT 1")
    assert "todo_failed" in failed
    assert "TEMP B-TREE" not in failed
    assert "TEMP B-TREE" not in options(db, "SELECT * FROM todo WHERE attempts = 0 ORDER BY id LIMIT 1")
