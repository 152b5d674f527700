"""Which addresses belong together, and which stand behind those of a web archive. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timezone
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urldefrag, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"https?://[\w.\-:\[\]]+(?:[/?#]|\Z)", re.IGNORECASE)
"""Scheme and host without a user's name, and without what one reader takes for a slash and
another does not: ``http://evil.example\\@www.178hui.com/``."""
_CREDENTIALS = re.compile(r"(://)[^\s/?#@]*(?:@[^\s/?#@]*)*@")


def same_site(url: str, home: str, names: Collection[str] = ()) -> bool:
    """Whether ``url`` is on the one host that ``home`` is on.

    The same host and port, either scheme on its usual port, or two of the ``names`` of the site.

    >>> same_site("https://www.178hui.com/a", "http://178hui.com/", {"178hui.com", "www.178hui.com"})
    True
    >>> same_site("https://www.178hui.com/a", "http://178hui.com/")
    False
    >>> same_site("http://127.0.0.1:8001/", "http://127.0.0.1:8000/")
    False
    >>> same_site("javascript:void(0)", "http://127.0.0.1:8000/")
    False
    >>> same_site("http://evil.example\\\\@www.178hui.com/", "http://www.178hui.com/")
    False
    """
    if not _AUTHORITY.match(url):
        return False
    try:
        here, there = urlsplit(home), urlsplit(url)
        ports = _port(here), _port(there)
    except ValueError:
        return False
    if there.scheme not in _DEFAULT_PORTS or not there.hostname:
        return False
    usual = all(port == _DEFAULT_PORTS[part.scheme] for port, part in zip(ports, (here, there), strict=True))
    if here.hostname == there.hostname:
        return usual or ports[0] == ports[1]
    return usual and here.hostname in names and there.hostname in names


def same_page(url: str, other: str, names: Collection[str] = ()) -> bool:
    """Whether two addresses lead to one page: two ``names`` of the site, either scheme, any fragment.

    >>> same_page("http://178hui.com/news/", "https://178hui.com/news/#top")
    True
    >>> same_page("http://178hui.com/news/?p=1", "http://178hui.com/news/?p=2")
    False
    """
    if urldefrag(url).url == urldefrag(other).url:
        return True
    if not same_site(url, other, names):
        return False
    one, two = urlsplit(url), urlsplit(other)
    return (one.path or "/", one.query) == (two.path or "/", two.query)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own.

    >>> [is_loopback(host) for host in ("localhost", "127.8.0.1", "::1", "www.178hui.com", "128.0.0.1")]
    [True, True, True, False, False]
    """
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def without_password(text: str) -> str:
    """``text`` with what stands before the ``@`` of addresses in it made unreadable.

    >>> without_password("no way by http://me:secret@proxy:3128/ to http://a.b/@c")
    'no way by http://***@proxy:3128/ to http://a.b/@c'
    """
    return _CREDENTIALS.sub(r"\1***@", text)


def is_web_address(url: str) -> bool:
    """Whether this is an address a crawl can begin at.

    >>> [is_web_address(url) for url in ("http://a.b/", "ftp://a.b/", "a.b", "http://[", "http://me:pw@a.b/")]
    [True, False, False, False, False]
    """
    if not _AUTHORITY.match(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and not any(c.isspace() for c in url)
    except ValueError:
        return False


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


# --- copies in web archives ------------------------------------------------------------------

_MOMENT = r"(?:(?P<moment>[0-9]{4,14})\*?|\*)?(?P<mode>[a-z]{2}_)?"
_REPLAYED = re.compile(
    rf"[a-zA-Z][a-zA-Z0-9+.-]*:/{{1,3}}(?:[^/?#]*/){{0,6}}?{_MOMENT}/(?P<address>(?i:https?(?::|%3A)/+)[^/].*)",
    re.DOTALL,
)
"""A replayer's address: host, collection, time, way of showing, then the address that was captured."""
_REPLAYED_BARE = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]*:/{1,3}(?:[^/?#]*/){0,5}?web/(?P<moment>[0-9]{14})(?P<mode>[a-z]{2}_)?/"
    r"(?P<address>/{0,2}(?:[\w-]+\.)+[a-zA-Z]{2,}(?::[0-9]+)?(?:[/?#].*)?)",
    re.DOTALL,
)
"""The same of an address that was asked for without its scheme."""
_SCHEME = re.compile(r"(https?)(?::|%3A)/+", re.IGNORECASE)
_NESTED = 4


class Replayed(NamedTuple):
    """What an address of a web archive names."""

    url: str
    moment: str | None
    """When it was captured, as printed there: 4 to 14 digits, UTC."""


def replayed(url: str) -> Replayed | None:
    """What stands behind an address of a web archive, or None if it is no such address.

    >>> replayed("https://web.archive.org/web/20190705081500id_/http://www.178hui.com/a?b=1")
    Replayed(url='http://www.178hui.com/a?b=1', moment='20190705081500')
    >>> replayed("http://localhost:8080/coll/2019mp_/http://www.178hui.com/").url
    'http://www.178hui.com/'
    >>> replayed("http://www.178hui.com/go?to=/http://www.178hui.com/") is None
    True
    """
    found = None
    for _ in range(_NESTED):  # a replay of a replay
        match = _REPLAYED.match(url) if "http" in url[8:].lower() else None
        if match is None or not (match["moment"] or match["mode"] or "/*/" in url[: match.start("address")]):
            match = _REPLAYED_BARE.match(url) if "/web/" in url else None
        if match is None:
            break
        address = match["address"]
        scheme = _SCHEME.match(address)
        url = (
            f"{scheme[1].lower()}://{address[scheme.end() :]}" if scheme else f"http://{address.lstrip('/')}"
        )
        found = Replayed(url, match["moment"])
    return found


def original_address(url: str) -> str:
    """The address that was captured, where ``url`` is a web archive's for it; else ``url``.

    >>> original_address("http://www.178hui.com/web/20190705081500/http://www.178hui.com/news/")
    'http://www.178hui.com/news/'
    """
    found = replayed(url) if any(sign in url for sign in ("/http", "/HTTP", "/web/")) else None
    return url if found is None else found.url


_TOOLBAR = ("<!-- BEGIN WAYBACK TOOLBAR INSERT -->", "<!-- END WAYBACK TOOLBAR INSERT -->")
_FILE_ARCHIVED = re.compile(
    r"FILE ARCHIVED ON ([0-9]{1,2}:[0-9]{2}:[0-9]{2} [A-Z][a-z]{2} [0-9]{1,2}, [0-9]{4}) AND"
)
_LINKED = re.compile(r"/web/([0-9]{14})(?:[a-z]{2}_)?/(?:https?:|/)", re.IGNORECASE)
_MOST_LINKS = 10_000


def without_toolbar(html: str) -> str:
    """A page without the bar that the Wayback Machine puts above it."""
    begin, end = _TOOLBAR
    start = html.find(begin)
    stop = html.find(end, start) if start >= 0 else -1
    return html if stop < 0 else html[:start] + html[stop + len(end) :]


def capture_time(html: str) -> str | None:
    """When a page that was saved from a web archive had been captured there (ISO 8601, UTC), by
    the archive's own comment or by the time that its links carry; None where nothing says so.

    >>> capture_time('<a href="https://web.archive.org/web/20190620000000/http://www.178hui.com/">')
    '2019-06-20T00:00:00+00:00'
    """
    comment = _FILE_ARCHIVED.search(html)
    if comment is not None:
        told = _moment(comment[1], "%H:%M:%S %b %d, %Y")
        if told is not None:
            return told
    page = without_toolbar(html)
    moments = Counter(match[1] for match, _ in zip(_LINKED.finditer(page), range(_MOST_LINKS), strict=False))
    return next(
        (told for digits, _ in moments.most_common() if (told := _moment(digits, "%Y%m%d%H%M%S"))), None
    )


def _moment(printed: str, form: str) -> str | None:
    try:
        return datetime.strptime(printed, form).replace(tzinfo=timezone.utc).isoformat()
    except ValueError:
        return None
