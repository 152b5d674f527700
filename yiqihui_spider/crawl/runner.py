"""Run a crawl in this process and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from yiqihui_spider import settings as project_settings
from yiqihui_spider.crawl.extension import CaptureExtension
from yiqihui_spider.crawl.item_processor import page_filed
from yiqihui_spider.crawl.outcome import Summary
from yiqihui_spider.items import FailureItem, PageItem
from yiqihui_spider.spiders.listing import ListingSpider


@dataclass(frozen=True, slots=True)
class CrawlResult:
    summary: Summary
    exit_code: int
    outcome: str
    requests: int


Progress = Callable[[PageItem | FailureItem, Summary, int], None]
"""Called after each page with what came, the summary so far, and how many tasks are known to remain."""


def crawl_settings(archive: Path, **overrides: Any) -> Settings:
    """The project's settings, for one run."""
    settings = Settings()
    settings.setmodule(project_settings, priority="project")
    settings.set("ARCHIVE", str(archive), priority="cmdline")
    for name, value in overrides.items():
        settings.set(name, value, priority="cmdline")
    return settings


def crawl(
    archive: Path, options: dict[str, Any], overrides: dict[str, Any], progress: Progress | None = None
) -> CrawlResult:
    """Crawl into ``archive``; ``plan`` are the spider's arguments.

    Once per process, as Twisted's reactor has it.  Raises ArchiveLocked or ArchiveError
    when the archive cannot be had.
    """
    process = AsyncCrawlerProcess(crawl_settings(archive, **overrides))
    crawler = process.create_crawler(ListingSpider)
    if progress is not None:

        def on_item(item: Any) -> None:
            controller = _extension(crawler).controller
            progress(item, controller.summary, controller.remaining())

        crawler.signals.connect(on_item, page_filed, weak=False)
    task = process.crawl(crawler, **options)
    process.start()
    error = task.exception() if task.done() and not task.cancelled() else None
    if error is not None:
        raise error
    extension = _extension(crawler)
    session = extension.session
    return CrawlResult(
        extension.controller.summary,
        session.exit_code,
        session.outcome,
        int(session.stats.get("requests", 0)),
    )


def _extension(crawler: Any) -> CaptureExtension:
    extension = crawler.get_extension(CaptureExtension)
    assert isinstance(extension, CaptureExtension)
    return extension
