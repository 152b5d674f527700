"""Finds pagers and breadcrumbs in page text, as a site's profile describes them.

Every search runs from a plain word (``记录``, ``当前位置``) and looks at a bounded stretch
around it, so the time is linear in the text, whatever the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from yiqihui_spider.characters import BLANK, MARKS, one_line, squeeze
from yiqihui_spider.items import Link, Pager, Span
from yiqihui_spider.parse.candidates import MOST_STAMPS, MarkerCandidate
from yiqihui_spider.parse.pager import pager_range
from yiqihui_spider.site import SiteProfile, chinese, words
from yiqihui_spider.site.pager import PagerForm

BLANK_MARKS = frozenset(MARKS)
_LOOK_BACK = 64
_PAGER_REACH = 20_000
"""A pager stands no further below its list than this."""
_NUMBER_ALONE = re.compile(r"(?<![0-9.,])[0-9]{1,6}(?![0-9])")
_PAGER_LINES = 20
"""A pager takes no more lines than this, one for each of its links."""


@dataclass(frozen=True, slots=True)
class Breadcrumb:
    span: Span
    trail: tuple[str, ...]
    heading: Span | None = None
    """A detail page's title, where it stands glued to the breadcrumb."""
    leads_to_listing: bool = False


# --- small things about places ---------------------------------------------------------------


def skip_blank(text: str, start: int, end: int) -> int:
    while start < end and ((char := text[start]).isspace() or char in BLANK_MARKS):
        start += 1
    return start


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without the white space around it; empty at ``start`` if that is all it is."""
    while start < end and ((char := text[end - 1]).isspace() or char in BLANK_MARKS):
        end -= 1
    return skip_blank(text, start, end), end


def line_end(text: str, start: int, end: int) -> int:
    found = chinese.NEWLINE.search(text, start, end)
    return found.start() if found else end


def is_line_start(text: str, place: int, edges: Collection[int] = ()) -> bool:
    return place == 0 or place in edges or text[place - 1] in chinese.NEWLINES


def opens_line(text: str, place: int, edges: Collection[int] = ()) -> bool:
    """Whether only spaces stand before ``place`` on its line. ``edges`` are places that count as
    line starts: where page furniture begins or ends, where a pager ended."""
    for at in range(place, max(-1, place - _LOOK_BACK), -1):
        if is_line_start(text, at, edges):
            return True
        if text[at - 1] not in chinese.SPACES:
            return False
    return False


def closes_line(text: str, place: int, end: int) -> bool:
    """Whether only spaces follow ``place`` on its line."""
    return chinese.LINE_REST.match(text, place, end) is not None


# --- pagers ----------------------------------------------------------------------------------


Counts = tuple[int, int, int, int, int]
"""First, last, total, page, pages."""


def pager_counts(text: str, site: SiteProfile) -> Iterator[tuple[Span, Counts]]:
    """Everything that has the form of a pager's counts, wherever it stands, in order."""
    if len(site.pager.forms) == 1:  # nearly always
        yield from _counts(text, site, site.pager.forms[0])
        return
    last = 0
    found = (_counts(text, site, form) for form in site.pager.forms)
    for span, numbers in merge(*found, key=lambda one: (one[0].start, -one[0].end)):
        if span.start >= last:
            last = span.end
            yield span, numbers


def _counts(text: str, site: SiteProfile, form: PagerForm) -> Iterator[tuple[Span, Counts]]:
    last = 0
    for word in form.anchor.finditer(text):
        place = word.start()
        low, high = max(last, place - form.before), min(len(text), place + form.after)
        match = form.pattern.search(text, low, high) if place >= last else None
        if match is not None and match.start() <= place < match.end():
            last = match.end()
            if form.bare and not _is_beside_links(text, site, last):
                continue
            told = {name: _number(value) for name, value in match.groupdict().items() if value is not None}
            yield Span(match.start(), last), pager_range(told, site.pager.size)


def _is_beside_links(text: str, site: SiteProfile, end: int) -> bool:
    return closes_line(text, end, len(text)) or _pager_links(text, site, end)[1]


def _number(printed: str) -> int:
    return int(printed.replace(",", "").replace("，", ""))


def pagers(
    text: str,
    site: SiteProfile,
    marker_ends: Collection[int],
    edges: Collection[int],
    links: Sequence[Link] = (),
) -> list[Pager]:
    """The pagers: on a line of their own, after a marker, or beside their links. The same
    words in the middle of a sentence are none."""
    found: list[Pager] = []
    for counts, numbers in islice(pager_counts(text, site), MOST_STAMPS):
        total = numbers[2]
        end, linked = _pager_links(text, site, counts.end)
        low = found[-1].span.end if found else 0
        place = counts.start if linked else _links_before(text, site, counts.start, low)
        linked = linked or place < counts.start
        alone = opens_line(text, place, edges) and closes_line(text, end, len(text))
        if alone or linked or total == 0 or _follows_marker(text, place, marker_ends):
            around = (Span(place, counts.start), Span(counts.end, end))
            found.append(Pager(Span(place, end), *page_shown(text, site, around, numbers, links)))
    return found


def _links_before(text: str, site: SiteProfile, start: int, low: int) -> int:
    """Where the links begin that stand before a pager's counts; ``start`` if there are none."""
    place, seen = start, False
    low = max(low, start - _PAGER_REACH)
    for _ in range(_PAGER_LINES):
        before = text[low:place].rstrip(BLANK)
        line = low + max((before.rfind(one) for one in chinese.NEWLINES), default=-1) + 1
        run = site.pager.links.match(text, skip_blank(text, line, place), low + len(before))
        if not before or run is None or run.end() < low + len(before):
            break
        seen = seen or site.pager.link.search(run.group()) is not None
        place = run.start()
    return place if seen else start


def page_shown(
    text: str, site: SiteProfile, around: Sequence[Span], numbers: Counts, links: Sequence[Link]
) -> Counts:
    """A pager's counts with the page, where they do not print it: of the numbers among its links, which
    stand ``around`` the counts, the one that is no link itself."""
    total, page, pages = numbers[2:]
    if page or not total or not links:
        return numbers
    plain = {1} if pages == 1 else set(_unlinked(text, around, links))
    plain = {number for number in plain if 1 <= number <= pages}
    if len(plain) != 1:
        return numbers
    return pager_range({"total": total, "page": plain.pop(), "pages": pages}, site.pager.size)


def _unlinked(text: str, around: Sequence[Span], links: Sequence[Link]) -> Iterator[int]:
    for span in around:
        inside = [link for link in links if link.start < span.end and span.start < link.end]
        for match in _NUMBER_ALONE.finditer(text, span.start, span.end):
            if not any(link.start <= match.start() < link.end for link in inside):
                yield int(match.group())


def links_around(text: str, site: SiteProfile, counts: Span) -> list[Span]:
    """The stretches of links before and behind a pager's counts."""
    place = _links_before(text, site, counts.start, 0)
    return [Span(place, counts.start), Span(counts.end, _pager_links(text, site, counts.end)[0])]


def _follows_marker(text: str, place: int, marker_ends: Collection[int]) -> bool:
    for at in range(place, max(-1, place - _LOOK_BACK), -1):
        if at in marker_ends:
            return True
        if at == 0 or trim(text, at - 1, at) == (at - 1, at):
            return False
    return False


def _pager_links(text: str, site: SiteProfile, start: int) -> tuple[int, bool]:
    """Where the links after the counts end, and whether there is a word among them."""
    end, linked = start, False
    for run in _link_lines(text, site, start):
        rest = run.end()
        if not closes_line(text, rest, len(text)) and not site.breadcrumb.opens(text, rest):
            words = list(site.pager.link.finditer(run.group()))  # other text follows: its digits are not ours
            return (start + words[-1].end(), True) if words else (start, False)
        end = trim(text, run.start(), rest)[1]
        linked = linked or site.pager.link.search(run.group()) is not None
        if text.endswith(site.pager.last, start, end):
            break
    return end, linked


def _link_lines(text: str, site: SiteProfile, start: int) -> Iterator[re.Match[str]]:
    """The run of links that begins here, and those that fill the lines after it."""
    run = site.pager.links.match(text, start)
    place = start
    if run:
        yield run
        place = run.end()
    while closes_line(text, place, len(text)):
        run = site.pager.links.match(text, skip_blank(text, place, len(text)))
        if run is None or not closes_line(text, run.end(), len(text)):
            break
        yield run
        place = run.end()


def unread_pagers(text: str, site: SiteProfile, start: int, end: int) -> list[Span]:
    """Lines that hold what a pager holds, in words that are not known. They are shown wherever
    they stand: what the page's structure says of them rests on the pager."""
    found: list[Span] = []
    for match in site.pager.like.finditer(text, start, min(end, start + _PAGER_REACH)):
        low = max(start, match.start() - chinese.PAGER_LIKE_WIDTH)
        breaks = [at.end() for at in chinese.NEWLINE.finditer(text, low, match.start())]
        place = breaks[-1] if breaks else low
        stop = line_end(text, match.end(), end)
        if stop - place <= chinese.PAGER_LIKE_WIDTH and (not found or place >= found[-1].end):
            found.append(Span(*trim(text, place, stop)))
            if len(found) > _PAGER_LINES:
                break
    return found


# --- breadcrumbs -----------------------------------------------------------------------------


Step = re.Pattern[str]
"""What divides the steps of a breadcrumb."""
Walls = Sequence[tuple[int, int]]
"""Stretches of page furniture, in order."""


def breadcrumbs(
    text: str,
    site: SiteProfile,
    found: Sequence[MarkerCandidate],
    edges: Collection[int],
    boundaries: Walls = (),
) -> list[Breadcrumb]:
    """The breadcrumbs, each at the start of a line or right after a pager."""
    crumbs: list[Breadcrumb] = []
    starts = [candidate.start for candidate in found]
    for opening in site.breadcrumb.opening.finditer(text):
        if opens_line(text, opening.start(), edges):
            breadcrumb = _breadcrumb_at(text, site, opening.span(), starts, boundaries)
            if len(crumbs) >= MOST_STAMPS:
                break
            if breadcrumb is not None and not (crumbs and breadcrumb.span.start < crumbs[-1].span.end):
                crumbs.append(breadcrumb)
    return crumbs


def _breadcrumb_at(
    text: str, site: SiteProfile, opening: tuple[int, int], stamp_starts: Sequence[int], boundaries: Walls
) -> Breadcrumb | None:
    place, steps = opening
    step = site.breadcrumb.step
    limit = min(len(text), place + words.BREADCRUMB_WIDTH)
    end = line_end(text, place, limit)
    leaf = site.breadcrumb.leaf.search(text, place, end)
    if leaf is not None:
        trail = _trail(step, text[steps : leaf.end()])
        return Breadcrumb(Span(place, leaf.end()), trail, leads_to_listing=True)
    at = bisect_left(stamp_starts, place)
    after = stamp_starts[at] if at < len(stamp_starts) else len(text)
    if after < end:
        return _glued_to_marker(step, text, steps, place, after)
    if end == limit < len(text):
        return _cut_short(step, text, steps, place, end)
    if after - end <= words.BREADCRUMB_WIDTH and not _divided(boundaries, end, after):
        broken = _broken_title(step, text, steps, place, end, after)
        if broken is not None:
            return broken
    trail = _trail_before_title(step, text, steps, end, boundaries)
    return Breadcrumb(Span(place, trim(text, place, end)[1]), trail) if trail else None


def _trail(step: Step, printed: str) -> tuple[str, ...]:
    steps = map(one_line, step.split(printed))
    return tuple(one for one in steps if one)


def _trail_before_title(step: Step, text: str, start: int, end: int, boundaries: Walls) -> tuple[str, ...]:
    """The trail of a breadcrumb on a line of its own. A title may hold a ``>`` itself: the next
    line that is no furniture repeats it, and so tells."""
    printed = text[start:end].strip()
    title = _visible_line(text, end, boundaries).strip(BLANK)
    if before := _before_title(step, printed, title):
        return (*_trail(step, before), title)
    if before := _before_title(step, squeeze(printed), squeeze(title)):
        return (*_trail(step, printed)[: len(_trail(step, before))], title)
    return _trail(step, printed)


def _visible_line(text: str, place: int, boundaries: Walls) -> str:
    """The next line that is no furniture, or its beginning."""
    start = skip_blank(text, place, len(text))
    at = max(0, bisect_right(boundaries, (place, len(text))) - 1)
    while at < len(boundaries) and boundaries[at][0] <= start:
        start = skip_blank(text, max(start, boundaries[at][1]), len(text))
        at += 1
    return text[start : line_end(text, start, min(len(text), start + words.BREADCRUMB_WIDTH))]


def _before_title(step: Step, printed: str, title: str) -> str:
    """A breadcrumb without the title that it ends in; nothing if it does not end in it."""
    before = printed.removesuffix(title).rstrip() if title else printed
    return before if before != printed and step.match(before[-1:]) else ""


def _divided(boundaries: Walls, start: int, end: int) -> bool:
    """Whether page furniture reaches into the stretch."""
    at = bisect_left(boundaries, (end, 0)) - 1
    return at >= 0 and boundaries[at][1] > start


def _repeated(visible: str) -> Iterator[int]:
    """The lengths, longest first, of what a text begins with twice, at most a source behind it."""
    for size in range(len(visible) // 2, max(1, (len(visible) - chinese.SOURCE_ALONE) // 2 - 1), -1):
        if visible[:size] == visible[size : 2 * size]:
            yield size


def _broken_title(
    step: Step, text: str, steps: int, place: int, end: int, candidate: int
) -> Breadcrumb | None:
    """A breadcrumb whose title goes on in the next lines: what is left of the breadcrumb's line and
    the lines after it, up to the marker, is the title twice, then at most a source."""
    *_, last = end, *(found.end() for found in step.finditer(text, steps, end))
    seen = [at for at in range(last, candidate) if squeeze(text[at])]
    visible = "".join(text[at] for at in seen)
    for size in _repeated(visible):
        first, heading = seen[size - 1] + 1, Span(seen[size], seen[2 * size - 1] + 1)
        broken = first > end or chinese.NEWLINE.search(text, heading.start, heading.end)
        if broken and opens_line(text, heading.start) and closes_line(text, heading.end, candidate):
            title = one_line(heading.of(text))
            return Breadcrumb(Span(place, first), (*_trail(step, text[steps:last]), title), heading)
    return None


def _glued_to_marker(step: Step, text: str, start: int, place: int, candidate: int) -> Breadcrumb | None:
    """Breadcrumb, title, title and marker in one line: the title is what stands there twice."""
    separators = list(step.finditer(text, start, candidate))[:8]
    for separator in separators:
        leaf = separator.end()
        for size in range((candidate - leaf) // 2, 1, -1):
            if text.startswith(text[leaf : leaf + size], leaf + size):
                trail = (*_trail(step, text[start : separator.start()]), text[leaf : leaf + size])
                return Breadcrumb(Span(place, leaf + size), trail, Span(leaf + size, leaf + 2 * size))
    return _cut_short(step, text, start, place, candidate)


def _cut_short(step: Step, text: str, start: int, place: int, end: int) -> Breadcrumb | None:
    """A breadcrumb whose last step can't be told from what is glued to it: the steps before."""
    separators = list(step.finditer(text, start, end))
    if not separators:
        return None
    last = separators[-1]
    return Breadcrumb(Span(place, last.end()), _trail(step, text[start : last.start()]))
