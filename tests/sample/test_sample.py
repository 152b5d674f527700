"""The sample site: its articles, its pages in every shape, its changes, and its server."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import threading
import time
from collections import Counter

import pytest

from yiqihui_spider.sample.article import Article, invent_many, load_articles, parse_article
from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite

SHEQUN, GOUWU = "社群", "购物资讯"


@pytest.fixture
def site() -> SampleSite:
    return SampleSite()


def hrefs(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html.replace("&amp;", "&"))


def viewed(site: SampleSite, target: str) -> list[int]:
    """Numbers of the articles a listing page lists, in order."""
    html = site.get(target).text
    return [int(n) for n in re.findall(r'<h3><a href="[^"]*view/(\d+)\.html">', html)]


# --- the articles --------------------------------------------------------------------------


def test_there_are_32_articles_over_eight_months() -> None:
    articles = load_articles()
    assert len(articles) == 32
    assert articles[0].number == 4459
    assert articles[0].published == "2019-06-18 09:30:00"
    assert Counter(a.published[:7] for a in articles) == {
        "2018-11": 4, "2018-12": 5, "2019-01": 3, "2019-02": 3,
        "2019-03": 6, "2019-04": 5, "2019-05": 4, "2019-06": 2,
    }  # fmt: skip


def test_articles_are_short_and_have_paragraphs() -> None:
    for article in load_articles():
        assert 150 <= len(article.fused) <= 600, article.number
        assert 2 <= sum(not block.startswith("## ") for block in article.blocks) <= 5, article.number


def test_every_odd_case_is_among_them(site: SampleSite) -> None:
    articles = load_articles()
    assert {a.source for a in articles} == {"", "一起惠", "一起惠返利网", "36氪", "巷口观察", "渔港日报"}
    assert [a.number for a in articles if a.published == "2018-12-12 09:55:02"] == [4179, 4178]
    assert [a.number for a in articles if a.detail_source] == [4270]
    assert [a.number for a in articles if a.detail_extra == 11] == [4433, 4326, 4270]
    assert [a.number for a in articles if a.excerpt] == [4375]
    assert [a.number for a in articles if a.fused[-1].isdigit()] == [4459, 4318, 4117]
    assert "一起惠2019-03-01 08:00:00120 次" in site.articles[4295].fused
    whole = "".join(a.fused for a in articles)
    for word in (
        "2-3%",
        "(1)",
        "24小时",
        "→",
        "──",
        "11月12日",
        "“",
        "每日一淘",
        "云品仓",
        "贝仓",
        "A&B",
        "<满88元",
    ):
        assert word in whole, word


def test_parse_article_reads_optional_headers() -> None:
    head = "标题: 题\n时间: 2019-01-02 03:04:05\n来源:\n阅读: 7\n栏目: 社群, 购物资讯\n摘录: 3\n"
    article = parse_article(9, head + "\n一二。\n## 三\n四。\n")
    assert article == Article(
        9, "题", "2019-01-02 03:04:05", "", 7, (SHEQUN, GOUWU), ("一二。", "## 三", "四。"), excerpt=3
    )
    assert article.fused == "一二。三四。"
    assert article.listed == "一二。……"


# --- listings ------------------------------------------------------------------------------


def test_categories_overlap_and_have_several_pages(site: SampleSite) -> None:
    assert {name: len(listing) for name, listing in site.listings.items()} == {SHEQUN: 23, GOUWU: 17}
    assert (site.pages(SHEQUN), site.pages(GOUWU)) == (3, 3)
    both = set(site.listings[SHEQUN]) & set(site.listings[GOUWU])
    assert both == {4117, 4179, 4228, 4270, 4334, 4375, 4421, 4459}


def test_pages_hold_each_article_once_newest_first(site: SampleSite) -> None:
    seen = [viewed(site, f"/news/list.php?cat=3&page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in seen] == [8, 8, 7]
    assert (
        [number for page in seen for number in page]
        == site.listings[SHEQUN]
        == sorted(site.listings[SHEQUN], reverse=True)
    )


def test_listing_html_has_the_shapes_of_the_site(site: SampleSite) -> None:
    response = site.get("/news/list.php?cat=3&page=2")
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    html = response.text
    assert (
        '<div>当前位置:<a href="/">首页</a>&gt;<a href="/news/">一起惠资讯</a>&gt;'
        '<a href="/news/list.php?cat=3&amp;page=1">社群</a>&gt;文章列表</div>\n<h2>社群</h2>'
    ) in html
    assert '<h3><a href="/news/view/4311.html">前置仓开到巷子里,离冰箱还有三百米</a></h3>' in html
    assert "<div><span>36氪</span><span><i></i>2019-03-13 09:20:05</span><em>867 次</em></div>" in html
    assert (
        "<div><span>9-16/23 记录2/3 页</span>"
        '<a href="/news/list.php?cat=3&amp;page=1">首页</a>'
        '<a href="/news/list.php?cat=3&amp;page=1">上一页</a>'
        '<a href="/news/list.php?cat=3&amp;page=1">1</a><span>2</span>'
        '<a href="/news/list.php?cat=3&amp;page=3">3</a><a href="/news/list.php?cat=3&amp;page=3">下一页</a>'
        '<a href="/news/list.php?cat=3&amp;page=3">尾页</a></div>'
    ) in html
    assert "<h4>热门文章</h4>" in html


def test_only_the_excerpt_has_a_read_on_link(site: SampleSite) -> None:
    html = site.get("/news/list.php?cat=3&page=1").text
    assert html.count("阅读全文") == 1
    assert '……<a href="/news/view/4375.html">阅读全文</a></div>' in html


def test_body_text_is_escaped(site: SampleSite) -> None:
    html = site.get("/news/view/4179.html").text
    assert "A&amp;B两件" in html
    assert "&lt;满88元包邮&gt;" in html


def test_path_addresses(site: SampleSite) -> None:
    site.addresses = "path"
    assert site.address(SHEQUN, 2) == "/news/list-3-2.html"
    html = site.get("/news/list-3-2.html").text
    assert "/news/list-3-3.html" in hrefs(html)
    assert "list.php" not in html
    assert viewed(site, "/news/list-5.html") == viewed(site, "/news/list-5-1.html")


def test_relative_links(site: SampleSite) -> None:
    site.links = "relative"
    listing = hrefs(site.get("/news/list.php?cat=3&page=1").text)
    assert listing[:3] == ["../", "./", "list.php?cat=3&page=1"]
    assert "view/4459.html" in listing
    assert "../list.php?cat=5&page=1" in hrefs(site.get("/news/view/4459.html").text)
    assert "news/list.php?cat=5&page=1" in hrefs(site.get("/").text)


def test_absolute_links(site: SampleSite) -> None:
    site.links = "absolute"
    links = hrefs(site.get("/news/list.php?cat=3&page=1").text)
    assert {link.partition("/news")[0] for link in links if "/news" in link} == {"http://www.178hui.com"}


def test_first_page_may_have_an_address_of_its_own(site: SampleSite) -> None:
    site.bare_first = True
    assert "/news/list.php?cat=3" in hrefs(site.get("/news/").text)
    second = hrefs(site.get("/news/list.php?cat=3&page=2").text)
    assert "/news/list.php?cat=3" in second
    assert "/news/list.php?cat=3&page=1" in second
    assert site.get("/news/list.php?cat=3") == site.get("/news/list.php?cat=3&page=1")


@pytest.mark.parametrize(
    ("style", "words"),
    [("numbers", "首页上一页23456下一页尾页"), ("next", "首页上一页下一页尾页"), ("off", "")],
)
def test_pager_styles_and_window(site: SampleSite, style: str, words: str) -> None:
    site.page_size, site.pager = 2, style  # type: ignore[assignment]
    last = site.dump(SHEQUN, 4).splitlines()[-1]
    html = site.get("/news/list.php?cat=3&page=4").text
    if style == "off":
        assert last.endswith("次")
        assert "记录" not in html
    else:
        assert last == f"7-8/23 记录4/12 页{words}"
        pager = html[html.index("<span>7-8/23") :].partition("</div>")[0]
        assert re.sub("<[^>]*>", "", pager) == last


@pytest.mark.parametrize(
    ("beyond", "status", "numbers", "declared"),
    [
        ("last", 200, 1, "17-17/17 记录3/3 页"),
        ("empty", 200, 0, "25-17/17 记录4/3 页"),
        ("404", 404, 0, None),
    ],
)
def test_a_page_past_the_end(
    site: SampleSite, beyond: str, status: int, numbers: int, declared: str | None
) -> None:
    site.beyond = beyond  # type: ignore[assignment]
    target = "/news/list.php?cat=5&page=4"
    response = site.get(target)
    assert response.status == status
    assert len(viewed(site, target)) == numbers
    assert ("页面不存在" if declared is None else declared) in response.text


def test_one_page_and_no_articles() -> None:
    one = SampleSite.of(invent_many(3))
    assert one.dump(SHEQUN, 1).splitlines()[-1] == "1-3/3 记录1/1 页首页上一页1下一页尾页"
    assert one.dump(GOUWU, 1) == (
        "当前位置:首页>一起惠资讯>购物资讯>文章列表\n购物资讯\n0-0/0 记录1/1 页首页上一页1下一页尾页"
    )
    assert one.get("/news/list.php?cat=5&page=1").status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/news/view/1.html",
        "/news/list.php",
        "/news/list.php?cat=9",
        "/news/list.php?cat=3&page=x",
        "/news/list.php?cat=3&page=0",
        "/news/list.php?cat=3&page=" + "9" * 5000,
        "/nowhere",
    ],
)
def test_unknown_addresses_are_404(site: SampleSite, target: str) -> None:
    assert site.get(target).status == 404


# --- other pages -----------------------------------------------------------------------------


def test_detail_page(site: SampleSite) -> None:
    html = site.get("/news/view/4240.html").text
    assert (
        "&gt;年货怎么买:返利用户的五张购物清单</div>\n<h1>年货怎么买:返利用户的五张购物清单</h1>\n"
        "<div><span>一起惠返利网</span><span><i></i>2019-01-25 09:18:55</span><em>1490 次</em></div>" in html
    )
    assert html.count("<p>") == 4 + 2 + 1  # paragraphs, 上一篇 and 下一篇, footer
    assert "<h3>早买的</h3>" in html
    assert '<p>上一篇:<a href="/news/view/4270.html">' in html
    assert '<p>下一篇:<a href="/news/view/4228.html">' in html
    assert "<h4>相关文章</h4>" in html


def test_detail_page_may_differ_from_the_listing(site: SampleSite) -> None:
    html = site.get("/news/view/4270.html").text
    assert "<span>一起惠返利网</span><span><i></i>2019-02-20 09:09:09</span><em>744 次</em>" in html
    assert "一起惠2019-02-20 09:09:09733 次" in site.dump(SHEQUN, 2)


def test_section_page_leads_to_the_categories(site: SampleSite) -> None:
    links = hrefs(site.get("/news/").text)
    assert {"/news/list.php?cat=3&page=1", "/news/list.php?cat=5&page=1", "/zdm/", "/help/"} <= set(links)
    assert site.get("/news").headers["Location"] == "/news/"


@pytest.mark.parametrize("target", ["/", "/zdm/", "/help/", "/static/pic.gif"])
def test_what_pages_link_to_exists(site: SampleSite, target: str) -> None:
    assert site.get(target).status == 200


def test_robots(site: SampleSite) -> None:
    assert site.get("/robots.txt").body == b"User-agent: *\nDisallow:\n"
    site.crawl_delay = 2.5
    assert site.get("/robots.txt").body == b"User-agent: *\nDisallow:\nCrawl-delay: 2.5\n"
    site.robots = None
    assert site.get("/robots.txt").status == 404


# --- flattened text ----------------------------------------------------------------------------


def test_dump_is_the_flattened_form(site: SampleSite) -> None:
    lines = site.dump(GOUWU, 3).splitlines()
    assert lines[:2] == ["当前位置:首页>一起惠资讯>购物资讯>文章列表", "购物资讯"]
    assert lines[2] == site.articles[4102].fused
    assert lines[3:] == [
        "一起惠返利网2018-11-05 09:12:441284 次",
        "17-17/17 记录3/3 页首页上一页123下一页尾页",
    ]


def test_glued_dump_has_no_line_breaks(site: SampleSite) -> None:
    glued = site.dump(SHEQUN, 3, glued=True)
    assert glued == site.dump(SHEQUN, 3).replace("\n", "")
    assert "停在了236一起惠2018-11-12 10:03:092310 次" in glued


def test_dump_article_keeps_paragraphs(site: SampleSite) -> None:
    lines = site.dump_article(4326).splitlines()
    assert lines[:3] == [
        "当前位置:首页>一起惠资讯>社群>拼单搭子:写字楼里的午餐群",
        "拼单搭子:写字楼里的午餐群",
        "一起惠2019-03-25 09:33:33572 次",
    ]
    assert lines[3:] == list(site.articles[4326].blocks)


# --- how pages are sent --------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("declare", ["both", "header", "meta", "none"])
def test_charset(site: SampleSite, charset: str, declare: str) -> None:
    site.charset, site.declare = charset, declare  # type: ignore[assignment]
    response = site.get("/news/view/4262.html")
    html = response.body.decode("gb18030" if charset.startswith("gb") else charset)
    assert "苹果换一切" in html
    assert (f"charset={charset}" in response.headers["Content-Type"]) == (declare in ("both", "header"))
    assert (f'<meta charset="{charset}">' in html) == (declare in ("both", "meta"))


def test_plain_divs_instead_of_semantic_elements(site: SampleSite) -> None:
    site.semantic, site.sidebar = False, "markers"
    html = site.get("/news/list.php?cat=3&page=1").text
    assert not re.search(r"</?(header|nav|aside|footer)>", html)
    assert "<span>一起惠</span><span><i></i>2018-11-12 10:03:09</span><em>2310 次</em>" in html


def test_validators_hold_until_the_page_changes(site: SampleSite) -> None:
    site.etag = site.last_modified = True
    target = "/news/list.php?cat=5&page=3"
    first = site.get(target)
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert modified == "Sun, 30 Jun 2019 00:00:00 GMT"
    assert site.get(target, {"If-None-Match": etag}).status == 304
    assert site.get(target, {"If-Modified-Since": modified}).status == 304
    site.bump(4131)  # not on this page
    assert site.get(target, {"If-None-Match": etag}).status == 304
    site.edit(4102, title="新题目")
    changed = site.get(target, {"If-None-Match": etag, "If-Modified-Since": modified})
    assert (changed.status, changed.headers["Last-Modified"]) == (200, "Sun, 30 Jun 2019 00:00:02 GMT")
    assert site.get(target, {"If-Modified-Since": modified}).status == 200


def test_no_validators_unless_asked_for(site: SampleSite) -> None:
    assert site.get("/news/").headers.keys() == {"Content-Type"}


def test_gzip_for_who_accepts_it(site: SampleSite) -> None:
    plain = site.get("/news/")
    site.compress = True
    packed = site.get("/news/", {"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert site.get("/news/") == plain


def test_answers_are_the_same_every_time() -> None:
    targets = ["/news/", "/news/list.php?cat=3&page=2", "/news/view/4459.html"]
    assert [SampleSite().get(t) for t in targets] == [SampleSite().get(t) for t in targets]


# --- changes ---------------------------------------------------------------------------------------


def test_publish_pushes_one_article_to_the_next_page(site: SampleSite) -> None:
    before = viewed(site, "/news/list.php?cat=3&page=1")
    new = site.publish()
    assert (new.number, new.published) == (4460, "2019-06-18 09:37:00")
    assert viewed(site, "/news/list.php?cat=3&page=1") == [4460, *before[:-1]]
    assert viewed(site, "/news/list.php?cat=3&page=2")[0] == before[-1]
    assert site.get("/news/view/4460.html").status == 200
    assert site.publish(SHEQUN, GOUWU).fused != new.fused


def test_delete_pulls_one_article_back(site: SampleSite) -> None:
    second = viewed(site, "/news/list.php?cat=3&page=2")
    gone = site.delete(4459)
    assert viewed(site, "/news/list.php?cat=3&page=1")[-1] == second[0]
    assert site.get("/news/view/4459.html").status == 404
    assert len(site.listings[GOUWU]) == 16
    site.insert(gone)
    assert site.listings == SampleSite().listings


def test_delete_from_one_category_only(site: SampleSite) -> None:
    site.delete(4459, GOUWU)
    assert 4459 not in site.listings[GOUWU]
    assert 4459 in site.listings[SHEQUN]
    assert site.get("/news/view/4459.html").status == 200
    site.insert(site.articles[4459])
    assert site.listings == SampleSite().listings


def test_insert_at_a_place_of_ones_choice(site: SampleSite) -> None:
    article = site.delete(4459)
    site.insert(article, at=10)
    assert site.listings[SHEQUN][10] == site.listings[GOUWU][10] == 4459


def test_a_back_dated_article_goes_where_its_time_puts_it(site: SampleSite) -> None:
    article = site.delete(4326)
    site.insert(article)
    assert site.listings[SHEQUN].index(4326) == 9


def test_edit_and_bump(site: SampleSite) -> None:
    site.bump(4459, 5)
    assert "一起惠2019-06-18 09:30:001531 次" in site.dump(SHEQUN, 1)
    site.edit(4459, blocks=("只剩一段。",))
    assert "\n只剩一段。\n" in site.dump(GOUWU, 1)


def test_invented_articles_differ() -> None:
    articles = invent_many(139)
    assert len({a.fused for a in articles}) == len({a.published for a in articles}) == 139
    assert articles[0].published > articles[-1].published
    assert SampleSite.of(articles).dump(SHEQUN, 18).splitlines()[-1].startswith("137-139/139 记录18/18 页")


# --- the server ------------------------------------------------------------------------------------


def test_one_connection_carries_many_requests(site: SampleSite) -> None:
    with serve(site) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        for target in ("/robots.txt", "/news/list.php?cat=3&page=2", "/nowhere", "/news/view/4459.html"):
            connection.request("GET", target, headers={"User-Agent": "tester"})
            response = connection.getresponse()
            body = response.read()
            assert int(response.headers["Content-Length"]) == len(body)
            assert (response.status, body) == (site.get(target).status, site.get(target).body)
        sock = connection.sock
        connection.request("HEAD", "/news/")
        assert connection.getresponse().read() == b""
        assert connection.sock is sock
        connection.close()
    assert server.paths == [
        "/robots.txt", "/news/list.php?cat=3&page=2", "/nowhere", "/news/view/4459.html", "/news/",
    ]  # fmt: skip
    assert server.requests[0].method == "GET"
    assert server.requests[0].headers["user-agent"] == "tester"
    assert server.requests[0].at <= server.requests[4].at


def test_not_modified_has_no_body(site: SampleSite) -> None:
    site.etag = True
    etag = site.get("/news/").headers["ETag"]
    with serve(site) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        for _ in range(2):
            connection.request("GET", "/news/", headers={"If-None-Match": etag})
            response = connection.getresponse()
            assert (response.status, response.read()) == (304, b"")
        connection.close()


def test_closing_is_prompt_and_complete_even_with_idle_clients(site: SampleSite) -> None:
    before = threading.active_count()
    with serve(site) as server:
        idle = socket.create_connection(("127.0.0.1", server.port))
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        kept.request("GET", "/news/")
        kept.getresponse().read()
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert threading.active_count() == before
    assert idle.recv(1) == b""
    idle.close()
    kept.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_a_port_can_be_taken_again(site: SampleSite) -> None:
    with serve(site) as first:
        port = first.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/robots.txt")
        connection.getresponse().read()
        connection.close()
    with serve(site, port) as second:
        assert second.url == f"http://127.0.0.1:{port}"
