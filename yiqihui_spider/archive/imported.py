"""What the archive knows of records that come in from elsewhere: by digest, address and time."""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from urllib.parse import quote

from sqlite_utils import Database

_PRINTABLE = "".join(c for c in string.printable if not c.isspace())


@dataclass(frozen=True, slots=True)
class Held:
    """A record that holds a payload."""

    warc_file: str
    warc_offset: int
    url: str
    captured_at: str
    payload_digest: str


def known_hosts(db: Database) -> set[str]:
    """``host`` or ``host:port`` of every listing or article page captured over HTTP, lower case."""
    sql = """
        SELECT DISTINCT substr(rest, 1, instr(rest || '/', '/') - 1)
        FROM (SELECT lower(substr(url, instr(url, '://') + 3)) AS rest FROM captures
              WHERE kind <> 'other' AND (url LIKE 'http://%' OR url LIKE 'https://%'))
    """
    return {row[0] for row in db.execute(sql)}


def known_record(db: Database, url: str, payload_digest: str, captured_at: str) -> int | None:
    """The capture of the same payload, address and time."""
    row = db.execute(
        "SELECT id FROM captures WHERE payload_digest = ? AND captured_at = ? AND url IN (?, ?) ORDER BY id",
        [payload_digest, captured_at, url, _as_stored(url)],
    ).fetchone()
    return row[0] if row else None


def known_file(db: Database, payload_digest: str, captured_at: str | None) -> int | None:
    """The capture of the same bytes imported from a file, wherever the file was; with
    ``captured_at``, of that time only."""
    row = db.execute(
        """
        SELECT id FROM captures
        WHERE payload_digest = :digest AND http_status IS NULL AND origin = 'import' AND time_source <> 'warc'
          AND (:at IS NULL OR captured_at = :at)
        ORDER BY id LIMIT 1
        """,
        {"digest": payload_digest, "at": captured_at},
    ).fetchone()
    return row[0] if row else None


def payload_place(db: Database, payload_digest: str, url: str | None, captured_at: str | None) -> Held | None:
    """The record that holds a payload: that of the address and time named, else the first with the
    digest, else (where no digest is known) what the address showed at that time or last before."""
    columns = "SELECT warc_file, warc_offset, url, captured_at, payload_digest FROM captures"
    usable = "truncated IS NULL AND coalesce(http_status, 200) <> 304 AND unchanged_since IS NULL"
    asked = {"digest": payload_digest, "url": url and _as_stored(url), "at": captured_at}
    row = db.execute(
        f"{columns} WHERE payload_digest = :digest AND {usable}"
        " ORDER BY url IS :url AND captured_at IS :at DESC, url IS NOT :url, id LIMIT 1",
        asked,
    ).fetchone()
    if row is None and url is not None and captured_at is not None:
        row = db.execute(
            f"{columns} WHERE url = :url AND captured_at <= :at AND {usable}"
            " AND coalesce(http_status, 200) = 200 ORDER BY captured_at DESC, id DESC LIMIT 1",
            asked,
        ).fetchone()
    return Held(*row) if row else None


def note_other(
    db: Database, capture_id: int, content_type: str | None, problem: str | None, parser_version: str | None
) -> None:
    """Remember that a capture was read and is no page of ours, or none that this parser can use;
    without ``parser_version``, that it was not read."""
    db.execute(
        """
        UPDATE captures SET content_type = coalesce(?, content_type), problems = ?, parser_version = ?
        WHERE id = ?
        """,
        [
            content_type,
            json.dumps([problem] if problem else [], ensure_ascii=False),
            parser_version,
            capture_id,
        ],
    )


def _as_stored(url: str) -> str:
    """As the WARC writer writes it: what can't stand in an address is percent-encoded."""
    odd = any(ord(c) <= 0x20 or c == "\x7f" for c in url)
    return quote(url, safe=_PRINTABLE) if odd else url
