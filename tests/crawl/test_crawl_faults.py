"""What a server can do wrong, each against a real one: retried where it can help, recorded where
not, never archived as if it were the page, and made good by the next healthy run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.crawling import Field, Nursery, check_archive, rows
from support.faults import (
    BUSY,
    EMPTY,
    LOGIN,
    Answer,
    Bomb,
    Drip,
    Fault,
    Faults,
    HangUp,
    Huge,
    Redirect,
    Reset,
    Silence,
    Status,
    Truncate,
    gzipped,
    half,
    refusing,
)

from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite

PAGE = "/news/list.php?cat=3&page=2"
DETAIL = "/news/view/4160.html"


@dataclass(frozen=True)
class Case:
    fault: Fault
    asked: int
    """How often the page is asked for. On a connection used before, Twisted asks once more itself."""
    reason: str
    code: int = 3
    detail_reason: str | None = None
    settings: tuple[tuple[str, Any], ...] = ()


SOON = (("DOWNLOAD_TIMEOUT", "0.4"),)
SMALL = (("BODY_LIMIT", 100_000), ("TEXT_LIMIT", 200_000))
NO_LISTING = ("not a listing page", 4, "not a detail page")

CASES = {
    "reset": Case(Reset(), 4, r"127\.0\.0\.1 broke the connection off"),
    "reset within the body": Case(Reset(after=300), 3, "broke the connection off|the answer was cut off"),
    "hung up": Case(HangUp(), 4, r"127\.0\.0\.1 closed the connection without an answer"),
    "truncated": Case(Truncate(), 3, "the answer was cut off before its end"),
    "no answer": Case(Silence(), 3, r"127\.0\.0\.1 gave no answer within 0\.4 seconds", settings=SOON),
    "half an answer": Case(
        Silence(after=300), 3, r"127\.0\.0\.1 gave no answer within 0\.4 seconds", settings=SOON
    ),
    "slow drip": Case(Drip(), 3, r"127\.0\.0\.1 gave no answer within 0\.4 seconds", settings=SOON),
    "500": Case(Status(500), 3, "500 Internal Server Error"),
    "502": Case(Status(502), 3, "502 Bad Gateway"),
    "503": Case(Status(503), 3, "503 Service Unavailable"),
    "429": Case(Status(429), 3, "429 Too Many Requests"),
    "503, come back in an hour": Case(Status(503, retry_after=3600), 1, "503 Service Unavailable"),
    "403": Case(Status(403), 1, "403 Forbidden"),
    "redirect loop": Case(Redirect(), 2, "redirected in a circle: http://127"),
    "redirect nowhere": Case(Redirect("http://["), 1, r"redirected to what is no address: http://\["),
    "login page": Case(LOGIN, 2, *NO_LISTING),
    "error page": Case(BUSY, 2, *NO_LISTING),
    "empty": Case(EMPTY, 3, "the answer was empty"),
    "only white space": Case(Answer(" \n\n "), 2, *NO_LISTING),
    "no text": Case(Answer("\0\x01\x02" * 99, content_type="application/octet-stream"), 2, *NO_LISTING),
    "gzip cut short": Case(gzipped(0.6), 3, "content coding gzip: gzip data is cut off"),
    "huge": Case(Huge(50_000_000), 1, "longer than our limit", settings=SMALL),
    "huge without a length": Case(
        Huge(50_000_000, declared=False), 1, "longer than our limit", settings=SMALL
    ),
    "gzip bomb": Case(Bomb(80_000_000), 1, "content coding gzip: longer than our limit", settings=SMALL),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_page_and_a_detail_that_fail(case: Case, crawls: Field, faults: Faults) -> None:
    faults.on(PAGE, case.fault)
    faults.on(DETAIL, case.fault)
    done = crawls.crawl(**dict(case.settings))
    asked = crawls.asked()
    assert done.code == case.code, done.err
    assert "Traceback" not in done.err
    assert asked.count(PAGE) == asked.count(DETAIL) == case.asked
    assert_recorded(crawls, case)
    assert "/news/list.php?cat=3&page=3" in asked, "the pages behind the failed one are fetched all the same"
    walks = {walk["category"]: walk for walk in done.report["walks"]}
    assert (walks["社群"]["certified"], walks["购物资讯"]["certified"]) == (False, True)
    assert any(re.search(case.reason, line) and line.startswith("社群 not certified") for line in done.lines)
    check_archive(crawls.archive)

    faults.rules.clear()
    healthy = crawls.crawl()
    assert (healthy.code, healthy.err) == (0, "")
    assert crawls.asked()[:3] == ["/robots.txt", PAGE, DETAIL]
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]
    assert crawls.rows("SELECT count(*) FROM articles WHERE detail_at IS NULL") == [(0,)]
    assert crawls.todo() == []
    assert crawls.rows("SELECT certified FROM walks WHERE category = '社群' ORDER BY id") == [(0,), (1,)]
    check_archive(crawls.archive)


def assert_recorded(crawls: Field, case: Case) -> None:
    (page, reason), (detail, detail_reason) = crawls.todo()
    assert (page, detail) == (PAGE, DETAIL)
    assert re.search(case.reason, reason)
    assert re.search(case.detail_reason or case.reason, detail_reason)
    kinds = crawls.rows(
        "SELECT DISTINCT kind, entries, residue_chars FROM captures WHERE url IN (?, ?)",
        crawls.home + PAGE,
        crawls.home + DETAIL,
    )
    assert set(kinds) <= {("other", 0, 0)}
    if "longer than our limit" in case.reason:
        places = (crawls.home + PAGE, crawls.home + DETAIL)
        cut = crawls.rows("SELECT DISTINCT truncated FROM captures WHERE url IN (?, ?)", *places)
        assert cut == [("length",)]
    assert crawls.rows("SELECT count(*) FROM residues") == [(0,)]
    assert crawls.rows("SELECT count(*) FROM articles WHERE site_id = 4160 AND detail_at IS NOT NULL") == [
        (0,)
    ]


PEAK = """
import re, sys
from pathlib import Path
from yiqihui_spider.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    status = Path("/proc/self/status").read_text()
    print(end.code, int(re.search(r"VmHWM:\\s*(\\d+)", status).group(1)) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize(
    "fault",
    [Bomb(1 << 30), Huge(500_000_000), Huge(500_000_000, declared=False)],
    ids=["gzip", "huge", "endless"],
)
def test_bombs_are_not_held_in_memory(crawls: Field, faults: Faults, fault: Fault) -> None:
    faults.on(PAGE, fault)
    command = [sys.executable, "-c", PEAK, *crawls.arguments("--no-details", DOWNLOAD_TIMEOUT=60)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    code, peak = map(int, done.stdout.split("\n")[-2].split())
    assert code == 3, done.stderr
    assert peak < 400
    assert crawls.rows("SELECT truncated FROM captures WHERE url = ?", crawls.home + PAGE) == [("length",)]


def test_what_fails_once_is_asked_again_and_nothing_is_missed(crawls: Field, faults: Faults) -> None:
    once = [Reset(), Truncate(), Status(503), EMPTY, LOGIN, gzipped(0.6), half(), Status(500)]
    pages = [f"/news/list.php?cat={cat}&page={page}" for cat in (3, 5) for page in (1, 2, 3)]
    for path, fault in zip([*pages, DETAIL, "/news/"], once, strict=True):
        faults.on(path, fault, nth=1)
    done = crawls.crawl()
    assert done.code == 0, done.err
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]
    assert crawls.rows("SELECT certified FROM walks") == [(1,), (1,)]
    assert crawls.todo() == []
    # What came cut off is on record as such.
    assert crawls.rows("SELECT truncated FROM captures WHERE truncated IS NOT NULL") == [("disconnect",)]


def test_half_a_document_sent_properly_is_never_certified(crawls: Field, faults: Faults) -> None:
    faults.on(PAGE, half(0.6))
    done = crawls.crawl()
    assert done.code in (3, 4)
    walks = {walk["category"]: walk for walk in done.report["walks"]}
    assert not walks["社群"]["certified"]
    assert any("cut off" in reason for reason in walks["社群"]["reasons"])
    faults.rules.clear()
    assert crawls.crawl().code == 0


@pytest.mark.parametrize("after", [1, "date"])
def test_retry_after_is_honoured(crawls: Field, faults: Faults, after: int | str) -> None:
    if after == "date":
        from email.utils import formatdate

        after = formatdate(time.time() + 4, usegmt=True)
    faults.on(PAGE, Status(503, retry_after=after), nth=1)
    done = crawls.crawl("--no-details")
    assert done.code == 0, done.err
    first, second = (request.at for request in crawls.server.requests if request.path == PAGE)
    # A date has whole seconds, and the crawl takes a moment to get there.
    assert second - first > (0.95 if after == 1 else 1.0)


def test_redirected_off_the_host(crawls: Field, faults: Faults, site: SampleSite) -> None:
    with serve(site) as other:
        faults.on(PAGE, Redirect(other.url + PAGE))
        faults.on(DETAIL, Redirect(other.url + DETAIL))
        done = crawls.crawl()
        assert done.code == 3
        assert other.paths == []
        assert crawls.todo() == [
            (PAGE, f"redirected to another host: {other.url}{PAGE}"),
            (DETAIL, f"redirected to another host: {other.url}{DETAIL}"),
        ]
    assert (
        crawls.rows("SELECT http_status, kind FROM captures WHERE http_status = 302") == [(302, "other")] * 2
    )


def test_redirected_within_the_host(crawls: Field, faults: Faults) -> None:
    faults.on("/news/", Redirect("/news/?index"), nth=1)
    faults.on(PAGE, Redirect("/news/list-3-2.html", 301))
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]


def test_nothing_can_be_had(nursery: Nursery, tmp_path: Path) -> None:
    with refusing() as home:
        archive = tmp_path / "a.db"
        options = [
            "crawl",
            "--archive",
            str(archive),
            "--start-url",
            home + "/news/",
            "--set",
            "RETRY_BACKOFF=0.05",
        ]
        done = nursery.start(*options).wait()
        assert done.code == 75
        (line,) = done.lines
        assert line.startswith(f"failed: {home}/news/: robots.txt could not be fetched")
        assert rows(archive, "SELECT outcome, exit_code FROM runs") == [("site unreachable", 75)]
        assert rows(archive, "SELECT kind, attempts FROM todo") == [("section", 0)]
    with serve(SampleSite(), int(home.rpartition(":")[2])) as server:
        assert nursery.start(*options, "--delay", "0").wait().code == 0
        assert server.paths[1] == "/news/"
    assert rows(archive, "SELECT count(*) FROM todo") == [(0,)]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Status(503), 75), (EMPTY, 75), (Truncate(), 75), (Status(404), 1), (Redirect(), 1), (LOGIN, 4)],
    ids=["503", "empty", "truncated", "404", "loop", "login"],
)
def test_a_start_page_that_fails(crawls: Field, faults: Faults, fault: Fault, code: int) -> None:
    faults.on("/news/", fault)
    done = crawls.crawl()
    assert done.code == code
    assert crawls.rows("SELECT count(*) FROM articles") == [(0,)]
    assert [path for path, _ in crawls.todo()] == ["/news/"]
    faults.rules.clear()
    assert crawls.crawl().code == 0


def test_a_new_category_whose_first_page_is_an_error_page(crawls: Field, faults: Faults) -> None:
    """It is not taken for a link that never led to a listing."""
    faults.on("/news/list.php?cat=5*", BUSY)
    done = crawls.crawl()
    assert done.code == 3
    assert any("购物资讯 not certified" in line for line in done.lines)
    faults.rules.clear()
    assert crawls.crawl().code == 0
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]


def test_a_site_that_goes_down_is_left_alone_after_a_few_steps(crawls: Field, faults: Faults) -> None:
    faults.on("/news/view/*", Status(500), nth=range(10, 10_000))
    done = crawls.crawl(RETRY_TIMES=0)
    assert done.code == 3
    assert sum("/view/" in path for path in crawls.asked()) == 9 + 4
    assert any(line == "14 addresses are still to do; the next run fetches them first" for line in done.lines)
    status = crawls.nursery.start("status", "--archive", str(crawls.archive)).wait()
    assert f"{crawls.home}/news/view/" in status.out
    assert "500 Internal Server Error" in status.out
    faults.rules.clear()
    assert crawls.crawl().code == 0
    assert crawls.todo() == []


def test_a_page_that_is_gone_for_good_is_given_up(crawls: Field, faults: Faults) -> None:
    faults.on(DETAIL, Status(404))
    assert crawls.crawl().code == 3
    crawls.asked()
    assert crawls.crawl().code == 0
    assert DETAIL not in crawls.asked()
    assert crawls.rows("SELECT reason, attempts, given_up_at IS NOT NULL FROM todo") == [
        ("404 Not Found", 1, 1)
    ]


def test_the_layout_changed_overnight(crawls: Field, faults: Faults) -> None:
    assert crawls.crawl("--no-details").code == 0
    new = Answer(
        "<html><body><div>当前位置:首页&gt;一起惠资讯&gt;社群&gt;文章列表</div><p>新版上线</p></body></html>"
    )
    faults.on("/news/list.php*", new)
    done = crawls.crawl("--no-details")
    assert done.code == 4
    assert (
        done.lines[0]
        == f"layout: {crawls.home}/news/list.php?cat=3&page=1: not a listing page: no pager and no entries"
    )
    assert crawls.rows("SELECT DISTINCT state FROM articles") == [("present",)]
