"""What a crawl was asked to do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from yiqihui_spider.errors import Exit, YiqihuiError
from yiqihui_spider.urls import is_web_address
from yiqihui_spider.watch.config import Config, default_config

Mode = Literal["full", "incremental"]

ARGUMENTS = ("category", "start_url", "mode", "details", "full_every")
"""What a spider may be given with ``-a``."""

OF_SCRAPY = ("name", "start_urls", "crawler", "settings", "controller")
"""What else a spider holds; of names that resemble no argument, a spider made from ours may have more."""


class UnknownArgument(YiqihuiError):
    """A misspelt argument: without it the spider would do something else than was meant."""

    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    categories: tuple[str, ...] = ()
    """Only these; none means all that the section links to."""
    start_urls: tuple[str, ...] = ()
    mode: Mode | None = None
    """None: incremental where a certified walk allows it, full where one is due."""
    details: bool = True
    full_every: float = 7.0
    """Days after which a category is walked in full again."""

    @classmethod
    def from_spider(cls, spider: Any, config: Config | None = None) -> CrawlOptions:
        """From spider arguments, as lists or as the strings of ``-a``; what is not among them is as
        the settings have it."""
        fallback = config or default_config()

        def given(argument: str, setting: str) -> Any:
            return getattr(spider, argument) if hasattr(spider, argument) else fallback[setting]

        for name in set(vars(spider)) - {*ARGUMENTS, *OF_SCRAPY}:
            if meant := get_close_matches(name, ARGUMENTS, 1, 0.7):
                raise UnknownArgument(f"the spider takes no argument {name}; did you mean {meant[0]}?")
        mode: Any = given("mode", "crawl.mode") or "auto"
        if mode not in ("auto", "full", "incremental"):
            raise YiqihuiError(f"mode must be 'auto', 'full' or 'incremental', not {mode!r}")
        # Scrapy's own name for it, as a spider that is made from ours may have it
        starts = _listed(getattr(spider, "start_urls", None))
        starts = starts or _listed(given("start_url", "crawl.start_urls"))
        _refuse_no_addresses(starts)
        return cls(
            categories=_listed(given("category", "crawl.categories")),
            start_urls=starts,
            mode=None if mode == "auto" else mode,
            details=str(given("details", "crawl.details")).lower() not in ("0", "false", "no"),
            full_every=_number("full_every", given("full_every", "crawl.full_every")),
        )


def _refuse_no_addresses(starts: Iterable[str]) -> None:
    for url in starts:
        if not is_web_address(url):
            shown = f"…@{url.rpartition('@')[2]}" if "@" in url else url
            raise YiqihuiError(f"{shown!r} is no http or https address")


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise YiqihuiError(f"{name} must be a number, not {value!r}")
    return number


def _listed(value: str | Iterable[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(part.strip() for part in parts if part.strip())
