"""Two texts of an article side by side, with what changed marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise, zip_longest
from typing import Any

from markupsafe import Markup, escape

_SENTENCE = re.compile(
    "[^\u3002\uff01!\uff1f?\uff1b;\n]*[\u3002\uff01!\uff1f?\uff1b;\n]+[\u201d\u2019\u300d\u300f\uff09\u300b\u3011)\"']*|[^\u3002\uff01!\uff1f?\uff1b;\n]+"
)
MOST_ROWS = 40
LONGEST = 1200
"""Characters of a sentence that are compared one by one."""

NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: two cells, or how many sentences are the same in both."""

    before: Markup = NOTHING
    after: Markup = NOTHING
    same: int = 0


def changes(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each version beside the one before it, the newest first."""
    found = []
    for before, after in pairwise(versions):
        rows = titles(before["title"], after["title"]) + compare(before["body"] or "", after["body"] or "")
        found.append(
            {"before": before, "after": after, "rows": rows[:MOST_ROWS], "cut": len(rows) > MOST_ROWS}
        )
    return found[::-1]


def titles(before: str | None, after: str | None) -> list[Line]:
    if before == after or before is None or after is None:
        return []
    left, right = marked(before, after)
    strong = Markup("<strong>{}</strong>")
    return [Line(strong.format(left), strong.format(right))]


def compare(before: str, after: str) -> list[Line]:
    """Sentences that differ, side by side; those that are the same counted.

    A text as a listing has it knows no paragraphs: where only one side has line ends, they are
    no difference.
    """
    with_lines = "\n" in before and "\n" in after
    left, right = _sentences(before, with_lines), _sentences(after, with_lines)
    keys = [["".join(one.split()) for one in side] for side in (left, right)]
    rows = []
    for kind, i, j, k, m in SequenceMatcher(None, keys[0], keys[1], autojunk=len(left) > 2000).get_opcodes():
        if kind == "equal":
            rows.append(Line(same=j - i))
        else:
            rows += _beside(left[i:j], right[k:m])
    return rows


def _sentences(text: str, with_lines: bool) -> list[str]:
    found = _SENTENCE.findall(text if with_lines else " ".join(text.split()))
    return [one for part in found if (one := " ".join(part.split()))]


def _beside(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    return [Line(*marked(one, other)) for one, other in zip_longest(before, after, fillvalue="")]


def marked(before: str, after: str) -> tuple[Markup, Markup]:
    """Both texts with the characters that differ in ``<del>`` and ``<ins>``."""
    if not before or not after or max(len(before), len(after)) > LONGEST:
        return _whole("del", before), _whole("ins", after)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.3:  # another sentence: bits and pieces in common say nothing
        return _whole("del", before), _whole("ins", after)
    left, right = Markup(""), Markup("")
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            left, right = left + before[i:j], right + after[k:m]
        else:
            left, right = left + _whole("del", before[i:j]), right + _whole("ins", after[k:m])
    return left, right


def _whole(tag: str, text: str) -> Markup:
    return Markup(f"<{tag}>{{}}</{tag}>").format(escape(text)) if text else Markup("")
