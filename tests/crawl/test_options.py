from __future__ import annotations

from types import SimpleNamespace

import pytest

from yiqihui_spider.crawl.options import CrawlOptions
from yiqihui_spider.errors import YiqihuiError


def options(**arguments: object) -> CrawlOptions:
    return CrawlOptions.from_spider(SimpleNamespace(**arguments))


def test_nothing_asked_is_everything() -> None:
    assert options() == CrawlOptions(categories=(), start_urls=(), mode=None, details=True, full_every=7.0)


def test_arguments_come_as_lists_or_as_strings() -> None:
    as_list = options(category=["社群", "购物资讯"], start_url=["http://a/"], details=True, full_every=2.5)
    as_text = options(category=" 社群,购物资讯,", start_url="http://a/", details="1", full_every="2.5")
    assert as_list == as_text == CrawlOptions(("社群", "购物资讯"), ("http://a/",), None, True, 2.5)


@pytest.mark.parametrize("no", ["0", "false", "No", False])
def test_details_may_be_left(no: object) -> None:
    assert options(details=no).details is False


@pytest.mark.parametrize("mode", ["full", "incremental"])
def test_modes(mode: str) -> None:
    assert options(mode=mode).mode == mode


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ({"mode": "quick"}, "mode must be 'auto', 'full' or 'incremental', not 'quick'"),
        ({"full_every": "weekly"}, "full_every must be a number, not 'weekly'"),
        ({"full_every": "nan"}, "full_every must be a number, not 'nan'"),
        ({"full_every": None}, "full_every must be a number, not None"),
    ],
)
def test_what_makes_no_sense_is_refused(argument: dict[str, object], says: str) -> None:
    with pytest.raises(YiqihuiError) as caught:
        options(**argument)
    assert str(caught.value) == says
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("categry", "category"), ("categories", "category"), ("start-url", "start_url"), ("detail", "details")],
)
def test_a_misspelt_argument_is_named_with_the_right_one(wrong: str, right: str) -> None:
    with pytest.raises(YiqihuiError) as caught:
        options(**{wrong: "x", "name": "listing", "_job": "17"})
    assert str(caught.value) == f"the spider takes no argument {wrong}; did you mean {right}?"
    assert caught.value.exit_code == 2


def test_a_spider_made_from_ours_may_hold_more_and_have_start_addresses_of_its_own() -> None:
    assert options(start_urls=["http://a/"], database="x", name="mine").start_urls == ("http://a/",)
    assert options(start_urls=[], start_url="http://b/").start_urls == ("http://b/",)
    assert options(start_urls="http://a/, http://b/").start_urls == ("http://a/", "http://b/")
