from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.paths import FIXTURES

from yiqihui_spider.warc.reader import (
    Damaged,
    StoredResponse,
    WarcError,
    iter_records,
    read_record,
    scan,
    verify_record,
)
from yiqihui_spider.warc.records import Previous, payload_digest
from yiqihui_spider.warc.writer import WarcWriter

CASES = sorted(path.parent for path in FIXTURES.glob("warc/*/expected.json"))
URL = "http://www.178hui.com/news/list.html?page=1"
WHEN = "2019-06-01T08:00:00+00:00"
PAGE = "<p>小店的账本，记着今天卖了多少。</p>".encode()


def told(offset: int, record: StoredResponse | Damaged) -> dict[str, Any]:
    if isinstance(record, Damaged):
        return {"offset": offset, "damage": record.reason}
    return {
        "offset": offset,
        "length": record.length,
        "type": record.record_type,
        "url": record.url,
        "captured_at": record.captured_at,
        "status": record.status,
        "content_type": record.content_type,
        "body": record.body.decode(),
        "digest": record.payload_digest,
        "refers_to": record.refers_to and list(record.refers_to),
        "problem": record.problem,
        **({"warning": record.warning} if record.warning else {}),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_foreign_and_damaged_files(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    with next(case.glob("input.*")).open("rb") as stream:
        assert [told(at, record) for at, record in iter_records(stream)] == expected


def piped(data: bytes) -> BinaryIO:
    """``data`` as a real pipe's reading end: it can't seek."""
    out, into = os.pipe()

    def feed() -> None:
        with os.fdopen(into, "wb") as writer:
            writer.write(data)

    threading.Thread(target=feed, daemon=True).start()
    return os.fdopen(out, "rb")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whole_records_come_through_a_pipe_too(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    whole = [entry for entry in expected if "damage" not in entry]
    with piped(next(case.glob("input.*")).read_bytes()) as stream:
        assert not stream.seekable()
        got = [told(at, record) for at, record in iter_records(stream)]
    if case.name == "plain-damaged":  # a length beyond all bounds can only be found out by seeking
        whole = whole[:1]
    assert [entry for entry in got if "damage" not in entry] == whole
    assert any("damage" in entry for entry in got) == any("damage" in entry for entry in expected)


def warc(block: bytes, *, kind: str = "response", url: str = URL, **more: str) -> bytes:
    head = {"WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": "2019-06-01T08:00:00Z"}
    head |= {"Content-Type": "application/http; msgtype=response", "Content-Length": str(len(block))}
    head |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return b"WARC/1.0\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n"


def http(body: bytes, *lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode() + body


def records(data: bytes, **options: Any) -> list[StoredResponse | Damaged]:
    return [record for _, record in iter_records(io.BytesIO(data), **options)]


def sound(data: bytes, **options: Any) -> StoredResponse:
    (record,) = records(data, **options)
    assert isinstance(record, StoredResponse)
    return record


def test_unwanted_addresses_and_other_record_types_are_passed_over() -> None:
    data = (
        warc(http(b"one"), url="http://a/")
        + warc(b"GET / HTTP/1.1\r\n\r\n", kind="request")
        + warc(b"x: y\r\n", kind="metadata")
        + warc(http(b"two"), url="http://b/")
    )
    asked: list[str] = []

    def wanted(url: str) -> bool:
        asked.append(url)
        return url == "http://b/"

    assert sound(data, wanted=wanted).body == b"two"
    assert asked == ["http://a/", "http://b/"]
    assert [found.end for found in scan(io.BytesIO(data))][-1] == len(data)


def test_a_file_of_both_forms() -> None:
    data = warc(http(b"one")) + gzip.compress(warc(http(b"two")), mtime=0) + warc(http(b"three"))
    got = [r.body if isinstance(r, StoredResponse) else r for r in records(data)]
    assert got == [b"one", Damaged(len(warc(http(b"one"))), "no WARC record begins here"), b"two", b"three"]


def test_odd_but_whole_http() -> None:
    record = sound(warc(b"HTTP/2 404\nX-A: \xe7\xa4\xbe\nx-a: 2\n\nnone"))
    assert (record.protocol, record.status, record.reason) == ("HTTP/2", 404, "")
    assert record.headers == (("X-A", "ç¤¾"), ("x-a", "2"))
    assert record.body == b"none"
    assert sound(warc(b"HTTP/1.1 204 No Content\r\nA: b")).headers == (("A", "b"),)


def test_a_non_http_response_is_its_block() -> None:
    record = sound(warc(b"178hui.com. A 127.0.0.1", url="dns:178hui.com", Content_Type="text/dns"))
    assert (record.status, record.content_type, record.body) == (None, "text/dns", b"178hui.com. A 127.0.0.1")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (warc(b"<html>"), "no HTTP head stands in this response record"),
        (warc(b""), "no HTTP head stands in this response record"),
        (warc(http(b"x"), Content_Length="-1"), "the record has no usable Content-Length ('-1')"),
        (warc(http(b"x"), Content_Length="1e3"), "the record has no usable Content-Length ('1e3')"),
        (warc(http(b"abc"))[:-6], "the file ends inside the record"),
        (gzip.compress(warc(http(b"abc"), Content_Length="999"), mtime=0), "the data ends inside the record"),
        (b"WARC/1.0\r\nWARC-Type: resp", "the data ends inside the record's head"),
        (b"WARC/1.0\r\n" + b"A: b\r\n" * 400_000, "the record's head has no end"),
        (gzip.compress(warc(http(b"x")), mtime=0)[:-4], "the file ends inside the record's gzip member"),
        (b"\0" * 1000, "no WARC record begins here"),
    ],
)
def test_damage_is_named(data: bytes, reason: str) -> None:
    before, after = (
        gzip.compress(warc(http(b"before")), mtime=0),
        gzip.compress(warc(http(b"after")), mtime=0),
    )
    assert records(data) == [Damaged(0, reason)]
    first, damaged, *rest = records(before + data + after)
    assert isinstance(first, StoredResponse)
    assert isinstance(damaged, Damaged)
    assert damaged.offset == len(before)
    assert [r.body for r in rest if isinstance(r, StoredResponse)] == [b"after"]


def test_a_sound_record_is_not_lost_for_what_follows_it() -> None:
    body, digest = http(b"one"), payload_digest(http(b"one"))
    no_gap = warc(body, WARC_Block_Digest=digest).removesuffix(b"\r\n\r\n") + b"junk"
    first, second = records(no_gap)
    assert isinstance(first, StoredResponse)
    assert isinstance(second, Damaged)


def test_digests_of_other_kinds() -> None:
    assert sound(warc(http(b"x"), WARC_Block_Digest="blake2:zz")).body == b"x"
    assert records(warc(http(b"x"), WARC_Block_Digest="md5:d41d8cd98f00b204e9800998ecf8427e")) == [
        Damaged(0, "the record does not match its own WARC-Block-Digest")
    ]


def test_truncated_records_say_so() -> None:
    assert sound(warc(http(b"x"), WARC_Truncated="time")).truncated == "time"
    assert sound(warc(http(b"x"), WARC_Segment_Number="1")).truncated == "length"
    cut = sound(warc(http(b"0123456789")), limit=4)
    assert (cut.payload, cut.body, cut.truncated) == (b"0123", b"0123", "length")
    assert cut.payload_digest == payload_digest(b"0123456789")


def deflated_zeros(megabytes: int, head: bytes, tail: bytes) -> bytes:
    squeezer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    zeros = bytes(1 << 20)
    parts = [squeezer.compress(head), *(squeezer.compress(zeros) for _ in range(megabytes))]
    return b"".join([*parts, squeezer.compress(tail), squeezer.flush()])


def test_bombs_are_cut_and_memory_stays_flat() -> None:
    coded = deflated_zeros(200, b"", b"")
    in_coding = gzip.compress(warc(http(coded, "Content-Encoding: gzip")), mtime=0)
    size = 200 << 20
    block = warc(http(b""), Content_Length=str(size + len(http(b"")))).removesuffix(b"\r\n\r\n")
    in_member = deflated_zeros(200, block, b"\r\n\r\n")
    after = gzip.compress(warc(http(b"after")), mtime=0)
    tracemalloc.start()
    got = records(in_coding + in_member + after, limit=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(len(r.body), r.truncated) for r in got if isinstance(r, StoredResponse)] == [
        (1 << 20, "length"),
        (1 << 20, "length"),
        (5, None),
    ]
    assert peak < 16 << 20


def test_a_long_file_is_read_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.warc"
    record = warc(http(os.urandom(256 * 1024)))
    with path.open("wb") as file:
        for _ in range(400):
            file.write(record)
    tracemalloc.start()
    with path.open("rb") as stream:
        count = sum(1 for _ in iter_records(stream))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 400
    assert peak < 8 << 20


@given(st.binary(max_size=400), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_arbitrary_bytes_between_records_hide_nothing(junk: bytes, form: int) -> None:
    one, two = warc(http(b"one")), warc(http(b"two"))
    if form:
        one, two = gzip.compress(one, mtime=0), gzip.compress(two, mtime=0)
    if form == 2:
        junk = gzip.compress(junk, mtime=0)
    elif not form:
        junk += b"\r\n"
    got = [r.body for r in records(one + junk + two) if isinstance(r, StoredResponse)]
    assert got == [b"one", b"two"]


@given(st.integers(0, 10_000), st.integers(1, 255), st.booleans())
@example(1771, 1, False)  # the damage swallows the end of its member, on a pipe
@settings(max_examples=150, deadline=None)
def test_one_wrong_byte_costs_one_record_at_most(where: int, change: int, seekable: bool) -> None:
    parts = [gzip.compress(warc(http(b"page %d" % n * 20)), mtime=0) for n in range(5)]
    data = bytearray(b"".join(parts))
    data[where % len(data)] ^= change
    stream = io.BytesIO(bytes(data)) if seekable else piped(bytes(data))
    with stream:
        got = [r.body for _, r in iter_records(stream) if isinstance(r, StoredResponse)]
    whole = [b"page %d" % n * 20 for n in range(5)]
    assert len(got) >= 4
    assert [body for body in whole if body in got] == got


# --- by offset ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "warc"


def write(writer: WarcWriter, url: str, body: bytes, when: str = WHEN, **more: Any) -> Any:
    headers = [("Content-Type", "text/html; charset=utf-8"), ("ETag", '"1"')]
    options = {"request_headers": None, "status": 200, "reason": "OK", "headers": headers} | more
    return writer.write_response(url=url, body=body, captured_at=when, **options)


def test_read_by_offset(folder: Path) -> None:
    with WarcWriter(folder, software="test") as writer:
        write(writer, URL, PAGE)
        capture = write(
            writer, URL + "2", gzip.compress(PAGE, mtime=0), headers=[("Content-Encoding", "gzip")]
        )
    record = read_record(folder, capture.warc_file, capture.warc_offset)
    assert (record.url, record.body, record.captured_at) == (URL + "2", PAGE, WHEN)
    assert (record.offset, record.length) == (capture.warc_offset, capture.warc_length)
    assert (record.payload_digest, record.declared_digest) == (capture.payload_digest,) * 2
    assert (record.time_source, record.origin) == ("clock", "live")


def test_revisits_are_resolved(folder: Path) -> None:
    with WarcWriter(folder, software="test") as writer:
        first = write(
            writer, URL, gzip.compress(PAGE, mtime=0), headers=[("Content-Encoding", "gzip"), ("A", "1")]
        )
        previous = Previous(first.url, first.captured_at, first.payload_digest)
        later = "2019-06-02T08:00:00+00:00"
        same = write(
            writer,
            URL,
            gzip.compress(PAGE, mtime=0),
            later,
            headers=[("Content-Encoding", "gzip"), ("A", "2")],
            previous=previous,
        )
        not_modified = write(
            writer, URL, b"", later, status=304, reason="Not Modified", previous=previous, not_modified=True
        )

    def lookup(digest: str, url: str | None, date: str | None) -> tuple[str, int] | None:
        assert (digest, url, date) == (first.payload_digest, URL, WHEN)
        return first.warc_file, first.warc_offset

    bare = read_record(folder, same.warc_file, same.warc_offset)
    assert (bare.record_type, bare.payload, bare.payload_digest) == ("revisit", b"", first.payload_digest)
    whole = read_record(folder, same.warc_file, same.warc_offset, lookup)
    assert (whole.body, whole.captured_at, whole.headers[1]) == (PAGE, later, ("A", "2"))
    meant = read_record(folder, not_modified.warc_file, not_modified.warc_offset, lookup)
    assert (meant.body, meant.status, meant.captured_at) == (PAGE, 200, later)
    assert meant.headers == (("Content-Encoding", "gzip"), ("A", "1"))


def test_a_revisit_of_nothing_is_an_error(folder: Path) -> None:
    previous = Previous(URL, WHEN, payload_digest(PAGE))
    with WarcWriter(folder, software="test") as writer:
        capture = write(writer, URL, PAGE, previous=previous)
    place = (capture.warc_file, capture.warc_offset)
    with pytest.raises(WarcError, match="import the WARC file that holds it"):
        read_record(folder, *place, lambda digest, url, date: None)
    with pytest.raises(WarcError, match="import the WARC file that holds it"):
        read_record(folder, *place, lambda digest, url, date: place)


def one_file(folder: Path) -> tuple[Path, Any]:
    with WarcWriter(folder, software="test") as writer:
        capture = write(writer, URL, PAGE, request_headers=b"GET /x HTTP/1.1\r\n\r\n")
    return folder / capture.warc_file, capture


def test_errors_are_one_clear_line(folder: Path) -> None:
    path, capture = one_file(folder)
    name, offset = capture.warc_file, capture.warc_offset

    def error(warc_file: str, at: int) -> str:
        with pytest.raises(WarcError) as caught:
            read_record(folder, warc_file, at)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert (
        error("none.warc.gz", 0) == f"{folder}/none.warc.gz: the file is missing; put it back from a backup"
    )
    assert error("../secret", 0) == f"../secret: not the name of a file in {folder}; run `yiqihui verify`"
    assert error(name, 0) == f"{path}: offset 0: a record without content stands here; run `yiqihui verify`"
    size = path.stat().st_size
    gone = f"{path}: offset {size + 9}: the file ends before; restore it from a backup"
    assert error(name, size + 9) == gone
    wrong = f"{path}: offset {offset + 1}: no WARC record begins here; restore the file from a backup"
    assert error(name, offset + 1) == wrong


def test_verify_says_what_is_wrong(folder: Path) -> None:
    path, capture = one_file(folder)
    name, offset, digest = capture.warc_file, capture.warc_offset, capture.payload_digest
    assert verify_record(folder, name, offset, digest) is None
    other = payload_digest(b"other")
    assert verify_record(folder, name, offset, other) == (
        f"{path}: offset {offset}: the payload's digest is {digest}, expected {other}"
    )
    data = bytearray(path.read_bytes())
    data[offset + capture.warc_length // 2] ^= 0xFF
    path.write_bytes(data)
    assert "restore the file from a backup" in (verify_record(folder, name, offset, digest) or "")
    path.unlink()
    assert "the file is missing" in (verify_record(folder, name, offset, digest) or "")


def test_verify_notices_a_record_that_contradicts_itself(folder: Path) -> None:
    folder.mkdir()
    stated = payload_digest(b"other")
    block = payload_digest(http(PAGE))
    data = warc(http(PAGE), WARC_Payload_Digest=stated, WARC_Block_Digest=block)
    (folder / "a.warc").write_bytes(data)
    assert verify_record(folder, "a.warc", 0, payload_digest(PAGE)) == (
        f"{folder}/a.warc: offset 0: the record states {stated}, its payload has {payload_digest(PAGE)}"
    )


# --- a foreign tool ---


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        chunked, coded = "chunked" in self.path, "gzip" in self.path
        body = gzip.compress(PAGE, mtime=0) if coded else PAGE
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if coded:
            self.send_header("Content-Encoding", "gzip")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"5\r\n" + body[:5] + b"\r\n%x\r\n" % (len(body) - 5) + body[5:] + b"\r\n0\r\n\r\n"
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed (Debian: apt install wget)")
@pytest.mark.parametrize("compressed", [True, False])
def test_a_crawl_by_wget(server: str, tmp_path: Path, compressed: bool) -> None:
    urls = [f"{server}/{name}?page=2" for name in ("plain", "chunked", "gzip", "gzip-chunked", "missing")]
    command = ["wget", "-q", "-O", os.devnull, "--warc-file=w", "--no-warc-keep-log", *urls]
    if not compressed:
        command.insert(1, "--no-warc-compression")
    subprocess.run(command, cwd=tmp_path, check=False, timeout=60)
    with next(tmp_path.glob("w.warc*")).open("rb") as stream:
        got = [record for _, record in iter_records(stream)]
    assert [(r.url, r.status, r.body, r.problem) for r in got if isinstance(r, StoredResponse)][:5] == [
        (url, 404 if "missing" in url else 200, PAGE, None) for url in urls
    ]
    assert not [r for r in got if isinstance(r, Damaged)]
