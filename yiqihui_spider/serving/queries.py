"""The canned queries: SQL files with a title and a description in their first two lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ORDER = (
    "search",
    "article_life",
    "month_counts",
    "sources",
    "fastest_growing",
    "how_complete",
    "certified_walks",
    "disappeared",
    "rising",
    "term_by_month",
)

PARAMS = {"search": ["q"], "article_life": ["id"], "term_by_month": ["term"]}


@dataclass(frozen=True, slots=True)
class Query:
    """As Datasette's metadata wants it."""

    title: str
    description: str
    sql: str
    params: list[str]


@cache
def canned_queries() -> Mapping[str, Query]:
    return {name: _read(name) for name in ORDER}


def _read(name: str) -> Query:
    text = (files(__package__) / "queries" / f"{name}.sql").read_text("utf-8")
    title, description, sql = text.split("\n", 2)
    return Query(
        title.removeprefix("-- "), description.removeprefix("-- "), sql.strip(), PARAMS.get(name, [])
    )
