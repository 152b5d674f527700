"""Reads a site profile: TOML into a :class:`SiteProfile`, or one line that says what is wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from yiqihui_spider.errors import Exit, YiqihuiError
from yiqihui_spider.site import words as site_words
from yiqihui_spider.site.addresses import compile_address
from yiqihui_spider.site.marker import MarkerForms, compile_markers
from yiqihui_spider.site.pager import compile_pager
from yiqihui_spider.site.profile import SiteProfile
from yiqihui_spider.site.template import TemplateError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

DEFAULT = "178hui"
_MOST_BYTES = 1_000_000
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[?[0-9a-f:.]+\]?")
_NAME = re.compile(r"[^\W_][\w.-]{0,39}")
_OFFSET = re.compile(r"([+-])(\d{2}):([0-5]\d)")

_KEYS: dict[str, dict[str, type]] = {
    "": {"name": str, "title": str, "hosts": list, "past_hosts": list, "start": str, "zone": str},
    "articles": {"addresses": list},
    "marker": {"forms": list, "sources": list, "position": str},
    "pager": {
        "forms": list,
        "size": int,
        "first": list,
        "previous": list,
        "next": list,
        "last": list,
        "beside": list,
    },
    "breadcrumb": {"opening": str, "home": str, "section": str, "listing": str, "separator": str},
    "words": {"read_on": list, "around": list, "neighbours": list, "sharing": str, "no_category": list},
}
"""Table, key and kind; a list is one of texts."""
FORMER = "former"
_OF_A_LAYOUT = ("marker", "pager", "breadcrumb", "words")
"""What a ``[[former]]`` may say otherwise; all else holds for the site whatever its layout."""
_NEEDED = ("name", "hosts", "start", "articles.addresses", "marker.forms")
_KINDS = {str: "a text", list: "a list of texts", int: "a whole number above 0"}

T = TypeVar("T")


class SiteError(YiqihuiError):
    """A site profile that can't be used; one line says where and why."""

    exit_code = Exit.USAGE


def built_in_names() -> list[str]:
    names = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def built_in(name: str) -> SiteProfile:
    """A profile that comes with the program."""
    text = files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
    return parse_profile(text, f"{name}.toml", built_in=True)


def load_profile(named: str | Path) -> SiteProfile:
    """The profile in a file, or a built-in one by its name. Raises SiteError."""
    path = Path(named)
    try:
        if str(named) in built_in_names() and not path.is_file():
            return built_in(str(named))
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        known = " or ".join(built_in_names())
        why = getattr(error, "strerror", None) or str(error)
        raise SiteError(f"site profile {named}: {why} (a file, or {known})") from None
    if len(data) > _MOST_BYTES:
        raise SiteError(f"site profile {named}: larger than any profile")
    try:
        return parse_profile(data.decode("utf-8-sig"), str(named))
    except UnicodeDecodeError:
        raise SiteError(f"site profile {named}: is not UTF-8") from None


def parse_profile(text: str, where: str, *, built_in: bool = False) -> SiteProfile:
    """A profile from its text; ``where`` is what an error calls it. Raises SiteError.

    >>> parse_profile("name = 'x'\\nhost = ['x.example']", "x.toml")
    Traceback (most recent call last):
        ...
    yiqihui_spider.site.loader.SiteError: x.toml, line 2: there is no key host; did you mean hosts?
    """
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SiteError(f"{where}: {' '.join(str(error).split())}") from None
    reader = _Reader(where, text, data)
    profile = reader.profile(built_in)
    return replace(profile, former=tuple(one.profile(built_in) for one in reader.former()))


@dataclass
class _Reader:
    where: str
    text: str
    data: dict[str, Any]

    def former(self) -> Iterator[_Reader]:
        """What reads each of the former layouts, newest first."""
        now = {key: value for key, value in self.data.items() if key != FORMER}
        for tables in self.data.get(FORMER, []):
            yield _Reader(f"{self.where}, [[{FORMER}]]", "", {**now, **tables})

    def profile(self, built_in: bool) -> SiteProfile:
        self._check()
        get = self._get
        hosts, past = (self._hosts(key) for key in ("hosts", "past_hosts"))
        trail = [get("breadcrumb", key, "") for key in _KEYS["breadcrumb"]]
        links = [get("pager", key, []) for key in ("first", "previous", "next", "last")]
        read_on, around, neighbours = (get("words", key, []) for key in ("read_on", "around", "neighbours"))
        _, home, section, listing, _ = trail
        no_categories = (home, section, listing, *get("words", "no_category", []), *read_on)
        return SiteProfile(
            name=self._name(),
            title=get("", "title", "") or section or hosts[0],
            hosts=hosts,
            past_hosts=past,
            start_url=self._start(),
            zone=self._zone(get("", "zone", "+08:00")),
            addresses=tuple(
                self._compiled("articles.addresses", compile_address, one)
                for one in get("articles", "addresses", [])
            ),
            markers=self._markers(),
            pager=self._compiled(
                "pager.forms",
                compile_pager,
                get("pager", "forms", []),
                get("pager", "size", None),
                *links,
                get("pager", "beside", []),
            ),
            breadcrumb=site_words.breadcrumb(*trail),
            words=site_words.words(read_on, around, neighbours, get("words", "sharing", "")),
            no_categories=frozenset(chain(no_categories, *links)),
            text=self.text,
            built_in=built_in,
        )

    def _markers(self) -> MarkerForms:
        position = self._get("marker", "position", "after")
        if position not in ("after", "before"):
            raise self._error("marker.position", f'is "after" or "before" (the text), not {position!r}')
        forms, sources = (self._get("marker", key, []) for key in ("forms", "sources"))
        return self._compiled("marker.forms", compile_markers, forms, sources, position == "before")

    # --- what is there -----------------------------------------------------------------------

    def _check(self) -> None:
        for key, value in self.data.items():
            if key == FORMER:
                self._check_former(value)
            elif key in _KEYS and key:
                if not isinstance(value, dict):
                    raise self._error(key, f"is a table: [{key}]")
                for inner in value:
                    self._check_key(key, inner, value[inner])
            else:
                self._check_key("", key, value)
        for key in _NEEDED:
            table, _, inner = key.rpartition(".")
            if not self._get(table, inner, None):
                raise self._error(key, "is missing" if self._get(table, inner, None) is None else "is empty")

    def _check_former(self, layouts: Any) -> None:
        if not isinstance(layouts, list) or not all(isinstance(one, dict) for one in layouts):
            raise self._error(FORMER, f"is one table for each layout: [[{FORMER}]]")
        for key in (key for one in layouts for key in one if key not in _OF_A_LAYOUT):
            known = ", ".join(f"[{FORMER}.{one}]" for one in _OF_A_LAYOUT)
            raise self._error(FORMER, f"has no {key}; there are {known}")

    def _check_key(self, table: str, key: str, value: Any) -> None:
        path = f"{table}.{key}" if table else key
        if key not in _KEYS[table]:
            raise SiteError(f"{self._at(table, key)}: there is no key {path}; {_meant(table, key)}")
        kind = _KEYS[table][key]
        if not _is_of(kind, value):
            raise self._error(path, f"is {_KINDS[kind]}, not {_shown(value)}")

    def _get(self, table: str, key: str, default: Any) -> Any:
        held = self.data.get(table, {}) if table else self.data
        return held.get(key, default)

    # --- what it means -----------------------------------------------------------------------

    def _name(self) -> str:
        name = str(self.data["name"])
        if not _NAME.fullmatch(name):
            raise self._error("name", f"is one word of letters and digits, not {_shown(name)}")
        return name

    def _hosts(self, key: str) -> tuple[str, ...]:
        hosts = self._get("", key, [])
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise self._error(key, f"are host names such as www.example.cn, not {_shown(host)}")
        return tuple(hosts)

    def _start(self) -> str:
        start = str(self.data["start"])
        try:
            parts = urlsplit(start)
            right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            right = False
        if not right or re.search(r"[\s\\@]", start):
            raise self._error(
                "start", f"is an address that begins with http:// or https://, not {_shown(start)}"
            )
        return start

    def _zone(self, named: str) -> tzinfo:
        offset = _OFFSET.fullmatch(named)
        if offset is not None and int(offset[2]) < 24:
            size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return timezone(-size if offset[1] == "-" else size)
        try:
            return ZoneInfo(named)
        except (OSError, ValueError, KeyError):
            raise self._error("zone", f"is +08:00 or Asia/Shanghai, say, not {_shown(named)}") from None

    def _compiled(self, key: str, make: Callable[..., T], *values: Any) -> T:
        try:
            return make(*values)
        except TemplateError as error:
            raise self._error(key, str(error)) from None

    def _error(self, path: str, problem: str) -> SiteError:
        table, _, key = path.rpartition(".")
        return SiteError(f"{self._at(table, key)}: {path} {problem}")

    def _at(self, table: str, key: str) -> str:
        """The file, and the line on which a key stands."""
        inside = ""
        for number, line in enumerate(self.text.split("\n"), 1):
            header = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
            inside = header[1] if header else inside
            named = re.match(r"\s*[\"']?([\w.-]+)[\"']?\s*=", line)
            if (named and inside == table and named[1] == key) or (header and not table and header[1] == key):
                return f"{self.where}, line {number}"
        return self.where


def _is_of(kind: Any, value: Any) -> bool:
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    if kind is list:
        return all(isinstance(one, str) and one.strip() for one in value)
    return kind is not int or value > 0


def _meant(table: str, key: str) -> str:
    everywhere = list(dict.fromkeys([*_KEYS[table], *(name for name in _KEYS if name and not table)]))
    near = get_close_matches(key, everywhere, 1, 0.5)
    if near:
        return f"did you mean {table + '.' if table else ''}{near[0]}?"
    elsewhere = [f"{name}.{key}" for name, keys in _KEYS.items() if name and key in keys]
    return f"did you mean {elsewhere[0]}?" if elsewhere else f"there are {', '.join(everywhere)}"


def _shown(value: Any) -> str:
    shown = " ".join(repr(value).split())
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
