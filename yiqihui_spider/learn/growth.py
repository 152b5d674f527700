"""Lines beside a marker that are parts of it: ``标签：返利 拼单``, ``评论(3)`` in an element of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from yiqihui_spider.learn.markers import A_TITLE, Found
from yiqihui_spider.learn.tokens import tokens

_MOST_LINES = 3
_WIDTH = 40
_ENOUGH = 3
"""Markers that must all have such a line."""


def grown(found: Sequence[Found]) -> list[Found]:
    """The markers with the lines below and above that begin alike beside all of them."""
    some = list(found)
    for step in (1, -1):
        for _ in range(_MOST_LINES):
            lines = [_beside(one, step) for one in some]
            if not _begin_alike(lines):
                break
            some = [_with_line(one, step) for one in some]
    return some


def _number(one: Found, step: int) -> int | None:
    tree = one.sight.tree
    n = tree.line_at(one.end - 1) + 1 if step > 0 else tree.line_at(one.start) - 1
    return n if n in tree.lines else None


def _beside(one: Found, step: int) -> str:
    n = _number(one, step)
    if n is None or (step < 0 and one.glued):
        return ""
    titled = any(len(link.text) > A_TITLE for link in one.sight.links_on.get(n, ()))
    return "" if titled else one.sight.line(n).strip()


def _begin_alike(lines: Sequence[str]) -> bool:
    """By their first two words, numbers or marks, one of which is a word."""
    if len(lines) < _ENOUGH or not all(lines):
        return False
    if any(len(line) > _WIDTH or re.search("[。！？；]", line) for line in lines):
        return False
    rows = [tokens(line)[:2] for line in lines]
    first = [(token.kind, *token.same) for token in rows[0]]
    alike = all([(token.kind, *token.same) for token in row] == first for row in rows)
    return alike and len(first) > 1 and any(kind == "word" for kind, *_ in first)


def _with_line(one: Found, step: int) -> Found:
    n, tree = _number(one, step), one.sight.tree
    assert n is not None
    return replace(one, end=tree.line_end(n)) if step > 0 else replace(one, start=tree.line_starts[n])
