"""What a package of the archive's WARC files needs to know of its captures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import WITH_A_PAGE


@dataclass(frozen=True, slots=True)
class PackedPage:
    capture_id: int
    url: str
    captured_at: str
    title: str
    warc_file: str
    end: int
    """Where its record ends in the file."""
    first: int
    """1 for page 1 of a listing: a place to begin reading."""


def pages(db: Database) -> Iterator[PackedPage]:
    """Every listing and article page that was captured at a web address, in order of time. The
    answers "not modified" among them are left out."""
    sql = f"""
        SELECT id, url, captured_at,
          coalesce(CASE kind
            WHEN 'listing' THEN category || coalesce(' ' || declared_page || '/' || declared_pages, '')
            ELSE (SELECT title FROM sightings WHERE capture_id = c.id AND title IS NOT NULL
                  ORDER BY position LIMIT 1)
          END, url),
          warc_file, warc_offset + warc_length, kind = 'listing' AND declared_page IS 1
        FROM captures AS c
        WHERE kind IN ('listing', 'article') AND {WITH_A_PAGE} AND url LIKE 'http%://%'
        ORDER BY captured_at, id
    """
    for row in db.execute(sql):
        yield PackedPage(*row)
