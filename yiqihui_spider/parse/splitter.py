"""Cuts a page text apart: pure, total and linear. See :func:`split`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from yiqihui_spider import site
from yiqihui_spider.items import Link, PageKind, Pager, Segment, Span, SplitPage
from yiqihui_spider.parse import belief, scan
from yiqihui_spider.parse import pager as declared
from yiqihui_spider.parse.belief import Evidence
from yiqihui_spider.parse.candidates import MOST_STAMPS, MarkerCandidate, candidates
from yiqihui_spider.parse.claims import TEXT_BEFORE, UNREADABLE, Claims, length
from yiqihui_spider.parse.headlines import article_links, headlines
from yiqihui_spider.parse.markers import ALONE, ANY, LOOSE, Marker, find_markers, mark_suspects, usual_limit
from yiqihui_spider.parse.pager import counted
from yiqihui_spider.parse.scan import Breadcrumb, trim
from yiqihui_spider.parse.suspects import suspects
from yiqihui_spider.parse.tiling import Furniture, tiles

REFUSED = (UNREADABLE, TEXT_BEFORE, *belief.DOUBTS)
"""How the reasons begin for which what may be an entry makes no row."""
MOST_ENTRIES = 2_000
"""A page that holds more is not read to its end; the site's hold twenty."""
TOO_MANY = "more than is read of one page"
UNREAD_PAGER = "a pager that can't be read"
_TITLE_CHARS = 120
_NOTHING = (Span(0, 0), None, None)


@dataclass(frozen=True, slots=True)
class PageSection:
    """The stretch of text that one page takes: breadcrumb before it, pager after it."""

    start: int
    end: int
    crumb: Breadcrumb | None
    pager: Pager | None

    @property
    def is_listing(self) -> bool:
        return self.pager is not None or bool(self.crumb and self.crumb.leads_to_listing)


def split(text: str, furniture: Sequence[Span] = (), links: Sequence[Link] = ()) -> SplitPage:
    """Breadcrumb, heading, entries, pager and residue of a page text, or of several in a row.

    Whatever the text, this returns, in time linear in its length; the pieces tile it.
    ``furniture`` holds stretches that the document's structure shows to be no content: nothing
    in them is read, except a breadcrumb or a pager. It is not believed where it would hide all
    there is on a page: text with a marker in it gives an entry or residue, unless a pager says
    that there are no entries. ``links`` are the page's: titles bear out entries.
    """
    titles = article_links(links)
    splitter = _Splitter(text, Furniture(text, furniture), titles)
    if splitter.bound < len(text):
        return _cut_off(text, splitter.bound, split(text[: splitter.bound], furniture, links))
    page = splitter.page()
    if splitter.hides_markers and splitter.is_void(page):
        return _Splitter(text, Furniture(text, ()), titles).page()
    return page


def _cut_off(text: str, bound: int, page: SplitPage) -> SplitPage:
    """A page of which only the beginning was read."""
    rest = Segment("residue", Span(bound, len(text)), TOO_MANY)
    return replace(page, segments=(*page.segments, rest), problems=(*page.problems, TOO_MANY))


class _Splitter(Claims):
    def __init__(self, text: str, visible: Furniture, links: Sequence[Link]) -> None:
        super().__init__(text, visible)
        self.links = links
        self.candidates = candidates(text)
        self.bound = len(text)
        if len(self.candidates) >= MOST_STAMPS:
            self.bound = self.candidates[-1].end
        self.hides_markers = False
        if visible.boundaries:
            seen = [
                candidate
                for candidate in self.candidates
                if not visible.covers(candidate.start, candidate.end)
            ]
            self.hides_markers = len(seen) < len(self.candidates)
            self.candidates = seen
        self.stamp_starts = [candidate.start for candidate in self.candidates]
        self.pagers = scan.pagers(text, {candidate.end for candidate in self.candidates}, visible.edges)
        ends = visible.edges | {pager.span.end for pager in self.pagers}
        self.crumbs = scan.breadcrumbs(text, self.candidates, ends, visible.boundaries)
        for spans in ([pager.span for pager in self.pagers], [crumb.span for crumb in self.crumbs]):
            if len(spans) >= MOST_STAMPS:
                self.bound = min(self.bound, spans[-1].end)

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
        markers = find_markers(self.text, self._in(start, section.end), self.visible, start, section.end)
        if self._article(section, start, markers):
            return
        if section.crumb and not section.crumb.leads_to_listing and not section.pager:
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
        if first is None or not (crumb.leads_to_listing or section.pager):
            return section.start
        start, end = first[0], trim(self.text, first[0], scan.line_end(self.text, *first))[1]
        for name in crumb.trail[-2:]:
            glued = crumb.leads_to_listing and not site.NEWLINE.search(self.text, section.start, start)
            if self.text[start:end] == name or (glued and self.text.startswith(name, start, end)):
                self._set_heading(start, start + len(name))
                return start + len(name)
        return section.start

    # --- the forms of a page -------------------------------------------------------------------

    def _article(self, section: PageSection, start: int, markers: Sequence[Marker]) -> bool:
        """Reads the sheet as a detail page, marker before body, if it is one."""
        if section.pager or (section.crumb and section.crumb.leads_to_listing):
            return False
        least = ANY if section.crumb and section.crumb.heading else LOOSE
        marker = next((marker for marker in markers if marker.tier <= least), None)
        if marker is None:
            return False
        marker, title = self._title(section, start, marker)
        if title is None and not self._looks_like_article(section, start, marker, markers):
            return False
        self.found.forms.add("article")
        for index, (place, end) in enumerate(self._above(start, marker, title)):
            line = trim(self.text, place, scan.line_end(self.text, place, end))[1]
            if place == title or (title is None and index == 0):
                self._set_heading(place, line)
                place = line
            self._residue(place, end, "between the title and the marker")
        remainder = self._furniture_line(marker.end, section.end)
        self._entry(marker, self.visible.free(marker.end, remainder))
        self._aside(remainder, section.end)
        more = sum(other.tier == ALONE and marker.end < other.start < remainder for other in markers)
        if more:
            self.found.problems.append(f"an article's page with {counted(more, 'more marker')} in its text")
        return True

    def _above(self, start: int, marker: Marker, title: int | None) -> list[tuple[int, int]]:
        """What stands above an article's marker. Above the title of a page whose marker has labels
        that is the section's name."""
        parts = self.visible.free(start, marker.start)
        if not marker.candidate.labelled or title is None or title < 0 or not parts or parts[0][0] == title:
            return parts
        self._claim(start, title, "heading")
        return self.visible.free(title, marker.start)

    def _title(self, section: PageSection, start: int, marker: Marker) -> tuple[Marker, int | None]:
        """Where the title that the breadcrumb names stands again before the marker, or None. A
        title glued to the marker is taken out of the source."""
        if section.crumb is None:
            return marker, self._title_above(start, marker) if marker.candidate.labelled else None
        if section.crumb.heading:
            name = self.text[start : marker.candidate.start].strip(site.SPACES)
            if len(name) <= site.SOURCE_ALONE:
                place = scan.skip_blank(self.text, start, marker.candidate.start)
                marker = marker._replace(start=place, source=name)
            return marker, -1
        leaf = section.crumb.trail[-1]
        first = next(iter(self.visible.free(start, marker.candidate.start)), None)
        if first is None or not self.text.startswith(leaf, first[0], first[1]):
            return marker, None
        after = first[0] + len(leaf)
        if marker.start < after <= marker.candidate.start:
            source = scan.skip_blank(self.text, after, marker.candidate.start)
            name = self.text[source : marker.candidate.start].rstrip(site.SPACES)
            return marker._replace(start=source, source=name), first[0]
        alone = scan.closes_line(self.text, after, marker.start)
        return marker, first[0] if alone and self._is_near(after, marker.start) else None

    def _title_above(self, start: int, marker: Marker) -> int | None:
        """Where the line above a marker with labels begins, if it may be the title: only an
        article's own page has such a marker."""
        if not self._is_near(start, marker.start):
            return None
        parts = self.visible.free(start, marker.start)
        if not parts:
            return None
        place, end = parts[-1]
        for found in site.NEWLINE.finditer(self.text, place, end):
            place = found.end()
        return scan.skip_blank(self.text, place, end)

    def _is_near(self, start: int, end: int) -> bool:
        """Whether little enough stands between a title and a marker for them to be one's head."""
        parts = self.visible.free(start, end)
        if sum(map(length, parts)) > _TITLE_CHARS:
            return False
        if sum(len(self.text[a:b].splitlines()) for a, b in parts) > 3:
            return False
        block = self._furniture_line(start, end)
        return block == end or self.text.startswith(site.SHARING, block)

    def _looks_like_article(
        self, section: PageSection, start: int, marker: Marker, markers: Sequence[Marker]
    ) -> bool:
        """Without a repeated title: one marker, at most a title before it, text after it."""
        limit = usual_limit(markers)
        if sum(other.tier <= limit for other in markers) != 1 or not self.visible.free(
            marker.end, section.end
        ):
            return False
        if section.crumb or not self._is_near(start, marker.start):
            return self._is_near(start, marker.start)
        before = "\n".join(self.text[a:b] for a, b in self.visible.free(start, marker.start))
        return len(before.splitlines()) <= 1 and not before.endswith(tuple("。；;" + site.CLOSERS))

    def _listing(self, section: PageSection, start: int, markers: Sequence[Marker]) -> None:
        before, cursor, times = len(self.found.entries), start, []
        if len(markers) > MOST_ENTRIES:
            markers = markers[:MOST_ENTRIES]
            self._residue(markers[-1].end, section.end, TOO_MANY)
            self.found.problems.append(TOO_MANY)
            section = replace(section, end=markers[-1].end)
        cuts = belief.decide(self._evidence(section, start, markers)) if markers or section.is_listing else []
        for cut in cuts:
            self._residue(cursor, cut.start, "between two entries")
            if cut.marker is not None and not cut.marker.candidate.fault:
                times.append(cut.marker.candidate.time)
            if cut.marker is None or cut.doubt:
                self._residue(cut.start, cut.end, cut.doubt or belief.HIDES)
            else:
                self._entry(cut.marker, self.visible.free(cut.start, cut.marker.start))
            cursor = cut.end
        self.found.problems += belief.doubts(cuts)
        held = len(self.found.entries) - before
        if held or section.is_listing:
            self.found.forms.add("listing")
        self._tail(section, cursor, held)
        if section.pager:
            self.found.problems += declared.mismatches(section.pager, held, times)

    def _evidence(self, section: PageSection, start: int, markers: Sequence[Marker]) -> Evidence:
        def look() -> list[Marker]:
            limit = usual_limit(markers)
            known = [marker for marker in markers if marker.tier <= limit or not marker.candidate.fault]
            found = suspects(self.text, known, self.visible, start, section.end)
            return mark_suspects(self.text, found, known, self.visible, start, section.end)

        ends = {marker.end for marker in markers}
        return Evidence(
            self.text,
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
        limit = usual_limit(markers)
        sure = sum(marker.tier <= limit for marker in markers)
        at = bisect_left(self.pagers, section.end, key=lambda pager: pager.span.start) + 1
        if width is None or sure == width or at >= len(self.pagers):
            return width
        other = self.pagers[at]
        apart = self._in(section.end, other.span.start) or declared.width(other) != sure
        return width if apart else sure

    def _tail(self, section: PageSection, start: int, held: int) -> None:
        visible, unread = self.visible, []
        if section.is_listing and not section.pager:
            unread = scan.unread_pagers(self.text, start, section.end)
        if unread:
            visible = visible.and_also(unread)
            self.found.claims += [Segment("residue", span, UNREAD_PAGER) for span in unread]
            self.found.problems.append(UNREAD_PAGER)
        parts = visible.free(start, section.end)
        size = sum(map(length, parts))
        if section.pager or not (held or section.is_listing):
            reason = "after the last marker" if held else "no marker follows"
        else:
            reason = "the page is cut off here"
            lost = f"{counted(size, 'character')} after the last marker, and no pager"
            what = lost if size else "it has no pager"
            self.found.problems.append(f"a listing page may be cut off: {what}")
        for place, end in parts:
            self._residue(place, end, reason)


def _shown(claim: Segment) -> Segment:
    """What looks like a side bar is believed to be one beside content only."""
    if claim.kind == "furniture":
        return replace(claim, kind="residue", reason="a side bar's heading, and no article")
    return claim
