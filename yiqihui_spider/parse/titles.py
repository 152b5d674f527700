"""Where an entry's title ends and its text begins. Pure.

On a page the title is a link. In a text that was made from one (WET, ``innerText``, a browser's
dump) it is a line of its own; which lines are titles is seen from all the entries of a page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from yiqihui_spider.characters import BLANK, SPACES, has_ink, one_line, squeeze
from yiqihui_spider.items import Link, Span
from yiqihui_spider.parse.markup import MARKDOWN_LINK
from yiqihui_spider.site import SiteProfile, chinese
from yiqihui_spider.urls import original_address

_AROUND_READ_ON = SPACES + chinese.READ_ON_MARKS
_LABEL_WIDTH = 100
"""No title link stands further from the beginning of its line."""


class Headed(NamedTuple):
    """An entry's text, parted."""

    title: str | None
    body: Span
    link: Link | None = None


# --- titles that are links ---------------------------------------------------------------


def linked_title(text: str, site: SiteProfile, body: Span, own: Sequence[Link]) -> Headed:
    """The title link and the body without it. The link ends the first line, perhaps after a label
    (``[社群] ``), or begins it, the body following. One that stands elsewhere is no title.

    ``own``: the entry's links to articles, in order.
    """
    links = [link for link in own if not link.image and has_ink(link.text)]
    for at, link in enumerate(links):
        if site.words.leads_on(link.text):
            continue
        if link.end <= body.start:
            return Headed(_whole(one_line(link.text), link, own), body, link)
        if link.start - body.start > _LABEL_WIDTH or chinese.NEWLINE.search(
            text, body.start, max(body.start, link.start)
        ):
            break
        title, end = _joined(text, site, body, links[at:])
        rest = _after_title(text, body, link, end)
        if rest is not None:
            rest = _without_repetition(text, rest, title, link, links[at + 1 :])
            return Headed(_whole(title, link, own), rest, link)
    return Headed(None, body)


def _joined(text: str, site: SiteProfile, body: Span, links: Sequence[Link]) -> tuple[str, int]:
    """The title's text and its end: its element may go on behind line breaks, if that leaves a
    text; other links to the same article right behind it are part of it, or lead on from it."""
    first, broken = links[0], _broken(text, body, links)
    parts, end = [link.text for link in broken], broken[-1].end
    for link in links[len(broken) :]:
        between = text[end : link.start]
        if link.href != first.href or link.goes_on or chinese.NEWLINE.search(between):
            break
        if site.words.leads_on(link.text) and not between.strip(_AROUND_READ_ON):
            rest = text[link.end : body.end].lstrip(_AROUND_READ_ON)
            return " ".join(map(one_line, parts)), max(link.end, body.end - len(rest))
        if has_ink(between):
            break
        parts.append(f" {link.text}" if between else link.text)
        end = link.end
    return one_line((" " if len(broken) > 1 else "").join(parts)), end


def _broken(text: str, body: Span, links: Sequence[Link]) -> Sequence[Link]:
    """The title's link in all its lines, if those leave a text."""
    size = next((n for n, link in enumerate(links) if n and not link.goes_on), len(links))
    return links[:size] if size > 1 and has_ink(text[links[size - 1].end : body.end]) else links[:1]


def _after_title(text: str, body: Span, link: Link, end: int) -> Span | None:
    """The body behind a title that ends at ``end``; None if it is none."""
    found = chinese.NEWLINE.search(text, min(end, body.end), body.end)
    line_end = found.start() if found else body.end
    before = text[body.start : link.start].strip(BLANK)
    after = text[end:line_end].strip(_AROUND_READ_ON)
    if not before:
        return trimmed(text, end if after else max(end, line_end), body.end)
    if not after and line_end < body.end and chinese.TITLE_LABEL.fullmatch(before):
        return trimmed(text, max(end, line_end), body.end)
    return None


def _without_repetition(text: str, body: Span, title: str, first: Link, links: Sequence[Link]) -> Span:
    """The body without a line that only links to the same article, with the title once more."""
    for link in links:
        if link.href != first.href or squeeze(link.text) != squeeze(title):
            break
        found = chinese.NEWLINE.search(text, link.end, body.end)
        line_end = found.start() if found else body.end
        alone = not has_ink(text[body.start : link.start]) and not has_ink(text[link.end : line_end])
        if not alone or link.start > body.end or link.end < body.start:
            break
        body = trimmed(text, max(link.end, line_end), body.end)
    return body


def _whole(title: str, link: Link, own: Sequence[Link]) -> str:
    """The title in full, where its text is cut short and a title attribute holds the rest."""
    beginning = squeeze(title).rstrip("….")
    if not title.endswith(("…", "...")) or not beginning:
        return title
    attributes = (other.full for other in own if other.href == link.href and other.full)
    return next((one_line(full) for full in attributes if squeeze(full).startswith(beginning)), title)


# --- titles that are lines ---------------------------------------------------------------

_BULLET = re.compile(r"(?:[*•·●○◦▪■►▶+-]|#{1,6})[ \t\u3000]+")
_NUMBER = re.compile(r"([0-9]{1,4})[.)．、][ \t\u3000]*(?=\S)")
_MOST = 80
_MOST_ALONE = 40
"""A title that no other entry bears out is no longer."""
_NO_TITLE_END = tuple("。；;，,、：:")
_LEADS_IN = re.compile(r"(?:文|图|作者|来源|编辑|记者|导读|摘要|导语|编者按|原标题|前言)[\s丨|/／:：】\]]")
_WRAPPED = 60
"""Columns from which on a line may be one that a browser broke for want of room."""


_ADDRESS = re.compile(r"([^<>]{1,200}?)[ \t]?<(https?://[^<>\s]{1,2000})>")
"""What Firefox writes behind a link when it saves a page as text."""


class _Lines(NamedTuple):
    first: str
    link: Link | None
    rest: Span
    goes_on: bool
    """There is more than the first line."""
    stands_apart: bool
    """An empty line follows the first."""


def line_titles(text: str, bodies: Sequence[Span], linked: int) -> list[Headed]:
    """The entries of one page that have no title link, each with the title that stands on its
    first line, as far as the page shows that such lines are titles. ``linked`` other entries of
    the page have their titles as links."""
    lines = _unnumbered([_first_line(text, body) for body in bodies])
    titled = _are_titles(text, lines, linked)
    return [
        Headed(one_line(line.first) or None, line.rest, line.link) if is_title else Headed(None, body)
        for body, line, is_title in zip(bodies, lines, titled, strict=True)
    ]


def _are_titles(text: str, lines: Sequence[_Lines], linked: int) -> list[bool]:
    """Which of the first lines of one page's entries are titles."""
    likely = [line for line in lines if _is_likely(text, line)]
    if not _bear_out(likely, linked, len(lines)):
        return [_are_titles_alone(lines, linked)] * len(lines)
    sure = len(likely) + linked > 1 or all(_is_sure(text, line) for line in likely)
    return [sure and line.goes_on and len(line.first) <= _MOST for line in lines]


def _bear_out(likely: Sequence[_Lines], linked: int, entries: int) -> bool:
    """Whether enough entries have what looks like a title, each another."""
    distinct = 3 * len({squeeze(line.first) for line in likely}) >= 2 * len(likely)
    return distinct and 3 * (len(likely) + linked) >= 2 * (entries + linked)


def _first_line(text: str, body: Span) -> _Lines:
    end, rest = _line(text, body.start, body.end)
    first, link = _without_address(text[body.start : end].strip(BLANK), body.start)
    if end == body.end:
        return _Lines(first, link, Span(end, end), False, False)
    apart = not has_ink(text[rest : _line(text, rest, body.end)[0]])
    below = trimmed(text, rest, body.end)
    return _Lines(first, link, below, has_ink(below.of(text)), apart)


def _unnumbered(lines: list[_Lines]) -> list[_Lines]:
    """The lines without their numbers, where they are the items of one numbered list: each of them one
    more than the one before. (Programs that show pages as text number lists so.)"""
    items = [_NUMBER.match(line.first) for line in lines]
    numbers = [int(item[1]) for item in items if item]
    if (
        len(lines) < 2
        or len(numbers) < len(lines)
        or numbers != [*range(numbers[0], numbers[0] + len(lines))]
    ):
        return lines
    bare = (line.first[item.end() :] for line, item in zip(lines, items, strict=True) if item)
    return [line._replace(first=first) for line, first in zip(lines, bare, strict=True)]


def _without_address(line: str, place: int) -> tuple[str, Link | None]:
    """A title line without its bullet and the address that its tool wrote there."""
    bullet = _BULLET.match(line)
    line = line[bullet.end() :] if bullet else line
    form = {")": MARKDOWN_LINK, ">": _ADDRESS}.get(line[-1:])
    match = form.fullmatch(line) if form else None
    if match is None:
        return line, None
    title = match[1].strip(BLANK)
    return title, Link(place, place + len(title), original_address(match[2]), title)


def _line(text: str, start: int, limit: int) -> tuple[int, int]:
    """Where a line ends and where the next one starts."""
    places = [at for at in (text.find("\n", start, limit), text.find("\r", start, limit)) if at >= 0]
    end = min(places, default=limit)
    return end, end + (2 if text.startswith("\r\n", end, limit) else 1)


def _is_likely(text: str, line: _Lines) -> bool:
    """Whether a first line may be a title by its looks."""
    if not line.goes_on:
        return False
    first = squeeze(line.first)
    if not 2 <= len(first) <= _MOST or first.endswith(_NO_TITLE_END) or _LEADS_IN.match(line.first):
        return False
    return line.stands_apart or not _is_wrapped(text, line)


def _is_wrapped(text: str, line: _Lines) -> bool:
    """Whether the line goes on in the next: it is as wide as the lines of its text get."""
    width = _columns(line.first)
    return width >= _WRAPPED and 10 * width >= 9 * max(map(_columns, line.rest.of(text).splitlines()))


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line.strip(BLANK))


def _is_sure(text: str, line: _Lines) -> bool:
    """Whether a lone entry's first line is a title by its looks alone: short, no sentence, and a
    sentence below it."""
    last = line.rest.of(text).rstrip(BLANK + chinese.CLOSERS)[-1:]
    finished = last != "" and last in chinese.SENTENCE_ENDS
    return len(line.first) <= _MOST_ALONE and not chinese.FULL_STOP.search(line.first) and finished


def _are_titles_alone(lines: Sequence[_Lines], linked: int) -> bool:
    """Whether a page lists titles without texts."""
    firsts = {line.first for line in lines}
    if linked or len(firsts) < max(2, len(lines)) or any(line.goes_on for line in lines):
        return False
    return all(2 <= len(first) <= _MOST_ALONE and first[-1] not in "。；;，,、：:…" for first in firsts)


def trimmed(text: str, start: int, end: int) -> Span:
    """What stands between white space; nothing, at ``end``, where a start lies behind it."""
    start = min(start, end)
    kept = text[start:end].rstrip(BLANK)
    return Span(start + len(kept) - len(kept.lstrip(BLANK)), start + len(kept))


# --- a title without its page's own words ------------------------------------------------


def page_title(title: str | None, site: SiteProfile) -> str | None:
    """What a document calls itself, without the site's name behind it.

    >>> from yiqihui_spider.site import built_in
    >>> page_title("橘子_一起惠资讯", built_in("178hui")), page_title("一起惠资讯", built_in("178hui"))
    ('橘子', '一起惠资讯')
    """
    if not title:
        return None
    names = "|".join(map(re.escape, site.own_names))
    return one_line(re.sub(rf"\s*[_|｜–—-]\s*[^_|｜–—-]*(?:{names})[^_|｜]*\Z", "", title)) or None
