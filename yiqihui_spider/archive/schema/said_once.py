"""To schema 9: what pages say, each thing once. What may be gigabytes is copied in pieces, each a
transaction of its own: a migration that is killed goes on where it was.

The old tables stay as they are until everything has been copied and compared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.articles import observations
from yiqihui_spider.archive.articles.observations import FACTS, OF_THE_PAGE, Shown
from yiqihui_spider.archive.articles.rows import EntryFacts
from yiqihui_spider.archive.schema.each_text_once import shrink, without_foreign_keys
from yiqihui_spider.archive.state.monitor_results import COLUMNS, extend_spans
from yiqihui_spider.archive.state.sql import columns, listed
from yiqihui_spider.archive.state.walks import PageState, state_id

PIECE = 200
"""Captures, walks or runs copied in one transaction."""

OLD = ("sightings_8", "view_counts_8", "walk_pages_8", "monitor_results_8")

SIGHTINGS = f"""
    SELECT capture_id, article_id, excerpt, {listed(columns(EntryFacts))} FROM sightings_8
    WHERE capture_id BETWEEN ? AND ? ORDER BY capture_id, position
"""

COUNTS = """
    SELECT capture_id, article_id, views FROM view_counts_8
    WHERE capture_id BETWEEN ? AND ? ORDER BY capture_id
"""

AS_PUT_TOGETHER = f"capture_id, article_id, excerpt, {listed(columns(EntryFacts))}"
COUNT = "capture_id, article_id, views, views_printed"
DIFFERENT = f"""
    SELECT EXISTS (SELECT {AS_PUT_TOGETHER} FROM sightings_8 WHERE capture_id BETWEEN :first AND :last
      EXCEPT SELECT {AS_PUT_TOGETHER} FROM together WHERE capture_id BETWEEN :first AND :last)
    OR EXISTS (SELECT capture_id, article_id, views, printed FROM view_counts_8 AS v
        WHERE capture_id BETWEEN :first AND :last AND EXISTS (SELECT 1 FROM sightings_8 AS s
          WHERE s.capture_id = v.capture_id AND s.article_id = v.article_id AND s.views = v.views)
      EXCEPT SELECT {COUNT} FROM together WHERE capture_id BETWEEN :first AND :last AND counted = 1)
    OR EXISTS (SELECT {COUNT} FROM together WHERE capture_id BETWEEN :first AND :last AND counted = 1
      EXCEPT SELECT capture_id, article_id, views, printed FROM view_counts_8
        WHERE capture_id BETWEEN :first AND :last)
"""
"""A count that no page on record tells (a hand put it there) is left behind, in the copy."""

TOGETHER = f"""
    CREATE TEMP VIEW together AS
    SELECT c.id AS capture_id, f.article_id, o.excerpt, o.counted,
      {listed(FACTS, "f")}, {listed(OF_THE_PAGE, "o")}
    FROM main.captures AS c
    JOIN main.observations AS o ON o.capture_id = CAST(coalesce(c.repeats, c.id) AS INTEGER)
    JOIN main.entry_facts AS f ON f.id = o.facts_id
"""


def migrate(db: Database) -> None:
    """Copy, compare, put in place; and give back the space that is free then."""
    db.execute("CREATE TABLE IF NOT EXISTS copied_9 (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT")
    if _has(db, OLD[0]):
        db.execute("DROP VIEW IF EXISTS temp.together")
        db.execute(TOGETHER)
        _copy(db, "sightings_8", "capture_id", _copy_captures)
        _copy(db, "walk_pages_8", "walk_id", _copy_walks)
        _copy(db, "monitor_results_8", "run_id", _copy_results)
        _copy(db, "runs", "id", _move_counts)
        db.execute("DROP VIEW temp.together")
        with without_foreign_keys(db), db.atomic():
            for table in OLD:
                db.execute(f"DROP TABLE {table}")
    shrink(db)
    db.execute("DROP TABLE IF EXISTS copied_9")


def _has(db: Database, table: str) -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", [table]).fetchone() is not None


def _copy(db: Database, table: str, key: str, copy: Callable[[Database, int, int], None]) -> None:
    """Piece by piece, behind what has been copied."""
    piece = f"""
        SELECT min(k), max(k)
        FROM (SELECT DISTINCT {key} AS k FROM {table} WHERE {key} > ? ORDER BY k LIMIT {PIECE})
    """
    row = db.execute("SELECT last FROM copied_9 WHERE name = ?", [table]).fetchone()
    done = row[0] if row else -1
    while (found := db.execute(piece, [done]).fetchone())[1] is not None:
        first, done = found
        with db.atomic():
            copy(db, first, done)
            db.execute("INSERT OR REPLACE INTO copied_9 (name, last) VALUES (?, ?)", [table, done])


def _grouped(db: Database, sql: str, first: int, last: int) -> list[tuple[int, list[tuple[Any, ...]]]]:
    """Rows by their first column."""
    rows = db.execute(sql, [first, last]).fetchall()
    return [(key, [row[1:] for row in group]) for key, group in groupby(rows, key=lambda row: row[0])]


def _copy_captures(db: Database, first: int, last: int) -> None:
    counts = {key: dict(rows) for key, rows in _grouped(db, COUNTS, first, last)}
    for capture_id, rows in _grouped(db, SIGHTINGS, first, last):
        shown = [Shown(article_id, EntryFacts(*facts), excerpt) for article_id, excerpt, *facts in rows]
        observations.write(db, capture_id, shown, _counted(shown, counts.get(capture_id, {})))
    if db.execute(DIFFERENT, {"first": first, "last": last}).fetchone()[0]:
        raise sqlite3.DatabaseError("what was copied to the new schema is not what stood in the old one")


def _counted(shown: Sequence[Shown], counts: Mapping[int, int]) -> frozenset[int]:
    """The position, first on the page, of each article's count."""
    told = {
        each.article_id: each.entry.position
        for each in reversed(shown)
        if each.entry.views is not None and counts.get(each.article_id) == each.entry.views
    }
    return frozenset(told.values())


def _copy_walks(db: Database, first: int, last: int) -> None:
    sql = f"""
        SELECT walk_id, position, capture_id, {listed(columns(PageState))} FROM walk_pages_8
        WHERE walk_id BETWEEN ? AND ? ORDER BY walk_id, position
    """
    for walk_id, rows in _grouped(db, sql, first, last):
        for position, capture_id, *state in rows:
            db.execute(
                "INSERT INTO walk_reads (walk_id, position, capture_id, state_id) VALUES (?, ?, ?, ?)",
                [walk_id, position, capture_id, state_id(db, PageState(*state))],
            )


def _copy_results(db: Database, first: int, last: int) -> None:
    sql = f"""
        SELECT run_id, {listed(COLUMNS)} FROM monitor_results_8 WHERE run_id BETWEEN ? AND ? ORDER BY run_id
    """
    for run_id, results in _grouped(db, sql, first, last):
        extend_spans(db, run_id, results)


def _move_counts(db: Database, first: int, last: int) -> None:
    told = "id BETWEEN ? AND ? AND json_type(stats, '$.counts') = 'object'"
    db.execute(
        f"""
        INSERT INTO crawl_counts (run_id, counts)
        SELECT id, json_extract(stats, '$.counts') FROM runs WHERE {told}
        """,
        [first, last],
    )
    db.execute(f"UPDATE runs SET stats = json_remove(stats, '$.counts') WHERE {told}", [first, last])
