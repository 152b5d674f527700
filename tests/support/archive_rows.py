"""Rows for tests of the archive's parts: a real archive file, and the fewest columns each row needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.schema.ensure import ensure
from yiqihui_spider.archive.schema.migrations import migrations

T = "2026-11-{:02d}T06:00:00+00:00"


def day(number: int) -> str:
    """Six o'clock UTC on that day of November 2026."""
    return T.format(number)


@contextmanager
def archive(path: Path) -> Iterator[Database]:
    db = Database(path)
    try:
        migrations.apply(db)
        ensure(db)
        db.execute("PRAGMA foreign_keys = ON")
        yield db
    finally:
        db.close()


def _insert(db: Database, table: str, values: dict[str, Any]) -> int:
    columns = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    rowid = db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values).lastrowid
    assert rowid is not None
    return rowid


def add_run(db: Database, at: str = T.format(1), **values: Any) -> int:
    return _insert(db, "runs", {"command": "crawl", "started_at": at, "software": "test"} | values)


def add_capture(db: Database, run_id: int, url: str, at: str, **values: Any) -> int:
    offset = db.execute("SELECT count(*) FROM captures").fetchone()[0]
    fixed = {"run_id": run_id, "url": url, "captured_at": at, "kind": "listing", "http_status": 200}
    warc = {"payload_digest": "sha1:X", "warc_file": "a.warc.gz", "warc_offset": offset, "warc_length": 1}
    return _insert(db, "captures", fixed | warc | values)


def add_article(db: Database, at: str = T.format(1), **values: Any) -> int:
    fixed = {
        "body": "正文。",
        "published_at": "2026-10-01T09:00:00+08:00",
        "views": 1,
        "views_at": at,
        "body_chars": 3,
        "content_hash": "h",
        "first_seen_at": at,
        "last_seen_at": at,
    }
    return _insert(db, "articles", fixed | values)


def add_version(
    db: Database, article_id: int, version: int, body: str, at: str, capture_id: int, **values: Any
) -> None:
    fixed = {
        "article_id": article_id,
        "version": version,
        "content_hash": f"hash of {body}",
        "seen_at": at,
        "capture_id": capture_id,
        "span_start": 0,
        "span_end": 1,
        "parser_version": "1",
    }
    row = fixed | values
    _insert(db, "versions", row)
    text = [article_id, row["content_hash"], body]
    db.execute("INSERT OR IGNORE INTO former_texts VALUES (?, ?, ?)", text)


def add_sighting(db: Database, capture_id: int, article_id: int, at: str, **values: Any) -> None:
    """An entry of a page, which counts as captured at ``at``, with a count of views that is no one's."""
    sql = """
        UPDATE captures SET observed_at = nullif(?, captured_at), category = coalesce(?, category)
        WHERE id = ?
    """
    db.execute(sql, [at, values.pop("category", None), capture_id])
    facts = _insert(
        db, "entry_facts", {"article_id": article_id, "content_hash": "h", "body_chars": 3} | values
    )
    _observe(db, capture_id, facts, position=article_id, views=1)


def add_views(
    db: Database, article_id: int, views: int, at: str, capture_id: int, kind: str = "listing"
) -> None:
    """A count of an article's views, told by a capture; by one of its own, if that is of another time."""
    sql = "SELECT 1 FROM captures WHERE id = ? AND coalesce(observed_at, captured_at) = ? AND kind = ?"
    if db.execute(sql, [capture_id, at, kind]).fetchone():
        _count(db, capture_id, article_id, at, views)
        return
    run_id = db.execute("SELECT min(id) FROM runs").fetchone()[0]
    number = 1000 * capture_id + article_id
    add_capture(db, run_id, f"http://x.test/{number}", at, id=number, kind=kind, warc_file=str(number))
    _count(db, number, article_id, at, views)


def _count(db: Database, capture_id: int, article_id: int, at: str, views: int) -> None:
    place = [capture_id, article_id]
    if not db.execute("SELECT 1 FROM sightings WHERE capture_id = ? AND article_id = ?", place).fetchone():
        add_sighting(db, capture_id, article_id, at)
    sql = "UPDATE observations SET views = ?, counted = 1 WHERE capture_id = ? AND position = ?"
    db.execute(sql, [views, *place])


def _observe(db: Database, capture_id: int, facts_id: int, **values: Any) -> None:
    fixed = {"capture_id": capture_id, "facts_id": facts_id, "span_start": 0, "span_end": 3}
    _insert(db, "observations", fixed | values)


def add_walk_page(db: Database, walk_id: int, position: int, capture_id: int, **state: Any) -> None:
    """A page that a walk read."""
    fixed = {"url": "u", "purpose": "page 1", "article_ids": "[]", "fresh": "[]", "page_urls": "{}"}
    values = {"walk_id": walk_id, "position": position, "capture_id": capture_id}
    _insert(db, "walk_reads", values | {"state_id": _insert(db, "page_states", fixed | state)})
