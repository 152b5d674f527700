"""The faults themselves, against plain clients: a fault that does not fault proves nothing."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from support.faults import (
    BUSY,
    EMPTY,
    LOGIN,
    Answer,
    Bomb,
    Delay,
    Drip,
    Fault,
    Faults,
    HangUp,
    Huge,
    Instead,
    Redirect,
    Reset,
    Silence,
    Status,
    Tamper,
    Truncate,
    charset,
    gzipped,
    half,
    refusing,
    robots,
    serve_faulty,
    swap,
)

from yiqihui_spider.sample.server import SampleServer
from yiqihui_spider.sample.site import SampleSite

LISTING = "/news/list.php?cat=3&page=1"
SECOND = "/news/list.php?cat=3&page=2"


@contextmanager
def faulty(fault: Fault, pattern: str = "/news/list.php*") -> Iterator[SampleServer]:
    faults = Faults()
    faults.on(pattern, fault)
    with serve_faulty(SampleSite(), faults) as server:
        yield server


@contextmanager
def asking(
    server: SampleServer, target: str = LISTING, timeout: float = 5
) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)) as connection:
        connection.request("GET", target)
        with closing(connection.getresponse()) as response:
            yield response


def fetch(server: SampleServer, target: str = LISTING) -> tuple[int, bytes]:
    with asking(server, target) as response:
        return response.status, response.read()


def raw(server: SampleServer, target: str = LISTING) -> bytes:
    """Everything the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return b"".join(iter(lambda: sock.recv(65536), b""))


REAL = SampleSite().get(LISTING).body

# --- rules -----------------------------------------------------------------------------------


def test_without_a_matching_rule_the_site_answers() -> None:
    with faulty(Status(500), "/news/view/*") as server:
        assert fetch(server) == (200, REAL)
        assert fetch(server, "/news/view/4459.html")[0] == 500


def test_nth_counts_the_requests_that_match() -> None:
    faults = Faults()
    faults.on("*page=1", Status(503), nth=2)
    faults.on("*page=2", Status(500), nth=range(1, 3))
    with serve_faulty(SampleSite(), faults) as server:
        assert [fetch(server, LISTING)[0] for _ in range(3)] == [200, 503, 200]
        assert [fetch(server, SECOND)[0] for _ in range(3)] == [500, 500, 200]


def test_the_first_rule_that_applies_answers_and_all_count() -> None:
    faults = Faults()
    faults.on("*", Status(500), nth=1)
    faults.on("*", Status(503), nth=range(1, 3))
    with serve_faulty(SampleSite(), faults) as server:
        assert [fetch(server)[0] for _ in range(3)] == [500, 503, 200]


def test_a_hook_changes_the_site_before_the_nth_answer() -> None:
    site, faults = SampleSite(), Faults()
    faults.hook("/news/list.php*", lambda: site.delete(4459), nth=2)
    with serve_faulty(site, faults) as server:
        bodies = [fetch(server)[1].decode() for _ in range(3)]
    assert ["1-8/23 记录" in body for body in bodies] == [True, False, False]
    assert ["1-8/22 记录" in body for body in bodies] == [False, True, True]


def test_a_hook_and_a_fault_on_one_request() -> None:
    site, faults = SampleSite(), Faults()
    faults.hook("*", site.publish, nth=1)
    faults.on("*", Status(500), nth=1)
    with serve_faulty(site, faults) as server:
        assert fetch(server)[0] == 500
    assert len(site.articles) == 33


# --- no answer, or a part of one ---------------------------------------------------------------


def test_refused_connection() -> None:
    with refusing() as url, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))


def test_refusing_takes_over_the_port_of_a_site_that_went_down() -> None:
    with faulty(Status(500)) as server:
        fetch(server)
    with refusing(server.port) as url:
        assert url == server.url
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port))


def test_reset() -> None:
    with faulty(Reset()) as server, pytest.raises(ConnectionResetError):
        raw(server)


def test_reset_in_the_body() -> None:
    with faulty(Reset(after=1000)) as server, asking(server) as response:
        assert response.read(1000) == REAL[:1000]
        with pytest.raises(ConnectionResetError):
            response.read(1)


def test_hang_up() -> None:
    with faulty(HangUp()) as server:
        assert raw(server) == b""


def test_truncated_body() -> None:
    with faulty(Truncate(0.5)) as server, asking(server) as response:
        assert int(response.headers["Content-Length"]) == len(REAL)
        with pytest.raises(http.client.IncompleteRead) as caught:
            response.read()
    assert caught.value.partial == REAL[: len(REAL) // 2]


def test_silence() -> None:
    with faulty(Silence()) as server, pytest.raises(TimeoutError), asking(server, timeout=0.3):
        raise AssertionError("there was an answer")


def test_silence_in_the_body() -> None:
    with faulty(Silence(after=100)) as server, asking(server, timeout=0.3) as response:
        assert response.read(100) == REAL[:100]
        with pytest.raises(TimeoutError):
            response.read(1)


def test_a_silent_server_still_stops_at_once() -> None:
    before = threading.active_count()
    with faulty(Silence()) as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.sendall(b"GET " + LISTING.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        while not server.paths:
            time.sleep(0.01)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert threading.active_count() == before
    sock.close()


def test_delay() -> None:
    with faulty(Delay(0.3)) as server:
        started = time.monotonic()
        assert fetch(server) == (200, REAL)
        assert time.monotonic() - started >= 0.3


def test_drip() -> None:
    with faulty(Drip(chunk=4000, pause=0.05)) as server:
        started = time.monotonic()
        assert fetch(server) == (200, REAL)
        assert time.monotonic() - started >= len(REAL) // 4000 * 0.05


# --- another answer -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [500, 502, 503, 429])
@pytest.mark.parametrize("retry_after", [None, 2, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_status(code: int, retry_after: int | str | None) -> None:
    with faulty(Status(code, retry_after)) as server, asking(server) as response:
        assert response.status == code
        assert response.headers["Retry-After"] == (None if retry_after is None else str(retry_after))
        assert "系统繁忙" in response.read().decode()


def test_redirect_to_itself() -> None:
    with faulty(Redirect()) as server, asking(server) as response:
        assert (response.status, response.headers["Location"]) == (302, LISTING)


def test_redirect_off_the_host() -> None:
    with faulty(Redirect("http://localhost:1/x", 301)) as server, asking(server) as response:
        assert (response.status, response.headers["Location"]) == (301, "http://localhost:1/x")


@pytest.mark.parametrize(("fault", "words"), [(LOGIN, "用户登录"), (BUSY, "系统繁忙")])
def test_some_other_page_with_status_200(fault: Answer, words: str) -> None:
    with faulty(fault) as server:
        status, body = fetch(server)
    assert status == 200
    assert words in body.decode()
    assert "记录" not in body.decode()


def test_empty_page() -> None:
    with faulty(EMPTY) as server:
        assert fetch(server) == (200, b"")


def test_robots_variants() -> None:
    with faulty(robots("User-agent: yiqihui\nDisallow: /news/\n"), "/robots.txt") as server:
        assert fetch(server, "/robots.txt") == (200, b"User-agent: yiqihui\nDisallow: /news/\n")
    with faulty(robots("gone", 410), "/robots.txt") as server:
        assert fetch(server, "/robots.txt") == (410, b"gone")


def test_another_page_instead() -> None:
    with faulty(Instead(LISTING), "*page=2") as server:
        assert fetch(server, SECOND) == (200, REAL)


def test_swap_alters_the_page() -> None:
    with faulty(swap("1-8/23 记录", "1-8/24 记录")) as server:
        body = fetch(server)[1]
    assert body == REAL.replace("1-8/23 记录".encode(), "1-8/24 记录".encode())


def test_swap_refuses_what_is_not_there() -> None:
    change = swap("没有这句话", "").change
    with pytest.raises(ValueError, match="not on the page"):
        change(SampleSite().get(LISTING))


def test_half_a_document_properly_sent() -> None:
    with faulty(half()) as server:
        assert fetch(server) == (200, REAL[: len(REAL) // 2])


def test_wrong_charset() -> None:
    with faulty(charset("iso-8859-1")) as server, asking(server) as response:
        assert response.headers["Content-Type"] == "text/html; charset=iso-8859-1"
        assert response.read() == REAL


def test_gzip_whole_and_cut() -> None:
    with faulty(gzipped()) as server, asking(server) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(response.read()) == REAL
    with faulty(gzipped(keep=0.5)) as server, asking(server) as response:
        body = response.read()
        assert int(response.headers["Content-Length"]) == len(body)
        with pytest.raises(EOFError):
            gzip.decompress(body)


def test_tamper_takes_any_change() -> None:
    with faulty(Tamper(lambda r: type(r)(203, {**r.headers, "X-Seen": "1"}, b"ok"))) as server:
        assert fetch(server) == (203, b"ok")


@pytest.mark.parametrize("declared", [True, False])
def test_huge_page(declared: bool) -> None:
    with faulty(Huge(3_000_000, declared)) as server, asking(server) as response:
        assert response.headers["Content-Length"] == ("3000000" if declared else None)
        assert len(response.read()) == 3_000_000


def test_a_client_may_leave_a_huge_page(capfd: pytest.CaptureFixture[str]) -> None:
    with faulty(Huge(1 << 40)) as server, asking(server) as response:
        assert len(response.read(1000)) == 1000
    assert capfd.readouterr().err == ""


def test_gzip_bomb() -> None:
    with faulty(Bomb(20_000_000)) as server, asking(server) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        body = response.read()
    assert len(body) < 40_000
    assert zlib.decompressobj(31).decompress(body) == b" " * 20_000_000
