"""What the report shows, as rows: counted in SQL, so that memory stays flat however large the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.queries.status import status

Row = dict[str, Any]

CURVES = 6
"""Articles whose view curves are drawn."""
GROWING = 20
LONGEST = 50
"""Rows of lists that may be long (edits, disappearances, gaps); their totals are told, too."""
SOURCES = 20
TERMS = 20

FACTS = """
    CREATE TEMP TABLE report_facts AS
    SELECT id, substr(published_at, 1, 7) AS month, source, views, body_chars, state FROM main.articles
"""


@contextmanager
def one_moment(db: Database) -> Iterator[None]:
    """All rows from one state of the archive, whatever a crawl writes meanwhile."""
    db.execute("BEGIN")
    try:
        # One pass over the wide table for all that is counted from it.
        db.execute(FACTS)
        db.execute("CREATE INDEX temp.report_views ON report_facts (views)")
        yield
    finally:
        db.execute("ROLLBACK")


def report_rows(db: Database, now: str) -> dict[str, Any]:
    """Everything the report tells, ready to be drawn; ``now`` is the moment it speaks of."""
    with one_moment(db):
        state = status(db, now)
        return {
            "totals": _totals(db),
            "state": state,
            "months": list(db.query(MONTHS)),
            "categories": list(db.query("SELECT * FROM completeness ORDER BY archived DESC, category")),
            **_sources(db),
            **_views(db),
            **_growing(db),
            "terms": _terms(db),
            "walks": _walks(db),
            "uncertified": _uncertified(db),
            **_gaps(db),
            **_answers(db),
            **_edits(db),
            **_disappearances(db),
        }


# --- what the archive holds ------------------------------------------------------------------

TOTALS = """
    SELECT (SELECT count(*) FROM report_facts) AS articles,
      (SELECT count(*) FROM report_facts WHERE state = 'missing') AS missing,
      (SELECT count(*) FROM report_facts WHERE state = 'gone') AS gone,
      (SELECT sum(body_chars) FROM report_facts) AS chars,
      (SELECT count(DISTINCT source) FROM report_facts) AS sources,
      (SELECT min(published_at) FROM articles) AS first_published_at,
      (SELECT max(published_at) FROM articles) AS last_published_at,
      (SELECT count(*) FROM article_versions) AS versions,
      (SELECT count(*) FROM view_counts) AS view_counts,
      (SELECT count(*) FROM captures) AS captures,
      (SELECT min(captured_at) FROM captures) AS first_captured_at,
      (SELECT max(captured_at) FROM captures) AS last_captured_at,
      (SELECT count(*) FROM runs) AS runs
"""

MONTHS = """
    SELECT month, count(*) AS articles FROM report_facts GROUP BY month ORDER BY month
"""


def _totals(db: Database) -> Row:
    return next(db.query(TOTALS))


def _sources(db: Database) -> dict[str, Any]:
    rows = db.query(
        """
        SELECT source, count(*) AS articles, round(avg(views), 1) AS mean_views,
          100.0 * count(*) / (SELECT count(*) FROM report_facts) AS percent
        FROM report_facts GROUP BY source ORDER BY articles DESC, source LIMIT ?
        """,
        [SOURCES],
    )
    sources = list(rows)
    total = db.execute("SELECT count(*) FROM report_facts").fetchone()[0]
    return {"sources": sources, "other_sources": total - sum(row["articles"] for row in sources)}


# --- views -----------------------------------------------------------------------------------


def _views(db: Database) -> dict[str, Any]:
    """Classes of views (0, 1, 2 to 4, 5 to 9, 10 to 19, …) and quantiles."""
    most = db.execute("SELECT max(views) FROM report_facts").fetchone()[0]
    if most is None:
        return {"view_classes": [], "quantiles": {}, "unviewed": 0}
    edges = [0]
    while edges[-1] <= most:
        edges.append(next_edge(edges[-1]))
    bounds = [[low, high] for low, high in pairwise(edges)]
    rows = db.query(
        """
        SELECT value ->> 0 AS low, (value ->> 1) - 1 AS high,
          (SELECT count(*) FROM report_facts WHERE views >= value ->> 0 AND views < value ->> 1) AS articles
        FROM json_each(?) ORDER BY low
        """,
        [json.dumps(bounds)],
    )
    classes = list(rows)
    while classes and not classes[0]["articles"]:
        classes.pop(0)
    unviewed = db.execute("SELECT count(*) FROM report_facts WHERE views IS NULL").fetchone()[0]
    return {"view_classes": classes, "quantiles": _quantiles(db), "unviewed": unviewed}


def next_edge(edge: int) -> int:
    """The next of 0, 1, 2, 5, 10, 20, 50, 100, …"""
    if edge == 0:
        return 1
    first = int(str(edge)[0])
    return edge * 5 // 2 if first == 2 else edge * 2


def _quantiles(db: Database) -> Row:
    count = db.execute("SELECT count(views) FROM report_facts").fetchone()[0]
    found: Row = {}
    for name, share in (
        ("least", 0.0),
        ("median", 0.5),
        ("ninety", 0.9),
        ("ninety_nine", 0.99),
        ("most", 1.0),
    ):
        row = db.execute(
            "SELECT views FROM report_facts WHERE views IS NOT NULL ORDER BY views LIMIT 1 OFFSET ?",
            [round(share * (count - 1))],
        ).fetchone()
        found[name] = row[0]
    return found


def _growing(db: Database) -> dict[str, Any]:
    """The articles that gained most views a day, as the view has it, and the curves of the first."""
    rows = db.query(
        """
        SELECT g.*, a.label, a.url FROM view_growth AS g JOIN articles AS a ON a.id = g.article_id
        WHERE g.per_day > 0 ORDER BY g.per_day DESC, g.article_id LIMIT ?
        """,
        [GROWING],
    )
    growing = [row | {"rank": rank} for rank, row in enumerate(rows, 1)]
    return {"growing": growing, "curves": _curves(db, growing[:CURVES])}


def _curves(db: Database, growing: list[Row]) -> list[Row]:
    """Views gained since the first observation shown, at most one point a day (or hour)."""
    if not growing:
        return []
    first, last = min(row["first_at"] for row in growing), max(row["last_at"] for row in growing)
    days = db.execute("SELECT julianday(?) - julianday(?)", [last, first]).fetchone()[0]
    rows: list[Row] = []
    for one in growing:
        found = db.query(
            """
            SELECT :rank AS rank, max(observed_at) AS at, max(views) - :first_views AS gained FROM view_counts
            WHERE article_id = :article_id AND kind = :kind AND observed_at BETWEEN :first_at AND :last_at
            GROUP BY substr(observed_at, 1, :width) ORDER BY at
            """,
            one | {"width": 16 if days < 1 else 13 if days <= 4 else 10},
        )
        rows.extend(found)
    return rows


# --- terms -----------------------------------------------------------------------------------


def _terms(db: Database) -> list[Row] | None:
    """What rises, if ``analyze`` has counted terms; None if it has not."""
    known = "SELECT count(*) FROM sqlite_schema WHERE name IN ('terms', 'rising_terms')"
    if db.execute(known).fetchone()[0] < 2:  # an archive of before
        return None
    if not db.execute("SELECT EXISTS (SELECT 1 FROM terms)").fetchone()[0]:
        return None
    return list(
        db.query("SELECT * FROM rising_terms ORDER BY rise DESC, articles DESC, term LIMIT ?", [TERMS])
    )


# --- completeness and health -----------------------------------------------------------------


def _width(db: Database, table: str, column: str) -> int:
    """How much of a time tells its class: a day (10 characters), or a month (7) over a long past."""
    sql = f"SELECT julianday(max({column})) - julianday(min({column})) FROM {table}"
    days = db.execute(sql).fetchone()[0]
    return 10 if days is None or days <= 60 else 7


def _walks(db: Database) -> list[Row]:
    rows = db.query(
        """
        SELECT substr(datetime(finished_at, '+8 hours'), 1, ?) AS at, category, count(*) AS walks,
          sum(certified) AS certified
        FROM walks WHERE finished_at IS NOT NULL GROUP BY at, category ORDER BY at, category
        """,
        [_width(db, "walks", "finished_at")],
    )
    return list(rows)


def _uncertified(db: Database) -> list[Row]:
    rows = db.query(
        """
        SELECT id, category, mode, started_at, finished_at, declared_total, distinct_articles, reasons
        FROM walks WHERE certified = 0 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 10
        """
    )
    return [row | {"reasons": json.loads(row["reasons"])} for row in rows]


def _gaps(db: Database) -> dict[str, Any]:
    rows = db.query(
        """
        SELECT kind, category, reason, count(*) AS addresses, count(given_up_at) AS given_up,
          min(added_at) AS since, max(last_tried_at) AS last_tried_at
        FROM todo GROUP BY kind, category, reason ORDER BY addresses DESC, kind, category, reason LIMIT ?
        """,
        [LONGEST],
    )
    return {"gaps": list(rows), "gap_total": db.execute("SELECT count(*) FROM todo").fetchone()[0]}


def _answers(db: Database) -> dict[str, Any]:
    """How the site answered, per day or month: how fast, how often with an error."""
    times = db.query(
        """
        WITH answered AS (
          SELECT substr(datetime(captured_at, '+8 hours'), 1, :width) AS at, elapsed_ms,
            http_status >= 400 AS failed
          FROM captures WHERE elapsed_ms IS NOT NULL
        ),
        placed AS (
          SELECT at, elapsed_ms, failed, row_number() OVER (PARTITION BY at ORDER BY elapsed_ms) AS place,
            count(*) OVER (PARTITION BY at) AS answers
          FROM answered
        )
        SELECT at, max(answers) AS answers, min(iif(2 * place >= answers, elapsed_ms, NULL)) AS median_ms,
          min(iif(100 * place >= 95 * answers, elapsed_ms, NULL)) AS p95_ms, max(elapsed_ms) AS longest_ms,
          coalesce(sum(failed), 0) AS errors
        FROM placed GROUP BY at ORDER BY at
        """,
        {"width": _width(db, "captures", "captured_at")},
    )
    return {"answers": list(times)}


# --- what changed ----------------------------------------------------------------------------


def _edits(db: Database) -> dict[str, Any]:
    total = db.execute("SELECT count(*) FROM article_versions WHERE version > 1").fetchone()[0]
    rows = db.query(
        """
        SELECT e.*, a.label, a.url FROM edits AS e JOIN articles AS a ON a.id = e.article_id
        ORDER BY seen_at DESC, article_id, version LIMIT ?
        """,
        [LONGEST],
    )
    return {"edits": list(rows), "edit_total": total}


DISAPPEARANCES = """
    SELECT d.*, a.label FROM disappearances AS d JOIN articles AS a ON a.id = d.article_id
    ORDER BY d.missing_at DESC, d.article_id LIMIT ?
"""


def _disappearances(db: Database) -> dict[str, Any]:
    rows = db.query(DISAPPEARANCES, [LONGEST])
    found = [row | {"categories": json.loads(row["categories"])} for row in rows]
    return {
        "disappearances": found,
        "disappearance_total": db.execute("SELECT count(*) FROM absences").fetchone()[0],
    }
