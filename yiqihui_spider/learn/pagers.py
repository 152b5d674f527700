"""Finds the pager of listing pages: numbers beside page links that fit the pages' own counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from yiqihui_spider.items import Link
from yiqihui_spider.learn import labels
from yiqihui_spider.learn.sights import Sight
from yiqihui_spider.learn.templates import Slot, Template, template_of
from yiqihui_spider.learn.tokens import tokens
from yiqihui_spider.site import chinese

_WORDS = {
    "first": labels.FIRST_WORDS,
    "previous": labels.PREVIOUS_WORDS,
    "next": labels.NEXT_WORDS,
    "last": labels.LAST_WORDS,
}
_EVERY_WORD = sorted({word for some in _WORDS.values() for word in some}, key=len, reverse=True)
_WORD = f"(?:{'|'.join(map(re.escape, _EVERY_WORD))})"
_OF_A_COUNT = r"\s*[/／页条篇个项件则]"
"""After a number: it is no link's."""
_RUN = rf"(?:{_WORD}|[0-9]+(?![0-9]|{_OF_A_COUNT})|[\s.…\[\]·|]+)"
_RUN_BEFORE = re.compile(rf"\A[\s0-9\[\]]*{_WORD}(?:{_RUN})*(?![0-9]*[^\s0-9<>]|{_OF_A_COUNT})")
_RUN_AFTER = re.compile(rf"{_WORD}(?:{_RUN}){{0,60}}\Z")
_LONE_NUMBER = re.compile(r"(?:\A|(?<=\s)|(?<=\]))([0-9]{1,6})\s*\Z")
"""Of the page shown, which is no link."""
_SHOWN = (_RUN_AFTER, _LONE_NUMBER, re.compile(rf"\A\s*\[?[0-9]{{1,6}}\]?\s*(?={_WORD}|\Z)"))
"""Where the number of the page shown may stand among the links."""
_ZONE_WIDTH = 400
ROLES = ("total", "page", "pages", "first", "last", "size", "number")


@dataclass
class Zone:
    """The pager of one page: its lines, and in them the counts."""

    sight: Sight
    start: int
    end: int
    held: int
    """How many entries its page has."""

    @property
    def text(self) -> str:
        return self.sight.text[self.start : self.end]

    @cached_property
    def links(self) -> list[Link]:
        return [
            one for one in self.sight.links if self.start <= one.start and one.end <= self.end and one.text
        ]

    @cached_property
    def between(self) -> list[str]:
        """What stands before, between and behind the links."""
        found: list[str] = []
        place = self.start
        for start, end in [*((one.start, one.end) for one in self.links), (self.end, self.end)]:
            found.append(self.sight.text[place : max(place, start)])
            place = max(place, end)
        return found

    @cached_property
    def numbers(self) -> set[int]:
        """The pages that links lead to."""
        return {
            int(name) for one in self.links if (name := one.text.strip(" []")).isdecimal() and len(name) < 7
        }

    @cached_property
    def counts(self) -> list[str]:
        """The stretches between the links that say more than a page's number."""
        trimmed = (self._trimmed(one, first=n == 0) for n, one in enumerate(self.between))
        return [one for one in trimmed if re.search("[0-9]", one) and re.search(r"[^\s0-9.…\[\]]", one)]

    def _trimmed(self, text: str, *, first: bool) -> str:
        """Without the words and numbers of links that lead nowhere, which are no links."""
        run = _RUN_AFTER.search(text)
        kept = text[: run.start()] if run else text
        if not first:
            ahead = _RUN_BEFORE.match(kept)
            kept = kept[ahead.end() :] if ahead else kept
        alone = _LONE_NUMBER.search(kept)
        if alone and self._is_current(int(alone[1])) and re.search("[0-9]", kept[: alone.start()]):
            kept = kept[: alone.start()]
        return re.sub(r"\A[\s\]]+|[\s\[|·]+\Z", "", kept)

    def plain(self, text: str) -> str:
        """What of a stretch is neither counts nor the name of a link."""
        kept = self._trimmed(text, first=False)
        return "" if re.search("[0-9]", kept) else kept

    def other_words(self) -> Iterator[str]:
        for stretch in map(self.plain, self.between):
            found: list[str] = re.findall(r"[^\s0-9\[\]]+", stretch)
            yield from (name for name in found if any(map(str.isalnum, name)))

    def _is_current(self, number: int) -> bool:
        near = {number - 1, number + 1} & self.numbers
        return bool(near) and number not in self.numbers

    @cached_property
    def current(self) -> int | None:
        """The page, where the links show it: the one number among them that is none."""
        plain: set[int] = set()
        for text in self.between:
            shown = [match.group() for form in _SHOWN for match in form.finditer(text)]
            plain |= {int(n) for one in shown for n in re.findall("[0-9]+", one) if self._is_current(int(n))}
        return plain.pop() if len(plain) == 1 else None


def zones(sight: Sight, held: int, start: int, end: int) -> list[Zone]:
    """What may be the pager of a page whose entries stand from ``start`` to ``end``: the lines with page
    links nearest the list, below it, else above."""
    tree = sight.tree
    likely = [n for n in tree.lines if _is_pager_line(sight, n)]
    below = [n for n in likely if tree.line_starts[n] >= end]
    above = [n for n in reversed(likely) if tree.line_end(n) <= start]
    found: list[Zone] = []
    for some in (below, above):
        if some:
            first, last = _grown(sight, some[0], likely, (start, end))
            found.append(
                Zone(sight, tree.line_starts[first], len(tree.text[: tree.line_end(last)].rstrip()), held)
            )
    return found


def _is_pager_line(sight: Sight, line: int) -> bool:
    text = sight.line(line).strip()
    if not text or len(text) > _ZONE_WIDTH:
        return False
    for link in sight.links_on.get(line, ()):
        name = link.text.strip(" []")
        if (name.isdecimal() and len(name) < 5) or (name in _EVERY_WORD and name not in ("首页", "首頁")):
            return True
    return (
        chinese.PAGER_LIKE.search(text) is not None
        and re.search("[0-9]", text) is not None
        and "。" not in text[:-1]
    )


def _grown(sight: Sight, line: int, likely: Sequence[int], entries: tuple[int, int]) -> tuple[int, int]:
    """The lines around one, as far as they belong to one pager."""
    tree = sight.tree
    first = last = line
    known = set(likely)
    for step in (-1, 1):
        n = line + step
        while n in tree.lines and abs(n - line) < 24 and _goes_on(sight, n, known, entries):
            first, last = min(first, n), max(last, n)
            n += step
    return first, last


def _goes_on(sight: Sight, line: int, known: set[int], entries: tuple[int, int]) -> bool:
    tree = sight.tree
    if entries[0] <= tree.line_starts[line] < entries[1]:
        return False
    text = sight.line(line).strip()
    if line in known or re.fullmatch(rf"{_RUN}+", text):
        return True
    return len(text) < 40 and re.search("[0-9]", text) is not None and re.search("[页条共]", text) is not None


# --- what the numbers are -----------------------------------------------------------------------


@dataclass
class PagerReading:
    """One way to read the pagers of all pages."""

    template: str
    roles: tuple[str, ...]
    size: int | None
    """Entries on a full page, where that must be said."""
    score: float = 0.0
    told: list[dict[str, int]] = field(default_factory=list)
    """For each page, what it says."""


def readings(found: Sequence[Zone]) -> list[PagerReading]:
    """The ways to read pagers that contradict nothing, those best borne out by their labels; several
    only where neither numbers nor labels decide."""
    best: list[PagerReading] = []
    for template, used in _templates(found):
        good = sorted(_assigned(template, used), key=lambda one: -one.score)
        if good and (not best or good[0].score > best[0].score + 0.01):
            best = [one for one in good if one.score > good[0].score - 0.01]
    return best


def _templates(found: Sequence[Zone]) -> Iterator[tuple[Template, list[Zone]]]:
    """Of each stretch of counts that every pager has, and of all together."""
    for n in range(min((len(zone.counts) for zone in found), default=0)):
        template = template_of([tokens(zone.counts[n]) for zone in found])
        if template is not None and any(slot.kind == "number" for slot in template.slots):
            yield template, list(found)


def _assigned(template: Template, found: Sequence[Zone]) -> Iterator[PagerReading]:
    slots = template.slots
    if len(slots) > 7 or any(slot.kind != "number" for slot in slots):
        return
    values = [
        [int(re.sub("[,，]", "", one)) if re.fullmatch("[0-9,，]+", one) else -1 for one in slot.values]
        for slot in slots
    ]
    for roles in _ways(len(slots), ()):
        told = [
            {role: values[at][n] for at, role in enumerate(roles) if role != "number"}
            for n in range(len(found))
        ]
        size = _fits(told, found)
        if size is None or not (size.sure or _tells_pages(roles)):
            continue
        for slot, role in zip(slots, roles, strict=True):
            slot.name = role
        said = size.entries if size.sure and not {"first", "pages"} <= set(roles) else None
        yield PagerReading(template.text(), roles, said, _score(slots, roles), told)


def _tells_pages(roles: Sequence[str]) -> bool:
    """Whether a reader needs no more to know what a page should hold."""
    return "size" in roles or "pages" in roles


def _ways(count: int, chosen: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(chosen) == count:
        if "total" in chosen and ("first" in chosen) == ("last" in chosen):
            yield chosen
        return
    for role in ROLES:
        if role == "number" or role not in chosen:
            yield from _ways(count, (*chosen, role))


class _Size(NamedTuple):
    """The number of entries on a full page; of a list that fits on one, no more is known than its own."""

    entries: int
    sure: bool


def _fits(told: Sequence[Mapping[str, int]], found: Sequence[Zone]) -> _Size | None:
    """The number of entries on a full page, if all pages bear out what their pagers say."""
    sizes = set[int]()
    for one, zone in zip(told, found, strict=True):
        size = _size(one, zone)
        if size is None:
            return None
        sizes |= size
    if len(sizes) > 1:
        return None
    size_of_all = next(iter(sizes), max((zone.held for zone in found), default=0))
    if any(zone.held > size_of_all for zone in found):
        return None
    checked = all(_adds_up(one, zone, size_of_all) for one, zone in zip(told, found, strict=True))
    pages = (one.get("page", zone.current) for one, zone in zip(told, found, strict=True))
    shown = [page for page in pages if page is not None]
    several = any(number < max(shown) for number in shown)  # all but the last page are full
    return _Size(size_of_all, bool(sizes) or several) if checked else None


def _size(one: Mapping[str, int], zone: Zone) -> set[int] | None:
    """What one page says of the entries on a full page; nothing where it leaves that open; None where it
    contradicts itself."""
    total, held = one["total"], zone.held
    page = one.get("page", zone.current)
    pages = one.get("pages")
    if min(one.values()) < 1 or total < held or (page is not None and zone.current not in (None, page)):
        return None
    if page is not None and pages is not None and page > pages:
        return None
    if "first" in one and (one["last"] - one["first"] + 1 != held or one["last"] > total):
        return None
    if "size" in one:
        return {one["size"]}
    last = one.get("last") == total if "last" in one else page == pages if None not in (page, pages) else None
    if last is None:
        return set()
    if not last:
        return {held}
    if pages is None or pages == 1:
        return set()
    size, odd = divmod(total - held, pages - 1)
    return None if odd or size < held else {size}


def _adds_up(one: Mapping[str, int], zone: Zone, size: int) -> bool:
    total = one["total"]
    pages = -(-total // size)
    if one.get("pages", pages) != pages:
        return False
    page = one.get("page", zone.current)
    if page is None and "first" not in one:
        return pages == 1
    page = page if page is not None else (one["first"] - 1) // size + 1
    held = min(size, total - (page - 1) * size)
    if held != zone.held or not 1 <= page <= pages:
        return False
    return "first" not in one or one["first"] == (page - 1) * size + 1


def _score(slots: Sequence[Slot], roles: Sequence[str]) -> float:
    """How well labels bear out what the numbers are: only where those leave it open."""
    score = sum(_bears_out(slot, role) for slot, role in zip(slots, roles, strict=True))
    score -= 2 * roles.count("number")
    for one, other in (("page", "pages"), ("first", "last")):
        if one in roles and other in roles and roles.index(one) + 1 == roles.index(other):
            between = slots[roles.index(one)].unit + slots[roles.index(other)].label
            score += 0.5 if between.strip() in ("", "/", "-", "~", "到", "至", "of") else 0.25
    return score


_UNITS = {"page": labels.PAGE, "pages": labels.PAGES}


def _bears_out(slot: Slot, role: str) -> float:
    unit, label = slot.unit, slot.label
    if (role == "size") != bool(labels.SIZE.search(label) or labels.SIZE.search(unit)):
        return -2.0
    if role == "total":
        return 1.0 if labels.TOTAL.search(unit) or re.search("总数|总计|[条记篇]|合计|共有?$", label) else 0.0
    if role in ("number", "size"):
        return 0.0 if role == "number" else 1.0
    if role in ("first", "last"):
        return 0.5 if not re.search("页", unit) else 0.0
    return 1.0 if _UNITS[role].search(label) else 0.5 if "页" in unit and role == "pages" else 0.0


# --- the words of its links ---------------------------------------------------------------------


def words(found: Sequence[Zone], told: Sequence[Mapping[str, int]]) -> dict[str, list[str]]:
    """What the links of the pagers are called, and what else stands among them."""
    shown: dict[str, dict[str, None]] = {role: {} for role in (*_WORDS, "beside")}
    for zone in found:
        for link in zone.links:
            name = link.text.strip()
            role = next((role for role, some in _WORDS.items() if name in some), None)
            if role is not None:
                shown[role].setdefault(name)
            elif not name.strip("[]").isdecimal():
                shown["beside"].setdefault(name)
        shown["beside"].update(dict.fromkeys(zone.other_words()))
    text = "\n".join(zone.text for zone in found)
    if re.search(rf"\[\s?(?:[0-9]+|{_WORD})\s?\]", text):
        shown["beside"] |= dict.fromkeys("[]")
    for role, some in _WORDS.items():
        for name in some:
            if len(name) > 1 and name.isalpha() and name in text:
                shown[role].setdefault(name)
    return {role: list(names) for role, names in shown.items()}
