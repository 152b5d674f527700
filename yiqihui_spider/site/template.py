"""Forms as people write them: literal text and slots, ``{first}-{last}/{total} 记录``.

White space between parts is optional and full width equals half width: a form is written once,
for all the ways in which its site prints it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from yiqihui_spider.site.chinese import COLON, DASH, NEWLINES, SLASH, SPACES

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|\s+|[^{}\s]+")
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
    parts: list[Part] = []
    spaced = broken = False
    for token in _TOKEN.finditer(template):
        printed = token.group()
        if printed.isspace():
            spaced, broken = True, broken or "\n" in printed
            continue
        if token[1] is None:
            part = Part(text=_literal(template, printed), spaced=spaced, broken=broken)
            if parts and parts[-1].text and not spaced:
                part = Part(text=parts[-1].text + part.text, spaced=parts[-1].spaced, broken=parts[-1].broken)
                parts.pop()
        else:
            part = Part(slot=_slot(template, token[1], slots), spaced=spaced, broken=broken)
        parts.append(part)
        spaced = broken = False
    used = [part.slot for part in parts if part.slot]
    if twice := next(
        (slot for slot in used if used.count(slot) > 1 and slot not in ("number", "text")), None
    ):
        raise TemplateError(f"{template!r} has {{{twice}}} twice")
    if not used:
        raise TemplateError(f"{template!r} has no slot such as {{{sorted(slots)[0]}}}")
    return tuple(parts)


def _literal(template: str, printed: str) -> str:
    if printed in ("{{", "}}"):
        return printed[0]
    if printed in ("{", "}"):
        raise TemplateError(f"{template!r} has a lone {printed}; a brace that is printed is written twice")
    return printed


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


def anchor(words: Collection[str]) -> str | None:
    """Of the literal words of a form the one to look for first: with letters or Chinese in it, the
    longest; None if there is no word at all."""
    best = max(words, key=lambda word: (any(char.isalnum() for char in word), len(word)), default=None)
    return best or None


SPACE_BETWEEN = f"[{SPACES}]{{0,4}}"
BREAK_BETWEEN = f"[{SPACES}{NEWLINES}]{{0,8}}"
