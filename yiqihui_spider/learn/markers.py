"""Finds what may be a page's markers: dates that repeat in the same surroundings, with what stands by them.

A group holds the markers of one page's list, or the marker of an article's own page; groups of several
pages with the same surroundings make one template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from yiqihui_spider.characters import squeeze
from yiqihui_spider.learn.key import AnswerKey, Known, agrees
from yiqihui_spider.learn.sights import Sight, Spot, spots
from yiqihui_spider.site import chinese

MARKER_WIDTH = 160
_BOX_LINES, _BOX_WIDTH = 8, 240
"""An element that holds no more may be a marker's own."""
_GLUED_WIDTH = 120
A_TITLE = 5
_OF_TEXTS = ("h1", "h2", "h3", "h4", "h5", "h6", "p")
_A_MOMENT = len("2019-04-13 09:30")


@dataclass(frozen=True)
class Found:
    """A date on a page, with the stretch around it that may be a marker."""

    sight: Sight
    spot: Spot
    start: int
    end: int
    glued: bool = False
    """It stands on its line behind other text."""

    @property
    def text(self) -> str:
        return self.sight.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.sight.tree.line_at(self.spot.start)


@dataclass
class Group:
    """Markers that stand in the same surroundings."""

    path: tuple[str, ...]
    found: list[Found] = field(default_factory=list)

    @property
    def sights(self) -> list[Sight]:
        return list(dict.fromkeys(one.sight for one in self.found))

    def on(self, sight: Sight) -> list[Found]:
        return [one for one in self.found if one.sight is sight]


def groups(sights: Iterable[Sight]) -> list[Group]:
    """By the elements around them, over all pages; the largest first."""
    found: dict[tuple[str, ...], Group] = {}
    for sight in sights:
        for path, some in _on_page(sight):
            found.setdefault(path, Group(path)).found += some
    return sorted(found.values(), key=lambda group: -len(group.found))


def _on_page(sight: Sight) -> Iterator[tuple[tuple[str, ...], list[Found]]]:
    by_path: dict[tuple[str, ...], list[Found]] = {}
    taken = -1
    for spot in spots(sight.text):
        if spot.start < taken:
            continue
        one = _found(sight, spot)
        if one is not None:
            taken = one.end
            by_path.setdefault((*sight.path(one.line), *_manner(one)), []).append(one)
    for path, some in by_path.items():
        for n, part in enumerate(_lists(sight, some)):
            yield (path, part) if not n else ((*path, str(n)), part)


def _manner(one: Found) -> Iterator[str]:
    """How its date is printed, and how a marker stands on its line: behind a text, beside a link that
    may be a title."""
    yield one.spot.form
    if one.glued:
        yield "glued"
    inside = one.sight.links_on.get(one.line, ())
    if any(len(link.text) > A_TITLE and one.start <= link.start < one.end for link in inside):
        yield "linked"


def _lists(sight: Sight, some: Sequence[Found]) -> list[list[Found]]:
    """Apart where they stand in different lists, that with most text first: a list is the smallest
    element that holds two of them."""
    if not sight.is_html or len(some) < 2:
        return [list(some)]
    tree = sight.tree
    holders: dict[int, list[Found]] = {}
    counts = tree.tally([one.line for one in some])
    for one in some:
        node = next((node for node in tree.up(tree.line_nodes[one.line]) if counts.get(node, 0) > 1), 0)
        holders.setdefault(node, []).append(one)
    return sorted(holders.values(), key=lambda part: part[0].start - part[-1].end)


def _found(sight: Sight, spot: Spot) -> Found | None:
    line = sight.tree.line_at(spot.start)
    start, end = _box(sight, line)
    text = sight.text[start:end]
    if len(text) <= MARKER_WIDTH and not _is_prose(text, spot, start):
        return Found(sight, spot, start, end)
    start, end = sight.tree.line_starts[line], sight.tree.line_end(line)
    line_text = sight.text[start:end]
    if end - start <= MARKER_WIDTH and not _is_prose(line_text, spot, start):
        return Found(sight, spot, start, end)
    return _glued(sight, spot, start, end)


def _is_prose(text: str, spot: Spot, start: int) -> bool:
    around = text[: spot.start - start] + text[spot.end - start :]
    return re.search("[。！？；]", around) is not None


def _glued(sight: Sight, spot: Spot, start: int, end: int) -> Found | None:
    """Behind a sentence's end on the line of the text."""
    if end - spot.end > _GLUED_WIDTH or _is_prose(sight.text[spot.end : end], spot, spot.end):
        return None
    before = sight.text[max(start, spot.start - _GLUED_WIDTH) : spot.start]
    ends = [match.end() for match in re.finditer(f"[。！？…][{chinese.CLOSERS}]*", before)]
    if not ends:
        return None
    return Found(sight, spot, spot.start - len(before) + ends[-1], end, glued=True)


def _box(sight: Sight, line: int) -> tuple[int, int]:
    """The stretch of lines of the largest element around a line that is small, and holds no link that
    is a title and no second date of the same kind further off."""
    tree = sight.tree
    best = range(line, line + 1)
    if not sight.is_html:
        return tree.line_starts[line], len(tree.line(line).rstrip()) + tree.line_starts[line]
    for node in tree.up(tree.line_nodes[line]):
        inside = tree.lines_of(node)
        if len(inside) > _BOX_LINES or tree.line_end(inside[-1]) - tree.line_starts[inside[0]] > _BOX_WIDTH:
            break
        if len(inside) > len(best) and not _is_meta(sight, inside, line):
            break
        best = inside
    return tree.line_starts[best[0]], tree.line_end(best[-1])


def _is_meta(sight: Sight, inside: range, line: int) -> bool:
    """Whether lines beside a date may be parts of its marker: none a heading, a link alone, or prose."""
    tree = sight.tree
    for n in inside:
        if n == line:
            continue
        tag = tree.tags[tree.line_nodes[n]]
        text = tree.line(n)
        linked = tree.link_share(range(n, n + 1)) > 0.9 and len(text) > 6
        apart = tag in _OF_TEXTS and tree.line_nodes[n] != tree.line_nodes[line]
        if linked or apart or len(text) > 40 or "。" in text:
            return False
    return True


# --- whose they are ----------------------------------------------------------------------------


def pairs(found: Sequence[Found], key: AnswerKey) -> list[Known | None]:
    """The article that each marker is known to belong to: by the link or the line above it, else by a
    time that only one has."""
    if not key:
        return [None] * len(found)
    ends = [before.end if before.sight is one.sight else 0 for before, one in pairwise([*found[:1], *found])]
    return [_known(one, end, key) for one, end in zip(found, [0, *ends[1:]], strict=True)]


def _known(one: Found, after: int, key: AnswerKey) -> Known | None:
    """``after``: where the marker before it ends."""
    for name in _titles_above(one, after):
        if (known := key.by_title.get(squeeze(name))) is not None:
            return known
    if len(one.spot.time) < _A_MOMENT:
        return None
    same = [a for a in key.by_day.get(one.spot.time[:10], ()) if agrees(one.spot.time, a.time)]
    return same[0] if len(same) == 1 else None


def _titles_above(one: Found, after: int) -> Iterator[str]:
    """What may be its title: the nearest link above that is long enough, and the lines on the way."""
    sight = one.sight
    first, line = sight.tree.line_at(after) if after else -1, sight.tree.line_at(one.start)
    for n in range(line - 1, max(first, line - 12, -1), -1):
        named = [link.text for link in sight.links_on.get(n, ())]
        yield from named
        yield sight.line(n)
        if any(len(name) > A_TITLE for name in named):
            return


def in_order(times: Sequence[str], numbers: Sequence[int | None]) -> bool:
    """Whether articles with higher numbers, which came later, have later times, all of them."""
    both = sorted({(number, time) for number, time in zip(numbers, times, strict=True) if number is not None})
    if len(both) < 5 or len({number for number, _ in both}) < len(both):
        return False
    return all(one[1] <= other[1] for one, other in pairwise(both))
