"""Several pages in one transaction: what becomes of the others when one of them, or the disk, fails."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.hui import verify
from support.import_files import bring_in, everything, one, rows, warc_bytes

from yiqihui_spider.archive.articles import store
from yiqihui_spider.archive.schema import opening
from yiqihui_spider.archive.schema.opening import ArchiveBusy, open_archive
from yiqihui_spider.errors import Exit
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import Session, on_begin, row_group
from yiqihui_spider.session import opening as sessions
from yiqihui_spider.warc.writer import WarcWriter

TIME = "2020-03-02T06:00:00+00:00"
SAVE = store.save_page


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "archive.db"


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Nine pages."""
    site = SampleSite(page_size=5)
    pages = [site.dump(name, page) for name in site.categories for page in range(1, site.pages(name) + 1)]
    assert len(pages) == 9
    path = tmp_path / "dump.txt"
    path.write_text("\n".join(pages), "utf-8")
    return path


def at_call(number: int, real: Callable[..., Any], do: Callable[[], object]) -> Callable[..., Any]:
    """``real``, which does something else, too, when it is called for the n-th time."""
    calls = iter(range(1, 1000))

    def called(*args: Any, **more: Any) -> Any:
        done = real(*args, **more)
        if next(calls) == number:
            do()
        return done

    return called


def fail() -> None:
    raise ZeroDivisionError


def captures(archive: Path) -> int:
    return int(one(archive, "SELECT count(*) FROM captures"))


def whole(archive: Path) -> bool:
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return not any(check.problems for check in verify(db, archive))


def came_through(archive: Path, dump: Path, other: Path) -> bool:
    """Whether doing it again gives what an undisturbed import does, and a sound archive."""
    assert bring_in(archive, dump, captured_at=TIME)[0] == Exit.DONE
    bring_in(other, dump, captured_at=TIME)
    tables = ("articles", "article_versions", "view_counts", "article_categories", "sightings")
    return whole(archive) and all(everything(archive)[name] == everything(other)[name] for name in tables)


def test_a_group_is_one_transaction(archive: Path, dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is committed nobody else sees anything of it; then all of it."""
    monkeypatch.setattr(row_group, "MOST_PAGES", 4)
    seen: list[int] = []

    def look(*args: Any, **more: Any) -> Any:
        seen.append(captures(archive))
        return SAVE(*args, **more)

    monkeypatch.setattr(store, "save_page", look)
    bring_in(archive, dump, captured_at=TIME)
    assert seen == [0, 1, 1, 1, 1, 5, 5, 5, 5]  # the first one begins the WARC file
    assert captures(archive) == 9


def test_a_fault_in_one_page_takes_no_rows_of_the_others(
    archive: Path, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops in the middle of its own rows."""
    record = store.record
    monkeypatch.setattr(store, "record", at_call(6, record, fail))
    with pytest.raises(ZeroDivisionError):
        bring_in(archive, dump, captured_at=TIME)
    assert captures(archive) == 5
    assert rows(archive, "SELECT outcome, exit_code FROM runs") == [("failed", 1)]
    assert whole(archive)
    monkeypatch.setattr(store, "record", record)
    assert came_through(archive, dump, tmp_path / "other.db")


def test_a_full_disk(archive: Path, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite takes back the whole group; what is in the WARC file is there twice in the end."""
    monkeypatch.setattr(row_group, "MOST_PAGES", 4)

    def limit(session: Session) -> None:
        pages = session.db.execute("PRAGMA page_count").fetchone()[0]
        session.db.execute(f"PRAGMA max_page_count = {pages + 11}").fetchone()

    on_begin.append(limit)
    try:
        with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
            bring_in(archive, dump, captured_at=TIME)
    finally:
        on_begin.remove(limit)
    assert captures(archive) in (1, 5)
    assert whole(archive)
    assert came_through(archive, dump, tmp_path / "other.db")


def test_a_database_held_in_the_middle(
    archive: Path, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program that gets hold of it between two groups: what was before is kept."""
    monkeypatch.setattr(row_group, "MOST_PAGES", 4)
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.1)
    begin = row_group.RowGroup._begin
    calls = iter(range(1, 1000))
    with closing(sqlite3.connect(tmp_path / "x", isolation_level=None)) as shell:

        def hold(self: row_group.RowGroup) -> None:
            if next(calls) == 3:
                shell.execute("ATTACH ? AS archive", [str(archive)])
                shell.execute("BEGIN IMMEDIATE")
                shell.execute("DELETE FROM archive.todo")
            begin(self)

        monkeypatch.setattr(row_group.RowGroup, "_begin", hold)
        with pytest.raises(ArchiveBusy):
            bring_in(archive, dump, captured_at=TIME)
        monkeypatch.setattr(row_group.RowGroup, "_begin", begin)
        shell.execute("ROLLBACK")
    assert captures(archive) == 5
    assert came_through(archive, dump, tmp_path / "other.db")


def test_ctrl_c_waits_for_the_end_of_the_page(
    archive: Path, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nothing that it captured is without rows, and it can say how it ended."""
    interrupt = at_call(3, SAVE, lambda: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr(store, "save_page", interrupt)
    code, tally = bring_in(archive, dump, captured_at=TIME)
    assert (code, tally.interrupted, tally.pages, captures(archive)) == (Exit.UNCERTIFIED, True, 3, 3)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        leftovers = verify(db, archive)[-1]
    assert (leftovers.problems, leftovers.notes) == ([], [])
    monkeypatch.setattr(store, "save_page", SAVE)
    assert came_through(archive, dump, tmp_path / "other.db")


def test_a_group_that_is_open_for_long_is_committed(
    archive: Path, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_group, "MOST_SECONDS", 0.0)
    seen: list[int] = []
    monkeypatch.setattr(store, "save_page", at_call(6, SAVE, lambda: seen.append(captures(archive))))
    bring_in(archive, dump, captured_at=TIME)
    assert seen == [5]


def test_who_waits_for_more_of_a_pipe_holds_nothing_up(archive: Path, dump: Path, tmp_path: Path) -> None:
    """Another program can write to the archive while an import waits for its input."""
    data = dump.read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[object] = []

    def feed() -> None:
        with pipe.open("wb", buffering=0) as out:
            block = data + b"\n"
            out.write(block * (1_300_000 // len(block)))  # what is read at once, and more
            deadline = threading.Event()
            for _ in range(200):
                deadline.wait(0.02)
                if archive.exists() and (seen := captures(archive)):
                    with closing(sqlite3.connect(archive, timeout=0.5)) as shell:
                        found.append(shell.execute("DELETE FROM todo").rowcount)
                        shell.rollback()
                    found.append(seen)
                    return

    feeder = threading.Thread(target=feed)
    feeder.start()
    code, _ = bring_in(archive, pipe, captured_at=TIME)
    feeder.join()
    assert (code, found) == (Exit.DONE, [0, 9])


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def writer(*args: Any, **more: Any) -> WarcWriter:
        return WarcWriter(*args, **more, max_bytes=2000)

    monkeypatch.setattr(sessions, "WarcWriter", writer)


@pytest.mark.usefixtures("small_files")
def test_the_name_of_a_file_is_on_record_before_the_file_is_there(
    archive: Path, dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one is begun in the middle of a group: it is this archive's own, whatever comes."""
    real = Path.open

    def opened(self: Path, *args: Any, **more: Any) -> Any:
        if self.name.endswith(".warc.gz") and not self.exists():
            begun = one(archive, "SELECT json_extract(stats, '$.warc_files') FROM runs")
            assert self.name in begun
        return real(self, *args, **more)

    monkeypatch.setattr(Path, "open", opened)
    bring_in(archive, dump, captured_at=TIME)
    assert len(warc_bytes(archive)) > 2
    assert whole(archive)
