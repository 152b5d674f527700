"""One crawl in raw counts, for the monitors: what its pages held, against what earlier crawls saw.

Only crawls are compared with each other: what an import brought, from a dump that has no titles, say,
tells nothing of how the site's pages look.
"""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

Row = dict[str, Any]

FIELDS = ("title", "source", "url", "views")

MOST_CAPTURES = 400
"""Of a crawl of thousands of pages so many are enough to see how its entries look."""

MOST_TIMES = 1000
"""Articles of a category whose times of publication tell how it usually goes."""


def crawl_counts(db: Database, run_id: int) -> Row:
    """The counts of a crawl whose pages are all archived."""
    first = db.execute("SELECT min(id) FROM captures WHERE run_id = ?", [run_id]).fetchone()[0]
    if first is None:
        return {"categories": _categories(db, run_id, 0)}
    return {
        **_pages(db, run_id),
        "fields": _fields(db, run_id, first),
        "views": _views(db, run_id, first),
        "categories": _categories(db, run_id, first),
    }


def _pages(db: Database, run_id: int) -> Row:
    rows = db.execute(
        """
        SELECT kind, entries, residue_chars, declared_last - declared_first + 1,
               declared_page < declared_pages
        FROM captures WHERE run_id = ? AND parser_version IS NOT NULL AND unchanged_since IS NULL
          AND (kind = 'listing' OR kind = 'article' OR residue_chars > 0)
        """,
        [run_id],
    ).fetchall()
    promised = [(width, entries) for kind, entries, _, width, _ in rows if kind == "listing" and width]
    return {
        "pages": len(rows),
        "residue_chars": sum(row[2] for row in rows),
        "promised": sum(width for width, _ in promised),
        "short": sum(max(0, width - entries) for width, entries in promised),
        "full_page": _median([row[1] for row in rows if row[0] == "listing" and row[4]]),
    }


def _median(values: list[int]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None


EARLIER = "e.article_id = s.article_id AND e.capture_id < :first AND ec.origin = 'live'"
"""Sightings ``e`` (captures ``ec``) of the article that ``s`` shows, by earlier crawls."""


def _fields(db: Database, run_id: int, first: int) -> Row:
    """Per kind of page and field: entries that had it, have lost it, are new, are new without it."""
    had = ", ".join(
        f"""EXISTS (SELECT 1 FROM sightings e JOIN captures ec ON ec.id = e.capture_id
              WHERE {EARLIER} AND ec.kind = c.kind AND e.{name} IS NOT NULL), s.{name} IS NULL"""
        for name in FIELDS
    )
    rows = db.execute(
        f"""
        SELECT c.kind, EXISTS (SELECT 1 FROM sightings e JOIN captures ec ON ec.id = e.capture_id
                               WHERE {EARLIER} AND ec.kind = c.kind), {had}
        FROM (SELECT id, kind FROM captures WHERE run_id = :run AND kind IN ('listing', 'article')
                AND unchanged_since IS NULL ORDER BY id LIMIT {MOST_CAPTURES}) AS c
        CROSS JOIN sightings AS s ON s.capture_id = c.id
        GROUP BY c.kind, s.article_id HAVING max(c.id)
        """,
        {"run": run_id, "first": first},
    ).fetchall()
    counts: dict[str, Row] = {}
    for kind, known, *pairs in rows:
        for place, name in enumerate(FIELDS):
            had_it, without = pairs[2 * place : 2 * place + 2]
            one = counts.setdefault(f"{kind}/{name}", {"had": 0, "lost": 0, "new": 0, "bare": 0})
            one["had"] += had_it
            one["lost"] += had_it and without
            one["new"] += not known
            one["bare"] += not known and without
    return counts


def _views(db: Database, run_id: int, first: int) -> Row:
    """View counts on the first page of each listing, against the last crawl that listed the article."""
    rows = db.execute(
        f"""
        SELECT views <> before, (julianday(observed_at) - julianday(seen)) * 24 FROM (
          SELECT s.views, s.observed_at, e.views AS before, e.observed_at AS seen
          FROM captures AS c CROSS JOIN sightings AS s ON s.capture_id = c.id AND s.views IS NOT NULL
          JOIN sightings AS e ON e.article_id = s.article_id AND e.capture_id = (
            SELECT max(e.capture_id) FROM sightings AS e JOIN captures AS ec ON ec.id = e.capture_id
            WHERE {EARLIER} AND ec.kind = 'listing' AND e.views IS NOT NULL)
          WHERE c.run_id = :run AND c.kind = 'listing' AND coalesce(c.declared_page, 1) = 1
          GROUP BY s.article_id HAVING max(c.id))
        """,
        {"run": run_id, "first": first},
    ).fetchall()
    hours = sorted(row[1] for row in rows if row[1] is not None)
    return {
        "compared": len(rows),
        "changed": sum(row[0] for row in rows),
        "hours": hours[len(hours) // 2] if hours else 0.0,
    }


def _categories(db: Database, run_id: int, first: int) -> Row:
    walked = db.query(
        """
        SELECT w.category, w.mode, w.finished_at IS NOT NULL AS finished, w.certified, count(*) AS pages,
               max(json_extract(p.declared, '$.total')) - min(json_extract(p.declared, '$.total')) AS spread,
               max(json_extract(p.declared, '$.last') - json_extract(p.declared, '$.first') + 1) AS page_size,
               NOT EXISTS (SELECT 1 FROM walks AS b WHERE b.category = w.category AND b.id < w.id
                             AND b.certified = 1)
                 AND (SELECT count(*) FROM walks AS b WHERE b.category = w.category AND b.id < w.id
                        AND b.finished_at IS NOT NULL) < 5 AS first, w.id AS walk
        FROM captures AS c CROSS JOIN walk_pages AS p ON p.capture_id = c.id
          JOIN walks AS w ON w.id = p.walk_id
        WHERE c.run_id = ? GROUP BY w.id ORDER BY w.id
        """,
        [run_id],
    )
    counts = {row.pop("category"): row for row in list(walked)}
    for name, row in counts.items():
        last = db.execute(
            """
            SELECT json_extract(declared, '$.total'), json_extract(declared, '$.pages') FROM walk_pages
            WHERE walk_id = ? AND declared IS NOT NULL ORDER BY position DESC LIMIT 1
            """,
            [row.pop("walk")],
        ).fetchone()
        row["total"], row["declared_pages"] = last or (None, 0)
        row |= {key: row[key] or 0 for key in ("spread", "page_size", "declared_pages")}
        row |= {key: bool(row[key]) for key in ("finished", "certified", "first")}
        row["new"] = _new(db, run_id, first, name)
        newest = publication_times(db, name, 1)
        row["newest"] = newest[0][0] if newest else None
    return counts


def _new(db: Database, run_id: int, first: int, category: str) -> int:
    """Articles that no earlier crawl saw in the category."""
    sql = f"""
        SELECT count(DISTINCT s.article_id)
        FROM captures AS c CROSS JOIN sightings AS s ON s.capture_id = c.id
        WHERE c.run_id = :run AND c.kind = 'listing' AND c.category = :category AND NOT EXISTS (
          SELECT 1 FROM sightings AS e JOIN captures AS ec ON ec.id = e.capture_id
          WHERE {EARLIER} AND ec.kind = 'listing' AND ec.category = :category)
    """
    found: int = db.execute(sql, {"run": run_id, "first": first, "category": category}).fetchone()[0]
    return found


def publication_times(db: Database, category: str, limit: int = MOST_TIMES) -> list[tuple[str, str]]:
    """When the newest articles of a category were published and first listed, newest first."""
    # CROSS JOIN keeps the order of the loops: along the index on time.
    rows = db.execute(
        """
        SELECT a.published_at, c.first_listed_at FROM articles AS a INDEXED BY articles_published_at
        CROSS JOIN article_categories AS c ON c.article_id = a.id AND c.category = ?
        ORDER BY a.published_at DESC LIMIT ?
        """,
        [category, limit],
    )
    return [(row[0], row[1]) for row in rows]
