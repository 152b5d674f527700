"""When an article was in which category, worked out from its sightings.

A detail page's breadcrumb says that the article belongs to a category, not that it is listed
there: it can make a place and date it back, but only a listing moves ``last_listed_at``.
"""

from __future__ import annotations

from sqlite_utils import Database

SEEN_IN = """
    SELECT s.category, min(s.observed_at),
           coalesce(max(CASE WHEN c.kind = 'listing' THEN s.observed_at END), max(s.observed_at))
    FROM sightings s JOIN captures c ON c.id = s.capture_id
    WHERE s.article_id = ? AND s.category IS NOT NULL GROUP BY s.category
"""

UPSERT_PLACE = """
    INSERT INTO article_categories (article_id, category, first_listed_at, last_listed_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      first_listed_at = excluded.first_listed_at, last_listed_at = excluded.last_listed_at
"""


def settle_places(db: Database, article_id: int, *, prune: bool = False) -> None:
    """Make an article's places agree with its sightings; ``prune`` drops those that none supports."""
    wanted = {category: (first, last) for category, first, last in db.execute(SEEN_IN, [article_id])}
    sql = "SELECT category, first_listed_at, last_listed_at FROM article_categories WHERE article_id = ?"
    standing = {category: (first, last) for category, first, last in db.execute(sql, [article_id])}
    for category, times in wanted.items():
        if standing.get(category) != times:
            db.execute(UPSERT_PLACE, [article_id, category, *times])
    for category in standing.keys() - wanted.keys() if prune else ():
        db.execute(
            "DELETE FROM article_categories WHERE article_id = ? AND category = ?", [article_id, category]
        )
