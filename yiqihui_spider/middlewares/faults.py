"""Patience with a server in trouble, and refusal of answers that came cut off."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timezone
from time import monotonic
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.utils.misc import load_object

from yiqihui_spider.characters import printable_line
from yiqihui_spider.clock import retry_after
from yiqihui_spider.items import PAGE_STATUSES
from yiqihui_spider.middlewares.errors import BrokenAnswer, ProxyRefused, TooLong, Untrusted
from yiqihui_spider.middlewares.parts import Component, header
from yiqihui_spider.middlewares.reasons import Way, is_certificate_trouble
from yiqihui_spider.middlewares.tls import certificate_trouble
from yiqihui_spider.warc.coding import undo_coding

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)


class PatienceMiddleware(Component):
    """Waits before Scrapy's RetryMiddleware asks again: what Retry-After says, or a backoff.

    Stands nearer to the network than RetryMiddleware, so it sees each answer first.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        super().__init__(crawler)
        self.codes = {int(code) for code in settings.getlist("RETRY_HTTP_CODES")}
        self.exceptions: tuple[type[Exception], ...] = tuple(
            load_object(name) for name in settings.getlist("RETRY_EXCEPTIONS")
        )
        self.times = settings.getint("RETRY_TIMES")
        self.backoff = settings.getfloat("RETRY_BACKOFF")
        self.longest = settings.getfloat("RETRY_AFTER_MAX")

    async def process_response(self, request: Request, response: Response) -> Response:
        if response.status in self.codes:
            asked = header(response, "Retry-After")
            await self._pause(request, retry_after(asked, datetime.now(timezone.utc)))
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        if is_certificate_trouble(exception):  # asking again would not help
            authorization = header(request, "Proxy-Authorization")
            proxy = request.meta.get("proxy")
            trouble = await asyncio.to_thread(certificate_trouble, request.url, proxy, authorization or None)
            raise Untrusted(trouble) from exception
        if isinstance(exception, self.exceptions):
            await self._pause(request, None)

    async def _pause(self, request: Request, asked: float | None) -> None:
        tried = request.meta.get("retry_times", 0)
        if tried >= self.times or request.meta.get("dont_retry"):
            return
        if asked is not None and asked > self.longest:
            request.meta["dont_retry"] = True
            return
        await pause(self.crawler, self.backoff * 2**tried if asked is None else asked)


async def pause(crawler: Crawler, seconds: float) -> None:
    """Sleep, but no longer than the crawl is meant to go on."""
    assert crawler.engine is not None
    end = monotonic() + seconds
    while crawler.engine.running and (left := end - monotonic()) > 0:
        await asyncio.sleep(min(left, 0.2))


def _should_have_a_page(request: Request, response: Response) -> bool:
    return response.status in PAGE_STATUSES and "task" in request.cb_kwargs


class FaultMiddleware(Component):
    """Undoes the content coding, and turns an answer that is not whole into an exception,
    once it is safe in the WARC."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.limit = crawler.settings.getint("TEXT_LIMIT")
        self.backoff = crawler.settings.getfloat("RETRY_BACKOFF")

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        if response.status == 407 and (way := Way.of(request)).proxy:
            raise ProxyRefused(f"{way.first} refused: 407 Proxy Authentication Required")
        try:
            body, reason = whole_body(response, self.limit)
        except TooLong:
            if capture := request.meta.get("capture"):
                request.meta["capture"] = replace(capture, truncated="length")
            raise
        if not body and _should_have_a_page(request, response):
            reason = reason or "the answer was empty"
        if reason is None:
            return response if body is response.body else response.replace(body=body)
        assert self.crawler.spider is not None
        again = get_retry_request(request, spider=self.crawler.spider, reason=reason)
        if again is None:
            raise BrokenAnswer(reason)
        await pause(self.crawler, self.backoff * 2 ** request.meta.get("retry_times", 0))
        return again


def whole_body(response: Response, limit: int) -> tuple[bytes, str | None]:
    """The body with its content coding undone, and why it is not whole, if it is not.

    Raises TooLong."""
    if "dataloss" in response.flags:
        return b"", "the answer was cut off before its end"
    if not response.body or "download_stopped" in response.flags:
        return response.body, None
    coding = header(response, "Content-Encoding")
    decoded = undo_coding(response.body, coding, limit)
    named = f"content coding {printable_line(coding) or 'that nobody declared'}"
    if decoded.cut:
        raise TooLong(f"{named}: longer than our limit when unpacked")
    if decoded.warning:
        logger.info("%s: content coding: %s", response.url, printable_line(decoded.warning))
    return decoded.body, f"{named}: {decoded.problem}" if decoded.problem else None
