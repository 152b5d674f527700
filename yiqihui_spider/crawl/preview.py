"""A page read without a run: for ``scrapy parse``, ``scrapy shell`` and ``scrapy check``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from yiqihui_spider.items import ArticleItem, ParsedPage
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.site import DEFAULT, SiteProfile, load_profile


@dataclass(frozen=True, slots=True)
class Preview:
    """What a page says, for a person to look at."""

    articles: tuple[dict[str, Any], ...]
    """Under the names of ``export --format jsonl``, as far as one page tells them."""
    links: tuple[str, ...]
    """Where a crawl would go on."""


def preview(url: str, body: bytes, content_type: str | None, site: str | SiteProfile | None) -> Preview:
    profile = site if isinstance(site, SiteProfile) else load_profile(site or DEFAULT)
    _, _, reading = read_page(body, content_type, url, profile)
    articles = tuple(_article(one, reading, profile) for one in reading.articles)
    return Preview(articles, tuple(dict.fromkeys(_links(url, reading))))


def _article(article: ArticleItem, reading: ParsedPage, site: SiteProfile) -> dict[str, Any]:
    return {
        "siteId": article.site_id,
        "url": article.url,
        "headline": article.title,
        "articleBody": article.body,
        "articleSection": [reading.category] if reading.category else [],
        "datePublished": article.published_at,
        "source": article.source,
        "interactionStatistic": article.views
        and {
            "@type": "InteractionCounter",
            "interactionType": {"@type": "ViewAction"},
            "userInteractionCount": article.views,
        },
        "publisher": {"@type": "Organization", "name": site.title, "url": site.start_url},
        "excerpt": article.excerpt,
        "bodyChars": len(article.body),
    }


def _links(url: str, reading: ParsedPage) -> Iterator[str]:
    yield from (one.url for one in reading.articles if one.url and one.url != url)
    if reading.next_url:
        yield reading.next_url
    if reading.kind == "other":
        yield from reading.listing_urls.values()
