"""The spider: fetches the next step until there is none. No parsing, no SQL.

What to fetch next is the desk's to say, asked anew each time the engine is idle, that is,
when the page before has gone through the pipelines and its rows are committed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DontCloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.python.failure import Failure
from typing_extensions import Self

from yiqihui_spider.items import Desk, FailureItem, FailureKind, PageItem, Step
from yiqihui_spider.net.errors import reason_phrase

NO_ANSWER = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionClosed,
    TunnelError,
)
"""What the network can do to a request. Other exceptions are odd answers, or faults of ours."""


class ListingSpider(Spider):
    """Arguments: ``category`` and ``start_url`` (lists, or comma-separated), ``mode``
    (``incremental`` or ``full``), ``details`` (``0`` leaves detail pages), ``full_every`` (days)."""

    name = "listing"
    desk: Desk
    """Set when the spider is opened, by the extension that holds the archive."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        if step := self.desk.next_step():
            yield self.request(step)

    def on_idle(self) -> None:
        step = self.desk.next_step()
        if step is None:
            return
        assert self.crawler.engine is not None
        self.crawler.engine.crawl(self.request(step))
        raise DontCloseSpider

    def request(self, step: Step) -> Request:
        headers = {"If-None-Match": step.etag, "If-Modified-Since": step.last_modified}
        return Request(
            step.url,
            callback=self.parse,
            errback=self.failed,
            headers={name: value for name, value in headers.items() if value},
            meta={"home": step.url},
            cb_kwargs={"step": step},
            dont_filter=True,
        )

    def parse(self, response: Response, step: Step) -> Iterator[PageItem | FailureItem]:
        capture = response.meta["capture"]
        if capture is None:  # it could not be kept, and the run is ending
            return
        if capture.truncated:
            yield FailureItem(step, "longer than our limit: cut off there", "strange", capture)
        elif response.status in (200, 304):
            content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
            yield PageItem(response.url, response.body, content_type, capture, step)
        else:
            busy = response.status >= 500 or response.status in (408, 429)
            reason = f"{response.status} {reason_phrase(response.status)}".rstrip()
            yield FailureItem(step, reason, "unreachable" if busy else "http", capture)

    def failed(self, failure: Failure) -> Iterator[FailureItem]:
        request = failure.request  # type: ignore[attr-defined]
        kind, reason = why(failure.value or Exception("failed"))
        yield FailureItem(request.cb_kwargs["step"], reason, kind, request.meta.get("capture"))


def why(error: BaseException) -> tuple[FailureKind, str]:
    """The kind of failure and its reason in words. Our own errors say their kind themselves."""
    kind: FailureKind | None = getattr(error, "kind", None)
    words = str(error) or type(error).__name__
    if kind is not None:
        return kind, words
    if isinstance(error, IgnoreRequest):
        return "strange", words
    return "unreachable" if isinstance(error, NO_ANSWER) else "strange", f"{type(error).__name__}: {words}"
