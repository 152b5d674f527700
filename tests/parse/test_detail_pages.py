"""An article's own page as text: breadcrumb, title, marker, then the body."""

from __future__ import annotations

import pytest
from support.hui import read_page, split

from yiqihui_spider.items import ParsedPage

TITLE = "团长的第一个月"
CRUMB = f"当前位置:首页>一起惠资讯>购物资讯>{TITLE}"
MARKER = "2019-05-30 09:21:32582 次"
BODY = "春天的社群比往年热闹。"


def detail(text: str) -> tuple[str | None, str, str]:
    """Title, source and body; nothing else may be on the page."""
    page = split(text)
    assert (page.kind, page.residues, page.problems) == ("article", (), ())
    (entry,) = page.entries
    return page.heading, entry.source, entry.body.of(text)


def read(text: str) -> ParsedPage:
    return read_page(text.encode(), "text/plain; charset=utf-8", "http://www.178hui.com/news/view/5.html")[2]


@pytest.mark.parametrize("source", ["", "一起惠", "36氪", "甲" * 30])
def test_glued_into_one_line(source: str) -> None:
    assert detail(f"{CRUMB}{TITLE}{source}{MARKER}{BODY}") == (TITLE, source, BODY)


def test_glued_with_more_than_a_source_before_the_marker() -> None:
    text = f"{CRUMB}{TITLE}{'甲' * 31}{MARKER}{BODY}"
    page = split(text)
    assert [(entry.source, entry.body.of(text)) for entry in page.entries] == [("", BODY)]
    assert [(segment.span.of(text), segment.reason) for segment in page.residues] == [
        ("甲" * 31, "between the title and the marker")
    ]


@pytest.mark.parametrize("source", ["", "一起惠", "一起惠返利网"])
@pytest.mark.parametrize("between", ["", " ", "\n", "\n\u3000"])
def test_title_and_marker(source: str, between: str) -> None:
    assert detail(f"{CRUMB}\n{TITLE}{between}{source}{MARKER}\n{BODY}") == (TITLE, source, BODY)


@pytest.mark.parametrize(
    ("crumb", "category"),
    [
        ("", None),
        (f"当前位置:首页>{TITLE}\n", None),
        (f"当前位置:首页>一起惠资讯>{TITLE}\n", None),
        (f"当前位置:首页>一起惠资讯>购物资讯>{TITLE}\n", "购物资讯"),
    ],
)
def test_its_category_is_the_breadcrumbs_word_alone(crumb: str, category: str | None) -> None:
    reading = read(f"{crumb}{TITLE}\n一起惠{MARKER}\n{BODY}")
    assert (reading.kind, reading.category, len(reading.articles)) == ("article", category, 1)
    assert (reading.articles[0].title, reading.articles[0].body) == (TITLE, BODY)


def test_the_words_of_a_pager_inside_a_breadcrumb_are_none() -> None:
    text = "当前位置:首页0-0/0记录0/0页"
    page = split(text)
    assert [segment.kind for segment in page.segments] == ["breadcrumb"]
    assert page.pagers == ()
