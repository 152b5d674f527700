"""The report: one HTML page that needs nothing else. Needs the extra ``report``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from yiqihui_spider import __version__
from yiqihui_spider.report import charts, texts

Drawing = Callable[[charts.Rows, str], str]

LOCAL = {
    "plural": texts.plural,
    "class_name": texts.class_name,
    "link": texts.link,
    "verdict": charts.verdict,
}


def render(rows: Mapping[str, Any], *, name: str, now: str) -> str:
    """The page; ``rows`` from ``archive.report_rows``, ``name`` of the archive, ``now`` as told in it.

    The same rows and the same moment give the same page.
    """
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=texts.clean,
    )
    environment.filters |= {
        "number": texts.number,
        "moment": texts.moment,
        "day": texts.day,
        "article": texts.title,
    }
    environment.globals |= LOCAL
    style = files(__package__).joinpath("style.css").read_text("utf-8")
    categories, walks = texts.by_time(rows["walks"])
    return environment.get_template("report.html").render(
        **rows,
        name=name,
        now=now,
        software=f"yiqihui_spider {__version__}",
        style=Markup(style),
        charts={key: Markup(svg) for key, svg in draw(rows).items()},
        verdicts=texts.verdicts(rows),
        proven=len(texts.proven(rows["categories"])),
        years=texts.years(rows["months"]),
        walked=categories,
        walk_rows=walks,
    )


def draw(rows: Mapping[str, Any]) -> dict[str, str]:
    """The charts for which there is something to draw."""
    classes = [{"views": texts.class_name(row), "articles": row["articles"]} for row in rows["view_classes"]]
    found: dict[str, tuple[charts.Rows, Drawing, str]] = {
        "months": (rows["months"], charts.months, "Articles per month"),
        "categories": (rows["categories"], _ranked("category", "archived"), "Articles per category"),
        "sources": (rows["sources"], _ranked("source", "articles"), "Articles per source"),
        "classes": (classes, charts.distribution, "Articles by views"),
        "curves": (rows["curves"], charts.curves, "Views gained over time"),
        "terms": (rows["terms"] or [], _ranked("term", "rise"), "Rising terms"),
        "walks": (rows["walks"], charts.walks, "Walks and their certificates"),
        "answers": (rows["answers"], charts.response_times, "Response times"),
    }
    return {key: drawing(behind, name) for key, (behind, drawing, name) in found.items() if behind}


def _ranked(name: str, value: str, axis: str | None = None) -> Drawing:
    return lambda rows, title: charts.ranked(rows, title, name, value, axis or value)
