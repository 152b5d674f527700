"""Whose a page is: the address and time that a saved copy names, and which hosts are taken. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from html import unescape
from itertools import islice
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from yiqihui_spider.imports.moments import moment
from yiqihui_spider.parse.charset import decode
from yiqihui_spider.urls import capture_time, original_address, replayed

_HEAD = 64 * 1024
_TAG = re.compile(r"<(link|meta|html)\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_COMMENTS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"<!--\s*saved from url=(?:\(\d+\))?\s*(?P<url>\S+)\s*-->",
        r"<!--\s*Page saved with SingleFile\s+url:\s*(?P<url>\S+)\s+"
        r"saved date:\s*(?P<at>[^\r\n]{1,80}?)\s*(?:-->|[\r\n])",
        r"<!--\s*Mirrored from (?P<url>\S+) by HTTrack[^,>]{0,80},(?P<at>[^>]{1,60}?)\s*-->",
        r"<!--\s*Saved from (?P<url>\S+) at (?P<at>\S+) using monolith",
        r"<!--\s*OriginalSrc:\s*(?P<url>\S+?)\s*-->",
    )
)
"""Browsers, SingleFile, HTTrack, monolith, MaoXian."""
_HREF = re.compile(r"\bhref\s*=\s*[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE)
_MOST_LINKS = 5000


@dataclass(frozen=True, slots=True)
class Saved:
    """What a saved page says of itself."""

    url: str | None = None
    captured_at: str | None = None
    """ISO 8601, UTC; None where the copy does not say when it was made."""


def saved_page(html: bytes, zone: tzinfo, is_home: Callable[[str], bool] = lambda url: True) -> Saved:
    """Address and time of a saved page. Of several addresses the first one ``is_home`` likes counts,
    else the first: a page's canonical address may be that of whoever wrote the text."""
    text = decode(html[:_HEAD], None)[0]
    named = sorted([*_by_tags(text, zone), *_by_comments(text, zone)], key=lambda one: one[2])
    urls = [url for raw, *_ in named if is_web(url := original_address(raw.strip()))]
    own = next((url for url in urls if is_home(url)), urls[0] if urls else None)
    at = next((at for _, at, _ in named if at), None)
    return Saved(own, _replayed_at(html, [raw for raw, *_ in named]) or at)


_Named = tuple[str, "str | None", int]
"""An address, a time, and how late it is believed."""


def _by_tags(text: str, zone: tzinfo) -> Iterator[_Named]:
    named: dict[str, str] = {}
    for tag in _TAG.finditer(text):
        values = {a[0].lower(): unescape(a[1] or a[2] or a[3]) for a in _ATTRIBUTE.findall(tag[2])}
        kind = _kind(values)
        if kind is not None:
            named.setdefault(kind, values.get("href" if kind == "canonical" else "content", ""))
        named.update({key: values[key] for key in values if key.startswith("data-scrapbook-")})
    at = moment(named.get("savepage-date"), zone) or moment(named.get("data-scrapbook-create"))
    for rank, key in enumerate(("canonical", "savepage-url", "data-scrapbook-source", "og:url")):
        if key in named:
            yield named[key], at, rank


def _kind(attributes: Mapping[str, str]) -> str | None:
    """What a ``link`` or ``meta`` tells of the page, if it is something of use here."""
    if "canonical" in attributes.get("rel", "").lower().split():
        return "canonical"
    name = (attributes.get("property") or attributes.get("name") or "").lower()
    return name if name in ("og:url", "savepage-url", "savepage-date") else None


def _by_comments(text: str, zone: tzinfo) -> Iterator[_Named]:
    for form in _COMMENTS:
        match = form.search(text)
        if match is not None:
            url, at = match["url"], match.groupdict().get("at")
            yield url if ":" in url else f"http://{url}", moment(at, zone), 1


def _replayed_at(html: bytes, addresses: list[str]) -> str | None:
    """When a copy from a web archive had been captured there: by the archive's comment, by the
    address it was saved from, or by the time in its links, if it has rewritten most of them."""
    if b"FILE ARCHIVED ON" in html and (told := capture_time(decode(html, None)[0])) is not None:
        return told
    digits = next((known for address in addresses if len(known := _replay_digits(address)) == 14), None)
    if digits is not None:
        return moment(digits)
    if re.search(rb"/\d{14}(?:[a-z]{2}_)?/+https?(?::|%3A)", html) is None:
        return None
    return _time_in_links(link[1] for link in islice(_HREF.finditer(decode(html, None)[0]), _MOST_LINKS))


def _replay_digits(address: str) -> str:
    """The time in an address at a web archive, as it stands there; "" in any other."""
    known = replayed(address)
    return (known.moment or "") if known else ""


def _time_in_links(links: Iterable[str]) -> str | None:
    away = [link for link in links if not link.startswith(("#", "javascript:", "mailto:", "data:"))]
    times = [digits for link in away if (digits := _replay_digits(unescape(link)))]
    full = Counter(digits for digits in times if len(digits) == 14)
    return moment(full.most_common(1)[0][0]) if full and len(times) * 2 >= len(away) else None


# --- a mirror's folders ------------------------------------------------------------------------


def address_in_path(path: PurePath, hosts: Collection[str]) -> str | None:
    """The address of a file in a mirror (wget, HTTrack), where a folder is named after a host.

    >>> address_in_path(PurePath("m/www.178hui.com/news/list.php?cat=3.html"), {"www.178hui.com"})
    'http://www.178hui.com/news/list.php?cat=3'
    """
    parts = path.parts[:-1]
    at = next((n for n in range(len(parts) - 1, -1, -1) if parts[n].replace("+", ":") in hosts), None)
    if at is None:
        return None
    rest = "/".join(path.parts[at + 1 :])
    way, mark, query = rest.partition("?" if "?" in rest else "@")
    if mark:  # wget -E adds .html, and on Windows it writes @ for ?
        query = re.sub(r"\.html?\Z", "", query)
        rest = f"{way}?{query}"
    rest = re.sub(r"(?:\A|(?<=/))index\.html?\Z", "", rest)
    return f"http://{parts[at].replace('+', ':')}/{quote(rest, safe='/?&=%:;,+~@!$()*')}"


# --- hosts -------------------------------------------------------------------------------------

_AUTHORITY = re.compile(
    r"https?://(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5})?)?(?=[/?#]|\Z)",
    re.IGNORECASE,
)
_ODD = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


def is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://")) and bool(host_of(url))


def host_of(url: str) -> str:
    """Host name in lower case, without the port; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def authority(url: str) -> tuple[str, str] | None:
    """Host, and host with port, in lower case; None for an address that programs read differently:
    with a name and password, a backslash, white space, or letters beyond ASCII in its host.

    >>> authority("http://WWW.178hui.com.:80/a"), authority("http://evil.com#@www.178hui.com/")
    (('www.178hui.com', 'www.178hui.com:80'), ('evil.com', 'evil.com'))
    >>> authority("http://evil.com\\\\@www.178hui.com/") is None
    True
    """
    match = None if _ODD.search(url) else _AUTHORITY.match(url)
    if match is None or (match["port"] and int(match["port"]) > 65535):
        return None
    host = match["host"].lower().strip("[]")
    host = host[:-1] if host.endswith(".") else host
    if not host or ".." in host or host.startswith("."):
        return None
    return host, f"{host}:{int(match['port'])}" if match["port"] else host


def takes(url: str, hosts: Collection[str]) -> bool:
    """Whether an address is on one of the hosts (names, or names with a port)."""
    found = authority(url)
    return found is not None and (found[0] in hosts or found[1] in hosts)


def host_name(given: str) -> str:
    """A host as the user names it, as it stands in addresses: IDN in its ASCII form."""
    name = given.strip().lower().strip("[]").rstrip(".")
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name
