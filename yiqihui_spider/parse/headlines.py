"""The title links of a listing: links to articles, each of which opens a line."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from yiqihui_spider.items import Link
from yiqihui_spider.parse import scan
from yiqihui_spider.parse.tiling import Furniture
from yiqihui_spider.site import SiteProfile, chinese

_LABEL_WIDTH = 40


class Headline(NamedTuple):
    start: int
    """Of the line, or of the link where it follows a marker."""
    end: int
    address: str


def article_links(links: Sequence[Link], site: SiteProfile) -> list[Link]:
    """Links that may be an article's title, in order."""
    return sorted(
        (link for link in links if _may_be_title(link, site)), key=lambda link: (link.start, link.end)
    )


def _may_be_title(link: Link, site: SiteProfile) -> bool:
    if link.image or not link.text.strip() or site.words.leads_on(link.text):
        return False
    return site.is_article(link.href)


def headlines(
    text: str, links: Sequence[Link], visible: Furniture, start: int, end: int, marker_ends: Collection[int]
) -> list[Headline]:
    """Of these links, those that open a line of ``text[start:end]``, or follow a marker. Links to
    one article that follow each other are one headline, unless a marker stands between them."""
    found: list[Headline] = []
    ends = sorted(marker_ends)
    first = bisect_left(links, start, key=lambda link: link.start)
    for link in links[first : bisect_left(links, end, key=lambda link: link.start)]:
        place = _opening(text, link, marker_ends, start)
        if place is None or visible.covers(link.start, link.end):
            continue
        address = link.href.partition("#")[0]
        closed = bool(found) and bisect_left(ends, found[-1].end) < bisect_right(ends, link.start)
        if not found or closed or found[-1].address != address:
            found.append(Headline(max(place, start), link.end, address))
    return found


def _opening(text: str, link: Link, marker_ends: Collection[int], start: int) -> int | None:
    """Where the line begins that a link opens, perhaps after a label; None if it opens none."""
    edges = {start, *_near(marker_ends, link.start)}
    if scan.opens_line(text, link.start, edges):
        return link.start
    low = max(start, link.start - _LABEL_WIDTH)
    before = text[low : link.start]
    breaks = list(chinese.NEWLINE.finditer(before))
    if not breaks and low > start:
        return None
    label = before[breaks[-1].end() if breaks else 0 :].strip(chinese.SPACES)
    closes = scan.closes_line(text, link.end, len(text))
    if closes and chinese.TITLE_LABEL.fullmatch(label):
        return link.start - len(before) + before.rindex(label)
    return None


def _near(places: Collection[int], place: int) -> Iterator[int]:
    return (at for at in range(max(0, place - _LABEL_WIDTH), place + 1) if at in places)
