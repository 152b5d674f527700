from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from yiqihui_spider.archive.schema import opening as module
from yiqihui_spider.archive.schema.migrations import APPLICATION_ID
from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every path under a folder, with the files' bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def refused(path: Path, **options: bool) -> str:
    with pytest.raises(ArchiveError) as caught:
        open_archive(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def new(path: Path) -> Path:
    open_archive(path).close()
    return path


# --- what is made -------------------------------------------------------------------------------


def test_a_new_archive_and_its_folder_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "new.db"
    db = open_archive(path)
    try:
        pragmas = {
            name: db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "journal_mode",
                "foreign_keys",
                "synchronous",
                "recursive_triggers",
                "application_id",
            )
        }
        assert pragmas == {
            "journal_mode": "wal",
            "foreign_keys": 1,
            "synchronous": 1,
            "recursive_triggers": 1,
            "application_id": APPLICATION_ID,
        }
        assert db.execute("PRAGMA busy_timeout").fetchone()[0] == 10_000
        tables = set(db.table_names())
    finally:
        db.close()
    assert {
        "articles", "versions", "observations", "article_categories", "captures", "residues", "walks", "runs",
    } <= tables  # fmt: skip
    assert sorted(p.name for p in path.parent.iterdir()) == ["new.db"]


def test_every_table_of_the_archive_is_strict(tmp_path: Path) -> None:
    db = open_archive(tmp_path / "a.db")
    try:
        ours = (
            "articles",
            "versions",
            "former_texts",
            "observations",
            "entry_facts",
            "captures",
            "excerpts",
            "former_times",
            "runs",
        )
        strict = {row[0]: row[1] for row in db.execute("SELECT name, strict FROM pragma_table_list")}
        assert {name: strict[name] for name in ours} == dict.fromkeys(ours, 1)
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO runs (command, started_at, software, pid) VALUES ('a', 'b', 'c', 'many')")
    finally:
        db.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = new(tmp_path / "a.db")
    before = tree(tmp_path)
    new(path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "name",
    [
        "with space.db",
        "what?.db",
        "#1.db",
        "50%.db",
        "100%25.db",
        "一起惠 资讯.db",
        "a&b=c;d.db",
        "quote'.db",
    ],
)
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / f"folder {name}"
    db = open_archive(folder / name)
    db.execute("INSERT INTO runs (command, started_at, software) VALUES ('crawl', 'now', 'x')")
    db.close()
    assert [p.name for p in folder.iterdir()] == [name]
    reader = open_archive(folder / name, read_only=True)
    assert reader.execute("SELECT command FROM runs").fetchall() == [("crawl",)]
    reader.close()


def test_a_relative_path_and_one_that_looks_like_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x.db"):
        open_archive(Path(name)).close()
    assert sorted(p.name for p in tmp_path.iterdir()) == [":memory:", "file:x.db"]


def test_an_empty_file_becomes_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    new(path)
    db = open_archive(path, create=False)
    assert "articles" in db.table_names()
    db.close()


def test_an_archive_is_known_by_its_first_bytes_from_the_start(tmp_path: Path) -> None:
    """Even when its maker was killed before anything was moved out of the -wal file."""
    path = tmp_path / "a.db"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from yiqihui_spider.archive.schema.opening import open_archive\n"
        "db = open_archive(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert path.with_name("a.db-wal").exists()
    assert path.read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big")
    db = open_archive(path, create=False)
    assert "articles" in db.table_names()
    db.close()


# --- what is refused, and left alone ---------------------------------------------------------------


def test_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} is a folder, not an archive file"
    assert tree(tmp_path) == {}


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.db"
    assert refused(path, create=False) == f"no archive at {path}"
    assert refused(path, read_only=True) == f"no archive at {path}"
    assert tree(tmp_path) == {}


def test_an_empty_file_to_read_from(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch()
    assert refused(path, read_only=True) == f"{path} is an empty file, not an archive"
    assert tree(tmp_path) == {"a.db": b""}


@pytest.mark.parametrize("content", [b"hello", "正文".encode(), b"\0" * 5000, b"SQLite format 2\0", b"SQ"])
def test_a_file_that_is_not_sqlite(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    for options in ({}, {"create": False}, {"read_only": True}):
        assert refused(path, **options) == f"{path} is not an SQLite database"
    assert tree(tmp_path) == {"a.db": content}


@pytest.mark.parametrize("application_id", [0, 1234])
@pytest.mark.parametrize("tables", ["articles (id)", "_sqlite_migrations (migration_set, name, applied_at)"])
def test_a_foreign_database(tmp_path: Path, application_id: int, tables: str) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute(f"CREATE TABLE {tables}")
    theirs.execute(f"PRAGMA application_id = {application_id}")
    theirs.close()
    before = tree(tmp_path)
    for options in ({}, {"create": False}, {"read_only": True}):
        assert refused(path, **options) == f"{path} is an SQLite database, but not a yiqihui_spider archive"
    assert tree(tmp_path) == before


def test_a_foreign_database_in_use(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("PRAGMA journal_mode = WAL")
    theirs.execute("CREATE TABLE articles (id)")
    before = {name for name in tree(tmp_path) if name}
    assert refused(path).endswith("not a yiqihui_spider archive")
    assert set(tree(tmp_path)) == before == {"theirs.db", "theirs.db-shm", "theirs.db-wal"}
    theirs.close()


def test_a_newer_archive(tmp_path: Path) -> None:
    path = new(tmp_path / "a.db")
    with sqlite3.connect(path) as newer:
        newer.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('yiqihui_spider', 'm999_of_tomorrow', '2030-01-01')"
        )
    newer.close()
    before = tree(tmp_path)
    message = f"{path} was made by a newer yiqihui_spider (it has m999_of_tomorrow); update the program"
    for options in ({}, {"create": False}, {"read_only": True}):
        assert refused(path, **options) == message
    assert tree(tmp_path) == before


def test_a_damaged_archive(tmp_path: Path) -> None:
    path = new(tmp_path / "a.db")
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)
    before = tree(tmp_path)
    assert refused(path).startswith(f"{path} is damaged: ")
    assert tree(tmp_path) == before


def test_a_place_where_nothing_can_be_made(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way", "utf-8")
    assert refused(file / "a.db") == f"cannot read {file / 'a.db'}: Not a directory"
    assert refused(Path("/proc/nowhere/a.db")).startswith("cannot make the folder /proc/nowhere: ")
    assert refused(tmp_path / ("n" * 300)).startswith("cannot read ")
    assert refused(tmp_path / "zero\0byte.db").startswith("cannot read ")
    assert refused(Path(os.devnull)) == f"{os.devnull} is not a regular file"
    assert tree(tmp_path) == {"file": b"in the way"}


def test_no_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the system through ``os.access``, which says yes to root about anything."""
    path = new(tmp_path / "a.db")
    before = tree(tmp_path)
    monkeypatch.setattr(module.os, "access", lambda where, mode: Path(where) != path)
    assert refused(path) == f"{path} is not writable"
    monkeypatch.setattr(module.os, "access", lambda where, mode: False)
    assert refused(tmp_path / "b.db") == f"the folder {tmp_path} is not writable"
    assert tree(tmp_path) == before


# --- reading -----------------------------------------------------------------------------------


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    path = new(tmp_path / "a.db")
    db = open_archive(path, read_only=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("INSERT INTO runs (command, started_at, software) VALUES ('a', 'b', 'c')")
    db.close()


def test_readers_and_a_writer_do_not_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    writer = open_archive(path)
    insert = "INSERT INTO runs (command, started_at, software) VALUES ('a', 'b', 'c')"
    writer.execute(insert)
    reader = open_archive(path, read_only=True)
    with writer.atomic():
        writer.execute(insert)
        assert reader.execute("SELECT count(*) FROM runs").fetchone()[0] == 1
    assert reader.execute("SELECT count(*) FROM runs").fetchone()[0] == 2
    reader.close()
    writer.close()


def test_an_archive_that_lost_its_mark_is_known_by_its_tables(tmp_path: Path) -> None:
    """As one does that is put back together from a dump."""
    path = new(tmp_path / "a.db")
    with sqlite3.connect(path) as copy:
        copy.execute("PRAGMA application_id = 0")
    copy.close()
    open_archive(path, create=False).close()
    assert path.read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big")


def test_a_busy_archive_is_waited_for(tmp_path: Path) -> None:
    path = new(tmp_path / "a.db")
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, lambda: holder.execute("COMMIT"))
    timer.start()
    db = open_archive(path)
    db.execute("INSERT INTO runs (command, started_at, software) VALUES ('a', 'b', 'c')")
    assert not holder.in_transaction, "written before the other let go"
    assert db.execute("SELECT command FROM runs").fetchall() == [("a",)]
    db.close()
    timer.join()
    holder.close()
