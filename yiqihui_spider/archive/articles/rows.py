"""The rows of the tables that tell of articles: one kind of value for each, fields called as columns.

What a page says of an article is in :class:`EntryFacts`; a column more in ``entry_facts``, which
``observations`` refer to, is a field more there. (Not frozen: those take twice as long to make.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import by_name, columns, insert, replacing

Identity = int | str
"""What decides where both sides have it: the number of an article of the site's own, the address
of one of another site."""


@dataclass(slots=True)
class Identified:
    """What has, or may have, a number or an address of its own."""

    site_id: int | None
    foreign_address: str | None

    @property
    def identity(self) -> Identity | None:
        return self.site_id if self.site_id is not None else self.foreign_address


@dataclass(slots=True)
class EntryFacts(Identified):
    """What one entry of a page says of an article, but for the text itself."""

    position: int
    published_at: str | None
    """As this page has it."""
    title: str | None
    source: str | None
    url: str | None
    views: int | None
    views_printed: str | None
    content_hash: str
    body_chars: int
    span_start: int
    span_end: int
    cut_short: bool
    """The page itself says that the text goes on elsewhere."""


@dataclass(slots=True)
class PageEntry(EntryFacts):
    """An entry of the page that is being saved."""

    published_at: str
    body: str | None
    """None where a page is only confirmed; the archive has the text."""


@dataclass(slots=True)
class Observation(EntryFacts):
    """What one page said of an article, as the archive has it."""

    capture_id: int
    observed_at: str
    run_id: int
    kind: str
    """Of the page: ``listing``, ``article`` or ``other``."""
    parser_version: str
    excerpt: bool = False
    """It counts as one: its text is known to be only a beginning."""
    counted: bool = True
    """Its views are the article's count on this page."""

    @property
    def detail(self) -> bool:
        """The article's own page, which shows the whole text."""
        return self.kind == "article"


@dataclass(slots=True)
class ArticleRow(Identified):
    """An article's row, but for its text."""

    id: int
    published_at: str
    title: str | None
    source: str | None
    url: str | None
    content_hash: str
    last_seen_at: str
    excerpt: int
    detail_at: str | None


@dataclass(slots=True)
class VersionRow:
    """A version, but for its text."""

    article_id: int
    version: int
    title: str | None
    content_hash: str
    seen_at: str
    capture_id: int
    span_start: int
    span_end: int
    parser_version: str
    text_capture_id: int | None


@dataclass(slots=True)
class FormerText:
    """A text that is not the current one of its article."""

    article_id: int
    content_hash: str
    body: str


@dataclass(slots=True)
class ExcerptRow:
    article_id: int
    content_hash: str
    capture_id: int
    same_as: str | None
    body: str


@dataclass(slots=True)
class ViewCount:
    article_id: int
    observed_at: str
    capture_id: int
    views: int
    kind: str
    printed: str | None


def _insert_or_replace(table: str, kind: type, *key: str) -> str:
    return insert(table, columns(kind), replacing(columns(kind), *key))


INSERT_VERSION = _insert_or_replace("versions", VersionRow, "article_id", "version")
INSERT_FORMER_TEXT = _insert_or_replace("former_texts", FormerText, "article_id", "content_hash")
INSERT_EXCERPT = _insert_or_replace("excerpts", ExcerptRow, "article_id", "content_hash")


def write_rows(db: Database, statement: str, rows: Iterable[object]) -> None:
    """Execute an INSERT for each row, values by name."""
    values = [by_name(row) for row in rows]
    if values:
        db.conn.executemany(statement, values)
