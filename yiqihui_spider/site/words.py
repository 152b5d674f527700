"""The words of a site's pages, compiled: breadcrumb, links that read on, headings of side bars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from yiqihui_spider.site.chinese import (
    CLOSERS,
    COLON,
    LINE_BREAK,
    NEWLINES,
    READ_ON_MARKS,
    SENTENCE_ENDS,
    SPACE,
    SPACES,
)
from yiqihui_spider.site.template import any_of

READ_ON_WIDTH = 30
"""No read-on link's text, with what stands around it, is longer."""
BREADCRUMB_WIDTH = 400
"""A longer line that opens with a breadcrumb has more glued to it."""
STEP = re.compile("[>＞»›]")
"""What divides the steps of a breadcrumb."""
_PLAIN = 4
"""A read-on word this long is no part of a sentence's last one."""


@dataclass(frozen=True, slots=True)
class Breadcrumb:
    word: str
    """What it opens with."""
    home: str
    section: str
    listing: str
    """The last step on a listing page; empty where the category's name is the last."""
    opening: re.Pattern[str]
    leaf: re.Pattern[str]
    step: re.Pattern[str] = STEP

    def opens(self, text: str, place: int) -> bool:
        """Whether a breadcrumb's first word stands at ``place``."""
        return self.word != "" and text.startswith(self.word, place)


@dataclass(frozen=True, slots=True)
class Words:
    read_on: tuple[str, ...]
    read_on_after: re.Pattern[str]
    """A read-on link right after a marker, to the end of the line."""
    read_on_tail: re.Pattern[str]
    """The same at the end of a body: after an ellipsis, on a line of its own, or unmistakable."""
    sentence_end: re.Pattern[str]
    """What may stand right before a source, or a time without one, that is glued to a body."""
    finished: tuple[str, ...]
    around_opening: re.Pattern[str]
    around_line: re.Pattern[str]
    """A whole line that opens a block around the article: the heading alone, or a heading and links
    after it. A sentence that begins with the same words (``最新资讯显示，……。``) is none."""
    sharing: str
    """What may stand between a title and its marker."""

    def leads_on(self, text: str) -> bool:
        """Whether a link with this text leads on to the whole article."""
        return text.strip(SPACES + NEWLINES + READ_ON_MARKS) in self.read_on


def breadcrumb(opening: str, home: str, section: str, listing: str, separator: str = "") -> Breadcrumb:
    """``separator``: the mark between two steps, where it is none of the usual ones."""
    separator = separator.strip()
    step = re.compile(f"[{re.escape(separator)}]") if separator else STEP
    # without a word of its own, what opens with the home's name is a breadcrumb if steps follow
    steps = "" if opening else f"{SPACE}{{0,4}}{step.pattern}"
    first = f"(?={re.escape(home)}{steps})" if home else ""
    colon = f"{SPACE}{{0,4}}{COLON}" if opening else ""
    begins = f"{re.escape(opening)}{colon}{SPACE}{{0,4}}{first}" if opening or home else "(?!)"
    leaf = f"{step.pattern}{SPACE}{{0,4}}{re.escape(listing)}" if listing else "(?!)"
    return Breadcrumb(opening or home, home, section, listing, re.compile(begins), re.compile(leaf), step)


def words(read_on: Sequence[str], around: Sequence[str], neighbours: Sequence[str], sharing: str) -> Words:
    said = any_of(read_on)
    sure = [one for one in read_on if len(one) >= _PLAIN and one.isalnum()]
    whole = any_of(one for one in sure if one.endswith("全文"))
    closing = r"[\]】)）>＞»…]{0,4}"
    opening = r"\s{0,8}[\[【(（]?"
    return Words(
        tuple(read_on),
        re.compile(rf"{opening}(?:{said}){closing}(?={SPACE}{{0,8}}(?:{LINE_BREAK}|\Z))"),
        re.compile(
            rf"(?:(?:(?<=…)|(?<=\.\.\.)|(?<={LINE_BREAK})){opening}(?:{said})|(?:{whole})){closing}\Z"
        ),
        re.compile("|".join([rf"[{SENTENCE_ENDS}{CLOSERS}]", *map(re.escape, sure)])),
        (*SENTENCE_ENDS, *CLOSERS, *sure),
        re.compile(any_of([*around, *neighbours])),
        re.compile(
            rf"(?:(?:{any_of(around)})(?:推荐|阅读|排行榜?|列表|更多)?(?:[{SPACES}:：>＞»|][^{NEWLINES}。，！？]{{0,300}})?"
            rf"|(?:{any_of(neighbours)})(?:[{SPACES}:：>＞»|][^{NEWLINES}。]{{0,120}}|[^{NEWLINES}{SENTENCE_ENDS}，,]{{0,80}}))"
            rf"(?={LINE_BREAK}|\Z)"
        ),
        sharing,
    )
