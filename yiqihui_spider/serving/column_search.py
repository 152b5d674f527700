"""``?_search_title=…`` of the articles: Datasette goes by rowid there, our index has them by recency.

Such an argument is answered by a filter of our own, under another name, and what would send Datasette to
another key of the index is not listened to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.filters import FilterArguments  # type: ignore[import-untyped]

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
COLUMNS = ("title", "body")
_RENAMED = {f"_search_{column}": f"_in_{column}" for column in COLUMNS}
_UNHEARD = ("_fts_table", "_fts_pk")


def with_own_names(app: App) -> App:
    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "query_string": renamed(scope["query_string"].decode("latin-1")).encode()}
        await app(scope, receive, send)

    return wrapped


def renamed(query: str) -> str:
    """A query string without the names that Datasette would take for its own.

    >>> renamed("_search%5Ftitle=A&_size=5&_fts_pk=id")
    '_in_title=A&_size=5'
    >>> renamed("_search=%E7%BE%A4&x")
    '_search=%E7%BE%A4&x'
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(name in _RENAMED or name in _UNHEARD for name, _ in pairs):
        return query
    return urlencode([(_RENAMED.get(name, name), text) for name, text in pairs if name not in _UNHEARD])


def column_filters(arguments: Mapping[str, str]) -> FilterArguments:
    """The conditions on the articles that the arguments set, each with what it says."""
    found = {column: arguments[f"_in_{column}"] for column in COLUMNS if arguments.get(f"_in_{column}")}
    return FilterArguments(
        [
            f"recency IN (SELECT rowid FROM articles_fts WHERE {column} MATCH escape_fts(:in_{column}))"
            for column in found
        ],
        params={f"in_{column}": text for column, text in found.items()},
        human_descriptions=[f'{column} matches "{text}"' for column, text in found.items()],
    )
