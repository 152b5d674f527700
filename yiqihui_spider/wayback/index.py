"""Read all that an index knows: by its keys, by its pages, or at once; never in circles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from yiqihui_spider.errors import Exit, YiqihuiError
from yiqihui_spider.errors.network import one_line
from yiqihui_spider.warc.coding import undo_coding
from yiqihui_spider.wayback import cdx
from yiqihui_spider.wayback.cdx import Answer, BadAnswer
from yiqihui_spider.wayback.client import Client, RateLimiter, Response, Unreachable
from yiqihui_spider.wayback.query import CdxQuery, open_address

INDEX_LIMIT = 32 * 1024 * 1024
"""Bytes of one answer of an index."""
COUNT_LIMIT = 64 * 1024
"""Bytes of an answer that is a number of pages."""
PAGE_ROWS = 3000
"""Rows asked for at once. The Internet Archive looks at a few thousand and may then take what it
has for all there is, so more is less."""
ALL_ROWS = 10_000_000
"""Asked for where an index cuts its answer and gives no way to go on: pywb's own limit is lower."""
BROKEN_ANSWERS = 3
MOST_ROWS = 250_000
MOST_PARTS = 1000
"""Answers that one reading of an index may take; at the usual rate that is 40 minutes."""
PARTS_WITHOUT_NEWS = 3


class IndexUnreachable(YiqihuiError):
    """The index gives no answer, or says "not now"."""

    exit_code = Exit.TRY_LATER


class IndexRefuses(YiqihuiError):
    """The index answers something that is no list of captures."""


def read_index(client: Client, limiter: RateLimiter, query: CdxQuery) -> Iterator[Answer]:
    """Every capture the index knows, answer by answer. Raises IndexUnreachable or IndexRefuses."""
    bounds = _Bounds(query.index)
    for answer in _IndexReader(client, limiter, query).answers():
        bounds.check(answer)
        yield answer


@dataclass(slots=True)
class _Bounds:
    """Stops a reading that leads nowhere."""

    index: str
    parts: int = 0
    rows: set[int] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    stale: int = 0

    def check(self, answer: Answer) -> None:
        before = len(self.rows)
        self.rows.update(map(hash, answer.rows + answer.left_out))
        self.stale = 0 if len(self.rows) > before else self.stale + 1
        self.parts += 1
        key = answer.resume_key
        if key in self.keys or self.stale >= PARTS_WITHOUT_NEWS:
            raise IndexRefuses(f"{self.index} gives the same part of its answer again and again")
        if key is not None:
            self.keys.add(key)
        if len(self.rows) > MOST_ROWS or self.parts > MOST_PARTS:
            raise IndexRefuses(
                f"{self.index} comes to no end ({len(self.rows)} captures in {self.parts} answers); "
                "narrow it with --from and --to"
            )


class _IndexReader:
    def __init__(self, client: Client, limiter: RateLimiter, query: CdxQuery) -> None:
        self._client = client
        self._limiter = limiter
        self._query = query
        self._index = query.index

    def answers(self) -> Iterator[Answer]:
        first = self._rows(limit=str(PAGE_ROWS), showResumeKey="true")
        if first.resume_key is not None:
            yield from self._by_key(first)
            return
        cut = first.size >= PAGE_ROWS
        # The Internet Archive gives a key where there is more; of the others nobody knows.
        pages = self._page_count() if cut or (first.size and not first.table) else 1
        if pages > 1:
            yield from (self._rows(page=str(page)) for page in range(pages))
        elif cut:
            yield self._rows(limit=str(ALL_ROWS), showResumeKey="true")
        else:
            yield first

    def _by_key(self, answer: Answer) -> Iterator[Answer]:
        yield answer
        while (key := answer.resume_key) is not None:
            answer = self._rows(limit=str(PAGE_ROWS), showResumeKey="true", resumeKey=key)
            yield answer

    def _page_count(self) -> int:
        response = self._get(self._query.address(limit=str(PAGE_ROWS), showNumPages="true"), COUNT_LIMIT)
        return 1 if response.status != 200 or response.cut else cdx.page_count(_text(response, COUNT_LIMIT))

    def _rows(self, **fields: str) -> Answer:
        url = self._query.address(**fields)
        for attempt in range(1, BROKEN_ANSWERS + 1):
            text = self._ask(url)
            try:
                return cdx.parse(text)
            except BadAnswer as error:
                if attempt == BROKEN_ANSWERS or not error.cut:
                    raise IndexRefuses(f"{self._index}: {error}") from None
        raise AssertionError("unreachable")

    def _ask(self, url: str) -> str:
        response = self._get(url, INDEX_LIMIT)
        text = _text(response, INDEX_LIMIT)
        if response.status != 200 and not (response.status == 404 and text.lstrip().startswith("{")):
            raise IndexRefuses(f"{self._index} answers {_said(response, text)}")
        if response.cut:
            raise IndexRefuses(f"{self._index} answers too much at once; narrow it with --from and --to")
        if not text.strip() and "html" in (response.header("Content-Type") or "").lower():
            raise IndexRefuses(f"{self._index}: this is no index's answer: an empty page")
        return text

    def _get(self, url: str, limit: int) -> Response:
        try:
            return self._client.get(url, self._limiter, limit)
        except Unreachable as error:
            raise IndexUnreachable(f"{self._index} can't be reached: {error}; try again later") from None


def _text(response: Response, limit: int) -> str:
    coding = response.header("Content-Encoding")
    return undo_coding(response.body, coding, limit).body.decode("utf-8", "replace")


def _said(response: Response, text: str) -> str:
    """Status and what else an answer says that is no list."""
    line = f"{response.status} {response.reason}".strip()
    if location := response.header("Location"):
        target = open_address(urljoin(response.url, location)).partition("?")[0]
        return f"{line} and leads to {one_line(target)}"
    return f"{line}: {one_line(text, 120)}" if text.strip() and "<" not in text[:200] else line
