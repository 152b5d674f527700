"""Components with a fault in them, put into crawls to see that the exit code tells."""

from __future__ import annotations

from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

POISON = "/news/view/4160.html"


class FailingPipeline:
    takes_pages = True

    def process_item(self, item: Any) -> Any:
        if POISON in item.task.url:
            raise KeyError("a pipeline's fault")
        return item


class FailingMiddleware:
    def process_response(self, request: Request, response: Response) -> Response:
        if POISON in request.url:
            raise KeyError("a middleware's fault")
        return response


class FailingSpiderMiddleware:
    async def process_spider_output(self, response: Response, result: Any) -> Any:
        if POISON in response.url:
            raise KeyError("a spider's fault")
        async for item in result:
            yield item


class FailingEnd:
    """An extension that breaks the archive just before the run is closed."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        crawler.signals.connect(self.item_scraped, signals.item_scraped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FailingEnd:
        return cls(crawler)

    def item_scraped(self) -> None:
        from yiqihui_spider.crawl.extension import CaptureExtension

        extension = self.crawler.get_extension(CaptureExtension)
        assert extension is not None
        extension.session.stats["not for JSON"] = object()
