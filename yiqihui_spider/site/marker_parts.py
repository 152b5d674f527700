"""A marker form's template taken apart: literal text and slots, a date or a time of day being one part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from yiqihui_spider.site.template import Part, TemplateError

WORDS = ("source", "author", "text")
"""Slots for words, which may be of any characters."""
_OF_TIME = ("year", "month", "day", "hour", "minute", "second")
_MOST = {"date": 20, "time": 36, "clock": 8, "views": 44, "number": 24}
"""No part is printed in more characters."""


@dataclass(frozen=True, slots=True)
class Group:
    """A part, those of a date or a time of day taken together."""

    kind: str
    """``date``, ``time`` (with its date), ``clock``, another slot, or nothing for literal text."""
    text: str = ""
    spaced: bool = False
    broken: bool = False
    seconds: bool = False
    spelled: bool = False
    """A date that ends in 日."""

    @property
    def is_time(self) -> bool:
        return self.kind in ("date", "time", "clock")

    @property
    def ends_plainly(self) -> bool:
        """What follows can't be taken for more of it."""
        return self.kind == "clock" or self.spelled

    @property
    def width(self) -> int:
        """No more characters are printed for it, with the white space before it."""
        return 8 + (30 if self.kind in WORDS else _MOST.get(self.kind, len(self.text)))


def grouped(template: str, parts: list[Part]) -> list[Group]:
    groups: list[Group] = []
    at = 0
    while at < len(parts):
        part = parts[at]
        if part.slot == "year":
            group, at = _date(template, parts, at)
        elif part.slot == "hour":
            group, at = _clock(template, parts, at)
        elif part.slot in _OF_TIME:
            raise TemplateError(
                f"{template!r}: {{{part.slot}}} is out of place; a time is written "
                "{year}-{month}-{day} {hour}:{minute}:{second}, as far as it is printed"
            )
        else:
            group, at = Group(part.slot, part.text, part.spaced, part.broken), at + 1
        if group.text or group.kind:
            groups.append(group)
    kinds = [group.kind for group in groups]
    if "date" not in kinds:
        raise TemplateError(f"{template!r} has no {{year}}-{{month}}-{{day}}")
    _tell_apart(template, groups)
    return _with_time(groups)


def _date(template: str, parts: list[Part], at: int) -> tuple[Group, int]:
    slots = [part.slot for part in parts[at : at + 5]]
    if slots != ["year", "", "month", "", "day"]:
        raise TemplateError(f"{template!r}: a date is written {{year}}-{{month}}-{{day}}, the year first")
    first = parts[at]
    follows = parts[at + 5] if at + 5 < len(parts) else Part()
    spelled = follows.text.startswith("日")
    group = Group("date", "", first.spaced, first.broken, spelled=spelled)
    if not spelled:
        return group, at + 5
    rest = follows.text.removeprefix("日")
    if not rest:
        return group, at + 6
    # what follows the date in the same word is a part of its own
    parts[at + 5] = Part(text=rest)
    return group, at + 5


def _clock(template: str, parts: Sequence[Part], at: int) -> tuple[Group, int]:
    slots = [part.slot for part in parts[at : at + 5]]
    texts = [part.text for part in parts[at : at + 5]]
    if slots[:3] != ["hour", "", "minute"] or texts[1] not in (":", "："):
        raise TemplateError(f"{template!r}: a time of day is written {{hour}}:{{minute}}:{{second}}")
    seconds = slots[3:] == ["", "second"] and texts[3] in (":", "：")
    return Group("clock", "", parts[at].spaced, parts[at].broken, seconds), at + (5 if seconds else 3)


def _tell_apart(template: str, groups: Sequence[Group]) -> None:
    """Two parts that vary with nothing printed between them can't be told apart."""
    for n, (one, other) in enumerate(pairwise(groups)):
        leads = n == 0 and one.kind in WORDS and other.kind == "date"
        if one.kind and other.kind and not (other.spaced or one.ends_plainly or leads):
            names = "{" + _slot_name(one) + "}{" + _slot_name(other, first=True) + "}"
            raise TemplateError(f"{template!r} is ambiguous: nothing stands between the two of {names}")


def _slot_name(group: Group, first: bool = False) -> str:
    names = {"date": ("day", "year"), "clock": ("minute", "hour")}
    return names[group.kind][first] if group.kind in names else group.kind


def _with_time(groups: Sequence[Group]) -> list[Group]:
    """A date and the time of day right behind it are one."""
    found: list[Group] = []
    for group in groups:
        if group.kind == "clock" and found and found[-1].kind == "date":
            date = found.pop()
            group = Group("time", "", date.spaced, date.broken, group.seconds)
        found.append(group)
    return found
