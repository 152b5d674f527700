"""Whether a page is one of the site's, and whether it is understood. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from yiqihui_spider.items import ParsedPage, SplitPage
from yiqihui_spider.parse.cut_off import BARE, CUT_LISTING
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.wording import counted


def looks_ours(page: SplitPage, site: SiteProfile) -> bool:
    """Whether a page has the marks of this section's listings and articles, understood or not.
    (Other sections have breadcrumbs and pagers too, and the section's start page is neither.)"""
    if page.breadcrumb and not page.entries:
        return site.breadcrumb.section in page.breadcrumb[:-1]
    return bool(page.pagers or page.entries)


def layout_trouble(
    page: SplitPage, reading: ParsedPage, url: str, site: SiteProfile, extracted: bool = False
) -> str | None:
    """What of a page that looks like one of ours is not understood, or None.

    ``extracted``: the text came out of HTML by other hands (a WET file), menus and all, and it
    can't be told what stood around the content; then only a page without its articles counts.
    """
    article = site.article_number(url) is not None
    ours = looks_ours(page, site) or article or (not page.breadcrumb and _in_section(url, site))
    if not reading.articles and not (reading.declared and reading.declared.total == 0):
        known = looks_ours(page, site) or page.breadcrumb or article
        why = "no article with its marker found on it" if known else "nothing on it is understood"
        return why if ours else None
    if reading.residue_chars and not extracted:
        reasons = "; ".join(sorted({residue.reason for residue in reading.residues}))
        return f"{counted(reading.residue_chars, 'character')} unexplained ({reasons})"
    return None


def _in_section(url: str, site: SiteProfile) -> bool:
    """Whether an address is one of the section's: a page there of which nothing at all is
    understood, not even a breadcrumb, is a new layout as like as not."""
    here = "/" + url.partition("?")[0].partition("#")[0].partition("://")[2].partition("/")[2]
    section = urlsplit(site.start_url).path
    return url.startswith("http") and (here == section.rstrip("/") or here.startswith(section))


def missing_entries(reading: ParsedPage) -> str | None:
    """Whether a page holds fewer or more entries than its pager says, or breaks off before that."""
    told = [problem for problem in (CUT_LISTING, BARE) if problem in reading.problems]
    if told:
        return "; ".join(told)
    declared = reading.declared
    if reading.kind != "listing" or declared is None or not declared.total:
        return None
    width = declared.last - declared.first + 1
    return (
        None if width == len(reading.articles) else f"declares {width} entries, holds {len(reading.articles)}"
    )


def too_early(reading: ParsedPage, captured_at: str) -> str | None:
    """Whether a page is filed under a time before its newest article was published: then the
    time (a file's, mostly) is wrong. A day is allowed for clocks."""
    at = datetime.fromisoformat(captured_at) + timedelta(days=1)
    newest = max((a.published_at for a in reading.articles), key=datetime.fromisoformat, default=None)
    if newest is None or datetime.fromisoformat(newest) <= at:
        return None
    return f"filed under {captured_at}, before its newest article was published ({newest})"
