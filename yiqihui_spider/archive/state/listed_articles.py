"""What the archive knew to be listed in a category when a walk began."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set

from sqlite_utils import Database


def live_articles(db: Database, walk_id: int, category: str, own: Set[int]) -> frozenset[int] | None:
    """Articles listed on the word of the last certified full walk and what was listed since.

    None where there never was such a walk.  ``own``: articles on the pages of the walk
    ``walk_id`` itself; the answer is the same before these pages were read and after.
    """
    sql = """
        SELECT id, coalesce((SELECT min(c.observed_at) FROM walk_pages AS p
            JOIN captures AS c ON c.id = p.capture_id WHERE p.walk_id = walks.id), started_at)
        FROM walks
        WHERE category = ? AND certified = 1 AND mode = 'full' AND id < ? ORDER BY id DESC LIMIT 1
    """
    certified = db.execute(sql, [category, walk_id]).fetchone()
    if certified is None:
        return None
    first_walk, since = certified
    sql = """
        SELECT article_id, last_listed_at FROM article_categories
        WHERE category = ? AND missing_since IS NULL
    """
    listed = dict(db.execute(sql, [category]).fetchall())
    known = _on_walks(db, category, first_walk, walk_id)
    live = listed_before(listed, since, own, known) - _left_during(db, category, first_walk, walk_id)
    return (live & known) | _on_listings(db, category, live - known)


def _left_during(db: Database, category: str, walk_id: int, before_walk: int) -> frozenset[int]:
    """Articles that a certified full walk saw and that were gone from its pages before it ended, and
    that no walk since has seen. The last reading of each page is the one that the certificate is for."""
    sql = """
        SELECT json_extract(declared, '$.page'), json_extract(declared, '$.pages'), article_ids
        FROM walk_pages WHERE walk_id = ? AND declared IS NOT NULL ORDER BY position
    """
    readings: dict[int, frozenset[int]] = {}
    seen: set[int] = set()
    last = 0
    for page, last, articles in db.execute(sql, [walk_id]):  # noqa: B007 - the last one counts
        readings[page] = frozenset(json.loads(articles))
        seen |= readings[page]
    stood = {article for page, articles in readings.items() if page <= last for article in articles}
    return frozenset(seen - stood) - _on_walks(db, category, walk_id + 1, before_walk)


def listed_before(listed: Mapping[int, str], since: str, own: Set[int], known: Set[int]) -> frozenset[int]:
    """Of ``listed`` (article to when it was last listed), those listed before the walk's own pages.

    Pure.  ``since``: when the last certified full walk began; an article last listed before
    that was not on it.  ``own``: on this walk's pages, so last listed by this walk, and
    counted only if among ``known``, on the pages of earlier walks since then.
    """
    return frozenset(
        article for article, at in listed.items() if article in known or (at >= since and article not in own)
    )


def _on_walks(db: Database, category: str, first_walk: int, before_walk: int) -> frozenset[int]:
    sql = """
        SELECT DISTINCT ids.value FROM walks w
        JOIN walk_pages p ON p.walk_id = w.id, json_each(p.article_ids) ids
        WHERE w.category = ? AND w.id >= ? AND w.id < ?
    """
    return frozenset(row[0] for row in db.execute(sql, [category, first_walk, before_walk]))


def _on_listings(db: Database, category: str, articles: Iterable[int]) -> frozenset[int]:
    """Those that a listing page showed: a detail page may name a category that doesn't list it."""
    sql = """
        SELECT value FROM json_each(?) WHERE EXISTS (
          SELECT 1 FROM sightings s JOIN captures c ON c.id = s.capture_id
          WHERE s.article_id = value AND s.category = ? AND c.kind = 'listing')
    """
    rows = db.execute(sql, [json.dumps(sorted(articles)), category])
    return frozenset(row[0] for row in rows)


def without_detail(db: Database, category: str) -> list[str]:
    """Addresses of articles that our walks saw listed in a category, and whose own page we never had."""
    sql = """
        SELECT a.url FROM article_categories AS place JOIN articles AS a ON a.id = place.article_id
        WHERE place.category = ? AND place.missing_since IS NULL AND a.detail_at IS NULL AND a.url IS NOT NULL
          AND EXISTS (SELECT 1 FROM sightings s JOIN captures c ON c.id = s.capture_id
                      WHERE s.article_id = a.id AND c.origin = 'live' AND c.kind = 'listing')
          AND NOT EXISTS (SELECT 1 FROM captures c
                          WHERE c.url = a.url AND c.origin = 'live' AND c.kind = 'article')
        ORDER BY a.id
    """
    return [row[0] for row in db.execute(sql, [category])]
