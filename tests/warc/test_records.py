from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiqihui_spider.warc.records import (
    digest_matches,
    format_head,
    hasher,
    in_our_form,
    iso_date,
    parse_fields,
    payload_digest,
    read_date,
    warc_date,
)


def test_fields_keep_order_and_repetition() -> None:
    fields = parse_fields(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nVia: x\r\nset-cookie: b=2\r\n\r\n")
    assert fields.first == "HTTP/1.1 200 OK"
    assert fields.pairs == [("Set-Cookie", "a=1"), ("Via", "x"), ("set-cookie", "b=2")]
    assert fields.get("SET-COOKIE") == "a=1"
    assert fields.all("set-cookie") == ["a=1", "b=2"]
    assert fields.get("Age") is None


def test_folded_lines_and_lines_that_are_none() -> None:
    fields = parse_fields(b"HTTP/1.0 200 OK\nX-Long: one\n  two\nno colon here\nA: b:c\n\n")
    assert fields.pairs == [("X-Long", "one two"), ("A", "b:c")]


def test_bytes_of_http_fields_are_code_points_and_warc_fields_utf8() -> None:
    head = "X: 社".encode()
    assert parse_fields(b"first\n" + head).pairs == [("X", "ç¤¾")]
    assert parse_fields(b"first\n" + head, utf8=True).pairs == [("X", "社")]
    assert parse_fields(b"first\nX: \xe9", utf8=True).pairs == [("X", "é")]


def test_a_head_cannot_be_broken_from_inside() -> None:
    head = format_head("HTTP/1.1 200 O\r\nK", [("A b:c", "1\r\n\r\n2"), ("", "社"), ("N", "é\x85\x0c")])
    assert head == b"HTTP/1.1 200 O K\r\nA_b_c: 1 2\r\n_: \xe7\xa4\xbe\r\nN: \xe9\x85\x0c\r\n\r\n"


NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~", min_size=1)
VALUES = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n")).map(lambda v: v.strip(" \t"))


@given(st.lists(st.tuples(NAMES, VALUES)))
@settings(max_examples=200, deadline=None)
def test_heads_round_trip(pairs: list[tuple[str, str]]) -> None:
    assert parse_fields(format_head("HTTP/1.1 200 OK", pairs)).pairs == pairs


def test_dates_written() -> None:
    assert warc_date("2026-11-22T14:00:00+08:00") == "2026-11-22T06:00:00Z"
    assert warc_date("2026-11-22T06:00:00Z") == "2026-11-22T06:00:00Z"
    moment = datetime(2026, 11, 22, 14, 0, 0, 999999, tzinfo=timezone(timedelta(hours=8)))
    assert warc_date(moment) == "2026-11-22T06:00:00Z"
    assert iso_date(moment) == "2026-11-22T06:00:00+00:00"
    with pytest.raises(ValueError, match="needs an offset"):
        warc_date("2026-11-22T06:00:00")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2019-04-13T01:30:07Z", "2019-04-13T01:30:07+00:00"),
        ("2019-04-13T01:30:07.123456789Z", "2019-04-13T01:30:07+00:00"),
        ("2019-04-13T01:30Z", "2019-04-13T01:30:00+00:00"),
        ("2019-04", "2019-04-01T00:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
        ("2019-02-30T00:00:00Z", None),
        ("20190413013007", "2019-04-13T01:30:07+00:00"),
        ("20190413993007", None),
        ("2019-07-01T08:00:00+08:00", "2019-07-01T00:00:00+00:00"),
        ("2019-07-01t08:00:00.25+0800", "2019-07-01T00:00:00+00:00"),
        ("2019-06-30 20:30:00,5 -03:30", "2019-07-01T00:00:00+00:00"),
        ("2019-07-01T08:00:00+08", "2019-07-01T00:00:00+00:00"),
        ("2019-07-01T08:00:00+25:00", None),
        ("0001-01-01T00:00:00+08:00", None),
        ("2019-07-01T08:00:00 CST", None),
        ("２０１９-04", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_read(text: str | None, iso: str | None) -> None:
    assert read_date(text) == iso


def test_payload_digest_is_the_one_in_warc_headers() -> None:
    assert payload_digest(b"") == "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"


def test_digests_in_every_alphabet() -> None:
    value = hashlib.sha1(b"page").digest()
    for text in (
        base64.b32encode(value).decode(),
        base64.b32encode(value).decode().lower(),
        value.hex(),
        value.hex().upper(),
        base64.b64encode(value).decode(),
        base64.urlsafe_b64encode(value).decode(),
    ):
        assert digest_matches(f"sha1:{text}", value)
        assert not digest_matches(f"sha1:{text}", hashlib.sha1(b"other").digest())


def test_hash_functions_we_can_check() -> None:
    assert hasher("SHA-256:x").name == "sha256"  # type: ignore[union-attr]
    assert hasher("sha1:x").name == "sha1"  # type: ignore[union-attr]
    assert hasher("blake2b:x").name == "blake2b"  # type: ignore[union-attr]
    assert hasher("SHA3-256:x").name == "sha3_256"  # type: ignore[union-attr]
    assert hasher("blake9:x") is None
    assert hasher(None) is None


def test_hex_digests_come_into_our_form() -> None:
    assert in_our_form("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709") == payload_digest(b"")
    assert in_our_form("sha256:abc") == "sha256:abc"
    assert in_our_form(None) == ""
