"""Archives that earlier versions made: brought up to date, judged by their evidence, read anew."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock
from support.hui import read_page
from support.paths import FIXTURES

from yiqihui_spider.archive.articles.identity import label
from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive
from yiqihui_spider.cli import main
from yiqihui_spider.items import PageText, ParsedPage, Residue, SplitPage
from yiqihui_spider.maintenance import reparse as reparse_module
from yiqihui_spider.site import SiteProfile

SCHEMA_3 = FIXTURES / "archives" / "schema-3"
TRUE = {
    101: ("甲题目", "2019-04-13T09:30:07+08:00"),
    102: ("乙题目", "2019-04-12T09:30:07+08:00"),
    103: ("丙题目", "2019-04-11T09:30:07+08:00"),
    104: ("丁题目", "2019-04-10T09:30:07+08:00"),
    106: ("己题目", "2019-04-08T09:30:07+08:00"),
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copytree(SCHEMA_3, tmp_path / "old")
    return tmp_path / "old" / "archive.db"


def rows(path: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Of the file as it is: opened by our program it would be brought up to date."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql, parameters).fetchall()


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(sql)


def yiqihui(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def named(archive: Path) -> tuple[int, dict[str, list[str]]]:
    """The exit code of ``verify`` and its problems."""
    done = yiqihui("verify", "--json", "--archive", archive)
    checks = json.loads(done.stdout)["checks"]
    return done.exit_code, {check["check"]: check["problems"] for check in checks if check["problems"]}


# --- the schema ------------------------------------------------------------------------------------


def schema(path: Path) -> list[tuple[Any, ...]]:
    sql = "SELECT type, name, tbl_name, replace(sql, '_4', '') FROM sqlite_master ORDER BY 1, 2"
    return rows(path, sql)


def test_an_older_schema_becomes_that_of_a_new_archive(old: Path, tmp_path: Path) -> None:
    open_archive(old).close()
    open_archive(tmp_path / "new.db").close()
    assert schema(old) == schema(tmp_path / "new.db")
    assert rows(old, "PRAGMA integrity_check") == [("ok",)]
    assert rows(old, "PRAGMA foreign_key_check") == []


def test_nothing_is_lost_on_the_way(old: Path) -> None:
    counted = ("articles", "article_versions", "sightings", "view_counts", "captures", "walks", "walk_pages")
    before = {table: rows(old, f"SELECT count(*) FROM {table}") for table in counted}
    bodies = rows(old, "SELECT id, site_id, title, body, views FROM articles ORDER BY id")
    open_archive(old).close()
    assert {table: rows(old, f"SELECT count(*) FROM {table}") for table in counted} == before
    assert rows(old, "SELECT id, site_id, title, body, views FROM articles ORDER BY id") == bodies
    sql = "SELECT DISTINCT v.kind, c.kind FROM view_counts v JOIN captures c ON c.id = v.capture_id"
    assert sorted(rows(old, sql)) == [("article", "article"), ("listing", "listing")]
    assert [row[0] for row in rows(old, "SELECT label FROM articles")] == [
        label(title, body) for title, body in rows(old, "SELECT title, body FROM articles")
    ]


def test_a_copy_is_kept_beside_it(old: Path) -> None:
    before = rows(old, "SELECT id, title, body FROM articles ORDER BY id")
    open_archive(old).close()
    copy = old.with_name("archive.before-4.db")
    assert rows(copy, "SELECT id, title, body FROM articles ORDER BY id") == before
    assert rows(copy, "SELECT name FROM _sqlite_migrations ORDER BY name")[-1] == ("m003_terms",)
    assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
    written = copy.stat().st_mtime_ns
    open_archive(old).close()
    assert copy.stat().st_mtime_ns == written
    assert sorted(path.name for path in old.parent.glob("*.db*") if "before" in path.name) == [copy.name]


def test_without_room_for_the_copy_nothing_is_migrated(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ArchiveError, match="No space left on device"):
        open_archive(old)
    assert "label" not in [row[1] for row in rows(old, "PRAGMA table_info(articles)")]
    assert list(old.parent.glob("*before*")) == []


@pytest.mark.parametrize("command", ["status", "search", "show"])
def test_a_reading_command_brings_it_up_to_date(old: Path, command: str) -> None:
    words = {"search": ["甲文"], "show": ["site:101"]}.get(command, [])
    done = yiqihui(command, *words, "--archive", old)
    assert (done.exit_code, done.exception) == (0, None)
    assert old.with_name("archive.before-4.db").exists()


def test_a_reading_command_does_not_while_a_run_is_at_work(old: Path) -> None:
    with FileLock(old.with_name("archive.db.lock")):
        done = yiqihui("status", "--archive", old)
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "a run is at work on it; try again later" in done.stderr
    assert not old.with_name("archive.before-4.db").exists()


def test_a_newer_schema_is_refused_in_one_line(old: Path) -> None:
    columns = "migration_set, name, applied_at"
    change(old, f"INSERT INTO _sqlite_migrations ({columns}) VALUES ('yiqihui_spider', 'm999_x', '')")
    done = yiqihui("status", "--archive", old)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "made by a newer yiqihui_spider (it has m999_x)" in done.stderr


# --- a row is judged by its evidence -----------------------------------------------------------------

Read = tuple[PageText, SplitPage, ParsedPage]


def test_false_rows_of_an_old_parser_are_found_and_taken_back(old: Path) -> None:
    code, problems = named(old)
    assert code == 1
    told = "\n".join(problems["pages bear out their rows"])
    assert set(re.findall(r"article ([0-9]+): the page", told)) <= {"18", "19", "20", "22", "23"}
    for article, when in (
        (18, "2019-04-12T09:30:07"),
        (22, "2018-03-01T08:00:00"),
        (23, "2019-04-08T09:30:07"),
    ):
        assert f"article {article}: the page does not show this text of {when}" in told
    assert any("article 19: its 3 versions" in one for one in problems["rows follow from what pages showed"])

    done = yiqihui("reparse", "--archive", old)
    assert done.exit_code == 4  # the pages hold markers that can't be read, as an import of them says
    assert re.search(
        r"^less understood: capture [0-9]+: [0-9]+ more characters unexplained \(", done.stderr, re.M
    )
    assert (
        "rows taken back, for no page bears them out now: "
        "1 of the articles, 7 of the edits, 1 of the view counts" in done.stderr
    )
    stats = rows(
        old, "SELECT exit_code, outcome, stats ->> 'rows_taken_back' FROM runs ORDER BY id DESC LIMIT 1"
    )
    assert stats == [(4, "layout not understood", '{"articles":1,"edits":7,"view_counts":1}')]
    assert named(old) == (0, {})
    found = rows(old, "SELECT site_id, title, published_at FROM articles WHERE site_id < 1000")
    assert {number: (title, when) for number, title, when in found} == TRUE
    assert rows(old, "SELECT count(*) FROM articles WHERE site_id IS NULL") == [(0,)]
    joined = "JOIN articles a ON a.id = v.article_id"
    sql = f"SELECT site_id, count(*) FROM article_versions v {joined} WHERE site_id < 1000 GROUP BY 1"
    assert dict(rows(old, sql)) == {101: 1, 102: 1, 103: 2, 104: 1, 106: 1}
    sql = f"SELECT v.views FROM view_counts v {joined} WHERE site_id = ? ORDER BY v.views"
    assert [row[0] for row in rows(old, sql, 101)] == [407, 440, 445, 450, 12_000]
    assert [row[0] for row in rows(old, sql, 102)] == [12, 20, 30, 40, 50]
    assert rows(old, "SELECT title_before FROM edits WHERE title = '丙题目'") == [("丙题目",)]
    assert rows(old, "SELECT count(*) FROM edits") == [(1,)]
    assert rows(old, "SELECT count(*) FROM search WHERE q = '暂无'") == [(0,)]
    # The crawl was right, and stays proven.
    assert rows(old, "SELECT certified FROM walks") == [(1,)]


def test_reading_anew_twice_changes_nothing(old: Path) -> None:
    tables = ("articles", "article_versions", "excerpts", "sightings", "view_counts", "residues", "captures")
    yiqihui("reparse", "--archive", old)
    before = {table: sorted(rows(old, f"SELECT * FROM {table}"), key=repr) for table in tables}
    assert yiqihui("reparse", "--archive", old).exit_code == 0
    assert {table: sorted(rows(old, f"SELECT * FROM {table}"), key=repr) for table in tables} == before


def test_edits_and_strange_pages_need_no_new_parser_to_be_found(old: Path) -> None:
    code, problems = named(old)
    assert code == 1
    told = problems["rows follow from what pages showed"]
    assert [one.split(":")[0] for one in told if "versions" in one] == [
        "article 18",
        "article 19",
        "article 20",
    ]
    yiqihui("reparse", "--archive", old)
    assert rows(old, "SELECT title, published_at FROM articles WHERE site_id = 102") == [TRUE[102]]
    sql = "SELECT problems FROM captures WHERE url LIKE '%/102.html'"
    assert rows(old, sql) == [('["shows another article than its address is of"]',)]


SHOWING = "WHERE facts_id IN (SELECT id FROM entry_facts WHERE article_id = 21)"


def test_rows_changed_by_hand_are_found(old: Path) -> None:
    open_archive(old).close()
    yiqihui("reparse", "--archive", old)
    for sql, problem in (
        ("UPDATE articles SET views = 9 WHERE id = 21", "its views are not what its newest page shows"),
        ("UPDATE articles SET source = 'x' WHERE id = 21", "its source are not what its newest page shows"),
        (f"UPDATE observations SET counted = 0 {SHOWING}", "its view counts"),
        (f"DELETE FROM observations {SHOWING}", "no page that is on record shows it"),
    ):
        change(old, sql)
        code, problems = named(old)
        assert code == 1, sql
        told = problems["rows follow from what pages showed"]
        assert any(one.startswith(f"article 21: {problem}") for one in told), sql
        yiqihui("reparse", "--from-start", "--archive", old)
        assert named(old) == (0, {}), sql


ENTRY = f"{SHOWING} AND capture_id = 11"
FACTS = f"WHERE id IN (SELECT facts_id FROM observations {ENTRY})"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (f"UPDATE entry_facts SET title = '别的' {FACTS}", "its title is '别的' in the row"),
        (f"UPDATE observations SET views = 3 {ENTRY}", "its count of views is 3 in the row"),
        (f"UPDATE entry_facts SET site_id = 3 {FACTS}", "its number is 3 in the row, 104"),
        (f"UPDATE entry_facts SET published_at = '2001' {FACTS}", "text of 2001"),
    ],
)
def test_each_value_is_held_against_the_page(old: Path, sql: str, told: str) -> None:
    open_archive(old).close()
    change(old, sql)
    assert any(told in one for one in named(old)[1]["pages bear out their rows"])


@pytest.mark.parametrize(
    "words",
    [
        ["report"],
        ["export", "--format", "jsonl"],
        ["export", "--format", "csv"],
        ["export", "--format", "feed"],
        ["status"],
        ["show", "3"],
        ["history", "3"],
    ],
)
@pytest.mark.parametrize(
    ("table", "column", "key"),
    [("articles", "published_at", "id 3"), ("articles", "views_at", "id 3"),
     ("versions", "seen_at", "id 3"),
     ("walks", "finished_at", "id 1"), ("runs", "started_at", "id 1")],
)  # fmt: skip
def test_a_time_that_cant_be_read_is_one_line_that_names_the_row(
    old: Path, tmp_path: Path, words: list[str], table: str, column: str, key: str
) -> None:
    open_archive(old).close()
    change(old, f"UPDATE {table} SET {column} = '昨天' WHERE id = {key[3:]}")
    out = ["-o", tmp_path / "out"] if words[0] in ("report", "export") else []
    done = yiqihui(*words, *out, "--archive", old)
    if done.exit_code:
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert f"table {table}, {key}: {column} can't be read" in done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert any(f"table {table}, {key}" in one for one in named(old)[1]["times can be read"])


# --- a certificate rests on its pages -----------------------------------------------------------------


def test_a_certificate_does_not_outlast_its_reading(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def doubting(body: bytes, content_type: str | None, url: str, site: SiteProfile) -> Read:
        text, page, reading = read_page(body, content_type, url)
        if reading.declared and reading.declared.page == 2:
            first, *others = reading.articles
            residue = Residue(first.span, first.span.of(text.text), "a marker was not read")
            reading = replace(reading, articles=tuple(others), residues=(residue,))
        return text, page, reading

    monkeypatch.setattr(reparse_module, "read_page", doubting)
    done = yiqihui("reparse", "--archive", old)
    assert "certificate" in done.stderr
    ((certified, reasons),) = rows(old, "SELECT certified, reasons FROM walks")
    assert certified == 0
    assert "page 2 held" in reasons
    assert rows(old, "SELECT last_walk_certified FROM completeness WHERE category = '购物资讯'") == [(0,)]
