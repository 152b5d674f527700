"""Which addresses belong together. Pure."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from yiqihui_spider import site

_DEFAULT_PORTS = {"http": 80, "https": 443}


def same_site(url: str, home: str) -> bool:
    """Whether ``url`` is on the one host that ``home`` is on.

    The same host and port, either scheme on its usual port, or two names of the site itself.

    >>> same_site("https://www.178hui.com/a", "http://178hui.com/")
    True
    >>> same_site("http://127.0.0.1:8001/", "http://127.0.0.1:8000/")
    False
    >>> same_site("javascript:void(0)", "http://127.0.0.1:8000/")
    False
    """
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
    return usual and {here.hostname, there.hostname} <= set(site.HOSTS)


def is_web_address(url: str) -> bool:
    """Whether this is an address a crawl can begin at.

    >>> [is_web_address(url) for url in ("http://a.b/", "ftp://a.b/", "a.b", "http://[")]
    [True, False, False, False]
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and not any(c.isspace() for c in url)


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
