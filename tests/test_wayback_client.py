from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from internet_archive import InternetArchive, internet_archive, says

from yiqihui_spider.wayback.client import Client, Pace, Unreachable


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
    return Client(timeout=5, sleep=clock.sleep, clock=clock.now, told=told.append)


def pace(clock: Clock, interval: float = 0) -> Pace:
    return Pace(interval, clock.sleep, clock.now)


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
    client = Client(timeout=0.1, sleep=clock.sleep, clock=clock.now)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable, match=r"^timed out$"):
        client.get(f"http://127.0.0.1:{silent.getsockname()[1]}/", pace(clock), 1000)


def test_cut_off_says_how_much_came(server: InternetArchive, client: Client, clock: Clock) -> None:
    server.faults["/web/"] = [lambda one: one.send(200, {}, b"twenty bytes of text", cut=5)] * 3
    with pytest.raises(Unreachable, match=r"^the answer was cut off after 15 bytes$"):
        client.get(f"{server.url}/web/x", pace(clock), 1000)
