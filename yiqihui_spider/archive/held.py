"""What the archive already holds of a listing page, for conditional requests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.progress import page_seen
from yiqihui_spider.items import PageSeen


@dataclass(frozen=True, slots=True)
class HeldPage:
    capture_id: int
    url: str
    captured_at: str
    payload_digest: str
    etag: str | None
    last_modified: str | None
    seen: PageSeen


def held_page(db: Database, url: str) -> HeldPage | None:
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
            ORDER BY c.captured_at DESC, c.id DESC LIMIT 1
            """,
            {"url": url},
        ),
        None,
    )
    if row is None:
        return None
    seen = page_seen(db, row["walk_id"], row["position"])
    return HeldPage(
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
