from __future__ import annotations

import contextlib
import gzip
import http.client
import shutil
import socket
import ssl
import struct
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from support.internet_archive import InternetArchive, internet_archive, says

from yiqihui_spider.errors.network import why
from yiqihui_spider.wayback.client import Client, RateLimiter, Unreachable


class Clock:
    """Time that passes only when slept."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.at += seconds

    def now(self) -> float:
        return self.at


@pytest.fixture
def server() -> Iterator[InternetArchive]:
    with internet_archive() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def client(clock: Clock, told: list[str]) -> Client:
    return Client(timeout=5, sleep=clock.sleep, on_wait=told.append)


def pace(clock: Clock, interval: float = 0) -> RateLimiter:
    return RateLimiter(interval, clock.sleep, clock.now)


def test_requests_keep_their_distance(clock: Clock) -> None:
    paced = pace(clock, 2.5)
    paced.wait()
    paced.wait()
    clock.at += 1
    paced.wait()
    clock.at += 100
    paced.wait()
    assert clock.slept == [2.5, 1.5]


def test_every_status_is_an_answer(server: InternetArchive, client: Client, clock: Clock) -> None:
    server.faults["/web/"] = [says(302, "gone", Location="/elsewhere"), says(404, "none")]
    first = client.get(f"{server.url}/web/x", pace(clock), 1000)
    second = client.get(f"{server.url}/web/x", pace(clock), 1000)
    assert (first.status, first.header("location"), first.body) == (302, "/elsewhere", b"gone")
    assert (second.status, second.reason, second.body) == (404, "Not Found", b"none")
    assert server.paths() == ["/web/x", "/web/x"]


def test_body_comes_as_sent_and_no_longer_than_allowed(
    server: InternetArchive, client: Client, clock: Clock
) -> None:
    packed = gzip.compress(b"x" * 100_000, mtime=0)
    server.faults["/web/"] = [lambda one: one.send(200, {"Content-Encoding": "gzip"}, packed)] * 2
    assert client.get(f"{server.url}/web/x", pace(clock), 1000).body == packed
    short = client.get(f"{server.url}/web/x", pace(clock), 50)
    assert (short.body, short.cut) == (packed[:50], True)


@pytest.mark.parametrize(
    ("fault", "slept"),
    [
        (says(429, Retry_After="7"), [7.0]),
        (says(429), [60.0]),
        (says(503), [2.0]),
        (says(503, Retry_After="nonsense"), [2.0]),
        (lambda one: one.send(200, {}, b"twenty bytes of text", cut=5), [2.0]),
    ],
)
def test_waits_as_asked_and_tries_again(server, client, clock, fault, slept) -> None:  # type: ignore[no-untyped-def]
    server.faults["/web/"] = [fault, says(200, "here")]
    assert client.get(f"{server.url}/web/x", pace(clock), 1000).body == b"here"
    assert clock.slept == slept


def test_retry_after_may_be_a_date(
    server: InternetArchive, client: Client, clock: Clock, told: list[str]
) -> None:
    moment = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)
    server.faults["/web/"] = [says(503, Retry_After=moment), says(200, "here")]
    client.get(f"{server.url}/web/x", pace(clock), 1000)
    assert 85 < clock.slept[0] <= 90
    assert told == [f"waiting {clock.slept[0]:.0f} s: 503 Service Unavailable"]


def test_gives_up_after_three_tries(server: InternetArchive, client: Client, clock: Clock) -> None:
    server.faults["/web/"] = [says(503)] * 3
    with pytest.raises(Unreachable, match=r"^503 Service Unavailable$"):
        client.get(f"{server.url}/web/x", pace(clock), 1000)
    assert clock.slept == [2.0, 4.0]
    assert len(server.asked) == 3


def test_does_not_wait_for_hours(server: InternetArchive, client: Client, clock: Clock) -> None:
    server.faults["/web/"] = [says(429, Retry_After="3600")]
    with pytest.raises(Unreachable, match=r"^429 Too Many Requests; asks to come back in 3600 s$"):
        client.get(f"{server.url}/web/x", pace(clock), 1000)
    assert clock.slept == []


def test_nobody_there(client: Client, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=r"^connection refused$"):
        client.get(f"http://127.0.0.1:{port}/", pace(clock), 1000)


def test_silence(clock: Clock) -> None:
    client = Client(timeout=0.1, sleep=clock.sleep)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable, match=r"^timed out$"):
        client.get(f"http://127.0.0.1:{silent.getsockname()[1]}/", pace(clock), 1000)


def test_cut_off_says_how_much_came(server: InternetArchive, client: Client, clock: Clock) -> None:
    server.faults["/web/"] = [lambda one: one.send(200, {}, b"twenty bytes of text", cut=5)] * 3
    with pytest.raises(Unreachable, match=r"^the answer was cut off after 15 bytes$"):
        client.get(f"{server.url}/web/x", pace(clock), 1000)


# --- bounds ----------------------------------------------------------------------------------


def drip(handler: Any, head: bool = False) -> None:
    """A byte now and then, for as long as anybody listens."""
    if not head:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)


@pytest.mark.parametrize("head", [False, True])
def test_a_drip_is_broken_off(server: InternetArchive, clock: Clock, head: bool) -> None:
    server.faults["/web/"] = [lambda handler: drip(handler, head)] * 3
    client = Client(longest=0.2, sleep=clock.sleep)
    begun = time.monotonic()
    with pytest.raises(Unreachable, match=r"^timed out$"):
        client.get(f"{server.url}/web/x", pace(clock), 1_000_000)
    assert time.monotonic() - begun < 3


# --- why there is no answer --------------------------------------------------------------------


def raw(handler: Any, data: bytes) -> None:
    handler.wfile.write(data)
    handler.close_connection = True


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the connection was closed without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "what answers is no HTTP server ('SSH-2.0-OpenSSH_9.2')"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200,
            "the answer's head is no HTTP head (got more than 100 headers)",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n9\r\nabc",
            "the answer was cut off after 8 bytes",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
            "the answer was cut off after 5 bytes",
        ),
    ],
)
def test_the_reason_in_words(
    server: InternetArchive, client: Client, clock: Clock, data: bytes, words: str
) -> None:
    server.faults["/web/"] = [lambda handler: raw(handler, data)] * 3
    with pytest.raises(Unreachable) as caught:
        client.get(f"{server.url}/web/x", pace(clock), 1000)
    assert str(caught.value) == words


def test_a_reset_in_the_middle(server: InternetArchive, client: Client, clock: Clock) -> None:
    def reset(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"abc")
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True

    server.faults["/web/"] = [reset] * 3
    with pytest.raises(
        Unreachable, match=r"^(connection reset by peer|the answer was cut off after 3 bytes)$"
    ):
        client.get(f"{server.url}/web/x", pace(clock), 1000)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (urllib.error.URLError(ssl.SSLCertVerificationError(1, "x")), "its certificate is not valid: "),
        (urllib.error.URLError(ssl.SSLError(1, "x")), "no TLS connection: broken off"),
        (
            urllib.error.URLError(socket.gaierror(-2, "Name or service not known")),
            "its name can't be looked up: ",
        ),
        (urllib.error.URLError("unknown url type: gopher"), "unknown url type: gopher"),
        (UnicodeError("label empty or too long"), "the address holds no valid host name"),
        (http.client.InvalidURL("nonnumeric port: 'x'"), "not an address that can be asked: "),
        (
            OSError("Tunnel connection failed: 407 http://me:pw@proxy"),
            "tunnel connection failed: 407 http://proxy",
        ),
        (ConnectionResetError(104, "Connection reset by peer"), "connection reset by peer"),
        (OSError(), "no answer"),
    ],
)
def test_words(error: Exception, words: str) -> None:
    said = why(error)
    assert said.startswith(words)
    assert "Error" not in said


def test_a_certificate_of_nobody(clock: Clock, client: Client, tmp_path: Path) -> None:
    with tls_server(tmp_path) as url, pytest.raises(Unreachable) as caught:
        client.get(url, pace(clock), 1000)
    assert str(caught.value).startswith("its certificate is not valid: self")


@contextlib.contextmanager
def tls_server(folder: Path) -> Iterator[str]:
    subject = ["-subj", "/CN=localhost", "-days", "2", "-nodes", "-newkey", "rsa:2048", "-x509"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    subprocess.run(["openssl", "req", *subject, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    with internet_archive() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *request: None  # type: ignore[method-assign]
        yield server.url.replace("http", "https")


# --- proxies -----------------------------------------------------------------------------------


def test_loopback_goes_through_no_proxy(
    server: InternetArchive, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("no_proxy", "")
    server.faults["/web/"] = [says(200, "here")]
    assert client.get(f"{server.url}/web/x", pace(clock), 1000).body == b"here"


def test_a_proxy_that_refuses_is_named(client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9/")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(Unreachable, match=r"^through the proxy http://127\.0\.0\.1:9/: connection refused$"):
        client.get("http://archive.example/x", pace(clock), 1000)


def test_a_proxy_is_used(
    server: InternetArchive, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.faults["http://"] = [says(200, "through the proxy")]
    assert client.get("http://archive.example/x", pace(clock), 1000).body == b"through the proxy"
