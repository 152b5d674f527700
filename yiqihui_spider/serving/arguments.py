"""What the arguments of an address may ask of Datasette.

``?_search_title=…`` of the articles: Datasette goes by rowid there, our index has them by recency. Such an
argument is answered by a filter of our own, under another name, and what would send Datasette to another
key of the index is not listened to. Each facet is a count over the whole table: an address asks for a few.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.filters import FilterArguments  # type: ignore[import-untyped]

from yiqihui_spider.report.words import LANGUAGES

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
COLUMNS = ("title", "body")
MOST_FACETS = 6
ASKED_LANGUAGE = "_lang"
"""How an address of Datasette's asks for a language: without the underscore it would name a column."""
_RENAMED = {f"_search_{column}": f"_in_{column}" for column in COLUMNS}
_UNHEARD = ("_fts_table", "_fts_pk", "_trace", "_timelimit")


def tamed(app: App) -> App:
    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            query = scope["query_string"].decode("latin-1")
            scope = {**scope, "query_string": heard(query).encode("latin-1")}
            lang = dict(parse_qsl(query)).get(ASKED_LANGUAGE)
            send = _remembering(send, lang) if lang in LANGUAGES else send
        await app(scope, receive, send)

    return wrapped


def _remembering(send: Any, lang: str) -> Any:
    """The language goes with the answer as a cookie, for the pages that the reader turns to next."""
    cookie = f"lang={lang}; Max-Age=31536000; Path=/; SameSite=lax"

    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
            message = {**message, "headers": headers}
        await send(message)

    return sending


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
