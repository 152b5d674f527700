"""The one road from a response's bytes to a reading, for live pages, files and old captures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from yiqihui_spider.characters import squeeze
from yiqihui_spider.items import Entry, PageText, ParsedPage, Segment, SplitPage
from yiqihui_spider.parse.candidates import candidates
from yiqihui_spider.parse.cut_off import BARE, CUT_LISTING, CUT_OFF, is_cut
from yiqihui_spider.parse.normalise import normalise
from yiqihui_spider.parse.page_text import page_text
from yiqihui_spider.parse.splitter import SIGNED_TWICE, split
from yiqihui_spider.parse.tiling import Furniture, tiles
from yiqihui_spider.site import SiteProfile

LONGEST_SOURCE = 20
"""Characters of a source that may stand before a marker's time."""

PARSER_VERSION = "4"
"""Goes up with every change that may read an old capture differently."""


def reading_version(site: SiteProfile) -> str:
    """By what a page was read: the parser, and the profile where it is none that came with it."""
    return PARSER_VERSION if site.built_in else f"{PARSER_VERSION}+{site.digest}"


def read_page(
    body: bytes, content_type: str | None, url: str, site: SiteProfile
) -> tuple[PageText, SplitPage, ParsedPage]:
    """``body`` with its content coding undone; ``url`` the page's own address. What the site's newest
    layout does not explain is read by the first former one that does."""
    newest = _read(body, content_type, url, site)
    if site.former and not _is_understood(newest[2]):
        older = (_read(body, content_type, url, layout) for layout in site.former)
        return next((one for one in older if _is_understood(one[2])), newest)
    return newest


def _read(
    body: bytes, content_type: str | None, url: str, site: SiteProfile
) -> tuple[PageText, SplitPage, ParsedPage]:
    text = page_text(body, content_type, url, site)
    page = page_of(text, site)
    reading = normalise(url, text, page, site)
    if doubted := _signed_twice(page, reading, site):
        page = _without(page, doubted)
        reading = normalise(url, text, page, site)
    if reading.kind == "article" and any(is_cut(one.body, text.broken_off) for one in reading.articles):
        reading = ParsedPage("other", problems=(CUT_OFF,))
    elif reading.kind == "listing":
        reading = replace(reading, problems=(*reading.problems, *_missing(text, reading)))
    return text, page, reading


def _signed_twice(page: SplitPage, reading: ParsedPage, site: SiteProfile) -> list[Entry]:
    """The entries whose text has a marker on a line of its own next to theirs: which of the two is the
    article's can't be told."""
    pairs = zip(page.entries, reading.articles, strict=True)
    return [entry for entry, article in pairs if _is_signed(article.body, entry, site)]


def _is_signed(body: str, entry: Entry, site: SiteProfile) -> bool:
    lines = body.splitlines()
    line = "" if not lines else lines[0] if entry.marker.start < entry.body.start else lines[-1]
    return any(
        one.leading and not one.hint and one.start <= LONGEST_SOURCE and one.end == len(line.rstrip())
        for one in candidates(line, site)
    )


def _without(page: SplitPage, doubted: Sequence[Entry]) -> SplitPage:
    """The same page, on which nothing explains these entries."""
    starts = [entry.start for entry in doubted]

    def judged(one: Segment) -> Segment:
        at = bisect_right(starts, one.span.start) - 1
        is_doubted = at >= 0 and one.span.end <= doubted[at].end and one.kind in ("body", "marker")
        return Segment("residue", one.span, SIGNED_TWICE) if is_doubted else one

    known = {entry.body for entry in page.entries} - {entry.body for entry in doubted}
    entries = tuple(entry for entry in page.entries if entry.body in known)
    return replace(page, segments=tuple(map(judged, page.segments)), entries=entries)


def _missing(text: PageText, listing: ParsedPage) -> Iterator[str]:
    """What a listing page lacks that it must have held."""
    if listing.declared is None and text.broken_off is not None:
        yield CUT_LISTING
    if any(not squeeze(article.body) and not article.title for article in listing.articles):
        yield BARE


def _is_understood(page: ParsedPage) -> bool:
    """Whether a page was read as a listing or an article, with nothing left to explain."""
    told = page.articles or (page.declared is not None and page.declared.total == 0)
    return bool(told) and page.kind != "other" and not page.residues and not page.problems


def page_of(text: PageText, site: SiteProfile) -> SplitPage:
    """A page text cut apart; one that is refused is residue, all of it."""
    if text.refused is None:
        return split(text.text, site, text.furniture, text.links)
    segments = tiles(text.text, (), Furniture(text.text, ()))
    named = (replace(p, reason=text.refused) if p.kind == "residue" else p for p in segments)
    return SplitPage(tuple(named), "other", problems=(text.refused,))
