"""A page as it is learned from: its lines, the elements they stand in, its links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from yiqihui_spider.characters import squeeze
from yiqihui_spider.items import Link
from yiqihui_spider.parse.block_tree import BlockTree
from yiqihui_spider.parse.charset import decode
from yiqihui_spider.parse.markup import form_of
from yiqihui_spider.parse.page_text import outline
from yiqihui_spider.site import chinese

_MOST_CHARACTERS = 2_000_000
"""A page that holds more teaches nothing that smaller ones don't, and takes too long."""


@dataclass(frozen=True)
class Page:
    """A page as received, its content coding undone."""

    name: str
    url: str
    body: bytes
    content_type: str | None
    category: str | None = None
    """Of the listing that it is a page of, where the archive knows it."""
    understood: bool = False
    """The profile in force reads it: it is only to be read as before."""


class Sight:
    """What a reader sees of a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        text, encoding = decode(page.body, page.content_type)
        self.is_html = form_of(text, page.content_type) == "html"
        self.title: str | None = None
        if len(text) > _MOST_CHARACTERS or form_of(text, page.content_type) in ("json", "wrapped"):
            self.tree = BlockTree()
        elif self.is_html:
            reader = outline(text, page.url, encoding)
            self.tree, self.title = reader.tree, reader.title
        else:
            self.tree = _tree(text)

    @property
    def text(self) -> str:
        return self.tree.text

    @property
    def links(self) -> Sequence[Link]:
        return self.tree.links

    @cached_property
    def squeezed(self) -> str:
        return squeeze(self.text)

    def line(self, number: int) -> str:
        return self.tree.line(number)

    @cached_property
    def links_on(self) -> dict[int, list[Link]]:
        """By line."""
        found: dict[int, list[Link]] = {}
        for link in self.links:
            found.setdefault(self.tree.line_at(link.start), []).append(link)
        return found

    def path(self, line: int) -> tuple[str, ...]:
        """The elements around a line, innermost first."""
        return tuple(self.tree.tags[node] for node in self.tree.up(self.tree.line_nodes[line]))


def _tree(text: str) -> BlockTree:
    """A text dump: lines in one block."""
    tree = BlockTree(text=text, tags=["body"], parents=[-1], starts=[0], ends=[len(text)])
    for match in chinese.LINE.finditer(text):
        tree.line_starts.append(match.start())
        tree.line_nodes.append(0)
    return tree


# --- dates ----------------------------------------------------------------------------------

_DATE = re.compile(rf"(?<![0-9]){chinese.DATE}")
_WITH_CLOCK = re.compile(chinese.DATE_AND_CLOCK)
ODD_DATES = re.compile(
    r"(?<![0-9./-])(?:[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}|[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2})(?![0-9./-])"
    r"|(?<![0-9年-])[0-9]{1,2}(?:-|月)[0-9]{1,2}日?(?:\s+[0-9]{1,2}:[0-9]{2})|[0-9]{1,3}\s?(?:分钟|小时|天|个月|年)[以之]?前"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+[0-9]{1,2},?\s+(?:19|20)[0-9]{2}|刚刚|昨天|前天"
)
"""Times that no form can hold: month or day first, no year, two digits of one, time ago."""


ODD_CLOCK = re.compile(
    r"\s{0,3}(?:[(（\[]?(?:星期|周).[)）\]]?\s{0,3})?[,，(（\[]?\s?"
    r"(?:[上下]午|凌晨|清晨|早[上晨]|中午|傍晚|晚[上间]?|[AaPp]\.?[Mm]\b|[0-9]{1,2}\s?[时点]|[0-9]{1,2}[:：][0-9]{2})"
)
"""Behind a date: a time of day that no form can hold."""
CLOCK_BEFORE = re.compile(r"(?<![0-9])(?<![0-9][:：])[0-9]{1,2}[:：][0-9]{2}(?:[:：][0-9]{2})?\s{0,3}\Z")
"""The same, in front of it."""
ODD_ZONE = re.compile(r"\s?(?:Z\b|UTC|GMT|[AaPp]\.?[Mm]\b|[+-](?!08)[0-9]{2}:?[0-9]{2}\b)")
"""Behind a time: of another zone than the site's, or of half a day."""


@dataclass(frozen=True)
class Spot:
    """A date in a page's text."""

    start: int
    end: int
    time: str
    """As far as it is printed: ``2019-04-13``, ``2019-04-13 09:30``."""
    form: str
    """As a template has it."""


def spots(text: str) -> list[Spot]:
    found: list[Spot] = []
    for match in _DATE.finditer(text):
        longer = _WITH_CLOCK.match(text, match.start())
        one = _spot(text, longer or match)
        if one is not None:
            found.append(one)
    return found


def _spot(text: str, match: re.Match[str]) -> Spot | None:
    parts = match.groupdict()
    month, day = parts["month"] or parts["other_month"], parts["day"] or parts["other_day"]
    date = f"{parts['year']}-{month:0>2}-{day:0>2}".translate(chinese.PLAIN_DIGITS)
    first, last = chinese.YEARS
    if not (first <= date[:4] <= last and "01" <= date[5:7] <= "12" and "01" <= date[8:] <= "31"):
        return None
    end = match.end()
    separator = text[match.end("year") : match.start("month")] if parts["month"] else ""
    template = (
        "{year}" + separator + "{month}" + separator + "{day}" if separator else "{year}年{month}月{day}日"
    )
    if parts.get("hour") is None:
        return Spot(match.start(), end, date, template)
    clock = f"{parts['hour']:0>2}:{parts['minute']}".translate(chinese.PLAIN_DIGITS)
    template += " {hour}:{minute}"
    if parts["second"]:
        clock += ":" + parts["second"].translate(chinese.PLAIN_DIGITS)
        template += ":{second}"
    return Spot(match.start(), end, f"{date} {clock}", template)
