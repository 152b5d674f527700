"""The tables that csv and parquet hold: their columns, types, meanings, and where rows come from.

Times are given in the site's zone, whichever zone the archive keeps them in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlite_utils import Database

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.export_rows import ArticleRow

FieldType = Literal["integer", "string", "datetime", "boolean", "list"]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: FieldType
    meaning: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    meaning: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    rows: Callable[[Database], Iterator[tuple[Any, ...]]]
    """In the order of ``fields``: times as ISO 8601 text, lists as lists."""


def _articles(db: Database) -> Iterator[tuple[Any, ...]]:
    return map(_article, export_rows.articles(db))


def _article(row: ArticleRow) -> tuple[Any, ...]:
    return (
        row.id,
        row.site_id,
        row.url,
        row.title,
        row.source,
        row.categories,
        row.published_at,
        row.modified_at,
        row.views,
        row.views_at,
        row.state,
        row.excerpt,
        row.version,
        row.first_seen_at,
        row.last_seen_at,
        row.content_hash,
        row.body_chars,
        row.body,
    )


ARTICLES = Table(
    "articles",
    "An article as best known now",
    (
        Field("id", "integer", "the article's number in the archive"),
        Field("site_id", "integer", "the number in its address on the site", required=False),
        Field("url", "string", "its address", required=False),
        Field("title", "string", "its title", required=False),
        Field("source", "string", "who the site names as its source", required=False),
        Field("categories", "list", "the categories it was listed in"),
        Field("published_at", "datetime", "when it was published"),
        Field("modified_at", "datetime", "when its text was first seen changed", required=False),
        Field("views", "integer", "views as last seen", required=False),
        Field("views_at", "datetime", "when they were last seen", required=False),
        Field("state", "string", "present, missing, or gone from the listings"),
        Field("excerpt", "boolean", "whether only its beginning is known"),
        Field("version", "integer", "the number of this text, counted from 1", required=False),
        Field("first_seen_at", "datetime", "when it was first seen"),
        Field("last_seen_at", "datetime", "when it was last seen"),
        Field("content_hash", "string", "SHA-256 of the body without its white space"),
        Field("body_chars", "integer", "length of the body in characters"),
        Field("body", "string", "the body; paragraphs are lines"),
    ),
    ("id",),
    _articles,
)

VIEW_COUNTS = Table(
    "view_counts",
    "An article's views at a moment",
    (
        Field("article_id", "integer", "the article"),
        Field("observed_at", "datetime", "when the page that shows them was captured"),
        Field("views", "integer", "views then"),
        Field("capture_id", "integer", "the capture in the archive that shows them"),
        Field("kind", "string", "the kind of page that shows them: listing, article or other"),
        Field("printed", "string", "the count as printed, where it is not exact", required=False),
    ),
    ("article_id", "observed_at", "capture_id"),
    export_rows.view_counts,
)

VERSIONS = Table(
    "versions",
    "One text an article has had",
    (
        Field("article_id", "integer", "the article"),
        Field("version", "integer", "counted from 1 in the order of time"),
        Field("title", "string", "the title it then had", required=False),
        Field("seen_at", "datetime", "when this text was first seen"),
        Field("content_hash", "string", "SHA-256 of the body without its white space"),
        Field("capture_id", "integer", "the capture in the archive that first showed it"),
        Field("parser_version", "string", "the parser that read it"),
        Field("body", "string", "the body; paragraphs are lines"),
    ),
    ("article_id", "version"),
    export_rows.versions,
)

TABLES = (ARTICLES, VIEW_COUNTS, VERSIONS)
