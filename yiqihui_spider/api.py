"""The public functions: a page read, a text cut apart, an archive opened and searched, a crawl run.

``from yiqihui_spider import read_page, split, open_archive, search, run_crawl``; told with examples in
docs/python.md. What is here keeps its names and meanings from release to release; the modules
behind it need not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from yiqihui_spider.archive.schema.opening import ArchiveError
from yiqihui_spider.archive.schema.opening import open_archive as _open
from yiqihui_spider.archive.search import query as _search
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.items import ArticleItem, ParsedPage, SplitPage
from yiqihui_spider.parse import read as _read
from yiqihui_spider.parse.splitter import split as _split
from yiqihui_spider.site import SiteError, SiteProfile, built_in, built_in_names, load_profile

__all__ = [
    "ArchiveError",
    "ArticleItem",
    "CrawlRun",
    "ParsedPage",
    "SiteError",
    "SplitPage",
    "open_archive",
    "read_page",
    "run_crawl",
    "search",
    "split",
]

Site = str | os.PathLike[str] | SiteProfile


def _profile(site: Site) -> SiteProfile:
    if isinstance(site, SiteProfile):
        return site
    if isinstance(site, str) and site in built_in_names():
        return built_in(site)
    return load_profile(Path(site))


def read_page(
    body: bytes | str, url: str, *, content_type: str | None = None, site: Site = "178hui"
) -> ParsedPage:
    """What one page says: its kind, category, articles and pager, and what nothing explained.

    ``body`` is the page as it was sent with its content coding undone (HTML or a text dump; bytes in
    any charset, or text), ``url`` its own address, against which links are resolved, and
    ``content_type`` the header of that name, if there was one. ``site`` names a profile that comes
    with the package, or is the path of a profile file.

    Articles are in page order. ``body`` is text with a line a paragraph; ``published_at`` an ISO 8601
    time with offset; ``views`` a count; what a page does not tell is None. ``residues`` are stretches
    of the page's text that nothing explained, ``problems`` say in words what is doubtful: a page with
    neither was read whole. Never raises for what a page holds; SiteError for a profile that can't
    be used.

    >>> head = "当前位置:首页>一起惠资讯>社群>文章列表\\n社群\\n"
    >>> rest = "早上八点开团。\\n一起惠2019-04-13 09:30:07407 次\\n1-1/1 记录1/1 页"
    >>> page = read_page(head + rest, "http://www.178hui.com/news/s/")
    >>> page.kind, page.category, len(page.articles), page.residues
    ('listing', '社群', 1, ())
    >>> article = page.articles[0]
    >>> article.body, article.source, article.published_at, article.views
    ('早上八点开团。', '一起惠', '2019-04-13T09:30:07+08:00', 407)
    """
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if isinstance(body, str):
        kind = (content_type or ("text/html" if "<" in body[:1000] else "text/plain")).partition(";")[0]
        content_type = f"{kind}; charset=utf-8"
    return _read.read_page(data, content_type, url, _profile(site))[2]


def split(text: str, *, site: Site = "178hui") -> SplitPage:
    """A page's text cut apart at the site's markers.

    ``segments`` tile the text: put together, they are the input, whatever the input. Spans are
    half-open and count code points: ``text[span.start:span.end]``. Never raises for what a text
    holds, and takes time in proportion to its length.

    >>> text = "早上八点开团。\\n一起惠2019-04-13 09:30:07407 次\\n"
    >>> page = split(text)
    >>> [(one.kind, one.span.of(text)) for one in page.segments if one.kind != "blank"]
    [('body', '早上八点开团。'), ('marker', '一起惠2019-04-13 09:30:07407 次')]
    >>> "".join(one.span.of(text) for one in page.segments) == text
    True
    """
    return _split(text, _profile(site))


def open_archive(path: str | os.PathLike[str]) -> Database:
    """An archive, open for reading: a ``sqlite_utils.Database``. Close it when done.

    The tables and views are told in docs/schema.md. Raises ArchiveError, whose text says why in one
    line, if there is none at ``path`` or it can't be read.
    """
    return _open(Path(path), create=False, read_only=True)


def search(
    archive: str | os.PathLike[str] | Database,
    query: str,
    *,
    limit: int = 20,
    sort: Literal["newest", "relevance"] = "newest",
    since: str | None = None,
    until: str | None = None,
    category: str | None = None,
    source: str | None = None,
) -> list[dict[str, Any]]:
    """The articles whose title or body contains ``query``, as dicts: ``id``, ``title``,
    ``published_at`` (ISO 8601 with offset), ``source``, ``url``, ``views``, ``score`` (the lower, the
    better; None if sorted by time), ``kwic`` (the first hit with some characters around it) and
    ``hits`` (places of all hits in ``kwic``).

    A space is AND, ``|`` is OR; Chinese of any length is found wherever it stands, Latin words and
    numbers as whole words. ``since`` and ``until`` (inclusive) are times or their beginnings in the
    site's zone: ``2019``, ``2019-04-13``. No query is an error; ArchiveError as for
    :func:`open_archive`.
    """
    if isinstance(archive, Database):
        return _search.search(
            archive,
            query,
            limit=limit,
            sort=sort,
            since=since,
            until=until,
            category=category,
            source=source,
        )
    db = open_archive(archive)
    try:
        return search(
            db, query, limit=limit, sort=sort, since=since, until=until, category=category, source=source
        )
    finally:
        db.close()


@dataclass(frozen=True, slots=True)
class CrawlRun:
    """What came of a crawl."""

    outcome: str
    """``certified``, ``nothing to do``, or in words what kept it from that."""
    exit_code: int
    """0 certified, 1 failed, 3 not certified, 4 layout not understood, 75 try later."""
    requests: int
    walks: tuple[dict[str, Any], ...]
    """One for each category: ``category``, ``mode``, ``declared``, ``archived``, ``certified`` and
    ``reasons``."""
    failures: tuple[str, ...]


def run_crawl(
    archive: str | os.PathLike[str],
    *,
    categories: Iterable[str] = (),
    start_urls: Iterable[str] = (),
    mode: Literal["full", "incremental"] | None = None,
    details: bool = True,
    delay: float | None = None,
    sample: bool = False,
    site: str | os.PathLike[str] | None = None,
) -> CrawlRun:
    """Crawl into the archive at ``archive``, as ``yiqihui crawl`` does, and wait for the end.

    It runs in a process of its own (Scrapy's reactor can be run once in a process, and not beside a
    notebook's), so that it may be called again and again. ``delay`` is in seconds between requests;
    ``sample`` crawls the built-in sample site, served on this machine. An uncertified crawl is no
    error: see ``exit_code``. Raises YiqihuiError with the command's own words where nothing was
    crawled at all: wrong arguments, an archive that can't be had.
    """
    command = [sys.executable, "-m", "yiqihui_spider", "crawl", "--json", "--archive", os.fspath(archive)]
    command += [part for name in categories for part in ("--category", name)]
    command += [part for url in start_urls for part in ("--start-url", url)]
    flags = {"--no-details": not details, "--sample": sample}
    values = {"--mode": mode or None, "--delay": delay, "--site": site and os.fspath(site)}
    command += [name for name, on in flags.items() if on]
    command += [part for name, value in values.items() if value is not None for part in (name, str(value))]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        words = done.stderr.strip().splitlines()
        raise YiqihuiError(words[-1] if words else f"the crawl ended with {done.returncode}") from None
    return CrawlRun(
        told["outcome"], told["exit_code"], told["requests"], tuple(told["walks"]), tuple(told["failures"])
    )
