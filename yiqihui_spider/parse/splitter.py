"""Cuts a page text apart: pure, total and linear. See :func:`split`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from yiqihui_spider.items import Link, PageKind, Pager, Segment, Span, SplitPage
from yiqihui_spider.parse import listing, scan
from yiqihui_spider.parse import pager as declared
from yiqihui_spider.parse.article_page import ArticlePages
from yiqihui_spider.parse.belief import decide
from yiqihui_spider.parse.belief_before import decide_before
from yiqihui_spider.parse.candidates import MOST_STAMPS, MarkerCandidate, candidates
from yiqihui_spider.parse.claims import TEXT_BEFORE, UNREADABLE, PageSection, length
from yiqihui_spider.parse.headlines import article_links, headlines
from yiqihui_spider.parse.listing import Cut, Listing
from yiqihui_spider.parse.markers import Marker, find_markers, mark_suspects, usual_limit, within
from yiqihui_spider.parse.pager import counted
from yiqihui_spider.parse.scan import Breadcrumb, trim
from yiqihui_spider.parse.suspects import suspects
from yiqihui_spider.parse.tiling import Furniture, tiles
from yiqihui_spider.site import SiteProfile, chinese

SIGNED_TWICE = "two markers next to each other: which is the article's can't be told"
REFUSED = (UNREADABLE, TEXT_BEFORE, SIGNED_TWICE, *listing.DOUBTS)
"""How the reasons begin for which what may be an entry makes no row."""
MOST_ENTRIES = 2_000
"""A page that holds more is not read to its end; the site's hold twenty."""
TOO_MANY = "more than is read of one page"
UNREAD_PAGER = "a pager that can't be read"
_NOTHING = (Span(0, 0), None, None)


def split(
    text: str, site: SiteProfile, furniture: Sequence[Span] = (), links: Sequence[Link] = ()
) -> SplitPage:
    """Breadcrumb, heading, entries, pager and residue of a page text, or of several in a row.

    Whatever the text, this returns, in time linear in its length; the pieces tile it.
    ``furniture`` holds stretches that the document's structure shows to be no content: nothing
    in them is read, except a breadcrumb or a pager. It is not believed where it would hide all
    there is on a page: text with a marker in it gives an entry or residue, unless a pager says
    that there are no entries. ``links`` are the page's: titles bear out entries.
    """
    titles = article_links(links, site)
    splitter = _Splitter(text, site, Furniture(text, furniture), titles, links)
    if splitter.bound < len(text):
        return _cut_off(text, splitter.bound, split(text[: splitter.bound], site, furniture, links))
    page = splitter.page()
    if splitter.hides_markers and splitter.is_void(page):
        return _Splitter(text, site, Furniture(text, ()), titles, links).page()
    return page


def _cut_off(text: str, bound: int, page: SplitPage) -> SplitPage:
    """A page of which only the beginning was read."""
    rest = Segment("residue", Span(bound, len(text)), TOO_MANY)
    return replace(page, segments=(*page.segments, rest), problems=(*page.problems, TOO_MANY))


class _Splitter(ArticlePages):
    def __init__(
        self,
        text: str,
        site: SiteProfile,
        visible: Furniture,
        titles: Sequence[Link],
        links: Sequence[Link],
    ) -> None:
        super().__init__(text, site, visible)
        self.links = titles
        every = candidates(text, site)
        self.candidates = every
        if visible.boundaries:
            self.candidates = [one for one in every if not visible.covers(one.start, one.end)]
        self.hides_markers = len(self.candidates) < len(every)
        self.stamp_starts = [candidate.start for candidate in self.candidates]
        self.pagers, self.crumbs = self._signposts(links)
        spans = (every, [pager.span for pager in self.pagers], [crumb.span for crumb in self.crumbs])
        self.bound = min([len(text), *(some[-1].end for some in spans if len(some) >= MOST_STAMPS)])
        """Up to here the text is read."""

    def _signposts(self, links: Sequence[Link]) -> tuple[list[Pager], list[Breadcrumb]]:
        text, site, visible = self.text, self.site, self.visible
        marker_ends = {candidate.end for candidate in self.candidates}
        pagers = scan.pagers(text, site, marker_ends, visible.edges, links)
        ends = visible.edges | {pager.span.end for pager in pagers}
        crumbs = scan.breadcrumbs(text, site, self.candidates, ends, visible.boundaries)
        taken = Furniture(text, [crumb.span for crumb in crumbs])
        return [pager for pager in pagers if not taken.covers(pager.span.start, pager.span.end)], crumbs

    def page(self) -> SplitPage:
        for section in self._sheets():
            self._read(section)
        found = self.found
        found.claims += [Segment("pager", pager.span) for pager in self.pagers]
        found.claims += [Segment("breadcrumb", crumb.span) for crumb in self.crumbs]
        page = self._assembled()
        if self.is_void(page) and any(claim.kind == "furniture" for claim in found.claims):
            found.claims = [_shown(claim) for claim in found.claims]
            return self._assembled()
        return page

    def is_void(self, page: SplitPage) -> bool:
        """Whether nothing of a page is content, and not because its pager says so."""
        return not (page.entries or page.residues or any(pager.total == 0 for pager in self.pagers))

    def _assembled(self) -> SplitPage:
        found = self.found
        return SplitPage(
            segments=tuple(tiles(self.text, found.claims, self.visible)),
            kind=self._kind(),
            breadcrumb=self.crumbs[0].trail if self.crumbs else (),
            heading=found.heading,
            entries=tuple(found.entries),
            pagers=tuple(self.pagers),
            problems=tuple(found.problems),
        )

    def _kind(self) -> PageKind:
        if "listing" in self.found.forms or len(self.found.entries) > 1:
            return "listing"
        return "article" if "article" in self.found.forms else "other"

    # --- sheets --------------------------------------------------------------------------------

    def _sheets(self) -> list[PageSection]:
        """Every stretch between breadcrumbs and pagers. A pager that the next one repeats with no
        marker between (above and below the list) ends no sheet: it lies in one, like furniture."""
        markers: list[tuple[Span, Breadcrumb | None, Pager | None]] = [
            *((crumb.span, crumb, None) for crumb in self.crumbs),
            *((pager.span, None, pager) for pager in self.pagers),
        ]
        markers.sort(key=lambda marker: marker[0].start)
        sections: list[PageSection] = []
        upper: list[Span] = []
        start, crumb = 0, None
        for (span, next_crumb, pager), after in zip_longest(markers, markers[1:], fillvalue=_NOTHING):
            if pager and after[2] and self._repeats(start, pager, after[2]):
                upper.append(span)
                continue
            sections.append(PageSection(start, span.start, crumb, pager))
            start, crumb = span.end, next_crumb
        self.visible = self.visible.and_also(upper)
        return [*sections, PageSection(start, len(self.text), crumb, None)]

    def _repeats(self, start: int, pager: Pager, after: Pager) -> bool:
        within = self._in(start, pager.span.start)
        return not within and pager.total > 0 and declared.numbers(pager) == declared.numbers(after)

    def _in(self, start: int, end: int) -> list[MarkerCandidate]:
        return self.candidates[bisect_left(self.stamp_starts, start) : bisect_left(self.stamp_starts, end)]

    def _read(self, section: PageSection) -> None:
        if section.crumb is None and section.pager is None and not self._is_whole(section):
            self._outside(section)
            return
        if section.pager:
            self.found.forms.add("listing")
        start = self._heading(section)
        markers = find_markers(
            self.text, self.site, self._in(start, section.end), self.visible, start, section.end
        )
        if self._article(section, start, markers):
            return
        if section.crumb and not section.is_listing:
            # perhaps a start page: what its side bars hold is no entry
            remainder = self._furniture_line(start, section.end)
            self._aside(remainder, section.end)
            section = replace(section, end=remainder)
            markers = [marker for marker in markers if marker.end <= remainder]
        self._listing(section, start, markers)

    def _is_whole(self, section: PageSection) -> bool:
        """Whether text without breadcrumb and pager may be a page: where no page of this text has
        a breadcrumb, and there are markers."""
        return not self.crumbs and bool(self._in(section.start, section.end))

    def _outside(self, section: PageSection) -> None:
        if section.start == 0 and section.end == len(self.text):
            reason = "neither marker, pager nor breadcrumb"
        elif section.start == 0:
            reason = "before the first breadcrumb"
        else:
            reason = "after the pager"
        for start, end in self.visible.free(section.start, section.end):
            remainder = self._furniture_line(start, end) if section.start else end
            self._residue(start, remainder, reason)
            if remainder < end:
                self._aside(remainder, section.end)
                return

    def _heading(self, section: PageSection) -> int:
        """Claims a listing's heading; returns where the content starts."""
        crumb = section.crumb
        if crumb is None:
            return section.start
        if crumb.heading:
            self._set_heading(crumb.heading.start, crumb.heading.end)
            return crumb.heading.end
        first = next(iter(self.visible.free(section.start, section.end)), None)
        if first is None or not section.is_listing:
            return section.start
        start, end = first[0], trim(self.text, first[0], scan.line_end(self.text, *first))[1]
        glued = crumb.leads_to_listing and not chinese.NEWLINE.search(self.text, section.start, start)
        for name in crumb.trail[-2:]:
            if self.text[start:end] == name or (glued and self.text.startswith(name, start, end)):
                self._set_heading(start, start + len(name))
                return start + len(name)
        return section.start

    # --- listings ------------------------------------------------------------------------------

    def _listing(self, section: PageSection, start: int, markers: Sequence[Marker]) -> None:
        before, cursor = len(self.found.entries), start
        section, markers = self._first_entries(section, markers)
        judge = decide_before if self.site.markers.before else decide
        cuts = judge(self._shows(section, start, markers)) if markers or section.is_listing else []
        for cut in cuts:
            self._residue(cursor, cut.start, "between two entries")
            cursor = self._cut(section, cut)
        self.found.problems += listing.doubts(cuts)
        held = len(self.found.entries) - before
        if held or section.is_listing:
            self.found.forms.add("listing")
        self._tail(section, cursor, held)
        if section.pager:
            pager = declared.with_range(section.pager, held)
            self.pagers[self.pagers.index(section.pager)] = pager
            times = listing.times_of(cut for cut in cuts if not cut.is_unread)
            self.found.problems += declared.mismatches(pager, held, times)

    def _first_entries(
        self, section: PageSection, markers: Sequence[Marker]
    ) -> tuple[PageSection, Sequence[Marker]]:
        """What of a listing is read: its first entries, where it holds more than any."""
        if len(markers) <= MOST_ENTRIES:
            return section, markers
        end = markers[MOST_ENTRIES].start if self.site.markers.before else markers[MOST_ENTRIES - 1].end
        self._residue(end, section.end, TOO_MANY)
        self.found.problems.append(TOO_MANY)
        return replace(section, end=end), markers[:MOST_ENTRIES]

    def _cut(self, section: PageSection, cut: Cut) -> int:
        """Claims one entry, or what might be one; returns where it ends."""
        marker = cut.marker
        if marker is None or cut.doubt:
            self._residue(cut.start, cut.end, cut.doubt or listing.HIDES)
            return cut.end
        if not self.site.markers.before:
            self._entry(marker, self.visible.free(cut.start, marker.start))
            return cut.end
        end = cut.end if cut.end < section.end else self._last_end(section, marker.end)
        titles = self.visible.free(cut.start, marker.start)
        self._entry(marker, self.visible.free(marker.end, end), titles)
        return end

    def _last_end(self, section: PageSection, start: int) -> int:
        """Where the text of a listing's last entry ends, if it stands behind its marker: at a side
        bar's heading, or at a pager that can't be read."""
        end = self._furniture_line(start, section.end)
        return min([end, *(span.start for span in self._unread_pagers(section, start, end))])

    def _unread_pagers(self, section: PageSection, start: int, end: int) -> list[Span]:
        """What may be the pager of a listing that has none that can be read."""
        if section.pager or not section.is_listing:
            return []
        return scan.unread_pagers(self.text, self.site, start, end)

    def _shows(self, section: PageSection, start: int, markers: Sequence[Marker]) -> Listing:
        def look() -> list[Marker]:
            limit = usual_limit(markers)
            known = [marker for marker in markers if marker.tier <= limit or not marker.fault]
            found = suspects(self.text, self.site, known, self.visible, start, section.end)
            return mark_suspects(self.text, self.site, found, known, self.visible, start, section.end)

        ends = {marker.end for marker in markers}
        return Listing(
            self.text,
            self.site,
            start,
            section.end,
            markers,
            self._width(section, markers),
            section.pager is None or section.pager.page == 1,
            headlines(self.text, self.links, self.visible, start, section.end, ends) if self.links else [],
            self.visible,
            look,
        )

    def _width(self, section: PageSection, markers: Sequence[Marker]) -> int | None:
        """How many entries the pager declares. Of two pagers below the list that contradict each
        other, the one that is right."""
        width = declared.width(section.pager)
        sure = len(within(markers, usual_limit(markers)))
        at = bisect_left(self.pagers, section.end, key=lambda pager: pager.span.start) + 1
        if width is None or sure == width or at >= len(self.pagers):
            return width
        other = self.pagers[at]
        apart = self._in(section.end, other.span.start) or declared.width(other) != sure
        return width if apart else sure

    def _tail(self, section: PageSection, start: int, held: int) -> None:
        unread = self._unread_pagers(section, start, section.end)
        self.found.claims += [Segment("residue", span, UNREAD_PAGER) for span in unread]
        self.found.problems += [UNREAD_PAGER] if unread else []
        if self.site.markers.before and held and self._furniture_line(start, section.end) == start:
            self._aside(start, section.end)
            return
        parts = self.visible.and_also(unread).free(start, section.end)
        reason = "after the last marker" if held else "no marker follows"
        if section.pager is None and (held or section.is_listing):
            reason = "the page is cut off here"
            self.found.problems.append(_cut_short(sum(map(length, parts))))
        for place, end in parts:
            self._residue(place, end, reason)


def _cut_short(size: int) -> str:
    lost = f"{counted(size, 'character')} after the last marker, and no pager"
    return f"a listing page may be cut off: {lost if size else 'it has no pager'}"


def _shown(claim: Segment) -> Segment:
    """What looks like a side bar is believed to be one beside content only."""
    if claim.kind == "furniture":
        return replace(claim, kind="residue", reason="a side bar's heading, and no article")
    return claim
