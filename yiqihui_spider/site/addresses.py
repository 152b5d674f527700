"""Address forms of articles, compiled: which addresses are articles', and their numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from yiqihui_spider.site.template import TemplateError, parse

SLOTS = ("number", "text", "year", "month", "day")
"""``text`` stands for one folder's or file's name that varies."""
_NUMBER = "([0-9]{1,18})"
"""18 digits fit in 64 bits."""
_PARTS = {
    "number": _NUMBER,
    "text": "[^/?#]+",
    "year": "[0-9]{4}",
    "month": "[0-9]{1,2}",
    "day": "[0-9]{1,2}",
}


@dataclass(frozen=True, slots=True)
class AddressForm:
    template: str
    host: str
    """Empty: any host of the site."""
    path: re.Pattern[str]
    query: tuple[tuple[str, str], ...]
    """Names and values that must be there; an empty value is the number."""

    def number(self, host: str, path: str, query: str) -> int | None:
        if self.host and host != self.host:
            return None
        match = self.path.search(path)
        if match is None:
            return None
        if not self.query:
            return int(match[1])
        told = dict(parse_qsl(query, keep_blank_values=True))
        found = next((told.get(name, "") for name, value in self.query if not value), "")
        if any(value and told.get(name) != value for name, value in self.query):
            return None
        return int(match[1] if match.re.groups else found) if match.re.groups or _is_number(found) else None


def _is_number(text: str) -> bool:
    return re.fullmatch(_NUMBER, text) is not None


def compile_address(template: str) -> AddressForm:
    """Raises TemplateError."""
    slots = [part.slot for part in parse(template, SLOTS)]
    if slots.count("number") != 1:
        raise TemplateError(f"{template!r} needs one {{number}}, by which an article is known")
    host, path, query = _divided(template)
    if not path.startswith("/"):
        raise TemplateError(f"{template!r} is no address: it begins with / or http://")
    pairs: list[tuple[str, str]] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if "{" in value and value != "{number}":
            raise TemplateError(f"{template!r}: behind ? a value is {{number}} or literal text")
        pairs.append((name, "" if value == "{number}" else value))
    return AddressForm(template, host, re.compile(_path(path)), tuple(pairs))


def _divided(template: str) -> tuple[str, str, str]:
    rest, _, query = template.partition("?")
    if rest.startswith("/") and not rest.startswith("//"):
        return "", rest, query
    match = re.match(r"(?:https?:)?//([^/{}]+)(/.*)", rest)
    if match is None:
        raise TemplateError(f"{template!r} is no address: it begins with / or http://")
    return match[1].lower(), match[2], query


def _path(path: str) -> str:
    """A form that names a folder is found at the end of an address, so that a saved copy's counts."""
    pieces = re.split(r"\{(\w+)\}", path)
    printed = "".join(_PARTS[one] if n % 2 else re.escape(one) for n, one in enumerate(pieces))
    printed = re.sub(r"\\\.html?\Z", r"\\.html?", printed)
    return ("" if path.count("/") > 1 else r"\A") + printed + r"\Z"


def number_in(forms: Sequence[AddressForm], url: str, hosts: Collection[str] | None = None) -> int | None:
    """An article's number by its address, or None; ``hosts``: only forms of these, or of any host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    for form in forms:
        if hosts is not None and form.host and form.host not in hosts:
            continue
        if (number := form.number(host, parts.path, parts.query)) is not None:
            return number
    return None
