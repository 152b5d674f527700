from __future__ import annotations

import gzip

import pytest

from yiqihui_spider.warc.records import payload_digest
from yiqihui_spider.wayback.client import Reply
from yiqihui_spider.wayback.replay import CutOff, captured_at, is_capture, repetition, stored

URL = "http://www.178hui.com/news/view/5561.html"
AT = "2019-06-04T01:22:33+00:00"
BODY = "<html>半价的牙膏</html>".encode()
PACKED = gzip.compress(BODY, mtime=0)
TYPE = ("Content-Type", "text/html; charset=utf-8")


def reply(*headers: tuple[str, str], body: bytes = BODY, status: int = 200, cut: bool = False) -> Reply:
    return Reply(
        f"https://web.archive.org/web/20190604012233id_/{URL}", status, "OK", (TYPE, *headers), body, cut
    )


def test_original_headers_come_back() -> None:
    record = stored(
        reply(
            ("X-Archive-Orig-Server", "nginx"),
            ("x-archive-orig-content-length", str(len(BODY))),
            ("x-archive-orig-transfer-encoding", "chunked"),
            ("x-archive-orig-set-cookie", "a=1"),
            ("X-Archive-Src", "ia1234.warc.gz"),
            ("Server", "front"),
        ),
        URL,
        AT,
        payload_digest(BODY),
    )
    assert record.headers == (
        ("Server", "nginx"),
        ("set-cookie", "a=1"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(BODY))),
    )
    assert (record.url, record.captured_at, record.status) == (URL, AT, 200)
    assert (record.payload, record.body, record.payload_digest) == (BODY, BODY, payload_digest(BODY))
    assert (record.time_source, record.origin, record.truncated) == ("cdx", "wayback", None)


def test_unmarked_headers_are_believed_as_far_as_they_concern_the_page() -> None:
    record = stored(reply(("ETag", '"7"'), ("Server", "front"), ("Date", "today")), URL, AT, None)
    assert record.headers == (("ETag", '"7"'), TYPE, ("Content-Length", str(len(BODY))))


def test_coding_that_was_captured_stays() -> None:
    packed = reply(("Content-Encoding", "gzip"), ("X-Archive-Orig-Content-Encoding", "gzip"), body=PACKED)
    for digest in (payload_digest(PACKED), None, "sha1:UNKNOWN"):
        record = stored(packed, URL, AT, digest)
        assert (record.payload, record.body) == (PACKED, BODY)
        assert ("Content-Encoding", "gzip") in record.headers


def test_coding_put_on_by_the_replayer_is_taken_off() -> None:
    for headers, digest in (
        ((("Content-Encoding", "gzip"),), payload_digest(BODY)),
        ((("Content-Encoding", "gzip"), ("X-Archive-Orig-Server", "nginx")), None),
    ):
        record = stored(reply(*headers, body=PACKED), URL, AT, digest)
        assert (record.payload, record.body, record.payload_digest) == (BODY, BODY, payload_digest(BODY))
        assert record.headers[-1] == ("Content-Length", str(len(BODY)))
        assert all(name != "Content-Encoding" for name, _ in record.headers)


def test_coding_taken_off_by_the_replayer_is_no_loss() -> None:
    record = stored(
        reply(("X-Archive-Orig-Content-Encoding", "gzip"), ("X-Archive-Orig-Content-Length", "9999")),
        URL,
        AT,
        payload_digest(PACKED),
    )
    assert record.body == BODY
    assert ("Content-Length", str(len(BODY))) in record.headers


def test_less_than_was_captured() -> None:
    short = reply(("X-Archive-Orig-Content-Length", str(len(BODY))), body=BODY[:10])
    with pytest.raises(CutOff, match=rf"^the replay was cut off \(10 of {len(BODY)} bytes\)$"):
        stored(short, URL, AT, payload_digest(BODY))


def test_what_was_captured_short_is_all_there_is() -> None:
    short = reply(("X-Archive-Orig-Content-Length", str(len(BODY))), body=BODY[:10])
    assert stored(short, URL, AT, payload_digest(BODY[:10])).payload == BODY[:10]


def test_beyond_the_limit_is_marked() -> None:
    assert stored(reply(cut=True), URL, AT, payload_digest(BODY + b"more")).truncated == "length"


def test_the_replayer_may_show_a_neighbour() -> None:
    assert captured_at(reply(("Memento-Datetime", "Tue, 04 Jun 2019 09:22:33 +0800"))) == AT
    assert captured_at(reply(("Memento-Datetime", "yesterday"))) is None
    assert captured_at(reply()) is None


@pytest.mark.parametrize(
    ("status", "headers", "capture"),
    [
        (200, (), True),
        (404, (), False),
        (404, (("Memento-Datetime", "Tue, 04 Jun 2019 01:22:33 GMT"),), True),
        (302, (("X-Archive-Orig-Location", "/"),), True),
        (503, (), False),
    ],
)
def test_who_is_speaking(status: int, headers: tuple[tuple[str, str], ...], capture: bool) -> None:
    assert is_capture(reply(*headers, status=status)) is capture


def test_repetition_refers_to_the_earlier_capture() -> None:
    earlier = stored(reply(("Content-Encoding", "gzip"), ("X-Archive-Orig-Content-Encoding", "gzip"),
                           ("X-Archive-Orig-Date", "then"), body=PACKED), URL, AT, None)  # fmt: skip
    record = repetition(earlier, URL, "2020-01-01T00:00:00+00:00")
    assert (record.record_type, record.payload, record.payload_digest) == (
        "revisit",
        b"",
        payload_digest(PACKED),
    )
    assert record.refers_to == (URL, AT)
    assert record.captured_at == "2020-01-01T00:00:00+00:00"
    assert dict(record.headers) == {
        "Content-Type": TYPE[1], "Content-Encoding": "gzip", "Content-Length": str(len(PACKED))
    }  # fmt: skip
