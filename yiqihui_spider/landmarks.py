"""The lines by which a page of the site is known, and what marks a block as no content."""

from __future__ import annotations

from collections.abc import Iterator

from yiqihui_spider import site
from yiqihui_spider.outline import Outline

ASIDE_TAGS = ("nav", "aside", "footer", "form")


class Landmarks:
    """The lines by which a page is known."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.markers = list(dict.fromkeys(self._markers()))
        """Lines that end in a time and a view count."""
        self.pagers = dict(self._pagers())
        """Lines with a pager's record count, and how many entries it promises."""
        self.crumb = next((n for n in outline.lines if self._is_crumb(n)), None)
        text = "" if self.crumb is None else outline.line(self.crumb)[: site.BREADCRUMB_WIDTH]
        self.trail = [step.strip() for step in site.BREADCRUMB_STEP.split(text)] if text else []

    @property
    def is_listing(self) -> bool:
        return bool(self.pagers) or self.trail[-1:] == [site.LISTING_LEAF]

    def _markers(self) -> Iterator[int]:
        o = self.outline
        for count in site.COUNT.finditer(o.text):
            end = count.end()
            line = o.line_at(end - 1)
            start = max(o.line_starts[line], end - site.STAMP_WIDTH)
            if site.STAMP.search(o.text, start, end) is None:
                continue
            if site.LINE_REST.match(o.text, end) or site.READ_ON_AFTER.match(o.text, end):
                yield line

    def _pagers(self) -> Iterator[tuple[int, int]]:
        o = self.outline
        for word in site.PAGER_WORD.finditer(o.text):
            end = word.end()
            head = site.PAGER_HEAD.search(o.text, max(0, end - site.PAGER_WIDTH), end)
            foot = head and site.PAGER_FOOT.match(o.text, end)
            if head and foot:
                first, last, total = (int(number) for number in head.groups())
                width = last - first + 1 if total else 0
                for line in range(o.line_at(head.start()), o.line_at(foot.end() - 1) + 1):
                    yield line, width

    def _is_crumb(self, line: int) -> bool:
        return site.BREADCRUMB.match(self.outline.text, self.outline.line_starts[line]) is not None

    def before_crumb(self) -> range:
        return range(self.crumb or 0)


def is_aside(o: Outline, node: int) -> bool:
    """Whether the node is none of the content by its tag, its heading or its being all links."""
    inside = o.lines_of(node)
    if not inside:
        return False
    return is_headed(o, node) or o.tags[node] in ASIDE_TAGS or o.link_share(inside) >= 0.5


def is_headed(o: Outline, node: int) -> bool:
    """Whether the node opens with a line such as 热门文章."""
    place = o.starts[node] + (o.text[o.starts[node]] == "\n")
    return site.FURNITURE_LINE.match(o.text, place) is not None
