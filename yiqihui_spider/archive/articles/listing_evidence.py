"""What listing pages said of the article at an address, where it is listed still, where pages are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.articles.rebuild import stored_texts

MOST = 50
"""Listings that are looked at, the latest first; more say nothing new."""
MOST_PAGES = 5000
"""Pages of walks that are looked at, the latest first: those of the last full walk are among them."""


@dataclass(frozen=True, slots=True)
class ListedAs:
    """An article as an entry of a listing has it."""

    published_at: str | None
    title: str | None


def articles_at(db: Database, url: str, number: int | None) -> list[int]:
    """Articles whose own page is at an address, or has its number."""
    sql = "SELECT id FROM articles WHERE url = ? UNION SELECT id FROM articles WHERE site_id = ?"
    return [row[0] for row in db.execute(sql, [url, number])]


def listed_as(db: Database, articles: Iterable[int]) -> tuple[ListedAs, ...]:
    """How the entries of listings have these articles, the latest first."""
    sql = f"""
        SELECT DISTINCT s.published_at, s.title
        FROM sightings AS s JOIN captures AS c ON c.id = s.capture_id
        WHERE s.article_id IN (SELECT value FROM json_each(?)) AND c.kind = 'listing'
        ORDER BY s.capture_id DESC LIMIT {MOST}
    """
    return tuple(ListedAs(*row) for row in db.execute(sql, [json.dumps(list(articles))]))


def texts_listed(db: Database, articles: Iterable[int]) -> Iterator[str]:
    """The text of each of these articles, or the excerpt, as the listing read last shows it."""
    sql = """
        SELECT s.article_id, s.content_hash, max(s.capture_id)
        FROM sightings AS s JOIN captures AS c ON c.id = s.capture_id
        WHERE s.article_id IN (SELECT value FROM json_each(?)) AND c.kind = 'listing'
        GROUP BY s.article_id
    """
    for article_id, digest, _ in db.execute(sql, [json.dumps(list(articles))]).fetchall():
        text = stored_texts(db, article_id).get(digest)
        if text is not None:
            yield text.text


def places(db: Database, article_id: int) -> list[str]:
    """Categories in whose listings an article was seen, and is not known to be missing."""
    sql = """
        SELECT place.category FROM article_categories AS place
        WHERE place.article_id = ? AND place.missing_since IS NULL AND EXISTS (
          SELECT 1 FROM sightings s JOIN captures c ON c.id = s.capture_id
          WHERE s.article_id = place.article_id AND s.category = place.category AND c.kind = 'listing')
    """
    return [row[0] for row in db.execute(sql, [article_id])]


def has_places(db: Database, category: str) -> bool:
    """Whether articles are known to stand in a category, by whichever way they came."""
    sql = "SELECT 1 FROM article_categories WHERE category = ? LIMIT 1"
    return db.execute(sql, [category]).fetchone() is not None


def known_pages(db: Database, category: str) -> dict[int, str]:
    """Page numbers and addresses of a category's listing, as its walks before met them."""
    sql = f"""
        SELECT p.page_urls, json_extract(p.declared, '$.page'), p.url
        FROM walk_pages AS p JOIN walks AS w ON w.id = p.walk_id
        WHERE w.category = ? AND p.declared IS NOT NULL
        ORDER BY p.walk_id DESC, p.position DESC LIMIT {MOST_PAGES}
    """
    found: dict[int, str] = {}
    for linked, number, url in db.execute(sql, [category]):
        found.setdefault(number, url)
        for name, address in json.loads(linked).items():
            found.setdefault(int(name), address)
    return found
