"""Searching the archive: the view of search.sql, with filters, context and marks for the eye.

What a query means is told in search.sql.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from itertools import chain, islice, product
from typing import Any, Literal

from sqlite_utils import Database

from yiqihui_spider.archive.search.index import GAP, in_word, narrow, phrases

Sort = Literal["newest", "relevance"]
Span = tuple[int, int]

CONTEXT = 30
"""Characters shown on either side of the first hit."""

_LAST = "\U0010ffff"
"""What makes of a time's beginning the end of the time it names."""
_MOMENT = re.compile(r"\d{4}(-\d{2}(-\d{2}([ T]\d{2}(:\d{2}(:\d{2})?)?)?)?)?")


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search. ``since`` and ``until`` (inclusive) are times or their beginnings, in
    the site's zone: ``2019``, ``2019-04-13``, ``2019-04-13 09:30``."""

    since: str | None = None
    until: str | None = None
    category: str | None = None
    source: str | None = None

    def sql(
        self, recency: str = "s.recency", number: str = "s.id", *, gathered: bool = False
    ) -> tuple[str, dict[str, str]]:
        """Conditions on articles (named by their ``recency`` and ``id``), each behind an AND, and their
        parameters. Made so that the newest are found without looking at the others; ``gathered``, so
        that many are quickly counted."""
        values = {
            "since": self.since and self.since.replace(" ", "T"),
            "until": self.until and self.until.replace(" ", "T") + _LAST,
            "source": self.source,
            "category": self.category,
        }
        given = {name: value for name, value in values.items() if value is not None}
        of = _CONDITIONS | _GATHERED if gathered else _CONDITIONS
        conditions = "".join(f" AND {of[name]}" for name in given)
        return conditions.format(recency=recency, id=number), given


_CONDITIONS = {
    "since": """{recency} >= (SELECT recency FROM articles WHERE published_at >= :since
        ORDER BY published_at, recency LIMIT 1)""",
    "until": """{recency} <= (SELECT recency FROM articles WHERE published_at <= :until
        ORDER BY published_at DESC, recency DESC LIMIT 1)""",
    "source": """EXISTS (SELECT 1 FROM articles INDEXED BY articles_source
        WHERE source = :source AND id = {id})""",
    "category": """EXISTS (SELECT 1 FROM article_categories
        WHERE article_id = {id} AND category = :category)""",
}


# The + keeps SQLite from going through all that is gathered at each hit.
_GATHERED = {
    "source": "+{id} IN (SELECT id FROM articles INDEXED BY articles_source WHERE source = :source)",
    "category": "+{id} IN (SELECT article_id FROM article_categories WHERE category = :category)",
}


def is_moment(text: str) -> bool:
    """Whether it is a time, or its beginning, that the calendar and the clock know. Pure.

    >>> is_moment("2019"), is_moment("2019-04-13 09:30"), is_moment("2019-13")
    (True, True, False)
    """
    if not text.isascii() or not _MOMENT.fullmatch(text):
        return False
    with suppress(ValueError):
        datetime.fromisoformat(text + "0001-01-01T00:00:00"[len(text) :])
        return True
    return False


def search(
    db: Database,
    query: str,
    *,
    limit: int = 20,
    offset: int = 0,
    sort: Sort = "newest",
    context: int = CONTEXT,
    **filters: str | None,
) -> list[dict[str, Any]]:
    """The articles that contain ``query``, each a dict ready for JSON; ``filters`` as in ``Filters``.

    ``kwic`` shows the first hit with up to ``context`` characters on either side; ``hits`` are the
    places of all hits in it. ``score`` (the lower, the better) is None unless sorted by relevance.
    """
    where, narrowing = Filters(**filters).sql()
    score, order = ("NULL", "") if sort == "newest" else ("s.score", "s.score, ")
    sql = f"""
        SELECT s.id, {score} FROM search AS s WHERE s.q = :q{where}
        ORDER BY {order}s.recency DESC LIMIT :limit OFFSET :offset
    """
    values = {**narrowing, "q": sendable(query), "limit": limit, "offset": offset}
    found = db.execute(sql, values).fetchall()
    return [_shown(db, number, points, query, context) for number, points in found]


def _shown(db: Database, number: int, score: float | None, query: str, context: int) -> dict[str, Any]:
    sql = """
        SELECT id, title, published_at, source, url, views, NULL AS score, label, state, body
        FROM articles WHERE id = ?
    """
    row = next(db.query(sql, [number]))
    body = row.pop("body")
    return row | {"score": score} | _in_context(row["title"], body, query, context)


def count(db: Database, query: str, **filters: str | None) -> int:
    """How many articles contain ``query``."""
    if not parse(query):
        return 0
    sql, values = _hits(query, Filters(**filters))
    return int(db.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()[0])


def newest(db: Database, query: str, most: int, **filters: str | None) -> list[int]:
    """Where in the order of publication the newest articles stand that contain ``query``, at most so many."""
    if not parse(query):
        return []
    sql, values = _hits(query, Filters(**filters))
    found = db.execute(f"{sql} ORDER BY f.rowid DESC LIMIT :most", {**values, "most": most})
    return [row[0] for row in found]


def _hits(query: str, filters: Filters) -> tuple[str, dict[str, str]]:
    """A query for the hits, as ``recency``, that reads nothing but indexes."""
    where, values = filters.sql("f.rowid", "a.id", gathered=True)
    joined = ""
    if filters.source or filters.category:
        joined = "CROSS JOIN articles AS a INDEXED BY articles_recency ON a.recency = f.rowid"
    sql = f"""
        SELECT f.rowid AS recency FROM articles_fts AS f {joined}
        WHERE f.articles_fts MATCH :phrases{where}
    """
    return sql, {**values, "phrases": phrases(sendable(query))}


def at(db: Database, places: Sequence[int], query: str, context: int = CONTEXT) -> list[dict[str, Any]]:
    """The articles at these places in the order of publication, as ``search`` gives them."""
    number = "SELECT id FROM articles WHERE recency = ?"
    numbers = [db.execute(number, [place]).fetchone() for place in places]
    return [_shown(db, found[0], None, query, context) for found in numbers if found]


def sendable(query: str) -> str:
    """A query that SQLite takes: lone surrogates can't be text, and are in no article."""
    return re.sub("[\ud800-\udfff]", "\ufffd", query)


def _in_context(title: str | None, body: str, query: str, context: int) -> dict[str, Any]:
    found = find(body, query)
    if not found and title and (in_title := find(title, query)):
        return {"kwic": title, "hits": [list(hit) for hit in in_title]}
    kwic, hits = around(body, found, context)
    return {"kwic": kwic, "hits": [list(hit) for hit in hits]}


# --- pure: what a query means, where it stands ------------------------------------------------


def fold(text: str) -> str:
    """A text as searches compare it, character by character: case and width gone."""
    return text.translate(_FOLDING)


class _Folding(dict[int, str]):
    def __missing__(self, code: int) -> str:
        char = narrow(chr(code))
        lower = char.lower()
        self[code] = text = lower if len(lower) == 1 else char
        return text


_FOLDING = _Folding()


def parse(query: str) -> list[list[str]]:
    """The alternatives of a query, each a list of folded terms, as search.sql reads it."""
    text = fold(query.partition("\0")[0])
    alternatives = ([term for term in part.split(GAP) if term] for part in text.split("|"))
    return [terms for terms in alternatives if terms]


def find(text: str, query: str) -> list[Span]:
    """Where the terms of ``query`` stand in ``text``; overlapping places are joined."""
    folded = fold(text.partition("\0")[0])
    terms = {term for alternative in parse(query) for term in alternative}
    joined: list[Span] = []
    for start, end in sorted(place for term in terms for place in _places(folded, term)):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _places(folded: str, term: str) -> Iterator[Span]:
    start = folded.find(term)
    while start >= 0:
        end = start + len(term)
        cut_before = start > 0 and in_word(term[0]) and in_word(folded[start - 1])
        cut_after = end < len(folded) and in_word(term[-1]) and in_word(folded[end])
        if not cut_before and not cut_after:
            yield start, end
        start = folded.find(term, start + 1)


def around(text: str, hits: Sequence[Span], context: int = CONTEXT) -> tuple[str, list[Span]]:
    """The text around the first hit (or the text's beginning), and the hits' places in it.

    Where text is left out stands an ellipsis.
    """
    first, last = hits[0] if hits else (0, context)
    start, end = max(0, first - context), min(len(text), last + context)
    lead = "…" if start > 0 else ""
    shift = len(lead) - start
    inside = [(a + shift, b + shift) for a, b in hits if start <= a and b <= end]
    return lead + text[start:end] + ("…" if end < len(text) else ""), inside


def highlight(text: str, hits: Sequence[Sequence[int]], before: str, after: str) -> str:
    """``text`` with every hit between ``before`` and ``after``."""
    parts, done = [], 0
    for start, end in hits:
        parts += [text[done:start], before, text[start:end], after]
        done = end
    return "".join([*parts, text[done:]])


# --- simplified and traditional ----------------------------------------------------------------

MOST_MIXED = 64
"""Combinations tried of terms that are written differently."""


def variants(query: str) -> str:
    """The query together with its counterparts in simplified and traditional characters.

    Needs the extra ``traditional`` (OpenCC); without it, the query as it is.
    """
    converters = _converters()
    if not converters:
        return query
    alternatives: dict[str, None] = {}
    for terms in parse(query):
        forms = [dict.fromkeys([term, *(convert(term) for convert in converters)]) for term in terms]
        whole = [terms, *([convert(term) for term in terms] for convert in converters)]
        mixed = islice(product(*forms), MOST_MIXED)
        alternatives |= dict.fromkeys(" ".join(chosen) for chosen in chain(whole, mixed))
    return "|".join(alternatives)


@cache
def _converters() -> tuple[Any, ...]:
    try:
        opencc = import_module("opencc")
    except ImportError:
        return ()
    return tuple(opencc.OpenCC(name).convert for name in ("t2s", "s2t", "s2tw", "s2hk"))
