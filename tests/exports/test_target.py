"""Exports appear when they are complete, or not at all."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from yiqihui_spider.exports.target import ExportError, new_file, new_folder

NAMES = frozenset({"a.csv", "b.csv"})


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def listing(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_file_appears_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with new_file(target) as file:
        file.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert listing(tmp_path) == ["out.jsonl"]
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask()


def write_file(target: Path, then: type[BaseException] | None = None) -> None:
    with new_file(target) as file:
        file.write(b"new")
        if then:
            raise then


def write_folder(target: Path, then: type[BaseException] | None = None) -> None:
    with new_folder(target, NAMES) as folder:
        fill_folder(folder, "a.csv")
        if then:
            raise then


def umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_old_file_stays(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "out.jsonl"
    target.write_bytes(b"old")
    with pytest.raises(error):
        write_file(target, error)
    assert target.read_bytes() == b"old"
    assert listing(tmp_path) == ["out.jsonl"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "latest"
    link.symlink_to("real/out")
    with new_file(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "real" / "out").read_bytes() == b"new"


def test_what_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    for name, reason in (
        ("folder", "it is a folder"),
        ("fifo", "it is not a regular file"),
        ("none/out", "No such file or directory"),
    ):
        with pytest.raises(ExportError, match=f"^cannot write .*{name}: {reason}$"):
            write_file(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ExportError, match=r"out: Permission denied$"):
            write_file(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


def test_leftovers_of_the_killed_are_cleared_and_of_the_living_kept(tmp_path: Path) -> None:
    dead, living = dead_pid(), os.getppid()
    for name in (f".out.{dead}.part", f".out.{living}.part", f".outer.{dead}.part", ".out.x.part"):
        (tmp_path / name).write_bytes(b"half")
    with new_file(tmp_path / "out") as file:
        file.write(b"new")
    assert listing(tmp_path) == sorted([".out.x.part", f".out.{living}.part", f".outer.{dead}.part", "out"])


def fill_folder(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(name)


def test_a_folder_appears_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with new_folder(target, NAMES) as folder:
        fill_folder(folder, "a.csv", "b.csv")
        assert not target.exists()
    assert listing(target) == ["a.csv", "b.csv"]
    with new_folder(target, NAMES) as folder:
        fill_folder(folder, "a.csv")
        assert listing(target) == ["a.csv", "b.csv"]
    assert listing(target) == ["a.csv"]
    assert listing(tmp_path) == ["out"]


def test_after_an_error_the_old_folder_stays(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    fill_folder(target, "b.csv")
    with pytest.raises(KeyboardInterrupt):
        write_folder(target, KeyboardInterrupt)
    assert listing(target) == ["b.csv"]
    assert listing(tmp_path) == ["out"]


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    fill_folder(target, "a.csv", "notes.txt")
    with pytest.raises(ExportError, match=r"out holds what is not of this export \(notes\.txt\); give an"):
        write_folder(target)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match=r"cannot write the folder .*file: there is a file of that name"):
        write_folder(tmp_path / "file")
    assert listing(tmp_path) == ["file", "out"]
    assert listing(target) == ["a.csv", "notes.txt"]


def test_a_folder_filled_by_others_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "out"
    folder = new_folder(target, NAMES)
    folder.__enter__()
    target.mkdir()
    fill_folder(target, "notes.txt")
    with pytest.raises(ExportError, match="holds what is not of this export"):
        folder.__exit__(None, None, None)
    assert listing(target) == ["notes.txt"]
    assert listing(tmp_path) == ["out"]


def test_a_folder_moved_aside_by_the_killed_is_put_back(tmp_path: Path) -> None:
    dead = dead_pid()
    for kind in ("old", "part"):
        (tmp_path / f".out.{dead}.{kind}").mkdir()
        fill_folder(tmp_path / f".out.{dead}.{kind}", "b.csv")
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "out", KeyboardInterrupt)
    assert listing(tmp_path) == ["out"]
    assert listing(tmp_path / "out") == ["b.csv"]


def test_archives_and_raw_responses_are_not_replaced(tmp_path: Path) -> None:
    archive = tmp_path / "y.db"
    with contextlib.closing(sqlite3.connect(archive)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (x)")
        link = tmp_path / "link.html"
        link.symlink_to(archive)
        for target in (archive, link, tmp_path / "y.db-wal", tmp_path / "y.db-shm"):
            with pytest.raises(ExportError, match="SQLite database"):
                write_file(target)
    raw = tmp_path / "a.warc.gz"
    raw.write_bytes(b"raw")
    with pytest.raises(ExportError, match="WARC file"):
        write_file(raw)
    assert (raw.read_bytes(), archive.read_bytes()[:13]) == (b"raw", b"SQLite format")
    assert listing(tmp_path) == ["a.warc.gz", "link.html", "y.db"]
