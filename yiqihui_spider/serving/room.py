"""The reading room's addresses: what is asked, which rows answer it, which page shows them."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from datasette.utils import sqlite_timelimit  # type: ignore[import-untyped]
from datasette.utils.asgi import Request, Response  # type: ignore[import-untyped]
from markupsafe import escape
from sqlite_utils import Database

from yiqihui_spider.archive.queries import article as articles
from yiqihui_spider.archive.queries import room as rows
from yiqihui_spider.archive.search.query import Sort, is_moment
from yiqihui_spider.report import drawing
from yiqihui_spider.report.words import LANGUAGES, words
from yiqihui_spider.serving import finding, render, versions
from yiqihui_spider.serving.arguments import ASKED_LANGUAGE
from yiqihui_spider.serving.captured import NotShown, read_capture
from yiqihui_spider.serving.finding import DEEPEST, PAGE, count_later
from yiqihui_spider.serving.metadata import DATABASE
from yiqihui_spider.serving.mistakes import NOT_FOUND, mistake

LONGEST_QUERY = 500
COUNTS = 60
"""View counts in an article's table."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
INERT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)

Values = dict[str, Any]

_AT_WORK: dict[Hashable, asyncio.Future[Any]] = {}
"""What is being worked out behind pages."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: what its pages need to know."""

    datasette: Any
    request: Any

    @property
    def lang(self) -> str:
        """As asked for in the address, else as chosen before, else as the server was told."""
        settled = (self.datasette.plugin_config("yiqihui_spider") or {}).get("lang", "en")
        args = self.request.args
        for lang in (args.get("lang"), args.get(ASKED_LANGUAGE), self.request.cookies.get("lang"), settled):
            if lang in LANGUAGES:
                return str(lang)
        return "en"

    def text(self, name: str, most: int = LONGEST_QUERY) -> str:
        return (self.request.args.get(name) or "")[:most].strip()

    def number(self, name: str) -> int:
        text = self.text(name, 9)
        return max(1, int(text)) if text.isascii() and text.isdecimal() else 1

    def say(self, message: str) -> str:
        return words(self.lang).gettext(message)

    def address(self, **changed: Any) -> str:
        """This page with other arguments; those that are empty go, but for the query."""
        kept = {name: self.request.args.get(name) for name in self.request.args} | changed
        told = {name: value for name, value in kept.items() if name == "q" or value not in (None, "")}
        return f"{self.request.path}?{urlencode(told)}" if told else str(self.request.path)

    async def ask(self, question: Callable[[Database], Any]) -> Any:
        """An answer of the archive, from a thread of its own and within the limits of time."""

        def in_thread(connection: Any) -> Any:
            with sqlite_timelimit(connection, self.datasette.sql_time_limit_ms):
                return question(Database(connection, recursive_triggers=False))

        return await self.archive.execute_fn(in_thread)

    def later(self, key: Hashable, question: Callable[[Database], Any]) -> None:
        """Work something out behind the page, once."""
        if key in _AT_WORK:
            return
        task = asyncio.ensure_future(self.ask(question))
        _AT_WORK[key] = task

        def done(task: asyncio.Future[Any]) -> None:
            _AT_WORK.pop(key, None)
            if not task.cancelled():
                task.exception()  # of a question that took too long; the next page asks again

        task.add_done_callback(done)

    @property
    def archive(self) -> Any:
        return self.datasette.get_database(DATABASE)

    @property
    def warc_folder(self) -> Path:
        return Path(self.archive.path).resolve().parent / "warc"

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        other = "en" if self.lang == "zh" else "zh"
        values["site"] = self.datasette.plugin_config("yiqihui_spider")["site"]
        html = render.page(name, self.lang, self.address(lang=other), **values)
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
        answer = Response.html(html, status=status, headers=headers)
        if self.request.args.get("lang") in LANGUAGES:
            answer.set_cookie("lang", self.lang, max_age=31_536_000, samesite="lax")
        return answer

    def wrong(self, status: int, title: str, reason: str) -> Response:
        """A page that says what is wrong; as JSON where JSON was asked for."""
        title, reason = self.say(title), self.say(reason)
        if self.request.path.endswith(".json") or self.request.args.get("_format") == "json":
            told = {"ok": False, "error": reason, "status": status, "title": title}
            return Response.json(told, status=status)
        return self.page("wrong", status, title=title, reason=reason)

    def missing(self, reason: str) -> Response:
        return self.wrong(404, NOT_FOUND, reason)


async def trouble(asked: Asked, error: Exception) -> Response:
    """The answer to a request that failed; the log hears of it only if the fault is ours."""
    told = mistake(error, asked.request.path, bool(asked.request.query_string))
    if told.is_ours:
        traceback.print_exception(error)
    return asked.wrong(told.status, told.title, told.message)


# --- pages ----------------------------------------------------------------------------------


async def front(asked: Asked) -> Response:
    values: Values = await asked.ask(lambda db: asked.archive.answers.ask("front", lambda: rows.front(db)))
    chart = drawing.months(values["months"], asked.say("Articles per month"))
    return asked.page("front", **values, months_chart=chart)


async def found(asked: Asked) -> Response:
    q = asked.text("q")
    filters = {name: asked.text(name, 200) or None for name in ("category", "source", "since", "until")}
    wrong = next((filters[name] for name in ("since", "until") if not _is_time(filters[name])), None)
    sort: Sort = "relevance" if asked.text("sort") == "relevance" and q else "newest"
    page = min(asked.number("page"), DEEPEST)
    offset = (page - 1) * PAGE

    archive = asked.archive

    def question(db: Database) -> Values:
        choices = archive.answers.ask("choices", lambda: rows.choices(db))
        if wrong is not None:
            return {"rows": [], "total": 0, "more": False, "ranked": True, "choices": choices}
        return finding.found(db, archive.answers, q, filters, sort, offset) | {"choices": choices}

    values: Values = await asked.ask(question)
    if values["more"]:
        asked.later(("count", q, *filters.items()), lambda db: count_later(db, archive.answers, q, filters))
    pages = min(-(-values["total"] // PAGE), DEEPEST)
    return asked.page(
        "search",
        400 if wrong else 200,
        **values,
        q=q,
        filters=filters,
        sort=sort,
        page=page,
        pages=pages,
        first=offset + 1,
        capped=values["total"] > PAGE * DEEPEST or values["more"],
        earlier=asked.address(page=page - 1 if page > 2 else None) if page > 1 else None,
        later=asked.address(page=page + 1) if page < pages else None,
        chosen=_chosen(asked, filters),
        table=_as_table(q, filters),
        mistake=wrong and f"{asked.say('Not a time like 2019, 2019-04 or 2019-04-13:')} {wrong}",
    )


def _is_time(text: str | None) -> bool:
    return text is None or is_moment(text)


def _chosen(asked: Asked, filters: Mapping[str, str | None]) -> list[tuple[str, str, str]]:
    """The filters in force: name, value, and the address without."""
    names = {"category": "category", "source": "source", "since": "from", "until": "until"}
    return [
        (asked.say(names[name]), value, asked.address(**{name: None, "page": None}))
        for name, value in filters.items()
        if value
    ]


def _as_table(q: str, filters: Mapping[str, str | None]) -> str:
    """The same in Datasette, as far as it can say it."""
    told = {"_search": q, "source": filters["source"] or "", "published_at__gte": filters["since"] or ""}
    until = {"published_at__lte": f"{filters['until']}~"} if filters["until"] else {}
    return f"/{DATABASE}/articles?{urlencode({name: text for name, text in (told | until).items() if text})}"


async def article(asked: Asked, article_id: int) -> Response:
    told: Values | None = await asked.ask(lambda db: articles.article(db, article_id))
    if told is None:
        return asked.missing("There is no article of this number in the archive.")
    series: list[Values] = told["views_series"]
    part = asked.number("part")
    paragraphs, parts = render.paragraphs(told["body"], part)
    changes, hidden = _fitting(versions.changes(told["versions"]))
    by_kind = _by_kind(asked, series)
    return asked.page(
        "article",
        article=told,
        q=asked.text("q"),
        address=_web_address(told["url"]),
        paragraphs=paragraphs,
        part=min(part, parts),
        parts=parts,
        changes=changes,
        hidden_changes=hidden,
        series=series[-COUNTS:],
        more_views=len(series) > COUNTS,
        drawn=len(series) > 1,
        curve=drawing.lines(by_kind, asked.say("Views over time")),
        curve_key=drawing.key(list(by_kind)) if len(by_kind) > 1 else "",
    )


MOST_CHANGED = 12_000
"""Characters of changes on one page."""


def _fitting(changes: list[Values]) -> tuple[list[Values], bool]:
    """As many comparisons as fit a page, the newest first."""
    room = MOST_CHANGED
    shown: list[Values] = []
    for change in changes:
        room -= sum(len(line.before) + len(line.after) for line in change["rows"])
        if shown and room < 0:
            return shown, True
        shown.append(change)
    return shown, False


def _by_kind(asked: Asked, series: list[Values]) -> dict[str, list[tuple[str, float]]]:
    names = {"listing": "in listings", "article": "on its own page", "other": "on other pages"}
    found: dict[str, list[tuple[str, float]]] = {}
    for point in series:
        found.setdefault(asked.say(names[point["kind"]]), []).append((point["at"], point["views"]))
    return found


def _web_address(url: str | None) -> str | None:
    """An address that may be linked: the web's, nothing that runs."""
    return url if url and re.fullmatch(r"https?://[^\s\"'<>\\]+", url, re.IGNORECASE) else None


KINDS = {
    "breadcrumb": "breadcrumb",
    "heading": "category",
    "body": "article",
    "marker": "source, time, views",
    "pager": "pager",
    "furniture": "around the content",
    "residue": "unexplained",
}


async def capture(asked: Asked, capture_id: int) -> Response:
    def question(db: Database) -> Values | None:
        row = rows.capture(db, capture_id)
        if row is None:
            return None
        back = asked.number("article") if asked.text("article") else None
        return {"capture": row, "back": next((one for one in row["articles"] if one["id"] == back), None)} | (
            _shown(db, asked.warc_folder, row)
        )

    values: Values | None = await asked.ask(question)
    if values is None:
        return asked.missing("There is no captured page of this number in the archive.")
    return asked.page("capture", **values, names={kind: asked.say(name) for kind, name in KINDS.items()})


def _shown(db: Database, folder: Path, row: Values) -> Values:
    try:
        told = read_capture(db, folder, row)
    except NotShown as error:
        return {"trouble": str(error), "kinds": [], "residues": [], "form": "text"}
    form = "text" if told.html is None else "page"
    return {"trouble": None, "kinds": told.kinds(), "residues": told.residues()[:20], "form": form}


async def capture_inside(asked: Asked, capture_id: int, form: str) -> Response:
    """What stands in the frame."""

    def question(db: Database) -> str | None:
        row = rows.capture(db, capture_id)
        if row is None:
            return None
        try:
            told = read_capture(db, asked.warc_folder, row)
        except NotShown as error:
            return str(render.frame("", f"<p>{escape(str(error))}</p>"))
        return render.frame(row["url"], told.as_page() if form == "page" and told.html else told.as_text())

    html: str | None = await asked.ask(question)
    if html is None:
        return asked.missing("There is no captured page of this number in the archive.")
    headers = {"Content-Security-Policy": INERT_POLICY, "Referrer-Policy": "no-referrer"}
    return Response.html(html, headers=headers)


# --- addresses ------------------------------------------------------------------------------

Route = tuple[str, Callable[..., Awaitable[Response]]]


def routes() -> list[Route]:
    number = r"(?P<number>[0-9]{1,18})"
    return [
        (r"^/$", _front),
        (r"^/search$", _search),
        (rf"^/article/{number}$", _article),
        (rf"^/capture/{number}$", _capture),
        (rf"^/capture/{number}/(?P<form>page|text)$", _inside),
        (r"^/room\.css$", _style),
    ]


async def _front(datasette: Any, request: Request) -> Response:
    return await front(Asked(datasette, request))


async def _search(datasette: Any, request: Request) -> Response:
    return await found(Asked(datasette, request))


async def _article(datasette: Any, request: Request) -> Response:
    return await article(Asked(datasette, request), int(request.url_vars["number"]))


async def _capture(datasette: Any, request: Request) -> Response:
    return await capture(Asked(datasette, request), int(request.url_vars["number"]))


async def _inside(datasette: Any, request: Request) -> Response:
    return await capture_inside(
        Asked(datasette, request), int(request.url_vars["number"]), request.url_vars["form"]
    )


async def _style(datasette: Any, request: Request) -> Response:
    return Response(
        render.style(), content_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=86400"}
    )
