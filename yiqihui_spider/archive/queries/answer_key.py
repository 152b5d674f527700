"""What the archive knows that a changed layout can be learned from: its articles, and its captures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlite_utils import Database

MOST_ARTICLES = 20_000
"""The newest: a site's pages show these."""


class ArticleRow(NamedTuple):
    id: int
    site_id: int | None
    title: str | None
    body: str
    source: str | None
    published_at: str
    views: int | None


def known_articles(db: Database, most: int = MOST_ARTICLES) -> list[ArticleRow]:
    """Newest first."""
    sql = """
        SELECT id, site_id, title, body, source, published_at, views FROM articles
        ORDER BY published_at DESC, id DESC LIMIT ?
    """
    return [ArticleRow(*row) for row in db.execute(sql, [most])]


def known_sources(db: Database) -> set[str]:
    return {row[0] for row in db.execute("SELECT DISTINCT source FROM articles WHERE source <> ''")}


def known_categories(db: Database) -> set[str]:
    return {row[0] for row in db.execute("SELECT DISTINCT category FROM article_categories")}


class PageRow(NamedTuple):
    id: int
    category: str | None
    in_trouble: bool
    """Something on it was not understood."""


def pages_on_record(db: Database, most: int | None = None) -> Iterator[PageRow]:
    """Captures that hold pages, newest first, those in trouble before the others; of each payload one, and
    of an address in trouble the newest: an hourly crawl of a changed site brings the same trouble again."""
    sql = """
        WITH read AS (
          SELECT id, url, payload_digest, category,
            residue_chars > 0 OR problems <> '[]' OR (kind = 'listing' AND entries = 0) AS in_trouble
          FROM captures
          WHERE parser_version IS NOT NULL AND unchanged_since IS NULL AND truncated IS NULL
            AND coalesce(http_status, 200) IN (200, 203)
        )
        SELECT max(id), category, in_trouble FROM read
        GROUP BY url, in_trouble, CASE WHEN in_trouble THEN '' ELSE payload_digest END
        ORDER BY in_trouble DESC, max(id) DESC LIMIT ?
    """
    for row in db.execute(sql, [-1 if most is None else most]).fetchall():
        yield PageRow(row[0], row[1], bool(row[2]))
