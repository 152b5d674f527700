"""The report: one HTML page that needs nothing else. Needs the extra ``report``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from yiqihui_spider.report import drawing, texts
from yiqihui_spider.report.environment import environment
from yiqihui_spider.report.words import Words, words
from yiqihui_spider.wording import __version__

STYLES = ("palette.css", "charts.css", "style.css")


def render(rows: Mapping[str, Any], *, site: str, name: str, now: str, lang: str = "en") -> str:
    """The page; ``rows`` from ``archive.report_rows``, ``name`` of the archive, ``now`` as told in it.

    The same rows and the same moment give the same page.
    """
    made = environment("yiqihui_spider.report", "templates", lang)
    made.filters["article"] = texts.title
    made.globals |= {"class_name": texts.class_name, "link": texts.link}
    style = "".join(files(__package__).joinpath(one).read_text("utf-8") for one in STYLES)
    categories, walks = texts.by_time(rows["walks"])
    told = words(lang)
    return made.get_template("report.html").render(
        **rows,
        site=site,
        name=name,
        now=now,
        software=f"yiqihui_spider {__version__}",
        style=Markup(style),
        charts=draw(rows, told),
        verdicts=texts.verdicts(rows, told),
        proven=len(texts.proven(rows["categories"])),
        years=texts.years(rows["months"]),
        most_in_class=max((row["articles"] for row in rows["view_classes"]), default=0),
        walked=categories,
        walk_rows=walks,
    )


def draw(rows: Mapping[str, Any], told: Words) -> dict[str, Markup]:
    """The charts; empty where there is nothing to draw."""
    say = told.gettext
    curves: dict[str, list[tuple[str, float]]] = {}
    for row in rows["curves"]:
        curves.setdefault(f"{row['rank']}", []).append((row["at"], row["gained"]))
    answered = {
        say(name): [(_full(row["at"]), row[column]) for row in rows["answers"]]
        for column, name in (("median_ms", "half within (ms)"), ("p95_ms", "95 in 100 within (ms)"))
    }
    return {
        "months": drawing.months(rows["months"], say("Articles per month of publication")),
        "curves": _with_key(curves, say("Views gained over time")),
        "answers": _with_key(answered, say("Response times")),
    }


def _with_key(series: Mapping[str, list[tuple[str, float]]], title: str) -> Markup:
    if not any(series.values()):
        return Markup("")
    return drawing.lines(series, title) + (drawing.key(list(series)) if len(series) > 1 else "")


def _full(at: str) -> str:
    """A month as its first day."""
    return f"{at}-01" if len(at) == 7 else at
