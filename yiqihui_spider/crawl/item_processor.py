"""What becomes of items: pages go to the archive, and articles are what a crawl has scraped.

A page that was fetched is no item in Scrapy's sense (it may hold twenty articles, or confirm what is
known), so it takes a road of its own through the pipelines that read pages. When there is nothing
more to fetch, each article that the pages showed is given out once, as the archive knows it then: to
other pipelines, to feeds, and to who counts ``item_scraped``.
"""

from __future__ import annotations

import asyncio
from typing import Any

from scrapy.pipelines import ItemPipelineManager
from scrapy.utils.defer import ensure_awaitable

from yiqihui_spider.crawl.extension import CaptureExtension
from yiqihui_spider.items import FailureItem, PageItem

page_filed = object()
"""The signal that a page, or a failure, went through the pipelines; ``item`` is it."""


class ItemProcessor(ItemPipelineManager):
    """Scrapy's, with the pipelines that read pages (they say ``takes_pages``) kept apart."""

    _giving: asyncio.Future[None] | None = None

    def _add_middleware(self, mw: Any) -> None:
        if getattr(mw, "takes_pages", False):
            self.methods["process_page"].append(mw.process_item)
        else:
            super()._add_middleware(mw)

    async def process_page(self, item: PageItem | FailureItem) -> None:
        filed: Any = item
        for method in self.methods["process_page"]:
            assert method is not None
            filed = await ensure_awaitable(method(filed))
        assert self.crawler is not None
        self.crawler.signals.send_catch_log(page_filed, item=item)

    async def close_spider_async(self) -> None:
        """However the crawl ends: when it was interrupted, what was seen until then."""
        await self.give_articles()
        await super().close_spider_async()

    async def give_articles(self) -> None:
        """Once; who asks again waits until that is done."""
        if self._giving is None:
            self._giving = asyncio.ensure_future(self._give_articles())
        await self._giving

    async def _give_articles(self) -> None:
        assert self.crawler is not None
        extension = self.crawler.get_extension(CaptureExtension)
        if extension is None:
            return
        scraper = self.crawler.engine.scraper
        try:
            for article in extension.articles():
                await scraper.start_itemproc_async(article, response=None)
        except Exception as error:  # Scrapy would log it and call the crawl finished
            extension.controller.halt(error)
