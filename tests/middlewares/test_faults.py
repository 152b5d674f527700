from __future__ import annotations

import gzip

import pytest
from scrapy.http import Response

from yiqihui_spider.middlewares.errors import TooLong, reason_phrase
from yiqihui_spider.middlewares.faults import whole_body


def answer(body: bytes, coding: str | None = None, *flags: str) -> Response:
    headers = {"Content-Encoding": coding} if coding else {}
    return Response("http://x.test/", headers=headers, body=body, flags=list(flags))


def test_a_whole_body() -> None:
    assert whole_body(answer(b"text"), 10) == (b"text", None)
    assert whole_body(answer(gzip.compress(b"text", mtime=0), "gzip"), 10) == (b"text", None)
    assert whole_body(answer(b"", "gzip"), 10) == (b"", None)
    # What was cut at our limit is judged by who knows the limit.
    assert whole_body(answer(b"\x1f\x8bcut", "gzip", "download_stopped"), 10) == (b"\x1f\x8bcut", None)


def test_a_body_that_is_not_whole() -> None:
    assert whole_body(answer(b"te", None, "dataloss"), 10) == (b"", "the answer was cut off before its end")
    _, reason = whole_body(answer(gzip.compress(b"text" * 99, mtime=0)[:-9], "gzip"), 1000)
    assert reason == "content coding gzip: gzip data is cut off after 396 decoded bytes"
    _, reason = whole_body(answer(b"\0text", "rot13"), 10)
    assert reason == "content coding rot13: unknown content coding: rot13"
    with pytest.raises(TooLong, match="content coding gzip: longer than our limit when unpacked"):
        whole_body(answer(gzip.compress(b"x" * 99, mtime=0), "gzip"), 98)


def test_a_coding_that_is_none() -> None:
    plain = "当前位置:首页".encode()
    for coding in ("utf-8", "none", "rot13", "gzip", "br", "deflate", "zstd", "gzip, br"):
        assert whole_body(answer(plain, coding), 100) == (plain, None), coding


def test_a_coding_that_nobody_declares() -> None:
    assert whole_body(answer(gzip.compress(b"text", mtime=0)), 100) == (b"text", None)


def test_reason_phrases() -> None:
    assert [reason_phrase(status) for status in (200, 404, 429, 999)] == [
        "OK",
        "Not Found",
        "Too Many Requests",
        "",
    ]
