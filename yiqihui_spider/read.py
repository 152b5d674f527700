"""The one road from a response's bytes to a reading, for live pages, files and old captures."""

from __future__ import annotations

from yiqihui_spider.items import Page, PageText, Reading
from yiqihui_spider.normalise import normalise
from yiqihui_spider.pagetext import page_text
from yiqihui_spider.splitter import split

PARSER_VERSION = "1"
"""Goes up with every change that may read an old capture differently."""


def read_page(body: bytes, content_type: str | None, url: str) -> tuple[PageText, Page, Reading]:
    """``body`` with its content coding undone; ``url`` the page's own address."""
    text = page_text(body, content_type, url)
    page = split(text.text, text.furniture)
    return text, page, normalise(url, text, page)
