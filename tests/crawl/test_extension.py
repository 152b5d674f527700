"""Faults of our own: whatever breaks, the exit code and one line tell, and no trace is shown."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys

import pytest
from support.crawling import LIMIT, Crawl, Field, check_archive
from support.failing_parts import POISON
from support.faults import Faults

from yiqihui_spider import settings


def told(done: Crawl, words: str) -> None:
    assert done.code == 1
    assert any(line.lower().startswith("error: ") and words in line for line in done.lines), done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("setting", "part", "words"),
    [
        ("ITEM_PIPELINES", {"failing_parts.FailingPipeline": 150}, "a pipeline's fault"),
        ("SPIDER_MIDDLEWARES", {"failing_parts.FailingSpiderMiddleware": 900}, "a spider's fault"),
    ],
)
def test_a_fault_over_one_page(crawls: Field, setting: str, part: dict[str, int], words: str) -> None:
    whole = {**getattr(settings, setting, {}), **part}
    done = crawls.crawl(**{setting: json.dumps(whole)})
    told(done, f'{POISON}: KeyError: "{words}"')
    assert crawls.rows("SELECT outcome, exit_code FROM runs") == [("failed", 1)]
    # The page is kept for next time, and the others came all the same.
    assert crawls.todo() == [(POISON, f'an error of ours: KeyError: "{words}"')]
    assert crawls.rows("SELECT sum(certified) FROM walks") == [(2,)]
    assert crawls.crawl().code == 0


def test_a_fault_in_a_middleware(crawls: Field) -> None:
    parts = {**settings.DOWNLOADER_MIDDLEWARES, "failing_parts.FailingMiddleware": 565}
    done = crawls.crawl(DOWNLOADER_MIDDLEWARES=json.dumps(parts))
    assert done.code == 3
    assert crawls.todo() == [(POISON, 'an unforeseen fault: "a middleware\'s fault"')]
    assert "Traceback" not in done.err


def test_the_trace_is_there_for_who_asks(crawls: Field) -> None:
    parts = {**settings.ITEM_PIPELINES, "failing_parts.FailingPipeline": 150}
    done = crawls.crawl("-v", ITEM_PIPELINES=json.dumps(parts))
    assert done.code == 1
    assert "Traceback (most recent call last)" in done.err


def drop(crawls: Field, table: str) -> None:
    with contextlib.closing(sqlite3.connect(crawls.archive)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(f"DROP TABLE {table}")


@pytest.mark.parametrize("table", ["observations", "todo", "walk_reads", "captures"])
def test_the_archive_breaks_under_the_run(crawls: Field, faults: Faults, table: str) -> None:
    faults.hook("/news/list.php?cat=3&page=2", lambda: drop(crawls, table), nth=1)
    told(crawls.crawl(), "no such table")
    assert len(crawls.server.paths) < 30, "it does not go on for ever"


def test_a_run_that_cannot_be_closed(crawls: Field) -> None:
    parts = {**settings.EXTENSIONS, "failing_parts.FailingEnd": 20}
    told(crawls.crawl("--no-details", EXTENSIONS=json.dumps(parts)), "not JSON serializable")
    assert crawls.crawl("--no-details").code == 0
    assert crawls.rows("SELECT outcome FROM runs") == [("failed",), ("certified",)]


@pytest.mark.parametrize("blocks", [250, 500, 700])
def test_the_disk_is_full(crawls: Field, blocks: int) -> None:
    """A limit on the size of files does to SQLite and to the WARC what a full disk does."""
    command = [sys.executable, "-m", "yiqihui_spider", *crawls.arguments()]
    done = subprocess.run(
        ["bash", "-c", f'ulimit -f {blocks}; exec "$@"', "bash", *command],
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "rror" in line]) <= 2, done.stderr
    assert "disk I/O error" in done.stderr or "can't be written" in done.stderr
    healthy = crawls.crawl()
    assert (healthy.code, healthy.err) == (0, "")
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]
    check_archive(crawls.archive)
