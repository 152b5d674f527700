"""An article under the names of schema.org's NewsArticle: for ``export`` and for Scrapy's feeds alike.

``headline``, ``articleBody``, ``datePublished``, ``datePublishedRaw``, ``inLanguage`` and ``url``
are also what zyte-common-items calls them.  Not of these vocabularies are ``id`` (the article's
number in the archive), ``siteId``, ``source``, ``firstSeenAt``, ``lastSeenAt``, ``state``,
``excerpt`` (only the beginning is known), ``version``, ``contentHash`` and ``bodyChars``.
All names are always there; what is not known is None.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import quote

from yiqihui_spider.archive.queries.export_rows import ArticleRow

LANGUAGE = "zh-CN"


def news_article(row: ArticleRow, site: Any) -> dict[str, Any]:
    """An article as a schema.org NewsArticle; ``site`` is the profile whose article it is. Pure."""
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


def moment(time: str, zone: tzinfo) -> datetime:
    """A time of the archive in the site's zone."""
    return datetime.fromisoformat(time).astimezone(zone)


def local(time: str, zone: tzinfo) -> str:
    """The same as text.

    >>> from datetime import timedelta, timezone
    >>> local("2026-11-22T06:00:00+00:00", timezone(timedelta(hours=8)))
    '2026-11-22T14:00:00+08:00'
    """
    return moment(time, zone).isoformat()
