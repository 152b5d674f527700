"""Turns the spans of a split page, and the links in them, into what the archive keeps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal
from urllib.parse import SplitResult, urldefrag, urlsplit

from yiqihui_spider.characters import BLANK, one_line
from yiqihui_spider.items import (
    ArticleItem,
    Declared,
    Entry,
    Link,
    PageText,
    ParsedPage,
    Residue,
    Span,
    SplitPage,
)
from yiqihui_spider.parse.splitter import REFUSED
from yiqihui_spider.parse.titles import Headed, line_titles, linked_title, page_title, trimmed
from yiqihui_spider.site import SiteProfile, chinese, words

CATEGORY_CHARS = 12
"""A link text longer than this names no category."""


def normalise(url: str, text: PageText, page: SplitPage, site: SiteProfile) -> ParsedPage:
    """All that one page said. ``url`` is the page's own address."""
    declared = _declared(page)
    page_urls, next_url = _pager_urls(url, text, page, declared, site)
    articles = tuple(_articles(url, text, page, site))
    reading = ParsedPage(
        kind=page.kind,
        category=_category(page, site),
        declared=declared,
        articles=articles,
        residues=tuple(
            Residue(segment.span, segment.span.of(text.text), segment.reason or "unexplained")
            for segment in page.residues
        ),
        page_urls=page_urls,
        next_url=next_url,
        listing_urls=_listing_urls(url, text, page, site),
        problems=page.problems + tuple(_problems(page)),
    )
    return reading.without_numbers(_shared_numbers(articles))


def tidy(text: str) -> str:
    """Line breaks as ``\\n``, blank lines gone: the form in which bodies are kept."""
    return "\n".join(line for line in chinese.NEWLINE.split(text) if line.strip())


def _declared(page: SplitPage) -> Declared | None:
    pager = page.pager
    if pager is None:
        return None
    return Declared(pager.first, pager.last, pager.total, pager.page, pager.pages)


def _category(page: SplitPage, site: SiteProfile) -> str | None:
    if page.kind == "other":
        return None
    trail = page.breadcrumb
    titled = page.kind == "article" or trail[-1:] == (site.breadcrumb.listing,)
    own = (site.breadcrumb.home, site.breadcrumb.section)
    steps = [step for step in (trail[:-1] if titled else trail) if step not in own]
    return steps[-1] if steps else None


def _problems(page: SplitPage) -> Iterator[str]:
    if page.kind == "listing" and not page.entries and not (page.pager and page.pager.total == 0):
        yield "a listing page without entries"
    if page.kind == "article" and not page.entries:
        yield "an article's page without an article"


# --- addresses -------------------------------------------------------------------------------


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _host(url: str) -> str:
    parts = _parts(url)
    return parts.netloc.lower() if parts else ""


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _here(url: str, href: str, site: SiteProfile) -> bool:
    """Whether a link stays on the page's host, or on the site's."""
    return _host(href) == _host(url) or (_is_web(href) and _host(href) in site.names)


def _foreign(url: str, site: SiteProfile) -> bool:
    """Whether an address is another site's, so that its number says nothing about the site's own."""
    parts = _parts(url)
    return parts is None or (_is_web(url) and not site.is_own_host(parts.hostname or ""))


def _article_id(url: str, link: Link, site: SiteProfile) -> int | None:
    return site.article_number(link.href) if _here(url, link.href, site) else None


# --- articles --------------------------------------------------------------------------------


def _articles(url: str, text: PageText, page: SplitPage, site: SiteProfile) -> Iterator[ArticleItem]:
    if page.kind == "article":
        yield from (_own_article(url, text, page, entry, site) for entry in page.entries)
        return
    yield from _listed_articles(url, text, page, site)


def _shared_numbers(articles: Sequence[ArticleItem]) -> set[int]:
    """Numbers to which entries lead that differ in time and in title: links that are mixed up."""
    first: dict[int, ArticleItem] = {}
    shared: set[int] = set()
    for one in articles:
        if one.site_id is not None:
            other = first.setdefault(one.site_id, one)
            if one.published_at != other.published_at and one.title != other.title:
                shared.add(one.site_id)
    return shared


def _inside(spans: Sequence[Span], links: Iterable[Link]) -> Iterator[tuple[Link, bool]]:
    """Each link, and whether it lies in one of the spans, which are in order."""
    starts = [span.start for span in spans]
    for link in links:
        at = bisect_right(starts, link.start) - 1
        yield link, at >= 0 and link.end <= spans[at].end


def _ends(page: SplitPage, site: SiteProfile) -> list[int]:
    """Where what can't belong to the next entry ends: what an entry ends with, headings,
    breadcrumbs, pagers."""
    last = "body" if site.markers.before else "marker"
    kinds = (last, "heading", "breadcrumb", "pager")
    return [
        segment.span.end
        for segment in page.segments
        if segment.kind in kinds or (segment.kind == "residue" and (segment.reason or "").startswith(REFUSED))
    ]


def _own_article(url: str, text: PageText, page: SplitPage, entry: Entry, site: SiteProfile) -> ArticleItem:
    """The article whose page this is: its address is the page's."""
    body = tidy(entry.body.of(text.text))
    named = page.heading or (page.breadcrumb[-1] if page.breadcrumb else page_title(text.title, site))
    return ArticleItem(
        body=body,
        published_at=site.published_at(entry.time),
        views=entry.views,
        views_printed=entry.views_printed,
        source=entry.source or None,
        title=one_line(named) or None if named else None,
        url=url if _is_web(url) else None,
        site_id=site.article_number(url),
        span=entry.body,
        foreign=_foreign(url, site),
        excerpt=not body,
    )


def _listed_articles(url: str, text: PageText, page: SplitPage, site: SiteProfile) -> Iterator[ArticleItem]:
    """Titles are links, or lines of their own where the page's other entries show that they are."""
    listed = [_Listed(url, text.text, entry, links, site) for entry, links in _with_links(text, page, site)]
    if not site.markers.before:  # where a title stands above its marker, no line of the text is one
        _find_line_titles(text.text, listed)
    return (entry.article() for entry in listed)


def _find_line_titles(text: str, listed: Sequence[_Listed]) -> None:
    untitled = [entry for entry in listed if entry.headed.title is None]
    if len(listed) == 1 and any(entry.leads_elsewhere for entry in untitled):
        return
    bodies = [entry.headed.body for entry in untitled]
    headed = line_titles(text, bodies, len(listed) - len(untitled))
    for entry, parted in zip(untitled, headed, strict=True):
        entry.headed = parted


def _with_links(text: PageText, page: SplitPage, site: SiteProfile) -> Iterator[tuple[Entry, list[Link]]]:
    """Each entry with the links that stand in it, or between it and the one before."""
    content = (link for link, visible in _inside(text.furniture, text.links) if not visible)
    links = sorted(content, key=lambda link: (link.start, link.end))
    starts = [link.start for link in links]
    ends = _ends(page, site)
    for entry in page.entries:
        start, end = (entry.start, entry.end) if site.markers.before else (entry.body.start, entry.marker.end)
        before = bisect_right(ends, start)
        floor = ends[before - 1] if before else 0
        near = links[bisect_left(starts, floor) : bisect_left(starts, end + 1)]
        yield entry, [n for n in near if n.end <= end]


class _Listed:
    """An entry of a listing on its way to an article."""

    def __init__(self, url: str, text: str, entry: Entry, links: Sequence[Link], site: SiteProfile) -> None:
        self.url, self.text, self.entry, self.site = url, text, entry, site
        self.own = [link for link in links if _article_id(url, link, site) is not None]
        self.read_on = [link for link in links if not link.image and site.words.leads_on(link.text)]
        self.headed = self._headed()
        self.leads_elsewhere = any(link.start <= entry.body.start < link.end for link in links)
        """Its first line is a link, and to no article of the site."""

    def _headed(self) -> Headed:
        entry = self.entry
        if not self.site.markers.before:
            return linked_title(self.text, self.site, entry.body, self.own)
        own = [link for link in self.own if link.start < entry.marker.start]
        found = linked_title(self.text, self.site, entry.body, own)
        if found.title is not None or entry.title is None:
            return found
        return Headed(one_line(entry.title.of(self.text)) or None, entry.body)

    @property
    def lead(self) -> Link | None:
        """The link to its own page: its title, else an image or one that leads on."""
        return self.headed.link or next(
            (link for link in self.own if link.image or self.site.words.leads_on(link.text)), None
        )

    def article(self) -> ArticleItem:
        entry, lead, site = self.entry, self.lead, self.site
        body, trailing = _without_read_on(self.text, site, self.headed.body, self.read_on)
        number = _article_id(self.url, lead, site) if lead else None
        return ArticleItem(
            body=tidy(body.of(self.text)),
            published_at=site.published_at(entry.time),
            views=entry.views,
            views_printed=entry.views_printed,
            source=entry.source or None,
            title=self.headed.title,
            url=urldefrag(lead.href).url if lead and _is_web(lead.href) else None,
            site_id=number,
            foreign=lead is not None and number is not None and _foreign(lead.href, site),
            span=body,
            excerpt=trailing or self._is_excerpt(body),
        )

    def _is_excerpt(self, body: Span) -> bool:
        if self.read_on or body.of(self.text).endswith(("…", "...")):
            return True
        return body.start == body.end and bool(self.lead or self.headed.title)


def _without_read_on(text: str, site: SiteProfile, body: Span, read_on: Sequence[Link]) -> tuple[Span, bool]:
    """The body without the link to the rest of the text at its end, and whether there was one."""
    inside = [link for link in read_on if body.start <= link.start and link.end <= body.end]
    if inside and not text[inside[-1].end : body.end].strip(BLANK + chinese.READ_ON_MARKS):
        before = text[body.start : inside[-1].start].rstrip(BLANK + "[【(（")
        return trimmed(text, body.start, body.start + len(before)), True
    remainder = site.words.read_on_tail.search(
        text, max(body.start, body.end - words.READ_ON_WIDTH), body.end
    )
    if remainder is None:
        return body, False
    return trimmed(text, body.start, remainder.start()), True


# --- where to go from here -------------------------------------------------------------------


def _pager_urls(
    url: str, text: PageText, page: SplitPage, declared: Declared | None, site: SiteProfile
) -> tuple[dict[int, str], str | None]:
    """Pager links by page number, and the next page's address."""
    if declared is None:
        return {}, None
    leads = _leads(url, _pager_links(url, text, page, site), declared, site)
    numbers = {target: address for target, address in leads.items() if isinstance(target, int)}
    if "previous" in leads and declared.page > 1:
        numbers.setdefault(declared.page - 1, leads["previous"])
    if declared.page >= declared.pages:
        return numbers, None
    return numbers, leads.get("next") or numbers.get(declared.page + 1)


def _leads(
    url: str, links: Iterable[Link], declared: Declared, site: SiteProfile
) -> dict[int | Literal["next", "previous"], str]:
    """Where a pager leads, by page; that this page were another one is not believed."""
    leads: dict[int | Literal["next", "previous"], str] = {}
    here = urldefrag(url).url
    for link in links:
        target, address = _target(link.text, declared, site), urldefrag(link.href).url
        if target is not None and (target == declared.page or address != here):
            leads.setdefault(target, address)
    return leads


def _pager_links(url: str, text: PageText, page: SplitPage, site: SiteProfile) -> Iterator[Link]:
    for link, within in _inside([pager.span for pager in page.pagers], text.links):
        if within and _is_web(link.href) and _here(url, link.href, site):
            yield link


def _target(name: str, declared: Declared, site: SiteProfile) -> int | Literal["next", "previous"] | None:
    """What a link in a pager leads to, by its text: the page with a number, the next, the one before."""
    number = name.strip(BLANK + "[]【】<>＜＞«»‹›").translate(chinese.PLAIN_DIGITS)
    if number in site.pager.first:
        return 1
    if number in site.pager.last:
        return declared.pages
    if number.isascii() and number.isdigit() and len(number) < 10:
        return int(number)
    if any(word in name for word in site.pager.next):
        return "next"
    return "previous" if any(word in name for word in site.pager.previous) else None


def _same_page(href: str, url: str) -> bool:
    """Whether a link on the site leads to the page itself, by whichever of the site's names."""
    one, two = urlsplit(href), urlsplit(url)
    return (one.path.rstrip("/"), one.query) == (two.path.rstrip("/"), two.query)


def _listing_urls(url: str, text: PageText, page: SplitPage, site: SiteProfile) -> dict[str, str]:
    """Links from a section's start page that may lead to its categories: short text, and an
    address below the page's own folder that is no article's."""
    if page.kind == "article" or page.pagers:
        return {}
    found: dict[str, str] = {}
    for link in text.links:
        name = link.text.strip()
        short = 0 < len(name) <= CATEGORY_CHARS and not link.image
        if short and name not in site.no_categories and _leads_below(url, link.href, site):
            found.setdefault(name, link.href)
    return found


def _leads_below(url: str, href: str, site: SiteProfile) -> bool:
    """Whether a link leads to another page in the page's own folder or below it, and to no article."""
    if not _is_web(href) or not _here(url, href, site) or site.article_number(href) is not None:
        return False
    here, there = _parts(url), _parts(href)
    folder = here.path.rpartition("/")[0] + "/" if here else "/"
    return there is not None and there.path.startswith(folder) and not _same_page(href, url)
