"""What ``scrapy check`` holds the spider to: pages of the built-in sample site, served on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from scrapy.contracts import Contract

from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite


class SampleContract(Contract):
    """``@sample /news/…``: the page of the sample site that a callback is tried on."""

    name = "sample"
    home: ClassVar[str] = ""
    """Where the site is served, while it is."""

    def adjust_request_args(self, args: dict[str, Any]) -> dict[str, Any]:
        if not self.home:
            raise ValueError("@sample needs the sample site, which our `scrapy check` serves")
        return {**args, "url": self.home + self.args[0]}


@contextmanager
def sample_site() -> Iterator[None]:
    with serve(SampleSite()) as server:
        SampleContract.home = server.url
        try:
            yield
        finally:
            SampleContract.home = ""
