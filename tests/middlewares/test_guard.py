from __future__ import annotations

import pytest
from scrapy import Request

from yiqihui_spider.middlewares.errors import OffHost
from yiqihui_spider.middlewares.guard import OneHostMiddleware
from yiqihui_spider.site import built_in

HOME = "http://www.178hui.com/news/"
GUARD = OneHostMiddleware()
NAMES = built_in("178hui").names


@pytest.mark.parametrize(
    "url",
    [
        "http://www.178hui.com/news/view/4102.html",
        "https://www.178hui.com/news/",
        "http://178hui.com/news/",
        "http://www.178hui.com:80/",
    ],
)
def test_one_host_by_its_names_and_schemes(url: str) -> None:
    meta = {"home": HOME, "names": NAMES}
    assert GUARD.process_request(Request(url, meta=meta)) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/news/",
        "http://www.178hui.com.example.org/",
        "http://www.178hui.com:8080/",
        "http://bbs.178hui.com/",
        "http://evil.com#@www.178hui.com/",
        "http://[::1]/",
    ],
)
def test_any_other_is_refused_by_name(url: str) -> None:
    with pytest.raises(OffHost) as caught:
        GUARD.process_request(Request(url, meta={"home": HOME}))
    assert str(caught.value) == f"redirected to another host: {url}"
    assert caught.value.kind == "strange"


@pytest.mark.parametrize(
    "url",
    [
        "http://me:pw@example.org/",
        "http://me:pw@www.178hui.com/news/",
        "http://www.178hui.com:pw@example.org/",
        "http://example.org%5C:pw@www.178hui.com/",
    ],
)
def test_an_address_with_a_password_is_never_followed_and_never_shown(url: str) -> None:
    with pytest.raises(OffHost) as caught:
        GUARD.process_request(Request(url, meta={"home": HOME}))
    assert str(caught.value) == f"redirected to another host: http://***@{url.rpartition('@')[2]}"


def test_without_a_home_anything_goes() -> None:
    assert GUARD.process_request(Request("http://example.org/robots.txt")) is None
