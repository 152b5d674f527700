"""A database that another program holds: "try again later", soon, and nothing left half done."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.crawling import Field, run_installed
from support.faults import Faults

from yiqihui_spider.archive.schema import opening
from yiqihui_spider.archive.schema.opening import ArchiveBusy
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import open_session
from yiqihui_spider.warc.records import WarcError
from yiqihui_spider.warc.writer import WarcWriter


@contextmanager
def held(archive: Path) -> Iterator[None]:
    """As the sqlite3 shell holds it after BEGIN EXCLUSIVE."""
    with closing(sqlite3.connect(archive, isolation_level=None, check_same_thread=False)) as shell:
        shell.execute("BEGIN EXCLUSIVE")
        yield
        shell.execute("ROLLBACK")


@pytest.mark.parametrize("words", [["crawl", "--start-url"], ["import"], ["verify", "--repair"]])
def test_held_from_the_beginning(crawls: Field, tmp_path: Path, words: list[str]) -> None:
    assert crawls.crawl("--no-details").code == 0
    dump = tmp_path / "d.txt"
    dump.write_text(SampleSite().dump("社群", 2), "utf-8")
    more = {"crawl": [crawls.home + "/news/"], "import": [str(dump)]}.get(words[0], [])
    with held(crawls.archive):
        done = run_installed(*words, *more, "--archive", str(crawls.archive))
    assert done.code == 75
    assert done.lines == [f"Error: {crawls.archive} is held by another program; try again later"]
    assert done.seconds < 20
    assert crawls.rows("SELECT outcome FROM runs") == [("certified",)]
    verified = run_installed("verify", "--archive", str(crawls.archive))
    assert (verified.code, verified.err) == (0, "")


def test_held_in_the_middle(crawls: Field, faults: Faults) -> None:
    shell = sqlite3.connect(crawls.archive, isolation_level=None, check_same_thread=False)
    with closing(shell):
        faults.hook("/news/list.php?cat=3&page=2", lambda: shell.execute("BEGIN EXCLUSIVE"), nth=1)
        crawl = crawls.begin("--no-details")
        done = crawl.wait()
        shell.execute("ROLLBACK")
    assert done.code == 75
    assert "Traceback" not in done.err
    assert done.lines[0] == (
        "another program holds the archive's database: the next run goes on where this one stopped"
    )
    assert done.seconds < 45
    assert crawls.crawl("--no-details").code == 0
    verified = run_installed("verify", "--archive", str(crawls.archive))
    assert (verified.code, verified.err) == (0, "")


def test_an_import_that_finds_it_held_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.1)
    archive = tmp_path / "a.db"

    def work() -> None:
        with open_session(archive, "import") as session, held(archive):
            session.db.execute("DELETE FROM todo")

    with pytest.raises(ArchiveBusy, match=r"a\.db is held by another program; try again later$"):
        work()
    with closing(sqlite3.connect(archive)) as db:
        assert db.execute("SELECT outcome, exit_code FROM runs").fetchall() == [("archive busy", 75)]


def test_a_warc_file_that_cannot_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: WarcWriter) -> None:
        raise WarcError("x.warc.gz: can't be written: No space left on device")

    archive = tmp_path / "a.db"
    monkeypatch.setattr(WarcWriter, "close", fail)
    with pytest.raises(WarcError, match="No space left"), open_session(archive, "crawl") as session:
        session.outcome, session.exit_code = "certified", 0
    with closing(sqlite3.connect(archive)) as db:
        sql = "SELECT outcome, exit_code, json_extract(stats, '$.error') FROM runs"
        (row,) = db.execute(sql).fetchall()
    assert row == ("failed", 1, "x.warc.gz: can't be written: No space left on device")
