"""What a crawl must not run without, and what it cannot run with: settings that would take the manners
or the evidence away are refused in one line. Pure, but for the last function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from scrapy.settings import default_settings
from scrapy.utils.python import global_object_name
from scrapy.utils.reactor import is_asyncio_reactor_installed, is_reactor_installed

from yiqihui_spider import settings as ours
from yiqihui_spider.errors import Exit, YiqihuiError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import Settings

WAYS = (
    "to add parts of your own use ADDONS, or a settings file that begins with "
    "'from yiqihui_spider.settings import *' and updates the dictionary (docs/scrapy.md)"
)

PARTS = ("DOWNLOADER_MIDDLEWARES", "ITEM_PIPELINES", "EXTENSIONS")
"""Settings with parts of ours that must stay, each at its place."""

BASE_PARTS = {
    "DOWNLOADER_MIDDLEWARES_BASE": (
        "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware",
        "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware",
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware",
        "scrapy.downloadermiddlewares.retry.RetryMiddleware",
    ),
}
"""Scrapy's own parts that ours rest on."""

UNFIT = {
    "HTTPCACHE_ENABLED": "pages would come from Scrapy's cache and be archived as seen today",
    "COMPRESSION_ENABLED": "what is unpacked before it is looked at has no limit",
    "AUTOTHROTTLE_ENABLED": "it does not keep the Crawl-delay of robots.txt",
    "JOBDIR": "progress is kept in the archive: the next run goes on where this one stopped",
    "CLOSESPIDER_ITEMCOUNT": "articles are given out when the crawl ends; CLOSESPIDER_PAGECOUNT counts pages",
    "CLOSESPIDER_TIMEOUT_NO_ITEM": "articles are given out when the crawl ends",
    "CLOSESPIDER_PAGECOUNT_NO_ITEM": "articles are given out when the crawl ends",
}
"""Settings that must be off, and why."""

FIXED = {
    "ITEM_PROCESSOR": "without it no page comes to the archive",
    "SCHEDULER": "what is fetched next is the archive's to say",
    "DOWNLOADER": "ours is told by it when bytes come in",
}
"""Settings that must be as they are, and why."""

ASYNCIO_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"


class UnfitSettings(YiqihuiError):
    """Settings with which no crawl is begun."""

    exit_code = Exit.USAGE


def refuse(settings: Settings, only: tuple[str, ...] = ()) -> None:
    """Raises UnfitSettings; ``only`` these settings are looked at, or all that matter."""
    trouble = next(refused_parts(settings, only) if only else _troubles(settings), None)
    if trouble is not None:
        raise UnfitSettings(f"no crawl with these settings: {trouble}")


def _troubles(settings: Settings) -> Iterator[str]:
    yield from refused_parts(settings, PARTS)
    for name, paths in BASE_PARTS.items():
        given = _by_path(settings.getdict(name))
        if gone := [path for path in paths if given.get(path) is None]:
            yield f"{name} takes {_listed(gone)} away; {WAYS}"
    yield from (f"{name} must be off: {why}" for name, why in UNFIT.items() if _on(settings, name))
    for name, why in FIXED.items():
        if _path(settings[name]) != _default(name):
            yield f"{name} must be {_default(name)}: {why}"
    yield from _handler_troubles(settings)
    yield from reactor_trouble(settings)


def _handler_troubles(settings: Settings) -> Iterator[str]:
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    for scheme in ("http", "https"):
        if _path(handlers.get(scheme) or "") != default_settings.DOWNLOAD_HANDLERS_BASE[scheme]:
            yield f"DOWNLOAD_HANDLERS must leave {scheme} to Scrapy's own: an answer is kept as it was sent"


def refused_parts(settings: Settings, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        given = _by_path(settings.getdict(name))
        wanted: Mapping[str, int | None] = getattr(ours, name)
        if gone := [path for path, place in wanted.items() if place is not None and given.get(path) is None]:
            yield f"{name} takes {_listed(gone)} away; {WAYS}"
        for path, place in wanted.items():
            if given.get(path, "nowhere") != place:
                yield f"{name} must have {path} at {place}; {WAYS}"


def reactor_trouble(settings: Settings) -> Iterator[str]:
    if not settings.getbool("TWISTED_REACTOR_ENABLED", True):
        yield "TWISTED_REACTOR_ENABLED must be on: answers are captured as Twisted's client gives them"
    elif settings["TWISTED_REACTOR"] and _path(settings["TWISTED_REACTOR"]) != ASYNCIO_REACTOR:
        yield f"TWISTED_REACTOR must be {ASYNCIO_REACTOR}: our parts wait by asyncio"
    elif is_reactor_installed() and not is_asyncio_reactor_installed():
        yield f"another reactor of Twisted is installed than {ASYNCIO_REACTOR}: our parts wait by asyncio"


def _on(settings: Settings, name: str) -> bool:
    value = settings[name]
    if name == "JOBDIR":
        return bool(value)
    if name.startswith("CLOSESPIDER_"):
        return bool(settings.getfloat(name))
    return settings.getbool(name)


def _default(name: str) -> str:
    source: ModuleType = ours if hasattr(ours, name) else default_settings
    return str(getattr(source, name))


def _path(value: Any) -> str:
    return value if isinstance(value, str) else global_object_name(value)


def _by_path(parts: Mapping[Any, Any]) -> dict[str, Any]:
    return {_path(part): place for part, place in parts.items()}


def _listed(paths: list[str]) -> str:
    return ", ".join(path.rpartition(".")[2] for path in paths)


def makes_a_run(crawler: Crawler) -> bool:
    """Whether this is a crawl of ours from its own beginning: not a page that is fetched by hand
    (``scrapy shell``, ``fetch``, ``parse`` and ``check`` put a ``start`` of theirs into the spider, or
    make none), and no spider of somebody else."""
    spider = crawler.spider
    if spider is None or not getattr(spider, "archives", False):
        return False
    return not type(spider).start.__module__.startswith("scrapy.commands.")
