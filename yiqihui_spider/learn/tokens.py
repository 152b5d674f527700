"""The tokens of a marker: dates, numbers, days of the week, names, words, single marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from yiqihui_spider.learn import labels
from yiqihui_spider.learn.sights import Spot, spots
from yiqihui_spider.site import chinese

_NUMBER = (
    r"(?:[0-9]{1,3}(?:[,，][0-9]{3})+(?![0-9])|[0-9０-９]+)(?:\.[0-9]+)?"
    rf"(?:[{chinese.UNIT}](?![a-zA-Z0-9]))?[+＋]?"
)
_TOKEN = re.compile(rf"(?P<space>\s+)|(?P<number>{_NUMBER})|(?P<word>[^\W\d_]+)|(?P<mark>.)", re.DOTALL)
_MOST_TOKENS = 80


@dataclass(frozen=True)
class Token:
    kind: str
    """``date``, ``number``, ``week`` (a day of it), ``name`` (of a source), ``word`` or ``mark``."""
    text: str
    spaced: bool = False
    broken: bool = False
    form: str = ""
    """Of a date: as a template has it."""
    time: str = ""

    @property
    def same(self) -> tuple[str, str]:
        """Two tokens with the same are one in a template."""
        if self.kind == "date":
            return self.kind, self.form
        return (self.kind, "") if self.kind in ("number", "week") else (self.kind, _narrow(self.text))


def _narrow(text: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)


def tokens(text: str, fixed: Sequence[str] = ()) -> list[Token]:
    """``fixed``: names that are one word whatever they hold, and wherever they stand."""
    found: list[Token] = []
    dates = spots(text)
    place, spaced, broken = 0, False, False
    while place < len(text) and len(found) < _MOST_TOKENS:
        match = _TOKEN.match(text, place)
        assert match is not None
        if match["space"]:
            spaced, broken = True, broken or "\n" in match["space"]
            place = match.end()
            continue
        token, place = _token(text, place, match, dates, fixed)
        found.append(replace(token, spaced=spaced, broken=broken))
        spaced = broken = False
    return found


def _token(
    text: str, place: int, match: re.Match[str], dates: Sequence[Spot], fixed: Sequence[str]
) -> tuple[Token, int]:
    date = next((one for one in dates if one.start == place), None)
    if date is not None:
        return Token("date", text[place : date.end], form=date.form, time=date.time), date.end
    week = labels.WEEKDAY.match(text, place)
    if week is not None:
        return Token("week", week.group()), week.end()
    name = next((one for one in fixed if text.startswith(one, place)), None)
    if name is not None:
        return Token("name", name), place + len(name)
    end = match.end()
    if match["word"]:
        label = labels.GLUED_SOURCE.match(text, place, end)
        if label is not None:
            return Token("word", label.group()), label.end()
        inside = [at for one in fixed if (at := text.find(one, place, end + len(one))) > place]
        end = min([end, *inside, *(one.start for one in dates if one.start > place)])
    kind = next(kind for kind in ("number", "word", "mark") if match[kind])
    return Token(kind, text[place:end]), end


def joined(row: Sequence[Token]) -> str:
    shown = ""
    for token in row:
        shown += (" " if token.spaced and shown else "") + token.text
    return shown
