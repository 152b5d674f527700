"""Forms as people write them: literal text and slots, ``{first}-{last}/{total} 记录``.

White space between parts is optional and full width equals half width: a form is written once,
for all the ways in which its site prints it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from yiqihui_spider.site.chinese import COLON, DASH, NEWLINES, SLASH, SPACES

_TOKEN = re.compile(r"(\s*)(?:\{(?P<slot>[^{}]*)\}|(?P<text>(?:\{\{|\}\}|[^{}\s])+)|(?P<lone>[{}]))")
_SAME = {"-": DASH, ":": COLON, "/": SLASH, "|": "[|｜丨]", "~": "[~～]"}


class TemplateError(ValueError):
    """A form that can't be used; the message says why and, where that helps, what was meant."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a template: a slot or a word of literal text."""

    slot: str = ""
    text: str = ""
    spaced: bool = False
    """White space stands before it."""
    broken: bool = False
    """A line break stands before it."""


def parse(template: str, slots: Collection[str]) -> tuple[Part, ...]:
    """The parts of a template, in order. Raises TemplateError.

    >>> [part.slot or part.text for part in parse("{page}/{pages} 页", ("page", "pages"))]
    ['page', '/', 'pages', '页']
    """
    parts = tuple(_part(template, token, slots) for token in _TOKEN.finditer(template))
    used = [part.slot for part in parts if part.slot]
    for slot in used:
        if used.count(slot) > 1 and slot not in ("number", "text"):
            raise TemplateError(f"{template!r} has {{{slot}}} twice")
    if not used:
        raise TemplateError(f"{template!r} has no slot such as {{{sorted(slots)[0]}}}")
    return parts


def _part(template: str, token: re.Match[str], slots: Collection[str]) -> Part:
    space, slot, text = token[1], token["slot"], token["text"]
    if token["lone"]:
        lone = token["lone"]
        raise TemplateError(f"{template!r} has a lone {lone}; a brace that is printed is written twice")
    return Part(
        slot="" if slot is None else _slot(template, slot, slots),
        text="" if text is None else text.replace("{{", "{").replace("}}", "}"),
        spaced=space != "",
        broken="\n" in space,
    )


def _slot(template: str, name: str, slots: Collection[str]) -> str:
    if name in slots:
        return name
    near = get_close_matches(name.strip().lower(), sorted(slots), 1, 0.5)
    meant = (
        f"did you mean {{{near[0]}}}?"
        if near
        else "there are " + ", ".join(map("{{{}}}".format, sorted(slots)))
    )
    raise TemplateError(f"{template!r} has an unknown slot {{{name}}}; {meant}")


def literal(text: str) -> str:
    """Literal text as a pattern: full width equals half width."""
    return "".join(map(_either_width, text))


def _either_width(char: str) -> str:
    narrow = chr(ord(char) - 0xFEE0) if "\uff01" <= char <= "\uff5e" else char
    if narrow in _SAME:
        return _SAME[narrow]
    if "!" <= narrow <= "~":
        return f"[{re.escape(narrow)}{chr(ord(narrow) + 0xFEE0)}]"
    return re.escape(char)


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of the words, in this order; for none, where there are none."""
    return "|".join(map(re.escape, words)) or "(?!)"


def anchor(words: Collection[str]) -> str | None:
    """Of the literal words of a form the one to look for first: with letters or Chinese in it, the
    longest; None if there is no word at all."""
    best = max(words, key=lambda word: (any(char.isalnum() for char in word), len(word)), default=None)
    return best or None


SPACE_BETWEEN = f"[{SPACES}]{{0,4}}"
BREAK_BETWEEN = f"[{SPACES}{NEWLINES}]{{0,8}}"
