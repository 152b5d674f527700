"""The values that travel between the parts: from a response to the archive.

Standard library only, no behaviour beyond what a value can say about itself.
Offsets are code points into :attr:`PageText.text`, half-open.  Times are ISO 8601
strings with an offset (``2019-04-13T09:30:07+08:00``); what we observe ourselves is in
UTC with microseconds dropped (``2026-11-22T06:00:00+00:00``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

PageKind = Literal["listing", "article", "other"]
FailureKind = Literal["unreachable", "closed", "forbidden", "http", "broken", "strange"]
SegmentKind = Literal["breadcrumb", "heading", "body", "marker", "pager", "furniture", "blank", "residue"]

PAGE_STATUSES = (200, 203, 206)
"""Answers that may bring a page: 203 as a proxy handed it on, 206 if the part sent is the whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of page text: ``text[start:end]``."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in the page text; an image-only link has ``start == end``."""

    start: int
    end: int
    href: str
    """Absolute, as resolved against the page's base address."""
    text: str
    image: bool = False
    """The link holds an image and no text of its own."""
    goes_on: bool = False
    """The same element's text as the link before this one, after a line break in one block."""
    full: str | None = None
    """The element's title attribute: where its text is cut short, the whole of it."""


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as a reader sees it."""

    text: str
    links: tuple[Link, ...] = ()
    furniture: tuple[Span, ...] = ()
    """What stands around the content: navigation, side bars, footer. Found from the
    document's structure; a text dump has none."""
    title: str | None = None
    encoding: str | None = None
    refused: str | None = None
    """Why nothing may be read from it, in plain words: text that holds HTML tags is no text dump."""
    broken_off: str | None = None
    """What stands, squeezed, where the document breaks off before its end; None if it is whole."""


# --- what the splitter says -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Segment:
    """One tile of the page text. ``blank`` holds white space between tiles only."""

    kind: SegmentKind
    span: Span
    reason: str | None = None
    """For ``residue``: why nothing explains this text."""


@dataclass(frozen=True, slots=True)
class Entry:
    body: Span
    marker: Span
    source: str
    time: str
    """``2019-04-13 09:30:07``, however the page printed it."""
    views: int | None
    """None where the site's markers tell none."""
    views_printed: str | None = None
    """The count as printed where that is not exact: ``1.2万``, ``100000+``."""
    title: Span | None = None
    """Where the marker stands before the body: the title above it."""

    @property
    def start(self) -> int:
        return min(self.body.start, self.marker.start, self.title.start if self.title else self.marker.start)

    @property
    def end(self) -> int:
        return max(self.body.end, self.marker.end)


@dataclass(frozen=True, slots=True)
class Pager:
    span: Span
    first: int
    last: int
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class SplitPage:
    """A page text cut apart. ``pieces`` tile the text: joined, they are the input."""

    segments: tuple[Segment, ...]
    kind: PageKind
    breadcrumb: tuple[str, ...] = ()
    """The trail, outermost first, of the first breadcrumb: ``("首页", "一起惠资讯", "社群", "文章列表")``."""
    heading: str | None = None
    entries: tuple[Entry, ...] = ()
    pagers: tuple[Pager, ...] = ()
    problems: tuple[str, ...] = ()
    """Plain words: a pager that promises 20 entries over 19, a page cut off, …"""

    @property
    def residues(self) -> tuple[Segment, ...]:
        return tuple(p for p in self.segments if p.kind == "residue")

    @property
    def pager(self) -> Pager | None:
        return self.pagers[-1] if self.pagers else None


# --- what travels to the archive ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Capture:
    """Where a page's bytes are kept, and how they came."""

    url: str
    captured_at: str
    payload_digest: str
    """``sha1:`` + base32, as in WARC headers, of the payload as sent (content coding kept)."""
    warc_file: str
    """File name inside the archive's ``warc/`` folder."""
    warc_offset: int
    warc_length: int
    http_status: int | None = None
    """None for what did not come over HTTP (an imported file)."""
    etag: str | None = None
    last_modified: str | None = None
    time_source: str = "clock"
    """Who says so: ``clock`` (we fetched it), ``warc``, ``cdx``, ``mtime``, ``given``."""
    origin: str = "live"
    """``live``, ``import`` or ``wayback``."""
    truncated: str | None = None
    """WARC-Truncated reason (``length``, ``time``, ``disconnect``) when we hold only a part."""
    id: int | None = None
    """Row in ``captures`` once written."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the pager claims: ``21-40/139 记录2/7 页`` is (21, 40, 139, 2, 7)."""

    first: int
    last: int
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class ArticleItem:
    """One article as one page showed it."""

    body: str
    published_at: str
    views: int | None
    """None where the marker tells none."""
    source: str | None = None
    """None where the marker names none."""
    title: str | None = None
    url: str | None = None
    site_id: int | None = None
    span: Span = Span(0, 0)
    """Where the body stands in the page text."""
    excerpt: bool = False
    """The page itself says this is only the beginning (ellipsis, 阅读全文)."""
    views_printed: str | None = None
    """The count as printed where it is not exact: ``1.2万``, ``10万+``."""
    foreign: bool = False
    """The address is on a host of another site: its number counts with that address only."""


@dataclass(frozen=True, slots=True)
class Residue:
    """Text of a page that nothing explained, kept and shown."""

    span: Span
    text: str
    reason: str


MIXED_UP = "different articles under one number"
"""Opens the problem of a page whose links lead to other articles than they should."""


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """What one page said, normalised: all the archive needs to know of it."""

    kind: PageKind
    category: str | None = None
    declared: Declared | None = None
    articles: tuple[ArticleItem, ...] = ()
    residues: tuple[Residue, ...] = ()
    page_urls: dict[int, str] = field(default_factory=dict)
    """Pager links by page number, as far as the page links them."""
    next_url: str | None = None
    """Where 下一页 (or the next number) leads; None on the last page."""
    listing_urls: dict[str, str] = field(default_factory=dict)
    """Category name to address, for links that may lead to category listings."""
    problems: tuple[str, ...] = ()

    @property
    def residue_chars(self) -> int:
        return sum(r.span.end - r.span.start for r in self.residues)

    @property
    def mixed_up(self) -> str | None:
        """The problem that links lead to other articles than they should."""
        return next((problem for problem in self.problems if problem.startswith(MIXED_UP)), None)

    def without_numbers(self, numbers: Collection[int]) -> ParsedPage:
        """The same where these numbers are not believed, and that they are not."""
        if not numbers:
            return self
        told = tuple(f"{MIXED_UP}: {number}" for number in sorted(numbers))
        return replace(
            self,
            articles=tuple(
                replace(one, url=None, site_id=None, foreign=False) if one.site_id in numbers else one
                for one in self.articles
            ),
            problems=(*(p for p in self.problems if p not in told), *told),
        )


@dataclass(slots=True)
class PageItem:
    """A fetched page on its way: the spider fills the first part, each pipeline one more."""

    url: str
    body: bytes
    """With the content coding (gzip, br) undone."""
    content_type: str | None
    capture: Capture
    task: FetchTask | None = None
    """The task this page answers; None for imports."""
    text: PageText | None = None
    page: SplitPage | None = None
    reading: ParsedPage | None = None


@dataclass(slots=True)
class FailureItem:
    """A task that brought no page."""

    task: FetchTask
    reason: str
    """Plain words: ``503 Service Unavailable``, ``timed out``, ``redirected to another host``."""
    kind: FailureKind = "http"
    """``unreachable``: no answer at all, or only "not now"; ``closed``: robots.txt can't be had, so
    nothing may be fetched; ``forbidden``: robots.txt says no; ``http``: an error status;
    ``broken``: cut off or undecodable; ``strange``: an answer that is not the page asked for."""
    capture: Capture | None = None


# --- what to fetch next ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FetchTask:
    """One thing for the spider to fetch."""

    url: str
    kind: Literal["section", "listing", "article"]
    category: str | None = None
    walk_id: int | None = None
    label: str = ""
    """For logs: ``page 3``, ``head again``, ``healing page 2``, ``gap``, ``detail``."""
    etag: str | None = None
    last_modified: str | None = None
    """Validators of what the archive already holds; the request is then conditional."""


# --- a walk over one category --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageSeen:
    """One listing page as read during a walk."""

    url: str
    declared: Declared | None
    articles: tuple[int, ...]
    """Archive ids in page order, one per entry."""
    new_or_changed: tuple[bool, ...] = ()
    """Per entry: new to the archive, or its text changed, when this page was read."""
    page_urls: dict[int, str] = field(default_factory=dict)
    next_url: str | None = None
    residue_chars: int = 0
    problems: tuple[str, ...] = ()
    label: str = ""
    """The label of the task that this page answered."""


@dataclass(frozen=True, slots=True)
class WalkState:
    """A walk so far; all that decides what to read next."""

    category: str
    start_url: str
    mode: Literal["full", "incremental"]
    pages: tuple[PageSeen, ...] = ()
    """In the order read, head and healing reads among them."""
    live: frozenset[int] | None = None
    """Articles listed in this category as far as the archive knew when the walk began, on the
    word of a certified walk and what was listed since; None when there never was one."""
    failed: tuple[str, ...] = ()
    """Plain words for reads that brought no page; one ends the walk uncertified."""


@dataclass(frozen=True, slots=True)
class Certificate:
    certified: bool
    reasons: tuple[str, ...]
    """Why not, in plain words; empty when certified."""
    declared_total: int | None
    distinct_articles: int
    absent: frozenset[int] = frozenset()
    """Of ``live``, those a certified full walk did not see."""


class Controller(Protocol):
    """What a spider and the pipelines need to know of the run: it stands before the archive."""

    @property
    def site(self) -> Any:
        """The :class:`~yiqihui_spider.site.SiteProfile` by which pages are read."""

    def next_task(self) -> FetchTask | None:
        """The next task, or None when the run's work is done. Asking twice without
        recording an answer gives the same task."""

    def record_page(self, item: PageItem) -> None:
        """Archive a page and decide what follows from it."""

    def record_failure(self, item: FailureItem) -> None:
        """Note a task that brought no page."""
