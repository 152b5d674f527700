"""What the archive already holds of a listing page, for conditional requests."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.state.walks import page_seen
from yiqihui_spider.items import PageSeen


@dataclass(frozen=True, slots=True)
class LastCapture:
    capture_id: int
    url: str
    captured_at: str
    payload_digest: str
    etag: str | None
    last_modified: str | None
    seen: PageSeen


def last_capture(db: Database, url: str) -> LastCapture | None:
    """The newest walk reading of ``url`` whose answer carried a validator, or None."""
    row = next(
        db.query(
            """
            SELECT c.id, c.url, c.captured_at, c.payload_digest, c.etag, c.last_modified,
                   p.walk_id, p.position
            FROM captures AS c JOIN walk_pages AS p ON p.capture_id = c.id
            WHERE c.url = :url AND c.http_status = 200 AND p.url = :url
              AND coalesce(c.etag, c.last_modified) IS NOT NULL
              AND c.residue_chars = 0 AND c.problems = '[]'
            ORDER BY c.id DESC LIMIT 1
            """,
            {"url": url},
        ),
        None,
    )
    if row is None:
        return None
    seen = page_seen(db, row["walk_id"], row["position"])
    return LastCapture(
        row["id"],
        row["url"],
        row["captured_at"],
        row["payload_digest"],
        row["etag"],
        row["last_modified"],
        seen,
    )


def last_offsets(db: Database) -> dict[str, int]:
    """For each WARC file, where the last record stands that the archive knows of."""
    return dict(db.execute("SELECT warc_file, max(warc_offset) FROM captures GROUP BY warc_file").fetchall())


BACKUP = 2
"""What ``PRAGMA user_version`` says of a copy that `backup` keeps; opening it to write resets it."""


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A WARC file that this archive began."""

    name: str
    last: int
    """Where the last record stands that the archive knows of; 0 if it knows none."""
    ended_well: bool
    """The run that wrote it last said how it ended, and that it did not fail: all that it wrote has rows.
    (Not so beside a backup: the next one, cut short, may have brought more.)"""


def own_files(db: Database) -> tuple[list[OwnFile], list[str]]:
    """The WARC files that are this archive's to judge and mend, and those that it only refers to.

    Before a file is begun its name stands in the run's row; of older runs, and of files taken over
    from there, captures tell. A run that another file than this database was at work on, of which
    this one is a copy, goes on or ended elsewhere, and so do its WARC files.
    """
    last, inode = last_offsets(db), database_inode(db)
    kept = db.execute("PRAGMA user_version").fetchone()[0] == BACKUP
    own = dict.fromkeys(last, True)
    foreign: set[str] = set()
    for names, outcome, exit_code, at in db.execute(BEGUN):
        copied = outcome in (None, "died") and at is not None and at != inode
        for name in json.loads(names):
            own[name] = exit_code is not None and exit_code not in (1, 75) and not kept
            (foreign.add if copied else foreign.discard)(name)
    ours = sorted(own.keys() - foreign)
    files = [OwnFile(name, last.get(name, 0), own[name]) for name in ours]
    return files, sorted(foreign & last.keys())


def open_file(db: Database) -> OwnFile | None:
    """The WARC file that the last run of this very database (no copy of it) wrote to, if it ended well."""
    sql = f"SELECT * FROM ({BEGUN} DESC) WHERE json_array_length(names) LIMIT 1"
    found = db.execute(sql).fetchone()
    if found is None:
        return None
    names, _, exit_code, at = found
    if exit_code in (None, 1, 75) or at != database_inode(db):
        return None
    name = json.loads(names)[-1]
    row = db.execute("SELECT max(warc_offset) FROM captures WHERE warc_file = ?", [name]).fetchone()
    return None if row[0] is None else OwnFile(name, row[0], ended_well=True)


def database_inode(db: Database) -> int:
    """Which file the database is, whatever it is called; 0 for one in memory."""
    path = next(row[2] for row in db.execute("PRAGMA database_list") if row[1] == "main")
    return os.stat(path).st_ino if path else 0


BEGUN = """
    SELECT json_extract(stats, '$.warc_files') AS names, outcome, exit_code,
      json_extract(stats, '$.database_inode')
    FROM runs WHERE json_type(stats, '$.warc_files') = 'array' ORDER BY id
"""
