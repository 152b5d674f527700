from __future__ import annotations

import pytest
from support.hui import read_page
from support.paths import SHARED

from yiqihui_spider.parse.read import PARSER_VERSION
from yiqihui_spider.sample.site import SampleSite

SITE = "http://www.178hui.com"
REAL = SHARED / "real" / "listing-page-2.txt"


def test_parser_version() -> None:
    assert int(PARSER_VERSION) >= 2  # of captures read by the first parser, reparse takes all


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk"])
@pytest.mark.parametrize("declare", ["both", "header", "meta", "none"])
def test_a_page_reads_the_same_however_it_is_encoded(charset: str, declare: str) -> None:
    site = SampleSite(charset=charset, declare=declare)  # type: ignore[arg-type]
    path = site.address("社群", 2)
    response = site.get(path)
    text, page, reading = read_page(response.body, response.headers.get("Content-Type"), SITE + path)
    assert "".join(segment.span.of(text.text) for segment in page.segments) == text.text
    assert (reading.kind, reading.category, reading.residues) == ("listing", "社群", ())
    assert [(a.site_id, a.title, a.body) for a in reading.articles] == [
        (a.number, a.title, a.listed) for a in site.on_page("社群", 2)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_dump_and_the_page_it_was_made_from_say_the_same(encoding: str) -> None:
    site = SampleSite()
    path = site.address("购物资讯", 1)
    live = read_page(site.get(path).body, "text/html; charset=utf-8", SITE + path)[2]
    dump = read_page(site.dump("购物资讯", 1).encode(encoding), None, "file:///dump.txt")[2]
    assert [(a.body, a.published_at, a.views, a.source, a.excerpt) for a in dump.articles] == [
        (a.body, a.published_at, a.views, a.source, a.excerpt) for a in live.articles
    ]
    assert (dump.declared, dump.category, dump.residues) == (live.declared, live.category, ())


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe\x00", b"<html>", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_page(body: bytes) -> None:
    text, page, reading = read_page(body, "text/html", f"{SITE}/news/")
    assert "".join(segment.span.of(text.text) for segment in page.segments) == text.text
    assert (reading.kind, reading.articles) == ("other", ())


@pytest.mark.parametrize("views", ["0", "999999999999", "12345678901234567890"])
@pytest.mark.parametrize("year", ["0000", "0001", "1995", "2100", "9999"])
def test_what_is_read_fits_an_archive(views: str, year: str) -> None:
    """Extremes of a marker are read or shown; nothing that a database can't hold comes through."""
    dump = f"早上八点开团。\n一起惠{year}-12-31 23:59:59{views} 次".encode()
    reading = read_page(dump, None, f"{SITE}/news/view/{'9' * 19}.html")[2]
    if year in ("1995", "2100") and len(views) <= 12:
        (article,) = reading.articles
        assert (article.views, article.published_at) == (int(views), f"{year}-12-31T23:59:59+08:00")
        assert article.site_id is None
    else:
        assert reading.articles == ()
        assert reading.residues[0].text == "早上八点开团。"


def test_real_page() -> None:
    if not REAL.exists():
        pytest.skip(f"the real page is not in the repository and {REAL} does not exist")
    reading = read_page(REAL.read_bytes(), None, REAL.as_uri())[2]
    assert len(reading.articles) == 20
    assert (reading.category, reading.residues, reading.problems) == ("社群", (), ())
    assert reading.articles[8].published_at == "2019-04-13T09:30:07+08:00"
    assert (reading.articles[8].source, reading.articles[8].views) == ("一起惠", 407)


@pytest.mark.parametrize("counts", ["16-9/9 记录4/2 页", "10-9/9 记录3/2 页", "0-0/0 记录1/0 页"])
def test_a_page_behind_the_last_shows_nothing_that_is_unexplained(counts: str) -> None:
    """A listing that shrank while it was walked: the range runs backwards, the menu is the menu."""
    html = (
        "<div>一起惠示例站</div><ul><li><a href='/'>首页</a><li><a href='/news/'>一起惠资讯</a></ul>"
        "<div>当前位置:首页&gt;一起惠资讯&gt;社群&gt;文章列表</div><h1>社群</h1>"
        f"<div>{counts}<a href='/news/list-3-1.html'>首页</a></div>"
        "<div><h4>热门文章</h4><p><a href='/news/view/1.html'>第1号见闻</a></p><p>2019-01-01644 次</p></div>"
    )
    url = "http://www.178hui.com/news/list-3-4.html"
    _, _, reading = read_page(html.encode(), "text/html; charset=utf-8", url)
    assert (reading.articles, reading.residues) == ((), ())
