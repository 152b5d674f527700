"""What a search of the reading room finds: a page of articles, and how many there are in all.

Up to as many as can be turned to are found in one pass. Of a word that stands in nearly every text, the exact
number and the order by relevance take a look at each of them: they are had within a bound of processor time,
or, once worked out behind the page, from memory.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.queries import room as rows
from yiqihui_spider.archive.search.query import Filters, Sort, at, count, newest, search, variants
from yiqihui_spider.serving.answers import Answers

PAGE = 20
DEEPEST = 500
"""Pages that can be turned to; who wants the ten-thousandth hit narrows the question."""
MOST = PAGE * DEEPEST
RANKED = 40_000
"""Hits that are put in order of relevance."""
COUNTING = 0.06
"""Seconds of processor time for the exact number of more than can be turned to."""
CONTEXT = 60

Values = dict[str, Any]


def found(
    db: Database, answers: Answers, q: str, filters: Mapping[str, str | None], sort: Sort, offset: int
) -> Values:
    """``rows``, ``total``, whether there are ``more`` than that, and whether they are ``ranked``."""
    if not q:
        told = Filters(**filters)
        many = answers.ask(("browse", told), lambda: rows.count(db, told))
        shown = rows.browse(db, told, PAGE, offset, many) if many > offset else []
        return {"rows": shown, "total": many, "more": False, "ranked": True}
    asked = variants(q)
    key = count_key(asked, filters)
    places = answers.ask(("newest", *key), lambda: newest(db, asked, MOST + 1, **filters))
    total: int | None = len(places)
    if len(places) > MOST:
        total = answers.known(key) or _quickly(db, lambda: count(db, asked, **filters))
    ranked = sort == "newest" or (total is not None and total <= RANKED)
    if sort == "relevance" and ranked:
        order = search(db, asked, limit=PAGE, offset=offset, sort=sort, context=CONTEXT, **filters)
    else:
        order = at(db, places[offset : offset + PAGE], asked, CONTEXT)
    return {"rows": order, "total": MOST if total is None else total, "more": total is None, "ranked": ranked}


def count_key(asked: str, filters: Mapping[str, str | None]) -> tuple[Any, ...]:
    """Under what the exact number is kept."""
    return ("count", asked, *filters.items())


def count_later(db: Database, answers: Answers, q: str, filters: Mapping[str, str | None]) -> None:
    """Work out the exact number, for the next who asks."""
    asked = variants(q)
    answers.ask(count_key(asked, filters), lambda: count(db, asked, **filters))


def _quickly(db: Database, question: Any) -> int | None:
    try:
        with _within(db.conn, COUNTING):
            answer: int = question()
            return answer
    except sqlite3.OperationalError as error:
        if error.args != ("interrupted",):
            raise
        return None


@contextmanager
def _within(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Processor time of this thread: how busy the machine is makes no difference to what is shown."""
    end = time.thread_time() + seconds
    connection.set_progress_handler(lambda: time.thread_time() > end, 1000)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
