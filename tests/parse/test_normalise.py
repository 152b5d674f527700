"""From split pages to readings, through real HTML."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.hui import from_html, normalise, split
from support.paths import FIXTURES

from yiqihui_spider.items import ArticleItem, Declared, Link, PageText, ParsedPage, Span
from yiqihui_spider.parse.normalise import tidy
from yiqihui_spider.parse.page_text import from_text
from yiqihui_spider.sample.site import SampleSite

SITE = "http://www.178hui.com"
HERE = f"{SITE}/news/list.php?cat=3&page=2"
TRAIL = '当前位置:<a href="/">首页</a>&gt;<a href="/news/">一起惠资讯</a>&gt;'
CRUMBS = f'<div>{TRAIL}<a href="/news/s/">社群</a>&gt;文章列表</div>'
IMAGE = '<a href="/news/view/5.html"><img src="/p.gif"></a>'
MARKER = "<div><span>一起惠</span><span>2019-04-13 09:30:07</span><em>407 次</em></div>"
MARKER_LINE = "一起惠2019-04-13 09:30:07407 次\n"
BODY = "早上八点开团,橘子不到一小时就卖完了。"
PAGER = '<div>21-21/21 记录2/2 页<a href="/news/list.php?cat=3&page=1">首页</a></div>'


def read_html(html: str, url: str = HERE) -> ParsedPage:
    text = from_html(f"<html><body>{html}</body></html>", url)
    return normalise(url, text, split(text.text, text.furniture, text.links))


def read_text(text: str, url: str = "file:///dump.txt") -> ParsedPage:
    page_text = from_text(text)
    return normalise(url, page_text, split(page_text.text))


def listing(*entries: str, pager: str = PAGER, url: str = HERE) -> ParsedPage:
    return read_html(f"{CRUMBS}<h2>社群</h2><ul>{''.join(entries)}</ul>{pager}", url)


def link(number: int, text: str) -> str:
    return f'<a href="/news/view/{number}.html">{text}</a>'


def only(reading: ParsedPage) -> ArticleItem:
    (article,) = reading.articles
    assert reading.residues == ()
    return article


def test_an_entry_without_link_is_not_made_up_of_a_quoted_marker() -> None:
    """The middle one's own marker is lost without a trace; its text ends in one that it quotes."""
    quoting = f"{BODY}{MARKER_LINE.strip()}".replace("04-13", "04-12")
    reading = listing(
        f"<li><h3>{link(5, '橘子')}</h3><p>{BODY}</p>{MARKER}</li>",
        f"<li><h3>苹果</h3><p>{quoting}</p></li>",
        f"<li><h3>{link(7, '梨子熟了')}</h3><p>{BODY}</p>{MARKER.replace('04-13', '04-11')}</li>",
        pager="<div>1-3/3 记录1/1 页</div>",
    )
    assert [article.site_id for article in reading.articles] == [7]
    assert reading.problems != ()
    assert reading.residue_chars > 0


def test_an_entry() -> None:
    reading = listing(f"<li><h3>{link(5, '橘子 卖完了')}</h3><p>{BODY}</p>{MARKER}</li>")
    assert reading.kind == "listing"
    assert reading.category == "社群"
    assert reading.declared == Declared(21, 21, 21, 2, 2)
    assert reading.problems == ()
    article = only(reading)
    assert article.span.end - article.span.start == len(BODY)
    assert article == ArticleItem(
        body=BODY,
        published_at="2019-04-13T09:30:07+08:00",
        views=407,
        source="一起惠",
        title="橘子 卖完了",
        url=f"{SITE}/news/view/5.html",
        site_id=5,
        span=article.span,
        excerpt=False,
    )


def test_the_span_is_the_stored_body() -> None:
    html = (
        f"{CRUMBS}<h2>社群</h2><h3>{link(5, '橘子')}</h3><p>{BODY}</p><p></p><p>晚上收摊。</p>{MARKER}{PAGER}"
    )
    text = from_html(html, HERE)
    article = only(normalise(HERE, text, split(text.text, text.furniture)))
    assert article.body == f"{BODY}\n晚上收摊。" == tidy(article.span.of(text.text))


@pytest.mark.parametrize(
    "entry",
    [
        f"<li>{IMAGE}<h3>{link(5, '橘子')}</h3><p>{BODY}</p>{MARKER}</li>",
        f"<li><div>{link(5, '橘子')} {BODY}</div>{MARKER}</li>",
        f"<li><div>{link(5, '橘子')}{BODY}</div>{MARKER}</li>",
        f"<li>{link(5, '橘子')}<br>{BODY}{MARKER}</li>",
        f"<li><div>[<a href='/news/s/'>社群</a>] {link(5, '橘子')}</div><p>{BODY}</p>{MARKER}</li>",
        f"<li><h3>{link(5, '橘子')}</h3><p>{BODY}</p>{MARKER}{link(5, '阅读全文')}</li>",
    ],
    ids=["image", "same line", "glued", "break", "label", "read on after the marker"],
)
def test_where_a_title_stands(entry: str) -> None:
    article = only(listing(entry))
    assert (article.title, article.url, article.site_id) == ("橘子", f"{SITE}/news/view/5.html", 5)
    assert article.body == BODY


def test_titles_go_with_their_own_entry() -> None:
    entries = "".join(f"<li><h3>{link(n, f'第{n}篇')}</h3><p>{BODY}</p>{MARKER}</li>" for n in (7, 6, 5))
    pager = "<div>1-3/3 记录1/1 页</div>"
    reading = listing(entries, pager=pager)
    assert [(a.site_id, a.title) for a in reading.articles] == [(7, "第7篇"), (6, "第6篇"), (5, "第5篇")]
    assert reading.next_url is None


def test_an_entry_between_others_without_links_keeps_none() -> None:
    linked = f"<li><h3>{link(5, '橘子')}</h3><p>{BODY}</p>{MARKER}</li>"
    bare = f"<li><p>{BODY}</p>{MARKER}</li>"
    reading = listing(linked, bare, linked, pager="<div>1-3/3 记录1/1 页</div>")
    assert [(a.site_id, a.title, a.body) for a in reading.articles] == [
        (5, "橘子", BODY),
        (None, None, BODY),
        (5, "橘子", BODY),
    ]


def test_a_link_in_the_middle_of_a_body_is_no_title() -> None:
    article = only(
        listing(f"<li><p>早上八点开团,{link(9, '上次的橘子')}不到一小时就卖完了。</p>{MARKER}</li>")
    )
    assert (article.title, article.url, article.site_id) == (None, None, None)
    assert article.body == "早上八点开团,上次的橘子不到一小时就卖完了。"


@pytest.mark.parametrize(
    ("tail", "body"),
    [
        (link(5, "阅读全文"), BODY),
        (f"……[{link(5, '阅读全文')}]", f"{BODY}……"),
        (f"<p>{link(5, '查看全文 &gt;&gt;')}</p>", BODY),
        ("……", f"{BODY}……"),
        ("...", f"{BODY}..."),
        ("……阅读全文", f"{BODY}……"),
    ],
)
def test_excerpts(tail: str, body: str) -> None:
    article = only(listing(f"<li><h3>{link(5, '橘子')}</h3><div>{BODY}{tail}</div>{MARKER}</li>"))
    assert (article.body, article.excerpt, article.site_id) == (body, True, 5)


@pytest.mark.parametrize("lead", [IMAGE, ""], ids=["image", "read on"])
def test_an_address_without_a_title(lead: str) -> None:
    article = only(listing(f"<li>{lead}<p>{BODY}</p>{link(5, '阅读全文')}{MARKER}</li>"))
    assert (article.title, article.url, article.site_id) == (None, f"{SITE}/news/view/5.html", 5)
    assert (article.body, article.excerpt) == (BODY, True)


def test_a_link_to_another_host_is_no_address() -> None:
    entry = f"<li><h3><a href='http://other.example/news/view/5.html'>橘子</a></h3><p>{BODY}</p>{MARKER}</li>"
    article = only(listing(entry))
    assert (article.title, article.url, article.site_id) == (None, None, None)
    assert article.body == f"橘子\n{BODY}"


def test_links_of_the_sites_other_hosts_count() -> None:
    entry = (
        f"<li><h3><a href='http://m.178hui.com/news/view/5.html#top'>橘子</a></h3><p>{BODY}</p>{MARKER}</li>"
    )
    article = only(listing(entry, url="http://127.0.0.1:8000/news/list.php"))
    assert (article.title, article.url, article.site_id) == (
        "橘子",
        "http://m.178hui.com/news/view/5.html",
        5,
    )


def test_an_entry_with_a_title_only_is_an_excerpt() -> None:
    article = only(listing(f"<li><h3>{link(5, '橘子')}</h3>{MARKER}</li>"))
    assert (article.title, article.body, article.excerpt) == ("橘子", "", True)


def test_the_same_entry_twice_stays_twice() -> None:
    entry = f"<li><h3>{link(5, '橘子')}</h3><p>{BODY}</p>{MARKER}</li>"
    reading = listing(entry, entry, pager="<div>1-2/2 记录1/1 页</div>")
    assert [a.site_id for a in reading.articles] == [5, 5]


# --- where to go -----------------------------------------------------------------------------------

NUMBERED = (
    "<a href='?page=1'>首页</a><a href='?page=1'>上一页</a>"
    "<a href='?page=1'>1</a><span>2</span><a href='?page=3'>3</a>"
)


def urls(links: str, counts: str = "1-1/7 记录2/7 页") -> tuple[dict[int, str], str | None]:
    reading = listing(
        f"<li><p>{BODY}</p>{MARKER}</li>", pager=f"<div>{counts}{links}</div>", url=f"{SITE}/news/l.php"
    )
    assert reading.residues == ()
    return reading.page_urls, reading.next_url


def at(page: int) -> str:
    return f"{SITE}/news/l.php?page={page}"


def test_pager_links() -> None:
    links = f"{NUMBERED}<a href='?page=3'>下一页</a><a href='?page=7'>尾页</a>"
    assert urls(links) == ({1: at(1), 3: at(3), 7: at(7)}, at(3))


def test_without_a_word_for_it_the_next_number_leads_on() -> None:
    assert urls(NUMBERED) == ({1: at(1), 3: at(3)}, at(3))


def test_pager_words_alone() -> None:
    assert urls("<a href='?page=3'>下一页</a>") == ({}, at(3))


def test_a_pager_run_by_script_leads_nowhere() -> None:
    assert urls("<a href='#'>3</a><a href='javascript:go(3)'>下一页</a>") == ({}, None)


def test_the_last_page_leads_nowhere() -> None:
    links = "<a href='?page=7'>7</a><a href='?page=8'>下一页</a>"
    assert urls(links, "1-1/7 记录7/7 页") == ({7: at(7)}, None)


def test_pager_links_to_another_host_are_not_followed() -> None:
    assert urls("<a href='http://other.example/3'>3</a><a href='http://other.example/3'>下一页</a>") == (
        {},
        None,
    )


def test_a_section_start_page() -> None:
    html = (
        "<nav><a href='/'>首页</a><a href='/news/'>一起惠资讯</a><a href='/zdm/'>值得买</a></nav>"
        "<div>当前位置:<a href='/'>首页</a>&gt;一起惠资讯</div><ul><li><a href='list-3.html'>社群</a></li>"
        "<li><a href='/news/list-5.html'>购物资讯</a><a href='/news/list-5.html'>更多&gt;&gt;</a></li>"
        f"<li>{link(5, '橘子')}</li><li><a href='http://other.example/news/x'>别处</a></li>"
        "<li><a href='/news/topic.html'>一个比十二个字还要长得多的链接</a></li></ul>"
    )
    reading = read_html(html, f"{SITE}/news/")
    assert (reading.kind, reading.category, reading.articles) == ("other", None, ())
    assert reading.listing_urls == {
        "社群": f"{SITE}/news/list-3.html",
        "购物资讯": f"{SITE}/news/list-5.html",
    }


def test_a_listing_with_a_pager_names_no_categories() -> None:
    assert listing(f"<li><p>{BODY}</p>{MARKER}</li>").listing_urls == {}


# --- detail pages ------------------------------------------------------------------------------------

DETAIL = (
    f'<div>{TRAIL}<a href="/news/g/">购物资讯</a>&gt;橘子</div>'
    f"<h1>橘子</h1>{MARKER}<p>{BODY}</p><p>未完待续……</p>"
    f"<p>上一篇:{link(4, '苹果')}</p><h4>相关文章</h4><ul><li>{link(3, '梨')}</li></ul>"
)


def test_a_detail_page() -> None:
    reading = read_html(DETAIL, f"{SITE}/news/view/5.html")
    assert (reading.kind, reading.category, reading.declared) == ("article", "购物资讯", None)
    assert (reading.page_urls, reading.next_url, reading.listing_urls, reading.problems) == ({}, None, {}, ())
    article = only(reading)
    assert (article.title, article.url, article.site_id) == ("橘子", f"{SITE}/news/view/5.html", 5)
    assert (article.body, article.excerpt) == (f"{BODY}\n未完待续……", False)


def test_a_detail_page_from_a_file_has_no_address() -> None:
    article = only(read_html(DETAIL, "file:///tmp/saved.html"))
    assert (article.title, article.url, article.site_id) == ("橘子", None, None)


def test_a_detail_page_without_breadcrumb_is_in_no_category() -> None:
    html = f"<title>橘子_一起惠资讯</title><h1>橘子</h1>{MARKER}<p>{BODY}</p>"
    reading = read_html(html, f"{SITE}/news/view/5.html")
    assert (reading.kind, reading.category) == ("article", None)
    assert (only(reading).title, only(reading).body) == ("橘子", BODY)


def test_a_detail_page_that_only_its_document_names() -> None:
    html = f"<html><title>橘子_一起惠资讯</title><body>{MARKER}<p>{BODY}</p>"
    text = from_html(html, f"{SITE}/news/view/5.html")
    reading = normalise(f"{SITE}/news/view/5.html", text, split(text.text, text.furniture))
    assert (reading.kind, only(reading).title) == ("article", "橘子")


@pytest.mark.parametrize("source", ["", "一起惠", "36氪"])
def test_a_detail_page_whose_head_is_glued(source: str) -> None:
    """Breadcrumb, title and marker in one line, with a source and without."""
    head = f"当前位置:首页>一起惠资讯>购物资讯>橘子卖完了橘子卖完了{source}2019-04-13 09:30:07407 次"
    for text in (f"{head}\n{BODY}", f"{head}{BODY}"):
        reading = read_text(text, f"{SITE}/news/view/5.html")
        assert (reading.kind, reading.category) == ("article", "购物资讯")
        article = only(reading)
        assert (article.title, article.source, article.views) == ("橘子卖完了", source or None, 407)
        assert article.body == BODY


@pytest.mark.parametrize("source", ["", "一起惠", "36氪"])
def test_a_detail_page_whose_title_is_glued_to_its_marker(source: str) -> None:
    text = (
        f"当前位置:首页>一起惠资讯>购物资讯>橘子卖完了\n橘子卖完了{source}2019-04-13 09:30:07407 次\n{BODY}"
    )
    reading = read_text(text, f"{SITE}/news/view/5.html")
    article = only(reading)
    assert (reading.kind, article.title, article.source) == ("article", "橘子卖完了", source or None)
    assert article.body == BODY


# --- dumps -------------------------------------------------------------------------------------------


def test_a_dump() -> None:
    text = (FIXTURES / "split" / "paragraphs" / "input.txt").read_text("utf-8")
    expected = json.loads((FIXTURES / "split" / "paragraphs" / "expected.json").read_text("utf-8"))
    reading = read_text(text)
    assert [a.body for a in reading.articles] == [tidy(entry["body"]) for entry in expected["entries"]]
    assert [(a.source, a.title, a.url) for a in reading.articles] == [
        (None, None, None),
        ("巷口观察", None, None),
    ]
    assert (reading.category, reading.declared) == ("社群", Declared(2, 3, 3, 2, 2))


def test_residues_and_problems_are_handed_on() -> None:
    reading = read_text(
        "当前位置:首页>一起惠资讯>社群>文章列表\n社群\n"
        "早上开团。\n2019-02-30 09:17:24483 次\n1-1/1 记录1/1 页"
    )
    assert [(r.text, r.reason) for r in reading.residues] == [
        ("早上开团。", "text before a marker that can't be read: impossible date 2019-02-30 09:17:24"),
        ("2019-02-30 09:17:24483 次", "marker that can't be read: impossible date 2019-02-30 09:17:24"),
    ]
    assert reading.residue_chars == 5 + 24
    assert reading.problems == (
        "a marker that can't be read: impossible date 2019-02-30 09:17:24",
        "the pager declares 1 entry (1-1/1, page 1 of 1), found 0",
        "a listing page without entries",
    )


def test_an_empty_listing_is_no_problem() -> None:
    reading = read_text("当前位置:首页>一起惠资讯>社群>文章列表\n社群\n0-0/0 记录0/0 页")
    assert (reading.kind, reading.category, reading.problems) == ("listing", "社群", ())
    assert reading.declared == Declared(0, 0, 0, 0, 0)


def test_a_page_of_no_kind() -> None:
    reading = read_text("登录后查看")
    assert (reading.kind, reading.category, reading.articles, reading.problems) == ("other", None, (), ())
    assert [(r.span, r.text) for r in reading.residues] == [(Span(0, 5), "登录后查看")]


@pytest.mark.parametrize(
    ("trail", "category"),
    [
        ("首页>一起惠资讯>社群>文章列表", "社群"),
        ("首页>社群>文章列表", "社群"),
        ("首页>一起惠资讯>社群", "社群"),
        ("首页>一起惠资讯>文章列表", None),
        ("首页>一起惠资讯", None),
    ],
)
def test_category_of_a_listing(trail: str, category: str | None) -> None:
    reading = read_text(f"当前位置:{trail}\n早上开团。\n2019-02-03 09:17:24483 次\n1-1/1 记录1/1 页")
    assert reading.category == category
    assert len(reading.articles) == 1


def test_tidy() -> None:
    assert tidy("一\r\n\r\n二\r \n　\n三") == "一\n二\n三"
    assert tidy("一\x0b二\x0c三\x85四\u2028五\u2029六") == "一\n二\n三\n四\n五\n六"


HREFS = st.sampled_from(
    [
        f"{SITE}/news/view/5.html",
        f"{SITE}/news/",
        "http://[broken",
        "file:///x",
        "javascript:x",
        "",
        "//other/",
    ]
)
LINKS = st.lists(
    st.builds(
        lambda start, size, href, text, image: Link(start, start + size, href, text, image),
        st.integers(0, 120),
        st.integers(0, 9),
        HREFS,
        st.sampled_from(["橘子", "阅读全文", "下一页", "2", "尾页", "", " "]),
        st.booleans(),
    ),
    max_size=8,
)
PARTS = ("早上开团。", "\n", MARKER_LINE, "1-2/3 记录1/2 页", "下一页", "尾页", "阅读全文")


@pytest.mark.thorough
@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from([*PARTS, "当前位置:首页>一起惠资讯>社群>文章列表", "社群", "相关文章", "橘子", " "]),
        max_size=20,
    ),
    links=LINKS,
)
def test_any_page_with_any_links_gives_a_reading(parts: list[str], links: list[Link]) -> None:
    text = PageText("".join(parts), tuple(links))
    page = split(text.text)
    reading = normalise(HERE, text, page)
    assert len(reading.articles) == len(page.entries)
    for article, entry in zip(reading.articles, page.entries, strict=True):
        assert entry.body.start <= article.span.start <= article.span.end <= entry.body.end
        assert article.body == tidy(article.span.of(text.text))
        assert article.url in (None, HERE, f"{SITE}/news/view/5.html")


# --- the sample site, whole ------------------------------------------------------------------------


@pytest.mark.parametrize("semantic", [True, False])
@pytest.mark.parametrize("sidebar", ["dates", "markers", "off"])
def test_sample_site(semantic: bool, sidebar: str) -> None:
    site = SampleSite(semantic=semantic, sidebar=sidebar)  # type: ignore[arg-type]
    for category in site.categories:
        for number in range(1, site.pages(category) + 1):
            path = site.address(category, number)
            reading = read_html(site.get(path).text, SITE + path)
            assert [(a.site_id, a.title, a.body, a.views, a.excerpt) for a in reading.articles] == [
                (a.number, a.title, a.listed, a.views, a.excerpt is not None)
                for a in site.on_page(category, number)
            ]
            assert (reading.category, reading.residues, reading.problems) == (category, (), ())


@pytest.mark.parametrize(("pager_link", "number"), [("3", 3), ("３", 3), ("123456789", 123456789)])
def test_numbers_of_pages(pager_link: str, number: int) -> None:
    pager = f'<div>1-1/9999999 记录1/999999999 页<a href="/news/list.php?page=x">{pager_link}</a></div>'
    reading = listing(f"<li><p>{BODY}</p>{MARKER}</li>", pager=pager)
    assert reading.page_urls == {number: f"{SITE}/news/list.php?page=x"}


@pytest.mark.parametrize("pager_link", ["1234567890", "三", "3a", "更多"])
def test_what_is_no_number_of_a_page(pager_link: str) -> None:
    pager = f'<div>1-1/9999999 记录1/999999999 页<a href="/news/list.php?page=x">{pager_link}</a></div>'
    assert listing(f"<li><p>{BODY}</p>{MARKER}</li>", pager=pager).page_urls == {}


def test_an_article_without_a_heading_is_called_as_its_breadcrumb_says() -> None:
    url = f"{SITE}/news/view/5.html"
    trail = f"<div>{TRAIL}<a href='/news/s/'>社群</a>&gt;橘子卖完了</div>"
    reading = read_html(f"{trail}{MARKER}<p>{BODY}</p>", url)
    assert (reading.kind, only(reading).title, reading.category) == ("article", "橘子卖完了", "社群")


@pytest.mark.parametrize("href", ["http://[/news/view/9.html", "//[", "http://x:y:z/"])
def test_an_address_that_is_none(href: str) -> None:
    article = only(listing(f"<li><h3><a href='{href}'>橘子</a></h3><p>{BODY}</p>{MARKER}</li>"))
    assert (article.url, article.site_id) == (None, None)
