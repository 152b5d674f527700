"""From a replayed answer to the response that was captured; and whether it is that at all."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqihui_spider.items import ArticleItem, ParsedPage
from yiqihui_spider.warc.records import StoredResponse, payload_digest
from yiqihui_spider.wayback.client import Response
from yiqihui_spider.wayback.replay import Place, captured_at, contradiction, repetition, served, stored
from yiqihui_spider.wayback.retrying import schedule
from yiqihui_spider.wayback.verdict import NotTheCapture, is_capture, judge, original_address

URL = "http://www.178hui.com/news/view/5561.html"
AT = "2019-06-04T01:22:33+00:00"
BODY = "<html>半价的牙膏</html>".encode()
PACKED = gzip.compress(BODY, mtime=0)
TYPE = ("Content-Type", "text/html; charset=utf-8")
MEMENTO = ("Memento-Datetime", "Tue, 04 Jun 2019 01:22:33 GMT")
THEN_GZIP = ("X-Archive-Orig-Content-Encoding", "gzip")
PLACE = Place(URL, AT)


def reply(*headers: tuple[str, str], body: bytes = BODY, status: int = 200, cut: bool = False) -> Response:
    address = f"https://web.archive.org/web/20190604012233id_/{URL}"
    return Response(address, status, "OK", (TYPE, *headers), body, cut)


def taken(response: Response, digest: str | None = None, status: str = "") -> StoredResponse:
    return stored(response, judge(response, digest, status), PLACE)


def test_original_headers_come_back() -> None:
    record = taken(
        reply(
            ("X-Archive-Orig-Server", "nginx"),
            ("x-archive-orig-content-length", str(len(BODY))),
            ("x-archive-orig-transfer-encoding", "chunked"),
            ("x-archive-orig-set-cookie", "a=1"),
            ("X-Archive-Src", "ia1234.warc.gz"),
            ("Server", "front"),
        ),
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
    record = taken(reply(("ETag", '"7"'), ("Server", "front"), ("Date", "today")), payload_digest(BODY))
    assert record.headers == (("ETag", '"7"'), TYPE, ("Content-Length", str(len(BODY))))


@pytest.mark.parametrize(
    ("headers", "body", "digest", "payload"),
    [
        # as captured, by the connection's word, by that of then, by its own mark
        ((("Content-Encoding", "gzip"), THEN_GZIP), PACKED, payload_digest(PACKED), PACKED),
        ((("Content-Encoding", "gzip"), THEN_GZIP), PACKED, None, PACKED),
        ((THEN_GZIP,), PACKED, payload_digest(PACKED), PACKED),
        ((THEN_GZIP,), PACKED, None, PACKED),
        ((), PACKED, payload_digest(PACKED), PACKED),
        # put on by the replay
        ((("Content-Encoding", "gzip"),), PACKED, payload_digest(BODY), BODY),
        ((("Content-Encoding", "gzip"), ("X-Archive-Orig-Server", "nginx")), PACKED, None, BODY),
        # taken off by the replay, and declared all the same
        ((THEN_GZIP, ("X-Archive-Orig-Content-Length", "9999")), BODY, payload_digest(PACKED), PACKED),
        ((("Content-Encoding", "gzip"), THEN_GZIP), BODY, payload_digest(BODY), BODY),
        # twice
        (
            (("Content-Encoding", "gzip"), THEN_GZIP),
            gzip.compress(PACKED, mtime=0),
            payload_digest(PACKED),
            PACKED,
        ),
    ],
)
def test_content_codings(
    headers: tuple[tuple[str, str], ...], body: bytes, digest: str | None, payload: bytes
) -> None:
    record = taken(reply(*headers, MEMENTO, body=body), digest)
    assert (record.payload, record.body, record.problem) == (payload, BODY, None)
    assert (("Content-Encoding", "gzip") in record.headers) is (payload == PACKED)
    assert ("Content-Length", str(len(payload))) in record.headers


@pytest.mark.parametrize("level", range(1, 10))
@pytest.mark.parametrize("head", [b"\0\x03", b"\4\x03", b"\2\xff", b"\0\x00"])
def test_what_servers_pack_is_packed_again(level: int, head: bytes) -> None:
    """nginx and Apache put no time in the head, and differ in level and in two bytes."""
    page = b"<html>" + BODY * 300 + b"</html>"
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    packed = packer.compress(page) + packer.flush()
    packed = packed[:8] + head + packed[10:]
    payload = judge(reply(THEN_GZIP, MEMENTO, body=page), payload_digest(packed))
    assert (payload.data, payload.coding, payload.proven) == (packed, "gzip", True)


@pytest.mark.parametrize("form", ["hex", "lower", "sha256", "md5"])
def test_digests_in_other_forms(form: str) -> None:
    digest = {
        "hex": "sha1:" + hashlib.sha1(BODY).hexdigest(),
        "lower": payload_digest(BODY).lower(),
        "sha256": "sha256:" + hashlib.sha256(BODY).hexdigest(),
        "md5": "md5:" + hashlib.md5(BODY).hexdigest(),
    }[form]
    assert judge(reply(), digest).proven
    with pytest.raises(NotTheCapture):
        judge(reply(body=BODY[:9]), digest)


@pytest.mark.parametrize(
    ("response", "digest", "words"),
    [
        (reply(body=BODY[:10]), payload_digest(BODY), "a page of the replayer's own"),
        (reply(MEMENTO, body=BODY[:10]), payload_digest(BODY), "its digest is not the index's"),
        (reply(MEMENTO, body=b""), payload_digest(BODY), "its digest is not the index's"),
        (reply(MEMENTO, body=b""), None, "the answer is empty"),
        (reply(body=BODY), None, "a page of the replayer's own, and the index has no digest"),
        (reply(body=BODY), "unknown:77", "a page of the replayer's own"),
        (reply(MEMENTO, THEN_GZIP, body=BODY[:10]), "sha1:" + "A" * 32, "its digest is not the index's"),
        (
            reply(MEMENTO, ("X-Archive-Orig-Content-Length", "99"), body=BODY),
            None,
            f"the replay was cut off ({len(BODY)} of 99 bytes)",
        ),
        (
            reply(MEMENTO, body=b'<a href="/web/20190705081500/http://www.178hui.com/">x</a>'),
            None,
            "the replayer rewrote the page",
        ),
        (
            reply(MEMENTO, body=b"<script src='http://h/past/20190705081500js_/https://x/a.js'>"),
            None,
            "the replayer rewrote the page",
        ),
        (reply(MEMENTO, body=b'<script src="/static/wb_frame.js">'), None, "the replayer rewrote the page"),
    ],
)
def test_what_is_not_the_capture(response: Response, digest: str | None, words: str) -> None:
    with pytest.raises(NotTheCapture) as caught:
        judge(response, digest)
    assert words in str(caught.value)


def test_a_digest_of_the_chunks_is_none_of_the_page() -> None:
    """wget's: a whole page is taken on the replay's word, half a one is not."""
    chunked = (MEMENTO, ("X-Archive-Orig-Transfer-Encoding", "chunked"))
    digest = payload_digest(b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY))
    payload = judge(reply(*chunked), digest)
    assert (payload.data, payload.proven) == (BODY, False)
    with pytest.raises(NotTheCapture):
        judge(reply(*chunked, body=BODY[:-9]), digest)


def test_a_status_that_is_not_the_index_s() -> None:
    with pytest.raises(NotTheCapture, match="answers 404 for a capture with status 200"):
        judge(reply(MEMENTO, status=404), None, "200")
    assert not judge(reply(MEMENTO, status=404), None, "404").proven


def test_what_was_captured_short_is_all_there_is() -> None:
    short = reply(("X-Archive-Orig-Content-Length", str(len(BODY))), body=BODY[:10])
    assert taken(short, payload_digest(BODY[:10])).payload == BODY[:10]


def test_what_was_captured_damaged_is_kept_and_said_to_be() -> None:
    record = taken(reply(THEN_GZIP, body=PACKED[:-12]), payload_digest(PACKED[:-12]))
    assert record.payload == PACKED[:-12]
    assert record.problem is not None


def test_beyond_the_limit_is_marked() -> None:
    assert taken(reply(MEMENTO, cut=True), payload_digest(BODY + b"more")).truncated == "length"


def test_the_replayer_may_show_a_neighbour() -> None:
    assert captured_at(reply(("Memento-Datetime", "Tue, 04 Jun 2019 09:22:33 +0800"))) == AT
    assert captured_at(reply(("Memento-Datetime", "yesterday"))) is None
    assert captured_at(reply()) is None
    link = '<http://www.178hui.com:80/news/view/7.html>; rel="original", <http://x/>; rel="timemap"'
    neighbour = reply(("Memento-Datetime", "Wed, 05 Jun 2019 01:22:33 GMT"), ("Link", link))
    assert served(neighbour, PLACE) == Place(
        "http://www.178hui.com/news/view/7.html", "2019-06-05T01:22:33+00:00"
    )


@pytest.mark.parametrize(
    "original",
    [URL, URL.replace("http", "https"), URL.replace(".com", ".com:80"), URL.replace("www.", ""), "nonsense"],
)
def test_the_same_address_in_other_words_stays_as_the_index_has_it(original: str) -> None:
    assert served(reply(MEMENTO, ("Link", f'<{original}>; rel="original"')), PLACE) == PLACE


def test_links() -> None:
    first = (
        "Link",
        '<http://a/>; rel="first memento"; datetime="Tue, 04 Jun 2019", <http://b/?c=1,2>; rel=original',
    )
    assert original_address(reply(first)) == "http://b/?c=1,2"
    assert original_address(reply(("Link", '<http://a/>; rel="next"'))) is None
    assert original_address(reply()) is None


@given(st.text(), st.binary(max_size=200), st.sampled_from(["Link", "Memento-Datetime", "Content-Encoding"]))
def test_no_answer_breaks_anything(value: str, body: bytes, name: str) -> None:
    response = reply((name, value), body=body)
    served(response, PLACE)
    with contextlib.suppress(NotTheCapture):
        assert judge(response, payload_digest(BODY)).data == BODY


@pytest.mark.parametrize(
    ("status", "headers", "capture"),
    [
        (200, (), False),
        (404, (), False),
        (404, (MEMENTO,), True),
        (302, (("X-Archive-Orig-Location", "/"),), True),
        (200, (("X-Archive-Src", "a.warc.gz"),), True),
        (200, (("Link", '<http://a/>; rel="original"'),), True),
        (200, (MEMENTO, ("X-Archive-Wayback-Runtime-Error", "x")), False),
        (503, (), False),
    ],
)
def test_who_is_speaking(status: int, headers: tuple[tuple[str, str], ...], capture: bool) -> None:
    assert is_capture(reply(*headers, status=status)) is capture


def test_repetition_refers_to_the_earlier_capture() -> None:
    headers = (("Content-Encoding", "gzip"), THEN_GZIP, ("X-Archive-Orig-Date", "then"))
    earlier = taken(reply(*headers, body=PACKED), payload_digest(PACKED))
    record = repetition(earlier, Place(URL, "2020-01-01T00:00:00+00:00"))
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


# --- what contradicts a capture's time and address -------------------------------------------------


def article(published: str, title: str | None = "甲题目", number: int | None = 5561) -> ArticleItem:
    return ArticleItem("甲文。", published, 7, title=title, site_id=number)


@pytest.mark.parametrize(
    ("known", "title", "published", "contradicted"),
    [
        (None, "乙题目", "2019-05-01T09:30:07+08:00", False),
        (("2019-05-02T09:30:07+08:00", "甲题目"), "乙题目", "2019-05-01T09:30:07+08:00", True),
        (("2019-05-01T09:30:07+08:00", "甲题目"), "乙题目", "2019-05-01T09:30:07+08:00", False),
        (("2019-05-02T09:30:07+08:00", "乙 题目"), "乙题目", "2019-05-01T09:30:07+08:00", False),
        (("2019-05-02T09:30:07+08:00", None), "乙题目", "2019-05-01T09:30:07+08:00", False),
    ],
)
def test_time_and_title_of_another_article(
    known: tuple[str, str | None] | None, title: str, published: str, contradicted: bool
) -> None:
    reading = ParsedPage("article", articles=(article(published, title),))
    assert (contradiction(reading, AT, lambda number: known) is not None) is contradicted


def test_most_of_a_page_decides_whether_its_time_can_be() -> None:
    early, late = article("2019-05-01T09:30:07+08:00"), article("2019-09-01T09:30:07+08:00")
    nobody = {}.get
    assert contradiction(ParsedPage("listing", articles=(early, late)), AT, nobody) is None
    assert contradiction(ParsedPage("listing", articles=(early, late, late)), AT, nobody) == (
        "dated before what it shows was published (2019-09-01T09:30:07+08:00)"
    )
    assert contradiction(ParsedPage("other"), AT, nobody) is None


def test_growing_intervals() -> None:
    begin = "2026-11-01T00:00:00+00:00"
    days = [schedule("refused", attempts, begin).next_try_at[5:10] for attempts in range(1, 8)]
    assert days == ["11-02", "11-04", "11-10", "11-28", "01-21", "01-30", "01-30"]
    assert [schedule("unanswered", attempts, begin).lasting for attempts in (1, 4, 5)] == [False, False, True]
