"""Which slot of a marker is its time, its source, its views: by what is known, and by its label.

Where neither decides, every way to read it is given; the proof, or a refusal, is for others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product

from yiqihui_spider.learn import labels
from yiqihui_spider.learn.key import AnswerKey, Known, agrees
from yiqihui_spider.learn.templates import Slot, Template
from yiqihui_spider.parse.candidates import count

_ENOUGH = 3
"""So many articles bear out what a slot is."""
_MOST = 8
"""So many ways to read a marker are tried."""
_PLAUSIBLE = 50
"""Views grow; by more than this many times over, something else is counted."""

_ONCE = ("time", "views", "source")
"""What a marker has once."""

Pairs = Sequence[Known | None]
"""For each string of a template the article that it is known to belong to."""


def named(template: Template, pairs: Pairs, key: AnswerKey, in_order: Sequence[bool]) -> Iterator[list[str]]:
    """Every way to name the slots that nothing rules out. ``in_order``: for each date slot, whether
    articles that came later have later dates."""
    dates = iter(in_order)
    alone = sum(slot.kind == "date" for slot in template.slots) == 1
    options: list[list[str]] = []
    for slot in template.slots:
        if slot.kind == "date":
            options.append(_of_date(slot, pairs, next(dates), alone))
        elif slot.kind == "number":
            options.append(_of_number(slot, pairs))
        else:
            options.append(_of_text(slot, pairs, key))
    options = _settled(template.slots, _by_label(template.slots, options))
    ways = (list(names) for names in product(*options))
    yield from islice((names for names in ways if _is_possible(names)), _MOST)


def _is_possible(names: Sequence[str]) -> bool:
    return names.count("time") == 1 and names.count("views") <= 1 and names.count("source") <= 1


def _settled(slots: Sequence[Slot], options: Sequence[list[str]]) -> list[list[str]]:
    """What one slot surely is no other can be; what two surely are is either's."""
    surely = [one[0] for one in options if len(one) == 1 and one[0] in _ONCE]
    sure = {name for name in surely if surely.count(name) == 1}
    rest: list[list[str]] = []
    for slot, one in zip(slots, options, strict=True):
        other = slot.kind if slot.kind == "number" else "text"
        left = [name for name in one if name not in sure]
        if len(one) == 1:
            rest.append(one if one[0] in sure or one[0] not in _ONCE else [*one, other])
        else:
            rest.append(left or [other])
    return rest


def _by_label(slots: Sequence[Slot], options: Sequence[list[str]]) -> list[list[str]]:
    """Of several numbers that may be the views by what is known, the one whose label says so."""
    views = [at for at, names in enumerate(options) if names == ["views"]]
    said = [at for at in views if _speaks(labels.VIEWS, slots[at])]
    others = set(views) - set(said) if len(said) == 1 else set()
    return [["number"] if at in others else names for at, names in enumerate(options)]


def _of_date(slot: Slot, pairs: Pairs, in_order: bool, alone: bool) -> list[str]:
    known = [(value, one) for value, one in zip(slot.values, pairs, strict=True) if one is not None]
    if len(known) >= min(_ENOUGH, len(slot.values)) and known:
        right = sum(agrees(value, one.time) for value, one in known)
        return ["time"] if 10 * right >= 9 * len(known) else ["text"] if right * 2 < len(known) else []
    if labels.UPDATED.search(slot.label):
        return (["time"] if in_order else ["time", "text"]) if alone else ["text"]
    return ["time"] if labels.PUBLISHED.search(slot.label) else ["time", "text"]


def _of_number(slot: Slot, pairs: Pairs) -> list[str]:
    if _speaks(labels.TIME_TO_READ, slot):
        return ["number"]
    yes = _speaks(labels.VIEWS, slot)
    no = _speaks(labels.NO_VIEWS, slot)
    if no and labels.NO_VIEWS.search(slot.label) and not labels.VIEWS.search(slot.label.strip("(（[【:： ")):
        yes = False  # 下载：3次
    borne_out = _are_views(slot, pairs)
    if borne_out is False:  # a label that says otherwise leaves it open
        return ["views", "number"] if yes and not no else ["number"]
    if borne_out and not no:
        return ["views"]
    if yes != no:
        return ["views"] if yes else ["number"]
    return ["views", "number"]


def _speaks(words: re.Pattern[str], slot: Slot) -> bool:
    return bool(words.search(slot.unit.strip(")）]】 ")) or words.search(slot.label.strip("(（[【:： ")))


def _are_views(slot: Slot, pairs: Pairs) -> bool | None:
    """Whether the numbers are the articles' views, grown; None where too little is known."""
    seen: list[tuple[int, int]] = []
    for printed, one in zip(slot.values, pairs, strict=True):
        views, _, fault = count(printed)
        if one is not None and one.views is not None and fault is None:
            seen.append((views or 0, one.views))
    if len(seen) < _ENOUGH or len({known for _, known in seen}) < 2:
        return None
    good = sum(known * 0.99 <= views <= known * _PLAUSIBLE + 1000 for views, known in seen)
    return 10 * good >= 9 * len(seen)


def _of_text(slot: Slot, pairs: Pairs, key: AnswerKey) -> list[str]:
    known = [
        (value, one.source or "") for value, one in zip(slot.values, pairs, strict=True) if one is not None
    ]
    if sum(source in value and source != value for value, source in known if source) >= _ENOUGH:
        return []  # with more around it, it would be lost
    if labels.SOURCE.search(slot.label):
        return ["source"]
    if labels.NO_SOURCE.search(slot.label) or labels.NO_SOURCE.search(slot.unit):
        return ["text"]
    filled = [value for value in slot.values if value]
    if all(labels.WEEKDAY.fullmatch(value.strip("()（）[]【】")) for value in filled):
        return ["text"]
    if len(known) >= _ENOUGH and any(source for _, source in known):
        same = sum(value == source for value, source in known)
        return ["source"] if 10 * same >= 7 * len(known) else ["text"]
    if any(value in key.sources for value in filled):
        return ["source"]
    return ["source", "text"]
