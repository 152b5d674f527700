"""Atom 1.0 and JSON Feed 1.1 of the newest articles.

An entry's id never changes while the article keeps its address on the site; ``updated`` moves
when the text does, and not with views, which are no part of a feed.  Without an address the id
is the time of publication, numbered where several articles share it; it becomes the other once
the address is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Any, BinaryIO
from urllib.parse import urlencode
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from sqlite_utils import Database

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.export_rows import ArticleRow, Filter
from yiqihui_spider.archive.queries.news_article import LANGUAGE, local
from yiqihui_spider.exports.target import Progress, no_progress
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.wording import __version__

NEVER = "1970-01-01T08:00:00+08:00"
"""When a feed without entries was updated."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class About:
    """What a feed says of itself."""

    site: SiteProfile
    wanted: Filter
    url: str | None = None
    """Where the feed will be published."""

    @property
    def tag(self) -> str:
        """What ids begin with (RFC 4151)."""
        return f"tag:{self.site.host},2019:news"

    @property
    def _conditions(self) -> dict[str, str]:
        names = ("query", "since", "until", "category", "source")
        return {name: value for name in names if (value := getattr(self.wanted, name)) is not None}

    @property
    def id(self) -> str:
        """The same for the same choice of articles, however many."""
        return f"{self.tag}/feed" + (f"?{urlencode(self._conditions)}" if self._conditions else "")

    @property
    def title(self) -> str:
        return " ".join([self.site.title, *self._conditions.values()])


# --- what both have ----------------------------------------------------------------------


def entry_id(row: ArticleRow, about: About) -> str:
    """The entry's lasting id. Pure."""
    if row.site_id is not None:
        return f"{about.tag}/{row.site_id}"
    number = f"/{row.same_time + 1}" if row.same_time else ""
    return f"{about.tag}/at/{local(row.published_at, about.site.zone)[:19]}{number}"


def updated(published_at: str, modified_at: str | None, zone: tzinfo) -> str:
    """When an entry's text last changed: when the change was first seen, else its publication."""
    return local(published_at if modified_at is None else modified_at, zone)


def _last_updated(db: Database, zone: tzinfo) -> str:
    times = (updated(*row, zone) for row in export_rows.last_changes(db))
    return max(times, key=datetime.fromisoformat, default=NEVER)


# --- Atom ----------------------------------------------------------------------------------


def write_atom(db: Database, file: BinaryIO, about: About, progress: Progress = no_progress) -> int:
    """Write the chosen articles as Atom; their number."""
    xml = _Xml(file)
    own = f"{about.tag}/archive"  # of the one element that is not Atom's: the article's number here
    namespaces = {"xmlns": "http://www.w3.org/2005/Atom", "xmlns:archive": own, "xml:lang": LANGUAGE}
    count = 0
    xml.start("feed", **namespaces)
    _atom_head(xml, about, _last_updated(db, about.site.zone))
    for row in export_rows.articles(db):
        _atom_entry(xml, row, about)
        count += 1
        progress()
    xml.end("feed")
    xml.finish()
    return count


def _atom_head(xml: _Xml, about: About, last_updated: str) -> None:
    xml.element("id", about.id)
    xml.element("title", about.title)
    xml.element("updated", last_updated)
    xml.element("link", rel="alternate", type="text/html", href=about.site.start_url)
    if about.url:
        xml.element("link", rel="self", type="application/atom+xml", href=about.url)
    with_author(xml, about.site.title, about.site.home)
    xml.element("generator", "yiqihui_spider", version=__version__)


def with_author(xml: _Xml, name: str, uri: str | None = None) -> None:
    xml.start("author")
    xml.element("name", name)
    if uri:
        xml.element("uri", uri)
    xml.end("author")


def _atom_entry(xml: _Xml, row: ArticleRow, about: About) -> None:
    xml.start("entry")
    xml.element("id", entry_id(row, about))
    xml.element("title", row.label)
    xml.element("published", local(row.published_at, about.site.zone))
    xml.element("updated", updated(row.published_at, row.modified_at, about.site.zone))
    if row.url:
        xml.element("link", rel="alternate", type="text/html", href=row.url)
    if row.source:
        with_author(xml, row.source)
    for category in row.categories:
        xml.element("category", term=category)
    xml.element("content", _paragraphs(row.body), type="html")
    xml.element("archive:id", str(row.id))
    xml.end("entry")


def _paragraphs(body: str) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in _lines(body))


def _lines(body: str) -> Iterator[str]:
    return (line.strip() for line in body.splitlines() if line.strip())


class _Xml:
    """Elements as they come, without what XML can't hold."""

    def __init__(self, file: BinaryIO) -> None:
        # Short of an encoding's name, XMLGenerator says iso-8859-1.
        self._out = XMLGenerator(file, encoding="utf-8", short_empty_elements=True)
        self._out.startDocument()

    def start(self, name: str, **attributes: str) -> None:
        self._out.startElement(
            name, AttributesImpl({key: _clean(value) for key, value in attributes.items()})
        )

    def end(self, name: str) -> None:
        self._out.endElement(name)
        self._out.ignorableWhitespace("\n")

    def element(self, name: str, text: str = "", **attributes: str) -> None:
        self.start(name, **attributes)
        if text:
            self._out.characters(_clean(text))
        self.end(name)

    def finish(self) -> None:
        self._out.endDocument()


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


# --- JSON Feed ------------------------------------------------------------------------------


def write_json_feed(db: Database, file: BinaryIO, about: About, progress: Progress = no_progress) -> int:
    """Write the chosen articles as JSON Feed; their number."""
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": about.title,
        "home_page_url": about.site.start_url,
        **({"feed_url": about.url} if about.url else {}),
        "language": LANGUAGE,
        "authors": [{"name": about.site.title, "url": about.site.home}],
        "items": [],
    }
    file.write(_json(head).removesuffix("]}").encode())
    count = 0
    for row in export_rows.articles(db):
        file.write((",\n" if count else "\n").encode() + _json(_item(row, about)).encode())
        count += 1
        progress()
    file.write(b"\n]}\n")
    return count


def _item(row: ArticleRow, about: About) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry_id(row, about),
        "url": row.url,
        "title": row.label,
        "content_text": row.body,
        "date_published": local(row.published_at, about.site.zone),
        "date_modified": updated(row.published_at, row.modified_at, about.site.zone),
        "authors": [{"name": row.source}] if row.source else None,
        "tags": row.categories,
        "_yiqihui": {"id": row.id, "site_id": row.site_id},
    }
    return {name: value for name, value in item.items() if value is not None}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
