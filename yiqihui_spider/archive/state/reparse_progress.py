"""What a new reading of old captures needs: which to read, how far a run came, what differs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import WITH_A_PAGE

_BATCH = 500

FILED = "(kind <> 'other' OR entries > 0 OR residue_chars > 0)"
"""Captures filed as pages; of the others, that hold a page of another kind or none, there are no rows."""

READ_BEFORE = f"""
    parser_version IS NOT NULL AND unchanged_since IS NULL AND ({FILED} OR {WITH_A_PAGE})
"""
"""Captures that were read, understood or not. The 304 answers that confirmed a page follow it."""


@dataclass(frozen=True, slots=True)
class ToRead:
    id: int
    url: str
    kind: str
    captured_at: str
    http_status: int | None
    payload_digest: str
    warc_file: str
    warc_offset: int
    category: str | None
    parser_version: str
    filed: bool
    """The capture was filed as a page: entries or residue were written down."""


def captures_to_read(db: Database, after: int = 0) -> Iterator[ToRead]:
    """In order of id, from behind ``after``; no statement stays open between two of them."""
    sql = f"""
        SELECT id, url, kind, captured_at, http_status, payload_digest, warc_file, warc_offset, category,
               parser_version, {FILED}
        FROM captures WHERE {READ_BEFORE} AND id > ? ORDER BY id LIMIT {_BATCH}
    """
    while rows := db.execute(sql, [after]).fetchall():
        for row in rows:
            yield ToRead(*(*row[:-1], bool(row[-1])))
        after = rows[-1][0]


def count_to_read(db: Database, after: int = 0) -> int:
    row = db.execute(f"SELECT count(*) FROM captures WHERE {READ_BEFORE} AND id > ?", [after]).fetchone()
    return int(row[0])


# --- how far a run came --------------------------------------------------------------------


def unfinished_reparse(db: Database, run_id: int, parser_version: str) -> int:
    """The last capture that the previous reparse, cut short, read with this parser; 0 if there is
    nothing to go on with."""
    row = db.execute(
        "SELECT stats FROM runs WHERE command = 'reparse' AND id < ? ORDER BY id DESC LIMIT 1", [run_id]
    ).fetchone()
    stats: dict[str, Any] = json.loads(row[0]) if row else {}
    if stats.get("reparse_parser") != parser_version or stats.get("reparse_finished"):
        return 0
    return int(stats.get("reparsed_to", 0))


def note_progress(db: Database, run_id: int, capture_id: int, parser_version: str) -> None:
    db.execute(
        "UPDATE runs SET stats = json_set(stats, '$.reparsed_to', ?, '$.reparse_parser', ?) WHERE id = ?",
        [capture_id, parser_version, run_id],
    )


def fingerprint(db: Database, capture_id: int) -> list[tuple[Any, ...]]:
    """All that the rows say a capture shows; equal lists mean that a reading changed nothing,
    by whatever parser it was."""
    queries = (
        "SELECT kind, category, declared_first, declared_last, declared_total, declared_page, declared_pages,"
        " entries, residue_chars, problems FROM captures WHERE id = ?",
        "SELECT * FROM sightings WHERE capture_id = ? ORDER BY position",
        "SELECT span_start, span_end, text, reason FROM residues WHERE capture_id = ? ORDER BY id",
    )
    return [tuple(row) for sql in queries for row in db.execute(sql, [capture_id])]


@dataclass(frozen=True, slots=True)
class Standing:
    """The rows that readings give, as far as a new reading may take them back."""

    articles: frozenset[int]
    edits: int
    view_counts: int


def standing(db: Database) -> Standing:
    articles = frozenset(row[0] for row in db.execute("SELECT id FROM articles"))
    edits = db.execute("SELECT count(*) FROM article_versions WHERE version > 1").fetchone()[0]
    return Standing(articles, edits, db.execute("SELECT count(*) FROM view_counts").fetchone()[0])


# --- trying it out on a copy ---------------------------------------------------------------


@contextmanager
def scratch_copy(db: Database) -> Iterator[Database]:
    """The archive copied to a temporary file (in ``$TMPDIR``; as large as the archive), gone afterwards.

    Meanwhile ``db`` shows the state that was copied, whatever a crawl writes.
    """
    with TemporaryDirectory(prefix="yiqihui-reparse-") as folder, _one_moment(db):
        connection = sqlite3.connect(Path(folder, "copy.db"))
        with closing(connection):
            db.conn.backup(connection)
            copy = Database(connection, recursive_triggers=True, execute_plugins=False)
            copy.execute("PRAGMA journal_mode = MEMORY").fetchone()
            copy.execute("PRAGMA synchronous = OFF")
            copy.execute("PRAGMA foreign_keys = ON")
            yield copy


@contextmanager
def _one_moment(db: Database) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        db.execute("SELECT 1 FROM sqlite_schema").fetchone()  # the first reading fixes the state
        yield
    finally:
        db.execute("ROLLBACK")


_FIELDS = ("site_id", "url", "title", "source", "published_at", "views", "excerpt", "content_hash", "body")
_COLUMNS = ", ".join(f"a.{name}" for name in _FIELDS)
_SIDE = f"""
    SELECT a.id, {_COLUMNS}, (SELECT count(*) FROM article_versions v WHERE v.article_id = a.id)
    FROM articles a WHERE a.id > ? ORDER BY a.id LIMIT {_BATCH}
"""


def articles_of(db: Database) -> Iterator[dict[str, Any]]:
    """Every article in order of id, with what a reading decides of it."""
    after = 0
    while rows := db.execute(_SIDE, [after]).fetchall():
        for row in rows:
            yield dict(zip(("id", *_FIELDS, "versions"), row, strict=True))
        after = rows[-1][0]
