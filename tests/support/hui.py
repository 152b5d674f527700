"""What reads pages, bound to 178hui's own profile: most tests are about that site."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from yiqihui_spider import urls
from yiqihui_spider.imports import addresses, dump_pages, layout
from yiqihui_spider.items import Link, PageText, ParsedPage, Span, SplitPage
from yiqihui_spider.maintenance import reparse
from yiqihui_spider.maintenance import verify as verifying
from yiqihui_spider.parse import candidates as finding
from yiqihui_spider.parse import normalise as normalising
from yiqihui_spider.parse import page_text as reading
from yiqihui_spider.parse import read, splitter
from yiqihui_spider.site import built_in

HUI = built_in("178hui")


def read_page(body: bytes, content_type: str | None, url: str) -> tuple[PageText, SplitPage, ParsedPage]:
    return read.read_page(body, content_type, url, HUI)


def split(text: str, furniture: Sequence[Span] = (), links: Sequence[Link] = ()) -> SplitPage:
    return splitter.split(text, HUI, furniture, links)


def candidates(text: str) -> list[finding.MarkerCandidate]:
    return finding.candidates(text, HUI)


def from_html(html: str, url: str, encoding: str = "utf-8") -> PageText:
    return reading.from_html(html, url, HUI, encoding)


def page_text(body: bytes, content_type: str | None, url: str) -> PageText:
    return reading.page_text(body, content_type, url, HUI)


def normalise(url: str, text: PageText, page: SplitPage) -> ParsedPage:
    return normalising.normalise(url, text, page, HUI)


def page_starts(text: str, ended: bool = True) -> list[int]:
    return dump_pages.page_starts(text, HUI, ended)


def parts(read: Callable[[int], bytes], encoding: str, limit: int = dump_pages.PART_LIMIT) -> Iterator[bytes]:
    return dump_pages.parts(read, encoding, HUI, limit)


def saved_page(html: bytes, is_home: Callable[[str], bool] = lambda url: True) -> addresses.Saved:
    return addresses.saved_page(html, HUI.zone, is_home)


def looks_ours(page: SplitPage) -> bool:
    return layout.looks_ours(page, HUI)


def layout_trouble(page: SplitPage, reading: ParsedPage, url: str, extracted: bool = False) -> str | None:
    return layout.layout_trouble(page, reading, url, HUI, extracted)


def same_site(url: str, home: str) -> bool:
    return urls.same_site(url, home, HUI.names)


def same_page(url: str, other: str) -> bool:
    return urls.same_page(url, other, HUI.names)


def verify(db: Database, archive: Path, seen: Callable[[], None] = lambda: None) -> list[verifying.Check]:
    return verifying.verify(db, archive, HUI, seen)


def try_out(
    db: Database, folder: Path, seen: Callable[[], None] = lambda: None
) -> tuple[reparse.Reparsed, list[dict[str, Any]]]:
    return reparse.try_out(db, folder, HUI, seen)
