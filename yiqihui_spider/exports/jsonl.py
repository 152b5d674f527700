"""JSON Lines: an article a line, under the names of schema.org's NewsArticle.

``headline``, ``articleBody``, ``datePublished``, ``datePublishedRaw``, ``inLanguage`` and ``url``
are also what zyte-common-items calls them.  Not of these vocabularies are ``id`` (the article's
number in the archive), ``siteId``, ``source``, ``firstSeenAt``, ``lastSeenAt``, ``state``,
``excerpt`` (only the beginning is known), ``version``, ``contentHash`` and ``bodyChars``.
Every line has all names; what is not known is null.
"""

from __future__ import annotations

import json
from datetime import tzinfo
from typing import Any, BinaryIO
from urllib.parse import quote

from sqlite_utils import Database

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.export_rows import ArticleRow
from yiqihui_spider.exports.rows import local, moment
from yiqihui_spider.exports.target import Progress, no_progress
from yiqihui_spider.site import SiteProfile

LANGUAGE = "zh-CN"

_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What JSON allows in a text and some readers take for the end of a line."""


def write_jsonl(db: Database, file: BinaryIO, site: SiteProfile, progress: Progress = no_progress) -> int:
    """Write the chosen articles; their number."""
    count = 0
    for row in export_rows.articles(db):
        file.write(as_line(record(row, site)).encode())
        count += 1
        progress()
    return count


def as_line(value: Any) -> str:
    """JSON on one line, for any reader. Pure."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char, escaped in _LINE_ENDS.items():
        line = line.replace(char, escaped)
    return line + "\n"


def record(row: ArticleRow, site: SiteProfile) -> dict[str, Any]:
    """An article as a schema.org NewsArticle. Pure."""
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "id": row.id,
        "siteId": row.site_id,
        "identifier": _identifiers(row),
        "url": row.url,
        "headline": row.title,
        "articleBody": row.body,
        "articleSection": row.categories,
        "datePublished": local(row.published_at, site.zone),
        "datePublishedRaw": f"{moment(row.published_at, site.zone):%Y-%m-%d %H:%M:%S}",
        "dateModified": row.modified_at and local(row.modified_at, site.zone),
        "inLanguage": LANGUAGE,
        "source": row.source,
        "author": row.source and {"@type": "Organization", "name": row.source},
        "publisher": {"@type": "Organization", "name": site.title, "url": site.start_url},
        "interactionStatistic": _views(row, site.zone),
        "archivedAt": _evidence(row),
        "firstSeenAt": local(row.first_seen_at, site.zone),
        "lastSeenAt": local(row.last_seen_at, site.zone),
        "state": row.state,
        "excerpt": row.excerpt,
        "version": row.version,
        "contentHash": row.content_hash,
        "bodyChars": row.body_chars,
    }


def _views(row: ArticleRow, zone: tzinfo) -> dict[str, Any] | None:
    if row.views is None or row.views_at is None:
        return None
    return {
        "@type": "InteractionCounter",
        "interactionType": {"@type": "ViewAction"},
        "userInteractionCount": row.views,
        "endTime": local(row.views_at, zone),
    }


def _identifiers(row: ArticleRow) -> list[dict[str, Any]]:
    known = {"id": row.id, "site_id": row.site_id}
    return [
        {"@type": "PropertyValue", "propertyID": name, "value": value}
        for name, value in known.items()
        if value is not None
    ]


def _evidence(row: ArticleRow) -> str | None:
    """The WARC record of the text, as an address relative to the archive's folder, in bytes."""
    if row.evidence is None:
        return None
    name, offset, length = row.evidence
    return f"warc/{quote(name)}#bytes={offset}-{offset + length - 1}"
