"""Cuts a page text apart: pure, total and linear. See :func:`split`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from yiqihui_spider import site
from yiqihui_spider.items import Link, Page, PageKind, Pager, Piece, Span
from yiqihui_spider.parse import belief, scan
from yiqihui_spider.parse import pager as declared
from yiqihui_spider.parse.belief import Evidence
from yiqihui_spider.parse.candidates import MOST_STAMPS, Stamp, stamps
from yiqihui_spider.parse.claims import TEXT_BEFORE, UNREADABLE, Claims, length
from yiqihui_spider.parse.headlines import article_links, headlines
from yiqihui_spider.parse.markers import ALONE, ANY, LOOSE, Mark, find_marks, mark_suspects, usual_limit
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
class Sheet:
    """The stretch of text that one page takes: breadcrumb before it, pager after it."""

    start: int
    end: int
    crumb: Breadcrumb | None
    pager: Pager | None

    @property
    def is_listing(self) -> bool:
        return self.pager is not None or bool(self.crumb and self.crumb.leads_to_listing)


def split(text: str, furniture: Sequence[Span] = (), links: Sequence[Link] = ()) -> Page:
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


def _cut_off(text: str, bound: int, page: Page) -> Page:
    """A page of which only the beginning was read."""
    rest = Piece("residue", Span(bound, len(text)), TOO_MANY)
    return replace(page, pieces=(*page.pieces, rest), problems=(*page.problems, TOO_MANY))


class _Splitter(Claims):
    def __init__(self, text: str, around: Furniture, links: Sequence[Link]) -> None:
        super().__init__(text, around)
        self.links = links
        self.stamps = stamps(text)
        self.bound = len(text)
        if len(self.stamps) >= MOST_STAMPS:
            self.bound = self.stamps[-1].end
        self.hides_markers = False
        if around.walls:
            seen = [stamp for stamp in self.stamps if not around.covers(stamp.start, stamp.end)]
            self.hides_markers = len(seen) < len(self.stamps)
            self.stamps = seen
        self.stamp_starts = [stamp.start for stamp in self.stamps]
        self.pagers = scan.pagers(text, {stamp.end for stamp in self.stamps}, around.edges)
        ends = around.edges | {pager.span.end for pager in self.pagers}
        self.crumbs = scan.breadcrumbs(text, self.stamps, ends, around.walls)
        for spans in ([pager.span for pager in self.pagers], [crumb.span for crumb in self.crumbs]):
            if len(spans) >= MOST_STAMPS:
                self.bound = min(self.bound, spans[-1].end)

    def page(self) -> Page:
        for sheet in self._sheets():
            self._read(sheet)
        found = self.found
        found.claims += [Piece("pager", pager.span) for pager in self.pagers]
        found.claims += [Piece("breadcrumb", crumb.span) for crumb in self.crumbs]
        page = self._assembled()
        if self.is_void(page) and any(claim.kind == "furniture" for claim in found.claims):
            found.claims = [_shown(claim) for claim in found.claims]
            return self._assembled()
        return page

    def is_void(self, page: Page) -> bool:
        """Whether nothing of a page is content, and not because its pager says so."""
        return not (page.entries or page.residues or any(pager.total == 0 for pager in self.pagers))

    def _assembled(self) -> Page:
        found = self.found
        return Page(
            pieces=tuple(tiles(self.text, found.claims, self.around)),
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

    def _sheets(self) -> list[Sheet]:
        """Every stretch between breadcrumbs and pagers. A pager that the next one repeats with no
        marker between (above and below the list) ends no sheet: it lies in one, like furniture."""
        marks: list[tuple[Span, Breadcrumb | None, Pager | None]] = [
            *((crumb.span, crumb, None) for crumb in self.crumbs),
            *((pager.span, None, pager) for pager in self.pagers),
        ]
        marks.sort(key=lambda mark: mark[0].start)
        sheets: list[Sheet] = []
        upper: list[Span] = []
        start, crumb = 0, None
        for (span, next_crumb, pager), after in zip_longest(marks, marks[1:], fillvalue=_NOTHING):
            if pager and after[2] and self._repeats(start, pager, after[2]):
                upper.append(span)
                continue
            sheets.append(Sheet(start, span.start, crumb, pager))
            start, crumb = span.end, next_crumb
        self.around = self.around.and_also(upper)
        return [*sheets, Sheet(start, len(self.text), crumb, None)]

    def _repeats(self, start: int, pager: Pager, after: Pager) -> bool:
        within = self._in(start, pager.span.start)
        return not within and pager.total > 0 and declared.numbers(pager) == declared.numbers(after)

    def _in(self, start: int, end: int) -> list[Stamp]:
        return self.stamps[bisect_left(self.stamp_starts, start) : bisect_left(self.stamp_starts, end)]

    def _read(self, sheet: Sheet) -> None:
        if sheet.crumb is None and sheet.pager is None and not self._is_whole(sheet):
            self._outside(sheet)
            return
        if sheet.pager:
            self.found.forms.add("listing")
        start = self._heading(sheet)
        marks = find_marks(self.text, self._in(start, sheet.end), self.around, start, sheet.end)
        if self._article(sheet, start, marks):
            return
        if sheet.crumb and not sheet.crumb.leads_to_listing and not sheet.pager:
            # perhaps a start page: what its side bars hold is no entry
            tail = self._furniture_line(start, sheet.end)
            self._aside(tail, sheet.end)
            sheet = replace(sheet, end=tail)
            marks = [mark for mark in marks if mark.end <= tail]
        self._listing(sheet, start, marks)

    def _is_whole(self, sheet: Sheet) -> bool:
        """Whether text without breadcrumb and pager may be a page: where no page of this text has
        a breadcrumb, and there are markers."""
        return not self.crumbs and bool(self._in(sheet.start, sheet.end))

    def _outside(self, sheet: Sheet) -> None:
        if sheet.start == 0 and sheet.end == len(self.text):
            reason = "neither marker, pager nor breadcrumb"
        elif sheet.start == 0:
            reason = "before the first breadcrumb"
        else:
            reason = "after the pager"
        for start, end in self.around.free(sheet.start, sheet.end):
            tail = self._furniture_line(start, end) if sheet.start else end
            self._residue(start, tail, reason)
            if tail < end:
                self._aside(tail, sheet.end)
                return

    def _heading(self, sheet: Sheet) -> int:
        """Claims a listing's heading; returns where the content starts."""
        crumb = sheet.crumb
        if crumb is None:
            return sheet.start
        if crumb.heading:
            self._set_heading(crumb.heading.start, crumb.heading.end)
            return crumb.heading.end
        first = next(iter(self.around.free(sheet.start, sheet.end)), None)
        if first is None or not (crumb.leads_to_listing or sheet.pager):
            return sheet.start
        start, end = first[0], trim(self.text, first[0], scan.line_end(self.text, *first))[1]
        for name in crumb.trail[-2:]:
            glued = crumb.leads_to_listing and not site.NEWLINE.search(self.text, sheet.start, start)
            if self.text[start:end] == name or (glued and self.text.startswith(name, start, end)):
                self._set_heading(start, start + len(name))
                return start + len(name)
        return sheet.start

    # --- the forms of a page -------------------------------------------------------------------

    def _article(self, sheet: Sheet, start: int, marks: Sequence[Mark]) -> bool:
        """Reads the sheet as a detail page, marker before body, if it is one."""
        if sheet.pager or (sheet.crumb and sheet.crumb.leads_to_listing):
            return False
        least = ANY if sheet.crumb and sheet.crumb.heading else LOOSE
        mark = next((mark for mark in marks if mark.tier <= least), None)
        if mark is None:
            return False
        mark, title = self._title(sheet, start, mark)
        if title is None and not self._looks_like_article(sheet, start, mark, marks):
            return False
        self.found.forms.add("article")
        for index, (place, end) in enumerate(self._above(start, mark, title)):
            line = trim(self.text, place, scan.line_end(self.text, place, end))[1]
            if place == title or (title is None and index == 0):
                self._set_heading(place, line)
                place = line
            self._residue(place, end, "between the title and the marker")
        tail = self._furniture_line(mark.end, sheet.end)
        self._entry(mark, self.around.free(mark.end, tail))
        self._aside(tail, sheet.end)
        more = sum(other.tier == ALONE and mark.end < other.start < tail for other in marks)
        if more:
            self.found.problems.append(f"an article's page with {counted(more, 'more marker')} in its text")
        return True

    def _above(self, start: int, mark: Mark, title: int | None) -> list[tuple[int, int]]:
        """What stands above an article's marker. Above the title of a page whose marker has labels
        that is the section's name."""
        parts = self.around.free(start, mark.start)
        if not mark.stamp.labelled or title is None or title < 0 or not parts or parts[0][0] == title:
            return parts
        self._claim(start, title, "heading")
        return self.around.free(title, mark.start)

    def _title(self, sheet: Sheet, start: int, mark: Mark) -> tuple[Mark, int | None]:
        """Where the title that the breadcrumb names stands again before the marker, or None. A
        title glued to the marker is taken out of the source."""
        if sheet.crumb is None:
            return mark, self._title_above(start, mark) if mark.stamp.labelled else None
        if sheet.crumb.heading:
            name = self.text[start : mark.stamp.start].strip(site.SPACES)
            if len(name) <= site.SOURCE_ALONE:
                place = scan.skip_blank(self.text, start, mark.stamp.start)
                mark = mark._replace(start=place, source=name)
            return mark, -1
        leaf = sheet.crumb.trail[-1]
        first = next(iter(self.around.free(start, mark.stamp.start)), None)
        if first is None or not self.text.startswith(leaf, first[0], first[1]):
            return mark, None
        after = first[0] + len(leaf)
        if mark.start < after <= mark.stamp.start:
            source = scan.skip_blank(self.text, after, mark.stamp.start)
            name = self.text[source : mark.stamp.start].rstrip(site.SPACES)
            return mark._replace(start=source, source=name), first[0]
        alone = scan.closes_line(self.text, after, mark.start)
        return mark, first[0] if alone and self._is_near(after, mark.start) else None

    def _title_above(self, start: int, mark: Mark) -> int | None:
        """Where the line above a marker with labels begins, if it may be the title: only an
        article's own page has such a marker."""
        if not self._is_near(start, mark.start):
            return None
        parts = self.around.free(start, mark.start)
        if not parts:
            return None
        place, end = parts[-1]
        for found in site.NEWLINE.finditer(self.text, place, end):
            place = found.end()
        return scan.skip_blank(self.text, place, end)

    def _is_near(self, start: int, end: int) -> bool:
        """Whether little enough stands between a title and a marker for them to be one's head."""
        parts = self.around.free(start, end)
        if sum(map(length, parts)) > _TITLE_CHARS:
            return False
        if sum(len(self.text[a:b].splitlines()) for a, b in parts) > 3:
            return False
        block = self._furniture_line(start, end)
        return block == end or self.text.startswith(site.SHARING, block)

    def _looks_like_article(self, sheet: Sheet, start: int, mark: Mark, marks: Sequence[Mark]) -> bool:
        """Without a repeated title: one marker, at most a title before it, text after it."""
        limit = usual_limit(marks)
        if sum(other.tier <= limit for other in marks) != 1 or not self.around.free(mark.end, sheet.end):
            return False
        if sheet.crumb or not self._is_near(start, mark.start):
            return self._is_near(start, mark.start)
        before = "\n".join(self.text[a:b] for a, b in self.around.free(start, mark.start))
        return len(before.splitlines()) <= 1 and not before.endswith(tuple("。；;" + site.CLOSERS))

    def _listing(self, sheet: Sheet, start: int, marks: Sequence[Mark]) -> None:
        before, cursor, times = len(self.found.entries), start, []
        if len(marks) > MOST_ENTRIES:
            marks = marks[:MOST_ENTRIES]
            self._residue(marks[-1].end, sheet.end, TOO_MANY)
            self.found.problems.append(TOO_MANY)
            sheet = replace(sheet, end=marks[-1].end)
        cuts = belief.decide(self._evidence(sheet, start, marks)) if marks or sheet.is_listing else []
        for cut in cuts:
            self._residue(cursor, cut.start, "between two entries")
            if cut.mark is not None and not cut.mark.stamp.fault:
                times.append(cut.mark.stamp.time)
            if cut.mark is None or cut.doubt:
                self._residue(cut.start, cut.end, cut.doubt or belief.HIDES)
            else:
                self._entry(cut.mark, self.around.free(cut.start, cut.mark.start))
            cursor = cut.end
        self.found.problems += belief.doubts(cuts)
        held = len(self.found.entries) - before
        if held or sheet.is_listing:
            self.found.forms.add("listing")
        self._tail(sheet, cursor, held)
        if sheet.pager:
            self.found.problems += declared.mismatches(sheet.pager, held, times)

    def _evidence(self, sheet: Sheet, start: int, marks: Sequence[Mark]) -> Evidence:
        def look() -> list[Mark]:
            limit = usual_limit(marks)
            known = [mark for mark in marks if mark.tier <= limit or not mark.stamp.fault]
            found = suspects(self.text, known, self.around, start, sheet.end)
            return mark_suspects(self.text, found, known, self.around, start, sheet.end)

        ends = {mark.end for mark in marks}
        return Evidence(
            self.text,
            start,
            sheet.end,
            marks,
            self._width(sheet, marks),
            sheet.pager is None or sheet.pager.page == 1,
            headlines(self.text, self.links, self.around, start, sheet.end, ends) if self.links else [],
            self.around,
            look,
        )

    def _width(self, sheet: Sheet, marks: Sequence[Mark]) -> int | None:
        """How many entries the pager declares. Of two pagers below the list that contradict each
        other, the one that is right."""
        width = declared.width(sheet.pager)
        limit = usual_limit(marks)
        sure = sum(mark.tier <= limit for mark in marks)
        at = bisect_left(self.pagers, sheet.end, key=lambda pager: pager.span.start) + 1
        if width is None or sure == width or at >= len(self.pagers):
            return width
        other = self.pagers[at]
        apart = self._in(sheet.end, other.span.start) or declared.width(other) != sure
        return width if apart else sure

    def _tail(self, sheet: Sheet, start: int, held: int) -> None:
        around, unread = self.around, []
        if sheet.is_listing and not sheet.pager:
            unread = scan.unread_pagers(self.text, start, sheet.end)
        if unread:
            around = around.and_also(unread)
            self.found.claims += [Piece("residue", span, UNREAD_PAGER) for span in unread]
            self.found.problems.append(UNREAD_PAGER)
        parts = around.free(start, sheet.end)
        size = sum(map(length, parts))
        if sheet.pager or not (held or sheet.is_listing):
            reason = "after the last marker" if held else "no marker follows"
        else:
            reason = "the page is cut off here"
            lost = f"{counted(size, 'character')} after the last marker, and no pager"
            what = lost if size else "it has no pager"
            self.found.problems.append(f"a listing page may be cut off: {what}")
        for place, end in parts:
            self._residue(place, end, reason)


def _shown(claim: Piece) -> Piece:
    """What looks like a side bar is believed to be one beside content only."""
    if claim.kind == "furniture":
        return replace(claim, kind="residue", reason="a side bar's heading, and no article")
    return claim
