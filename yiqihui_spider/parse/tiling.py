"""Pieces that tile a page text, whatever is claimed of it; and what of it is page furniture."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from yiqihui_spider.items import Segment, SegmentKind, Span
from yiqihui_spider.parse.scan import trim


class Furniture:
    """Stretches of a text that are no content, whatever stands in them."""

    def __init__(self, text: str, spans: Sequence[Span]) -> None:
        self.text = text
        self.boundaries = _merged(spans, len(text))
        self.starts = [start for start, _ in self.boundaries]
        self.edges = frozenset(place for wall in self.boundaries for place in wall)

    def and_also(self, spans: Sequence[Span]) -> Furniture:
        if not spans:
            return self
        return Furniture(self.text, [*(Span(*wall) for wall in self.boundaries), *spans])

    def covers(self, start: int, end: int) -> bool:
        """Whether furniture reaches into the stretch."""
        at = bisect_left(self.starts, end) - 1
        return at >= 0 and self.boundaries[at][1] > start

    def end_before(self, place: int) -> int:
        """Where the last furniture before a place ends."""
        at = bisect_left(self.starts, place) - 1
        return self.boundaries[at][1] if at >= 0 else 0

    def free(self, start: int, end: int) -> list[tuple[int, int]]:
        """What of the stretch is neither furniture nor white space, trimmed."""
        if not self.boundaries:
            first, last = trim(self.text, start, end)
            return [(first, last)] if first < last else []
        parts: list[tuple[int, int]] = []
        at = max(0, bisect_right(self.starts, start) - 1)
        for wall_start, wall_end in self.boundaries[at : bisect_left(self.starts, end)]:
            parts.append((start, min(wall_start, end)))
            start = max(start, wall_end)
        parts.append((start, end))
        trimmed = (trim(self.text, a, b) for a, b in parts if a < b)
        return [(a, b) for a, b in trimmed if a < b]


def _merged(spans: Sequence[Span], size: int) -> list[tuple[int, int]]:
    """In order, inside the text, without overlaps or empty ones."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, span.start), min(size, span.end)) for span in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


_PLACE = attrgetter("span.start")


def tiles(text: str, claims: Sequence[Segment], visible: Furniture) -> list[Segment]:
    """The claims, in order, with what lies between them: furniture, white space, and whatever
    nothing claimed. Built so that the pieces tile the text whatever the claims."""
    segments: list[Segment] = []
    cursor = 0
    for claim in sorted(claims, key=_PLACE):
        start, end = claim.span.start, claim.span.end
        if start == cursor + 1 and text[cursor].isspace() and not visible.boundaries:  # nearly always
            segments.append(Segment("blank", Span(cursor, start)))
            cursor = start
        elif start > cursor:
            segments += _between(text, cursor, start, visible)
            cursor = start
        if end > cursor:
            segments.append(claim if start == cursor else replace(claim, span=Span(cursor, end)))
            cursor = end
    return segments + _between(text, cursor, len(text), visible)


def _between(text: str, start: int, end: int, visible: Furniture) -> list[Segment]:
    if not visible.boundaries:
        return _gap(text, start, end, "residue")
    segments: list[Segment] = []
    at = max(0, bisect_right(visible.starts, start) - 1)
    for wall_start, wall_end in visible.boundaries[at : bisect_left(visible.starts, end)]:
        if wall_end > start:
            segments += _gap(text, start, max(start, wall_start), "residue")
            segments += _gap(text, max(start, wall_start), min(end, wall_end), "furniture")
            start = min(end, wall_end)
    return segments + _gap(text, start, end, "residue")


def _gap(text: str, start: int, end: int, kind: SegmentKind) -> list[Segment]:
    first, last = trim(text, start, end)
    if first == last:
        return [Segment("blank", Span(start, end))] if start < end else []
    segments = [Segment("blank", Span(start, first))] if start < first else []
    segments.append(Segment(kind, Span(first, last), "unexplained" if kind == "residue" else None))
    if last < end:
        segments.append(Segment("blank", Span(last, end)))
    return segments
