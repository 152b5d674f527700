"""Which canned query is drawn how. Drawing needs Altair and vl-convert; without them, pages say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

Rows = Sequence[dict[str, Any]]

HINT = "Charts need Altair and vl-convert: pip install 'yiqihui-spider[serve]'"
TOP = 20


def available() -> bool:
    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))


def chart(name: str, rows: Rows, title: str) -> str:
    """The chart of a canned query's rows, as an SVG document."""
    return CHARTS[name](rows, title)


def _months(rows: Rows, title: str) -> str:
    from yiqihui_spider.report import charts

    return charts.months(rows, title)


def _sources(rows: Rows, title: str) -> str:
    from yiqihui_spider.report import charts

    return charts.ranked(rows[:TOP], title, "source", "articles", "articles")


def _growing(rows: Rows, title: str) -> str:
    from yiqihui_spider.report import charts

    named = [row | {"title": row["title"] or f"article {row['article_id']}"} for row in rows[:TOP]]
    return charts.ranked(named, title, "title", "per_day", "views gained per day")


def _complete(rows: Rows, title: str) -> str:
    from yiqihui_spider.report import charts

    return charts.ranked(rows, title, "category", "archived", "archived articles")


def _walks(rows: Rows, title: str) -> str:
    from yiqihui_spider.report import charts

    return charts.walks(rows, title)


def _rising(rows: Rows, title: str) -> str:
    from yiqihui_spider.report import charts

    return charts.ranked(rows[:TOP], title, "term", "rise", "rise")


def _life(rows: Rows, title: str) -> str:
    from yiqihui_spider.report import charts

    seen = [row | {"rank": 1} for row in rows if row["event"] == "viewed"]
    return charts.curves(seen, title, "views", "views")


CHARTS: dict[str, Callable[[Rows, str], str]] = {
    "article_life": _life,
    "month_counts": _months,
    "sources": _sources,
    "fastest_growing": _growing,
    "how_complete": _complete,
    "certified_walks": _walks,
    "rising": _rising,
    "term_by_month": _months,
}
