"""Every response goes to the WARC as received, before anything else is made of it.

The extension owns the run's session: it opens the archive when the spider is made and
closes it when the spider is done, so that ``scrapy crawl`` and ``yiqihui crawl`` are the
same run.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import StopDownload

from yiqihui_spider.archive.articles.store import save_capture
from yiqihui_spider.clock import now
from yiqihui_spider.crawl.controller import CrawlController
from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.crawl.outcome import decide
from yiqihui_spider.items import Capture, FetchTask
from yiqihui_spider.middlewares.errors import reason_phrase
from yiqihui_spider.session import Session, open_session
from yiqihui_spider.warc.records import Previous, payload_digest

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self


class CaptureExtension:
    """Holds the session of a crawl; ``controller`` and ``session`` are for the other components."""

    session: Session
    controller: CrawlController

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.limit = crawler.settings.getint("BODY_LIMIT")
        self._stack = ExitStack()
        options = CrawlOptions.from_spider(crawler.spider)
        archive = Path(crawler.settings["ARCHIVE"])
        command = crawler.settings.get("COMMAND") or "scrapy crawl"
        self.session = self._stack.enter_context(open_session(archive, command))
        self.controller = CrawlController(self.session, options)
        crawler.spider.controller = self.controller  # type: ignore[union-attr]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        connect = crawler.signals.connect
        connect(extension.spider_error, signals.spider_error)
        connect(extension.item_error, signals.item_error)
        connect(extension.bytes_received, signals.bytes_received)
        connect(extension.response_downloaded, signals.response_downloaded)
        connect(extension.spider_closed, signals.spider_closed)
        return extension

    def bytes_received(self, data: bytes, request: Request) -> None:
        total = request.meta["bytes_received"] = request.meta.get("bytes_received", 0) + len(data)
        if total > self.limit:
            raise StopDownload(fail=False)

    def response_downloaded(self, response: Response, request: Request) -> None:
        """Puts the capture into ``meta``; None there says that nothing may be made of the response."""
        request.meta["bytes_received"] = 0
        request.meta["capture"] = None
        try:
            request.meta["capture"] = self._write(response, request)
        except Exception as error:
            self.controller.halt(error)

    def _write(self, response: Response, request: Request) -> Capture:
        body = response.body[: self.limit]
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ]
        capture = self.session.warc.write_response(
            url=response.url,
            request_headers=_request_head(request),
            status=response.status,
            reason=reason_phrase(response.status),
            headers=headers,
            body=body,
            captured_at=now(),
            truncated=_truncated(response, len(response.body) > self.limit),
            ip=str(response.ip_address) if response.ip_address else None,
            previous=self._previous(response, request, payload_digest(body)),
            not_modified=response.status == 304,
        )
        capture_id = save_capture(
            self.session.db,
            self.session.run_id,
            capture,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            elapsed_ms=round(request.meta.get("download_latency", 0) * 1000),
        )
        return replace(capture, id=capture_id)

    def _previous(self, response: Response, request: Request, digest: str) -> Previous | None:
        """The capture that this answer repeats: what a 304 speaks of, or the same payload."""
        evidence = self.session.evidence
        if response.status == 304:
            held = (
                evidence.last_capture(request.cb_kwargs["task"].url) if "task" in request.cb_kwargs else None
            )
            return Previous(held.url, held.captured_at, held.payload_digest) if held else None
        holder = evidence.holder(digest) if response.body else None
        return Previous(holder.url, holder.captured_at, digest) if holder else None

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

    def _settle(self, reason: str) -> None:
        summary = self.controller.finish(interrupted=reason == "shutdown")
        if reason not in ("finished", "shutdown"):
            summary.errors.append(f"the crawl ended early: {reason}")
        self.session.exit_code, self.session.outcome = decide(summary)
        stats = self.crawler.stats.get_stats() if self.crawler.stats else {}
        self.session.stats |= {
            "requests": stats.get("downloader/request_count", 0),
            "pages": summary.pages,
            "retries": stats.get("retry/count", 0),
            "failures": summary.failures[:50],
            "errors": summary.errors[:50],
        }


def _request_head(request: Request) -> bytes:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{request.method} {target} HTTP/1.1".encode("latin-1", "replace"),
        b"Host: " + parts.netloc.encode(),
    ]
    lines += [
        name + b": " + value
        for name, values in request.headers.items()
        for value in values
        if name != b"Proxy-Authorization"
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _truncated(response: Response, too_long: bool) -> str | None:
    if too_long or "download_stopped" in response.flags:
        return "length"
    return "disconnect" if "dataloss" in response.flags else None
