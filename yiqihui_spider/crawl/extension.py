"""A run's life in Scrapy: the session that opens with the spider and closes with it.

Here the archive is opened when the spider is made and closed when the spider is done, so that
``scrapy crawl`` and ``yiqihui crawl`` are the same run; what Scrapy reports in between (bytes,
responses, errors) is handed on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import NotConfigured, StopDownload

from yiqihui_spider.archive.queries import export_rows
from yiqihui_spider.archive.queries.news_article import news_article
from yiqihui_spider.crawl.addon import IN_FORCE
from yiqihui_spider.crawl.capture import save_response
from yiqihui_spider.crawl.controller import CrawlController
from yiqihui_spider.crawl.guards import makes_a_run, refuse
from yiqihui_spider.crawl.meter import Meter, consult
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.outcome import Summary, decide, reasons
from yiqihui_spider.errors import Exit
from yiqihui_spider.items import FetchTask
from yiqihui_spider.session import Session, open_session
from yiqihui_spider.site import SiteProfile, load_profile
from yiqihui_spider.watch.config import Config, default_config

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self

logger = logging.getLogger(__name__)

AT_ONCE = 50
"""Articles read from the archive at a time."""

LEVELS = {Exit.DONE: logging.INFO, Exit.UNCERTIFIED: logging.WARNING, Exit.TRY_LATER: logging.WARNING}
"""How loud the log says how a run ended; any other end is an error."""


def _site(crawler: Crawler) -> SiteProfile | None:
    named = crawler.settings["SITE"]
    return named if named is None or isinstance(named, SiteProfile) else load_profile(named)


class CaptureExtension:
    """Holds the session of a crawl; ``controller`` and ``session`` are for the other components."""

    session: Session
    controller: CrawlController

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.limit = crawler.settings.getint("BODY_LIMIT")
        self._stack = ExitStack()
        self.meter = Meter.from_crawler(crawler)
        self.config: Config = crawler.settings.get(IN_FORCE) or default_config()
        options = CrawlOptions.from_spider(crawler.spider, self.config)
        archive = Path(crawler.settings["ARCHIVE"])
        command = crawler.settings.get("COMMAND") or "scrapy crawl"
        self.session = self._stack.enter_context(open_session(archive, command, _site(crawler)))
        self.controller = CrawlController(self.session, options)
        crawler.spider.controller = self.controller  # type: ignore[union-attr]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not makes_a_run(crawler):
            raise NotConfigured
        refuse(crawler.settings)
        extension = cls(crawler)
        connect = crawler.signals.connect
        connect(extension.spider_error, signals.spider_error)
        connect(extension.item_error, signals.item_error)
        connect(extension.bytes_received, signals.bytes_received)
        connect(extension.response_downloaded, signals.response_downloaded)
        connect(extension.spider_closed, signals.spider_closed)
        return extension

    def articles(self) -> Iterator[dict[str, Any]]:
        """Those that the pages of this run showed, each once, as the archive has them now.

        No transaction is open while one is handed out: a pipeline that fetches something writes a capture.
        """
        db = self.session.db
        ids = export_rows.seen_in_run(db, self.session.run_id)
        for start in range(0, len(ids), AT_ONCE):
            with export_rows.these(db, ids[start : start + AT_ONCE]):
                rows = list(export_rows.articles(db))
            yield from (news_article(row, self.session.site) for row in rows)

    def bytes_received(self, data: bytes, request: Request) -> None:
        total = request.meta["bytes_received"] = request.meta.get("bytes_received", 0) + len(data)
        if total > self.limit:
            raise StopDownload(fail=False)

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Puts the capture into ``meta``; None there says that nothing may be made of the response."""
        request.meta["bytes_received"] = 0
        request.meta["capture"] = None
        try:
            request.meta["capture"] = save_response(self.session, request, response, self.limit)
        except Exception as error:
            self.controller.halt(error)

    def spider_error(self, failure: Failure, response: Response | None) -> None:
        request = response.request if response is not None else None
        self._error(request.cb_kwargs.get("task") if request is not None else None, failure)

    def item_error(self, item: Any, failure: Failure) -> None:
        self._error(getattr(item, "task", None), failure)

    def _error(self, task: FetchTask | None, failure: Failure) -> None:
        error = failure.value or RuntimeError("unknown error")
        if task is None:
            self.controller.halt(error)
        else:
            self.controller.record_error(task, error)

    def spider_closed(self, reason: str) -> None:
        """Scrapy would log an exception here and go on; the exit code must tell of it."""
        session = self.session
        try:
            self._settle(reason)
            self._stack.close()
        except Exception as error:
            self.controller.halt(error)
            session.exit_code, session.outcome = decide(self.controller.summary)
            with suppress(Exception):  # if this fails too, the next run finds that this one died
                self._stack.close()
        self._say_how_it_ended()

    def _say_how_it_ended(self) -> None:
        """What ``runs`` says, in the log and, for monitors, among Scrapy's stats."""
        session, summary = self.session, self.controller.summary
        said = f"run {session.run_id}: {session.outcome}, exit code {int(session.exit_code)}"
        level = LEVELS.get(Exit(session.exit_code), logging.ERROR)
        logger.log(level, "%s (%s)", said, session.path)
        for reason in reasons(summary):
            logger.log(level, "%s", reason)
        values = {"outcome": session.outcome, "exit_code": int(session.exit_code), **counts(summary)}
        for name, value in values.items():
            self.crawler.stats.set_value(f"yiqihui/{name}", value)

    def _settle(self, reason: str) -> None:
        ended_by = reason.upper() if reason.startswith("closespider_") else ""
        interrupted = reason == "shutdown" or bool(ended_by)
        summary = self.controller.finish(interrupted=interrupted, ended_by=ended_by)
        if reason not in ("finished", "shutdown") and not ended_by:
            summary.errors.append(f"the crawl ended early: {reason}")
        summary.new = export_rows.new_in_run(self.session.db, self.session.run_id)
        self.session.exit_code, self.session.outcome = decide(summary)
        stats = self.crawler.stats.get_stats() if self.crawler.stats else {}
        self.session.stats |= {
            "requests": stats.get("downloader/request_count", 0),
            "pages": summary.pages,
            "articles_new": summary.new,
            "retries": stats.get("retry/count", 0),
            "failures": summary.failures[:50],
            "errors": summary.errors[:50],
            "ended_by": summary.ended_by or None,
        }
        self.session.monitors = consult(self.session, self.meter, summary)


def counts(summary: Summary) -> dict[str, int]:
    """A run in numbers. Pure."""
    return {
        "articles_new": summary.new,
        "walks_certified": sum(walk.certified for walk in summary.walks),
        "failures": len(summary.failures),
    }
