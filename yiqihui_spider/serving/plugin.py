"""What Datasette learns from us: search that knows Chinese, links between rows, charts."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from datasette.utils.asgi import Request, Response  # type: ignore[import-untyped]
from markupsafe import Markup
from pluggy import HookimplMarker

from yiqihui_spider.archive.schema.data_dictionary import meanings
from yiqihui_spider.archive.search.index import phrases
from yiqihui_spider.serving import room
from yiqihui_spider.serving.charts import CHARTS, chart
from yiqihui_spider.serving.column_search import App, column_filters, with_own_names
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
    return with_own_names


@hookimpl
def filters_from_request(request: Request, database: str, table: str) -> Any:
    return column_filters(request.args) if (database, table) == (DATABASE, "articles") else None


@hookimpl
def render_cell(
    row: Any, value: Any, column: str, table: str | None, database: str, datasette: Any
) -> Markup | Awaitable[Markup] | None:
    """Articles and captures are links to their pages in the reading room; an article without a
    title goes by its label."""
    columns = row.keys()
    if database == DATABASE and value is None and column == "title" and "article_id" in columns:
        return _by_label(datasette, row["article_id"])
    if database != DATABASE or value is None:
        return None
    if table == "articles" and column == "label" and "id" in columns:
        return _link("article", row["id"], value)
    if column in ("title", "label") and "article_id" in columns:
        return _link("article", row["article_id"], value)
    if column == "article_id" and isinstance(value, int):
        return _link("article", value, value)
    if table == "captures" and column == "url" and "id" in columns:
        return _link("capture", row["id"], value)
    if column == "capture_id" and isinstance(value, int):
        return _link("capture", value, value)
    return None


async def _by_label(datasette: Any, number: int) -> Markup:
    results = await datasette.execute(DATABASE, "SELECT label FROM articles WHERE id = ?", [number])
    first = results.first()
    return _link("article", number, first[0]) if first else Markup("")


def _link(page: str, number: int, text: object) -> Markup:
    return Markup('<a href="/{}/{}">{}</a>').format(page, number, text)


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
    site = (datasette.plugin_config("yiqihui_spider") or {}).get("site", "")
    if template == "query.html" and request is not None:
        return _chart_of(request, datasette, site)
    if template in ("table.html", "row.html"):
        own = request is not None and ("_col" in request.args or "_nocol" in request.args)
        return {"site": site, "shown": () if own or table is None else SHOWN.get(table, ())}
    if template == "database.html":
        known = {name: told.meaning for name, told in meanings().items()}
        return {"site": site, "content": CONTENT, "meaning": defaultdict(str, known)}
    return {"site": site}


async def _chart_of(request: Request, datasette: Any, site: str) -> dict[str, Any]:
    name = request.path.rpartition("/")[2]
    if name not in CHARTS or not request.path.startswith(f"/{DATABASE}/"):
        return {"site": site, "chart": ""}
    query = canned_queries()[name]
    params = {key: request.args.get(key) or "" for key in query.params}
    results = await datasette.execute(DATABASE, query.sql, params, truncate=True)
    return {"site": site, "chart": chart(name, [dict(row) for row in results.rows], query.title)}
