"""What ``status``, ``show`` and ``history`` print: plain dicts, ready for JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.articles.diff import sentence_diff
from yiqihui_spider.archive.state.monitor_results import results_of

Row = dict[str, Any]

# --- status --------------------------------------------------------------------------------


def status(db: Database, now: str) -> Row:
    """How the archive stands at ``now``: counts, certificates, last run, gaps, troubles."""
    residue, problems = _open_troubles(db)
    last_crawl = _last_run(db, CRAWLS)
    return {
        "counts": _counts(db) | {"residue_chars": sum(row["residue_chars"] for row in residue)},
        "categories": _categories(db, now),
        "last_crawl": last_crawl,
        "last_run": _last_run(db),
        "monitors": results_of(db, last_crawl["run_id"]) if last_crawl else [],
        "gaps": _gaps(db),
        "residue": residue,
        "problems": problems,
    }


def _counts(db: Database) -> Row:
    # The doubled conditions on state are what the partial index articles_state answers to.
    sql = """
        SELECT (SELECT count(*) FROM articles) AS articles,
          (SELECT count(*) FROM articles WHERE state <> 'present' AND state = 'missing') AS missing,
          (SELECT count(*) FROM articles WHERE state <> 'present' AND state = 'gone') AS gone,
          (SELECT count(*) FROM article_versions) AS versions,
          (SELECT count(*) FROM view_counts) AS view_counts,
          (SELECT count(*) FROM captures) AS captures
    """
    return next(db.query(sql))


def _categories(db: Database, now: str) -> list[Row]:
    listed = {
        row["category"]: row
        for row in db.query(
            """
            SELECT category, count(*) FILTER (WHERE missing_since IS NULL) AS archived,
                   count(*) AS ever_listed
            FROM article_categories GROUP BY category
            """
        )
    }
    away = _away(db)
    names = dict.fromkeys(row[0] for row in db.execute("SELECT name FROM categories ORDER BY found_at, name"))
    names |= dict.fromkeys(row[0] for row in db.execute("SELECT DISTINCT category FROM walks ORDER BY 1"))
    names |= dict.fromkeys(listed)
    return [
        {
            "category": name,
            "declared": _declared(db, name),
            "archived": listed[name]["archived"] if name in listed else 0,
            "ever_listed": listed[name]["ever_listed"] if name in listed else 0,
            "missing": away.get((name, "missing"), 0),
            "gone": away.get((name, "gone"), 0),
            "last_walk": _last_walk(db, name),
            "last_certified_at": _last_certified_at(db, name, ("full", "incremental")),
            "last_certified_full_at": _last_certified_at(db, name, ("full",)),
            "feed": quiet(_newest_times(db, name, now), now),
        }
        for name in names
    ]


def _away(db: Database) -> dict[tuple[str, str], int]:
    # CROSS JOIN keeps the order of the loops: first the few articles that are away.
    rows = db.execute(
        """
        SELECT c.category, a.state, count(*) FROM articles a
        CROSS JOIN article_categories c ON c.article_id = a.id
        WHERE a.state <> 'present' GROUP BY c.category, a.state
        """
    )
    return {(category, state): count for category, state, count in rows}


def _declared(db: Database, category: str) -> int | None:
    """The total as the category's newest walk that read one has it, on its last page; where only
    imports brought pages, as the newest of them has it."""
    walked = """
        SELECT coalesce(json_extract(p.declared, '$.total'), w.declared_total) FROM walks w
        LEFT JOIN walk_pages p ON p.walk_id = w.id
        WHERE w.category = ? AND coalesce(p.declared, w.declared_total) IS NOT NULL
        ORDER BY w.id DESC, p.position DESC LIMIT 1
    """
    imported = """
        SELECT declared_total FROM captures WHERE category = ? AND declared_total IS NOT NULL
        ORDER BY coalesce(observed_at, captured_at) DESC, id DESC LIMIT 1
    """
    for sql in (walked, imported):
        if row := db.execute(sql, [category]).fetchone():
            return int(row[0])
    return None


def _last_walk(db: Database, category: str) -> Row | None:
    row = next(
        db.query(
            """
            SELECT id AS walk_id, run_id, mode, started_at, finished_at, declared_total,
                   distinct_articles, certified, reasons
            FROM walks WHERE category = ? ORDER BY id DESC LIMIT 1
            """,
            [category],
        ),
        None,
    )
    if row is None:
        return None
    return row | {"certified": bool(row["certified"]), "reasons": json.loads(row["reasons"])}


def _last_certified_at(db: Database, category: str, modes: tuple[str, ...]) -> str | None:
    row = db.execute(
        """
        SELECT finished_at FROM walks
        WHERE category = ? AND certified = 1 AND mode IN (SELECT value FROM json_each(?))
        ORDER BY id DESC LIMIT 1
        """,
        [category, json.dumps(modes)],
    ).fetchone()
    return row[0] if row else None


CRAWLS = "finished_at IS NOT NULL AND (command LIKE 'crawl%' OR command LIKE 'scrapy crawl%')"
"""Of the rows of ``runs``, the crawls that are over."""


def _last_run(db: Database, where: str = "1") -> Row | None:
    sql = f"""
        SELECT id AS run_id, command, started_at, finished_at, outcome, exit_code
        FROM runs WHERE {where} ORDER BY id DESC LIMIT 1
    """
    return next(db.query(sql), None)


def _gaps(db: Database) -> list[Row]:
    rows = db.query(
        """
        SELECT url, kind, category, reason, attempts, added_at AS since, last_tried_at, given_up_at
        FROM todo ORDER BY id
        """
    )
    return list(rows)


def _open_troubles(db: Database) -> tuple[list[Row], list[Row]]:
    """Captures with residue, and those with problems, that no newer page of their URL replaces.

    What was not read (an error, a page cut off) replaces nothing; a 304 answer is no page.
    """
    # The plus keeps SQLite from taking the index on unchanged_since, NULL in nearly every row.
    rows = list(
        db.query(
            """
            SELECT id AS capture_id, url, kind, category, captured_at, residue_chars, problems
            FROM captures AS c
            WHERE (residue_chars > 0 OR problems <> '[]') AND +unchanged_since IS NULL AND NOT EXISTS (
              SELECT 1 FROM captures AS later
              WHERE later.url = c.url AND (coalesce(later.observed_at, later.captured_at), later.id)
                  > (coalesce(c.observed_at, c.captured_at), c.id)
                AND later.parser_version IS NOT NULL AND later.unchanged_since IS NULL)
            ORDER BY captured_at DESC, id DESC
            """
        )
    )
    where = ("capture_id", "url", "kind", "category", "captured_at")
    residue = [{key: row[key] for key in (*where, "residue_chars")} for row in rows if row["residue_chars"]]
    problems = [
        {key: row[key] for key in where} | {"problems": json.loads(row["problems"])}
        for row in rows
        if row["problems"] != "[]"
    ]
    return residue, problems


RECENT = 30
"""Articles that tell how often a category usually has a new one."""


def _local(now: str) -> str:
    """A moment as the site prints times, with a day's grace: what is dated later says nothing."""
    zone = timezone(timedelta(hours=8))
    return (datetime.fromisoformat(now) + timedelta(days=1)).astimezone(zone).isoformat()


def _newest_times(db: Database, category: str, now: str) -> list[str]:
    # CROSS JOIN keeps the order of the loops: along the index on time, newest first.
    rows = db.execute(
        """
        SELECT a.published_at FROM articles AS a INDEXED BY articles_published_at
        CROSS JOIN article_categories AS c ON c.article_id = a.id AND c.category = ?
        WHERE a.published_at <= ? ORDER BY a.published_at DESC LIMIT ?
        """,
        [category, _local(now), RECENT],
    )
    return [row[0] for row in rows]


def quiet(published: Sequence[str], now: str) -> Row:
    """Whether a category has been silent for unusually long. Pure.

    ``published``: times of its newest articles, newest first.  Unusual is longer than three
    days and than twice the longest silence among these articles.
    """
    if not published:
        return {"newest_published_at": None, "days_since": None, "longest_silence_days": None, "quiet": False}
    times = [datetime.fromisoformat(text) for text in published]
    since = (datetime.fromisoformat(now) - times[0]).total_seconds() / 86400
    gaps = [(later - earlier).total_seconds() / 86400 for later, earlier in pairwise(times)]
    longest = max(gaps, default=None)
    return {
        "newest_published_at": published[0],
        "days_since": round(since, 1),
        "longest_silence_days": None if longest is None else round(longest, 1),
        "quiet": longest is not None and since > max(3.0, 2 * longest),
    }


def crawl_stats(db: Database) -> Row:
    """What else ``status`` tells machines of the last crawl: its counts, and when one last succeeded."""
    last = db.execute(
        f"""
        SELECT json_object('requests', stats ->> 'requests', 'pages', stats ->> 'pages',
                           'new_articles', stats ->> 'articles_new')
        FROM runs WHERE {CRAWLS} ORDER BY id DESC LIMIT 1
        """
    ).fetchone()
    success = db.execute(f"SELECT max(finished_at) FROM runs WHERE {CRAWLS} AND exit_code = 0").fetchone()[0]
    return {"crawl_stats": json.loads(last[0]) if last else {}, "last_success_at": success}


# --- one article ----------------------------------------------------------------------------


def resolve(db: Database, text: str) -> int | None:
    """The article meant by an id (``17``), a number of the site's (``site:5561``) or an address."""
    text = text.strip()
    if match := re.fullmatch(r"(site:)?([0-9]{1,18})", text, re.IGNORECASE):
        column = "site_id" if match[1] else "id"
        sql, params = f"SELECT id FROM articles WHERE {column} = ?", [int(match[2])]
    elif match := re.fullmatch(r"https?://(\S+)", text, re.IGNORECASE):
        sql = """
            SELECT id FROM articles WHERE url IN (:http, :https)
            UNION ALL
            SELECT s.article_id FROM captures c JOIN sightings s ON s.capture_id = c.id
            WHERE c.url IN (:http, :https) AND c.kind = 'article' LIMIT 1
        """
        row = db.execute(sql, {"http": "http://" + match[1], "https": "https://" + match[1]}).fetchone()
        return row[0] if row else None
    else:
        return None
    row = db.execute(sql, params).fetchone()
    return row[0] if row else None


def show(db: Database, article_id: int) -> Row | None:
    """An article as best known now, with where it was seen."""
    article = next(db.query("SELECT * FROM articles WHERE id = ?", [article_id]), None)
    if article is None:
        return None
    versions = db.execute("SELECT count(*) FROM article_versions WHERE article_id = ?", [article_id])
    return article | {
        "categories": _places(db, article_id),
        "versions": versions.fetchone()[0],
        "view_series": _view_summary(db, article_id),
        "captures": _pages_of(db, article_id),
    }


def _places(db: Database, article_id: int) -> list[Row]:
    rows = db.query(
        """
        SELECT category, first_listed_at, last_listed_at, missing_since
        FROM article_categories WHERE article_id = ? ORDER BY first_listed_at, category
        """,
        [article_id],
    )
    return list(rows)


def _view_summary(db: Database, article_id: int) -> Row:
    series = _views(db, article_id)
    return {
        "observations": len(series),
        "first": series[0] if series else None,
        "last": series[-1] if series else None,
    }


def _views(db: Database, article_id: int) -> list[Row]:
    rows = db.query(
        """
        SELECT observed_at, views, kind, printed FROM view_counts WHERE article_id = ?
        ORDER BY observed_at, capture_id
        """,
        [article_id],
    )
    return list(rows)


def _pages_of(db: Database, article_id: int) -> list[Row]:
    """Per address that showed the article: how often and when captured."""
    rows = db.query(
        """
        SELECT c.url, c.kind, count(DISTINCT c.id) AS captures, min(c.captured_at) AS first_at,
               max(c.captured_at) AS last_at, max(c.id) AS last_capture_id
        FROM sightings s JOIN captures c ON c.id = s.capture_id
        WHERE s.article_id = ? GROUP BY c.url, c.kind ORDER BY last_at DESC, c.url
        """,
        [article_id],
    )
    return list(rows)


# --- an article's life ----------------------------------------------------------------------


def history(db: Database, article_id: int) -> Row | None:
    """An article's versions with what changed, views over time, places, absences and states."""
    article = next(
        db.query(
            """
            SELECT id, site_id, url, title, label, published_at, first_seen_at, last_seen_at, state
            FROM articles WHERE id = ?
            """,
            [article_id],
        ),
        None,
    )
    if article is None:
        return None
    absences = list(
        db.query(
            """
            SELECT last_seen_at, missing_at, missing_walk_id, gone_at, gone_walk_id, returned_at
            FROM absences WHERE article_id = ? ORDER BY missing_at, id
            """,
            [article_id],
        )
    )
    return article | {
        "versions": list(_versions(db, article_id)),
        "views": _views(db, article_id),
        "categories": _places(db, article_id),
        "absences": absences,
        "states": states(article["first_seen_at"], absences),
    }


def _versions(db: Database, article_id: int) -> Iterator[Row]:
    rows = db.query(
        """
        SELECT version, seen_at, title, body, content_hash, capture_id, parser_version
        FROM article_versions WHERE article_id = ? ORDER BY version
        """,
        [article_id],
    )
    before: str | None = None
    for row in rows:
        body = row.pop("body")
        yield row | {"body_chars": len(body), "diff": [] if before is None else sentence_diff(before, body)}
        before = body


def states(first_seen_at: str, absences: Sequence[Row]) -> list[Row]:
    """The states an article went through, each with its beginning. Pure."""
    life = [{"state": "present", "since": first_seen_at}]
    for absence in absences:
        for state, column in (("missing", "missing_at"), ("gone", "gone_at"), ("present", "returned_at")):
            if absence[column]:
                life.append({"state": state, "since": absence[column]})
    return life
