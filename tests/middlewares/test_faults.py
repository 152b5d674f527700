from __future__ import annotations

import gzip
from datetime import datetime, timezone

import pytest
from scrapy.http import Response

from yiqihui_spider.middlewares.errors import TooLong, reason_phrase
from yiqihui_spider.middlewares.faults import retry_after, whole_body

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("99999999999999999999", 999999999.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 08:00:30 +0800", 30.0),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2026 00:00:30 -0000", 30.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


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
