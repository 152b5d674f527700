"""Keeping the terms of articles: which are to be counted anew, what was counted, sums over it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlite_utils import Database

PAIRED = 300
"""Of so many of the commonest terms the pairs are counted."""

_PENDING = """
    FROM articles AS a LEFT JOIN term_state AS s ON s.article_id = a.id
    WHERE a.id > :after AND (s.article_id IS NULL OR s.content_hash <> a.content_hash
      OR s.title IS NOT a.title OR s.month IS NOT substr(a.published_at, 1, 7)
      OR s.dictionary_hash <> :dictionary)
"""


@dataclass(frozen=True, slots=True)
class Text:
    """An article's text, as its terms are to be counted in."""

    article_id: int
    title: str | None
    body: str
    content_hash: str
    month: str | None = None
    """Of its publication: ``2019-04``."""


def pending(db: Database, dictionary: str) -> int:
    """How many articles are new, changed, or were counted with other dictionaries."""
    row = db.execute(f"SELECT count(*) {_PENDING}", {"dictionary": dictionary, "after": 0}).fetchone()
    return int(row[0])


def batches(db: Database, dictionary: str, size: int) -> Iterator[list[Text]]:
    """These articles, ``size`` at a time."""
    columns = "a.id, a.title, a.body, a.content_hash, substr(a.published_at, 1, 7)"
    sql = f"SELECT {columns} {_PENDING} ORDER BY a.id LIMIT :size"
    after = 0
    while rows := db.execute(sql, {"dictionary": dictionary, "after": after, "size": size}).fetchall():
        after = rows[-1][0]
        yield [Text(*row) for row in rows]


def keep(db: Database, dictionary: str, counted: Sequence[tuple[Text, Mapping[str, int]]]) -> None:
    """Put these articles' terms in the place of what was counted before, all or nothing."""
    with db.atomic():
        db.execute("DELETE FROM term_sums")
        for text, terms in counted:
            db.execute("DELETE FROM terms WHERE article_id = ?", [text.article_id])
            db.conn.executemany(
                "INSERT INTO terms (article_id, term, count) VALUES (?, ?, ?)",
                [(text.article_id, term, count) for term, count in sorted(terms.items())],
            )
            db.execute(
                """
                INSERT INTO term_state (article_id, content_hash, dictionary_hash, title, month)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (article_id) DO UPDATE SET content_hash = excluded.content_hash,
                  dictionary_hash = excluded.dictionary_hash, title = excluded.title, month = excluded.month
                """,
                [text.article_id, text.content_hash, dictionary, text.title, text.month],
            )


def forget_all(db: Database) -> None:
    """Let every article be counted anew. What was counted stays until then, article by article."""
    db.execute("UPDATE term_state SET dictionary_hash = ''")


def totals(db: Database) -> dict[str, int]:
    """How many articles have been read, and how many different terms they hold."""
    sql = "SELECT (SELECT count(*) FROM term_state), (SELECT count(DISTINCT term) FROM terms)"
    articles, terms = db.execute(sql).fetchone()
    return {"articles": articles, "terms": terms}


# --- sums ----------------------------------------------------------------------------------


def sum_up(db: Database) -> bool:
    """Make the sums anew if they are out of date; whether they were."""
    articles = db.execute("SELECT count(*) FROM term_state").fetchone()[0]
    if db.execute("SELECT articles FROM term_sums").fetchone() == (articles,):
        return False
    with db.atomic():
        _sum_months(db)
        _sum_pairs(db)
        db.execute("DELETE FROM term_sums")
        db.execute("INSERT INTO term_sums (id, articles) VALUES (1, ?)", [articles])
    return True


def _sum_months(db: Database) -> None:
    db.execute("DELETE FROM term_months")
    db.execute(
        """
        WITH places (article_id, month) AS MATERIALIZED (
          SELECT a.id, substr(a.published_at, 1, 7)
          FROM term_state AS s JOIN articles AS a ON a.id = s.article_id
        ),
        months (month, articles) AS MATERIALIZED (SELECT month, count(*) FROM places GROUP BY month),
        sums (term, month, articles, count) AS (
          SELECT t.term, p.month, count(*), sum(t.count)
          FROM places AS p CROSS JOIN terms AS t ON t.article_id = p.article_id GROUP BY t.term, p.month
        )
        INSERT INTO term_months (term, month, articles, count, month_articles)
        SELECT s.term, s.month, s.articles, s.count, m.articles
        FROM sums AS s CROSS JOIN months AS m ON m.month = s.month
        """
    )


def _sum_pairs(db: Database) -> None:
    sql = "SELECT term, count(*) AS articles FROM terms GROUP BY term ORDER BY articles DESC, term LIMIT ?"
    common = sorted(tuple(row) for row in db.execute(sql, [PAIRED]))
    db.execute("DELETE FROM term_pairs")
    db.conn.executemany(
        """
        INSERT INTO term_pairs (term, other, articles, term_articles, other_articles)
        VALUES (?, ?, ?, ?, ?)
        """,
        (
            (common[one][0], common[other][0], together, common[one][1], common[other][1])
            for (one, other), together in sorted(_pairs(db, [term for term, _ in common]).items())
            if together > 1
        ),
    )


def _pairs(db: Database, common: list[str]) -> Counter[tuple[int, int]]:
    """In how many articles two of these terms stand together; terms by their places in the list."""
    rows = db.execute(
        """
        SELECT json_group_array(c.key) FROM json_each(?) AS c
        CROSS JOIN terms AS t ON t.term = c.value GROUP BY t.article_id
        """,
        [json.dumps(common)],
    )
    counted: Counter[tuple[int, int]] = Counter()
    for (numbers,) in rows:
        counted.update(combinations(sorted(json.loads(numbers)), 2))
    return counted
