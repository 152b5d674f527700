"""What the splitter claims of a page text while it reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from yiqihui_spider.items import Entry, PageKind, Pager, Segment, SegmentKind, Span
from yiqihui_spider.parse import scan
from yiqihui_spider.parse.markers import Marker
from yiqihui_spider.parse.scan import Breadcrumb
from yiqihui_spider.parse.tiling import Furniture
from yiqihui_spider.site import SiteProfile, chinese

UNREADABLE = "marker that can't be read"
TEXT_BEFORE = f"text before a {UNREADABLE}"
_PROSE_CHARS = 60
"""A line this long that holds a full stop is running text, no link in a side bar."""


@dataclass(slots=True)
class Findings:
    claims: list[Segment] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    forms: set[PageKind] = field(default_factory=set)
    heading: str | None = None


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


class Claims:
    """Claims stretches of one text, around its furniture."""

    def __init__(self, text: str, site: SiteProfile, visible: Furniture) -> None:
        self.text = text
        self.site = site
        self.visible = visible
        self.found = Findings()

    def _claim(self, start: int, end: int, kind: SegmentKind, reason: str | None = None) -> None:
        self.found.claims += [Segment(kind, Span(a, b), reason) for a, b in self.visible.free(start, end)]

    def _residue(self, start: int, end: int, reason: str) -> None:
        self._claim(start, end, "residue", reason)

    def _aside(self, start: int, end: int) -> None:
        """Claims a block that a furniture line opens, up to the end of the page. Running text in it
        may be more of the article, below a list of other articles: that must not vanish."""
        for place, stop in self.visible.free(start, end):
            done = place
            while place < stop:
                after = scan.line_end(self.text, place, stop)
                if after - place >= _PROSE_CHARS and chinese.FULL_STOP.search(self.text, place, after):
                    self._claim(done, place, "furniture")
                    self._residue(place, after, "running text below a side bar's heading")
                    done = after
                place = after + 1
            self._claim(done, stop, "furniture")

    def _set_heading(self, start: int, end: int) -> None:
        self.found.claims.append(Segment("heading", Span(start, end)))
        if self.found.heading is None:
            self.found.heading = self.text[start:end]

    def _furniture_line(self, start: int, end: int) -> int:
        """Where the first line stands that opens a block around the article; ``end`` if none does."""
        for opening in self.site.words.around_opening.finditer(self.text, start, end):
            place = opening.start()
            opens = scan.opens_line(self.text, place, self.visible.edges)
            hidden = self.visible.covers(place, place + 1)
            if opens and not hidden and self.site.words.around_line.match(self.text, place):
                return place
        return end

    def _entry(
        self, mark: Marker, parts: list[tuple[int, int]], titles: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Claims a marker and the body that belongs to it, and the title if it stands above."""
        candidate = mark.candidate
        if candidate.fault:
            self._unreadable(mark, [*titles, *parts])
            return
        claims = self.found.claims
        longest = parts[0] if len(parts) == 1 else max(parts, key=length, default=None)
        claims += [
            Segment("residue", Span(*part), "cut off from its body by page furniture")
            for part in parts
            if part is not longest
        ]
        body, marker = Span(*(longest or (mark.start, mark.start))), Span(mark.start, candidate.end)
        if longest:
            claims.append(Segment("body", body))
        claims.append(Segment("marker", marker))
        claims += [Segment("heading", Span(*part)) for part in titles[-1:]]
        claims += [Segment("residue", Span(*part), "above a title") for part in titles[:-1]]
        title = Span(*titles[-1]) if titles else None
        self.found.entries.append(
            Entry(body, marker, mark.source, candidate.time, candidate.views, candidate.printed, title)
        )

    def _unreadable(self, mark: Marker, parts: Sequence[tuple[int, int]]) -> None:
        """Claims a marker that can't be read and the text that may belong to it."""
        reason = f"{UNREADABLE}: {mark.fault}"
        self.found.claims += [
            Segment("residue", Span(*part), f"{TEXT_BEFORE}: {mark.fault}") for part in parts
        ]
        self.found.claims.append(Segment("residue", Span(mark.start, mark.end), reason))
        self.found.problems.append(f"a {reason}")


def length(part: tuple[int, int]) -> int:
    return part[1] - part[0]
