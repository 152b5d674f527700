"""The sample site as a value that can change: articles in, responses out, no I/O.

Everything about it can be altered while it is being walked: articles come, go and change,
views rise, the page size or the pager is another one.
"""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from yiqihui_spider.sample import pages
from yiqihui_spider.sample.article import TIME_FORMAT, Article, invent, load_articles, order
from yiqihui_spider.sample.pages import Cut, Frame, PagerStyle, Sidebar
from yiqihui_spider.site import DEFAULT, built_in

CATEGORIES = {"社群": 3, "购物资讯": 5}
"""The numbers by which listing addresses know the categories."""

PAGE_SIZE = 8
LAUNCH = datetime(2019, 6, 30, tzinfo=timezone.utc)
"""What Last-Modified counts from, so that answers do not depend on the clock."""

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
LISTING_PATH = re.compile(r"/news/list-(\d+)(?:-(\d+))?\.html")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body of an uncompressed utf-8 page, for tests that alter it."""
        return self.body.decode("utf-8")


@dataclass
class SampleSite:
    """A small site in the shapes of the real one. Listings hold article numbers, newest first."""

    articles: dict[int, Article] = field(default_factory=lambda: {a.number: a for a in load_articles()})
    categories: dict[str, int] = field(default_factory=lambda: dict(CATEGORIES))
    page_size: int = PAGE_SIZE
    charset: str = "utf-8"
    declare: Literal["both", "header", "meta", "none"] = "both"
    """Where the charset is declared."""
    addresses: Literal["query", "path"] = "query"
    """``/news/list.php?cat=3&page=2`` or ``/news/list-3-2.html``; both are answered."""
    bare_first: bool = False
    """Category links leave the page number out, so page 1 has two addresses."""
    links: Literal["root", "relative", "absolute"] = "root"
    origin: str = "http://www.178hui.com"
    """What absolute links begin with."""
    pager: PagerStyle = "numbers"
    window: int = 5
    """How many page numbers the pager shows."""
    beyond: Literal["last", "empty", "404"] = "last"
    """What a page number past the end gives."""
    sidebar: Sidebar = "dates"
    semantic: bool = True
    etag: bool = False
    last_modified: bool = False
    compress: bool = False
    """Send gzip to who accepts it."""
    robots: str | None = "User-agent: *\nDisallow:\n"
    """None: there is no robots.txt."""
    crawl_delay: float | None = None
    listings: dict[str, list[int]] = field(init=False)
    _revision: int = field(init=False, default=0)
    _seen: dict[str, tuple[str, int]] = field(init=False, default_factory=dict)
    """By address: digest of the page as last shown, and the revision that brought it."""

    def __post_init__(self) -> None:
        self.listings = {name: [] for name in self.categories}
        for article in sorted(self.articles.values(), key=order, reverse=True):
            for category in article.categories:
                self.listings[category].append(article.number)

    @classmethod
    def of(cls, articles: Iterable[Article]) -> SampleSite:
        return cls(articles={a.number: a for a in articles})

    # --- changes ---------------------------------------------------------------------------

    def insert(self, article: Article, at: int | None = None) -> None:
        """Put an article (a new one, or one that was deleted) into those of its categories
        that don't list it: at an index, or where its time puts it."""
        self._revision += 1
        self.articles[article.number] = article
        for category in article.categories:
            listing = self.listings[category]
            if article.number in listing:
                continue
            older = (n for n, other in enumerate(listing) if order(self.articles[other]) < order(article))
            listing.insert(next(older, len(listing)) if at is None else at, article.number)

    def publish(self, *categories: str) -> Article:
        """A new article at the top of these categories (社群 if none is named)."""
        newest = max(self.articles.values(), key=order, default=None)
        last = newest.published if newest else "2019-01-01 09:30:07"
        stamp = datetime.strptime(last, TIME_FORMAT) + timedelta(minutes=7)  # noqa: DTZ007 - printed without a zone
        number = 1 + max(self.articles, default=5000)
        article = invent(number, stamp.strftime(TIME_FORMAT), categories or ("社群",))
        self.insert(article)
        return article

    def delete(self, number: int, category: str | None = None) -> Article:
        """Take an article out of one category, or out of the site. Returns it as it was."""
        self._revision += 1
        for name, listing in self.listings.items():
            if number in listing and category in (None, name):
                listing.remove(number)
        return self.articles[number] if category else self.articles.pop(number)

    def edit(self, number: int, **changes: object) -> Article:
        """Change fields of an article (``title``, ``blocks``, ``source``, ``views``, …)."""
        self._revision += 1
        self.articles[number] = replace(self.articles[number], **changes)  # type: ignore[arg-type]
        return self.articles[number]

    def bump(self, number: int, by: int = 1) -> None:
        self.edit(number, views=self.articles[number].views + by)

    # --- what a page holds -------------------------------------------------------------------

    def cut(self, category: str, page: int) -> Cut:
        return Cut.of(len(self.listings[category]), self.page_size, page)

    def pages(self, category: str) -> int:
        return self.cut(category, 1).pages

    def on_page(self, category: str, page: int) -> list[Article]:
        numbers = self.listings[category][(page - 1) * self.page_size : page * self.page_size]
        return [self.articles[number] for number in numbers]

    def address(self, category: str, page: int | None = 1) -> str:
        """A listing page's address; page None is the category without a page number."""
        code = self.categories[category]
        if self.addresses == "path":
            return f"/news/list-{code}.html" if page is None else f"/news/list-{code}-{page}.html"
        return f"/news/list.php?cat={code}" + ("" if page is None else f"&page={page}")

    def dump(self, category: str, page: int, glued: bool = False) -> str:
        """A listing page as flattened text, the way the one real page is kept; ``glued``
        leaves out the line breaks."""
        lines = pages.listing_lines(
            category, self.on_page(category, page), self.cut(category, page), self.window, self.pager
        )
        return ("" if glued else "\n").join(lines)

    def dump_article(self, number: int) -> str:
        """A detail page as flattened text."""
        return "\n".join(pages.article_lines(self.articles[number]))

    # --- answers -----------------------------------------------------------------------------

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Response:
        """Answer a GET for a path with query."""
        asked = {name.lower(): value for name, value in (headers or {}).items()}
        response = self._answer(target)
        if response.status == 200:
            response = self._conditional(target, response, asked)
        if self.compress and response.body and "gzip" in asked.get("accept-encoding", ""):
            packed = {**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            response = Response(response.status, packed, gzip.compress(response.body, mtime=0))
        return response

    def _answer(self, target: str) -> Response:
        url = urlsplit(target)
        if url.path == "/robots.txt":
            return self._robots()
        if url.path == "/static/pic.gif":
            return Response(200, {"Content-Type": "image/gif"}, PIXEL)
        if url.path == "/news":
            return Response(301, {"Location": "/news/", "Content-Type": "text/html"}, b"")
        frame = self._frame(url.path)
        if url.path in ("/", "/news/"):
            latest = sorted(self.articles.values(), key=order, reverse=True)[:5]
            return self._html(pages.section_html(frame, latest))
        if url.path in ("/zdm/", "/help/"):
            return self._html(pages.plain_html(frame, "示例页面", "这一页既不是列表,也不是文章。"))
        number = built_in(DEFAULT).article_number(url.path)
        if number is not None and number in self.articles:
            return self._html(self._article(frame, self.articles[number]))
        listing = self._listing(frame, url.path, url.query)
        if listing is not None:
            return self._html(listing)
        return self._html(pages.plain_html(frame, "页面不存在", "您访问的页面已经删除或从未有过。"), 404)

    def _robots(self) -> Response:
        if self.robots is None:
            return Response(404, {"Content-Type": "text/plain"}, b"not found\n")
        delay = "" if self.crawl_delay is None else f"Crawl-delay: {self.crawl_delay:g}\n"
        body = (self.robots + delay).encode()
        return Response(200, {"Content-Type": "text/plain; charset=utf-8"}, body)

    def _html(self, html: str, status: int = 200) -> Response:
        # Sites that say gb2312 send gbk; browsers read it so, too.
        codec = "gbk" if self.charset == "gb2312" else self.charset
        suffix = f"; charset={self.charset}" if self.declare in ("both", "header") else ""
        return Response(
            status, {"Content-Type": f"text/html{suffix}"}, html.encode(codec, "xmlcharrefreplace")
        )

    def _article(self, frame: Frame, article: Article) -> str:
        listing = self.listings[article.categories[0]]
        at = listing.index(article.number) if article.number in listing else None
        newer = self.articles[listing[at - 1]] if at else None
        older = self.articles[listing[at + 1]] if at is not None and at + 1 < len(listing) else None
        return pages.article_html(frame, article, newer, older)

    def _listing(self, frame: Frame, path: str, query: str) -> str | None:
        found = self._which_listing(path, query)
        if found is None:
            return None
        category, page = found
        last = self.pages(category)
        if page < 1 or (page > last and self.beyond == "404"):
            return None
        page = min(page, last) if self.beyond == "last" else page
        cut = self.cut(category, page)
        pager = pages.pager_html(
            frame, cut, self.window, self.pager, lambda number: self.address(category, number)
        )
        return pages.listing_html(frame, category, self.on_page(category, page), pager)

    def _which_listing(self, path: str, query: str) -> tuple[str, int] | None:
        names = {str(code): name for name, code in self.categories.items()}
        if match := LISTING_PATH.fullmatch(path):
            code, page = match.group(1), match.group(2) or "1"
        elif path == "/news/list.php":
            fields = parse_qs(query)
            code, page = fields.get("cat", [""])[0], fields.get("page", ["1"])[0]
        else:
            return None
        return (names[code], int(page)) if code in names and re.fullmatch(r"\d{1,6}", page) else None

    def _frame(self, path: str) -> Frame:
        popular = sorted(self.articles.values(), key=lambda a: (-a.views, a.number))[:5]
        first = None if self.bare_first else 1
        return Frame(
            href=lambda address: self._href(address, path),
            categories={name: self.address(name, first) for name in self.categories},
            popular=tuple(popular),
            sidebar=self.sidebar,
            semantic=self.semantic,
            meta_charset=self.charset if self.declare in ("both", "meta") else None,
        )

    def _href(self, address: str, page_path: str) -> str:
        if self.links == "absolute":
            return self.origin + address
        if self.links == "root":
            return address
        path, mark, query = address.partition("?")
        relative = posixpath.relpath(path, posixpath.dirname(page_path) or "/")
        return relative + ("/" if path.endswith("/") else "") + mark + query

    def _conditional(self, target: str, response: Response, asked: Mapping[str, str]) -> Response:
        """Add the validators that are switched on; answer 304 where they still hold."""
        digest = hashlib.sha256(response.body).hexdigest()[:16]
        known, revision = self._seen.get(target, ("", 0))
        if digest != known:
            revision = self._revision
            self._seen[target] = digest, revision
        validators: dict[str, str] = {}
        if self.etag:
            validators["ETag"] = f'"{digest}"'
        if self.last_modified:
            changed = LAUNCH + timedelta(seconds=revision)
            validators["Last-Modified"] = format_datetime(changed, usegmt=True)
        if validators and self._still_holds(validators, asked):
            return Response(304, validators, b"")
        return replace(response, headers={**response.headers, **validators})

    @staticmethod
    def _still_holds(validators: Mapping[str, str], asked: Mapping[str, str]) -> bool:
        # RFC 9110 13.1.3: If-Modified-Since is ignored where If-None-Match is given.
        if "if-none-match" in asked and "ETag" in validators:
            return validators["ETag"] in asked["if-none-match"]
        return "Last-Modified" in validators and asked.get("if-modified-since") == validators["Last-Modified"]
