"""The spider: fetches the next task until there is none. No parsing, no SQL.

What to fetch next is the controller's to say, asked anew each time the engine is idle, that is,
when the page before has gone through the pipelines and its rows are committed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object
from twisted.python.failure import Failure
from typing_extensions import Self

from yiqihui_spider.items import Controller, FailureItem, FetchTask, PageItem
from yiqihui_spider.middlewares.errors import reason_phrase
from yiqihui_spider.middlewares.parts import header
from yiqihui_spider.middlewares.reasons import Way, why

SLOT = "site"
"""All hosts of the site share one delay, and one request at a time."""

WHOLE_RANGE = re.compile(rb"bytes 0-(\d{1,15})/(\d{1,15})")


SETTINGS_FILE = "yiqihui_spider.crawl.addon.SettingsFile"
"""The add-on that reads ``yiqihui.toml`` and the environment."""


class ListingSpider(Spider):
    """Arguments: ``category`` and ``start_url`` (lists, or comma-separated), ``mode``
    (``incremental`` or ``full``), ``details`` (``0`` leaves detail pages), ``full_every`` (days)."""

    name = "listing"
    archives = True
    """A crawl of this spider is a run of an archive."""
    controller: Controller | None = None
    """Set by the extension that holds the archive; None when pages are fetched by hand."""
    _end: asyncio.Task[None] | None = None

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """``ADDONS`` is how others add to a crawl, and replacing it must not take ours away."""
        super().update_settings(settings)
        settings["ADDONS"].setdefault(SETTINGS_FILE, 0)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        if task := self.run.next_task():
            yield self.request(task)

    @property
    def run(self) -> Controller:
        if self.controller is None:
            raise ValueError("no run has been begun: the spider needs CaptureExtension")
        return self.controller

    def on_idle(self) -> None:
        if self.controller is None:
            return
        if task := self.controller.next_task():
            self.crawler.engine.crawl(self.request(task))
        elif self._end is None:
            self._end = asyncio.get_running_loop().create_task(self.end())
        raise DontCloseSpider

    async def end(self) -> None:
        """Give the articles out while all of Scrapy is at work, for pipelines may want to fetch."""
        engine = self.crawler.engine
        await engine.scraper.itemproc.give_articles()  # type: ignore[attr-defined]
        with suppress(RuntimeError):  # closed meanwhile, by a signal
            await engine.close_spider_async(reason="finished")

    def request(self, task: FetchTask) -> Request:
        headers = {"If-None-Match": task.etag, "If-Modified-Since": task.last_modified}
        return Request(
            task.url,
            callback=self.page_came,
            errback=self.failed,
            headers={name: value for name, value in headers.items() if value},
            meta={"home": task.url, "names": self.run.site.names, "download_slot": SLOT},
            cb_kwargs={"task": task},
            dont_filter=True,
        )

    async def page_came(self, response: Response, task: FetchTask) -> None:
        for item in self.pages(response, task):
            await self._file(item)

    async def _file(self, item: PageItem | FailureItem) -> None:
        """Pages and failures are no items to count or to export; articles are, when the crawl ends."""
        await self.crawler.engine.scraper.itemproc.process_page(item)  # type: ignore[attr-defined]

    def pages(self, response: Response, task: FetchTask) -> Iterator[PageItem | FailureItem]:
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

    async def failed(self, failure: Failure) -> None:
        request = failure.request  # type: ignore[attr-defined]
        kind, reason = why(failure.value or Exception("no reason was given"), Way.of(request))
        await self._file(FailureItem(request.cb_kwargs["task"], reason, kind, request.meta.get("capture")))

    def parse(self, response: Response, **_: Any) -> Iterator[dict[str, Any] | Request]:
        """What a page says, for who asks by hand; a crawl takes ``page_came``.

        @sample /news/list.php?cat=3&page=1
        @returns items 8 8
        @returns requests 9 9
        @scrapes url headline articleBody articleSection datePublished source interactionStatistic
        """
        read = load_object(self.settings["PAGE_READER"])
        content_type = header(response, "Content-Type") or None
        page = read(response.url, response.body, content_type, self.settings["SITE"])
        yield from page.articles
        yield from (response.follow(link, callback=self.parse) for link in page.links)

    def parse_article(self, response: Response, **_: Any) -> Iterator[dict[str, Any] | Request]:
        """An article's own page, which a listing leads to.

        @sample /news/view/4459.html
        @returns items 1 1
        @returns requests 0 0
        @scrapes url headline articleBody datePublished source interactionStatistic
        """
        return self.parse(response)


def brings_a_page(response: Response) -> bool:
    """Whether an answer is a page, or says that it is as we hold it.

    203 is a 200 that a proxy on the way has altered (RFC 9110, 15.3.4); 206 a part, which may be all.
    """
    if response.status == 206:
        held = WHOLE_RANGE.fullmatch(response.headers.get("Content-Range") or b"")
        return held is not None and int(held[1]) + 1 == int(held[2])
    return response.status in (200, 203, 304)
