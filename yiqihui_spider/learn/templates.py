"""From strings that one template printed to the template: what they share, and what varies. Pure.

A string is a row of tokens: dates, numbers, words, single marks. What all strings have, in order, is the
template's own; what lies between is a slot.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from yiqihui_spider.learn import labels
from yiqihui_spider.learn.tokens import Token, joined

# --- what they share ----------------------------------------------------------------------------


def common(one: Sequence[Token], other: Sequence[Token]) -> list[Token]:
    """The longest row of tokens that both have, in order."""
    lengths = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in reversed(range(len(one))):
        for j in reversed(range(len(other))):
            if one[i].same == other[j].same:
                lengths[i][j] = lengths[i + 1][j + 1] + _weight(one[i])
            lengths[i][j] = max(lengths[i][j], lengths[i + 1][j], lengths[i][j + 1])
    i = j = 0
    found: list[Token] = []
    while i < len(one) and j < len(other):
        matched = one[i].same == other[j].same
        if matched and lengths[i][j] == lengths[i + 1][j + 1] + _weight(one[i]):
            a, b = one[i], other[j]
            found.append(replace(a, spaced=a.spaced or b.spaced, broken=a.broken or b.broken))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _weight(token: Token) -> int:
    return {"date": 100, "mark": 2, "number": 3}.get(token.kind, 4)


@dataclass
class Slot:
    """What varies at one place of a template; ``kind``: ``date``, ``number`` or ``text``."""

    kind: str
    values: list[str] = field(default_factory=list)
    """One for each string."""
    spaced: bool = False
    broken: bool = False
    form: str = ""
    label: str = ""
    """The words and marks before it, since the slot before."""
    unit: str = ""
    """Those behind it, up to the slot after."""
    name: str = ""
    """What it is called in the template."""


@dataclass
class Literal:
    text: str
    spaced: bool = False
    broken: bool = False


@dataclass
class Template:
    parts: list[Slot | Literal]
    count: int
    """How many strings it was made from."""

    @property
    def slots(self) -> list[Slot]:
        return [part for part in self.parts if isinstance(part, Slot)]

    def label_slots(self) -> None:
        """Tell each slot what stands around it and speaks of it."""
        before: Slot | None = None
        between: list[Literal] = []
        for part in [*self.parts, Slot("end")]:
            if isinstance(part, Literal):
                between.append(part)
                continue
            unit, part.label = _divided(between, before, part)
            if before is not None:
                before.unit = unit
            before, between = part, []

    @property
    def beside_others(self) -> list[Slot]:
        """Slots with nothing but a space between them and the next: where one is empty, none can tell
        which."""
        both = [
            (one, other)
            for one, other in pairwise(self.parts)
            if isinstance(one, Slot) and isinstance(other, Slot) and "date" not in (one.kind, other.kind)
        ]
        return [slot for pair in both for slot in pair]

    @property
    def words(self) -> set[str]:
        return {
            word for part in self.parts if isinstance(part, Literal) for word in _WORDS.findall(part.text)
        }

    def loosen(self, usual: Collection[str]) -> None:
        """Make what other markers of the page do not have, and is no label, a part that varies: a few
        markers may have a name in common."""
        parts: list[Slot | Literal] = []
        for part in self.parts:
            parts += [part] if isinstance(part, Slot) else _loosened(part, usual, self.count)
        self.parts[:] = parts
        self.label_slots()

    def drop_text_before(self) -> None:
        """Leave out what stands before the first part that all share, where most strings have nothing
        there: the end of a text, not the beginning of a marker."""
        first = self.parts[0] if self.parts else None
        if isinstance(first, Slot) and first.kind == "text" and 2 * first.values.count("") >= self.count:
            del self.parts[0]

    def printed(self, at: int) -> str:
        """One of the strings, without its dates."""
        return "".join((" " if part.spaced else "") + _printed(part, at) for part in self.parts)

    def text(self) -> str:
        """As a profile has it."""
        shown = ""
        for part in self.parts:
            if shown:
                shown += "\n" if part.broken else " " if part.spaced else ""
            if isinstance(part, Literal):
                shown += part.text.replace("{", "{{").replace("}", "}}")
            else:
                shown += part.form if part.kind == "date" and part.name == "time" else f"{{{part.name}}}"
        return shown


def _printed(part: Slot | Literal, at: int) -> str:
    if isinstance(part, Literal):
        return part.text
    return " " if part.kind == "date" else part.values[at]


_WORDS = re.compile(r"[^\W\d_]+")


def _loosened(literal: Literal, usual: Collection[str], count: int) -> list[Slot | Literal]:
    parts: list[Slot | Literal] = []
    place, spaced, broken = 0, literal.spaced, literal.broken
    for match in _WORDS.finditer(literal.text):
        labelled = _ANY_LABEL.search(literal.text, match.start(), match.end() + 1) is not None
        if labelled or match.group() in usual:
            continue
        if match.start() > place:
            parts.append(Literal(literal.text[place : match.start()], spaced, broken))
            spaced = broken = False
        parts.append(Slot("text", [match.group()] * count, spaced, broken))
        place, spaced, broken = match.end(), False, False
    if place < len(literal.text):
        parts.append(Literal(literal.text[place:], spaced, broken))
    return parts


SEPARATORS = "|｜丨·•/／,，;；、-—–~～>»<«"
_OF_OTHERS = re.compile("|".join(one.pattern for one in (*labels.OF_TIMES, *labels.OF_NAMES)) + "|[:：(（]$")
"""What speaks of a time or a name that follows."""
_PIECE = re.compile(r"\w+|\W")


class _Piece(NamedTuple):
    """A word or a mark of what stands between two slots."""

    text: str
    spaced: bool
    broken: bool


def _divided(literals: Sequence[Literal], before: Slot | None, after: Slot) -> tuple[str, str]:
    """Of what stands between two slots, what speaks of the one before and what of the one behind."""
    pieces = [
        _Piece(piece, one.spaced and at == 0, one.broken and at == 0)
        for one in literals
        for at, piece in enumerate(_PIECE.findall(one.text))
    ]
    word = "".join(piece.text for piece in pieces)
    if before is None:
        return "", word.strip(SEPARATORS)
    if after.kind == "end":
        return word, ""
    at = _division(pieces, after)
    counts = before.kind == "number" != after.kind and after.spaced
    if at == 0 and counts and not _OF_OTHERS.search(word):
        at = len(pieces)  # 407 次围观 2019-04-13
    unit, label = ("".join(piece.text for piece in some) for some in (pieces[:at], pieces[at:]))
    return unit.strip(SEPARATORS), label.strip(SEPARATORS)


def _division(pieces: Sequence[_Piece], after: Slot) -> int:
    """How many of the pieces speak of the slot before."""
    broken = next((at for at, piece in enumerate(pieces) if piece.broken), None)
    if broken is not None or after.broken:
        return len(pieces) if broken is None else broken
    at = _separator(pieces, after)
    if at is None:
        at = next((n + 1 for n, piece in enumerate(pieces) if piece.text in ")）]】"), None)
    return _by_spaces(pieces, after) if at is None else at


def _separator(pieces: Sequence[_Piece], after: Slot) -> int | None:
    """The first mark that divides parts. A slash or dash right before the slot behind belongs to its
    label: ``来源/一起惠``."""
    last = len(pieces) - 1
    named = last > 0 and pieces[last - 1].spaced and pieces[last - 1].text.isalnum()
    label = named and not after.spaced and pieces[last].text in "/-–—~>"
    found = (at for at, piece in enumerate(pieces) if piece.text in SEPARATORS and not (at == last and label))
    return next(found, None)


def _by_spaces(pieces: Sequence[_Piece], after: Slot) -> int:
    apart = [at for at, piece in enumerate(pieces) if piece.spaced]
    opening = next((at for at, piece in enumerate(pieces) if piece.text in ":：(（[【"), None)
    if opening is not None:
        return max((at for at in apart if at < opening), default=0)
    if len(apart) == 1 and apart[0] > 0:
        return apart[0]
    if len(apart) == 2 and apart[0] == 0:  # 第 3 期 热度 407
        return apart[1]
    return len(pieces) if not apart and after.spaced else 0


def template_of(strings: Sequence[Sequence[Token]]) -> Template | None:
    """The template of strings that share one; None where they share nothing."""
    if not strings:
        return None
    shared = reduce(common, strings)
    if not shared:
        return None
    rows = [_aligned(shared, one) for one in strings]
    template = Template([], len(strings))
    for at in range(len(shared) + 1):
        _add_gap(template, [row[at][0] for row in rows])
        if at < len(shared):
            _add_shared(template, shared[at], [row[at][1] for row in rows])
    _split_labels(template)
    template.label_slots()
    return template


def _aligned(shared: Sequence[Token], string: Sequence[Token]) -> list[tuple[list[Token], Token]]:
    """For each shared token what stands before it in this string, and the token itself; at last what
    follows them all."""
    matches = _places(shared, string)
    rows: list[tuple[list[Token], Token]] = []
    place = 0
    for at in matches:
        rows.append((list(string[place:at]), string[at]))
        place = at + 1
    return [*rows, (list(string[place:]), Token("mark", ""))]


def _places(shared: Sequence[Token], string: Sequence[Token]) -> list[int]:
    """Where the shared tokens stand: of several ways, the one with most of them side by side."""
    best: dict[tuple[int, int], tuple[int, int]] = {}
    worst = -len(string)
    for i in reversed(range(len(shared))):
        for j in reversed(range(len(string))):
            best[i, j] = best.get((i, j + 1), (worst * 2, -1))
            if string[j].same != shared[i].same:
                continue
            score = 0 if i + 1 == len(shared) else best.get((i + 1, j + 1), (worst * 2, -1))[0]
            beside = i + 1 < len(shared) and best.get((i + 1, j + 1), (0, -1))[1] == j + 1
            beside = beside or (i + 1 == len(shared) and j + 1 == len(string))
            if score + beside >= best[i, j][0]:
                best[i, j] = score + beside, j
    places: list[int] = []
    at = 0
    for i in range(len(shared)):
        places.append(best[i, at][1])
        at = places[-1] + 1
    return places


def _add_gap(template: Template, gaps: Sequence[Sequence[Token]]) -> None:
    if not any(gaps):
        return
    filled = [gap for gap in gaps if gap]
    numeric = all(len(gap) == 1 and gap[0].kind == "number" for gap in gaps)
    template.parts.append(
        Slot(
            "number" if numeric else "text",
            [joined(gap) for gap in gaps],
            any(gap[0].spaced for gap in filled),
            any(gap[0].broken for gap in filled),
        )
    )


def _add_shared(template: Template, token: Token, printed: Sequence[Token]) -> None:
    spaced, broken = any(one.spaced for one in printed), any(one.broken for one in printed)
    if token.kind == "date":
        times = [one.time for one in printed]
        template.parts.append(Slot("date", times, spaced, broken, token.form))
    elif token.kind in ("number", "week", "name"):
        kind = "number" if token.kind == "number" else "text"
        template.parts.append(Slot(kind, [one.text for one in printed], spaced, broken))
    else:
        last = template.parts[-1] if template.parts else None
        if isinstance(last, Literal) and not spaced and not broken:
            last.text += token.text
        else:
            template.parts.append(Literal(token.text, spaced, broken))


_LABEL = "|".join(one.pattern for one in labels.OF_NAMES)
_NAMED = re.compile(rf"(?<=[:：])\w+|(?:{_LABEL})[/／](?P<name>\w+)")
_OPENS_NAME = re.compile(rf"[:：]\Z|(?:{labels.SOURCE.pattern})[于自]?\Z|(?:\A|\s)(?:{_LABEL})\Z")
_ANY_LABEL = re.compile(
    "|".join(one.pattern for one in (*labels.OF_NUMBERS, *labels.OF_TIMES, *labels.OF_NAMES)) + "|[:：]"
)


def _split_labels(template: Template) -> None:
    """``作者：小惠`` all alike is a label and a value, too: another page may have another."""
    parts: list[Slot | Literal] = []
    for part in template.parts:
        if isinstance(part, Literal):
            parts += _label_and_values(part, template.count)
        else:
            parts.append(part)
    template.parts[:] = _merged(parts, template.count)


def _label_and_values(literal: Literal, count: int) -> list[Slot | Literal]:
    parts: list[Slot | Literal] = []
    place, spaced, broken = 0, literal.spaced, literal.broken
    for match in _NAMED.finditer(literal.text):
        start, end = match.span("name") if match["name"] else match.span()
        parts.append(Literal(literal.text[place:start], spaced, broken))
        parts.append(Slot("text", [literal.text[start:end]] * count))
        place, spaced, broken = end, False, False
    if place < len(literal.text):
        parts.append(Literal(literal.text[place:], spaced, broken))
    return parts


def _merged(parts: Sequence[Slot | Literal], count: int) -> list[Slot | Literal]:
    """A constant value right after a colon in the next literal: ``作者：`` ``小惠``; literals with a space
    between stay apart, for the space is part of the form."""
    found: list[Slot | Literal] = []
    for part in parts:
        before = found[-1] if found else None
        if isinstance(before, Literal) and isinstance(part, Literal) and _is_named(before, part):
            found.append(Slot("text", [part.text] * count, part.spaced, part.broken))
        elif isinstance(part, Slot) and _go_on(found, part):
            _join(found, part)
        else:
            found.append(part)
    return found


def _is_named(label: Literal, part: Literal) -> bool:
    """Whether what follows a label is a name."""
    if label.text.endswith((":", "：")):
        return part.text[:1].isalnum()
    name = part.text.isalnum() and not _ANY_LABEL.search(part.text)
    return name and _OPENS_NAME.search(label.text) is not None


def _go_on(found: Sequence[Slot | Literal], part: Slot) -> bool:
    """Whether texts are one enumeration: ``返利、拼单``."""
    names, comma = (found[-2], found[-1]) if len(found) > 1 else (None, None)
    both = isinstance(names, Slot) and names.kind == part.kind == "text"
    return both and isinstance(comma, Literal) and comma.text == "、" and not part.broken


def _join(found: list[Slot | Literal], part: Slot) -> None:
    found.pop()
    names = found[-1]
    assert isinstance(names, Slot)
    names.values = [f"{one}、{other}" for one, other in zip(names.values, part.values, strict=True)]
