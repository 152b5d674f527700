"""What the middlewares share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self


class Component:
    """A part that Scrapy makes from nothing but the crawler."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)


def header(message: Request | Response, name: str) -> str:
    """A header's first value, "" without one."""
    return (message.headers.get(name) or b"").decode("latin-1")
