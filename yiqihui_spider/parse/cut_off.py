"""Whether a document breaks off, and what of it stands where it does. Pure.

Pages come half in many ways that no header tells of: a connection closed in silence, a disk that was full, a
browser that saved while it loaded. Of a listing no harm is done, for each entry ends in its marker; an
article's own page ends nowhere in particular, and its half would pass for the text.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

from yiqihui_spider.characters import squeeze

CUT_OFF = "cut off inside the article: the document breaks off before it ends"

CUT_LISTING = "cut off before its pager: the document breaks off"
BARE = "holds an entry with neither text nor title"

BROKEN = "\ufffd"
"""What is left of a character that was cut through."""

_CLOSED = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_TAG = re.compile(
    r"<!--|<(/?)(div|section|article|main|aside|header|footer|nav|table|ul|ol|dl|blockquote|form|center|pre|h[1-6]"
    r"|fieldset|figure|script|style)\b[^<>]*>",
    re.IGNORECASE,
)
"""What must be closed: the end tags of other blocks may be left out."""
_RAW = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
}
_COMMENT = re.compile("-->")
_UNFINISHED = re.compile(r"<[a-z/!?][^<>]*\Z|&#?\w{1,20}\Z", re.IGNORECASE)
_MARKUP = re.compile(r"<!--(?:(?!-->).)*(?:-->|\Z)|<[a-z/!?][^<>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)
_REMNANT = re.compile(r"(?:</?|&#?\w{0,20}|\ufffd)\Z", re.ASCII)
_TAIL = 16
"""So many last characters of an article tell where it ends."""


def broken_off(html: str) -> str | None:
    """What stands in the innermost element that was never closed, if the document breaks off in one; None if
    it is whole. A page that closes its body is; and one that leaves that out, as some tools do, but closes
    all that it opened.

    >>> broken_off("<html><div>甲</div><div>乙<p>丙"), broken_off("<html><div>甲</div><p>乙")
    ('乙丙', None)
    """
    if html.endswith(BROKEN):
        return _text(html)
    if _CLOSED.search(html):
        return None
    end = len(html)
    for start in reversed(_open(html)):
        if _text(html[start:end]):
            return _text(html[start:])
        end = start
    return _text(html) if _UNFINISHED.search(html) else None


def is_cut(body: str, broken: str | None) -> bool:
    """Whether an article's text ends where its document breaks off.

    >>> is_cut("甲。\\n乙", "甲。乙"), is_cut("甲。", "页脚"), is_cut("甲。", None)
    (True, False, False)
    """
    if broken is None:
        return False
    shown = _REMNANT.sub("", squeeze(body))
    return shown[-_TAIL:] in broken or shown.endswith(broken[-_TAIL:])


def _open(html: str) -> list[int]:
    """Where the contents of the elements begin that are open at the end, outermost first."""
    stack: list[tuple[str, int]] = []
    waiting: Counter[str] = Counter()
    place = 0
    while found := _TAG.search(html, place):
        place, name = found.end(), (found[2] or "").lower()
        if found[1]:
            if waiting[name]:
                _close(stack, waiting, name)
            continue
        raw = _RAW.get(name) if name else _COMMENT
        if raw is None:
            stack.append((name, place))
            waiting[name] += 1
        elif end := raw.search(html, place):
            place = end.end()
        else:
            return [*(start for _, start in stack), place]
    return [start for _, start in stack]


def _close(stack: list[tuple[str, int]], waiting: Counter[str], name: str) -> None:
    while (closed := stack.pop()[0]) != name:
        waiting[closed] -= 1
    waiting[name] -= 1


def _text(html: str) -> str:
    return squeeze(unescape(_MARKUP.sub("", html)))
