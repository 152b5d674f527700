"""The forms in which records come: ARC, zstd with and without a dictionary, digests of every sort;
and readers that give little at a time."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import pytest
import zstandard

from yiqihui_spider.imports.file_type import recognise
from yiqihui_spider.warc.reader import Damaged, StoredResponse, iter_records, read_record, scan, verify_record
from yiqihui_spider.warc.records import is_whole, payload_digest
from yiqihui_spider.warc.writer import WarcWriter

URL = "http://www.178hui.com/news/list.html?page=1"
WHEN = "2019-06-01T08:00:00+00:00"
PAGE = "<!DOCTYPE html><p>小店的账本，记着今天卖了多少。</p>".encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
GAP = "its WARC-Block-Digest is not that of the block"


def warc(
    block: bytes, *, kind: str = "response", url: str = URL, version: str = "WARC/1.0", **more: str
) -> bytes:
    head = {"WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": "2019-06-01T08:00:00Z"}
    head |= {"Content-Type": "application/http; msgtype=response", "Content-Length": str(len(block))}
    head |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"{version}\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def records(data: bytes, **options: Any) -> list[StoredResponse | Damaged]:
    return [record for _, record in iter_records(io.BytesIO(data), **options)]


def bodies(data: bytes) -> list[bytes | str]:
    return [r.body if isinstance(r, StoredResponse) else r.reason for r in records(data)]


# --- ARC ------------------------------------------------------------------------------------

ARC1 = b"filedesc://x.arc 0.0.0.0 20190701000000 text/plain 65\n1 0 test\n" + (
    b"URL IP-address Archive-date Content-type Archive-length\n\n"
)
ARC2 = b"filedesc://x.arc 0.0.0.0 20190701000000 text/plain 200 - - 0 x.arc 110\n2 0 test\n" + (
    b"URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename "
    b"Archive-length\n\n"
)


def arc1(block: bytes, url: str = URL, when: str = "20190601080000", kind: str = "text/html") -> bytes:
    return f"{url} 127.0.0.1 {when} {kind} {len(block)}\n".encode() + block + b"\n"


def arc2(block: bytes, url: str = URL) -> bytes:
    line = f"{url} ::1 20190601080000 text/html 200 3f4e - 0 x.arc {len(block)}\n"
    return line.encode() + block + b"\n"


@pytest.mark.parametrize("make", [arc1, arc2])
@pytest.mark.parametrize("packed", [bytes, gzip.compress, lambda one: gzip.compress(one, mtime=0)])
def test_arc_of_both_versions(make: Callable[[bytes], bytes], packed: Callable[[bytes], bytes]) -> None:
    first = ARC1 if make is arc1 else ARC2
    second = HEAD.replace(b"200 OK", b"404 Not Found") + b"none"
    data = packed(first) + packed(make(HEAD + PAGE)) + packed(make(second))
    assert recognise(data[:65536]) == "arc"
    one, two = records(data)
    assert isinstance(one, StoredResponse)
    assert isinstance(two, StoredResponse)
    assert (one.url, one.captured_at, one.status, one.body) == (URL, WHEN, 200, PAGE)
    assert (one.content_type, one.payload_digest) == ("text/html; charset=utf-8", payload_digest(PAGE))
    assert one.ip == ("127.0.0.1" if make is arc1 else "::1")
    assert (two.status, two.body) == (404, b"none")
    assert one.offset == len(packed(first))


def test_arc_packed_as_a_whole_and_through_a_pipe() -> None:
    data = gzip.compress(ARC1 + arc1(HEAD + PAGE) + arc1(HEAD + b"two"), mtime=0)
    assert bodies(data) == [PAGE, b"two"]
    with dripping(ARC1 + arc1(HEAD + PAGE) + arc1(HEAD + b"two"), 1) as stream:
        assert [r.body for _, r in iter_records(stream) if isinstance(r, StoredResponse)] == [PAGE, b"two"]


def test_arc_records_that_are_odd() -> None:
    dns = arc1(b"20190601080000\nwww.178hui.com. 600 IN A 1.2.3.4\n", "dns:www.178hui.com", kind="text/dns")
    bare = arc1(PAGE, kind="text/html")
    spaced = arc1(HEAD + b"x", url="http://www.178hui.com/a b?c=d e")
    short = arc1(HEAD + b"x", when="20190601")
    untyped = arc1(b"HTTP/1.0 200\nA: b\n\nx", kind="no-type")
    got = [r for r in records(ARC1 + dns + bare + spaced + short + untyped) if isinstance(r, StoredResponse)]
    assert [(r.url, r.status, r.content_type) for r in got] == [
        ("dns:www.178hui.com", None, "text/dns"),
        (URL, None, "text/html"),
        ("http://www.178hui.com/a b?c=d e", 200, "text/html; charset=utf-8"),
        (URL, 200, "text/html; charset=utf-8"),
        (URL, 200, None),
    ]
    assert got[3].captured_at == "2019-06-01T00:00:00+00:00"


def test_damage_in_an_arc_costs_one_record() -> None:
    parts = [arc1(HEAD + b"page %d" % number) for number in range(4)]
    wrong = parts[1].replace(b" %d\n" % (len(HEAD) + 6), b" 30\n", 1)
    assert bodies(ARC1 + parts[0] + wrong + parts[2] + parts[3]) == [
        b"page 0", "the record does not end where it says", b"page 2", b"page 3"
    ]  # fmt: skip
    cut = (ARC1 + b"".join(parts))[:-4]
    assert bodies(cut)[:3] == [b"page 0", b"page 1", b"page 2"]
    assert bodies(cut)[3:] == ["the file ends inside the record"]
    packed = [gzip.compress(part, mtime=0) for part in [ARC1, *parts]]
    packed[2] = packed[2][:30] + b"\xff" * 9 + packed[2][39:]
    assert [one for one in bodies(b"".join(packed)) if isinstance(one, bytes)] == [
        b"page 0",
        b"page 2",
        b"page 3",
    ]


def test_a_warc_that_quotes_an_arc_stays_a_warc() -> None:
    data = warc(HEAD + PAGE) + b"junk\n" + arc1(HEAD + b"quoted") + warc(HEAD + b"two")
    assert [one for one in bodies(data) if isinstance(one, bytes)] == [PAGE, b"two"]


# --- zstd -----------------------------------------------------------------------------------

SAMPLES = [
    warc(HEAD + f"<p>第 {n} 页的社群文章，记着第 {n * 7} 家小店。</p>".encode() * 3) for n in range(200)
]


def trained() -> zstandard.ZstdCompressionDict:
    return zstandard.train_dictionary(4096, SAMPLES)


def framed(dictionary: bytes) -> bytes:
    return b"\x5d\x2a\x4d\x18" + len(dictionary).to_bytes(4, "little") + dictionary


@pytest.mark.parametrize(
    "how", ["plain", "dictionary", "dictionary compressed", "raw dictionary", "one frame"]
)
def test_zstd(how: str) -> None:
    pages = [warc(HEAD + b"page %d" % number) for number in range(3)]
    start, coder = b"", zstandard.ZstdCompressor()
    if how.startswith("dictionary"):
        words = trained()
        coder = zstandard.ZstdCompressor(dict_data=words)
        plain = words.as_bytes()
        start = framed(zstandard.compress(plain) if how.endswith("compressed") else plain)
    elif how == "raw dictionary":
        raw = b"".join(SAMPLES[:5])
        coder = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(raw))
        start = framed(raw)
    members = [coder.compress(b"".join(pages))] if how == "one frame" else list(map(coder.compress, pages))
    data = start + b"".join(members)
    # a dictionary without its own signature may be anybody's skippable frame
    assert recognise(data[:65536]) == ("zstd" if how == "raw dictionary" else "warc")
    got = list(iter_records(io.BytesIO(data)))
    assert [r.body for _, r in got if isinstance(r, StoredResponse)] == [b"page 0", b"page 1", b"page 2"]
    if how != "one frame":
        assert [at for at, _ in got] == [len(start) + len(b"".join(members[:n])) for n in range(3)]
    for step in (1, 7, 4096):
        with dripping(data, step) as stream:
            assert [r.body for _, r in iter_records(stream) if isinstance(r, StoredResponse)] == [
                b"page 0", b"page 1", b"page 2"
            ]  # fmt: skip


def test_zstd_damaged_cut_or_without_its_dictionary() -> None:
    words = trained()
    coder = zstandard.ZstdCompressor(dict_data=words, write_checksum=True)
    frames = [coder.compress(page) for page in SAMPLES[:4]]
    whole = framed(words.as_bytes()) + b"".join(frames)
    assert len([one for one in bodies(whole) if isinstance(one, bytes)]) == 4
    assert bodies(b"".join(frames))[0] == "needs a zstd dictionary that is not in the file"
    assert bodies(whole[:-9])[-1] == "the file ends inside the record's zstd member"
    assert len([one for one in bodies(whole[:-9]) if isinstance(one, bytes)]) == 3
    frames[1] = frames[1][:20] + bytes([frames[1][20] ^ 255]) + frames[1][21:]
    hurt = bodies(framed(words.as_bytes()) + b"".join(frames))
    assert len([one for one in hurt if isinstance(one, bytes)]) == 3
    assert len([one for one in hurt if isinstance(one, str)]) == 1
    assert bodies(framed(words.as_bytes())[:100]) == ["needs a zstd dictionary that is not in the file"] or (
        "ends inside" in str(bodies(framed(words.as_bytes())[:100])) or not bodies(framed(b"")[:100])
    )


# --- readers that give little -----------------------------------------------------------------


class Dripping(io.RawIOBase):
    """Answers every read with ``step`` bytes at most, as pipes and coded streams may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data = data
        self._step = step
        self._at = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._data[self._at : self._at + min(self._step, size if size >= 0 else self._step)]
        self._at += len(piece)
        return piece


def dripping(data: bytes, step: int) -> BinaryIO:
    return Dripping(data, step)  # type: ignore[return-value]


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize(("size", "step"), [(1000, 1), (70_000, 100), (300_000, 65_537), (5_000_000, 8192)])
def test_short_reads_are_no_end(packed: Callable[[bytes], bytes], size: int, step: int) -> None:
    page = Random(size).randbytes(size // 2).hex().encode()
    data = packed(warc(HEAD + page)) + packed(warc(HEAD + b"end"))
    with dripping(data, step) as stream:
        got = [record for _, record in iter_records(stream)]
    assert [r.body for r in got if isinstance(r, StoredResponse)] == [page, b"end"]


def test_one_byte_at_a_time_through_a_real_pipe() -> None:
    data = (
        gzip.compress(warc(HEAD + PAGE), mtime=0)
        + b"junk" * 1000
        + gzip.compress(warc(HEAD + b"end"), mtime=0)
    )
    out, into = os.pipe()

    def feed() -> None:
        with os.fdopen(into, "wb", buffering=0) as writer:
            for byte in data:
                writer.write(bytes([byte]))

    thread = threading.Thread(target=feed)
    thread.start()
    with os.fdopen(out, "rb", buffering=0) as stream:
        got = [record for _, record in iter_records(stream)]  # type: ignore[arg-type]
    thread.join()
    assert [r.body for r in got if isinstance(r, StoredResponse)] == [PAGE, b"end"]
    assert sum(isinstance(r, Damaged) for r in got) == 1


# --- digests ----------------------------------------------------------------------------------


def stated(name: str, data: bytes, form: Callable[[bytes], bytes] = base64.b32encode) -> str:
    return f"{name}:{form(hashlib.new(name.replace('-', ''), data).digest()).decode()}"


def hexed(data: bytes) -> bytes:
    return data.hex().encode()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
CODED = gzip.compress(PAGE, mtime=0)
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(CODED), CODED)


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha-256", "md5", "blake2b", "sha512"])
@pytest.mark.parametrize("form", [base64.b32encode, hexed, base64.b64encode])
@pytest.mark.parametrize("meant", [CHUNKS, CODED, PAGE])
def test_digests_of_the_payload_as_tools_make_them(
    name: str, form: Callable[[bytes], bytes], meant: bytes
) -> None:
    right = stated(name, meant, form)
    for fields in (
        {"WARC_Payload_Digest": right},
        {"WARC_Payload_Digest": right, "WARC_Block_Digest": right},
        {"WARC_Block_Digest": right},
        {"WARC_Payload_Digest": right, "WARC_Block_Digest": stated("sha1", b"something else")},
    ):
        (record,) = records(warc(CHUNKED + CHUNKS, **fields))
        assert isinstance(record, StoredResponse), fields
        assert (record.body, record.problem) == (PAGE, None)
        assert record.warning == (GAP if "WARC_Block_Digest" in fields else None)
        assert record.payload_digest == payload_digest(CODED)


def test_a_record_that_no_digest_bears_out_is_damage() -> None:
    wrong, other = stated("sha256", b"something else"), stated("sha1", b"another thing", hexed)
    for fields, name in (
        ({"WARC_Payload_Digest": wrong}, "Payload"),
        ({"WARC_Block_Digest": wrong}, "Block"),
        ({"WARC_Payload_Digest": other, "WARC_Block_Digest": wrong}, "Block"),
    ):
        assert records(warc(HEAD + PAGE, **fields)) == [
            Damaged(0, f"the record does not match its own WARC-{name}-Digest")
        ]
    right = stated("sha1", HEAD + PAGE)
    assert bodies(warc(HEAD + PAGE, WARC_Block_Digest=right, WARC_Payload_Digest=wrong)) == [PAGE]
    assert bodies(warc(HEAD + PAGE, WARC_Payload_Digest="blake3:zz", WARC_Block_Digest="")) == [PAGE]
    assert bodies(warc(HEAD + PAGE, WARC_Payload_Digest=wrong, WARC_Truncated="length")) == [PAGE]


def test_digests_of_what_is_not_wanted_are_nobodys_business() -> None:
    wrong = stated("sha1", b"something else")
    data = (
        warc(b"GET / HTTP/1.1\r\n\r\n", kind="request", WARC_Block_Digest=wrong)
        + warc(HEAD + b"x", url="http://elsewhere/", WARC_Block_Digest=wrong)
        + warc(HEAD + PAGE)
    )
    (record,) = records(data, wanted=lambda url: url == URL)
    assert isinstance(record, StoredResponse)


def test_a_revisit_that_states_one_digest_twice() -> None:
    digest = payload_digest(PAGE)
    data = warc(HEAD, kind="revisit", WARC_Payload_Digest=digest, WARC_Block_Digest=digest)
    (record,) = records(data)
    assert isinstance(record, StoredResponse)
    assert (record.payload_digest, record.warning) == (digest, GAP)


# --- heads ------------------------------------------------------------------------------------


def test_versions_and_types_in_small_letters() -> None:
    for version in ("warc/1.0", "Warc/1.1", "WARC/0.18"):
        data = warc(HEAD + PAGE, kind="Response", version=version)
        assert bodies(data) == [PAGE]
        assert bodies(gzip.compress(data, mtime=0)) == [PAGE]
        assert [one for one in bodies(b"junk\n" + data) if isinstance(one, bytes)] == [PAGE]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("HTTP/1.1 000", 0),
        ("HTTP/1.0 0", 0),
        ("HTTP/1.1 200", 200),
        ("http/1.1 200 ok", 200),
        ("HTTP/2 1000 X", 1000),
    ],
)
def test_status_lines(line: str, status: int) -> None:
    (record,) = records(warc(line.encode() + b"\r\nA: b\r\n\r\n" + PAGE))
    assert isinstance(record, StoredResponse)
    assert (record.status, record.body) == (status, PAGE)


def test_heads_longer_than_the_limit_are_named() -> None:
    long = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 180_000 + b"\r\n" + PAGE
    assert records(warc(long) + warc(HEAD + PAGE))[0] == Damaged(0, "the HTTP head is longer than 1 MiB")
    assert bodies(warc(long) + warc(HEAD + PAGE))[1:] == [PAGE]
    fits = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 170_000 + b"\r\n" + PAGE
    assert bodies(warc(fits)) == [PAGE]


@pytest.mark.parametrize(
    ("status", "part", "whole"),
    [
        (200, None, True), (203, None, True), (206, "bytes 0-99/100", True), (206, "bytes=0-99/100", True),
        (206, "bytes 0-98/100", False), (206, "bytes 1-99/100", False), (206, "bytes 0-99/*", False),
        (206, None, False), (204, None, False), (404, None, False), (304, None, False), (0, None, False),
    ],
)  # fmt: skip
def test_which_answers_are_the_whole_page(status: int, part: str | None, whole: bool) -> None:
    assert is_whole(status, [("content-range", part)] if part else []) is whole


def test_chunks_that_nobody_declares_are_undone_in_files_of_others() -> None:
    chunks = b"%x;name=value\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(PAGE), PAGE)
    (record,) = records(warc(HEAD + chunks))
    assert isinstance(record, StoredResponse)
    assert (record.body, record.warning) == (PAGE, "chunked, but not declared")
    ours = warc(HEAD + chunks, X_Yiqihui_Origin="live", X_Yiqihui_Time_Source="clock")
    assert bodies(ours) == [chunks]


def test_ends_of_arc_and_warc_records_are_told() -> None:
    data = warc(HEAD + PAGE) + warc(HEAD + b"two")
    assert [found.end for found in scan(io.BytesIO(data))] == [len(warc(HEAD + PAGE)), len(data)]


def test_what_is_written_can_be_read_whatever_its_head(tmp_path: Path) -> None:
    long = [("X", "a" * 1000)] * 1400
    with WarcWriter(tmp_path, software="test") as writer:
        for status, headers in ((200, long), (0, [("A", "b\0c")]), (99, []), (1000, [("A", "é")] * 3)):
            capture = writer.write_response(
                url=URL,
                request_headers=None,
                status=status,
                reason="",
                headers=headers,
                body=PAGE,
                captured_at=WHEN,
            )
            record = read_record(tmp_path, capture.warc_file, capture.warc_offset)
            assert (record.status, record.payload) == (status, PAGE)
            assert (
                verify_record(tmp_path, capture.warc_file, capture.warc_offset, payload_digest(PAGE)) is None
            )
            assert record.truncated == capture.truncated == ("length" if headers is long else None)
            assert headers is long or list(record.headers)[: len(headers)] == [
                (name, value.strip()) for name, value in headers
            ]
