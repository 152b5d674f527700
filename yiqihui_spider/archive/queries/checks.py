"""What ``verify`` asks of the database. Every answer is a list of problems in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from yiqihui_spider.archive.articles.identity import content_hash
from yiqihui_spider.archive.articles.rebuild import disagreements
from yiqihui_spider.archive.schema import ensure
from yiqihui_spider.archive.search import index
from yiqihui_spider.items import MIXED_UP

_MOST = 100
_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Record:
    """A capture's row, as far as it speaks of its record."""

    id: int
    url: str
    warc_file: str
    warc_offset: int
    warc_length: int
    payload_digest: str
    parser_version: str | None
    filed: bool
    """Its page was read and filed, by itself (not as the copy of an unchanged one)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A text that the rows place in a capture's page text."""

    what: str
    start: int
    end: int
    text: str | None = None
    """Word for word."""
    content_hash: str | None = None
    """But for white space."""


# --- the database itself -------------------------------------------------------------------


def integrity(db: Database) -> list[str]:
    rows = db.execute(f"PRAGMA integrity_check({_MOST})").fetchall()
    return [row[0] for row in rows if row[0] != "ok"]


def foreign_keys(db: Database) -> list[str]:
    rows = db.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
    return [
        f"table {table}, row {rowid}: refers to a row of {parent} that isn't there"
        for table, rowid, parent, _ in rows
    ]


def declarations(db: Database) -> list[str]:
    """Views, triggers and index tables that are not as this program declares them."""
    return [f"{name} is missing or differs; any writing command puts it right" for name in ensure.missing(db)]


def search_index(path: Path) -> list[str]:
    """Raises sqlite3.OperationalError where the file can't be opened for writing (nothing is
    written, but SQLite checks the index in a transaction)."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_WAIT_SECONDS)
    with closing(connection):
        return index.check_index(Database(connection, recursive_triggers=True, execute_plugins=False))


# --- articles and where they come from -----------------------------------------------------


TABLES = (
    "articles",
    "versions",
    "former_texts",
    "captures",
    "residues",
    "sightings",
    "view_counts",
    "walks",
    "walk_pages",
)


def count(db: Database, *tables: str) -> int:
    """Rows in all."""
    return sum(int(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in tables)


UNTRACED = """
    SELECT a.id, v.version, v.content_hash = a.content_hash, v.body IS a.body,
           EXISTS (SELECT 1 FROM captures c WHERE c.id = coalesce(v.text_capture_id, v.capture_id)),
           EXISTS (SELECT 1 FROM sightings s WHERE s.article_id = a.id AND s.content_hash = a.content_hash
                   AND s.capture_id = coalesce(v.text_capture_id, v.capture_id))
    FROM articles a LEFT JOIN article_versions v ON v.article_id = a.id
      AND v.version = (SELECT max(version) FROM article_versions w WHERE w.article_id = a.id)
"""


def untraced(db: Database) -> Iterator[str]:
    """Articles whose current text is not that of a capture."""
    for article_id, version, same, word_for_word, captured, sighted in db.execute(UNTRACED):
        if version is None:
            yield f"article {article_id}: has no version"
        elif not same or not word_for_word:
            yield f"article {article_id}: its text is not that of its newest version"
        elif not captured or not sighted:
            yield f"article {article_id}: the capture that gave its text is not on record"


def unborne(db: Database) -> Iterator[str]:
    """Articles with rows that do not follow from what their pages showed."""
    after = 0
    while ids := db.execute("SELECT id FROM articles WHERE id > ? ORDER BY id LIMIT 500", [after]).fetchall():
        for (article_id,) in ids:
            yield from (f"article {article_id}: {problem}" for problem in disagreements(db, article_id))
        after = ids[-1][0]


def wrong_hashes(db: Database) -> Iterator[str]:
    """Texts that do not have the hash that stands beside them."""
    for table, key, what in (("articles", "id", "row"), ("former_texts", "article_id", "article")):
        for number, stated, body in db.execute(f"SELECT {key}, content_hash, body FROM {table}"):
            if content_hash(body) != stated:
                yield f"table {table}, {what} {number}: the text does not have the content_hash stated"


# --- captures ------------------------------------------------------------------------------


RECORD = """
    SELECT id, url, warc_file, warc_offset, warc_length, payload_digest, parser_version,
           parser_version IS NOT NULL AND unchanged_since IS NULL
           AND (kind <> 'other' OR entries > 0 OR residue_chars > 0)
    FROM captures
"""


def records(db: Database) -> Iterator[Record]:
    """Every capture, in the order in which the files hold them."""
    sql = f"{RECORD} WHERE (warc_file, warc_offset) > (?, ?) ORDER BY warc_file, warc_offset LIMIT 500"
    place: tuple[str, int] = ("", -1)
    while rows := db.execute(sql, place).fetchall():
        for row in rows:
            yield Record(*(*row[:-1], bool(row[-1])))
        place = (rows[-1][2], rows[-1][3])


def record(db: Database, capture_id: int) -> Record | None:
    row = db.execute(f"{RECORD} WHERE id = ?", [capture_id]).fetchone()
    return None if row is None else Record(*(*row[:-1], bool(row[-1])))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the rows say that one entry of a page shows."""

    article_id: int
    published_at: str
    content_hash: str
    site_id: int | None
    foreign_address: str | None
    title: str | None
    views: int | None


def shown_entries(db: Database, capture_id: int) -> list[Shown]:
    """In page order."""
    sql = """
        SELECT article_id, published_at, content_hash, site_id, foreign_address, title, views FROM sightings
        WHERE capture_id = ? ORDER BY position
    """
    return [Shown(*row) for row in db.execute(sql, [capture_id])]


def disowned_numbers(db: Database, capture_id: int) -> set[int]:
    """Numbers to which links of the page lead, and that are those of quite other articles."""
    sql = """
        SELECT told.value FROM captures AS c, json_each(c.problems) AS told
        WHERE c.id = ? AND told.value LIKE ? || ': %'
    """
    told = db.execute(sql, [capture_id, MIXED_UP]).fetchall()
    return {int(problem.rpartition(": ")[2]) for (problem,) in told}


def is_recorded(db: Database, warc_file: str, offset: int) -> bool:
    sql = "SELECT 1 FROM captures WHERE warc_file = ? AND warc_offset = ?"
    return db.execute(sql, [warc_file, offset]).fetchone() is not None


def open_runs(db: Database) -> int:
    """Runs that have not said how they ended."""
    return int(db.execute("SELECT count(*) FROM runs WHERE finished_at IS NULL").fetchone()[0])


VERSIONS_ON = """
    SELECT v.article_id, v.version, v.span_start, v.span_end,
      coalesce((SELECT s.content_hash FROM sightings s WHERE s.capture_id = v.capture_id
        AND s.article_id = v.article_id AND s.span_start = v.span_start), v.content_hash)
    FROM article_versions v WHERE v.capture_id = ?
"""
"""With the hash of the text on the page, which may be the version's under a title."""


def placed_texts(db: Database, capture_id: int) -> list[Placed]:
    """Every stretch of a capture's page text that rows speak of."""
    placed = [
        Placed(f"entry {position + 1}", start, end, content_hash=stated)
        for position, start, end, stated in db.execute(
            "SELECT position, span_start, span_end, content_hash FROM sightings WHERE capture_id = ?",
            [capture_id],
        )
    ]
    placed += [
        Placed(f"article {article_id}, version {version}", start, end, content_hash=stated)
        for article_id, version, start, end, stated in db.execute(VERSIONS_ON, [capture_id])
    ]
    placed += [
        Placed("residue", start, end, text=text)
        for start, end, text in db.execute(
            "SELECT span_start, span_end, text FROM residues WHERE capture_id = ?", [capture_id]
        )
    ]
    return placed


def misplaced(placed: Placed, text: str) -> str | None:
    """What is wrong with a text placed in ``text``, or None. Pure."""
    if not 0 <= placed.start <= placed.end <= len(text):
        return f"{placed.what}: its span {placed.start}-{placed.end} is outside the page text"
    there = text[placed.start : placed.end]
    same = placed.text == there if placed.text is not None else placed.content_hash == content_hash(there)
    return None if same else f"{placed.what}: its span {placed.start}-{placed.end} holds another text"
