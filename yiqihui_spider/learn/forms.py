"""Marker forms from groups of markers: templates, and every way to name their slots."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import NamedTuple

from yiqihui_spider.learn import labels
from yiqihui_spider.learn.key import AnswerKey, Known
from yiqihui_spider.learn.markers import Found, in_order, pairs
from yiqihui_spider.learn.roles import named
from yiqihui_spider.learn.sights import CLOCK_BEFORE, ODD_CLOCK, ODD_ZONE
from yiqihui_spider.learn.templates import SEPARATORS, Template, template_of
from yiqihui_spider.learn.tokens import Token, tokens
from yiqihui_spider.parse.candidates import count
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.site.marker import compile_markers
from yiqihui_spider.site.template import TemplateError

_A_DAY = len("2019-04-13")
_MOST_CLUSTERS = 4
_MOST_WAYS = 8
_ENOUGH = 2
_SOURCE_INSIDE = re.compile(rf"(?:\A|[\s{re.escape(SEPARATORS)}])(?:{labels.SOURCE.pattern})")
_A_LINE_OF_TEXT = re.compile(r"\A\{text\}\n|\n\{text\}\Z")
_TWO_NUMBERS = re.compile(r"\{(?:views|number)\}[,，]\{(?:views|number)\}")


class Told(NamedTuple):
    """What one marker says, as its template has it: the reader must find the same."""

    time: str
    views: int | None
    source: str | None


@dataclass(frozen=True)
class FormSet:
    """The forms of one kind of marker, as one way to name their slots has it."""

    forms: tuple[str, ...]
    fault: str | None = None
    """Why no profile can have them."""
    told: tuple[Told, ...] = ()
    """What each marker says by them."""
    places: tuple[tuple[Place, str], ...] = ()
    """What stands beside which words."""

    def goes_with(self, other: FormSet) -> bool:
        """Whether what stands beside the same words is the same in both."""
        roles = dict(other.places)
        return all(roles.get(place, role) == role for place, role in self.places if place[1] + place[2])


Place = tuple[str, str, str]
"""Kind, label and unit of a slot."""


class Way(NamedTuple):
    """One way to name a template's slots."""

    form: str
    places: tuple[tuple[Place, str], ...]
    """Each slot and its name."""
    members: tuple[int, ...] = ()
    told: tuple[Told, ...] = ()


def form_sets(found: Sequence[Found], key: AnswerKey, site: SiteProfile) -> list[FormSet]:
    """Every way to read these markers."""
    if fault := _odd_time(found):
        return [FormSet((), fault)]
    names = sorted({*key.sources, *site.markers.sources}, key=len, reverse=True)
    strings = [tokens(one.text, names) for one in found]
    known = pairs(found, key)
    numbers = [_number(one, site) for one in found]
    every: list[list[Way]] = []
    usual: set[str] = set()
    for members in clusters(strings):
        template = template_of([strings[at] for at in members])
        if template is None:
            return []
        if all(found[at].glued for at in members):
            template.drop_text_before()
        if usual:
            template.loosen(usual)
        usual = usual or template.words
        if fault := _divided_numbers([template.printed(n) for n in range(template.count)]):
            return [FormSet((), fault)]
        ways = _ways(template, [known[at] for at in members], [numbers[at] for at in members], key)
        every.append([way._replace(members=tuple(members)) for way in ways])
    alike = (chosen for chosen in product(*every) if _are_alike(chosen))
    return list(dict.fromkeys(_form_set(chosen) for chosen in islice(alike, _MOST_WAYS)))


def _odd_time(found: Sequence[Found]) -> str | None:
    """Why times can't be read: what follows says more of them than a form can hold."""
    for one in found:
        text, end = one.sight.text, one.spot.end
        timed = len(one.spot.time) > _A_DAY
        before = None if timed else CLOCK_BEFORE.search(text, one.start, one.spot.start)
        follows = before or (ODD_ZONE if timed else ODD_CLOCK).match(text, end, one.end)
        if follows is not None:
            shown = text[min(one.spot.start, follows.start()) : max(end, follows.end())]
            return f"times such as {shown!r} can't be written as a form"
    return None


def _divided_numbers(texts: Sequence[str]) -> str | None:
    """Why numbers can't be told apart: ``评论：2，471 次`` may be one or two, where that comma also stands
    between parts."""
    for comma in ",，":
        whole = next(
            (found for text in texts if (found := re.search(f"[0-9]{comma}[0-9]{{3}}(?![0-9])", text))), None
        )
        parts = any(re.search(f"{comma}(?![0-9]{{3}}(?![0-9]))|(?<![0-9]){comma}", text) for text in texts)
        if whole and parts:
            return (
                f"{whole.group()!r} may be one number or two: the same comma stands between parts of a marker"
            )
    return None


def _are_alike(chosen: Sequence[Way]) -> bool:
    """Whether what stands beside the same words is the same in all forms of a site."""
    roles: dict[Place, str] = {}
    for way in chosen:
        for place, role in way.places:
            if place[1] + place[2] and roles.setdefault(place, role) != role:
                return False
    return True


def _form_set(chosen: Sequence[Way]) -> FormSet:
    forms = tuple(dict.fromkeys(way.form for way in chosen))
    told = {at: one for way in chosen for at, one in zip(way.members, way.told, strict=True)}
    if close := next((form for form in forms if _TWO_NUMBERS.search(form)), None):
        return FormSet(forms, f"{close!r}: a comma alone between two numbers may be part of one")
    if loose := next((form for form in forms if _A_LINE_OF_TEXT.search(form)), None):
        return FormSet(forms, f"{loose!r}: a line of anything at its edge may be a text's")
    try:
        compile_markers(forms, (), False)
    except TemplateError as error:
        return FormSet(forms, str(error))
    places = tuple(dict.fromkeys(place for way in chosen for place in way.places))
    return FormSet(forms, None, tuple(told[at] for at in sorted(told)), places)


def _ways(
    template: Template, known: Sequence[Known | None], numbers: Sequence[int | None], key: AnswerKey
) -> list[Way]:
    order = [in_order(slot.values, numbers) for slot in template.slots if slot.kind == "date"]
    found: list[Way] = []
    for names in named(template, known, key, order):
        for slot, name in zip(template.slots, names, strict=True):
            slot.name = name
        places = ((slot.kind, slot.label, slot.unit) for slot in template.slots)
        told = tuple(_told(template, at) for at in range(template.count))
        found.append(Way(template.text(), tuple(zip(places, names, strict=True)), (), told))
    return found


def _told(template: Template, at: int) -> Told:
    values = {slot.name: slot.values[at] for slot in template.slots}
    views = count(values["views"])[0] if "views" in values else None
    return Told(values["time"], views, values.get("source") or None)


def _number(one: Found, site: SiteProfile) -> int | None:
    """The number in the address of the title above a marker."""
    line = one.sight.tree.line_at(one.start)
    for n in range(line, max(-1, line - 12), -1):
        for link in one.sight.links_on.get(n, ()):
            if link.text.strip() and (number := _last_number(link.href)) is not None:
                return number
    return None


def _last_number(href: str) -> int | None:
    digits = [part for part in _split_digits(href) if part]
    return int(digits[-1][:18]) if digits else None


def _split_digits(text: str) -> Iterator[str]:
    run = ""
    for char in text:
        if char.isascii() and char.isdigit():
            run += char
        else:
            yield run
            run = ""
    yield run


# --- markers of several forms -------------------------------------------------------------------


def clusters(strings: Sequence[Sequence[Token]]) -> list[list[int]]:
    """Strings that one template prints, by number: apart where some lack a part with its label."""
    done: list[list[int]] = []
    waiting = [list(range(len(strings)))]
    while waiting:
        members = waiting.pop()
        template = template_of([strings[at] for at in members])
        split = _halves(template, members) if template is not None else None
        if split is None or len(done) + len(waiting) + 2 > _MOST_CLUSTERS:
            done.append(members)
        else:
            waiting += split
    return sorted(done, key=lambda members: (-len(members), members))


def _halves(template: Template, members: Sequence[int]) -> list[list[int]] | None:
    """With and without a label that stands in some only, or a part that nothing divides from the next."""
    for slot in template.slots:
        tells = bool if slot in template.beside_others else _is_labelled
        having = [at for at, value in zip(members, slot.values, strict=True) if tells(value)]
        lacking = [at for at in members if at not in having]
        if slot.kind == "text" and having and lacking:
            return [having, lacking]
    return _label_of_some(template, members)


def _label_of_some(template: Template, members: Sequence[int]) -> list[list[int]] | None:
    """A word or mark that several strings share and others lack, in a slot that some leave empty."""
    for slot in template.slots:
        if slot.kind != "text" or "" not in slot.values:
            continue
        words = [_first_word(value) for value in slot.values]
        common = {word for word in words if word and words.count(word) >= _ENOUGH}
        filled = [value for value in slot.values if value]
        several = len(set(filled)) > 1 and len(common) == 1
        if several and all(_first_word(value) in common and value not in common for value in filled):
            having = [at for at, value in zip(members, slot.values, strict=True) if value]
            return [having, [at for at in members if at not in having]]
    return None


def _first_word(value: str) -> str:
    row = tokens(value)
    return row[0].text if row else ""


def _is_labelled(value: str) -> bool:
    """Whether more than a name stands in it: a label, or a mark that divides it from what is before."""
    bare = value.lstrip(SEPARATORS + " ")
    return bare != value or any(mark in value for mark in ":：(（") or _SOURCE_INSIDE.search(bare) is not None
