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
    query: frozenset[tuple[str, str]]
    """Names and values that must be there."""
    parameter: str | None
    """Whose value is the number; None where that stands in the path."""

    def number(self, host: str, path: str, query: str) -> int | None:
        match = self.path.search(path)
        if match is None or self.host not in ("", host):
            return None
        if not self.query and self.parameter is None:
            return int(match[1])
        told = dict(parse_qsl(query, keep_blank_values=True))
        if not self.query <= told.items():
            return None
        printed = match[1] if self.parameter is None else told.get(self.parameter, "")
        return int(printed) if re.fullmatch(_NUMBER, printed) else None


def compile_address(template: str) -> AddressForm:
    """Raises TemplateError."""
    slots = [part.slot for part in parse(template, SLOTS)]
    if slots.count("number") != 1:
        raise TemplateError(f"{template!r} needs one {{number}}, by which an article is known")
    host, path, query = _divided(template)
    if not path.startswith("/"):
        raise TemplateError(f"{template!r} is no address: it begins with / or http://")
    fixed, parameter = _query(template, query)
    return AddressForm(template, host, re.compile(_path(path)), fixed, parameter)


def _query(template: str, query: str) -> tuple[frozenset[tuple[str, str]], str | None]:
    values = dict(parse_qsl(query, keep_blank_values=True))
    parameter = next((name for name, value in values.items() if value == "{number}"), None)
    fixed = frozenset((name, value) for name, value in values.items() if value and name != parameter)
    if any("{" in value for _, value in fixed):
        raise TemplateError(f"{template!r}: behind ? a value is {{number}} or literal text")
    return fixed, parameter


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
