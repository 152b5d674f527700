"""A captured page made harmless, with what was read of it laid over in colour. Pure.

Nothing of the page may run, be fetched or lead away: only elements that show text are kept, with
attributes that neither name an address nor hold a script. The text keeps its place; each stretch
of it is coloured by what the splitter took it for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from parsel import Selector

from yiqihui_spider.characters import squeeze
from yiqihui_spider.maintenance.explain import Named, label

DROPPED = frozenset(
    (
        "script",
        "style",
        "link",
        "meta",
        "base",
        "iframe",
        "frame",
        "frameset",
        "noframes",
        "object",
        "embed",
        "applet",
        "param",
        "audio",
        "video",
        "source",
        "track",
        "svg",
        "math",
        "canvas",
        "template",
        "portal",
        "title",
        "head",
    )
)
"""Elements that go, with all that is in them."""
KEPT_ATTRIBUTES = frozenset(
    (
        "colspan",
        "rowspan",
        "align",
        "valign",
        "width",
        "height",
        "border",
        "cellpadding",
        "cellspacing",
        "alt",
        "title",
        "lang",
        "dir",
        "class",
        "type",
        "value",
        "placeholder",
        "start",
        "size",
    )
)
FORM_PARTS = frozenset(("input", "button", "select", "textarea"))

VOID = frozenset(("br", "hr", "img", "input", "wbr", "col", "area"))

LOOK_AHEAD = 20_000
"""Characters of the page text within which a stretch of the page is looked for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the page and the segment it is of; None where it is in none."""

    text: str
    segment: Named | None


class Overlay:
    """Where each character that a reader sees stands among the segments."""

    def __init__(self, segments: Sequence[Named]) -> None:
        text = "".join(one.text for one in segments)
        self._segments = segments
        self._ends = [one.end for one in segments]
        offsets = [(place, char) for place, char in enumerate(text) if squeeze(char)]
        self._offsets = [place for place, _ in offsets]
        self._ink = "".join(char for _, char in offsets)
        self._at = 0

    def pieces(self, text: str) -> list[Piece]:
        """The next stretch of the page, cut where segments end; what is not found in the page text
        (hidden from readers) stays as one piece."""
        ink = [place for place, char in enumerate(text) if squeeze(char)]
        if not ink:
            return [Piece(text, None)]
        squeezed = "".join(text[place] for place in ink)
        found = self._ink.find(squeezed, self._at, self._at + len(squeezed) + LOOK_AHEAD)
        if found < 0 or (found > self._at and len(squeezed) < 3):
            return [Piece(text, None)]
        self._at = found + len(squeezed)
        places = [bisect_right(self._ends, self._offsets[found + number]) for number in range(len(ink))]
        return list(self._cut(text, ink, places))

    def _cut(self, text: str, ink: Sequence[int], places: Sequence[int]) -> Iterator[Piece]:
        start = 0
        for number in range(1, len(ink)):
            if places[number] != places[number - 1]:
                yield Piece(text[start : ink[number]], self._segments[places[number - 1]])
                start = ink[number]
        yield Piece(text[start:], self._segments[places[-1]])


# --- HTML -----------------------------------------------------------------------------------


def inert_html(html: str, segments: Sequence[Named]) -> str:
    """The page's body as HTML that can do nothing, every stretch that was read coloured."""
    root = Selector(text=_parsable(html), type="html", huge_tree=True).root
    return "".join(_element(root, Overlay(segments)))


def _parsable(html: str) -> str:
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", " ", html)


def _element(root: Any, overlay: Overlay) -> Iterator[str]:
    """Depth first, without recursion: pages nest as deep as they like."""
    todo: list[Any] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            yield node
            continue
        if isinstance(node, Tail):
            yield _text(node.text, overlay)
            continue
        tag = node.tag if isinstance(node.tag, str) else ""
        if node is not root and node.tail:
            todo.append(Tail(node.tail))
        if not tag or not tag.isalnum() or tag in DROPPED:
            continue
        if tag not in ("html", "body"):
            yield _opened(tag, node)
            if tag in VOID:
                continue
            todo.append(f"</{_name(tag)}>")
        todo.extend(reversed(node))
        if node.text:
            todo.append(Tail(node.text))


@dataclass(frozen=True, slots=True)
class Tail:
    """Text behind an element, or at the beginning of one."""

    text: str


def _name(tag: str) -> str:
    """A link becomes a span: it leads nowhere, and is no stop for the keyboard."""
    return "span" if tag in ("a", "area") else "div" if tag in ("form", "label") else tag


def _opened(tag: str, node: Any) -> str:
    kept = [(name, value) for name, value in node.attrib.items() if name in KEPT_ATTRIBUTES]
    if tag == "a":
        kept = [*((name, value) for name, value in kept if name != "class"), ("class", "a")]
    if tag in FORM_PARTS:
        kept.append(("disabled", ""))
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in kept)
    return f"<{_name(tag)}{attributes}>"


def _text(text: str, overlay: Overlay) -> str:
    return "".join(str(coloured(piece.text, piece.segment)) for piece in overlay.pieces(text))


def coloured(text: str, segment: Named | None) -> Markup:
    """A stretch of text with what it was taken for, in colour and in words."""
    if not squeeze(text):
        return escape(text)
    if segment is None:
        return Markup('<span class="sp unread">{}</span>').format(text)
    return Markup('<span class="sp {}" title="{}">{}</span>').format(segment.kind, label(segment), text)


def coloured_text(segments: Sequence[Named]) -> Markup:
    """The page text itself, its segments coloured."""
    return Markup("").join(coloured(one.text, one) for one in segments)
