from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from yiqihui_spider.middlewares.errors import BadRedirect, OffHost
from yiqihui_spider.middlewares.guard import OneHostMiddleware, SafeRedirectMiddleware
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


def follow(*chain: str) -> list[str]:
    """What is asked for where each of ``chain`` leads to the next one, and the last to the first."""
    crawler = get_crawler(settings_dict={"REDIRECT_MAX_TIMES": 5})
    following = SafeRedirectMiddleware.from_crawler(crawler)
    request, asked = Request(f"http://a.example/{chain[0]}"), []
    while True:
        asked.append(request.url.rpartition("/")[2])
        onward = chain[(len(asked)) % len(chain)]
        answer = Response(request.url, status=302, headers={"Location": f"/{onward}"})
        found = following.process_response(request, answer)
        assert isinstance(found, Request)
        request = found


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        ("1", "redirected in a circle: http://a.example/1"),
        ("12", "redirected in a circle: http://a.example/1"),
        ("1234567", "redirected more than 5 times"),
    ],
)
def test_redirects_end(chain: str, why: str) -> None:
    with pytest.raises(BadRedirect, match=f"^{why}$"):
        follow(*chain)
