"""A polite HTTP client: paced, patient, bounded. Answers come as they are, whatever their status."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlsplit

from yiqihui_spider.clock import retry_after
from yiqihui_spider.errors.network import AsTheyCome, one_line, why
from yiqihui_spider.urls import is_loopback
from yiqihui_spider.warc.records import header
from yiqihui_spider.wayback.query import open_address, origin
from yiqihui_spider.wording import user_agent

PURPOSE = "fetches past captures for a news archive; one request at a time"
TIMEOUT = 60.0
"""Seconds without a byte."""
LONGEST = 300.0
"""Seconds for one answer in all, however steadily it drips."""
ATTEMPTS = 3
BACKOFF = 2.0
"""Seconds before the second attempt; doubled for each further one."""
SLOW_DOWN = 60.0
"""Seconds to wait after a 429 that names no time: indexes count requests by the minute."""
PATIENCE = 300.0
"""Asked to wait longer (seconds), the address is left for the next run."""

_AGAIN = (408, 429, 500, 502, 503, 504, 520, 522, 524)
_PIECE = 64 * 1024
_ADDRESS_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"<>\\^`{|}')


class Unreachable(Exception):
    """No answer, or only "not now"; plain words why."""

    def __init__(self, message: str, *, later: bool = False) -> None:
        super().__init__(message)
        self.later = later
        """The server asks for more patience than a run has: nothing more is to be asked now."""


@dataclass(frozen=True, slots=True)
class Response:
    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """As sent: content coding kept, chunks undone."""
    cut: bool = False
    """There was more than the limit allows."""

    def header(self, name: str) -> str | None:
        return header(self.headers, name)


class RateLimiter:
    """Keeps so many seconds between the beginnings of requests."""

    def __init__(
        self,
        interval: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = interval
        self._sleep = sleep
        self._clock = clock
        self._next = clock()

    def wait(self) -> None:
        while (rest := self._next - self._clock()) > 0:
            self._sleep(rest)
        self._next = self._clock() + self._interval


class Client:
    def __init__(
        self,
        *,
        timeout: float = TIMEOUT,
        longest: float = LONGEST,
        credentials: Mapping[str, str] | None = None,
        contact: str = "",
        on_wait: Callable[[str], None] = lambda text: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``credentials``: ``Authorization`` by origin; ``on_wait`` hears of waits that a user would
        wonder about."""
        self.requests = 0
        self._agent = user_agent(contact, PURPOSE)
        self._timeout = timeout
        self._longest = longest
        self._credentials = credentials or {}
        self._on_wait = on_wait
        self._sleep = sleep

    def get(self, url: str, limiter: RateLimiter, limit: int) -> Response:
        """The answer to a GET, at most ``limit`` bytes of it. Tries a few times, waits as long as it is
        asked to (up to ``PATIENCE``). Raises Unreachable."""
        for attempt in range(1, ATTEMPTS + 1):
            limiter.wait()
            pause = BACKOFF * 2 ** (attempt - 1)
            try:
                response = self._once(url, limit)
            except (OSError, http.client.HTTPException, ValueError) as error:
                trouble = _through_proxy(url) + why(error)
            else:
                if response.status not in _AGAIN:
                    return response
                trouble = f"{response.status} {response.reason}".strip()
                pause = _asked(response, pause)
            if pause > PATIENCE:
                raise Unreachable(f"{trouble}; asks to come back in {pause:.0f} s", later=True)
            if attempt < ATTEMPTS:
                self._pause(pause, trouble)
        raise Unreachable(trouble)

    def _pause(self, seconds: float, trouble: str) -> None:
        if seconds >= 10:
            self._on_wait(f"waiting {seconds:.0f} s: {trouble}")
        self._sleep(seconds)

    def _once(self, url: str, limit: int) -> Response:
        headers = {"User-Agent": self._agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate, br"}
        if given := self._credentials.get(origin(url)):
            headers["Authorization"] = given
        request = urllib.request.Request(quote(url, safe=_ADDRESS_SAFE), headers=headers)
        self.requests += 1
        with _Deadline(self._longest) as deadline:
            try:
                response = _opener(url, deadline).open(request, timeout=self._timeout)
                with response:
                    return _read(response, url, limit)
            except (OSError, http.client.HTTPException, ValueError):
                if deadline.passed:
                    raise TimeoutError from None
                raise


def _read(response: http.client.HTTPResponse, url: str, limit: int) -> Response:
    parts: list[bytes] = []
    size = 0
    try:
        while size <= limit and (part := response.read1(_PIECE)):
            parts.append(part)
            size += len(part)
    except http.client.IncompleteRead:
        raise http.client.IncompleteRead(b"".join(parts)) from None
    body = b"".join(parts)
    declared = response.headers.get("Content-Length") or ""
    if size <= limit and re.fullmatch(r"\d{1,18}", declared, re.ASCII) and size < int(declared):
        raise http.client.IncompleteRead(body, int(declared) - size)
    headers = tuple((name, value) for name, value in response.headers.items())
    return Response(
        url, response.status, one_line(response.reason or "", 100), headers, body[:limit], size > limit
    )


# --- connections ---------------------------------------------------------------------------


class _Deadline:
    """Breaks a request's connections off when its time is up. (A time-out only ends a silence.)"""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._break_off)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._sockets.clear()

    def watch(self, connection: socket.socket | None) -> None:
        if connection is not None:
            self._sockets.append(connection)

    def _break_off(self) -> None:
        self.passed = True
        for connection in list(self._sockets):
            with suppress(OSError, ValueError):
                connection.shutdown(socket.SHUT_RDWR)


def _opener(url: str, deadline: _Deadline) -> urllib.request.OpenerDirector:
    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class Http(urllib.request.HTTPHandler):
        def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, request)

    class Https(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Secure, request)

    handlers: list[Any] = [AsTheyCome, Http, Https]
    if is_loopback(urlsplit(url).hostname or "localhost"):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _through_proxy(url: str) -> str:
    """Whose fault it may be."""
    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if (
        not proxy
        or is_loopback(parts.hostname or "localhost")
        or urllib.request.proxy_bypass(parts.hostname or "")
    ):
        return ""
    return f"through the proxy {open_address(proxy)}: "


def _asked(response: Response, otherwise: float) -> float:
    """Seconds that a "not now" asks to wait."""
    asked = retry_after(response.header("Retry-After"), datetime.now(timezone.utc))
    if asked is not None:
        return asked
    return SLOW_DOWN if response.status == 429 else otherwise
