"""What is asked of an index and of a replay, and what their addresses tell. Pure."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlencode, urlsplit

from yiqihui_spider.wayback.cdx import is_timestamp, plain_address

INTERNET_ARCHIVE = "https://web.archive.org/cdx/search/cdx"


@dataclass(frozen=True, slots=True)
class CdxQuery:
    """All captures under an address, within a span of time given as digits."""

    index: str
    prefix: str
    since: str | None = None
    until: str | None = None

    @property
    def home(self) -> str:
        """An address of the site whose captures are asked for."""
        return self.prefix if "://" in self.prefix else f"http://{self.prefix}"

    def without_credentials(self) -> CdxQuery:
        return replace(self, index=open_address(self.index), prefix=open_address(self.prefix))

    def address(self, **fields: str) -> str:
        """The address that asks for them; ``fields`` say how many, and from where on."""
        asked = {"url": self.prefix, "matchType": "prefix", "output": "json", **fields}
        asked |= {"from": self.since} if self.since else {}
        asked |= {"to": self.until} if self.until else {}
        return f"{self.index}{'&' if '?' in self.index else '?'}{urlencode(asked)}"


def replay_base(index: str) -> str | None:
    """Where captures are replayed, as far as the index's address tells.

    >>> replay_base("https://web.archive.org/cdx/search/cdx")
    'https://web.archive.org/web'
    >>> replay_base("http://localhost:8080/news/cdx")
    'http://localhost:8080/news'
    """
    index = index.partition("?")[0].rstrip("/")
    if index.endswith("/cdx/search/cdx"):
        return index.removesuffix("/cdx/search/cdx") + "/web"
    stem = re.fullmatch(r"(https?://[^/]+/.+)[/-]cdx", index)
    return stem[1] if stem else None


def replay_address(base: str, timestamp: str, url: str) -> str:
    """Where the original bytes of a capture are."""
    return f"{base}/{timestamp}id_/{url}"


def replayed(base: str, address: str) -> tuple[str, str] | None:
    """Timestamp and address of the capture that a replay address leads to, either scheme."""
    home = re.escape(base.partition("://")[2])
    match = re.fullmatch(rf"https?://{home}/(\d{{14}})(?:[a-z]{{2}}_)?/(.+)", address)
    if match is None or not is_timestamp(match[1]):
        return None
    url = plain_address(re.sub(r"^(https?):/+", r"\1://", match[2]))
    return (match[1], url) if url else None


# --- credentials ---------------------------------------------------------------------------


def open_address(url: str) -> str:
    """An address without the name and password that may stand in it: it can be shown.

    >>> open_address("https://me:secret@archive.example/cdx?a=b@c")
    'https://archive.example/cdx?a=b@c'
    """
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/?#]*@", r"\1", url)


def credentials(*urls: str) -> dict[str, str]:
    """``scheme://host:port`` of each address with a name and password in it, and the header that
    gives them to the server."""
    found = {}
    for url in urls:
        parts = urlsplit(url)
        if parts.username is None:
            continue
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        found[origin(url)] = "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")
    return found


def origin(url: str) -> str:
    parts = urlsplit(open_address(url))
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}"
