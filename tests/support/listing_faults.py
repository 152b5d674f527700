"""What a soak's answers can be wrong in, at any request: a name, the fault, and whether the page can
be read all the same. A new kind is one line."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass, replace

import brotli  # type: ignore[import-untyped]

from support import faults as wrong
from support.faults import Fault
from yiqihui_spider.sample.site import Response

MARKER = r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\s|<[^>]+>)*)\d+ 次(?=</em>)"
DATE = r"(\d{4})-(\d\d)-(\d\d) (\S+</span><em>)"
ENTRY = r'<li><a href="/news/view/(?:(?!<li>).)*?</em></div></li>\n'
TITLE = r'(<h[13]>(?:<a href="[^"]*">)?)([^<])'


@dataclass(frozen=True)
class Wrong:
    name: str
    fault: Fault
    readable: bool = False
    """Whether the answer shows what the right one does, to who looks closely."""


def rewritten(pattern: str, new: str, *, count: int = 1) -> wrong.Tamper:
    """The page as the site made it, but for what the pattern finds first."""

    def change(response: Response) -> Response:
        text = re.sub(pattern, new, response.text, count=count, flags=re.DOTALL)
        return replace(response, body=text.encode())

    return wrong.Tamper(change)


def headed(**headers: str) -> wrong.Tamper:
    """The page itself, under headers that don't fit it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return wrong.Tamper(lambda response: replace(response, headers={**response.headers, **named}))


def _packed(response: Response, coding: str) -> Response:
    if not response.body:  # 304
        return response
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}[coding]
    return replace(
        response, headers={**response.headers, "Content-Encoding": coding}, body=pack(response.body)
    )


def coded(coding: str) -> wrong.Tamper:
    """Sent in a content coding, asked for or not."""
    return wrong.Tamper(lambda response: _packed(response, coding))


def _status(response: Response, status: int) -> Response:
    if response.status != 200:
        return response
    size = len(response.body)
    ranges = {"Content-Range": f"bytes 0-{size - 1}/{size}"} if status == 206 else {}
    return replace(response, status=status, headers={**response.headers, **ranges})


FAULTS = (
    Wrong("500", wrong.Status(500)),
    Wrong("503", wrong.Status(503, retry_after=0)),
    Wrong("404", wrong.Status(404)),
    Wrong("410", wrong.Status(410)),
    Wrong("to the login", wrong.Redirect("/user/login")),
    Wrong("in circles", wrong.Redirect()),
    Wrong("reset", wrong.Reset()),
    Wrong("truncated", wrong.Truncate()),
    Wrong("half", wrong.half()),
    Wrong("gzip, half", wrong.gzipped(0.5)),
    Wrong("empty", wrong.EMPTY),
    Wrong("login", wrong.LOGIN),
    Wrong("busy", wrong.BUSY),
    Wrong("other page", wrong.Instead("/news/list.php?cat=3&page=2")),
    Wrong("other category", wrong.Instead("/news/list.php?cat=5&page=1")),
    Wrong("section page", wrong.Instead("/news/")),
    Wrong("no count", rewritten(MARKER, r"\1暂无")),
    Wrong("negative count", rewritten(MARKER, r"\1-5 次")),
    Wrong("hours ago", rewritten(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?=</span><em>)", "3小时前")),
    Wrong("impossible date", rewritten(DATE, r"2019-02-30 \4")),
    Wrong("article left out", rewritten(ENTRY, "")),
    Wrong("article twice", rewritten(f"({ENTRY}){ENTRY}", r"\1\1")),
    Wrong("another pager word", rewritten(r"(\d ?)记录", r"\1条", count=0)),
    Wrong("pager of other numbers", rewritten(r"(\d+-\d+)/\d+ ?记录", r"\1/9记录")),
    Wrong("coded in an unknown word", headed(Content_Encoding="x-site"), readable=True),
    Wrong("coded in utf-8", headed(Content_Encoding="utf-8"), readable=True),
    Wrong("coded in nothing", headed(Content_Encoding="none"), readable=True),
    *(Wrong(f"no {c}", headed(Content_Encoding=c), readable=True) for c in ("gzip", "br", "deflate")),
    *(Wrong(coding, coded(coding), readable=True) for coding in ("gzip", "br", "deflate")),
    Wrong("type without semicolon", headed(Content_Type="text/html charset=utf-8"), readable=True),
    Wrong("203", wrong.Tamper(lambda response: _status(response, 203)), readable=True),
    Wrong("206, whole", wrong.Tamper(lambda response: _status(response, 206)), readable=True),
    Wrong("date with slashes", rewritten(DATE, r"\1/\2/\3 \4"), readable=True),
    Wrong("date in words", rewritten(DATE, r"\1年\2月\3日 \4"), readable=True),
    Wrong("ten thousands", rewritten(MARKER, r"\g<1>1.2万 次"), readable=True),
    Wrong("mark in a title", rewritten(TITLE, "\\1\u200b\\2"), readable=True),
    Wrong("line break in a title", rewritten(TITLE, r"\1\2<br>"), readable=True),
)
