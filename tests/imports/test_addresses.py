from __future__ import annotations

import time
from pathlib import PurePosixPath

import pytest
from support.hui import saved_page

from yiqihui_spider.imports.addresses import (
    Saved,
    address_in_path,
    host_name,
    host_of,
    is_web,
    takes,
)

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
    assert saved_page(html.encode()).url == address


def test_in_any_encoding() -> None:
    assert saved_page(f"<title>社群</title><!-- saved from url=(0041){PAGE} -->".encode("gbk")).url == PAGE


@pytest.mark.parametrize(
    "unit", ["<link ", '<link "', "<meta '\"", "<!-- saved from url=", "<!--", "a=", "<link a = "]
)
def test_a_head_that_closes_nothing_takes_no_time(unit: str) -> None:
    start = time.process_time()
    assert saved_page((unit * 30_000).encode()).url is None
    assert time.process_time() - start < 5


def test_hosts() -> None:
    assert host_of("http://WWW.178hui.com.:80/a") == "www.178hui.com"
    assert (host_of("file:///a"), host_of("http://[::1"), is_web("urn:text:http://a/")) == ("", "", False)


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://www.178hui.com/", True),
        ("https://WWW.178hui.com.:443/news/", True),
        ("http://www.178hui.com:8080?x", True),
        ("http://www.178hui.com", True),
        ("http://evil.com#@www.178hui.com/", False),
        ("http://evil.com?@www.178hui.com/", False),
        ("http://evil.com/@www.178hui.com/", False),
        ("http://evil.com\\@www.178hui.com/", False),
        ("http://www.178hui.com\\@evil.com/", False),
        ("http://www.178hui.com\\.evil.com/", False),
        ("http://www.178hui.com@evil.com/", False),
        ("http://www.178hui.com:80@evil.com/", False),
        ("http://evil.com@www.178hui.com/", False),
        ("http://www.178hui.com:pw@www.178hui.com/", False),
        ("http://www.178hui.com.evil.com/", False),
        ("http://evil-www.178hui.com/", False),
        ("http://www.178hui.com../", False),
        ("http://www.178hui.com:99999/", False),
        ("http://www.178hui.com:8o/", False),
        ("http://www.178hui.com%2eevil.com/", False),
        ("http://www.178hui.com\t.evil.com/", False),
        ("http://\nwww.178hui.com/", False),
        ("http:///www.178hui.com/", False),
        ("http:www.178hui.com/", False),
        ("http://ｗｗｗ.178hui.com/", False),
        ("http://www。178hui。com/", False),
        ("http://[www.178hui.com]/", False),
        ("ftp://www.178hui.com/", False),
        ("javascript://www.178hui.com/%0aalert(1)", False),
    ],
)
def test_only_addresses_that_all_programs_read_alike_are_taken(url: str, taken: bool) -> None:
    assert takes(url, {"www.178hui.com"}) is taken


def test_a_host_with_a_port_and_one_beyond_ascii() -> None:
    assert takes("http://127.0.0.1:8000/", {"127.0.0.1:8000"})
    assert not takes("http://127.0.0.1:8001/", {"127.0.0.1:8000"})
    assert takes("http://[::1]:80/", {"::1"})
    assert takes("http://xn--fsqu00a.cn/", {host_name("例子.CN")})


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/m/www.178hui.com/news/view/4102.html", PAGE),
        ("/m/www.178hui.com/news/index.html", "http://www.178hui.com/news/"),
        ("/m/www.178hui.com/index.html", "http://www.178hui.com/"),
        (
            "/m/www.178hui.com/news/list.php?cat=3&page=2.html",
            "http://www.178hui.com/news/list.php?cat=3&page=2",
        ),
        (
            "/m/www.178hui.com/news/list.php@cat=3&page=2.html",
            "http://www.178hui.com/news/list.php?cat=3&page=2",
        ),
        ("/www.178hui.com/old/www.178hui.com/a.html", "http://www.178hui.com/a.html"),
        ("/m/www.178hui.com+8080/a", None),
        ("/m/elsewhere.example/news/view/4102.html", None),
        ("/m/www.178hui.com", None),
    ],
)
def test_a_mirrors_folders_name_the_address(path: str, url: str | None) -> None:
    assert address_in_path(PurePosixPath(path), {"www.178hui.com"}) == url


ELSEWHERE = "http://36kr.example/p/1"


@pytest.mark.parametrize(
    ("html", "url", "at"),
    [
        (f'<link rel=canonical href="{ELSEWHERE}"><!-- saved from url=(0041){PAGE} -->', PAGE, None),
        (f'<link rel=canonical href="{ELSEWHERE}">', ELSEWHERE, None),
        (f'<html data-scrapbook-source="{PAGE}" data-scrapbook-create="20200302060000123">', PAGE,
         "2020-03-02T06:00:00+00:00"),
        (f"<!-- OriginalSrc: {PAGE} -->", PAGE, None),
        (f"<!--\n Page saved with SingleFile \n url: {PAGE}\n saved date: some day\n-->", PAGE, None),
        (f"<!-- saved from url=(0099)http://localhost:8080/coll/20200302060000mp_/{PAGE} -->", PAGE,
         "2020-03-02T06:00:00+00:00"),
        # An article that speaks of a web archive is no copy from one.
        ('<a href="/a">1</a><a href="/b">2</a><a href="https://web.archive.org/web/20150101000000/http://a.cn/">',
         None, None),
        ('<a href="https://web.archive.org/web/20200302060000/http://a.cn/">', None,
         "2020-03-02T06:00:00+00:00"),
        ('<a href="https://web.archive.org/web/20209902060000/http://a.cn/">', None, None),
    ],
)  # fmt: skip
def test_a_saved_page_names_its_address_and_time(html: str, url: str | None, at: str | None) -> None:
    assert saved_page(html.encode(), lambda own: "178hui" in own) == Saved(url, at)
