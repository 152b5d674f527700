"""``?_search_title=…`` of a table: Datasette looks articles up by rowid there, our index has them by recency.

Such a request is answered as what it means: ``?_search=`` with a filter on the column.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from yiqihui_spider.archive.search.index import phrases

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
PREFIX = "_search_"
COLUMNS = ("title", "body")


def by_recency(app: App) -> App:
    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "query_string": rewritten(scope["query_string"].decode("latin-1")).encode()}
        await app(scope, receive, send)

    return wrapped


def rewritten(query: str) -> str:
    """A query string without searches of one column.

    >>> rewritten("_search_title=A&_size=5")
    '_size=5&_search=title+%3A+%28%22A%22%29&_searchmode=raw'
    >>> rewritten("_search=A")
    '_search=A'
    """
    if PREFIX not in query:
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    names = {PREFIX + column: column for column in COLUMNS}
    wanted = [f"{names[name]} : ({phrases(text)})" for name, text in pairs if name in names]
    if not wanted or "_search" in dict(pairs):
        return query
    others = [(name, text) for name, text in pairs if name not in names and name != "_searchmode"]
    return urlencode([*others, ("_search", " AND ".join(wanted)), ("_searchmode", "raw")])
