"""split → normalise → archive: thin adapters between Scrapy and the pure parts.

They take pages; ``crawl/item_processor`` keeps them apart from other pipelines, which take articles.
"""

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


class PagePipeline:
    """One that reads pages and failures, not articles."""

    takes_pages = True

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)


class SplitPipeline(PagePipeline):
    """Fills ``text`` and ``page``."""

    def process_item(self, item: Any) -> Any:
        adapter = ItemAdapter(item)
        if isinstance(item, PageItem) and adapter["capture"].http_status != 304:
            site = controller_of(self.crawler).site
            adapter["text"] = page_text(adapter["body"], adapter["content_type"], adapter["url"], site)
            adapter["page"] = page_of(adapter["text"], site)
        return item


class NormalisePipeline(PagePipeline):
    """Fills ``reading``."""

    def process_item(self, item: Any) -> Any:
        adapter = ItemAdapter(item)
        if isinstance(item, PageItem) and adapter["page"] is not None:
            adapter["reading"] = normalise(
                adapter["url"], adapter["text"], adapter["page"], controller_of(self.crawler).site
            )
        return item


class ArchivePipeline(PagePipeline):
    """Hands pages and failures to the run's controller, which archives each in one transaction."""

    def process_item(self, item: Any) -> Any:
        if isinstance(item, FailureItem):
            controller_of(self.crawler).record_failure(item)
        elif isinstance(item, PageItem):
            controller_of(self.crawler).record_page(item)
        return item


def controller_of(crawler: Crawler) -> Controller:
    """The controller that ``CaptureExtension`` gave the spider."""
    controller: Controller | None = getattr(crawler.spider, "controller", None)
    if controller is None:
        raise ValueError("the pipelines need yiqihui_spider.crawl.extension.CaptureExtension")
    return controller
