"""Reads HTML into an outline: lines of text, the elements around them, the links in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from parsel import Selector

from yiqihui_spider.parse.block_tree import BlockTree

_BLOCK, _HIDDEN, _BREAK, _PRE, _ROW, _CELL, _LINK, _IMAGE, _TITLE, _BASE = range(1, 11)


def _kinds() -> dict[str, int]:
    tags = {
        _BLOCK: "html body frameset noframes address article aside blockquote caption center dd details"
        " dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr"
        " legend li main menu nav ol optgroup p search section summary table tbody tfoot thead ul",
        _HIDDEN: "script style noscript template meta link input select option datalist textarea button"
        " iframe object embed applet audio noembed noframes map area param source track rp progress meter",
        _BREAK: "br",
        _PRE: "pre listing xmp plaintext",
        _ROW: "tr",
        _CELL: "td th",
        _LINK: "a",
        _IMAGE: "img image svg video canvas picture",
        _TITLE: "title",
        _BASE: "base basefont",
    }
    return {tag: kind for kind, names in tags.items() for tag in names.split()}


_KIND = _kinds()
"""What an element does to the text; what is missing is inline. ``head`` is missing on purpose:
of its content only text out of place is ever visible, and browsers show that."""

_SEPARATORS = "\x0b\x1c-\x1f\x85\u2028\u2029"
"""Line ends of other kinds of text: in HTML they end no line."""
_WHITE = re.compile(f"[ \t\n\r\f\xa0{_SEPARATORS}]+")
_PRE_WHITE = re.compile(f"[\xa0{_SEPARATORS}]")
_LINE_ENDS = re.compile("\r\n?|\n")
_DISPLAY = re.compile(r"(?<![\w-])display\s*:\s*([a-z-]+)", re.IGNORECASE)
_INVISIBLE = re.compile(r"(?<![\w-])visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_REPLAYERS_OWN = frozenset(("wm-ipp-base", "wm-ipp", "wm-ipp-print", "donato", "_wb_frame_top_banner"))
"""What web archives put on the pages they show, also where a saved copy lost the comments around it."""
_IN_CELLS = ("br", "p", "div", "table", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "pre", "section", "article")
"""A table cell that holds one of these is layout: its text does not continue a line."""
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NOT_IN_HEADINGS = {*_IN_CELLS, *_HEADINGS, "li", "tr", "form", "body", "center"} - {"br"}
_HEADING_WIDTH, _HEADING_PARTS = 200, 100
"""A heading of no more than this is one line, whatever line breaks it holds."""
_MOST_WHITE = 80
"""A run of white space that HTML does not collapse (U+3000) is cut at about this length."""


# --- writing lines -----------------------------------------------------------------------


class _Lines:
    """Takes pieces of text and breaks, and joins them as a browser would."""

    __slots__ = ("gap", "nodes", "out", "place", "starts", "waiting")

    def __init__(self) -> None:
        self.out: list[str] = []
        self.place = 0
        """Length of the text so far, without the gap."""
        self.gap = "\n"
        """What stands before the next visible character, if there is one on this line."""
        self.starts: list[int] = []
        self.nodes: list[int] = []
        self.waiting: list[Anchor] = []
        """Images in links at a line's start: they stand where the next text begins."""

    def write(self, segment: str, node: int) -> None:
        if not segment.isprintable() or "  " in segment:
            segment = _WHITE.sub(" ", segment)
        self.append(segment, node)

    def write_lines(self, segment: str, node: int) -> None:
        first, *others = _LINE_ENDS.split(_PRE_WHITE.sub(" ", segment))
        self.append(first, node)
        for line in others:
            self.gap = "\n"
            self.append(line, node)

    def append(self, segment: str, node: int) -> None:
        visible = segment.strip()
        if not visible:
            self._widen(segment)
            return
        if len(visible) < len(segment):
            self._widen(segment[: len(segment) - len(segment.lstrip())])
        gap = self.gap
        if gap == "\n":
            self._new_line(node)
        elif gap:
            self.out.append(gap)
            self.place += len(gap)
        self.out.append(visible)
        self.place += len(visible)
        self.gap = segment[len(segment.rstrip()) :]

    def _widen(self, white: str) -> None:
        if self.gap != "\n" and len(self.gap) < _MOST_WHITE:
            both_plain = self.gap[-1:] == " " == white[:1]
            self.gap += white[1:] if both_plain else white

    def _new_line(self, node: int) -> None:
        if self.place:
            self.out.append("\n")
            self.place += 1
        self.starts.append(self.place)
        self.nodes.append(node)
        for anchor in self.waiting:
            anchor.start = anchor.end = self.place
        self.waiting.clear()


@dataclass(slots=True)
class Anchor:
    href: str
    title: str | None
    start: int
    """Of the text, the gap before it included, until the element is closed."""
    segments: int
    """How many pieces of text stand before it."""
    end: int = -1
    image: bool = False


# --- reading a document ------------------------------------------------------------------


class _Open:
    """An element that is not closed yet."""

    __slots__ = ("anchor", "block", "element", "heading", "hidden", "kind", "line", "node")

    def __init__(self, element: Any, hidden: bool, kind: int, node: int, block: int) -> None:
        self.element = element
        self.hidden = hidden
        self.kind = kind
        self.node = node
        self.block = block
        """The innermost block around its text: itself or an ancestor."""
        self.anchor: Anchor | None = None
        self.heading = False
        """A heading that is one line."""
        self.line = 0
        """Of a table row: lines written before it."""


class Reader:
    """One pass over a document, in order, without recursion."""

    def __init__(self) -> None:
        self.lines = _Lines()
        self.tree = BlockTree()
        self.anchors: list[Anchor] = []
        self.open_anchors: list[Anchor] = []
        self.rows: list[_Open] = []
        self.pre = 0
        self.headings = 0
        self.title: str | None = None
        self.base: str | None = None
        self.deepest = 0

    def read(self, root: Any) -> None:
        stack: list[_Open] = []
        for element in root.iter():
            parent = element.getparent()
            while stack and stack[-1].element is not parent:
                self._close(stack.pop(), stack)
            stack.append(self._open(element, stack[-1] if stack else None))
            if len(stack) > self.deepest:
                self.deepest = len(stack)
        while stack:
            self._close(stack.pop(), stack)
        self.tree.text = "".join(self.lines.out)
        self.tree.line_starts, self.tree.line_nodes = self.lines.starts, self.lines.nodes
        for anchor in self.lines.waiting:
            anchor.start = anchor.end = self.lines.place

    def _open(self, element: Any, outer: _Open | None) -> _Open:
        tag = element.tag
        if (outer is not None and outer.hidden) or not isinstance(tag, str):
            return _Open(element, True, _HIDDEN, -1, -1)
        kind = _KIND.get(tag, 0)
        if kind in (_HIDDEN, _TITLE, _BASE) or _is_invisible(element):
            self._note(element, kind)
            return _Open(element, True, _HIDDEN, -1, -1)
        if kind in (_IMAGE, _BREAK):
            return self._open_void(element, kind)
        return self._open_visible(element, tag, kind, outer)

    def _note(self, element: Any, kind: int) -> None:
        """Keep what the document's head tells: the first title and the first base address."""
        if kind == _TITLE and self.title is None and element.text:
            self.title = " ".join(element.text.split()) or None
        elif kind == _BASE and self.base is None:
            self.base = element.get("href")

    def _open_void(self, element: Any, kind: int) -> _Open:
        if kind == _BREAK and self.headings:
            self.lines.append(" ", -1)
        elif kind == _BREAK:
            self.lines.gap = "\n"
        elif self.open_anchors:
            self.open_anchors[-1].image = True
        return _Open(element, True, kind, -1, -1)

    def _open_visible(self, element: Any, tag: str, kind: int, outer: _Open | None) -> _Open:
        o, lines = self.tree, self.lines
        node = len(o.tags)
        o.tags.append(tag)
        o.parents.append(-1 if outer is None else outer.node)
        o.starts.append(lines.place)
        o.ends.append(lines.place)
        if kind == _CELL:
            kind = self._cell(element)
        is_block = outer is None or kind in (_BLOCK, _PRE, _ROW)
        entry = _Open(element, False, kind, node, node if is_block or outer is None else outer.block)
        if is_block:
            lines.gap = "\n"
            entry.heading = tag in _HEADINGS and _is_one_line(element)
            self.headings += entry.heading
        if kind == _LINK:
            self._open_link(element, entry)
        elif kind == _PRE:
            self.pre += 1
        elif kind == _ROW:
            entry.line = len(lines.starts)
            self.rows.append(entry)
        if element.text:
            self._text(element.text, entry.block)
        return entry

    def _cell(self, element: Any) -> int:
        """A cell of layout is a block; a cell of data goes on in its row's line, after a space."""
        if next(element.iter(*_IN_CELLS), None) is not None:
            return _BLOCK
        lines = self.lines
        if self.rows and len(lines.starts) > self.rows[-1].line + 1:
            lines.gap = "\n"
        elif not lines.gap:
            lines.gap = " "
        return _CELL

    def _open_link(self, element: Any, entry: _Open) -> None:
        href = element.get("href")
        if href is not None:
            entry.anchor = Anchor(href, element.get("title"), self.lines.place, len(self.lines.out))
            self.open_anchors.append(entry.anchor)

    def _text(self, text: str, block: int) -> None:
        if self.pre:
            self.lines.write_lines(text, block)
        else:
            self.lines.write(text, block)

    def _close(self, entry: _Open, stack: list[_Open]) -> None:
        kind = entry.kind
        if not entry.hidden:
            self.tree.ends[entry.node] = self.lines.place
            if kind in (_BLOCK, _PRE, _ROW):
                self.lines.gap = "\n"
                self.headings -= entry.heading
            if kind == _PRE:
                self.pre -= 1
            elif kind == _ROW:
                self.rows.pop()
            elif entry.anchor is not None:
                self._close_link(entry.anchor)
        remainder = entry.element.tail
        if remainder and stack and not stack[-1].hidden:
            self._text(remainder, stack[-1].block)

    def _close_link(self, anchor: Anchor) -> None:
        lines = self.lines
        self.open_anchors.pop()
        anchor.end = lines.place
        if anchor.end > anchor.start:
            first = lines.out[anchor.segments]
            anchor.start += len(first) if first.isspace() else 0
            anchor.image = False
        elif not anchor.image:
            return
        elif lines.gap == "\n":
            lines.waiting.append(anchor)
        self.anchors.append(anchor)


def _is_one_line(heading: Any) -> bool:
    """Whether a heading with line breaks in it is one line to its readers: short, and no blocks."""
    if not len(heading):
        return False
    broken = False
    for count, element in enumerate(heading.iterdescendants()):
        if count == _HEADING_PARTS or element.tag in _NOT_IN_HEADINGS:
            return False
        broken = broken or element.tag == "br"
    return broken and sum(map(len, heading.itertext())) <= _HEADING_WIDTH


def _is_invisible(element: Any) -> bool:
    if element.get("hidden") is not None or element.get("id") in _REPLAYERS_OWN:
        return True
    style = element.get("style")
    if not style:
        return False
    display = _DISPLAY.findall(style)
    return (bool(display) and display[-1].lower() == "none") or _INVISIBLE.search(style) is not None


# --- parsing -----------------------------------------------------------------------------

_TOO_DEEP = 2000
"""The parser drops all text below a depth of 2,048."""
_MOST_IN_A_TAG = 4000
_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/>"']*)([^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*)>?""")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/\"']")
_KEPT_FLAT = ("a", "script", "style", "title", "base", "img", "textarea")


def read(html: str) -> Reader:
    """The document, read through. Never raises."""
    html = _without_bombs(_without_surrogates(html))
    reader = Reader()
    reader.read(Selector(text=html, type="html", huge_tree=True).root)
    if reader.deepest >= _TOO_DEEP:
        reader = Reader()
        reader.read(Selector(text=_flat(html), type="html", huge_tree=True).root)
    return reader


def _without_surrogates(html: str) -> str:
    try:
        html.encode()
    except UnicodeEncodeError:
        return html.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return html


def _without_bombs(html: str) -> str:
    """The parser's time grows with the square of the attributes in one tag: a tag with thousands
    of them loses all."""
    if len(html) <= _MOST_IN_A_TAG * 2:
        return html
    parts: list[str] = []
    done = 0
    for tag in _TAG.finditer(html):
        if tag.end() - tag.start() < _MOST_IN_A_TAG:
            continue
        if len(_BETWEEN_ATTRIBUTES.findall(tag.group(3))) > _MOST_IN_A_TAG:
            parts += (html[done : tag.start()], f"<{tag.group(1)}{tag.group(2)}>")
            done = tag.end()
    return "".join((*parts, html[done:])) if parts else html


def _flat(html: str) -> str:
    """Without nesting: links and what is no text stay, blocks become line breaks."""

    def flat(tag: re.Match[str]) -> str:
        name = tag.group(2).lower()
        if name in _KEPT_FLAT:
            return tag.group()
        return "<br>" if _KIND.get(name) in (_BLOCK, _BREAK, _PRE, _ROW, _CELL) else ""

    return _TAG.sub(flat, html)
