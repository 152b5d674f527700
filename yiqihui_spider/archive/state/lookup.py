"""What the archive knows of records that come in from elsewhere: by digest, address and time."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import value

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
        [payload_digest, captured_at, url, as_stored(url)],
    ).fetchone()
    return row[0] if row else None


def known_file(db: Database, payload_digest: str, captured_at: str | None) -> int | None:
    """The capture of the same bytes imported from a file, wherever the file was; with
    ``captured_at``, of that time only."""
    row = db.execute(
        """
        SELECT id FROM captures
        WHERE payload_digest = :digest AND origin = 'import'
          AND CASE WHEN :at IS NULL THEN time_source <> 'warc' ELSE captured_at = :at END
        ORDER BY id LIMIT 1
        """,
        {"digest": payload_digest, "at": captured_at},
    ).fetchone()
    return row[0] if row else None


def payload_places(
    db: Database, payload_digest: str, url: str | None, captured_at: str | None
) -> Iterator[Held]:
    """Records that may hold a payload: that of the address and time named, then the others with the
    digest. Tools differ in what they hash: where nothing has the digest, what the address showed at
    the very time named; where it is not of the kind we keep, or missing, also what it showed last before."""
    columns = "SELECT warc_file, warc_offset, url, captured_at, payload_digest FROM captures"
    usable = "truncated IS NULL AND coalesce(http_status, 200) <> 304 AND unchanged_since IS NULL"
    asked = {"digest": payload_digest, "url": url and as_stored(url), "at": captured_at}
    rows = db.execute(
        f"{columns} WHERE payload_digest = :digest AND {usable}"
        " ORDER BY url IS :url AND captured_at IS :at DESC, url IS NOT :url, id",
        asked,
    ).fetchall()
    if not rows and url is not None and captured_at is not None:
        when = "captured_at = :at" if _is_ours(payload_digest) else "captured_at <= :at"
        rows = db.execute(
            f"{columns} WHERE url = :url AND {when} AND {usable}"
            " AND coalesce(http_status, 200) IN (200, 203) ORDER BY captured_at DESC, id DESC LIMIT 1",
            asked,
        ).fetchall()
    for row in rows:
        yield Held(*row)


def filed_as(db: Database, capture_id: int) -> tuple[str, str]:
    """The address and the time of a capture."""
    url, at = db.execute("SELECT url, captured_at FROM captures WHERE id = ?", [capture_id]).fetchone()
    return url, at


def trouble_with(db: Database, capture_id: int) -> bool:
    """Whether anything is wrong with a page as it was read: residue, problems, or articles that were
    published more than a day after the time it is filed under."""
    sql = """
        SELECT c.residue_chars > 0 OR c.problems <> '[]' OR EXISTS (
          SELECT 1 FROM observations AS o JOIN entry_facts AS f ON f.id = o.facts_id
          WHERE o.capture_id = coalesce(c.repeats, c.id)
            AND julianday(f.published_at) > julianday(c.captured_at) + 1)
        FROM captures AS c WHERE c.id = ?
    """
    return bool(value(db, sql, [capture_id]))


def problems_of(db: Database, capture_id: int) -> list[str]:
    """What was odd about a page."""
    found: list[str] = json.loads(value(db, "SELECT problems FROM captures WHERE id = ?", [capture_id]))
    return found


def residue_of(db: Database, capture_id: int) -> int:
    """Characters of a page that nothing explains."""
    return int(value(db, "SELECT residue_chars FROM captures WHERE id = ?", [capture_id]) or 0)


def _is_ours(payload_digest: str) -> bool:
    """Whether a digest is of the kind that ``captures`` holds: then a payload that has it would be found."""
    return payload_digest.startswith("sha1:") and len(payload_digest) == 37


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


def as_stored(url: str) -> str:
    """As the WARC writer writes it: what can't stand in an address is percent-encoded."""
    odd = any(ord(c) <= 0x20 or c == "\x7f" for c in url)
    return quote(url, safe=_PRINTABLE) if odd else url
