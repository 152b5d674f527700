"""robots.txt as RFC 9309 says, against a real server; the reading of it as a function, too."""

from __future__ import annotations

import itertools

import pytest
from support.crawling import Field
from support.faults import (
    Answer,
    Fault,
    Faults,
    HangUp,
    Redirect,
    Silence,
    Status,
    Truncate,
    gzipped,
    robots,
)

from yiqihui_spider.middlewares.robots import ROBOTS_LIMIT, read_rules
from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite

AGENT = "yiqihui_spider"
BAN = "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_not_there_means_allowed(crawls: Field, faults: Faults, status: int) -> None:
    faults.on("/robots.txt", robots(BAN, status))
    done = crawls.crawl("--no-details", "--category", "社群")
    assert (done.code, done.err) == (0, "")
    assert crawls.asked().count("/robots.txt") == 1, "asked for once in a run"
    captured = "SELECT kind, http_status FROM captures WHERE url LIKE '%/robots.txt'"
    assert crawls.rows(captured) == [("other", status)]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Status(500), "robots.txt answered 500"),
        (Status(503), "robots.txt answered 503"),
        (
            Silence(),
            "robots.txt could not be fetched (127.0.0.1 gave no answer within 0.4 seconds (timed out))",
        ),
        (HangUp(), "robots.txt could not be fetched (127.0.0.1 closed the connection without an answer)"),
        (Truncate(), "robots.txt could not be fetched (the answer was cut off before its end)"),
        (
            gzipped(0.5),
            "robots.txt could not be fetched "
            "(content coding gzip: gzip data is cut off after 11 decoded bytes)",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_not_to_be_had_means_not_now(crawls: Field, faults: Faults, fault: Fault, reason: str) -> None:
    assert crawls.crawl("--no-details").code == 0
    crawls.asked()
    faults.on("/robots.txt", fault)
    done = crawls.crawl(DOWNLOAD_TIMEOUT=0.4)
    assert done.code == 75
    assert set(crawls.asked()) == {"/robots.txt"}
    assert done.lines == [f"failed: {crawls.home}/news/: {reason}: nothing may be fetched for now"]
    faults.rules.clear()
    assert crawls.crawl().code == 0


def test_an_outage_is_not_held_against_what_is_still_to_do(crawls: Field, faults: Faults) -> None:
    faults.on("/news/view/4160.html", Status(500))
    assert crawls.crawl(RETRY_TIMES=0).code == 3
    faults.on("/robots.txt", Status(503))
    for _ in range(8):
        assert crawls.crawl(RETRY_TIMES=0).code == 75
    assert crawls.rows("SELECT attempts, given_up_at FROM todo") == [(1, None)]


def test_disallowed(crawls: Field, faults: Faults) -> None:
    faults.on("/robots.txt", robots(BAN))
    done = crawls.crawl()
    assert done.code == 1
    assert done.lines == [f"failed: {crawls.home}/news/: robots.txt forbids {crawls.home}/news/"]
    assert crawls.asked() == ["/robots.txt"]
    assert crawls.rows("SELECT outcome FROM runs") == [("forbidden by robots.txt",)]


def test_details_alone_disallowed(crawls: Field, faults: Faults) -> None:
    faults.on("/robots.txt", robots("User-agent: *\nDisallow: /news/view/\n"))
    done = crawls.crawl()
    assert done.code == 3
    assert not any("/view/" in path for path in crawls.asked())
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]
    assert crawls.crawl("--no-details").code == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"User-agent: *\nDisallow:\n\nUser-agent: {AGENT}\nDisallow: /news/\n", 1),
        (f"User-agent: {AGENT.upper()}\nDisallow: /\n", 1),
        (f"User-agent: *\nDisallow: /\n\nUser-agent: {AGENT}\nDisallow: /private/\n", 0),
        ("User-agent: yiqihui_spider_news\nDisallow: /\n", 0),
        ("User-agent: *\nDisallow: /*cat=3\n", 3),
        ("User-agent: *\nDisallow: /news/\nAllow: /news/$\nAllow: /news/list.php\n", 0),
        ("\ufeffUser-agent: *\r\nDisallow: /news/\r\n", 1),
        ("", 0),
        ("<html><body>没有这个页面</body></html>", 0),
    ],
    ids=[
        "our name",
        "our name in capitals",
        "only others",
        "another's name",
        "wildcard",
        "allow",
        "bom",
        "empty",
        "html",
    ],
)
def test_rules(crawls: Field, faults: Faults, text: str, code: int) -> None:
    faults.on("/robots.txt", robots(text))
    done = crawls.crawl("--no-details")
    assert done.code == code, done.err
    assert (crawls.rows("SELECT count(*) FROM articles")[0][0] > 0) == (code != 1)


def test_crawl_delay_is_kept(crawls: Field, site: SampleSite) -> None:
    site.crawl_delay = 0.5
    assert crawls.crawl("--no-details", "--category", "社群").code == 0
    assert shortest_pause(crawls) >= 0.35, "the server saw the one before a little late, at most"
    site.crawl_delay = 0.1
    assert crawls.crawl("--no-details", "--category", "社群", "--delay", "0.7", start=None).code == 0
    assert shortest_pause(crawls) >= 0.55, "the longer of the two"


def shortest_pause(crawls: Field) -> float:
    with crawls.server.guard:
        moments = [request.at for request in crawls.server.requests]
        crawls.server.requests.clear()
    return min(later - earlier for earlier, later in itertools.pairwise(moments))


def test_one_request_at_a_time(crawls: Field) -> None:
    assert crawls.crawl("--no-details", "--category", "社群", "--delay", "0.2").code == 0
    assert shortest_pause(crawls) >= 0.15


def test_redirects_within_the_site_are_followed(crawls: Field, faults: Faults) -> None:
    faults.on("/robots.txt", Redirect("/robots/", 301))
    faults.on("/robots/", robots(BAN))
    assert crawls.crawl().code == 1
    assert crawls.asked() == ["/robots.txt", "/robots/"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "me:pw@127.0.0.1", "2130706433"])
def test_redirects_to_elsewhere_are_no_rules_to_go_by(crawls: Field, faults: Faults, host: str) -> None:
    with serve(SampleSite(robots="")) as other:
        target = f"http://{host}:{other.port}/robots.txt"
        faults.on("/robots.txt", Redirect(target, 301))
        done = crawls.crawl()
        assert (done.code, other.paths) == (75, [])
        assert crawls.asked() == ["/robots.txt"]
    shown = target.replace("me:pw@", "***@")
    assert done.lines == [
        f"failed: {crawls.home}/news/: robots.txt could not be fetched "
        f"(redirected to another host: {shown}): nothing may be fetched for now"
    ]


def test_redirects_without_end_mean_no_rules(crawls: Field, faults: Faults) -> None:
    faults.on("/robots.txt", Redirect())
    done = crawls.crawl("--no-details", "--category", "社群")
    assert (done.code, done.err) == (0, "")
    assert crawls.asked().count("/robots.txt") == 2


def test_the_agent_says_who_it_is(crawls: Field, faults: Faults) -> None:
    faults.on("/news/", Answer("", 404))
    crawls.crawl()
    for request in crawls.server.requests:
        assert request.headers["user-agent"].startswith("yiqihui_spider/")
        assert "referer" not in request.headers
        assert "cookie" not in request.headers


def test_reading_an_answer() -> None:
    ours = "http://x.test/a"
    for status in (200, 204, 206):
        rules = read_rules(status, BAN.encode())
        assert rules.parsed is not None
        assert not rules.parsed.can_fetch(ours, AGENT)
    for status in (400, 401, 403, 404, 410, 451):
        assert (read_rules(status, BAN.encode()).parsed, read_rules(status, b"").unavailable) == (None, None)
    for status in (429, 500, 503, 599, 304):
        assert read_rules(status, b"").unavailable == f"robots.txt answered {status}"
    late = b"#" * ROBOTS_LIMIT + b"\n" + BAN.encode()
    rules = read_rules(200, late)
    assert rules.parsed is not None
    assert rules.parsed.can_fetch(ours, AGENT)
    assert read_rules(200, b"\xff\xfe\x00 nonsense").parsed is not None
