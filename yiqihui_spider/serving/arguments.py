"""What the arguments of an address may ask of Datasette.

``?_search_title=…`` of the articles: Datasette goes by rowid there, our index has them by recency. Such an
argument is answered by a filter of our own, under another name, and what would send Datasette to another
key of the index is not listened to. Each facet is a count over the whole table: an address asks for a few.
A reader's choice of a language, which may stand at any address, is no condition on rows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.filters import FilterArguments  # type: ignore[import-untyped]

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
COLUMNS = ("title", "body")
MOST_FACETS = 6
_RENAMED = {f"_search_{column}": f"_in_{column}" for column in COLUMNS}
_UNHEARD = ("_fts_table", "_fts_pk", "_trace", "_timelimit")


def tamed(app: App) -> App:
    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {
                **scope,
                "query_string": heard(scope["query_string"].decode("latin-1")).encode("latin-1"),
            }
        await app(scope, receive, send)

    return wrapped


def heard(query: str) -> str:
    """A query string with what is listened to, under the names by which we know it.

    >>> heard("_search%5Ftitle=A&_size=5&_fts_pk=id")
    '_in_title=A&_size=5'
    >>> heard("_facet=title&_facet=title&_facet=url")
    '_facet=title&_facet=url'
    >>> heard("_search=%E7%BE%A4&x")
    '_search=%E7%BE%A4&x'
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    told = [(_RENAMED.get(name, name), text) for name, text in pairs if name not in _UNHEARD]
    facets = dict.fromkeys(pair for pair in told if _is_facet(pair[0]))
    few = list(facets)[:MOST_FACETS]
    told = [pair for pair in told if not _is_facet(pair[0])] + few
    return query if told == pairs else urlencode(told, encoding="utf-8", errors="surrogateescape")


def _is_facet(name: str) -> bool:
    return name.startswith("_facet") and name != "_facet_size"


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
