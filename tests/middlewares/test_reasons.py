"""Failures told in kinds and words; what really raises them is in ``test_crawl_network.py``."""

from __future__ import annotations

import pytest
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
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost, getConnectError
from twisted.python.failure import Failure
from twisted.web._newclient import ParseError, ResponseFailed, ResponseNeverReceived

from yiqihui_spider.middlewares.errors import (
    BrokenAnswer,
    ForbiddenByRobots,
    OffHost,
    RobotsUnavailable,
    TooLong,
)
from yiqihui_spider.middlewares.reasons import NO_ANSWER, Way, is_certificate_trouble, proxy_of, reason, why

DIRECT = Way("a.example")
PROXIED = Way("a.example", "10.0.0.1:3128")


def wrapped(inner: Exception, by: type[ResponseFailed] = ResponseNeverReceived) -> DownloadFailedError:
    """As it comes from Scrapy: an error, made of Twisted's, made of the one that tells."""
    failed = by([Failure(inner)])
    outer = DownloadFailedError(str(failed))
    outer.__cause__ = failed
    return outer


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (CannotResolveHostError("x"), "unreachable", "the host name a.example cannot be resolved (DNS)"),
        (DownloadConnectionRefusedError("111"), "unreachable", "a.example refused the connection"),
        (
            DownloadTimeoutError("Getting http://a.example/ took longer than 60.0 seconds."),
            "unreachable",
            "a.example gave no answer within 60 seconds (timed out)",
        ),
        (DownloadTimeoutError(""), "unreachable", "a.example gave no answer in time (timed out)"),
        (DownloadCancelledError(""), "unreachable", "the request was broken off"),
        (ResponseDataLossError(), "unreachable", "the answer was cut off before its end"),
        (ForbiddenByRobots("no"), "forbidden", "no"),
        (RobotsUnavailable("503"), "closed", "503"),
        (OffHost("away"), "strange", "away"),
        (BrokenAnswer("half"), "broken", "half"),
        (TooLong("long"), "strange", "long"),
        (IgnoreRequest("max redirections reached"), "strange", "max redirections reached"),
        (KeyError("ours"), "strange", "an unforeseen fault: 'ours'"),
        (RuntimeError(), "strange", "an unforeseen fault: no reason was given"),
        (ValueError("bad address"), "strange", "an unforeseen fault: bad address"),
        (
            UnsupportedURLSchemeError("Unsupported scheme: b'socks5'"),
            "unreachable",
            "a.example is of a kind that cannot be used: socks5",
        ),
        (wrapped(ConnectionLost()), "unreachable", "a.example broke the connection off (reset)"),
        (wrapped(ConnectionDone()), "unreachable", "a.example closed the connection without an answer"),
        (
            wrapped(ConnectionDone(), ResponseFailed),
            "unreachable",
            "a.example closed the connection before the answer's head was over, or that is too long",
        ),
        (wrapped(ParseError("parts", b"SSH-2.0")), "unreachable", "the answer is no HTTP: SSH-2.0"),
        (wrapped(ValueError("b'x'")), "unreachable", "the answer's head is malformed: b'x'"),
        (getConnectError((101, "Network is unreachable")), "unreachable",
         "a.example cannot be reached: No route to host: 101: Network is unreachable"),
        (ConnectError(), "unreachable", "a.example cannot be reached: An error occurred while connecting"),
        (
            wrapped(SSL.Error([("SSL routines", "", "wrong version number")])),
            "unreachable",
            "a.example does not speak TLS at this address, https does not work there (wrong version number)",
        ),
        (
            wrapped(SSL.Error([("SSL routines", "", "sslv3 alert handshake failure")])),
            "unreachable",
            "no TLS connection to a.example: sslv3 alert handshake failure",
        ),
        (wrapped(SSL.Error()), "unreachable", "no TLS connection to a.example: no reason was given"),
        (wrapped(VerificationError(errors=[])), "unreachable",
         "the certificate is for another host name, not for a.example"),
    ],
)  # fmt: skip
def test_why(error: Exception, kind: str, words: str) -> None:
    assert why(error, DIRECT) == (kind, words)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CannotResolveHostError("x"), "the proxy's host name 10.0.0.1 cannot be resolved (DNS)"),
        (DownloadConnectionRefusedError("111"), "the proxy 10.0.0.1:3128 refused the connection"),
        (
            UnsupportedURLSchemeError("Unsupported scheme: b'socks5'"),
            "the proxy 10.0.0.1:3128 is of a kind that cannot be used: socks5",
        ),
        (
            TunnelError(
                "Could not open CONNECT tunnel with proxy p:1 [{'status': 403, 'reason': b'No way'}]"
            ),
            "the proxy 10.0.0.1:3128 refused the way to a.example: 403 No way",
        ),
        (
            TunnelError("Could not open CONNECT tunnel with proxy p:1 [b'SSH']"),
            "the proxy 10.0.0.1:3128 refused the way to a.example: its answer is no HTTP",
        ),
    ],
)
def test_by_a_proxy(error: Exception, words: str) -> None:
    assert reason(error, PROXIED) == words


def test_a_reason_is_one_clean_line() -> None:
    nasty = BrokenAnswer("a\x1b[31m\nb http://me:pw@x.example/ \u202ec" + "d" * 900)
    words = reason(nasty, DIRECT)
    assert words.startswith("a\ufffd[31m b http://***@x.example/ \ufffdc")
    assert len(words) == 301


def test_every_error_of_the_network_is_known() -> None:
    for error in NO_ANSWER:
        words = reason(error("the words"), DIRECT)
        assert error.__name__ not in words
        assert len(words) > 8


def test_certificates_are_told_from_other_trouble() -> None:
    assert is_certificate_trouble(wrapped(SSL.Error([("SSL routines", "", "certificate verify failed")])))
    assert is_certificate_trouble(wrapped(VerificationError(errors=[])))
    assert not is_certificate_trouble(wrapped(SSL.Error([("SSL routines", "", "wrong version number")])))
    assert not is_certificate_trouble(wrapped(ConnectionDone()))


def test_the_way_of_a_request() -> None:
    request = Request("http://a.example:81/x", meta={"proxy": "http://me:pw@10.0.0.1:3128"})
    assert Way.of(request) == PROXIED
    assert proxy_of(Request("http://a.example/", meta={"proxy": None})) is None
    assert Way.of(Request("http://[::1]:5/")) == Way("::1", None)
