from __future__ import annotations

import doctest

import pytest

from yiqihui_spider import addresses
from yiqihui_spider.addresses import same_site


def test_doctests() -> None:
    assert doctest.testmod(addresses).failed == 0


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
