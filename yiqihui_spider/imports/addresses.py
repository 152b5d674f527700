"""Under which address a saved page is filed: its own, if it tells. Pure."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from yiqihui_spider.addresses import original_address
from yiqihui_spider.charset import decode

_HEAD = 64 * 1024
_SAVED_FROM = re.compile(r"<!--\s*saved from url=(?:\(\d+\))?\s*(\S+)\s*-->", re.IGNORECASE)
_TAG = re.compile(r"<(link|meta)\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)


def own_address(html: bytes) -> str | None:
    """A saved page's address, from ``link rel=canonical``, a "saved from url" comment or
    ``meta property=og:url``; None if it names none."""
    text = decode(html[:_HEAD], None)[0]
    named: dict[str, str] = {}
    for tag in _TAG.finditer(text):
        attributes = {a[0].lower(): unescape(a[1] or a[2] or a[3]) for a in _ATTRIBUTE.findall(tag[2])}
        if "canonical" in attributes.get("rel", "").lower().split():
            named.setdefault("canonical", attributes.get("href", ""))
        elif attributes.get("property", "").lower() == "og:url":
            named.setdefault("og", attributes.get("content", ""))
    saved = _SAVED_FROM.search(text)
    candidates = (named.get("canonical"), saved[1] if saved else None, named.get("og"))
    return next((original_address(url.strip()) for url in candidates if url and is_web(url.strip())), None)


def is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://")) and bool(host_of(url))


def host_of(url: str) -> str:
    """Host name in lower case, without the port; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
