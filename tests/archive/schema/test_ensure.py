"""Search and views are put right whenever the archive is opened to write."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from yiqihui_spider.archive.schema import ensure as module
from yiqihui_spider.archive.schema.ensure import declared, drop, ensure, missing, parse
from yiqihui_spider.archive.schema.migrations import migrations
from yiqihui_spider.archive.search.index import check_index

INSERT = """
    INSERT INTO articles (id, title, body, published_at, views, views_at, body_chars, content_hash,
      first_seen_at, last_seen_at) VALUES (?, ?, ?, '2019', 0, '', 0, '', '', '')
"""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database(sqlite3.connect(tmp_path / "archive.db"))
    migrations.apply(db)
    ensure(db)
    db.execute(INSERT, [1, "社群", "社群里的一天"])
    yield db
    db.close()


def hits(db: Database, query: str) -> list[int]:
    return [row[0] for row in db.execute("SELECT id FROM search WHERE q = ? ORDER BY id", [query])]


def schema_version(db: Database) -> int:
    return int(db.execute("PRAGMA schema_version").fetchone()[0])


def test_a_new_archive_gets_everything(db: Database) -> None:
    assert missing(db) == []
    assert hits(db, "社群") == [1]
    assert check_index(db) == []
    views = [
        "articles_by_month",
        "completeness",
        "disappearances",
        "edits",
        "search",
        "source_share",
        "view_growth",
    ]
    assert {one.name for one in declared() if one.type == "view"} >= set(views)


def test_articles_from_before_are_indexed(tmp_path: Path) -> None:
    db = Database(sqlite3.connect(tmp_path / "archive.db"))
    migrations.apply(db)
    db.execute(INSERT, [1, None, "早先的社群"])
    ensure(db)
    assert hits(db, "社群") == [1]
    assert check_index(db) == []
    db.close()


def test_nothing_is_written_when_all_is_right(db: Database) -> None:
    before = schema_version(db), db.conn.total_changes
    started = time.process_time()
    for _ in range(20):
        ensure(db)
    assert (time.process_time() - started) / 20 < 0.005
    assert (schema_version(db), db.conn.total_changes) == before


@pytest.mark.parametrize("one", declared(), ids=[one.name for one in declared()])
def test_what_was_dropped_comes_back(db: Database, one: module.Declared) -> None:
    db.execute(f"DROP {one.type} [{one.name}]")
    with_it = ["articles_fts_place"] if one.name == "search_room" else []
    assert missing(db) == [one.name, *with_it]
    ensure(db)
    assert missing(db) == []
    assert hits(db, "社群") == [1]
    db.execute(INSERT, [2, None, "后来的社群"])
    assert hits(db, "社群") == [1, 2]
    assert check_index(db) == []


def test_another_definition_is_replaced(db: Database) -> None:
    db.execute("DROP VIEW articles_by_month")
    db.execute("CREATE VIEW articles_by_month AS SELECT 1 AS old")
    db.execute("DROP TRIGGER articles_fts_after_insert")
    db.execute("CREATE TRIGGER articles_fts_after_insert AFTER INSERT ON articles BEGIN SELECT 1; END")
    db.execute(INSERT, [2, None, "触发器不管的社群"])
    assert missing(db) == ["articles_fts_after_insert", "articles_by_month"]
    assert hits(db, "社群") == [1]
    ensure(db)
    assert missing(db) == []
    assert db.execute("SELECT month, articles FROM articles_by_month").fetchall() == [("2019", 2)]
    assert hits(db, "社群") == [1, 2]
    assert check_index(db) == []


def test_another_spacing_rebuilds_the_index(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    db.execute("DROP VIEW articles_fts_text")
    db.execute("CREATE VIEW articles_fts_text AS SELECT recency, id, body, title FROM articles")
    db.execute("INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')")
    assert hits(db, "社群") == []
    ensure(db)
    assert hits(db, "社群") == [1]
    assert check_index(db) == []


def test_triggers_left_switched_off_are_noticed(db: Database) -> None:
    db.execute("INSERT INTO search_writer (id) VALUES (1)")
    db.execute(INSERT, [2, None, "没人看见的社群"])
    ensure(db)
    assert hits(db, "社群") == [1, 2]
    assert check_index(db) == []


def test_a_lost_transaction_leaves_nothing(db: Database) -> None:
    db.execute("DROP VIEW edits")
    version = schema_version(db)
    db.execute("BEGIN")
    with db.atomic():
        ensure(db)
    assert missing(db) == []
    db.execute("ROLLBACK")
    assert missing(db) == ["edits"]
    assert schema_version(db) == version
    ensure(db)
    assert missing(db) == []


def test_a_migration_may_transform_the_table(db: Database) -> None:
    drop(db)
    db["articles"].transform(defaults={"views": 7})
    db.execute("UPDATE articles SET body = '改过的团购' WHERE id = 1")
    ensure(db)
    assert missing(db) == []
    assert hits(db, "团购") == [1]
    assert check_index(db) == []


def test_readers_write_nothing(db: Database, tmp_path: Path) -> None:
    connection = sqlite3.connect(f"file:{tmp_path / 'archive.db'}?mode=ro", uri=True)
    reader = Database(connection)
    ensure(reader)
    assert missing(reader) == []
    assert hits(reader, "社群") == [1]
    connection.close()


def test_every_table_and_view_says_what_it_means(db: Database) -> None:
    for one in declared():
        if one.type in ("table", "view"):
            assert one.meaning, one.name
            if one.name != "search_input":  # its columns are those of SQLite's own module
                columns = [row[1] for row in db.execute(f"PRAGMA table_info([{one.name}])")]
                assert list(one.columns) == columns, one.name


def test_parse_reads_statements_with_their_meanings() -> None:
    script = """
-- Just a remark: nothing more.
-- v: what it shows
-- a: the first
CREATE VIEW v AS
SELECT 1 AS a;

CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; SELECT 2; END;
"""
    view, trigger = parse(script, "x.sql")
    assert (view.name, view.type, view.sql) == ("v", "view", "CREATE VIEW v AS\nSELECT 1 AS a")
    assert (view.meaning, view.columns) == ("what it shows", {"a": "the first"})
    assert (trigger.name, trigger.type, trigger.meaning) == ("t", "trigger", None)
    assert trigger.sql == "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; SELECT 2; END"
    with pytest.raises(ValueError, match=re.escape("x.sql: not a CREATE statement: 'DROP TABLE y;'")):
        parse("DROP TABLE y;", "x.sql")
