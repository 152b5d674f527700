"""All that is known of one site, as a value that is handed to whatever reads its pages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from yiqihui_spider.site.addresses import AddressForm, number_in
from yiqihui_spider.site.marker import MarkerForms
from yiqihui_spider.site.pager import PagerForms
from yiqihui_spider.site.words import Breadcrumb, Words


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """A site profile: plain values and compiled forms. Two are equal if their texts are."""

    name: str
    """By which an archive knows whose it is."""
    title: str
    """What the site calls the section that is archived."""
    hosts: tuple[str, ...]
    """The first is the site's own name."""
    past_hosts: tuple[str, ...]
    """Where the site once stood."""
    start_url: str
    zone: tzinfo
    addresses: tuple[AddressForm, ...]
    markers: MarkerForms
    pager: PagerForms
    breadcrumb: Breadcrumb
    words: Words
    no_categories: frozenset[str]
    """Short link texts that name no category."""
    text: str
    """The profile as it was written."""
    built_in: bool = False
    """It came with the program."""
    former: tuple[SiteProfile, ...] = ()
    """The same site as it printed its pages before: each is tried on what the newer ones can't read."""

    @property
    def host(self) -> str:
        return self.hosts[0]

    @property
    def names(self) -> frozenset[str]:
        """All host names of the site, past ones among them."""
        return frozenset((*self.hosts, *self.past_hosts))

    @property
    def own_names(self) -> tuple[str, ...]:
        """What the site calls itself: its signatures, its section."""
        return (*self.markers.sources, *([self.title] if self.title not in self.markers.sources else []))

    @property
    def home(self) -> str:
        """The address of the site itself."""
        return f"{self.start_url.partition('://')[0]}://{self.host}/"

    @property
    def digest(self) -> str:
        """Tells this text of a profile from others."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]

    def article_number(self, url: str) -> int | None:
        """The number of the article whose page an address is; None if it is no article's, or one of
        a host whose numbers need not be today's.

        >>> from yiqihui_spider.site import built_in
        >>> hui = built_in("178hui")
        >>> hui.article_number("http://www.178hui.com/news/view/5561.html")
        5561
        >>> hui.article_number("http://news.178hui.com/5561.html") is None
        True
        """
        return number_in(self.addresses, url, self.hosts)

    def is_article(self, url: str) -> bool:
        """Whether an address is that of an article's own page, be it one of the past."""
        return number_in(self.addresses, url) is not None

    def is_own_host(self, host: str) -> bool:
        """Whether articles on this host are numbered as the site's own: its hosts and those below
        them, and this machine, which stands in for the site.

        >>> from yiqihui_spider.site import built_in
        >>> own = built_in("178hui").is_own_host
        >>> [own(name) for name in ("news.178hui.com", "127.0.0.1", "178hui.com.example")]
        [True, True, False]
        """
        host = host.lower().rstrip(".")
        if host in ("localhost", "::1") or re.fullmatch(r"127(\.[0-9]{1,3}){3}", host):
            return True
        return any(host == own or host.endswith("." + own) for own in self.names)

    def published_at(self, printed: str) -> str:
        """A printed time with its zone.

        >>> from yiqihui_spider.site import built_in
        >>> built_in("178hui").published_at("2019-04-13 09:30:07")
        '2019-04-13T09:30:07+08:00'
        """
        return datetime.fromisoformat(printed).replace(tzinfo=self.zone).isoformat()
