"""What Datasette learns from us: search that knows Chinese, links between rows, charts."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from datasette.utils.asgi import NotFound, Request, Response  # type: ignore[import-untyped]
from markupsafe import Markup
from pluggy import HookimplMarker

from yiqihui_spider.archive.schema.data_dictionary import meanings
from yiqihui_spider.archive.search.index import phrases
from yiqihui_spider.serving import room
from yiqihui_spider.serving.charts import CHARTS, HINT, available, chart
from yiqihui_spider.serving.metadata import DATABASE
from yiqihui_spider.serving.queries import canned_queries

hookimpl = HookimplMarker("datasette")


@hookimpl(trylast=True)  # so that it replaces Datasette's own
def prepare_connection(conn: sqlite3.Connection) -> None:
    """``?_search=`` reads a query as the archive's own search does."""
    conn.create_function("escape_fts", 1, lambda query: phrases(str(query)), deterministic=True)


@hookimpl
def render_cell(value: Any, column: str, table: str | None, database: str, datasette: Any) -> Markup | None:
    """An article's number in a view or a query leads to the article and to its life."""
    if column != "article_id" or not isinstance(value, int) or database != DATABASE:
        return None
    known = meanings().get(table) if table else None
    if table and (known is None or known.type != "view"):
        return None
    row = f"{datasette.urls.table(database, 'articles')}/{value}"
    life = datasette.urls.query(database, "article_life") + f"?id={value}"
    return Markup('<a href="{}">{}</a> <a href="{}">life</a>').format(row, value, life)


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    return [*room.routes(), (r"^/-/charts/(?P<name>\w+)\.svg$", _chart)]


async def _chart(datasette: Any, request: Request) -> Response:
    name = request.url_vars["name"]
    if name not in CHARTS or not available():
        raise NotFound("No such chart")
    query = canned_queries()[name]
    params = {key: request.args.get(key) or "" for key in query.params}
    results = await datasette.execute(DATABASE, query.sql, params, truncate=True)
    svg = chart(name, [dict(row) for row in results.rows], query.title)
    # The rows are the site's: whatever stands in them, nothing in the picture may run.
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return Response(svg, content_type="image/svg+xml; charset=utf-8", headers=policy)


@hookimpl
def extra_template_vars(template: str, request: Request | None, datasette: Any) -> dict[str, str]:
    name = request.path.rpartition("/")[2] if request else ""
    if template != "query.html" or request is None or name not in CHARTS:
        return {}
    if not available():
        return {"chart_hint": HINT}
    suffix = f"?{request.query_string}" if request.query_string else ""
    return {"chart_url": datasette.urls.path(f"/-/charts/{name}.svg") + suffix}
