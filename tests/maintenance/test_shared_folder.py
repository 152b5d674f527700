"""Several archives in one folder, archives reached by links, copied, renamed, moved: each run touches
only what its archive began."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest
from support.crawling import Crawl, Field, Nursery, check_archive, rows
from support.faults import Delay, Faults
from support.hui import verify
from support.import_files import bring_in, one

from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import ArchiveLocked, hold, open_session, warc_folder

SLOW = "/news/list.php?cat=3&page=2"


def problems(archive: Path) -> list[str]:
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return [problem for check in verify(db, archive) for problem in check.problems]


def notes(archive: Path) -> list[str]:
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return [note for check in verify(db, archive) for note in check.notes]


def files(archive: Path) -> set[str]:
    return {name for (name,) in rows(archive, "SELECT DISTINCT warc_file FROM captures")}


def dump(path: Path, page: int) -> Path:
    path.write_text(SampleSite().dump("社群", page), "utf-8")
    return path


def wait_for(crawls: Field, path: str, times: int = 1) -> None:
    deadline = time.monotonic() + 30
    while crawls.server.paths.count(path) < times:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_archives_crawl_into_one_folder_at_once(crawls: Field) -> None:
    other = Field(crawls.archive.with_name("other.db"), crawls.server, crawls.nursery)
    running = [field.begin("--delay", "0.02") for field in (crawls, other)]
    assert [crawl.wait().code for crawl in running] == [0, 0]
    # And one after the other, while the other has a half-made file there.
    for field in (crawls, other):
        assert field.crawl("--mode", "full").code == 0
    assert not files(crawls.archive) & files(other.archive)
    for field in (crawls, other):
        assert problems(field.archive) == []
        assert notes(field.archive) == [
            "not looked into: 1 other WARC file in the folder, not of this archive"
        ]
        check_archive(field.archive)
    for field in (crawls, other):
        before = sorted(field.rows("SELECT id, url, captured_at FROM captures"))
        done = field.nursery.start("verify", "--repair", "--archive", str(field.archive)).wait()
        assert (done.code, done.err) == (0, "")
        assert sorted(field.rows("SELECT id, url, captured_at FROM captures")) == before


def test_a_file_that_another_run_has_just_begun_stays(crawls: Field, faults: Faults) -> None:
    faults.on(SLOW, Delay(30), nth=1)
    crawl = crawls.begin(DOWNLOAD_TIMEOUT=60)
    wait_for(crawls, SLOW)
    (theirs,) = (crawls.archive.parent / "warc").iterdir()
    with theirs.open("ab") as file:  # the other run is in the middle of a record
        file.write(b"\x1f\x8b\x08\0half a record")
    before = theirs.read_bytes()
    (crawls.archive.parent / "warc" / "yiqihui-1-00001-abcd.warc.gz").touch()
    mine = crawls.archive.with_name("mine.db")
    assert bring_in(mine, dump(mine.with_name("d.txt"), 1))[0] == 0
    done = crawls.nursery.start("verify", "--repair", "--archive", str(mine)).wait()
    assert (done.code, done.err) == (0, "")
    assert theirs.read_bytes() == before
    assert (crawls.archive.parent / "warc" / "yiqihui-1-00001-abcd.warc.gz").exists()
    assert files(mine).isdisjoint({theirs.name})
    crawl.kill()
    assert crawl.wait().code == -signal.SIGKILL
    faults.rules.clear()
    assert crawls.crawl().code == 0  # and its own next run cuts the half record off
    assert theirs.read_bytes() == before[: -len(b"\x1f\x8b\x08\0half a record")]
    assert (problems(crawls.archive), problems(mine)) == ([], [])


def test_an_archive_reached_by_a_link(crawls: Field, faults: Faults, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    crawls.archive.parent.mkdir(parents=True, exist_ok=True)
    link = tmp_path / "links" / "a.db"
    link.symlink_to(crawls.archive)  # to a file that is not there yet
    through = Field(link, crawls.server, crawls.nursery)
    assert through.crawl().code == 0
    assert sorted(path.name for path in (tmp_path / "links").iterdir()) == ["a.db"]
    assert warc_folder(link) == warc_folder(crawls.archive) == crawls.archive.parent / "warc"
    assert (problems(link), problems(crawls.archive)) == ([], [])
    faults.on(SLOW, Delay(30))
    crawls.server.requests.clear()
    running = crawls.begin("--mode", "full", DOWNLOAD_TIMEOUT=60)
    wait_for(crawls, SLOW)
    second = through.crawl()
    assert second.code == 75
    assert f"in use by 'crawl' (pid {running.pid} on " in second.err
    running.kill()
    running.wait()
    faults.rules.clear()
    folder = tmp_path / "folder-link"
    folder.symlink_to(crawls.archive.parent)
    by_folder = Field(folder / crawls.archive.name, crawls.server, crawls.nursery)
    assert by_folder.crawl("--mode", "full").code == 0
    assert (problems(by_folder.archive), problems(link)) == ([], [])
    assert link.is_symlink()


@pytest.mark.parametrize("empty", [False, True])
def test_an_archive_with_two_names_of_its_own_is_refused_until_it_has_one(
    tmp_path: Path, empty: bool
) -> None:
    first, second = tmp_path / "a.db", tmp_path / "elsewhere" / "b.db"
    second.parent.mkdir()
    if empty:
        first.touch()
    else:
        assert bring_in(first, dump(tmp_path / "1.txt", 1))[0] == 0
    os.link(first, second)
    for name in (first, second):
        with pytest.raises(ArchiveError, match=r"one of 2 names \(hard links\)"):
            open_archive(name)
        with pytest.raises(ArchiveError), open_session(name, "import"):
            pass
        with pytest.raises(ArchiveError):
            open_archive(name, create=False, read_only=True)
    assert {path.name for path in second.parent.iterdir()} == {"b.db"}
    shutil.copy(second, f"{second}.own")
    os.replace(f"{second}.own", second)
    for name in (first, second):
        assert bring_in(name, dump(tmp_path / "2.txt", 2))[0] == 0


def test_links_that_lead_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.db").symlink_to(tmp_path / "b.db")
    (tmp_path / "b.db").symlink_to(tmp_path / "a.db")
    with pytest.raises(ArchiveError, match=r"cannot read .*[ab]\.db: "), open_session(tmp_path / "a.db", "x"):
        pass


def test_an_archive_that_was_renamed_or_moved(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    archive = tmp_path / "first" / "a.db"
    assert bring_in(archive, dump(tmp_path / "one.txt", 1))[0] == 0
    leave_half(archive)
    open_archive(archive).close()  # what SQLite keeps beside the file goes into it, as before any move
    archive.rename(archive.with_name("renamed.db"))
    shutil.move(tmp_path / "first", tmp_path / "second")
    moved = tmp_path / "second" / "renamed.db"
    assert bring_in(moved, dump(tmp_path / "two.txt", 2))[0] == 0
    assert problems(moved) == []
    assert notes(moved) == []
    assert (
        one(moved, "SELECT count(*) FROM runs WHERE json_extract(stats, '$.warc_repaired') IS NOT NULL") == 1
    )


def leave_half(archive: Path) -> Path:
    """A run that was killed within a record; the WARC file it left."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with open_session(archive, "crawl") as session:
            capture = session.warc.write_resource("file:///x", b"x", "text/plain", "2026-11-22T06:00:00Z")
            path = session.warc_folder / capture.warc_file
            path.write_bytes(path.read_bytes()[:-20])
            os.write(writing, path.name.encode())
            os._exit(0)
    os.waitpid(pid, 0)
    name = os.read(reading, 1000).decode()
    os.close(reading)
    os.close(writing)
    return warc_folder(archive) / name


def test_a_copy_in_the_same_folder_leaves_the_originals_files_alone(tmp_path: Path) -> None:
    archive, copy = tmp_path / "a.db", tmp_path / "b.db"
    assert bring_in(archive, dump(tmp_path / "one.txt", 1))[0] == 0
    with open_session(archive, "crawl") as session:
        session.warc.write_resource("file:///x", b"x", "text/plain", "2026-11-22T06:00:00Z")
        with closing(open_archive(archive, read_only=True)) as db:
            db.execute("VACUUM INTO ?", [str(copy)])
        (growing,) = (tmp_path / "warc").iterdir()
        with growing.open("ab") as file:
            file.write(b"\x1f\x8b\x08\0half")
        grown = growing.read_bytes()
        assert bring_in(copy, dump(tmp_path / "two.txt", 2))[0] == 0  # no lock of the original's is asked for
        assert growing.read_bytes() == grown
        assert problems(copy) == []
        growing.write_bytes(grown[:-8])
    assert bring_in(archive, dump(tmp_path / "three.txt", 3))[0] == 0
    assert files(copy) - files(archive)
    for one_of_both in (archive, copy):
        assert problems(one_of_both) == []
    with open_session(copy, "verify --repair") as session:
        from yiqihui_spider.maintenance.verify import repair

        assert repair(session) == []


def test_a_lock_that_is_only_asked_about_stops_no_run(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    with hold(archive, "crawl"):
        began = time.monotonic()
        with pytest.raises(ArchiveLocked), hold(archive, "import"):
            pass
        assert time.monotonic() - began < 3


def test_verify_all_the_time_stops_no_crawl(crawls: Field, nursery: Nursery) -> None:
    assert crawls.crawl("--no-details").code == 0
    pids = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            from yiqihui_spider.maintenance.verify import is_held

            while True:
                is_held(crawls.archive)
        pids.append(pid)
    try:
        done: list[Crawl] = [crawls.crawl("--no-details") for _ in range(4)]
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    assert [crawl.code for crawl in done] == [0] * 4, done[0].err
