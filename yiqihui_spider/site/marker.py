"""Marker forms, compiled: where a marker can stand, and what its parts are.

Every matcher starts at a word of the form that is quickly found, and looks at a bounded stretch
around it: the time is linear in the text, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
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
from yiqihui_spider.site.marker_parts import WORDS, Group, grouped
from yiqihui_spider.site.template import (
    BREAK_BETWEEN,
    SPACE_BETWEEN,
    Part,
    TemplateError,
    anchor,
    any_of,
    literal,
    parse,
)

SLOTS = (
    "source", "year", "month", "day", "hour", "minute", "second", "views", "author", "number", "text",
)  # fmt: skip
"""``author``, ``number`` and ``text`` stand for what varies and is not kept."""
LABELLED_WIDTH = 160
"""No marker with labels is longer."""

_TEXT = rf"[^{NEWLINES}|｜丨]{{0,30}}?"
_TO_LINE_END = rf"(?={SPACE}{{0,4}}(?:{LINE_BREAK}|\Z))"


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

    def signature_at(self, text: str, place: int = 0) -> str:
        """The site's own signature that stands there; empty if none does."""
        return next((own for own in self.sources if text.startswith(own, place)), "")

    def signature_before(self, text: str) -> str:
        """The signature that a text ends in."""
        return next((own for own in self.sources if text.endswith(own)), "")

    @property
    def counted(self) -> bool:
        """Whether every form tells the views."""
        return all(form.counted for form in self.sequences) and all(form.counted for form in self.labelled)


def compile_markers(templates: Sequence[str], sources: Sequence[str], before: bool) -> MarkerForms:
    """Raises TemplateError."""
    sequences: list[SequenceForm] = []
    labelled: list[LabelledForm] = []
    for template, parts in _distinct(templates):
        groups = grouped(template, list(parts))
        labels = _labels(groups)
        if labels is not None:
            lines = 1 + sum(part.broken for part in parts)
            labelled.append(_labelled(template, labels, lines))
        else:
            sequences.append(_sequence(template, groups, parts))
    own = tuple(sorted(sources, key=len, reverse=True))
    after_sentence = "|".join(f"{re.escape(one)}(?<=[。！？”…]{re.escape(one)})" for one in own)
    return MarkerForms(
        tuple(sequences),
        tuple(labelled),
        before,
        own,
        tuple(parse(form.template, SLOTS)[-1].text for form in sequences if form.closes),
        re.compile(f"(?:{any_of(own)}){chinese.COUNT_WITH_NO_TIME}") if own else None,
        re.compile(after_sentence) if own else None,
    )


def _distinct(templates: Sequence[str]) -> Iterator[tuple[str, tuple[Part, ...]]]:
    seen: dict[tuple[Part, ...], str] = {}
    for template in templates:
        parts = parse(template, SLOTS)
        bare = tuple(Part(part.slot, literal(part.text)) for part in parts)
        if bare in seen:
            raise TemplateError(f"{template!r} and {seen[bare]!r} are one form")
        seen[bare] = template
        yield template, parts


# --- in one order --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Core:
    """The parts of a form, without a source that leads it."""

    groups: Sequence[Group]

    @cached_property
    def word(self) -> str | None:
        """The literal text by which the form is found: a bracket or a bar stands everywhere."""
        word = anchor([group.text for group in self.groups if group.text])
        return word if word is not None and any(map(str.isalnum, word)) else None

    @cached_property
    def at(self) -> int:
        """The place of that word, or of the time."""
        if self.word is None:
            return next(n for n, group in enumerate(self.groups) if group.is_time)
        return next(n for n, group in enumerate(self.groups) if group.text == self.word)

    @property
    def closes(self) -> bool:
        *_, last = self.groups
        return last.text != "" and last.text == self.word and self.groups[-2].kind == "views"

    @property
    def before(self) -> int:
        return sum(group.width for group in self.groups[: self.at + (self.word is None)])

    @property
    def after(self) -> int:
        return sum(group.width for group in self.groups[self.at :]) + 8

    @property
    def anchor(self) -> str:
        if self.word is None:  # no word but the time itself
            clock = self.groups[self.at].kind != "date"
            return f"{COLON}(?={DIGIT}{{2}})" if clock else rf"{DIGIT}(?=[-－–—‐‑−/／.．年])"
        printed = literal(self.word)
        # Starts with a plain character, as a rule: that search is ten times as fast as one for a date.
        return f"{printed}(?<=[{COUNT_END}]{printed})" if self.closes else printed

    @property
    def pattern(self) -> str:
        last = len(self.groups) - 1
        gaps = ["", *(_gap(one, other) for one, other in pairwise(self.groups))]
        printed = [_part(group, last=n == last) for n, group in enumerate(self.groups)]
        return "".join(map(str.__add__, gaps, printed)) + (r"\Z" if self.closes else "")


def _sequence(template: str, groups: Sequence[Group], parts: Sequence[Part]) -> SequenceForm:
    leading = groups[0].kind if groups[0].kind in WORDS else ""
    core = _Core(groups[1:] if leading else groups)
    plain, plain_width = _plain(core.groups, parts[1:] if leading else parts) if core.closes else (None, 0)
    return SequenceForm(
        template,
        leading,  # type: ignore[arg-type]
        anchor=re.compile(core.anchor),
        closes=core.closes,
        pattern=re.compile(core.pattern),
        before=core.before,
        after=core.after,
        worded=core.word is not None,
        seconds=any(group.seconds for group in core.groups),
        counted=any(group.kind == "views" for group in core.groups),
        plain=plain,
        plain_width=plain_width,
    )


def _gap(before: Group, group: Group) -> str:
    """What may stand between two parts."""
    timed = before.kind in ("time", "clock")
    if group.broken:
        gap = BREAK_BETWEEN
    elif before.kind and group.kind and not timed:
        gap = f"{SPACE}{{1,4}}"
    else:
        gap = SPACE_BETWEEN
    return f"(?P<gap>{gap})" if timed and group.kind == "views" else gap


def _part(group: Group, last: bool) -> str:
    if group.kind in WORDS:
        name = "(?P<source>" if group.kind == "source" else "(?:"
        return f"{name}{_TEXT})" + (_TO_LINE_END if last else "")
    if group.kind == "views":
        return f"(?P<views>{chinese.VIEWS})" if last else f"(?P<views>(?:{chinese.VIEWS})?)"
    fixed = {"date": DATE, "time": DATE_AND_CLOCK, "clock": CLOCK, "number": chinese.ANY_NUMBER}
    return fixed[group.kind] if group.kind else literal(group.text)


def _plain(core: Sequence[Group], parts: Sequence[Part]) -> tuple[re.Pattern[str] | None, int]:
    """The form as the template has it, to the character, if its time is printed as ISO 8601 has it."""
    exact = "".join(part.text or f"{{{part.slot}}}" for part in parts)
    kinds = [group.kind for group in core if group.kind]
    if not exact.startswith("{year}-{month}-{day}{hour}:{minute}:{second}") or kinds != ["time", "views"]:
        return None, 0
    printed = "([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})" + "".join(map(_as_written, core[1:]))
    width = 19 + chinese.VIEW_DIGITS + sum(len(group.text) + 1 for group in core)
    return re.compile(printed + r"\Z"), width


def _as_written(group: Group) -> str:
    printed = re.escape(group.text) if group.text else f"([0-9]{{1,{chinese.VIEW_DIGITS}}})"
    return f" ?{printed}" if group.spaced else printed


# --- with labels ---------------------------------------------------------------------------------


def _labels(groups: Sequence[Group]) -> dict[str, tuple[str, Group]] | None:
    """The label before each part, by kind; None if a part has none."""
    found: dict[str, tuple[str, Group]] = {}
    label = ""
    for group in groups:
        if group.kind:
            if not label or group.kind == "clock":
                return None
            kind = group.kind if group.kind in ("source", "views") else "time" if group.is_time else label
            found[kind] = (label, group)
            label = ""
        elif group.text.endswith((":", "：")):
            label = group.text.rstrip(":：").lstrip("次人|｜丨")
        elif group.text.strip("次人|｜丨"):
            return None
    return found


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
