"""All that is known about this one site: hosts, grammar, zone, link patterns.

The day the site changes, or for a sister site, this is the file to edit.  Facts come
from one real listing page and from public traces of the site; what nobody has seen is
marked as an assumption.  Standard library only.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone

HOST = "www.178hui.com"
HOSTS = ("www.178hui.com", "178hui.com", "m.178hui.com")

START_URL = "http://www.178hui.com/news/"
"""The section's start page. An assumption: nobody here has seen it; ``--start-url`` overrides it."""

ZONE = timezone(timedelta(hours=8))
"""Times on the site carry no zone; the site is in China (an assumption, recorded as such)."""

ARTICLE_PATH = re.compile(r"/news/view/(\d{1,18})\.html?$")
"""A detail page's path; the number is the article's ``site_id``."""

SECTION = "一起惠资讯"
LISTING_LEAF = "文章列表"
"""Last step of a listing page's breadcrumb."""

OWN_SOURCES = ("一起惠返利网", "一起惠")
"""The site's own signatures, longest first."""

READ_ON = ("阅读全文", "查看全文", "全文", "查看更多", "阅读更多", "[详情]", "详情")
"""Link texts that lead on to the whole text and are not titles."""

FURNITURE_HEADINGS = (
    "相关文章", "相关阅读", "相关资讯", "相关推荐", "推荐阅读", "猜你喜欢",
    "热门文章", "热门资讯", "最新文章", "最新资讯", "上一篇", "下一篇", "分享到",
)  # fmt: skip
"""Lines that open a block around the article, not of it."""


def site_id(path: str) -> int | None:
    """The article's number in a detail page's address path, or None.

    >>> site_id("/news/view/5561.html")
    5561
    """
    match = ARTICLE_PATH.search(path)
    return int(match.group(1)) if match else None
