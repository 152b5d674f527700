"""The walk's progress in a real archive file."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_rows import add_capture, add_run, archive, day
from support.paths import TESTS
from support.walk_rows import LIST, PROVEN, certified_full, page

from yiqihui_spider.archive.state import queue, walks
from yiqihui_spider.items import Certificate, Declared, PageSeen


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with archive(tmp_path / "a.db") as opened:
        yield opened


# --- walks ------------------------------------------------------------------------------------


def test_a_page_comes_back_as_it_was_recorded(db: Database) -> None:
    run = add_run(db)
    walk = walks.open_walk(db, run, "社群", LIST, "incremental", day(1))
    first = PageSeen(
        url=LIST,
        declared=Declared(1, 2, 3, 1, 2),
        articles=(7, 5),
        new_or_changed=(True, False),
        page_urls={2: LIST + "2", 10: LIST + "10"},
        next_url=LIST + "2",
        residue_chars=4,
        problems=("少了一条",),
        label="page 1",
    )
    second = PageSeen(LIST + "2", None, (), label="page 2")
    walks.record_page(db, walk, first, add_capture(db, run, LIST, day(1)))
    walks.record_page(db, walk, second, add_capture(db, run, LIST + "2", day(1)))

    state = walks.load_walk(db, walk)

    assert state.pages == (first, second)
    assert (state.category, state.start_url, state.mode) == ("社群", LIST, "incremental")
    assert (state.live, state.failed) == (None, ())
    assert walks.page_seen(db, walk, 2) == second
    positions = db.execute("SELECT position, article_ids, problems FROM walk_pages ORDER BY position")
    assert positions.fetchall() == [(1, "[7, 5]", '["少了一条"]'), (2, "[]", "[]")]


def test_positions_count_for_each_walk_alone(db: Database) -> None:
    run = add_run(db)
    capture = add_capture(db, run, LIST, day(1))
    one = walks.open_walk(db, run, "社群", LIST, "full", day(1))
    two = walks.open_walk(db, run, "购物资讯", LIST, "full", day(1))
    for walk in (one, two, one):
        walks.record_page(db, walk, page(1), capture)
    rows = db.execute("SELECT walk_id, position FROM walk_pages ORDER BY walk_id, position").fetchall()
    assert rows == [(one, 1), (one, 2), (two, 1)]


def test_what_the_certificate_says_is_filed_once(db: Database) -> None:
    walk = walks.open_walk(db, add_run(db), "社群", LIST, "incremental", day(1))
    verdict = Certificate(False, ("page 2 moved",), 139, 138)
    walks.finish_walk(db, walk, verdict, day(2), mode="full")
    walks.finish_walk(db, walk, Certificate(True, (), 1, 1), day(3), mode="incremental")
    row = next(db.query("SELECT * FROM walks"))
    assert (row["finished_at"], row["certified"], row["reasons"]) == (day(2), 0, '["page 2 moved"]')
    assert (row["declared_total"], row["distinct_articles"], row["mode"]) == (139, 138, "full")


def test_an_unfinished_walk_is_continued(db: Database) -> None:
    run = add_run(db)
    done = walks.open_walk(db, run, "社群", LIST, "full", day(1))
    walks.finish_walk(db, done, PROVEN, day(1))
    walks.open_walk(db, run, "购物资讯", LIST, "full", day(2))
    assert walks.unfinished_walk(db, "社群", now=day(2)) is None
    cut = walks.open_walk(db, run, "社群", LIST, "full", day(2))
    assert walks.unfinished_walk(db, "社群", now="2026-11-03T06:00:00+00:00") == cut
    assert next(db.query("SELECT finished_at FROM walks WHERE id = ?", [cut])) == {"finished_at": None}


def test_an_unfinished_walk_too_old_is_abandoned_and_says_so(db: Database) -> None:
    run = add_run(db)
    walk = walks.open_walk(db, run, "社群", LIST, "full", day(2))
    walks.record_page(db, walk, page(1, 1, 2), add_capture(db, run, LIST, day(2)))
    walks.record_page(db, walk, page(2, 2, 3), add_capture(db, run, LIST, day(2)))
    assert walks.unfinished_walk(db, "社群", now="2026-11-03T06:00:01+00:00") is None
    row = next(db.query("SELECT finished_at, certified, distinct_articles, reasons FROM walks"))
    assert row == {
        "finished_at": "2026-11-03T06:00:01+00:00",
        "certified": 0,
        "distinct_articles": 3,
        "reasons": '["abandoned: not finished within 24 hours"]',
    }


def test_of_two_unfinished_walks_the_newer_is_continued(db: Database) -> None:
    run = add_run(db)
    older = walks.open_walk(db, run, "社群", LIST, "full", day(2))
    newer = walks.open_walk(db, run, "社群", LIST, "full", day(2))
    assert walks.unfinished_walk(db, "社群", now=day(2)) == newer
    rows = db.execute("SELECT id, reasons FROM walks WHERE finished_at IS NOT NULL").fetchall()
    assert rows == [(older, '["abandoned: a later walk was begun"]')]


def test_a_walk_takes_its_category_from_its_first_page_or_is_dropped(db: Database) -> None:
    run = add_run(db)
    walk = walks.open_walk(db, run, "?", LIST, "full", day(1))
    assert not walks.has_pages(db, walk)
    walks.rename_walk(db, walk, "社群")
    walks.record_page(db, walk, page(1), add_capture(db, run, LIST, day(1)))
    assert walks.has_pages(db, walk)
    assert walks.load_walk(db, walk).category == "社群"
    queue.want(db, run, LIST, "listing", "社群", walk)
    walks.drop_walk(db, walk)
    assert db.execute("SELECT count(*) FROM walks").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM walk_pages").fetchone() == (0,)
    assert [row["walk_id"] for row in queue.remaining(db)] == [None]


# --- certified walks --------------------------------------------------------------------------


def test_last_certified_by_mode(db: Database) -> None:
    run = add_run(db)
    assert walks.last_certified(db, "社群") is None
    assert not walks.last_walk_certified(db, "社群")
    full = certified_full(db, run)
    quick = walks.open_walk(db, run, "社群", LIST, "incremental", day(2))
    walks.finish_walk(db, quick, PROVEN, day(2))
    assert walks.last_walk_certified(db, "社群")
    bad = walks.open_walk(db, run, "社群", LIST, "full", day(3))
    assert walks.last_walk_certified(db, "社群")
    walks.finish_walk(db, bad, Certificate(False, ("x",), None, 0), day(3))
    assert not walks.last_walk_certified(db, "社群")
    found = [walks.last_certified(db, "社群", mode) for mode in ("full", "incremental", None)]
    assert [row and row["id"] for row in found] == [full, quick, quick]
    assert walks.last_certified(db, "购物资讯", None) is None


@pytest.mark.parametrize(
    ("now", "every", "due"),
    [
        ("2026-11-08T05:59:59+00:00", 7, False),
        ("2026-11-08T06:00:00+00:00", 7, True),
        ("2026-11-01T18:00:00+00:00", 0.5, True),
        ("2026-11-01T06:00:00+00:00", 0, True),
    ],
)
def test_a_full_walk_is_due_again_after_so_many_days(db: Database, now: str, every: float, due: bool) -> None:
    assert walks.due_for_full(db, "社群", every, day(1))
    certified_full(db, add_run(db), at=day(1))
    assert walks.due_for_full(db, "社群", every, now) is due


def test_a_failed_read_ends_the_walk_only_in_the_run_it_failed_in(db: Database) -> None:
    first = add_run(db)
    walk = walks.open_walk(db, first, "社群", LIST, "full", day(1))
    queue.failed(db, first, LIST + "2", "listing", "timed out", day(1), category="社群", walk_id=walk)
    queue.failed(db, first, "detail", "article", "timed out", day(1), category="社群", walk_id=walk)
    assert walks.load_walk(db, walk).failed == ("http://x.test/list/2: timed out",)
    second = add_run(db)
    assert walks.load_walk(db, walk).failed == ()
    assert walks.load_walk(db, walk, first).failed == ("http://x.test/list/2: timed out",)
    queue.failed(db, second, LIST + "2", "listing", "503", day(2))
    assert walks.load_walk(db, walk).failed == ("http://x.test/list/2: 503",)


# --- kill -9 ----------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from support.archive_rows import add_capture, add_run, archive, day
from yiqihui_spider.archive.state import queue, walks
from yiqihui_spider.items import PageSeen
with archive(Path(sys.argv[1])) as db:
    run = add_run(db)
    walk = walks.unfinished_walk(db, "社群", now=day(1)) or walks.open_walk(
        db, run, "社群", "u", "full", day(1))
    while True:
        number = len(walks.load_walk(db, walk).pages) + 1
        with db.atomic():
            capture = add_capture(db, run, f"u{number}", day(1))
            walks.record_page(db, walk, PageSeen(f"u{number}", None, (number,)), capture)
            queue.settle(db, f"u{number}", "listing")
            queue.want(db, run, f"u{number + 1}", "listing", "社群", walk)
        print(number, flush=True)
"""


def test_a_walk_killed_again_and_again_has_every_page_once(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    env = os.environ | {"PYTHONPATH": str(TESTS)}
    done = 0
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, env=env
        ) as writer:
            assert writer.stdout is not None
            printed = [int(writer.stdout.readline()) for _ in range(5)]
            writer.send_signal(signal.SIGKILL)
        # Pages may have been committed and not yet told of when the process died.
        assert printed == list(range(printed[0], printed[0] + 5))
        assert printed[0] > done
        done = printed[-1]
    with archive(path) as db:
        (walk,) = (row["id"] for row in db.query("SELECT id FROM walks"))
        pages = walks.load_walk(db, walk).pages
        todo = [row["url"] for row in queue.remaining(db)]
    assert len(pages) >= done >= 15
    assert [seen.url for seen in pages] == [f"u{number}" for number in range(1, len(pages) + 1)]
    assert todo == [f"u{len(pages) + 1}"]


def test_a_page_of_an_unknown_walk_is_refused(db: Database) -> None:
    capture = add_capture(db, add_run(db), LIST, day(1))
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        walks.record_page(db, 99, page(1), capture)
