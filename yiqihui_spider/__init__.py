"""Scraper and archive for the news section of 178hui.com (一起惠资讯).

The functions of :mod:`yiqihui_spider.api` are the public ones; each is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from yiqihui_spider.wording import __version__

if TYPE_CHECKING:
    from yiqihui_spider.api import (
        ArchiveError,
        ArticleItem,
        CrawlRun,
        ParsedPage,
        SiteError,
        SplitPage,
        open_archive,
        read_page,
        run_crawl,
        search,
        split,
    )

__all__ = [
    "ArchiveError",
    "ArticleItem",
    "CrawlRun",
    "ParsedPage",
    "SiteError",
    "SplitPage",
    "__version__",
    "open_archive",
    "read_page",
    "run_crawl",
    "search",
    "split",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("yiqihui_spider.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
