"""A readable diff of Chinese text, which has neither lines nor words to go by. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

_STOP = "\u3002\uff01!\uff1f?\uff1b;\\n"
"""What ends a sentence; full-width forms as escapes, because they look like the others."""
_CLOSE = "\u201d\u2019\u300d\u300f\uff09\u300b\u3011)\"'"
"""What may close after that and still belongs to it."""
_SENTENCE = re.compile(f"[^{_STOP}]*[{_STOP}]+[{_CLOSE}]*|[^{_STOP}]+")
_SPACE = re.compile(r"\s+")


def sentence_diff(old: str, new: str) -> list[str]:
    """What changed between two texts, sentence by sentence: ``- old``, ``+ new``, ``… 3``. Pure.

    ``… 3`` stands for three sentences that are the same.  White space counts for nothing: a
    text that only gained its paragraphs gives an empty list.
    """
    if _SPACE.sub("", old) == _SPACE.sub("", new):
        return []
    lines = ("\n" in old) and ("\n" in new)
    before, after = _sentences(old, lines), _sentences(new, lines)
    keys = [[_SPACE.sub("", sentence) for sentence in side] for side in (before, after)]
    head = _common(keys[0], keys[1])
    tail = _common(keys[0][head:][::-1], keys[1][head:][::-1])
    middle = [side[head : len(side) - tail] for side in keys]
    rows = _elided(head)
    # autojunk (the default) keeps a text of many equal sentences from taking quadratic time.
    for tag, i, j, k, m in difflib.SequenceMatcher(None, middle[0], middle[1]).get_opcodes():
        if tag == "equal":
            rows += _elided(j - i)
            continue
        rows += ["- " + sentence for sentence in before[head + i : head + j]]
        rows += ["+ " + sentence for sentence in after[head + k : head + m]]
    return rows + _elided(tail)


def _sentences(text: str, lines: bool) -> list[str]:
    """Sentences with white space made single; ``lines``: a line's end ends one too.

    A fused text has no line ends, so where only one side has them they can't be compared.
    """
    parts = _SENTENCE.findall(text if lines else _SPACE.sub(" ", text))
    return [sentence for part in parts if (sentence := _SPACE.sub(" ", part).strip())]


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many items both begin with."""
    pairs = zip(left, right, strict=False)
    return next((i for i, (one, other) in enumerate(pairs) if one != other), min(len(left), len(right)))


def _elided(count: int) -> list[str]:
    return [f"… {count}"] if count else []
