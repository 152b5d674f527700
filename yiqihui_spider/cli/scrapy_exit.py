"""A process of Scrapy's ends as its run did: with our exit code, and one line where it was not begun."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from typing import Any

from scrapy import Spider
from scrapy.commands import BaseRunSpiderCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from yiqihui_spider.characters import printable_line
from yiqihui_spider.crawl.extension import CaptureExtension
from yiqihui_spider.crawl.guards import makes_a_run, reactor_trouble
from yiqihui_spider.errors import Exit, did_you_mean
from yiqihui_spider.urls import without_password

logger = logging.getLogger(__name__)


class EndsAsItsRun(BaseRunSpiderCommand):
    """To stand before one of Scrapy's commands that run a spider."""

    _run_crawler: Crawler | None = None
    _outcome: Any = None
    """The task or the deferred of the crawl, as the reactor has it."""
    _error: BaseException | None = None

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        if trouble := next(reactor_trouble(self.settings), None):  # before Scrapy installs the reactor
            raise UsageError(trouble, print_help=False)

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        try:
            return super()._create_crawler(spidercls)
        except KeyError:
            assert self.crawler_process is not None
            known = self.crawler_process.spider_loader.list()
            words = f"there is no spider {spidercls}{did_you_mean(str(spidercls), known)}"
            raise UsageError(words, print_help=False) from None

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        process = self.crawler_process
        assert process is not None
        begin = process.crawl

        def watched(crawler: Any, *arguments: Any, **named: Any) -> Any:
            self._run_crawler, self._outcome = crawler, begin(crawler, *arguments, **named)
            if isinstance(self._outcome, Deferred):
                self._outcome.addErrback(self._keep)
            return self._outcome

        process.crawl = watched  # type: ignore[assignment, method-assign]
        super().run(args, opts)  # type: ignore[safe-super]
        if isinstance(self._outcome, asyncio.Task) and self._outcome.done() and not self._outcome.cancelled():
            self._error = self._outcome.exception()
        self.exitcode = self._code()

    def _keep(self, failure: Failure) -> None:
        self._error = failure.value

    def _code(self) -> int:
        if self._error is not None:
            return tell(self._error)
        crawler = self._run_crawler
        if crawler is None or not makes_a_run(crawler):
            return self.exitcode
        extension = crawler.get_extension(CaptureExtension)
        return int(extension.session.exit_code) if extension is not None else int(Exit.FAILED)


def tell(error: BaseException) -> int:
    """Why no run was begun, in one line where a user can do something about it; the exit code."""
    code = getattr(error, "exit_code", None)
    if not isinstance(code, int):
        logger.critical("the crawl could not be begun", exc_info=error)
        return int(Exit.FAILED)
    line = printable_line(without_password(" ".join(str(error).split())))
    if not _log_is_on_standard_error():
        later = ": try again later" if code == Exit.TRY_LATER else ""
        logger.error("not begun: %s (exit code %d%s)", line, code, later)
    print(f"error: {line}", file=sys.stderr)
    return int(code)


def _log_is_on_standard_error() -> bool:
    return any(
        isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr
        for handler in logging.root.handlers
    )
