"""What the network does to a request, told in kinds; crawls of whole sites are in ``test_crawl*.py``."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scrapy.http import Request, TextResponse

from yiqihui_spider.items import Capture, FailureItem, FetchTask, PageItem
from yiqihui_spider.site import built_in
from yiqihui_spider.spiders.listing import ListingSpider

TASK = FetchTask("http://a/list", "listing", "社群", 1, etag='"v1"', last_modified=None)
CAPTURE = Capture(TASK.url, "2026-01-01T00:00:00+00:00", "sha1:X", "w.warc.gz", 0, 1)


def test_a_step_becomes_a_request_that_asks_only_for_news() -> None:
    spider = ListingSpider()
    spider.controller = SimpleNamespace(site=built_in("178hui"))  # type: ignore[assignment]
    request = spider.request(TASK)
    assert request.url == TASK.url
    assert request.meta["names"] == built_in("178hui").names
    assert request.headers.get("If-None-Match") == b'"v1"'
    assert "If-Modified-Since" not in request.headers
    assert request.meta["download_slot"] == "site", "whatever its hosts, one delay"
    assert (request.meta["home"], request.cb_kwargs, request.dont_filter) == (TASK.url, {"task": TASK}, True)


def parse(status: int, capture: Capture | None) -> list[PageItem | FailureItem]:
    request = Request(TASK.url, meta={"capture": capture})
    response = TextResponse(
        TASK.url, status=status, body=b"x", headers={"Content-Type": "text/html"}, request=request
    )
    return list(ListingSpider().pages(response, TASK))


@pytest.mark.parametrize("status", [200, 203, 304])
def test_pages_go_on(status: int) -> None:
    assert parse(status, CAPTURE) == [PageItem(TASK.url, b"x", "text/html", CAPTURE, TASK)]


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (404, "http", "404 Not Found"),
        (403, "http", "403 Forbidden"),
        (429, "unreachable", "429 Too Many Requests"),
        (408, "unreachable", "408 Request Timeout"),
        (503, "unreachable", "503 Service Unavailable"),
        (599, "unreachable", "599"),
    ],
)
def test_other_answers_are_failures(status: int, kind: str, reason: str) -> None:
    (failure,) = parse(status, CAPTURE)
    assert isinstance(failure, FailureItem)
    assert (failure.kind, failure.reason, failure.capture) == (kind, reason, CAPTURE)


def test_what_could_not_be_kept_is_not_read() -> None:
    assert parse(200, None) == []
