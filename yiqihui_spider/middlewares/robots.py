"""robots.txt as RFC 9309 says, and Crawl-delay.

Scrapy's own middleware reads any body whatever its status, takes an error for a yes, and
parses Crawl-delay without obeying it.  Here: 2xx is parsed, 4xx allows all, 5xx and no
answer at all forbid all until the next run, redirects are followed (at most five, and to the
site's own hosts only: one that leads elsewhere is no answer), the answer is kept for the run
and captured like any other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK

from yiqihui_spider.middlewares.errors import EndlessRedirects, ForbiddenByRobots, RobotsUnavailable
from yiqihui_spider.middlewares.parts import Component, header
from yiqihui_spider.middlewares.reasons import Way, reason
from yiqihui_spider.warc.coding import undo_coding

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

ROBOTS_LIMIT = 512 * 1024
"""Bytes parsed; RFC 9309 (2.5) asks for at least 500 KiB."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host's robots.txt came to."""

    parsed: Protego | None = None
    """None: no rules, all is allowed."""
    unavailable: str | None = None
    """Why nothing may be fetched for now."""


def read_rules(status: int, body: bytes) -> Rules:
    """Rules from an answer to ``/robots.txt`` (status after redirects)."""
    if 200 <= status < 300:
        return Rules(parsed=Protego.parse(body[:ROBOTS_LIMIT].decode("utf-8-sig", "replace")))
    if 400 <= status < 500 and status != 429:
        return Rules()
    return Rules(unavailable=f"robots.txt answered {status}")


class RobotsMiddleware(Component):
    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured("robots.txt is not obeyed, nor its Crawl-delay, as ROBOTSTXT_OBEY says")
        super().__init__(crawler)
        self.agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._rules: dict[str, asyncio.Future[Rules]] = {}

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self._rules_for(request)
        if rules.unavailable:
            raise RobotsUnavailable(f"{rules.unavailable}: nothing may be fetched for now")
        if rules.parsed is None:
            return
        if not rules.parsed.can_fetch(request.url, self.agent):
            raise ForbiddenByRobots(f"robots.txt forbids {request.url}")
        self._obey_delay(rules.parsed, request)

    async def _rules_for(self, request: Request) -> Rules:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.get_running_loop().create_future()
            self._rules[origin].set_result(await self._fetch(origin, request))
        return await self._rules[origin]

    async def _fetch(self, origin: str, wanted: Request) -> Rules:
        url = f"{origin}/robots.txt"
        kept = {name: wanted.meta[name] for name in ("names", "download_slot") if name in wanted.meta}
        meta = {"dont_obey_robotstxt": True, "home": url} | kept
        request = Request(url, callback=NO_CALLBACK, meta=meta)
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(request)
        except EndlessRedirects:  # too many of them, so there are no rules
            return Rules()
        except Exception as error:
            return Rules(unavailable=f"robots.txt could not be fetched ({reason(error, Way.of(request))})")
        return read_rules(response.status, _body(response))

    def _obey_delay(self, rules: Protego, request: Request) -> None:
        """Slow the host's download slot down to its Crawl-delay; never speed it up."""
        asked = rules.crawl_delay(self.agent)
        if not asked:
            return
        assert self.crawler.engine is not None
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        settings = downloader.per_slot_settings.setdefault(key, {})
        delay = max(
            float(asked), self.crawler.settings.getfloat("DOWNLOAD_DELAY"), settings.get("delay", 0.0)
        )
        # Both: an idle slot is thrown away and made again from the settings.
        settings["delay"] = delay
        if key in downloader.slots:
            downloader.slots[key].delay = delay


def _body(response: Response) -> bytes:
    """What is parsed; ``FaultMiddleware`` has undone the content coding, but for what was cut off."""
    if "download_stopped" not in response.flags:
        return response.body
    coding = header(response, "Content-Encoding")
    return undo_coding(response.body, coding, ROBOTS_LIMIT).body
