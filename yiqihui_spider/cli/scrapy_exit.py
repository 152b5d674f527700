"""A process of Scrapy's ends as its run did: with our exit code, and one line where it was not begun."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.commands import BaseRunSpiderCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure as TwistedFailure

from yiqihui_spider.characters import printable_line
from yiqihui_spider.cli.common import Failure
from yiqihui_spider.cli.learning import advice
from yiqihui_spider.cli.running import Run, RunOptions, fail, observed
from yiqihui_spider.crawl.addon import apply
from yiqihui_spider.crawl.extension import CaptureExtension
from yiqihui_spider.crawl.guards import makes_a_run, reactor_trouble
from yiqihui_spider.crawl.outcome import reasons
from yiqihui_spider.errors import Exit, YiqihuiError, did_you_mean
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
        try:
            with self._observed():
                super().run(args, opts)  # type: ignore[safe-super]
                outcome = self._outcome
                if isinstance(outcome, asyncio.Task) and outcome.done() and not outcome.cancelled():
                    self._error = outcome.exception()
                self.exitcode = self._code()
        except Failure as error:  # there is no log to be written
            self.exitcode = tell(error)

    @contextmanager
    def _observed(self) -> Iterator[None]:
        """Keep the log and tell those that our settings name, as ``yiqihui crawl`` does."""
        assert self.settings is not None
        settings = self.settings.copy()
        try:
            config = apply(settings)
        except YiqihuiError:  # which the crawler is about to meet, and to tell of
            yield
            return
        log = config["log.file"]
        how = RunOptions(Path(log) if log else None, config["log.format"], unattended=False, show=False)
        run = Run("scrapy crawl", Path(settings["ARCHIVE"]), how, as_json=False, config=config)
        with observed(run, hear=False) as seen:
            yield
            seen.is_run = self._ended(run)
        for line in seen.to_be_heard():
            logger.warning("%s", line)

    def _ended(self, run: Run) -> bool:
        """Say what came of the run; whether there was one."""
        crawler = self._run_crawler
        if crawler is None or not getattr(crawler.spidercls, "archives", False):
            return False
        extension = crawler.get_extension(CaptureExtension) if self._error is None else None
        if extension is not None:
            session, why = extension.session, reasons(extension.controller.summary)
            for line in (mending := advice(run.archive, session.exit_code)):
                logger.error("%s", line)
            run.ended(session.exit_code, session.outcome, why + mending, data=dict, show=lambda: None)
        else:
            fail(run, Failure(_in_one_line(self._error or "no run was begun"), Exit(self.exitcode)))
        return self.exitcode != Exit.USAGE

    def _keep(self, failure: TwistedFailure) -> None:
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
    line = _in_one_line(error)
    if not _log_is_on_standard_error():
        later = ": try again later" if code == Exit.TRY_LATER else ""
        logger.error("not begun: %s (exit code %d%s)", line, code, later)
    print(f"error: {line}", file=sys.stderr)
    return int(code)


def _in_one_line(error: object) -> str:
    return printable_line(without_password(" ".join(str(error).split())))


def _log_is_on_standard_error() -> bool:
    return any(
        isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr
        for handler in logging.root.handlers
    )
