from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.hui import HUI, read_page

from yiqihui_spider.items import Capture, FailureItem, FetchTask, PageItem
from yiqihui_spider.pipelines import ArchivePipeline, NormalisePipeline, SplitPipeline
from yiqihui_spider.sample.site import SampleSite

SITE = SampleSite()
TASK = FetchTask("http://127.0.0.1/news/list.php?cat=3&page=1", "listing", "社群", 1)


def page(status: int = 200) -> PageItem:
    body = SITE.get("/news/list.php?cat=3&page=1").body if status == 200 else b""
    place = ("2026-01-01T00:00:00+00:00", "sha1:X", "w.warc.gz", 0, 1)
    return PageItem(
        TASK.url, body, "text/html; charset=utf-8", Capture(TASK.url, *place, http_status=status), TASK
    )


def through(item: Any) -> Any:
    crawler: Any = SimpleNamespace(spider=SimpleNamespace(controller=Controller()))
    return NormalisePipeline(crawler).process_item(SplitPipeline(crawler).process_item(item))


def test_live_pages_take_the_same_road_as_imports() -> None:
    item = through(page())
    assert (item.text, item.page, item.reading) == read_page(item.body, item.content_type, item.url)
    assert (item.reading.kind, item.reading.category, len(item.reading.articles)) == ("listing", "社群", 8)


def test_there_is_nothing_to_read_in_a_304() -> None:
    item = through(page(304))
    assert (item.text, item.page, item.reading) == (None, None, None)


def test_failures_pass_as_they_are() -> None:
    failure = FailureItem(TASK, "404 Not Found", "http")
    assert through(failure) is failure


class Controller:
    site = HUI

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def record_page(self, item: Any) -> None:
        self.calls.append(("page", item))

    def record_failure(self, item: Any) -> None:
        self.calls.append(("failure", item))


def test_each_kind_goes_to_its_place_on_the_desk() -> None:
    controller = Controller()
    crawler: Any = SimpleNamespace(spider=SimpleNamespace(controller=controller))
    pipeline = ArchivePipeline.from_crawler(crawler)
    item, failure, other = page(), FailureItem(TASK, "404 Not Found", "http"), {"foreign": 1}
    for one in (item, failure, other):
        assert pipeline.process_item(one) is one
    assert controller.calls == [("page", item), ("failure", failure)]


def test_without_the_capture_extension_nothing_runs() -> None:
    crawler: Any = SimpleNamespace(spider=SimpleNamespace())
    with pytest.raises(ValueError, match=r"need yiqihui_spider\.crawl\.extension\.CaptureExtension"):
        ArchivePipeline(crawler).process_item(page())
