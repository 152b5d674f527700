"""Which canned query is drawn how, above its rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from yiqihui_spider.report import drawing

Rows = Sequence[Mapping[str, Any]]

TOP = 20


def chart(name: str, rows: Rows, title: str) -> Markup:
    """The chart of a canned query's rows; empty where there is nothing to draw."""
    return CHARTS[name](rows, title) if rows else Markup("")


def _months(rows: Rows, title: str) -> Markup:
    return drawing.months(rows, title)


def _ranked(name: str, value: str) -> Callable[[Rows, str], Markup]:
    def draw(rows: Rows, title: str) -> Markup:
        return drawing.ranked([(row[name], row[value]) for row in rows[:TOP]], title)

    return draw


def _life(rows: Rows, title: str) -> Markup:
    series: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        if row["event"] == "viewed":
            series.setdefault(row["detail"].partition(",")[0], []).append((row["at"], row["views"]))
    return drawing.lines(series, title) + drawing.key(list(series)) if series else Markup("")


CHARTS: dict[str, Callable[[Rows, str], Markup]] = {
    "article_life": _life,
    "month_counts": _months,
    "sources": _ranked("source", "articles"),
    "fastest_growing": _ranked("label", "per_day"),
    "how_complete": _ranked("category", "archived"),
    "rising": _ranked("term", "rise"),
    "term_by_month": _months,
}
