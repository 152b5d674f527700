from __future__ import annotations

import re
import time

import pytest

from yiqihui_spider import site


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/news/view/5561.html", 5561),
        ("/news/view/5561.htm", 5561),
        ("/news/view/5561.html/", None),
        ("/news/view/.html", None),
        ("/news/list/3-2.html", None),
        ("/zdm/view-684087.html", None),
        ("/news/view/1234567890123456789.html", None),
        ("", None),
    ],
)
def test_site_id(path: str, number: int | None) -> None:
    assert site.site_id(path) == number


@pytest.mark.parametrize("text", ["阅读全文", "[阅读全文]", " 查看全文 >>", "【详情】", "全文…", "阅读更多»"])
def test_read_on(text: str) -> None:
    assert site.is_read_on(text)


@pytest.mark.parametrize("text", ["", "全文检索怎么做", "阅读全文之前", "一张优惠券的一生"])
def test_not_read_on(text: str) -> None:
    assert not site.is_read_on(text)


def test_published_at_is_in_china() -> None:
    assert site.published_at("2019-04-13 09:30:07") == "2019-04-13T09:30:07+08:00"


@pytest.mark.parametrize(
    ("printed", "groups"),
    [
        ("2019-04-13 09:30:07407 次", ("2019", "04", "13", "09", "30", "07", "407")),
        ("2019－04－13　09：30：07407次", ("2019", "04", "13", "09", "30", "07", "407")),
        ("72019-04-13 09:30:07407 次", ("2019", "04", "13", "09", "30", "07", "407")),
        ("2019-04-13 09:30:07 次", ("2019", "04", "13", "09", "30", "07", "")),
    ],
)
def test_stamp(printed: str, groups: tuple[str, ...]) -> None:
    match = site.STAMP.search(printed)
    assert match is not None
    assert match.groups() == groups


@pytest.mark.parametrize(
    "printed", ["2019-4-13 09:30:07407 次", "2019-04-1309:30:07407 次", "2019-04-13 09:30:7 次"]
)
def test_no_stamp(printed: str) -> None:
    assert site.STAMP.search(printed) is None


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
    assert site.FURNITURE_LINE.fullmatch(line)


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
    assert site.FURNITURE_LINE.fullmatch(line) is None


@pytest.mark.parametrize("name", sorted(n for n, v in vars(site).items() if isinstance(v, re.Pattern)))
@pytest.mark.parametrize(
    "unit", ["1", "-", " ", "次", ">", "首页", "\n", "阅读全文", "记录", "…", "[", "相关文章", "上一篇:"]
)
def test_no_pattern_backtracks(name: str, unit: str) -> None:
    """Searching 200,000 characters all through. Anything quadratic would take minutes."""
    pattern: re.Pattern[str] = getattr(site, name)
    text = unit * (200_000 // len(unit))
    start = time.perf_counter()
    for _ in zip(range(200_000), pattern.finditer(text), strict=False):
        pass
    assert time.perf_counter() - start < 5
