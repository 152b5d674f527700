"""A polite HTTP client: paced, patient, bounded. Answers come as they are, whatever their status."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from yiqihui_spider import __version__

USER_AGENT = f"yiqihui_spider/{__version__} (fetches past captures for a news archive; one request at a time)"
TIMEOUT = 60.0
"""Seconds without a byte."""
LONGEST = 600.0
"""Seconds for one answer in all."""
ATTEMPTS = 3
BACKOFF = 2.0
"""Seconds before the second attempt; doubled for each further one."""
SLOW_DOWN = 60.0
"""Seconds to wait after a 429 that names no time: indexes count requests by the minute."""
PATIENCE = 300.0
"""Asked to wait longer (seconds), the address is left for the next run."""

_AGAIN = (408, 429, 500, 502, 503, 504, 520, 522, 524)
_PIECE = 64 * 1024


class Unreachable(Exception):
    """No answer, or only "not now"; plain words why."""


@dataclass(frozen=True, slots=True)
class Reply:
    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """As sent: content coding kept, chunks undone."""
    cut: bool = False
    """There was more than the limit allows."""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Pace:
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


class _AsTheyCome(urllib.request.HTTPErrorProcessor):
    """No exceptions for error statuses, and no redirects followed: both are answers to look at."""

    def http_response(
        self, request: urllib.request.Request, response: http.client.HTTPResponse
    ) -> http.client.HTTPResponse:
        return response

    https_response = http_response


class Client:
    def __init__(
        self,
        *,
        timeout: float = TIMEOUT,
        told: Callable[[str], None] = lambda text: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``told`` hears of waits that a user would wonder about."""
        self._timeout = timeout
        self._told = told
        self._sleep = sleep
        self._clock = clock
        self._opener = urllib.request.build_opener(_AsTheyCome)

    def get(self, url: str, pace: Pace, limit: int) -> Reply:
        """The answer to a GET, at most ``limit`` bytes of it. Tries a few times, waits as long as it is
        asked to (up to ``PATIENCE``). Raises Unreachable."""
        for attempt in range(1, ATTEMPTS + 1):
            pace.wait()
            pause = BACKOFF * 2 ** (attempt - 1)
            try:
                reply = self._once(url, limit)
            except (OSError, http.client.HTTPException, ValueError) as error:
                trouble = _words(error)
            else:
                if reply.status not in _AGAIN:
                    return reply
                trouble = f"{reply.status} {reply.reason}".strip()
                pause = _asked(reply, pause)
            if pause > PATIENCE:
                raise Unreachable(f"{trouble}; asks to come back in {pause:.0f} s")
            if attempt < ATTEMPTS:
                self._pause(pause, trouble)
        raise Unreachable(trouble)

    def _pause(self, seconds: float, trouble: str) -> None:
        if seconds >= 10:
            self._told(f"waiting {seconds:.0f} s: {trouble}")
        self._sleep(seconds)

    def _once(self, url: str, limit: int) -> Reply:
        request = urllib.request.Request(
            url,
            headers={"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate, br"},
        )
        with self._opener.open(request, timeout=self._timeout) as response:
            body = self._read(response, limit)
            declared = response.headers.get("Content-Length") or ""
            if len(body) <= limit and re.fullmatch(r"\d{1,18}", declared) and len(body) < int(declared):
                raise http.client.IncompleteRead(body, int(declared) - len(body))
            headers = tuple((name, value) for name, value in response.headers.items())
            return Reply(
                url, response.status, response.reason or "", headers, body[:limit], len(body) > limit
            )

    def _read(self, response: http.client.HTTPResponse, limit: int) -> bytes:
        begun = self._clock()
        parts: list[bytes] = []
        size = 0
        while size <= limit and (part := response.read1(_PIECE)):
            parts.append(part)
            size += len(part)
            if self._clock() - begun > LONGEST:
                raise TimeoutError
        return b"".join(parts)


def _words(error: Exception) -> str:
    """Why there is no answer, in plain words."""
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, http.client.IncompleteRead):
        return f"the answer was cut off after {len(error.partial)} bytes"
    if isinstance(error, http.client.HTTPException):
        return f"no proper HTTP answer ({type(error).__name__})"
    return str(getattr(error, "strerror", None) or getattr(error, "reason", None) or error).lower()


def _asked(reply: Reply, otherwise: float) -> float:
    """Seconds that a "not now" asks to wait."""
    value = (reply.header("Retry-After") or "").strip()
    if re.fullmatch(r"\d{1,9}", value, re.ASCII):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return SLOW_DOWN if reply.status == 429 else otherwise
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
