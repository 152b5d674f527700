"""Marker forms, compiled: where a marker can stand, and what its parts are.

Every matcher starts at a word of the form that is quickly found, and looks at a bounded stretch
around it: the time is linear in the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from yiqihui_spider.site import chinese
from yiqihui_spider.site.chinese import (
    CLOCK,
    COLON,
    COUNT_END,
    DATE,
    DATE_AND_CLOCK,
    DIGIT,
    LABEL_GAP,
    LINE_BREAK,
    NEWLINES,
    SPACE,
)
from yiqihui_spider.site.template import (
    BREAK_BETWEEN,
    SPACE_BETWEEN,
    Part,
    TemplateError,
    anchor,
    literal,
    parse,
)

SLOTS = (
    "source", "year", "month", "day", "hour", "minute", "second", "views", "author", "number", "text",
)  # fmt: skip
"""``author``, ``number`` and ``text`` stand for what varies and is not kept."""
LABELLED_WIDTH = 160
"""No marker with labels is longer."""

_WORDS = ("source", "author", "text")
_OF_TIME = ("year", "month", "day", "hour", "minute", "second")
_TEXT = rf"[^{NEWLINES}|｜丨]{{0,30}}?"
_TO_LINE_END = rf"(?={SPACE}{{0,4}}(?:{LINE_BREAK}|\Z))"
_MOST = {"date": 20, "time": 36, "clock": 8, "views": 44, "number": 12}
"""No part is printed in more characters."""


@dataclass(frozen=True, slots=True)
class SequenceForm:
    """A marker whose parts stand in one order: ``{source}{year}-{month}-{day} … {views} 次``."""

    template: str
    leading: Literal["source", "author", "text", ""]
    """What stands before the rest; it ends where the rest begins, and begins where what surrounds
    it says."""
    anchor: re.Pattern[str]
    closes: bool
    """The anchor is the form's end."""
    pattern: re.Pattern[str]
    before: int
    after: int
    """No form reaches further before and behind the beginning of its anchor."""
    worded: bool
    """The anchor is a word, and no part of the time."""
    seconds: bool
    counted: bool
    """Has {views}."""
    plain: re.Pattern[str] | None = None
    """Time and views, printed exactly as the template has them: nearly always, and quick."""
    plain_width: int = 0


@dataclass(frozen=True, slots=True)
class LabelledForm:
    """A marker whose parts have labels, and may then come in any order, on lines of their own:
    ``时间：2019-04-13 09:30 来源：一起惠 浏览：407次``."""

    template: str
    words: tuple[str, ...]
    """One of these is in every such marker, a colon behind it."""
    parts: tuple[tuple[str, re.Pattern[str]], ...]
    when: re.Pattern[str]
    least: int
    """Fewer parts are no marker."""
    counted: bool
    lines: int = 1
    """On so many it is printed."""


@dataclass(frozen=True, slots=True)
class MarkerForms:
    sequences: tuple[SequenceForm, ...]
    labelled: tuple[LabelledForm, ...]
    before: bool
    """In a listing the marker stands before its article's text."""
    sources: tuple[str, ...]
    """The site's own signatures, longest first."""
    endings: tuple[str, ...]
    """The words that end a form, right behind its count."""
    own_marker: re.Pattern[str] | None
    """Our own signature and a count, the time between them missing."""
    own_after_sentence: re.Pattern[str] | None
    """Our own signature where a marker's would stand."""

    @property
    def counted(self) -> bool:
        """Whether every form tells the views."""
        return all(form.counted for form in self.sequences) and all(form.counted for form in self.labelled)


def compile_markers(templates: Sequence[str], sources: Sequence[str], before: bool) -> MarkerForms:
    """Raises TemplateError."""
    sequences: list[SequenceForm] = []
    labelled: list[LabelledForm] = []
    seen: dict[tuple[Part, ...], str] = {}
    for template in templates:
        parts = parse(template, SLOTS)
        bare = tuple(Part(part.slot, literal(part.text)) for part in parts)
        if bare in seen:
            raise TemplateError(f"{template!r} and {seen[bare]!r} are one form")
        seen[bare] = template
        groups = _grouped(template, list(parts))
        labels = _labels(groups)
        if labels is not None:
            lines = 1 + sum(part.broken for part in parts)
            labelled.append(_labelled(template, labels, lines))
        else:
            sequences.append(_sequence(template, groups, parts))
    own = tuple(sorted(sources, key=len, reverse=True))
    any_own = "|".join(map(re.escape, own))
    return MarkerForms(
        tuple(sequences),
        tuple(labelled),
        before,
        own,
        tuple(parse(form.template, SLOTS)[-1].text for form in sequences if form.closes),
        re.compile(f"(?:{any_own}){chinese.COUNT_WITH_NO_TIME}") if own else None,
        re.compile("|".join(f"{re.escape(one)}(?<=[。！？”…]{re.escape(one)})" for one in own))
        if own
        else None,
    )


# --- what a form is made of --------------------------------------------------------------------


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


def _grouped(template: str, parts: list[Part]) -> list[Group]:
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
        if not one.kind or not other.kind or other.spaced:
            continue
        fixed = one.kind == "clock" or (one.kind == "date" and one.spelled)
        leads = n == 0 and one.kind in _WORDS and other.kind == "date"
        if not fixed and not leads:
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


# --- in one order --------------------------------------------------------------------------------


def _sequence(template: str, groups: Sequence[Group], parts: Sequence[Part]) -> SequenceForm:
    leading = groups[0].kind if groups[0].kind in _WORDS else ""
    core = list(groups[1:] if leading else groups)
    word = anchor([group.text for group in core if group.text])
    if word is not None and not any(map(str.isalnum, word)):
        word = None  # a bracket or a bar stands everywhere
    last = len(core) - 1
    closes = core[last].text != "" and core[last].text == word and core[last - 1].kind == "views"
    pattern = "".join(_pattern(core, n) for n in range(len(core)))
    at = next((n for n, group in enumerate(core) if group.text and group.text == word), None)
    if at is None:
        at = next(n for n, group in enumerate(core) if group.kind in ("date", "time", "clock"))
    start = _anchor(word, core[at], closes)
    widths = [_width(group) for group in core]
    return SequenceForm(
        template,
        leading,  # type: ignore[arg-type]
        re.compile(start),
        closes,
        re.compile(pattern + (r"\Z" if closes else "")),
        sum(widths[:at]) + (0 if word else widths[at]),
        sum(widths[at:]) + 8,
        word is not None,
        any(group.seconds for group in core),
        any(group.kind == "views" for group in core),
        *(_plain(core, parts[1:] if leading else parts) if closes else (None, 0)),
    )


def _pattern(core: Sequence[Group], n: int) -> str:
    """One part, with what may stand before it."""
    group = core[n]
    before = core[n - 1] if n else None
    gap = ""
    if before is not None:
        gap = BREAK_BETWEEN if group.broken else SPACE_BETWEEN
        adjacent = before.kind and group.kind and before.kind != "time" and before.kind != "clock"
        if adjacent and not group.broken:
            gap = f"{SPACE}{{1,4}}"
        if group.kind == "views" and before.kind in ("time", "clock"):
            gap = f"(?P<gap>{gap})"
    return gap + _part(group, last=n == len(core) - 1)


def _part(group: Group, last: bool) -> str:
    if group.kind in _WORDS:
        name = "(?P<source>" if group.kind == "source" else "(?:"
        return f"{name}{_TEXT})" + (_TO_LINE_END if last else "")
    if group.kind == "views":
        return f"(?P<views>{chinese.VIEWS})" if last else f"(?P<views>(?:{chinese.VIEWS})?)"
    fixed = {"date": DATE, "time": DATE_AND_CLOCK, "clock": CLOCK, "number": f"{DIGIT}{{1,12}}"}
    return fixed[group.kind] if group.kind else literal(group.text)


def _width(group: Group) -> int:
    return 8 + (30 if group.kind in _WORDS else _MOST.get(group.kind, len(group.text)))


def _anchor(word: str | None, group: Group, closes: bool) -> str:
    if word is None:  # no word but the time itself
        return f"{COLON}(?={DIGIT}{{2}})" if group.kind != "date" else rf"{DIGIT}(?=[-－–—‐‑−/／.．年])"
    printed = literal(word)
    # Starts with a plain character, as a rule: that search is ten times as fast as one for a date.
    return f"{printed}(?<=[{COUNT_END}]{printed})" if closes else printed


def _plain(core: Sequence[Group], parts: Sequence[Part]) -> tuple[re.Pattern[str] | None, int]:
    """The form as the template has it, to the character, if its time is printed as ISO 8601 has it."""
    exact = "".join(part.text or f"{{{part.slot}}}" for part in parts)
    time = "{year}-{month}-{day}{hour}:{minute}:{second}"
    kinds = [group.kind for group in core if group.kind]
    if not exact.startswith(time) or kinds != ["time", "views"]:
        return None, 0
    printed = "([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})"
    for group in core[1:]:
        printed += " ?" if group.spaced else ""
        printed += f"([0-9]{{1,{chinese.VIEW_DIGITS}}})" if group.kind else re.escape(group.text)
    return re.compile(printed + r"\Z"), 19 + chinese.VIEW_DIGITS + sum(len(group.text) + 1 for group in core)


# --- with labels ---------------------------------------------------------------------------------


def _labels(groups: Sequence[Group]) -> dict[str, tuple[str, Group]] | None:
    """The label before each part, by kind; None if a part has none."""
    found: dict[str, tuple[str, Group]] = {}
    label = ""
    for group in groups:
        if group.kind:
            if not label or group.kind == "clock":
                return None
            kind = group.kind if group.kind in ("source", "views") else ("time" if _tells(group) else label)
            found[kind] = (label, group)
            label = ""
        elif group.text.endswith((":", "：")):
            label = group.text.rstrip(":：").lstrip("次人|｜丨")
        elif group.text.strip("次人|｜丨"):
            return None
    return found


def _tells(group: Group) -> bool:
    return group.kind in ("date", "time")


def _labelled(template: str, labels: dict[str, tuple[str, Group]], lines: int) -> LabelledForm:
    families = {
        "time": chinese.TIME_LABEL,
        "source": chinese.SOURCE_LABEL,
        "views": chinese.VIEWS_LABEL,
    }
    named = {
        kind: f"(?:{families[kind]}|{literal(labels[kind][0])})" if kind in labels else families[kind]
        for kind in families
    }
    named |= {kind: literal(label) for kind, (label, _) in labels.items() if kind not in families}
    ends = "|".join(f"{one}{COLON}" for one in named.values())
    part_end = rf"(?={LABEL_GAP}(?:{ends}|\Z)|{SPACE}{{0,4}}(?:{LINE_BREAK}|\Z))"
    value = f"[^{NEWLINES}|｜丨:：]{{0,30}}?"
    values = {
        "time": f"(?P<value>{DIGIT}[^{NEWLINES}|｜丨]{{4,30}}?)",
        "views": f"(?P<value>{value}){SPACE}{{0,4}}[次人]?",
    }
    parts = tuple(
        (
            kind,
            re.compile(
                f"{LABEL_GAP}{label}{COLON}{SPACE}{{0,4}}{values.get(kind, f'(?P<value>{value})')}{part_end}"
            ),
        )
        for kind, label in named.items()
    )
    own = labels["time"][0]
    words = chinese.TIME_LABELS if own.endswith(chinese.TIME_LABELS) else (*chinese.TIME_LABELS, own)
    when = DATE_AND_CLOCK if labels["time"][1].kind == "time" else DATE
    least = min(2, len(labels))
    return LabelledForm(template, words, parts, re.compile(when), least, "views" in labels, lines)
