"""The spider: fetches the next task until there is none. No parsing, no SQL.

What to fetch next is the controller's to say, asked anew each time the engine is idle, that is,
when the page before has gone through the pipelines and its rows are committed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure
from typing_extensions import Self

from yiqihui_spider.items import Controller, FailureItem, FetchTask, PageItem
from yiqihui_spider.middlewares.errors import reason_phrase
from yiqihui_spider.middlewares.parts import header
from yiqihui_spider.middlewares.reasons import Way, why

SLOT = "site"
"""All hosts of the site share one delay, and one request at a time."""

WHOLE_RANGE = re.compile(rb"bytes 0-(\d{1,15})/(\d{1,15})")


class ListingSpider(Spider):
    """Arguments: ``category`` and ``start_url`` (lists, or comma-separated), ``mode``
    (``incremental`` or ``full``), ``details`` (``0`` leaves detail pages), ``full_every`` (days)."""

    name = "listing"
    controller: Controller
    """Set when the spider is opened, by the extension that holds the archive."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        if task := self.controller.next_task():
            yield self.request(task)

    def on_idle(self) -> None:
        task = self.controller.next_task()
        if task is None:
            return
        assert self.crawler.engine is not None
        self.crawler.engine.crawl(self.request(task))
        raise DontCloseSpider

    def request(self, task: FetchTask) -> Request:
        headers = {"If-None-Match": task.etag, "If-Modified-Since": task.last_modified}
        return Request(
            task.url,
            callback=self.parse,
            errback=self.failed,
            headers={name: value for name, value in headers.items() if value},
            meta={"home": task.url, "names": self.controller.site.names, "download_slot": SLOT},
            cb_kwargs={"task": task},
            dont_filter=True,
        )

    def parse(self, response: Response, task: FetchTask) -> Iterator[PageItem | FailureItem]:
        capture = response.meta["capture"]
        if capture is None:  # it could not be kept, and the run is ending
            return
        if capture.truncated:
            yield FailureItem(task, "longer than our limit: cut off there", "strange", capture)
        elif brings_a_page(response):
            content_type = header(response, "Content-Type") or None
            yield PageItem(response.url, response.body, content_type, capture, task)
        else:
            busy = response.status >= 500 or response.status in (408, 429)
            reason = f"{response.status} {reason_phrase(response.status)}".rstrip()
            yield FailureItem(task, reason, "unreachable" if busy else "http", capture)

    def failed(self, failure: Failure) -> Iterator[FailureItem]:
        request = failure.request  # type: ignore[attr-defined]
        kind, reason = why(failure.value or Exception("no reason was given"), Way.of(request))
        yield FailureItem(request.cb_kwargs["task"], reason, kind, request.meta.get("capture"))


def brings_a_page(response: Response) -> bool:
    """Whether an answer is a page, or says that it is as we hold it.

    203 is a 200 that a proxy on the way has altered (RFC 9110, 15.3.4); 206 a part, which may be all.
    """
    if response.status == 206:
        held = WHOLE_RANGE.fullmatch(response.headers.get("Content-Range") or b"")
        return held is not None and int(held[1]) + 1 == int(held[2])
    return response.status in (200, 203, 304)
