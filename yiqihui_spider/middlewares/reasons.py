"""Why a request brought no page: the kind of failure and its innermost reason, in words.

What Scrapy raises wraps what Twisted raised, which wraps what the operating system or OpenSSL
said.  Only the innermost tells a reader anything; a class name never does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from service_identity import VerificationError
from twisted.internet.error import ConnectError, ConnectionClosed, ConnectionDone
from twisted.web._newclient import ParseError, ResponseNeverReceived

from yiqihui_spider.characters import printable_line
from yiqihui_spider.items import FailureKind
from yiqihui_spider.urls import without_password

NO_ANSWER = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
    ConnectError,
    ConnectionClosed,
    TunnelError,
)
"""What the network can do to a request. Other exceptions are odd answers, or faults of ours."""

MOST_CHARS = 300
"""A reason is one line that can be read; what a server put into it may be longer."""


@dataclass(frozen=True, slots=True)
class Way:
    """From us to a page."""

    host: str = "the site"
    proxy: str | None = None
    """Host and port of the proxy in between."""

    @classmethod
    def of(cls, request: Request) -> Way:
        return cls(urlsplit(request.url).hostname or "the site", proxy_of(request))

    @property
    def first(self) -> str:
        """Whom we really connect to."""
        return f"the proxy {self.proxy}" if self.proxy else self.host


def proxy_of(request: Request) -> str | None:
    """Host and port of the proxy that a request goes through, without its user and password."""
    proxy = request.meta.get("proxy")
    return urlsplit(proxy).netloc.rpartition("@")[2] if proxy else None


def why(error: BaseException, way: Way | None = None) -> tuple[FailureKind, str]:
    """The kind of failure and its reason in words. Our own errors say their kind themselves."""
    kind: FailureKind | None = getattr(error, "kind", None)
    if kind is None:
        kind = "unreachable" if isinstance(error, NO_ANSWER) else "strange"
    return kind, reason(error, way or Way())


def reason(error: BaseException, way: Way) -> str:
    """The innermost reason that can be told, on one line, without passwords and class names."""
    if hasattr(error, "kind"):  # our own, which know already what they were made of
        return _clean(str(error))
    chain = list(_inwards(error))
    for cause in reversed(chain):
        for kind, words in _WORDS:
            if isinstance(cause, kind) and (told := words(cause, way, chain)):
                return _clean(told)
    said = next((text for cause in reversed(chain) if (text := _clean(str(cause)))), "no reason was given")
    return said if isinstance(error, NO_ANSWER) else f"an unforeseen fault: {said}"


def is_certificate_trouble(error: BaseException) -> bool:
    """Whether the connection failed over the server's certificate."""
    return any(
        isinstance(cause, VerificationError)
        or (isinstance(cause, SSL.Error) and "certificate verify failed" in _tls(cause))
        for cause in _inwards(error)
    )


def _inwards(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was made of, outermost first; of several reasons the first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        reasons = getattr(cause, "reasons", None)
        cause = reasons[0].value if reasons else cause.__cause__


def _clean(text: str) -> str:
    line = " ".join(printable_line(without_password(text)).split()).rstrip(".")
    return line if len(line) <= MOST_CHARS else f"{line[:MOST_CHARS]}…"


Words = Callable[[BaseException, Way, list[BaseException]], str]


def _refused(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    return f"{way.first} refused the connection"


def _unresolved(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    where = f"the proxy's host name {_host(way.proxy)}" if way.proxy else f"the host name {way.host}"
    return f"{where} cannot be resolved (DNS)"


def _host(place: str) -> str:
    return place.rpartition(":")[0] or place


def _timed_out(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    seconds = re.search(r"longer than ([0-9.]+) seconds", str(error))
    limit = f" within {float(seconds[1]):g} seconds" if seconds else " in time"
    return f"{way.first} gave no answer{limit} (timed out)"


def _cancelled(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    return "the request was broken off"


def _closed(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    if any(isinstance(cause, ResponseNeverReceived) for cause in chain):
        return f"{way.first} closed the connection without an answer"
    return f"{way.first} closed the connection before the answer's head was over, or that is too long"


def _lost(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    return f"{way.first} broke the connection off (reset)"


def _unreachable(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    return f"{way.first} cannot be reached: {error}"


def _dataloss(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    return "the answer was cut off before its end"


def _no_http(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    said = [part.decode("latin-1") for part in error.args if isinstance(part, bytes)]
    return f"the answer is no HTTP: {' '.join(said) or error}"


def _bad_head(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    return f"the answer's head is malformed: {error}" if len(chain) > 1 else ""


def _tls(error: BaseException) -> str:
    parts = error.args[0] if error.args and isinstance(error.args[0], (list, tuple)) else ()
    return "; ".join(part[-1] for part in parts if isinstance(part, tuple) and part[-1])


def _handshake(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    told = _tls(error) or "no reason was given"
    if any(sign in told for sign in ("wrong version number", "packet length too long", "http request")):
        return f"{way.host} does not speak TLS at this address, https does not work there ({told})"
    return f"no TLS connection to {way.host}: {told}"


def _misnamed(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    return f"the certificate is for another host name, not for {way.host}"


def _tunnel(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    found = re.search(r"'status': (\d+), 'reason': b?(['\"])(.*?)\2\}", str(error))
    told = f"{found[1]} {found[3]}".strip() if found else "its answer is no HTTP"
    return f"{way.first} refused the way to {way.host}: {told}"


def _scheme(error: BaseException, way: Way, chain: list[BaseException]) -> str:
    kind = re.search(r"b?'(.*)'", str(error))
    return f"{way.first} is of a kind that cannot be used: {kind[1] if kind else error}"


_WORDS: tuple[tuple[type[BaseException], Words], ...] = (
    (VerificationError, _misnamed),
    (SSL.Error, _handshake),
    (ParseError, _no_http),
    (DownloadConnectionRefusedError, _refused),
    (CannotResolveHostError, _unresolved),
    (DownloadTimeoutError, _timed_out),
    (DownloadCancelledError, _cancelled),
    (TunnelError, _tunnel),
    (UnsupportedURLSchemeError, _scheme),
    (ConnectionDone, _closed),
    (ConnectionClosed, _lost),
    (ConnectError, lambda error, way, chain: "" if len(chain) > 1 else _unreachable(error, way, chain)),
    (ResponseDataLossError, _dataloss),
    (ValueError, _bad_head),
    (IgnoreRequest, lambda error, way, chain: str(error)),
)
"""What each kind of cause is in words, tried from the innermost cause outwards; "" is no answer."""
