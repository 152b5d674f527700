"""What pages say of articles, each thing once.

What an entry says, but for its count and its place on the page, is a row of ``entry_facts``, which all
pages that say so share. A page is a row of ``observations`` for each entry; one that repeats another
page of its address, entry by entry, has none of its own: ``captures.repeats`` says which it repeats.
The views ``sightings`` and ``view_counts`` put all of it together again, capture by capture.

Whether an observation counts as an excerpt, and whether its views are the article's count there, are
settled with the article (rebuild.py); where pages that repeat one another are judged differently, each
gets rows of its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from yiqihui_spider.archive.articles.rows import EntryFacts
from yiqihui_spider.archive.state.sql import columns, insert, listed, value

OF_THE_PAGE = ("position", "views", "views_printed", "span_start", "span_end")
FACTS = tuple(name for name in columns(EntryFacts) if name not in OF_THE_PAGE)

INSERT_FACTS = insert("entry_facts", ("id", "article_id", *FACTS))
INSERT_OBSERVATION = f"""
    INSERT INTO observations (capture_id, facts_id, {listed(OF_THE_PAGE)}, excerpt, counted)
    VALUES (?, ?, {", ".join("?" for _ in OF_THE_PAGE)}, ?, ?)
"""

KNOWN_FACTS = f"""
    SELECT article_id, {listed(FACTS)}, id FROM entry_facts
    WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC
"""

_NEIGHBOUR = """
    SELECT CAST(coalesce(b.repeats, b.id) AS INTEGER) FROM captures AS c
    JOIN captures AS b ON b.url = c.url AND b.captured_at {0}= c.captured_at AND b.kind = c.kind
      AND (b.captured_at {0} c.captured_at OR b.id {0} c.id)
    WHERE c.id = ? ORDER BY b.captured_at {1}, b.id {1} LIMIT 1
"""
NEIGHBOURS = (_NEIGHBOUR.format("<", "DESC"), _NEIGHBOUR.format(">", "ASC"))
"""The pages that a capture most likely repeats: what its address showed last before, and next after."""

SHOWN_BY = f"""
    SELECT facts_id, {listed(OF_THE_PAGE)}, excerpt, counted FROM observations
    WHERE capture_id = ? ORDER BY position
"""

HEIRS = """
    SELECT b.id, (SELECT min(c.id) FROM captures AS c
      WHERE CAST(coalesce(c.repeats, c.id) AS INTEGER) = b.id
        AND c.id NOT IN (SELECT value FROM json_each(:dropped)))
    FROM captures AS b WHERE b.id IN (SELECT value FROM json_each(:dropped)) AND b.repeats IS NULL
"""

INHERIT = f"""
    INSERT INTO observations (capture_id, facts_id, {listed(OF_THE_PAGE)}, excerpt, counted)
    SELECT :heir, facts_id, {listed(OF_THE_PAGE)}, excerpt, counted FROM observations WHERE capture_id = :base
"""

REPEATING = """
    SELECT id, repeats FROM captures
    WHERE repeats IS NOT NULL AND CAST(coalesce(repeats, id) AS INTEGER) IN (
      SELECT CAST(coalesce(repeats, id) AS INTEGER) FROM captures
      WHERE id IN (SELECT value FROM json_each(?)))
"""

BEQUEATH = """
    UPDATE captures SET repeats = nullif(:heir, id)
    WHERE CAST(coalesce(repeats, id) AS INTEGER) = :base AND id <> :base
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry, the article that it shows, and whether its text counts as an excerpt."""

    article_id: int
    entry: EntryFacts
    excerpt: bool


def write(
    db: Database, capture_id: int, shown: Sequence[Shown], counted: Collection[int] | None = None
) -> None:
    """Write down what a page shows, of which nothing stands there yet.

    ``counted``: the positions whose views count, where that has been settled before, as have excerpts.
    """
    shown = sorted(shown, key=lambda each: each.entry.position)
    ids = _facts_ids(db, shown)
    settled, counted = counted is not None, _counted(shown) if counted is None else counted
    rows = [
        (
            ids[_key(each)],
            *(getattr(each.entry, name) for name in OF_THE_PAGE),
            each.excerpt,
            each.entry.position in counted,
        )
        for each in shown
    ]
    compared = slice(None if settled else 1 + len(OF_THE_PAGE))
    for sql in NEIGHBOURS if rows else ():
        if (base := value(db, sql, [capture_id])) is None:
            continue
        if [row[compared] for row in db.execute(SHOWN_BY, [base])] == [row[compared] for row in rows]:
            db.execute("UPDATE captures SET repeats = ? WHERE id = ?", [base, capture_id])
            return
    db.conn.executemany(INSERT_OBSERVATION, [(capture_id, *row) for row in rows])


def drop(db: Database, captures: Collection[int]) -> None:
    """Take away what captures show. What others repeat goes over to one of them."""
    dropped = json.dumps(sorted(captures))
    for base, heir in db.execute(HEIRS, {"dropped": dropped}).fetchall():
        if heir is not None:
            db.execute(INHERIT, {"heir": heir, "base": base})
            db.execute(BEQUEATH, {"heir": heir, "base": base})
    db.execute("DELETE FROM observations WHERE capture_id IN (SELECT value FROM json_each(?))", [dropped])
    db.execute("UPDATE captures SET repeats = NULL WHERE id IN (SELECT value FROM json_each(?))", [dropped])


def settle(
    db: Database, flag: Literal["excerpt", "counted"], changed: Iterable[tuple[int, int, bool]]
) -> None:
    """Write down a verdict on entries: capture, position, and whether it holds.

    A page that repeats another but is judged otherwise (one of the two is not believed, say) gets rows of
    its own first.
    """
    verdicts: dict[int, dict[int, bool]] = {}
    for capture_id, position, holds in changed:
        verdicts.setdefault(capture_id, {})[position] = holds
    if not verdicts:
        return
    for capture_id, base in db.execute(REPEATING, [json.dumps(sorted(verdicts))]).fetchall():
        if verdicts.get(capture_id) != verdicts.get(base):
            db.execute(INHERIT, {"heir": capture_id, "base": base})
            db.execute("UPDATE captures SET repeats = NULL WHERE id = ?", [capture_id])
    rows = [(holds, capture, place) for capture, all_ in verdicts.items() for place, holds in all_.items()]
    db.conn.executemany(f"UPDATE observations SET {flag} = ? WHERE capture_id = ? AND position = ?", rows)


def prune(db: Database, articles: Iterable[int]) -> None:
    """Forget what no page says of these articles any more."""
    sql = """
        DELETE FROM entry_facts WHERE article_id IN (SELECT value FROM json_each(?))
          AND NOT EXISTS (SELECT 1 FROM observations WHERE facts_id = entry_facts.id)
    """
    db.execute(sql, [json.dumps(sorted(articles))])


def _facts_ids(db: Database, shown: Sequence[Shown]) -> dict[tuple[object, ...], int]:
    """The row of ``entry_facts`` of each entry, by article and facts; missing ones are written."""
    articles = json.dumps(sorted({each.article_id for each in shown}))
    ids = {tuple(row[:-1]): row[-1] for row in db.execute(KNOWN_FACTS, [articles])}
    new = dict.fromkeys(key for each in shown if (key := _key(each)) not in ids)
    if new:
        first = value(db, "SELECT coalesce(max(id), 0) + 1 FROM entry_facts", [])
        ids |= {key: number for number, key in enumerate(new, first)}
        names = ("id", "article_id", *FACTS)
        db.conn.executemany(INSERT_FACTS, [dict(zip(names, (ids[key], *key), strict=True)) for key in new])
    return ids


def _key(shown: Shown) -> tuple[object, ...]:
    return (shown.article_id, *(getattr(shown.entry, name) for name in FACTS))


def _counted(shown: Sequence[Shown]) -> frozenset[int]:
    """Positions of the entries whose views are their article's count on the page: the highest, where it
    is listed twice."""
    best: dict[int, EntryFacts] = {}
    for each in shown:
        known = best.get(each.article_id)
        if each.entry.views is not None and (known is None or each.entry.views > (known.views or 0)):
            best[each.article_id] = each.entry
    return frozenset(entry.position for entry in best.values())
