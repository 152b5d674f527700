"""One writer at a time, and readers whenever they like."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from support.crawling import Field, Running
from support.faults import Delay, Faults

from yiqihui_spider.archive.schema.opening import ArchiveError
from yiqihui_spider.session import ArchiveLocked, hold, open_session

SLOW = "/news/list.php?cat=3&page=2"


@pytest.fixture
def running(crawls: Field, faults: Faults) -> Running:
    """A crawl that holds the archive for as long as a test needs."""
    faults.on(SLOW, Delay(30))
    crawl = crawls.begin(DOWNLOAD_TIMEOUT=60)
    deadline = time.monotonic() + 30
    while SLOW not in crawls.server.paths:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return crawl


def test_a_second_run_names_the_first_and_goes(crawls: Field, running: Running) -> None:
    asked = len(crawls.server.paths)
    second = crawls.crawl()
    assert second.code == 75
    (line,) = second.lines
    assert line.startswith(f"Error: {crawls.archive} is in use by 'crawl' (pid {running.pid} on ")
    assert line.endswith("; try again later")
    assert second.out == ""
    assert second.seconds < 5
    assert len(crawls.server.paths) == asked
    assert crawls.rows("SELECT count(*) FROM runs") == [(1,)]
    running.kill()
    assert running.wait().code == -signal.SIGKILL


def test_the_lock_dies_with_its_holder(crawls: Field, faults: Faults, running: Running) -> None:
    running.kill()
    assert running.wait().code == -signal.SIGKILL
    faults.rules.clear()
    assert crawls.crawl().code == 0
    assert crawls.rows("SELECT outcome FROM runs ORDER BY id") == [("died",), ("certified",)]
    left = {path.name for path in crawls.archive.parent.iterdir()}
    assert "archive.db.holder" not in left


def test_readers_neither_wait_nor_see_half_a_page(crawls: Field, faults: Faults) -> None:
    """While a crawl runs, read all the time, with Python and with the sqlite3 shell."""
    crawl = crawls.begin("--delay", "0.02")
    looks, articles, longest = 0, set(), 0.0
    while not crawl.over:
        if not crawls.archive.exists() or not crawls.archive.with_name("archive.db-wal").exists():
            time.sleep(0.005)
            continue
        began = time.monotonic()
        with (
            contextlib.suppress(sqlite3.OperationalError),
            contextlib.closing(sqlite3.connect(crawls.archive, timeout=0)) as db,
        ):
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sightings'").fetchone():
                continue
            db.execute("BEGIN")
            articles.add(look(db))
            db.execute("COMMIT")
            looks += 1
        longest = max(longest, time.monotonic() - began)
    assert crawl.wait().code == 0
    assert looks > 20
    assert len(articles) > 5, "the crawl went on in the meantime"
    assert longest < 2


def look(db: sqlite3.Connection) -> int:
    half = """
        SELECT c.id FROM captures c WHERE c.kind <> 'other'
        AND c.entries <> (SELECT count(*) FROM sightings s WHERE s.capture_id = c.id)
    """
    assert db.execute(half).fetchall() == []
    unfiled = """
        SELECT c.id FROM captures c WHERE c.kind = 'listing'
        AND NOT EXISTS (SELECT 1 FROM walk_pages p WHERE p.capture_id = c.id)
    """
    assert db.execute(unfiled).fetchall() == []
    wordless = "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM article_versions)"
    assert db.execute(wordless).fetchall() == []
    count: int = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    return count


def test_the_shell_reads_and_a_long_reader_blocks_nobody(
    crawls: Field, faults: Faults, running: Running
) -> None:
    shell = subprocess.run(
        ["sqlite3", "-readonly", str(crawls.archive), "SELECT count(*) FROM articles"],
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert (shell.returncode, shell.stdout, shell.stderr) == (0, "8\n", "")
    status = crawls.nursery.start("status", "--archive", str(crawls.archive)).wait()
    assert status.code == 0
    assert "still at work" in status.out
    running.kill()
    running.wait()
    faults.rules.clear()
    with contextlib.closing(sqlite3.connect(crawls.archive)) as reader:
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM articles").fetchone()
        assert crawls.crawl().code == 0
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == before
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]


def test_holding_and_letting_go(tmp_path: Path) -> None:
    archive = tmp_path / "new" / "a.db"
    with hold(archive, "crawl"):
        words = rf"in use by 'crawl' \(pid {os.getpid()} on "
        with pytest.raises(ArchiveLocked, match=words), hold(archive, "import"):
            pass
        assert ArchiveLocked.exit_code == 75
    with hold(archive, "import"):
        pass
    holder = archive.with_name("a.db.holder")
    assert not holder.exists()
    with hold(archive, "import"):
        holder.write_text("{")
        with pytest.raises(ArchiveLocked, match="in use by another run"), hold(archive, "crawl"):
            pass


def test_a_session_says_how_it_ended(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    with open_session(archive, "crawl") as session:
        session.outcome, session.exit_code = "certified", 0
    with pytest.raises(KeyError), open_session(archive, "import"):
        raise KeyError("x")
    with contextlib.closing(sqlite3.connect(archive)) as db:
        runs = db.execute("SELECT command, outcome, exit_code, finished_at IS NOT NULL FROM runs").fetchall()
    assert runs == [("crawl", "certified", 0, 1), ("import", "failed", 1, 1)]


def test_a_run_killed_while_it_made_the_archive(tmp_path: Path) -> None:
    """It leaves an empty file, which the next run makes an archive of."""
    archive = tmp_path / "a.db"
    archive.touch()
    with open_session(archive, "crawl") as session:
        assert session.run_id == 1


def test_a_foreign_file_stays_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "notes.txt"
    foreign.write_text("no database")
    with pytest.raises(ArchiveError, match="is not an SQLite database"), open_session(foreign, "crawl"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
