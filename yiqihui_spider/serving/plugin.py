"""What Datasette learns from us: search that knows Chinese, links between rows, charts."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from datasette.utils.asgi import Request, Response  # type: ignore[import-untyped]
from jinja2 import Environment
from markupsafe import Markup
from pluggy import HookimplMarker

from yiqihui_spider.archive.schema.data_dictionary import MACHINERY, Meaning, meanings
from yiqihui_spider.archive.search.index import phrases
from yiqihui_spider.report import texts
from yiqihui_spider.report.words import words
from yiqihui_spider.serving import room
from yiqihui_spider.serving.arguments import ASKED_LANGUAGE, App, column_filters, tamed
from yiqihui_spider.serving.charts import CHARTS, chart
from yiqihui_spider.serving.facets import CategoryFacet, MonthFacet
from yiqihui_spider.serving.metadata import CONTENT, DATABASE, SHOWN
from yiqihui_spider.serving.queries import canned_queries

hookimpl = HookimplMarker("datasette")


@hookimpl(trylast=True)  # so that it replaces Datasette's own
def prepare_connection(conn: sqlite3.Connection) -> None:
    """``?_search=`` reads a query as the archive's own search does."""
    conn.create_function("escape_fts", 1, lambda query: phrases(str(query)), deterministic=True)


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    return tamed


@hookimpl
def filters_from_request(request: Request, database: str, table: str) -> Any:
    return column_filters(request.args) if (database, table) == (DATABASE, "articles") else None


@hookimpl
def handle_exception(datasette: Any, request: Request, exception: Exception) -> Awaitable[Response]:
    """In place of Datasette's own, which shows and logs every mistake of a reader."""
    return room.trouble(room.Asked(datasette, request), exception)


LINKED = {
    "articles": {"label": ("article", "id")},
    "captures": {"url": ("capture", "id")},
    None: {
        "title": ("article", "article_id"),
        "label": ("article", "article_id"),
        "article_id": ("article", "article_id"),
        "capture_id": ("capture", "capture_id"),
    },
}
"""By table (None: whatever has such columns) and column: the page that a cell leads to, and the column
with its number."""


@hookimpl
def render_cell(
    row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any
) -> Markup | Awaitable[Markup] | None:
    """Articles and captures are links to their pages in the reading room; an article without a
    title goes by its label."""
    page, key = LINKED.get(table, {}).get(column) or LINKED[None].get(column) or ("", "")
    columns = row.keys()
    if database != DATABASE or key not in columns or not isinstance(row[key], int):
        return None
    if value is None:
        return _by_label(datasette, row[key]) if column == "title" else None
    return _link(page, row[key], value)


async def _by_label(datasette: Any, number: int) -> Markup:
    results = await datasette.execute(DATABASE, "SELECT label FROM articles WHERE id = ?", [number])
    first = results.first()
    return _link("article", number, first[0]) if first else Markup("")


def _link(page: str, number: int, text: object) -> Markup:
    return Markup('<a href="/{}/{}">{}</a>').format(page, number, texts.clean(texts.brief(str(text), 150)))


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """What turns the direction of writing, or can't be shown, is shown as such in tables, too."""
    env.finalize = texts.clean


@hookimpl
def register_facet_classes() -> list[type]:
    return [CategoryFacet, MonthFacet]


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    return room.routes()


@hookimpl
def extra_template_vars(
    template: str, request: Request | None, datasette: Any, table: str | None
) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    if request is None:
        return {}
    shared = _shared(room.Asked(datasette, request))
    if template == "query.html":
        return _with_chart(request, datasette, shared)
    if template in ("table.html", "row.html"):
        own = "_col" in request.args or "_nocol" in request.args
        return shared | {"shown": () if own or table is None else SHOWN.get(table, ())}
    if template == "database.html":
        known = {name: _meaning(told, shared["_"]) for name, told in meanings().items()}
        return shared | {"content": CONTENT, "meaning": defaultdict(str, known)}
    return shared


def _meaning(told: Meaning, say: Callable[[str], str]) -> str:
    """What a table is, in the reader's language; of the machinery of search, in Chinese no more than that."""
    if say(MACHINERY) == MACHINERY:
        return told.meaning
    said = say(MACHINERY if told.machinery else told.meaning)
    return said if said != told.meaning else Markup('<span lang="en">{}</span>').format(said)


def _shared(asked: room.Asked) -> dict[str, Any]:
    """What every page of data says in the reader's language."""
    told = words(asked.lang)

    def rows_of(count: int, at_least: bool = False) -> str:
        more = told.gettext("more than") + " " if at_least else ""
        return more + told.ngettext("%(n)s row", "%(n)s rows", count) % {"n": f"{count:,}"}

    return {
        "site": (asked.datasette.plugin_config("yiqihui_spider") or {}).get("site", ""),
        "lang": "zh-CN" if asked.lang == "zh" else "en",
        "other_language": asked.address(**{ASKED_LANGUAGE: "en" if asked.lang == "zh" else "zh"}),
        "_": told.gettext,
        "rows_of": rows_of,
    }


async def _with_chart(request: Request, datasette: Any, shared: dict[str, Any]) -> dict[str, Any]:
    name = request.path.rpartition("/")[2]
    if name not in CHARTS or not request.path.startswith(f"/{DATABASE}/"):
        return shared | {"chart": ""}
    query = canned_queries()[name]
    params = {key: request.args.get(key) or "" for key in query.params}
    results = await datasette.execute(DATABASE, query.sql, params, truncate=True)
    title = shared["_"](query.title)
    return shared | {"chart": chart(name, [dict(row) for row in results.rows], title)}
