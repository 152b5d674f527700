"""Reads an article's own page: a title, a marker, the text behind it."""

from __future__ import annotations

from collections.abc import Sequence

from yiqihui_spider.parse import scan
from yiqihui_spider.parse.claims import Claims, PageSection, length
from yiqihui_spider.parse.markers import ALONE, ANY, LOOSE, Marker, usual_limit, within
from yiqihui_spider.parse.pager import counted
from yiqihui_spider.parse.scan import trim
from yiqihui_spider.site import chinese

_TITLE_CHARS = 120


class ArticlePages(Claims):
    """What of the reading of a text concerns articles' own pages."""

    def _article(self, section: PageSection, start: int, markers: Sequence[Marker]) -> bool:
        """Reads the sheet as a detail page, marker before body, if it is one."""
        if section.is_listing:
            return False
        least = ANY if section.crumb and section.crumb.heading else LOOSE
        marker = next(iter(within(markers, least)), None)
        if marker is None:
            return False
        marker, title = self._title(section, start, marker)
        if title is None and not self._looks_like_article(section, start, marker, markers):
            return False
        self.found.forms.add("article")
        self._head(start, marker, title)
        remainder = self._furniture_line(marker.end, section.end)
        self._entry(marker, self.visible.free(marker.end, remainder))
        self._aside(remainder, section.end)
        more = sum(other.tier == ALONE and marker.end < other.start < remainder for other in markers)
        if more:
            self.found.problems.append(f"an article's page with {counted(more, 'more marker')} in its text")
        return True

    def _head(self, start: int, marker: Marker, title: int | None) -> None:
        """Claims what stands above an article's marker: the title, where it is known or the first line,
        and what else there is."""
        parts = self._above(start, marker, title)
        heading = parts[0][0] if title is None and parts else title
        for place, end in parts:
            line = place
            if place == heading:
                line = trim(self.text, place, scan.line_end(self.text, place, end))[1]
                self._set_heading(place, line)
            self._residue(line, end, "between the title and the marker")

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
            name = self.text[start : marker.candidate.start].strip(chinese.SPACES)
            if len(name) <= chinese.SOURCE_ALONE:
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
            name = self.text[source : marker.candidate.start].rstrip(chinese.SPACES)
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
        for found in chinese.NEWLINE.finditer(self.text, place, end):
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
        return block == end or self._is_sharing(block)

    def _is_sharing(self, place: int) -> bool:
        sharing = self.site.words.sharing
        return sharing != "" and self.text.startswith(sharing, place)

    def _looks_like_article(
        self, section: PageSection, start: int, marker: Marker, markers: Sequence[Marker]
    ) -> bool:
        """Without a repeated title: one marker, at most a title before it, text after it."""
        only = len(within(markers, usual_limit(markers))) == 1
        if not only or not self.visible.free(marker.end, section.end):
            return False
        if section.crumb or not self._is_near(start, marker.start):
            return self._is_near(start, marker.start)
        before = "\n".join(self.text[a:b] for a, b in self.visible.free(start, marker.start))
        return len(before.splitlines()) <= 1 and not before.endswith(tuple("。；;" + chinese.CLOSERS))
