"""Settings with which no crawl of ours is begun; with real processes in ``test_scrapy_crawl.py``."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.settings import Settings

from yiqihui_spider import settings as ours
from yiqihui_spider.crawl.guards import UnfitSettings, makes_a_run, refuse
from yiqihui_spider.crawl.runner import crawl_settings
from yiqihui_spider.middlewares.robots import RobotsMiddleware
from yiqihui_spider.spiders.listing import ListingSpider


def made(**chosen: object) -> Settings:
    """As ``-s`` would: a text."""
    return crawl_settings(Path("a.db"), **chosen)


def refusal(**chosen: object) -> str:
    with pytest.raises(UnfitSettings) as caught:
        refuse(made(**chosen))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("no crawl with these settings: ")


def middlewares(**changed: int | None) -> str:
    named = {path.rpartition(".")[2]: path for path in ours.DOWNLOADER_MIDDLEWARES}
    return json.dumps(
        {**ours.DOWNLOADER_MIDDLEWARES, **{named.get(name, name): at for name, at in changed.items()}}
    )


def is_fit(**chosen: object) -> bool:
    try:
        refuse(made(**chosen))
    except UnfitSettings:
        return False
    return True


def test_ours_as_they_are_and_with_more_are_fit() -> None:
    assert is_fit()
    assert is_fit(DOWNLOADER_MIDDLEWARES=middlewares(**{"my.Middleware": 800}), CONCURRENT_REQUESTS=4)
    assert is_fit(CLOSESPIDER_TIMEOUT="30", CLOSESPIDER_PAGECOUNT=5, DOWNLOAD_DELAY=3, JOBDIR="")
    assert is_fit(TWISTED_REACTOR="twisted.internet.asyncioreactor.AsyncioSelectorReactor")


def test_parts_may_be_named_as_classes() -> None:
    parts: dict[Any, int | None] = dict(ours.DOWNLOADER_MIDDLEWARES)
    parts[RobotsMiddleware] = parts.pop("yiqihui_spider.middlewares.robots.RobotsMiddleware")
    assert is_fit(DOWNLOADER_MIDDLEWARES=parts)


ALONE = '{"my.Part": 900}'
SCRAPYS_ROBOTS = "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("DOWNLOADER_MIDDLEWARES", ALONE, "takes OneHostMiddleware, RobotsMiddleware, PatienceMiddleware, "),
        ("DOWNLOADER_MIDDLEWARES", middlewares(RobotsMiddleware=None), "takes RobotsMiddleware away"),
        ("DOWNLOADER_MIDDLEWARES", middlewares(FaultMiddleware=900), "must have yiqihui_spider.middlewares."),
        (
            "DOWNLOADER_MIDDLEWARES",
            middlewares(RobotsTxtMiddleware=90),
            f"must have {SCRAPYS_ROBOTS} at None",
        ),
        ("DOWNLOADER_MIDDLEWARES_BASE", "{}", "takes DownloadTimeoutMiddleware, DefaultHeadersMiddleware, "),
        ("ITEM_PIPELINES", "{}", "takes SplitPipeline, NormalisePipeline, ArchivePipeline away"),
        ("EXTENSIONS", ALONE, "takes CaptureExtension away"),
        ("HTTPCACHE_ENABLED", "1", "must be off: pages would come from Scrapy's cache"),
        ("HTTPCACHE_ENABLED", True, "must be off: pages would come from Scrapy's cache"),
        ("COMPRESSION_ENABLED", "True", "must be off: "),
        ("AUTOTHROTTLE_ENABLED", "true", "must be off: it does not keep the Crawl-delay"),
        ("JOBDIR", "jobs", "must be off: progress is kept in the archive"),
        ("CLOSESPIDER_ITEMCOUNT", "5", "must be off: articles are given out when the crawl ends"),
        ("CLOSESPIDER_TIMEOUT_NO_ITEM", "5", "must be off: articles are given out when the crawl ends"),
        ("CLOSESPIDER_PAGECOUNT_NO_ITEM", "5", "must be off: articles are given out when the crawl ends"),
        ("ITEM_PROCESSOR", "scrapy.pipelines.ItemPipelineManager", "must be yiqihui_spider.crawl."),
        ("DOWNLOAD_HANDLERS", '{"https": "scrapy_playwright.handler.X"}', "must leave https to Scrapy's own"),
        ("DOWNLOAD_HANDLERS", '{"http": null}', "must leave http to Scrapy's own"),
        ("SCHEDULER", "scrapy_redis.scheduler.Scheduler", "must be scrapy.core.scheduler.Scheduler: "),
        ("TWISTED_REACTOR", "twisted.internet.pollreactor.PollReactor", "must be twisted.internet.asyncio"),
        ("TWISTED_REACTOR_ENABLED", "0", "must be on"),
    ],
)
def test_what_would_take_manners_or_evidence_away_is_refused(setting: str, value: object, words: str) -> None:
    told = refusal(**{setting: value})
    assert told.startswith(f"{setting} {words}")
    if "takes" in words:
        assert (
            "use ADDONS, or a settings file that begins with 'from yiqihui_spider.settings import *'" in told
        )


def test_only_a_crawl_of_ours_is_a_run() -> None:
    def crawler(spider: object) -> Any:
        return SimpleNamespace(spider=spider)

    class Mine(ListingSpider):
        pass

    class ByHand(ListingSpider):
        pass

    async def start(self: object) -> None:
        pass

    start.__module__ = "scrapy.commands.fetch"
    ByHand.start = start  # type: ignore[assignment, method-assign]
    assert [makes_a_run(crawler(one)) for one in (ListingSpider(), Mine())] == [True, True]
    assert [makes_a_run(crawler(one)) for one in (None, ByHand(), object())] == [False, False, False]
