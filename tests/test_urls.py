from __future__ import annotations

import doctest
import time

import pytest
from support.hui import same_site

from yiqihui_spider import urls
from yiqihui_spider.urls import capture_time, original_address, without_toolbar


def test_doctests() -> None:
    assert doctest.testmod(urls).failed == 0


@pytest.mark.parametrize(
    ("url", "home", "same"),
    [
        ("http://www.178hui.com/news/view/1.html", "http://www.178hui.com/news/", True),
        ("https://www.178hui.com/x", "http://www.178hui.com/news/", True),
        ("http://178hui.com/", "http://www.178hui.com/", True),
        ("http://m.178hui.com/", "https://www.178hui.com/", True),
        ("http://evil178hui.com/", "http://www.178hui.com/", False),
        ("http://www.178hui.com.evil.example/", "http://www.178hui.com/", False),
        ("http://www.178hui.com:8080/", "http://www.178hui.com/", False),
        ("http://www.178hui.com@evil.example/", "http://www.178hui.com/", False),
        ("http://127.0.0.1:80/", "http://127.0.0.1/", True),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5001/", False),
        ("HTTP://WWW.178HUI.COM/", "http://www.178hui.com/", True),
        ("mailto:a@www.178hui.com", "http://www.178hui.com/", False),
        ("http://[::1/", "http://www.178hui.com/", False),
        ("http://www.178hui.com:99999/", "http://www.178hui.com/", False),
        ("", "http://www.178hui.com/", False),
    ],
)
def test_same_site(url: str, home: str, same: bool) -> None:
    assert same_site(url, home) is same


# --- copies in web archives ------------------------------------------------------------------

NEWS = "http://www.178hui.com/news/list-3-1.html"


@pytest.mark.parametrize(
    ("url", "original"),
    [
        (f"https://web.archive.org/web/20190705081500/{NEWS}", NEWS),
        (f"http://web.archive.org/web/20190705081500id_/{NEWS}", NEWS),
        (f"https://web.archive.org/web/2019im_/{NEWS}", NEWS),
        (f"https://web.archive.org/web/2019*/{NEWS}", NEWS),
        (f"https://web.archive.org/web/*/{NEWS}", NEWS),
        (f"http://archive.org/web/20190705081500/{NEWS}", NEWS),
        (
            f"https://web.archive.org/web/20190705081500/{NEWS}?a=1&b=http://x.cn/",
            f"{NEWS}?a=1&b=http://x.cn/",
        ),
        (f"http://localhost:8080/coll/20190705081500mp_/{NEWS}", NEWS),
        (f"http://localhost:8080/coll/mp_/{NEWS}", NEWS),
        (f"https://wayback.archive-it.org/1234/20190705081500/{NEWS}", NEWS),
        (f"https://arquivo.pt/wayback/20190705081500/{NEWS}", NEWS),
        (f"https://www.webarchive.org.uk/wayback/archive/20190705081500mp_/{NEWS}", NEWS),
        (
            "http://web.archive.org/web/20190705081500/http:/www.178hui.com/news/",
            "http://www.178hui.com/news/",
        ),
        ("http://web.archive.org/web/20190705081500/www.178hui.com/news/", "http://www.178hui.com/news/"),
        ("http://web.archive.org/web/20190705081500///www.178hui.com/", "http://www.178hui.com/"),
        ("https://web.archive.org/web/20190705081500/HTTP://www.178hui.com/", "http://www.178hui.com/"),
        ("file:///web/20190705081500/http://www.178hui.com/news/", "http://www.178hui.com/news/"),
        ("http://www.178hui.com/web/20190705081500/https://178hui.com/a", "https://178hui.com/a"),
        (f"http://localhost/c/20190706000000/https://web.archive.org/web/20190705081500/{NEWS}", NEWS),
        (NEWS, NEWS),
        ("http://www.178hui.com/web/20190705081500/", "http://www.178hui.com/web/20190705081500/"),
        ("http://www.178hui.com/go/http://other.cn/", "http://www.178hui.com/go/http://other.cn/"),
        (
            "http://www.178hui.com/go?u=/2019/http://other.cn/",
            "http://www.178hui.com/go?u=/2019/http://other.cn/",
        ),
        ("http://www.178hui.com/2019/07/a.html", "http://www.178hui.com/2019/07/a.html"),
        ("file:///home/2019/a.html", "file:///home/2019/a.html"),
        ("", ""),
    ],
)
def test_original_address(url: str, original: str) -> None:
    assert original_address(url) == original
    assert original_address(original) == original


def test_long_addresses_take_no_time() -> None:
    start = time.process_time()
    for url in ("http://a/" + "2019/" * 200_000, "http://a/web/" + "web/20190705081500/" * 50_000):
        original_address(url + "/http:")
    assert time.process_time() - start < 4


@pytest.mark.parametrize(
    ("html", "at"),
    [
        (f'<a href="/web/20190620081501/{NEWS}">', "2019-06-20T08:15:01+00:00"),
        (
            f'<a href="/web/20190620081501/{NEWS}"><a href="/web/20180101000000/{NEWS}">'
            f'<img src="//web.archive.org/web/20190620081501im_/{NEWS}">',
            "2019-06-20T08:15:01+00:00",
        ),
        (
            f"<a href='/web/20180101000000/{NEWS}'><!--\n     FILE ARCHIVED ON 08:15:01 Jun 20, 2019 AND"
            " RETRIEVED FROM THE\n     INTERNET ARCHIVE ON 09:30:00 Nov 1, 2026.\n-->",
            "2019-06-20T08:15:01+00:00",
        ),
        (
            f'<a href="/web/99999999999999/{NEWS}"><a href="/web/20190620081501/{NEWS}">',
            "2019-06-20T08:15:01+00:00",
        ),
        (f'<a href="{NEWS}">20190620081501</a>', None),
        ("", None),
    ],
)
def test_capture_time(html: str, at: str | None) -> None:
    assert capture_time(html) == at


def test_a_toolbar_tells_no_time() -> None:
    bar = (
        "".join(f'<a href="/web/2018010{n}000000/{NEWS}">' for n in range(1, 5))
        + f"/web/20180101000000/{NEWS}"
    )
    begin, end = "<!-- BEGIN WAYBACK TOOLBAR INSERT -->", "<!-- END WAYBACK TOOLBAR INSERT -->"
    page = f'<body>{begin}{bar}{end}<a href="/web/20190620081501/{NEWS}">'
    assert capture_time(page) == "2019-06-20T08:15:01+00:00"
    assert without_toolbar(page) == f'<body><a href="/web/20190620081501/{NEWS}">'
    assert without_toolbar(f"<p>{begin}一") == f"<p>{begin}一"
