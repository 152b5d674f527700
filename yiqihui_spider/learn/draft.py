"""A profile on its way: what was learned, as the TOML that a user may read, edit and keep."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from yiqihui_spider.learn.frame import Crumb
from yiqihui_spider.site import SiteProfile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

Tables = Mapping[str, Any]
_LAYOUT = ("marker", "pager", "breadcrumb", "words")
FORMER = "former"


@dataclass(frozen=True)
class Draft:
    """What was learned of a layout."""

    forms: tuple[str, ...]
    before: bool
    pager: str | None
    size: int | None
    pager_words: Mapping[str, Sequence[str]]
    crumb: Crumb
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    start: str
    name: str
    title: str
    sources: tuple[str, ...] = ()
    read_on: tuple[str, ...] = ()
    note: str = field(default="", compare=False)


def profile_text(draft: Draft, given: SiteProfile, *, fresh: bool) -> str:
    """The profile as TOML: of a site that was not known (``fresh``: only the words of ``given`` that hold
    for Chinese pages in general are taken over), or of a known one, whose layout until now is kept as a
    former one."""
    old: dict[str, Any] = tomllib.loads(given.text)
    new = _site(draft, old, fresh) | {name: {**table} for name, table in _layout(draft, old, fresh).items()}
    shown = "".join(f"# {line}\n" for line in draft.note.splitlines())
    shown += "\n" + _table("", {key: value for key, value in new.items() if not isinstance(value, dict)})
    shown += "".join(_table(name, new[name]) for name in ("articles", *_LAYOUT))
    if not fresh:
        former = [{name: old[name] for name in _LAYOUT if name in old}, *old.get(FORMER, [])]
        kept = [one for one in former if _differs(one, new)]
        shown += "".join(_former(one) for one in kept)
    return shown.lstrip("\n")


def _differs(former: Tables, new: Tables) -> bool:
    return any(former.get(name) != new.get(name) for name in ("marker", "pager", "breadcrumb"))


def _site(draft: Draft, old: Tables, fresh: bool) -> dict[str, Any]:
    if fresh:
        return {
            "name": draft.name, "title": draft.title, "hosts": list(draft.hosts), "start": draft.start,
            "zone": "+08:00", "articles": {"addresses": list(draft.addresses)},
        }  # fmt: skip
    kept = {key: old[key] for key in old if key not in (*_LAYOUT, FORMER, "articles")}
    addresses = dict.fromkeys([*old["articles"]["addresses"], *draft.addresses])
    return {**kept, "articles": {"addresses": list(addresses)}}


def _layout(draft: Draft, old: Tables, fresh: bool) -> dict[str, dict[str, Any]]:
    marker: dict[str, Any] = {"forms": list(draft.forms)}
    if draft.before:
        marker["position"] = "before"
    if sources := list(draft.sources) if fresh else old["marker"].get("sources", []):
        marker["sources"] = sources
    pager: dict[str, Any] = {"forms": [draft.pager]} if draft.pager else {}
    if draft.size:
        pager["size"] = draft.size
    pager |= {role: list(names) for role, names in draft.pager_words.items() if names}
    crumb = draft.crumb
    steps = {
        "opening": crumb.opening,
        "home": crumb.home,
        "section": crumb.section,
        "listing": crumb.listing,
        "separator": crumb.separator,
    }
    words = dict(old.get("words", {}))
    if extra := [one for one in draft.read_on if one not in words.get("read_on", [])]:
        words["read_on"] = [*words.get("read_on", []), *extra]
    return {
        "marker": marker,
        "pager": pager,
        "breadcrumb": {key: value for key, value in steps.items() if value},
        "words": words,
    }


def _table(name: str, values: Mapping[str, Any]) -> str:
    if not values:
        return ""
    head = f"\n[{name}]\n" if name else ""
    return head + "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def _former(tables: Tables) -> str:
    told = "\n# How the site printed its pages before: captures of that time are read by it.\n[[former]]\n"
    return told + "".join(_table(f"{FORMER}.{name}", table) for name, table in tables.items())


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
