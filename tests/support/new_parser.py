"""A parser that reads otherwise than today's, for what happens when it is replaced."""

from __future__ import annotations

from dataclasses import replace

from yiqihui_spider.items import PageText, ParsedPage, SplitPage
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.site import SiteProfile

NEW = "of tomorrow"
Read = tuple[PageText, SplitPage, ParsedPage]


def tomorrow(body: bytes, content_type: str | None, url: str, site: SiteProfile) -> Read:
    """A parser that finds more in titles and less in bodies."""
    text, page, reading = read_page(body, content_type, url, site)
    articles = tuple(
        replace(a, title=f"新{a.title}", body=a.body.replace("全新的第二段。", "")) for a in reading.articles
    )
    return text, page, replace(reading, articles=articles)
