"""Pager forms, compiled, and the words of a pager's links."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from yiqihui_spider.site import chinese
from yiqihui_spider.site.chinese import SPACES
from yiqihui_spider.site.template import Part, TemplateError, anchor, any_of, literal, parse

SLOTS = ("first", "last", "total", "page", "pages", "size", "number")
"""``size``: entries on a full page; ``number`` stands for one that is not kept."""
_WIDTH = 15
"""Nothing that a number's pattern matches, with the white space before it, is longer."""


@dataclass(frozen=True, slots=True)
class PagerForm:
    template: str
    anchor: re.Pattern[str]
    pattern: re.Pattern[str]
    before: int
    after: int
    """No form reaches further before and behind the beginning of its anchor."""
    tells_pages: bool
    """How many there are, or how many entries each has."""
    bare: bool
    """It tells the total alone: a pager's only beside its links, or on a line of its own."""


@dataclass(frozen=True, slots=True)
class PagerForms:
    forms: tuple[PagerForm, ...]
    size: int | None
    """Entries on a full page, where no form says; None where nobody does."""
    first: tuple[str, ...]
    previous: tuple[str, ...]
    next: tuple[str, ...]
    last: tuple[str, ...]
    link: re.Pattern[str]
    """The word of one link."""
    links: re.Pattern[str]
    """A run of page numbers and link words. There is one way only to divide any text by it."""
    like: re.Pattern[str]
    """What a line that holds the counts or the links of a pager holds, in whatever words."""


def compile_pager(
    templates: Sequence[str],
    size: int | None,
    first: Sequence[str],
    previous: Sequence[str],
    onward: Sequence[str],
    last: Sequence[str],
    others: Sequence[str] = (),
) -> PagerForms:
    """``others``: what else stands among the links (转到第, 页). Raises TemplateError."""
    words = sorted({*first, *previous, *onward, *last}, key=len, reverse=True)
    beside = [re.escape(one) for one in words if one not in first]
    forms = tuple(map(_form, dict.fromkeys(templates)))
    if size is None and (short := next((form.template for form in forms if not form.tells_pages), None)):
        raise TemplateError(f"{short!r} has no {{pages}}: say pager.size, the entries on a full page")
    return PagerForms(
        forms,
        size,
        tuple(first),
        tuple(previous),
        tuple(onward),
        tuple(last),
        re.compile(any_of(words)),
        _run_of({*words, *others}),
        re.compile("|".join([chinese.PAGER_LIKE.pattern, *beside])),
    )


def _run_of(printed: Collection[str]) -> re.Pattern[str]:
    """Numbers, words with letters, and marks: each character of what has none is one by itself."""
    words = sorted(filter(_has_letters, printed), key=len, reverse=True)
    drawn = set("".join(one for one in printed if not _has_letters(one))) - {"."}
    marks = f"[{SPACES}<>＜＞«»‹›…0-9０-９{re.escape(''.join(sorted(drawn)))}]"
    word = rf"(?:\.\.\.|{any_of(words)})"
    return re.compile(rf"(?={marks}|{word}){marks}*(?:{word}{marks}*)*")


def _has_letters(word: str) -> bool:
    return any(map(str.isalnum, word))


def _form(template: str) -> PagerForm:
    parts = parse(template, SLOTS)
    _check(template, parts)
    slots = {part.slot for part in parts}
    word = anchor([part.text for part in parts if part.text])
    if word is None:
        raise TemplateError(f"{template!r} has no word by which to find it")
    at = next(n for n, part in enumerate(parts) if part.text == word)
    widths = [_WIDTH if part.slot else len(part.text) + 4 for part in parts]
    return PagerForm(
        template,
        re.compile(_anchor(parts, at)),
        re.compile("".join(_part(parts, n) for n in range(len(parts)))),
        sum(widths[:at]),
        sum(widths[at:]) + 4,
        not slots.isdisjoint({"pages", "size"}),
        slots.isdisjoint({"page", "pages", "first"}),
    )


def _check(template: str, parts: Sequence[Part]) -> None:
    slots = {part.slot for part in parts}
    if "total" not in slots:
        raise TemplateError(f"{template!r} has no {{total}}: nothing could be proven by it")
    if len(slots & {"first", "last"}) == 1:
        raise TemplateError(f"{template!r} has one of {{first}} and {{last}} without the other")
    for one, other in pairwise(parts):
        if one.slot and other.slot and not other.spaced:
            raise TemplateError(
                f"{template!r} is ambiguous: nothing stands between {{{one.slot}}} and {{{other.slot}}}"
            )


def _anchor(parts: Sequence[Part], at: int) -> str:
    follows = parts[at + 1].slot if at + 1 < len(parts) else ""
    return literal(parts[at].text) + (rf"(?=\s{{0,4}}{chinese.DIGIT})" if follows else "")


def _part(parts: Sequence[Part], n: int) -> str:
    part = parts[n]
    printed = literal(part.text)
    if part.slot:
        printed = f"({chinese.NUMBER})" if part.slot == "number" else f"(?P<{part.slot}>{chinese.NUMBER})"
    if not n:
        return f"(?<![0-9０-９,，]){printed}" if part.slot else printed
    if part.slot and parts[n - 1].slot:
        return rf"\s{{1,4}}{printed}"
    # Behind its first word a pager's line may be broken.
    worded = any(any(map(str.isalnum, one.text)) for one in parts[: n + 1])
    return (r"\s{0,4}" if worded else rf"{chinese.SPACE}{{0,4}}") + printed
