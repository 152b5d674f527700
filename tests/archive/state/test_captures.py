from __future__ import annotations

import doctest
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.archive_pages import Filling, at, filling

from yiqihui_spider.archive.articles.store import save_capture
from yiqihui_spider.archive.state import captures
from yiqihui_spider.archive.state.captures import (
    begin_run,
    close_dead_runs,
    finish_run,
    in_utc,
    note_stats,
    payload_holders,
)
from yiqihui_spider.archive.state.last_capture import OwnFile, own_files
from yiqihui_spider.items import Capture


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Filling]:
    with filling(tmp_path / "a.db") as filled:
        yield filled


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(captures).failed == 0


def test_a_run_has_a_beginning_and_an_end(here: Filling) -> None:
    run = begin_run(here.db, "import a.txt", "yiqihui_spider/1.0", pid=77, host="box")
    sql = """
        SELECT command, outcome, exit_code, stats, software, pid, host, finished_at IS NULL
        FROM runs WHERE id = ?
    """
    assert here.one(sql, run) == ("import a.txt", None, None, "{}", "yiqihui_spider/1.0", 77, "box", 1)
    finish_run(here.db, run, "done", 3, {"页": 2})
    assert here.one(sql, run) == ("import a.txt", "done", 3, '{"页": 2}', "yiqihui_spider/1.0", 77, "box", 0)


def test_dead_runs_are_said_to_have_died(here: Filling) -> None:
    finish_run(here.db, here.run, "done", 0, {})
    dead = begin_run(here.db, "crawl", "x", pid=1, host="box")
    close_dead_runs(here.db, at(9))
    rows = here.rows("SELECT id, outcome, exit_code FROM runs ORDER BY id")
    assert rows == [(here.run, "done", 0), (dead, "died", None)]
    assert here.one("SELECT finished_at FROM runs WHERE id = ?", dead) == at(9)


def test_a_captures_row_keeps_all_that_is_known(here: Filling) -> None:
    capture = Capture(
        url="http://www.178hui.com/news/view/1.html",
        captured_at="2019-06-05T08:00:00+08:00",
        payload_digest="sha1:ABC",
        warc_file="old.warc.gz",
        warc_offset=512,
        warc_length=900,
        http_status=200,
        etag='"x"',
        last_modified="Wed, 05 Jun 2019 00:00:00 GMT",
        time_source="warc",
        origin="import",
        truncated="length",
    )
    capture_id = save_capture(
        here.db, here.run, capture, kind="article", category="社群", content_type="text/html", elapsed_ms=12
    )
    (row,) = here.db.query("SELECT * FROM captures")
    assert {key: value for key, value in row.items() if value is not None} == {
        "id": capture_id,
        "run_id": here.run,
        "url": "http://www.178hui.com/news/view/1.html",
        "kind": "article",
        "captured_at": "2019-06-05T00:00:00+00:00",
        "http_status": 200,
        "payload_digest": "sha1:ABC",
        "warc_file": "old.warc.gz",
        "warc_offset": 512,
        "warc_length": 900,
        "category": "社群",
        "entries": 0,
        "residue_chars": 0,
        "content_type": "text/html",
        "etag": '"x"',
        "last_modified": "Wed, 05 Jun 2019 00:00:00 GMT",
        "time_source": "warc",
        "origin": "import",
        "truncated": "length",
        "elapsed_ms": 12,
        "problems": json.dumps([]),
    }
    assert save_capture(here.db, here.run, capture) == capture_id
    assert here.one("SELECT count(*) FROM captures") == 1
    assert not here.db.conn.in_transaction


def test_the_first_whole_capture_stands_for_later_ones_with_its_payload(here: Filling) -> None:
    def save(when: str, **values: object) -> int:
        return save_capture(here.db, here.run, here.capture("http://www.178hui.com/1", when, **values))

    save(at(1), truncated="length")
    save(at(1), http_status=None)
    first = save(at(2))
    save(at(3))
    last = save(at(4))
    save(at(5), http_status=304)
    found = list(payload_holders(here.db, "sha1:ABC"))
    assert [(one.id, one.captured_at, one.url) for one in found] == [
        (first, at(2), "http://www.178hui.com/1"),
        (last, at(4), "http://www.178hui.com/1"),
        (last - 1, at(3), "http://www.178hui.com/1"),
    ]
    assert list(payload_holders(here.db, "sha1:OTHER")) == []


def test_a_run_at_work_says_what_must_be_known_if_it_dies(here: Filling) -> None:
    run = begin_run(here.db, "crawl", "x", pid=1, host="box", stats={"python": "3", "warc_files": []})
    note_stats(here.db, run, {"warc_files": ["甲.warc.gz", "b.warc.gz"]})
    stats = here.one("SELECT stats FROM runs WHERE id = ?", run)
    assert json.loads(stats) == {"python": "3", "warc_files": ["甲.warc.gz", "b.warc.gz"]}


def test_whose_warc_files_are_whose(here: Filling, tmp_path: Path) -> None:
    inode = (tmp_path / "a.db").stat().st_ino

    def begun(name: str, other: int, outcome: str | None, code: int | None) -> None:
        run = begin_run(here.db, "crawl", "x", pid=1, host="box", stats={"database_inode": inode + other})
        note_stats(here.db, run, {"warc_files": [name]})
        here.db.execute("UPDATE runs SET outcome = ?, exit_code = ? WHERE id = ?", [outcome, code, run])

    begun("well.warc.gz", 0, "certified", 0)
    begun("moved.warc.gz", 1, "not certified", 3)
    begun("failed.warc.gz", 0, "failed", 1)
    begun("died.warc.gz", 0, "died", None)
    begun("open.warc.gz", 0, None, None)
    begun("copied.warc.gz", 1, "died", None)
    begun("copied-unknown.warc.gz", 1, None, None)
    here.db.execute("UPDATE runs SET stats = '{}' WHERE id = ?", [here.run])
    for number, name in enumerate(("old.warc.gz", "copied.warc.gz", "died.warc.gz")):
        save_capture(
            here.db, here.run, replace(here.capture("http://h/", at(1)), warc_file=name, warc_offset=number)
        )
    own, copied = own_files(here.db)
    assert own == [
        OwnFile("died.warc.gz", 2, False),
        OwnFile("failed.warc.gz", 0, False),
        OwnFile("moved.warc.gz", 0, True),
        OwnFile("old.warc.gz", 0, True),
        OwnFile("open.warc.gz", 0, False),
        OwnFile("well.warc.gz", 0, True),
    ]
    assert copied == ["copied.warc.gz"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-01T06:00:00+00:00", "2026-11-01T06:00:00+00:00"),
        ("2026-11-01T06:00:00Z", "2026-11-01T06:00:00+00:00"),
        ("2026-11-01T06:00:00.123456789Z", "2026-11-01T06:00:00+00:00"),
        ("2026-11-01T06:00:00.5-03:30", "2026-11-01T09:30:00+00:00"),
        ("2026-11-01T06:00:00", "2026-11-01T06:00:00+00:00"),
        ("2026-01-01T06:00:00+08:00", "2025-12-31T22:00:00+00:00"),
    ],
)
def test_times_in_utc(given: str, kept: str) -> None:
    assert in_utc(given) == kept
