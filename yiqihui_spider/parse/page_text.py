"""From HTML, or a text dump, to page text: lines as a reader sees them, and the links in them."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote, urljoin

from yiqihui_spider.characters import squeeze
from yiqihui_spider.items import Link, PageText
from yiqihui_spider.parse.boilerplate import furniture
from yiqihui_spider.parse.charset import decode
from yiqihui_spider.parse.cut_off import BROKEN, broken_off
from yiqihui_spider.parse.html import Reader, read
from yiqihui_spider.parse.markup import REFUSED, SOURCE, form_of, marked_up, shows_source
from yiqihui_spider.parse.page_anchors import join_breadcrumb
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.urls import original_address, without_toolbar

__all__ = ["decode", "from_html", "from_text", "outline", "page_text"]

# --- links -------------------------------------------------------------------------------

_HOST = re.compile(r"https?://[^/?#]+")
_ON_HOST = re.compile(r"/(?:[\w-]+/)*[\w-]*(?:\.[a-z]+)?(?:\?[\w=&%.-]+)?", re.ASCII)
"""What needs no resolving but the host before it; most links are so, and resolving is slow."""
_SCHEME = re.compile("([a-zA-Z][a-zA-Z0-9+.-]*):")


class _Addresses:
    """Resolves what stands in ``href`` against a page's address. What a web archive made of either
    is undone."""

    def __init__(self, url: str, base: str | None, encoding: str) -> None:
        self.encoding = encoding
        self.known: dict[str, str | None] = {}
        self.base = url
        self.base = original_address(self._join(base.strip()) or url if base else url)
        host = _HOST.match(self.base)
        self.host = host.group() if host else None

    def absolute(self, href: str) -> str | None:
        """The address without its fragment; None where it leads to no other page."""
        if href not in self.known:
            self.known[href] = self._resolve(href)
        return self.known[href]

    def _resolve(self, href: str) -> str | None:
        href = re.sub("[\t\n\r]", "", href.strip()).partition("#")[0]
        if not href:
            return None
        if not href.isascii() or " " in href:
            href = _quoted(href, self.encoding)
        if self.host is not None and _ON_HOST.fullmatch(href):
            return self.host + href
        address = self._join(href)
        if address is None:
            return None
        address = original_address(address)
        scheme = _SCHEME.match(address)
        return address if scheme is None or scheme.group(1).lower() in ("http", "https", "file") else None

    def _join(self, href: str) -> str | None:
        try:
            return urljoin(self.base, href)
        except ValueError:
            return None


def _quoted(href: str, encoding: str) -> str:
    """Chinese in addresses as browsers send it: the path in UTF-8, the query as the page is."""
    path, marker, query = href.partition("?")
    safe = "%/:?#[]@!$&'()*+,;=~-._|"
    path = quote(path, safe=safe)
    try:
        return path + marker + quote(query, safe=safe, encoding=encoding)
    except (LookupError, UnicodeError):
        return path + marker + quote(query, safe=safe, errors="replace")


def _links(reader: Reader, addresses: _Addresses) -> tuple[Link, ...]:
    """The links in order; one that spans several lines is given once for each."""
    tree = reader.tree
    links: list[Link] = []
    for anchor in reader.anchors:
        href = addresses.absolute(anchor.href)
        if href is None:
            continue
        start, block = anchor.start, -1
        for line in tree.text[start : anchor.end].split("\n"):
            end = start + len(line)
            inner = end < anchor.end or start > anchor.start  # one of several lines
            outer, block = block, tree.line_nodes[tree.line_at(start)] if inner else -1
            links.append(Link(start, end, href, line, anchor.image, inner and block == outer, anchor.title))
            start = end + 1
    links.sort(key=lambda link: (link.start, link.end))
    return tuple(links)


# --- the ways in -------------------------------------------------------------------------


def from_html(html: str, url: str, site: SiteProfile, encoding: str = "utf-8") -> PageText:
    """``encoding`` is what the page was in: browsers write queries in links so. Never raises.

    White space is collapsed as HTML does, no-break spaces with it; lines are stripped, empty ones
    dropped. Offsets are into the result's text.
    """
    reader = read(without_toolbar(html))
    tree = reader.tree
    join_breadcrumb(tree, site)
    tree.links = _links(reader, _Addresses(url, reader.base, encoding))
    return PageText(tree.text, tree.links, furniture(tree, site), reader.title)


def outline(html: str, url: str, encoding: str = "utf-8") -> Reader:
    """The document as it stands, whatever is on it: its elements, lines and links. Never raises."""
    reader = read(without_toolbar(html))
    reader.tree.links = _links(reader, _Addresses(url, reader.base, encoding))
    return reader


def from_text(text: str) -> PageText:
    """A text dump is page text already: every character stays where it is."""
    return PageText(text)


_MOST_CHARACTERS = 16 * 1024 * 1024
_MOST_TAGS = 250_000
"""A page of the site has 0.2 MB and 2,000 tags; one of a thousand entries would have ten times that.
Reading so many takes some 300 MB of memory."""
_EMBEDDED = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]{1024,}")
"""The data of a picture or font that stands in the page itself."""
TOO_LARGE = f"HTML of more than {_MOST_CHARACTERS:,} characters or {_MOST_TAGS:,} tags, no page"


def page_text(body: bytes, content_type: str | None, url: str, site: SiteProfile) -> PageText:
    """Page text from what was received, be it HTML or a text dump. Never raises."""
    text, encoding = decode(body, content_type)
    form = form_of(text, content_type)
    if form != "html":
        broken = squeeze(text) if text.endswith(BROKEN) else None
        refused = REFUSED.get(form) or marked_up(text)
        return PageText(text, encoding=encoding, refused=refused, broken_off=broken)
    if len(text) > _MOST_CHARACTERS:  # saved with its pictures in it, mostly
        text = _EMBEDDED.sub("", text)
    if len(text) > _MOST_CHARACTERS or text.count("<") > _MOST_TAGS:
        return PageText("", encoding=encoding, refused=TOO_LARGE)
    page = from_html(text, url, site, encoding)
    if shows_source(page.text):
        return PageText(page.text, encoding=encoding, refused=SOURCE)
    return replace(page, encoding=encoding, broken_off=broken_off(text))
