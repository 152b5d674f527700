"""A dump of several pages cut into pages while it streams by: flat in memory whatever its length.

The bytes stay as they are; every one is in exactly one part. A part is a page: it begins at a
breadcrumb or behind a pager. Text without either is cut at ``PART_LIMIT``.
"""

from __future__ import annotations

import codecs
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from yiqihui_spider.items import Pager
from yiqihui_spider.parse import scan
from yiqihui_spider.parse.candidates import candidates as find_stamps
from yiqihui_spider.parse.scan import Breadcrumb
from yiqihui_spider.site import SiteProfile

PART_LIMIT = 16 * 1024 * 1024
"""Bytes of one part at most; a page of the site has 0.2 MB."""

_STEP = 1024 * 1024
_LOOK_AHEAD = 2048
"""Characters that must follow a page's beginning before it is believed."""


def page_starts(text: str, site: SiteProfile, ended: bool = True) -> list[int]:
    """Where pages begin behind the first one: at a breadcrumb, or behind a pager where no
    breadcrumb follows. A pager repeated above and below its list begins nothing.

    ``ended``: no more text follows.
    """
    candidates = find_stamps(text, site)
    pagers = scan.pagers(text, site, {candidate.end for candidate in candidates}, ())
    crumbs = scan.breadcrumbs(text, site, candidates, {pager.span.end for pager in pagers})
    markers: list[Breadcrumb | Pager] = sorted([*crumbs, *pagers], key=lambda marker: marker.span.start)
    places = [candidate.start for candidate in candidates]
    starts: list[int] = []
    begun = 0
    for index, marker in enumerate(markers):
        after = markers[index + 1 : index + 3]
        if isinstance(marker, Breadcrumb):
            starts += [marker.span.start] if index else []
        elif _stands_above(marker, after) and not _any(places, begun, marker.span.start):
            continue
        elif _begins_page(marker, after, places, len(text) if ended and not crumbs else 0):
            starts.append(marker.span.end)
        begun = marker.span.end
    return starts


def _stands_above(pager: Pager, after: Sequence[Breadcrumb | Pager]) -> bool:
    """Whether the next mark is the same pager once more."""
    other = after[0] if after else None
    if not isinstance(other, Pager):
        return False
    return (pager.first, pager.total, pager.page) == (other.first, other.total, other.page)


def _begins_page(pager: Pager, after: Sequence[Breadcrumb | Pager], places: Sequence[int], end: int) -> bool:
    """Whether a page without a breadcrumb begins behind a pager: entries come next, or a pager
    that stands above them. Behind the last mark, entries up to ``end`` count."""
    if not after:
        return _any(places, pager.span.end, end)
    first = after[0]
    if not isinstance(first, Pager):
        return False
    if _any(places, pager.span.end, first.span.start):
        return True
    return _stands_above(first, after[1:]) and _any(places, first.span.end, after[1].span.start)


def _any(places: Sequence[int], start: int, end: int) -> bool:
    """Whether a marker stands in the stretch."""
    return bisect_left(places, start) < bisect_left(places, end)


def parts(
    read: Callable[[int], bytes], encoding: str, site: SiteProfile, limit: int = PART_LIMIT
) -> Iterator[bytes]:
    """The pages of a stream in an encoding, one by one."""
    pending = b""
    ended = False
    while not ended:
        block = _fill(read, max(_STEP, len(pending)))
        ended = not block
        pending += block
        cuts = _cuts(pending, encoding, site, ended)
        start = 0
        for cut in cuts:
            yield from _pieces(pending[start:cut], encoding, limit)
            start = cut
        pending = pending[start:]
        while len(pending) > limit:
            segment = _first_piece(pending, encoding, limit)
            yield segment
            pending = pending[len(segment) :]
    if pending:
        yield pending


def _fill(read: Callable[[int], bytes], size: int) -> bytes:
    segments: list[bytes] = []
    while size > 0 and (segment := read(min(size, _STEP))):
        segments.append(segment)
        size -= len(segment)
    return b"".join(segments)


def _cuts(data: bytes, encoding: str, site: SiteProfile, ended: bool) -> list[int]:
    """Byte offsets at which pages begin, as far as what follows is known."""
    text = _decoded(data, encoding)
    last = len(text) if ended else len(text) - _LOOK_AHEAD
    cuts: list[int] = []
    done_chars = done_bytes = 0
    for start in page_starts(text, site, ended):
        if start > last:
            break
        done_bytes += len(text[done_chars:start].encode(encoding, "surrogateescape"))
        done_chars = start
        cuts.append(done_bytes)
    # Bytes that do not come back as they were (a damaged stretch) leave no place to cut at.
    whole = not cuts or text[:done_chars].encode(encoding, "surrogateescape") == data[:done_bytes]
    return cuts if whole else []


def _decoded(data: bytes, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    try:
        return decoder.decode(data)
    except UnicodeError:
        return data.decode(encoding, "replace")


def _pieces(part: bytes, encoding: str, limit: int) -> Iterator[bytes]:
    while len(part) > limit:
        segment = _first_piece(part, encoding, limit)
        yield segment
        part = part[len(segment) :]
    yield part


def _first_piece(data: bytes, encoding: str, limit: int) -> bytes:
    """Up to ``limit`` bytes, to a line's end if there is one, else to a character's."""
    line_end = "\n".encode(encoding)
    at = data.rfind(line_end, limit // 2, limit)
    while at >= 0 and at % len(line_end):
        at = data.rfind(line_end, limit // 2, at)
    if at >= 0:
        return data[: at + len(line_end)]
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    decoder.decode(data[:limit])
    return data[: limit - len(decoder.getstate()[0])] or data[:limit]
