"""split → normalise → archive: thin adapters between Scrapy and the pure parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itemadapter import ItemAdapter

from yiqihui_spider.items import Controller, FailureItem, PageItem
from yiqihui_spider.parse.normalise import normalise
from yiqihui_spider.parse.page_text import page_text
from yiqihui_spider.parse.read import page_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self


class SplitPipeline:
    """Fills ``text`` and ``page``."""

    def process_item(self, item: Any) -> Any:
        adapter = ItemAdapter(item)
        if isinstance(item, PageItem) and adapter["capture"].http_status != 304:
            adapter["text"] = page_text(adapter["body"], adapter["content_type"], adapter["url"])
            adapter["page"] = page_of(adapter["text"])
        return item


class NormalisePipeline:
    """Fills ``reading``."""

    def process_item(self, item: Any) -> Any:
        adapter = ItemAdapter(item)
        if isinstance(item, PageItem) and adapter["page"] is not None:
            adapter["reading"] = normalise(adapter["url"], adapter["text"], adapter["page"])
        return item


class ArchivePipeline:
    """Hands pages and failures to the run's controller, which archives each in one transaction."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def controller(self) -> Controller:
        """The controller that ``CaptureExtension`` gave the spider."""
        try:
            controller: Controller = self.crawler.spider.controller  # type: ignore[union-attr]
        except AttributeError:
            raise ValueError(
                "ArchivePipeline needs yiqihui_spider.crawl.extension.CaptureExtension"
            ) from None
        return controller

    def process_item(self, item: Any) -> Any:
        if isinstance(item, FailureItem):
            self.controller.record_failure(item)
        elif isinstance(item, PageItem):
            self.controller.record_page(item)
        return item
