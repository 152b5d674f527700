"""The lines by which a page of the site is known, and what marks a block as no content."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

from yiqihui_spider.characters import squeeze
from yiqihui_spider.parse import scan
from yiqihui_spider.parse.block_tree import BlockTree
from yiqihui_spider.parse.candidates import candidates
from yiqihui_spider.parse.pager import NO_RANGE
from yiqihui_spider.site import SiteProfile, words

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CRUMB_LINES, _CRUMB_WIDTH = 4, 300
SIDE_TAGS = ("nav", "aside", "form")
ASIDE_TAGS = (*SIDE_TAGS, "footer")
"""A footer may also be an entry's, and hold its marker."""


def join_breadcrumb(o: BlockTree, site: SiteProfile) -> None:
    """Makes one line of a breadcrumb that its block breaks: the title at its end may hold a line
    break. Not where the block is more than a breadcrumb, or a heading stands in it."""
    opening = site.breadcrumb.opening.search(o.text)
    start = opening.start() if opening else -1
    line = o.line_at(start)
    if line < 0 or o.line_starts[line] != start:
        return
    inside = o.lines_of(o.line_nodes[line])
    end = o.line_end(inside[-1])
    if inside[0] != line or not 1 < len(inside) <= _CRUMB_LINES or end - start > _CRUMB_WIDTH:
        return
    tags = {o.tags[o.line_nodes[n]] for n in inside}
    if tags.isdisjoint(_HEADINGS) and not _is_more_than_a_breadcrumb(o.text[start:end], site):
        o.text = o.text[:start] + o.text[start:end].replace("\n", " ") + o.text[end:]
        del o.line_starts[line + 1 : inside.stop], o.line_nodes[line + 1 : inside.stop]


def _is_more_than_a_breadcrumb(text: str, site: SiteProfile) -> bool:
    return site.breadcrumb.leaf.search(text) is not None or bool(candidates(text, site))


class PageAnchors:
    """The lines by which a page is known."""

    def __init__(self, tree: BlockTree, site: SiteProfile) -> None:
        self.tree = tree
        self.site = site
        self.marker_ends = dict(self._markers())
        """The last line of each marker, by the first."""
        self.markers = list(self.marker_ends)
        """Lines that end in a time and a view count."""
        self.pagers = dict(self._pagers())
        """Lines with a pager's record count, and how many entries it promises."""
        self.breadcrumb = next((n for n in tree.lines if self._is_crumb(n)), None)
        text = "" if self.breadcrumb is None else tree.line(self.breadcrumb)[: words.BREADCRUMB_WIDTH]
        self.crumb_text = squeeze(text)
        self.trail = [step.strip() for step in site.breadcrumb.step.split(text)] if text else []

    @property
    def is_listing(self) -> bool:
        return bool(self.pagers) or self.trail[-1:] == [self.site.breadcrumb.listing]

    def _markers(self) -> Iterator[tuple[int, int]]:
        o = self.tree
        for candidate in candidates(o.text, self.site):
            if scan.closes_line(o.text, candidate.end, len(o.text)):
                yield o.line_at(candidate.start), o.line_at(max(candidate.start, candidate.end - 1))

    def _pagers(self) -> Iterator[tuple[int, int | None]]:
        o = self.tree
        for span, numbers in scan.pager_counts(o.text, self.site):
            if not numbers[3] and numbers[2]:
                around = scan.links_around(o.text, self.site, span)
                numbers = scan.page_shown(o.text, self.site, around, numbers, o.links)
            first, last, total, *_ = numbers
            held = max(0, last - first + 1) if total else 0  # behind the last page ranges run backwards
            width = None if total and (first, last) == NO_RANGE else held
            for line in range(o.line_at(span.start), o.line_at(span.end - 1) + 1):
                yield line, width

    def _is_crumb(self, line: int) -> bool:
        return self.site.breadcrumb.opening.match(self.tree.text, self.tree.line_starts[line]) is not None

    def before_crumb(self) -> range:
        return range(self.breadcrumb or 0)

    def beside(self, lines: Sequence[int]) -> list[int]:
        """Those of the lines that stand in no side bar."""
        return [line for line in lines if line not in self.aside_lines]

    @cached_property
    def signposts(self) -> set[int]:
        """The breadcrumb's line and the pagers'."""
        return {*self.pagers, *([] if self.breadcrumb is None else [self.breadcrumb])}

    @cached_property
    def aside_lines(self) -> set[int]:
        """Lines of blocks that say they are none of the content: by their tag, or because they are
        the smallest block with a heading such as 热门文章 and links under it."""
        o = self.tree
        posts = sorted(self.signposts)
        found: set[int] = set()
        for inside in map(o.lines_of, sorted(self._aside_blocks())):
            if not inside or found.issuperset((inside[0], inside[-1])) or o.link_share(inside) == 0:
                continue
            if bisect_left(posts, inside.start) == bisect_left(posts, inside.stop):
                found.update(inside)
        return found

    def _aside_blocks(self) -> set[int]:
        o = self.tree
        blocks = {n for n in range(len(o.tags)) if o.tags[n] in SIDE_TAGS}
        for line in o.lines:
            if self.site.words.around_line.match(o.text, o.line_starts[line]):
                blocks.add(next((n for n in o.up(o.line_nodes[line]) if len(o.lines_of(n)) > 1), 0))
        return blocks


def is_aside(o: BlockTree, site: SiteProfile, node: int) -> bool:
    """Whether the node is none of the content by its tag, its heading or its being all links."""
    inside = o.lines_of(node)
    if not inside:
        return False
    headed = site.words.around_line.match(o.text, o.line_starts[inside.start]) is not None
    return headed or o.tags[node] in ASIDE_TAGS or o.link_share(inside) >= 0.5
