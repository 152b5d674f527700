from __future__ import annotations

import time

import pytest

from yiqihui_spider.imports.addresses import host_of, is_web, own_address

PAGE = "http://www.178hui.com/news/view/4102.html"


@pytest.mark.parametrize(
    ("html", "address"),
    [
        (f'<html><link rel="canonical" href="{PAGE}">', PAGE),
        (f"<link href='{PAGE}' rel='shortlink CANONICAL'/>", PAGE),
        (f"<link rel=canonical href={PAGE}>", PAGE),
        ('<link rel="canonical" href="http://www.178hui.com/news/list.php?cat=3&amp;page=2">',
         "http://www.178hui.com/news/list.php?cat=3&page=2"),
        (f"<!DOCTYPE html>\n<!-- saved from url=(0041){PAGE} -->\n<html>", PAGE),
        (f"<!--saved from url={PAGE}-->", PAGE),
        (f'<meta property="og:url" content="{PAGE}">', PAGE),
        (f'<meta content="{PAGE}" property="og:url"><!-- saved from url=(0010)http://b.cn/ -->', "http://b.cn/"),
        ('<link rel="canonical" href="/news/view/4102.html">', None),
        ('<link rel="stylesheet" href="http://www.178hui.com/a.css">', None),
        ("<!-- saved from url=(0016)about:internet -->", None),
        ("<p>http://www.178hui.com/</p>", None),
    ],
)  # fmt: skip
def test_a_saved_page_names_its_address(html: str, address: str | None) -> None:
    assert own_address(html.encode()) == address


def test_in_any_encoding() -> None:
    assert own_address(f"<title>社群</title><!-- saved from url=(0041){PAGE} -->".encode("gbk")) == PAGE


@pytest.mark.parametrize(
    "unit", ["<link ", '<link "', "<meta '\"", "<!-- saved from url=", "<!--", "a=", "<link a = "]
)
def test_a_head_that_closes_nothing_takes_no_time(unit: str) -> None:
    start = time.perf_counter()
    assert own_address((unit * 30_000).encode()) is None
    assert time.perf_counter() - start < 5


def test_hosts() -> None:
    assert host_of("http://WWW.178hui.com.:80/a") == "www.178hui.com"
    assert (host_of("file:///a"), host_of("http://[::1"), is_web("urn:text:http://a/")) == ("", "", False)
