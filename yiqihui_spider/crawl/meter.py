"""What a crawl meets on the network, counted as Scrapy tells of it; and what the monitors make of a crawl."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timezone
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals

from yiqihui_spider.archive.queries.crawl_counts import crawl_counts, publication_times
from yiqihui_spider.archive.state.monitor_results import past_counts
from yiqihui_spider.errors import in_words
from yiqihui_spider.items import PAGE_STATUSES
from yiqihui_spider.watch import monitors
from yiqihui_spider.watch.counts import CrawlCounts, Feed, MonitorResult, PastCrawl, hours

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self

    from yiqihui_spider.crawl.outcome import Summary
    from yiqihui_spider.session import Session

logger = logging.getLogger(__name__)

REDIRECTS = (301, 302, 303, 307, 308)


@dataclass  # no slots: Scrapy's signals want weak references
class Meter:
    """Counts by address, so that three tries for one page are one trouble."""

    started_at: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat())
    asked: set[str] = field(default_factory=set)
    troubled: set[str] = field(default_factory=set)
    redirected: set[str] = field(default_factory=set)
    elapsed_ms: list[float] = field(default_factory=list)
    page_bytes: list[int] = field(default_factory=list)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        meter = cls()
        connect = crawler.signals.connect
        connect(meter.request_reached_downloader, signals.request_reached_downloader)
        connect(meter.headers_received, signals.headers_received)
        connect(meter.response_downloaded, signals.response_downloaded)
        connect(meter.request_left_downloader, signals.request_left_downloader)
        return meter

    def request_reached_downloader(self, request: Request) -> None:
        request.meta["answered"] = False
        self.asked.add(_address(request))
        if request.meta.get("retry_times"):
            self.troubled.add(_address(request))

    def headers_received(self, request: Request) -> None:
        request.meta["headers_at"] = monotonic()

    def response_downloaded(self, response: Response, request: Request) -> None:
        address, status = _address(request), response.status
        request.meta["answered"] = True
        if status in REDIRECTS:
            self.redirected.add(address)
        elif status >= (500 if "task" not in request.cb_kwargs else 400):  # no robots.txt is no trouble
            self.troubled.add(address)
        if status in PAGE_STATUSES and "task" in request.cb_kwargs:
            self._time(request)
            if request.cb_kwargs["task"].kind == "listing":
                self.page_bytes.append(len(response.body))

    def _time(self, request: Request) -> None:
        body = monotonic() - request.meta.get("headers_at", monotonic())
        self.elapsed_ms.append(1000 * (request.meta.get("download_latency", 0.0) + body))

    def request_left_downloader(self, request: Request) -> None:
        if not request.meta.get("answered"):
            self.troubled.add(_address(request))

    def counts(self, summary: Summary) -> dict[str, Any]:
        failed, gone = (
            {line.partition(": ")[0] for line in lines} for lines in (summary.failures, summary.gone)
        )
        troubled = (self.troubled | (failed & self.asked)) - gone
        return {
            "at": self.started_at,
            "interrupted": summary.interrupted,
            "addresses": len(self.asked),
            "troubled": len(troubled),
            "redirected": len(self.redirected),
            "elapsed_ms": round(median(self.elapsed_ms), 1) if self.elapsed_ms else None,
            "page_bytes": median(self.page_bytes) if self.page_bytes else None,
        }


def _address(request: Request) -> str:
    """What was asked for in the first place, whatever redirects and retries came of it."""
    task = request.cb_kwargs.get("task")
    return task.url if task is not None else request.url


def consult(session: Session, meter: Meter, summary: Summary) -> list[MonitorResult]:
    """Put the crawl's raw counts into its stats, whence they are kept, and ask the monitors. Never breaks a
    run."""
    try:
        counts = meter.counts(summary) | crawl_counts(session.db, session.run_id)
        session.stats["counts"] = counts
        past = [
            PastCrawl(CrawlCounts.of(told), flagged)
            for told, flagged in past_counts(session.db, session.run_id, monitors.LOADED)
        ]
        feeds = {name: _feed(session, name) for name in counts["categories"]}
        return monitors.judge(past, CrawlCounts.of(counts), feeds)
    except Exception as error:
        logger.exception("the monitors could not be asked")
        return [monitors.broken(in_words(error))]


def _feed(session: Session, category: str) -> Feed:
    pairs = publication_times(session.db, category)
    return Feed(tuple((hours(published), hours(seen)) for published, seen in pairs))
