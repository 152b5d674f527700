from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
from support.hui import HUI

from yiqihui_spider.site import chinese


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/news/view/5561.html", 5561),
        ("/news/view/5561.htm", 5561),
        ("/news/view/5561.html/", None),
        ("/news/view/.html", None),
        ("/news/list/3-2.html", None),
        ("/zdm/view-684087.html", None),
        ("/news/view/999999999999999999.html", 999999999999999999),
        ("/news/view/1234567890123456789.html", None),
        ("/news/view/９.html", None),
        ("/2839.html", None),
        ("", None),
    ],
)
def test_site_id(path: str, number: int | None) -> None:
    assert HUI.article_number(f"http://www.178hui.com{path}") == number


def test_site_id_on_the_host_where_articles_once_stood() -> None:
    assert HUI.is_article("http://news.178hui.com/2839.html")
    assert not HUI.is_article("http://news.178hui.com/list/2839.html")
    assert HUI.article_number("http://news.178hui.com/2839.html") is None  # not today's number
    assert HUI.article_number("http://news.178hui.com/news/view/2839.html") == 2839


@pytest.mark.parametrize("text", ["阅读全文", "[阅读全文]", " 查看全文 >>", "【详情】", "全文…", "阅读更多»"])
def test_read_on(text: str) -> None:
    assert HUI.words.leads_on(text)


@pytest.mark.parametrize("text", ["", "全文检索怎么做", "阅读全文之前", "一张优惠券的一生"])
def test_not_read_on(text: str) -> None:
    assert not HUI.words.leads_on(text)


def test_published_at_is_in_china() -> None:
    assert HUI.published_at("2019-04-13 09:30:07") == "2019-04-13T09:30:07+08:00"


@pytest.mark.parametrize(
    "line",
    [
        "相关文章",
        "相关文章:",
        "热门文章推荐",
        "上一篇:一张券的一生",
        "下一篇 没有了",
        "上一篇夜里的团长",
        "分享到:微博 微信",
    ],
)
def test_lines_that_open_furniture(line: str) -> None:
    assert HUI.words.around_line.fullmatch(line)


@pytest.mark.parametrize(
    "line",
    [
        "最新资讯显示,返利没有变化。",
        "上一篇文章里我们说到,团长并不好当。",
        "热门文章怎么写",
        "推荐阅读:这本书讲的是社群。",
        "分享到这里就结束了",
    ],
)
def test_lines_that_only_begin_so(line: str) -> None:
    assert HUI.words.around_line.fullmatch(line) is None


def patterns(value: object, name: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every compiled form in a value, wherever it is kept."""
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, tuple):
        for n, one in enumerate(value):
            yield from patterns(one, f"{name}.{n}")
    elif is_dataclass(value):
        for field in fields(value):
            yield from patterns(getattr(value, field.name), f"{name}.{field.name}")


PATTERNS = dict(
    [*patterns(HUI, "178hui"), *(found for n, v in vars(chinese).items() for found in patterns(v, n))]
)


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(PATTERNS))
@pytest.mark.parametrize(
    "unit", ["1", "-", " ", "次", ">", "首页", "\n", "阅读全文", "记录", "…", "[", "相关文章", "上一篇:"]
)
def test_no_pattern_backtracks(name: str, unit: str) -> None:
    """Searching 200,000 characters all through. Anything quadratic would take minutes."""
    pattern = PATTERNS[name]
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    for _ in zip(range(200_000), pattern.finditer(text), strict=False):
        pass
    assert time.process_time() - start < 5


@pytest.mark.parametrize("name", sorted(PATTERNS))
@pytest.mark.parametrize("unit", ["1", " ", "首页", ".", "...", "…", ">", "次", "[", "相关文章:", "阅读全文"])
def test_no_pattern_has_two_ways_to_divide_a_text(name: str, unit: str) -> None:
    """As a whole, with a last character that may not fit: an ambiguous pattern would never return."""
    pattern = PATTERNS[name]
    start = time.process_time()
    for end in ("", "x", "\n", ".."):
        pattern.fullmatch(unit * 20_000 + end)
        pattern.match(unit * 20_000 + end)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "text", ["首页", "12345", "首页 上一页 1 2 3 ... 7 下一页 尾页", "1 … 9", "«1»", "..."]
)
def test_links_of_a_pager(text: str) -> None:
    assert HUI.pager.links.fullmatch(text)


@pytest.mark.parametrize("text", ["", "首", "第1页", "1-2", "..", "\n1"])
def test_no_links_of_a_pager(text: str) -> None:
    assert HUI.pager.links.fullmatch(text) is None
