from __future__ import annotations

import gzip
import io
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from yiqihui_spider.imports.file_type import encoding_of, opens_as_html, recognise, whole_characters

CRUMB = "当前位置:首页>一起惠资讯>社群>文章列表\n社群\n"


def zip_head() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("archive/a.warc.gz", b"x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"", "empty"),
        (b" \r\n\xef\xbb\xbf\n", "empty"),
        (b"WARC/1.1\r\nWARC-Type: warcinfo\r\n", "warc"),
        (b"\r\n\r\nWARC/1.0\r\n", "warc"),
        (gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\n\r\n", mtime=0), "warc"),
        (gzip.compress(CRUMB.encode(), mtime=0), "gzip"),
        (gzip.compress(b"", mtime=0), "gzip"),
        (zstandard.compress(CRUMB.encode()), "zstd"),
        (b"\x5d\x2a\x4d\x18\x04\x00\x00\x00abcd", "zstd"),
        (zip_head(), "zip"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"\xef\xbb\xbf\n <!-- saved from url=(0014)about:internet -->", "html"),
        ("<html>社群".encode("gbk"), "html"),
        ("<html>社群".encode("utf-16"), "html"),
        (b"<?xml version='1.0'?><html/>", "html"),
        (b"<div\nclass=x>", "html"),
        (CRUMB.encode(), "text"),
        (CRUMB.encode("gb18030"), "text"),
        (CRUMB.encode("utf-16"), "text"),
        ("1 < 2 <的".encode(), "text"),
        (b"one stray \x07 bell in a long enough text", "text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "other"),
        (b"%PDF-1.4\n%more", "other"),
        (b"SQLite format 3\0", "other"),
        (b"\0" * 512, "other"),
        (bytes(range(256)) * 4, "other"),
    ],
)
def test_a_file_is_told_from_its_first_bytes(head: bytes, form: str) -> None:
    assert recognise(head) == form


@given(st.binary(max_size=300))
def test_whatever_the_bytes_there_is_an_answer(head: bytes) -> None:
    assert recognise(head) in {
        "empty",
        "warc",
        "gzip",
        "zstd",
        "zip",
        "html",
        "text",
        "other",
        "arc",
        "har",
        "mhtml",
        "http",
        "bzip2",
        "xz",
    }


@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8", "utf-8"), ("gbk", "gb18030"), ("utf-16", "utf-16-le")]
)
def test_the_encoding_of_a_text_cut_anywhere(encoding: str, found: str) -> None:
    data = CRUMB.encode(encoding)
    assert {encoding_of(data[:end]) for end in range(40, len(data) - 2)} == {found}


def test_what_is_in_no_encoding_that_is_read() -> None:
    assert encoding_of(b"\xff\x81\x20\xfd\xff" * 200) is None


def test_a_character_cut_in_two_is_left_out() -> None:
    assert whole_characters("社群".encode()[:-1]) == "社".encode()
    assert whole_characters("社群".encode("gbk")[:-1]) == "社群".encode("gbk")[:-1]


def test_html_is_told_by_its_first_tag() -> None:
    assert opens_as_html("<h1>社群</h1>".encode("gbk"), "text/html; charset=gbk")
    assert not opens_as_html(b"<3 <b>x</b>")
