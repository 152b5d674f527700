"""An archive of each schema: brought up to date beside a copy, read, proven; a newer one refused."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database
from support.paths import FIXTURES

from yiqihui_spider.archive.schema.migrations import migrations
from yiqihui_spider.cli import main

KNOWN = [migration.name for migration in migrations._migrations]
FOLDERS = {int(path.name.removeprefix("schema-")): path for path in (FIXTURES / "archives").glob("schema-*")}
TRUE = {101: "甲题目", 102: "乙题目", 103: "丙题目", 104: "丁题目", 106: "己题目"}


def number(name: str) -> int:
    return int(name.partition("_")[0].lstrip("m"))


OLD = range(2, number(KNOWN[-1]))
"""Every schema an archive may still have."""


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Of the file as it is: opened by our program it would be brought up to date."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def applied(path: Path) -> list[str]:
    return sorted(name for (name,) in rows(path, "SELECT name FROM _sqlite_migrations"))


def yiqihui(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_archives_are_of_the_schemas_they_are_named_for() -> None:
    assert set(FOLDERS) >= {2, 3, 4, 5, 6}
    for schema, folder in FOLDERS.items():
        assert {number(name) for name in applied(folder / "archive.db")} == set(range(1, schema + 1))


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, Path]:
    """One that a program of its time made; of a schema that only ever stood between two migrations
    (a program that was killed leaves it), the one before it, brought so far."""
    nearest = max(schema for schema in FOLDERS if schema <= request.param)
    shutil.copytree(FOLDERS[nearest], tmp_path / "old")
    archive = tmp_path / "old" / "archive.db"
    if nearest < request.param:
        with closing(sqlite3.connect(archive, isolation_level=None)) as connection:
            db = Database(connection, recursive_triggers=True, execute_plugins=False)
            migrations.apply(db, stop_before=next(name for name in KNOWN if number(name) > request.param))
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    return request.param, archive


def test_it_is_brought_up_to_date_read_and_proven(old: tuple[int, Path]) -> None:
    schema, archive = old
    texts = "SELECT id, title, body, published_at FROM articles ORDER BY id"
    before, names = rows(archive, texts), applied(archive)
    assert len(before) > 20
    done = yiqihui("status", "--archive", archive)
    assert (done.exit_code, done.exception) == (0, None), done.output
    assert applied(archive) == sorted(KNOWN)
    assert rows(archive, texts) == before, "no migration changes what an archive knows"

    (copy,) = archive.parent.glob("*before*")
    assert copy.name == f"archive.before-{schema + 1}.db"
    assert (applied(copy), rows(copy, texts)) == (names, before)
    assert rows(copy, "PRAGMA integrity_check") == [("ok",)]

    # 4 where a parser before today's read the pages: they hold markers that can't be read.
    assert yiqihui("reparse", "--archive", archive).exit_code in (0, 4)
    verified = yiqihui("verify", "--archive", archive)
    assert verified.exit_code == 0, verified.output
    assert dict(rows(archive, "SELECT site_id, title FROM articles WHERE site_id < 1000")) == TRUE
    assert rows(archive, "SELECT certified FROM walks") == [(1,)]
    assert rows(archive, "SELECT count(*) > 0 FROM search WHERE q = '屋顶'") == [(1,)]
    assert yiqihui("search", "屋顶", "--archive", archive).exit_code == 0
    assert [path.name for path in archive.parent.glob("*before*")] == [copy.name]


@pytest.mark.parametrize(
    "words",
    [
        *(["status"], ["status", "--check"], ["search", "甲"], ["show", "1"], ["history", "1"], ["verify"]),
        *(["reparse"], ["crawl", "--sample"], ["import", "README.md"], ["analyze"], ["backup", "b"]),
        *(["report", "-o", "r.html"], ["export", "--format", "jsonl", "-o", "a.jsonl"], ["explain", "1"]),
        *(["fixture", "1", "f"], ["learn"], ["serve", "--port", "0"], ["schedule", "check"]),
        [
            "wayback",
            "http://www.178hui.com/",
            "--cdx",
            "http://127.0.0.1:9/cdx",
            "--replay",
            "http://127.0.0.1:9/w",
        ],
    ],
    ids=" ".join,
)
def test_a_newer_one_is_refused_in_one_line(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("README.md").write_text("x", "utf-8")
    archive = tmp_path / "archive.db"
    shutil.copyfile(FOLDERS[max(FOLDERS)] / "archive.db", archive)
    with closing(sqlite3.connect(archive, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE").fetchone()
        columns = "migration_set, name, applied_at"
        db.execute(f"INSERT INTO _sqlite_migrations ({columns}) VALUES ('yiqihui_spider', 'm999_later', '')")
    before = archive.read_bytes()
    done = yiqihui(*words, "--archive", archive)
    assert done.exit_code == 1
    assert re.fullmatch(
        r"(\S+ (crawl|import|wayback|reparse|analyze): failed, exit code 1, .*\n)?", done.stdout
    )
    assert re.fullmatch(
        r"(error|Error|unhealthy): .*archive\.db was made by a newer yiqihui_spider \(it has m999_later\); "
        r"update the program\n",
        done.stderr,
    )
    assert archive.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "archive.db"]
