"""Runs and captures: who fetched what, when, and where its bytes are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import columns, insert
from yiqihui_spider.items import Capture

_OF_CAPTURE = tuple(name for name in columns(Capture) if name != "id")
_SEEN_WITH_IT = ("run_id", "kind", "category", "content_type", "elapsed_ms")
INSERT_CAPTURE = insert(
    "captures",
    (*_OF_CAPTURE, *_SEEN_WITH_IT),
    "ON CONFLICT (warc_file, warc_offset) DO UPDATE SET url = excluded.url RETURNING id",
)
"""A record that has a row already keeps it."""


# --- runs ----------------------------------------------------------------------------------


def begin_run(
    db: Database, command: str, software: str, *, pid: int, host: str, stats: dict[str, Any] | None = None
) -> int:
    """Open a run's row; its id."""
    cursor = db.execute(
        "INSERT INTO runs (command, started_at, software, pid, host, stats) VALUES (?, ?, ?, ?, ?, ?)",
        [command, _now(), software, pid, host, json.dumps(stats or {}, ensure_ascii=False)],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def finish_run(db: Database, run_id: int, outcome: str, exit_code: int, stats: dict[str, Any]) -> None:
    """Close a run's row."""
    db.execute(
        "UPDATE runs SET finished_at = ?, outcome = ?, exit_code = ?, stats = ? WHERE id = ?",
        [_now(), outcome, exit_code, json.dumps(stats, ensure_ascii=False), run_id],
    )


def note_stats(db: Database, run_id: int, stats: dict[str, Any]) -> None:
    """Write down of a run at work what must be known if it dies."""
    for key, value in stats.items():
        db.execute(
            "UPDATE runs SET stats = json_set(stats, '$.' || ?, json(?)) WHERE id = ?",
            [key, json.dumps(value, ensure_ascii=False), run_id],
        )


class DeadRun(NamedTuple):
    """A run that never ended: it was killed, or its machine stopped."""

    id: int
    command: str
    started_at: str


def close_dead_runs(db: Database, found_at: str) -> list[DeadRun]:
    """Say of runs that never ended that they died; to be called by who holds the archive's lock.

    When they died nobody knows: ``finished_at`` is when they were found dead.
    """
    rows = db.execute("SELECT id, command, started_at FROM runs WHERE finished_at IS NULL").fetchall()
    db.execute("UPDATE runs SET finished_at = ?, outcome = 'died' WHERE finished_at IS NULL", [found_at])
    return [DeadRun(*row) for row in rows]


def newest_article(db: Database) -> int:
    """The number of the article that came last into the archive; 0 if there is none."""
    return int(db.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0])


def count_articles(db: Database, run_id: int, newest_before: int) -> tuple[int, int]:
    """How many articles came with a run, and how many of the others got a text from its captures.

    ``newest_before``: :func:`newest_article` when it began.
    """
    new = "SELECT count(*) FROM articles WHERE id > ?"
    changed = """
        SELECT count(DISTINCT v.article_id) FROM captures AS c
        JOIN article_versions AS v ON v.capture_id = c.id
        WHERE c.run_id = ? AND v.article_id <= ?
    """
    return (
        int(db.execute(new, [newest_before]).fetchone()[0]),
        int(db.execute(changed, [run_id, newest_before]).fetchone()[0]),
    )


# --- captures ------------------------------------------------------------------------------


def payload_holders(db: Database, payload_digest: str) -> Iterator[Capture]:
    """Whole captures over HTTP with this payload, for a ``revisit`` record to refer to: the first,
    then (where its record is lost, a later one was kept whole) the others, newest first."""
    columns = """
        SELECT id, url, captured_at, payload_digest, warc_file, warc_offset, warc_length, http_status, etag,
               last_modified, time_source, origin
        FROM captures WHERE payload_digest = ? AND http_status IS NOT NULL AND http_status <> 304
          AND truncated IS NULL
    """
    first = next(db.query(f"{columns} ORDER BY id LIMIT 1", [payload_digest]), None)
    if first is None:
        return
    yield Capture(**first)
    for row in list(db.query(f"{columns} AND id > ? ORDER BY id DESC", [payload_digest, first["id"]])):
        yield Capture(**row)


def record_of(db: Database, capture_id: int) -> tuple[str, int, str]:
    """File, offset and payload digest of a capture's record."""
    sql = "SELECT warc_file, warc_offset, payload_digest FROM captures WHERE id = ?"
    row: tuple[str, int, str] = db.execute(sql, [capture_id]).fetchone()
    return row


def move_record(db: Database, capture_id: int, to: Capture) -> None:
    """The same capture's evidence, written anew: its first record is lost."""
    db.execute(
        "UPDATE captures SET warc_file = ?, warc_offset = ?, warc_length = ? WHERE id = ?",
        [to.warc_file, to.warc_offset, to.warc_length, capture_id],
    )


def note_truncated(db: Database, capture_id: int, reason: str) -> None:
    """Say of a capture that only a part of it could be used, where that shows after it was written."""
    db.execute("UPDATE captures SET truncated = ? WHERE id = ?", [reason, capture_id])


def in_utc(time: str) -> str:
    """An ISO 8601 time as the archive keeps its own: UTC, whole seconds. Without a zone it is UTC.

    >>> in_utc("2019-04-13T09:30:07+08:00")
    '2019-04-13T01:30:07+00:00'
    >>> in_utc("2019-04-13T01:30:07.5Z")
    '2019-04-13T01:30:07+00:00'
    """
    if len(time) == 25 and time.endswith("+00:00"):
        return time
    if time.endswith(("Z", "z")):
        time = time[:-1] + "+00:00"
    head, dot, fraction = time.partition(".")
    if dot:
        time = head + fraction.lstrip("0123456789")
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc).replace(microsecond=0).isoformat()


def _now() -> str:
    return datetime.now(timezone.utc).replace(microsecond=0).isoformat()
