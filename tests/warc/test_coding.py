from __future__ import annotations

import gzip
import tracemalloc
import zlib
from random import Random

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from yiqihui_spider.warc.coding import Decoded, dechunk, is_chunked, undo_coding

TEXT = ("社群团购的货从哪里来。" * 400).encode()
PAGE = "<!DOCTYPE html><p>小店的账本，记着今天卖了多少。".encode()


def raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeezer.compress(data) + squeezer.flush()


CODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.mark.parametrize("name", CODERS)
def test_each_coding_is_undone(name: str) -> None:
    assert undo_coding(CODERS[name](TEXT), name) == Decoded(TEXT)


def test_other_ways_to_say_it() -> None:
    assert undo_coding(raw_deflate(TEXT), "Deflate") == Decoded(TEXT)
    assert undo_coding(gzip.compress(TEXT, mtime=0), " X-GZIP ") == Decoded(TEXT)
    assert undo_coding(gzip.compress(TEXT) + gzip.compress(b"end"), "gzip") == Decoded(TEXT + b"end")
    assert undo_coding(brotli.compress(gzip.compress(TEXT, mtime=0)), "gzip, identity, br") == Decoded(TEXT)
    assert undo_coding(TEXT, None) == undo_coding(TEXT, "identity") == Decoded(TEXT)
    assert undo_coding(b"", "gzip") == Decoded(b"")
    assert undo_coding(gzip.compress(TEXT, mtime=0) + b"\0\0junk", "gzip") == Decoded(TEXT)


def test_what_is_not_coded_at_all_is_kept() -> None:
    for name in ("gzip", "x-gzip", "deflate", "br", "zstd", "utf-8", "none", "compress", "UNKNOWN"):
        for body in (TEXT, TEXT.decode().encode("gb18030"), PAGE, b";" + TEXT, "<p>页".encode("utf-16-le")):
            done = undo_coding(body, name)
            assert done == Decoded(body, warning=f"declared {name.lower()}, but is not"), (name, body[:20])
    assert undo_coding(b"", "br") == Decoded(b"")


def test_a_body_stored_half_decoded_is_read() -> None:
    done = undo_coding(gzip.compress(PAGE, mtime=0), "gzip, br")
    assert (done.body, done.problem) == (PAGE, None)
    assert done.warning == "declared br, but is not"


def test_coded_data_that_nobody_declares_is_read() -> None:
    coded = gzip.compress(PAGE)
    assert undo_coding(coded, None) == Decoded(PAGE, warning="gzip data, not declared")
    assert undo_coding(gzip.compress(coded, mtime=0), "gzip") == Decoded(
        PAGE, warning="gzip data, not declared"
    )
    assert undo_coding(coded, "utf-8") == Decoded(
        PAGE, warning="declared utf-8, but is not; gzip data, not declared"
    )
    squeezed = zstandard.compress(PAGE)
    assert undo_coding(squeezed, "gzip") == Decoded(
        PAGE, warning="declared gzip, but is not; zstd data, not declared"
    )
    cut = undo_coding(coded[:-20], None)
    assert cut.body == coded[:-20]
    assert (
        cut.problem
        == f"gzip data is cut off after {len(undo_coding(coded[:-20], 'gzip').body)} decoded bytes"
    )


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_damaged_at_once_is_a_problem(name: str) -> None:
    noise = Random(3).randbytes(3000)
    done = undo_coding(noise, name)
    assert done.warning is None
    assert done.problem is not None
    assert done.problem.startswith(f"{name} data is ")
    half = gzip.compress(TEXT, mtime=0)[:3] + noise
    assert undo_coding(half, "gzip").problem == "gzip data is damaged after 0 decoded bytes"


def test_a_zstd_window_beyond_what_browsers_allow_is_read() -> None:
    noise = Random(5).randbytes(9 << 20)
    window = zstandard.ZstdCompressionParameters(window_log=25, compression_level=1)
    coded = zstandard.ZstdCompressor(compression_params=window).compress(noise)
    assert undo_coding(coded, "zstd") == Decoded(noise)


def test_zstd_frames_follow_each_other() -> None:
    coded = zstandard.compress(TEXT) + b"\x50\x2a\x4d\x18\x03\0\0\0xyz" + zstandard.compress(b"end")
    assert undo_coding(coded, "zstd") == Decoded(TEXT + b"end")
    no_size = zstandard.ZstdCompressor(write_content_size=False).compress(TEXT)
    assert undo_coding(no_size, "zstd") == Decoded(TEXT)
    cut = undo_coding(no_size[:-5], "zstd")
    assert cut.problem == f"zstd data is cut off after {len(cut.body)} decoded bytes"


def test_an_unknown_coding_leaves_the_body() -> None:
    lzw = b"\x1f\x9d\x90a\xc4\x8c\x01"
    assert undo_coding(lzw, "compress") == Decoded(lzw, problem="unknown content coding: compress")
    many = ",".join(["gzip"] * 1000)
    assert undo_coding(b"abc", many).problem == f"unknown content coding: {many[:60]}…"


@given(st.binary(min_size=1, max_size=2000), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
@settings(max_examples=300, deadline=None)
def test_nothing_truly_coded_is_taken_for_plain(data: bytes, name: str) -> None:
    assert undo_coding(CODERS[name](data), name).body[: len(data)] == undo_coding(data, None).body


@pytest.mark.parametrize("name", CODERS)
def test_cut_data_gives_what_there_is(name: str) -> None:
    noise = Random(7).randbytes(300_000)
    whole = CODERS[name](noise)
    done = undo_coding(whole[: len(whole) // 2], name)
    assert 0 < len(done.body) < len(noise)
    assert noise.startswith(done.body)
    assert done.problem == f"{name} data is cut off after {len(done.body)} decoded bytes"
    assert not done.cut


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_damaged_data_gives_what_there_was(name: str) -> None:
    noise = Random(7).randbytes(300_000)
    whole = bytearray(CODERS[name](noise))
    whole[-3] ^= 0x55  # checksums and last block
    whole[len(whole) // 2 : len(whole) // 2 + 64] = b"\xff" * 64
    done = undo_coding(bytes(whole), name)
    assert done.problem is not None
    assert done.problem.startswith(f"{name} data is damaged after ")


def bomb(name: str, size: int) -> bytes:
    if name == "gzip":
        squeezer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS + 16)
        zeros = bytes(1 << 20)
        return b"".join(squeezer.compress(zeros) for _ in range(size >> 20)) + squeezer.flush()
    if name == "br":
        return brotli.compress(bytes(size), quality=1)
    return zstandard.ZstdCompressor(level=1).compress(bytes(size))


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_bomb_stops_at_the_limit(name: str) -> None:
    small = bomb(name, 256 << 20)
    tracemalloc.start()
    done = undo_coding(small, name, limit=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done == Decoded(bytes(1 << 20), cut=True)
    assert peak < 8 << 20


def test_a_bomb_in_a_bomb_stops_too() -> None:
    done = undo_coding(gzip.compress(bomb("gzip", 64 << 20), mtime=0), "gzip, gzip", limit=1 << 20)
    assert done == Decoded(bytes(1 << 20), cut=True)


def test_a_plain_body_beyond_the_limit_is_cut() -> None:
    assert undo_coding(b"abcdef", None, limit=4) == Decoded(b"abcd", cut=True)
    assert undo_coding(b"abcd", None, limit=4) == Decoded(b"abcd")


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "x"]))
@settings(max_examples=150, deadline=None)
def test_it_never_raises(data: bytes, name: str) -> None:
    assert isinstance(undo_coding(data, name).body, bytes)
    assert isinstance(undo_coding(b"\x1f\x8b\x08\0" + data, name).body, bytes)


def test_chunks() -> None:
    assert dechunk(b"4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\n\r\n") == Decoded(b"Wikipedia ")
    assert dechunk(b"00a\n0123456789\n0\n\n") == Decoded(b"0123456789")
    assert dechunk(b"0\r\n\r\n") == Decoded(b"")
    assert dechunk(b"") == Decoded(b"")


def test_chunks_that_are_none() -> None:
    assert dechunk(b"<html>") == Decoded(b"<html>", warning="declared chunked, but is not")
    # A text whose first line looks like a chunk's length.
    assert dechunk(b"1\r\n<html>") == Decoded(b"1\r\n<html>", warning="declared chunked, but is not")


def test_chunks_that_nobody_declares() -> None:
    assert is_chunked(b"4\r\nWiki\r\n6;x=y\r\npedia \r\n0\r\nX-Sum: 1\r\n\r\n")
    assert is_chunked(b"4\nWiki\n0\n\n")
    for text in (
        b"",
        b"0\r\n\r\n",
        b"<html>",
        b"4\r\nWiki\r\n",
        b"4\r\nWiki\r\n0\r\n\r\nmore",
        b"4\r\nWikipedia",
    ):
        assert not is_chunked(text)


def test_chunks_cut_or_damaged() -> None:
    assert dechunk(b"4\r\nWiki\r\n6\r\nped") == Decoded(b"Wikiped", problem="the chunked body is cut off")
    assert dechunk(b"4\r\nWiki\r\n") == Decoded(b"Wiki", problem="the chunked body is cut off")
    assert dechunk(b"4\r\nWiki\r\nzz\r\n") == Decoded(b"Wiki", problem="the chunked body is damaged")


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6))
@settings(max_examples=60, deadline=None)
def test_chunks_round_trip(parts: list[bytes]) -> None:
    coded = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert dechunk(coded) == Decoded(b"".join(parts))


@pytest.mark.parametrize("size", [65_535, 131_072, 1_000_000])
def test_brotli_hands_out_what_is_waiting_after_its_input_ended(size: int) -> None:
    """A few bytes stand for a long page: the last of them are in long before the page is out."""
    body = b"<p>" + "长".encode() * (size // 3)
    assert undo_coding(brotli.compress(body), "br") == Decoded(body)
