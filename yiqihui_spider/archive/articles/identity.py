"""What makes two texts the same text, or nearly so. Pure.

White space never counts: a listing fuses paragraphs, a detail page keeps them, and the
text is the same.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from yiqihui_spider.characters import one_line, squeeze

ELLIPSES = "….。·"
"""What an ellipsis is written with; only runs of two or more full stops count as one."""

READ_ON = ("阅读全文", "查看全文", "展开全文", "全文", "查看更多", "阅读更多", "更多", "详情")
"""Words that lead on from an excerpt to the whole text."""

BRACKETS = "[]\u3010\u3011()\uff08\uff09<>\uff1c\uff1e\u300a\u300b\u00bb"

SHINGLE = 3
"""Length of the pieces compared by likeness. Unrelated articles of the trade share up to 9 %
of their three-character pieces, 27 % of their two-character ones."""

ALIKE = 0.4
"""From this likeness on, two texts published in the same second are one article edited."""


def content_hash(body: str) -> str:
    """SHA-256, lower-case hex, of the squeezed text in Unicode's composed form (NFC).

    >>> content_hash("社 群\\n电商") == content_hash("社群电商")
    True
    """
    text = unicodedata.normalize("NFC", squeeze(body))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def same_text(one: str, other: str) -> bool:
    """Whether two short texts (titles) differ in white space, or in what nobody sees, only."""
    return one == other or content_hash(one) == content_hash(other)


def paragraphs(body: str) -> int:
    """How many lines hold text: the measure of a text's richness.

    >>> paragraphs("一\\n\\n二\\n")
    2
    """
    return sum(1 for line in body.splitlines() if line and not line.isspace())


LABEL_CHARS = 40
_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?]*")


def label(title: str | None, body: str, url: str | None = None) -> str:
    """What to call an article: its title, or its first sentence, cut at 40 characters.

    >>> label("甲题目", "第一句。第二句。"), label(None, "第一句。第二句。")
    ('甲题目', '第一句。')
    """
    if title and squeeze(title):
        return one_line(title)
    sentence = _SENTENCE.match(one_line(_first_line(body)))
    return (sentence.group() if sentence else "")[:LABEL_CHARS].strip() or url or "?"


def _first_line(text: str, most: int = 10 * LABEL_CHARS) -> str:
    """The beginning of the first line on which a reader sees anything."""
    for part in (text[: 2 * most], text):  # a line may be a whole article
        lines = part.splitlines()
        found = next((at for at, line in enumerate(lines) if squeeze(line[:most]) or squeeze(line)), None)
        if found is not None and (part is text or found < len(lines) - 1 or len(lines[found]) >= most):
            return lines[found][:most]
    return ""


def without_ending(text: str, read_on: Sequence[str] = READ_ON) -> str:
    """The squeezed text without the ellipsis and the read-on words it ends with.

    >>> without_ending("平台在增长…… [阅读全文]")
    '平台在增长'
    >>> without_ending("平台在增长。")
    '平台在增长。'
    """
    text = squeeze(text)
    while True:
        shorter = _drop_words(text, read_on)
        shorter = _drop_ellipsis(shorter)
        if shorter == text:
            return text
        text = shorter


def _drop_words(text: str, read_on: Sequence[str]) -> str:
    bare = text.rstrip(BRACKETS)
    for words in read_on:
        if bare.endswith(words):
            return bare[: -len(words)].rstrip(BRACKETS)
    return text


def _drop_ellipsis(text: str) -> str:
    bare = text.rstrip(ELLIPSES)
    dropped = text[len(bare) :]
    return bare if "…" in dropped or len(dropped) > 1 else text


def ends_with_ellipsis(text: str) -> bool:
    """Whether a text says of itself that it goes on.

    >>> ends_with_ellipsis("平台在增长..."), ends_with_ellipsis("平台在增长。")
    (True, False)
    """
    text = squeeze(text)
    return _drop_ellipsis(text) != text


def is_beginning(short: str, long: str, read_on: Sequence[str] = READ_ON) -> bool:
    """Whether ``short`` is a proper beginning of ``long``, or would be without the ellipsis and the
    read-on words it ends with.

    >>> is_beginning("社群 电商…", "社群电商\\n正在增长")
    True
    >>> is_beginning("社群电商", "社群\\n电商")
    False
    """
    whole = unicodedata.normalize("NFC", squeeze(long))
    start = unicodedata.normalize("NFC", squeeze(short))
    if 0 < len(start) < len(whole) and whole.startswith(start):
        return True
    stripped = without_ending(start, read_on)
    return len(stripped) < len(start) and stripped != "" and start != whole and whole.startswith(stripped)


_CUT = re.compile(r"(?:\ufffd+|</?|&#?\w{0,31})\Z", re.ASCII)
"""What a cut through a character, a tag or an entity leaves at the end of a text."""


def cut_at(shown: str, listed: str) -> int | None:
    """Behind how many characters an article's own page ends, if a listing shows the text that goes on there.

    >>> cut_at("社群电", "社群电商\\n正在增长"), cut_at("社群电商", "社群…")
    (3, None)
    """
    text, body = without_ending(listed), squeeze(shown)
    if not text.startswith(body):
        body = _CUT.sub("", body)
    return len(body) if text and (not body or is_beginning(body, text, ())) else None


_ENDS_A_SENTENCE = frozenset("。！？!?…”）)；;：:，,、")
_MENDED = re.compile(".?\ufffd+.?")
"""What two halves of characters make of themselves, side by side."""
_KEPT = 8
"""So many characters of either end must stand for a text to be one with its middle missing."""


def lacks_middle(shown: str, whole: str) -> bool:
    """Whether a text is another of which a piece is missing that begins inside a sentence: damage, no edit.

    >>> whole = "平台在增长,竞争也在加剧。今天没有新的优惠,明天也许会有。"
    >>> lacks_middle(whole[:9] + whole[16:], whole), lacks_middle(whole[:13] + whole[22:], whole)
    (True, False)
    """
    one, other = _MENDED.sub("", squeeze(shown)), squeeze(whole)
    start, end = _shared(one, other), _shared(one[::-1], other[::-1])
    first, last = max(len(one) - end, _KEPT), min(start, len(one) - _KEPT)
    # Where the piece begins, as far as the two texts tell: its neighbours may be alike.
    joints = range(first, last + 1) if len(one) < len(other) else ()
    return bool(joints) and not any(one[joint - 1] in _ENDS_A_SENTENCE for joint in joints)


def _shared(one: str, other: str) -> int:
    """The length of the beginning that two texts share."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def likeness(one: str, other: str) -> float:
    """How much of the shorter text stands in the other: 0 (nothing) to 1 (all of it).

    A text that grew, shrank or was cut to an excerpt stays like itself. Linear in length.

    >>> likeness("社群电商正在增长", "社群电商正在增长,竞争也在加剧")
    1.0
    >>> likeness("社群电商正在增长", "今日优惠合集")
    0.0
    """
    first, second = _shingles(one), _shingles(other)
    if not first or not second:
        return 1.0 if not first and not second else 0.0
    return len(first & second) / min(len(first), len(second))


def _shingles(text: str) -> set[str]:
    text = squeeze(text)
    if not text:
        return set()
    return {text[i : i + SHINGLE] for i in range(max(1, len(text) - SHINGLE + 1))}
