from __future__ import annotations

import codecs
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiqihui_spider.parse.charset import decode

TEXT = "当前位置:首页>一起惠资讯,团长说“先把货送准”。"
PAGE = f"<html><head>{{}}</head><body><p>{TEXT}</p></body></html>"
RARE = "喆镕㙍𠮷"
"""In GB18030; the last two in neither GB2312 nor GBK."""


def canonical(name: str) -> str:
    return "utf-8" if name == "utf-8" else "gb18030"


@pytest.mark.parametrize("where", ["header", "meta", "http-equiv", "xml", "both", "nowhere"])
@pytest.mark.parametrize("name", ["utf-8", "gb18030", "gbk", "gb2312"])
def test_a_right_declaration_wherever_it_stands(name: str, where: str) -> None:
    head = {
        "meta": f'<meta charset="{name}">',
        "both": f"<meta charset={name}>",
        "http-equiv": f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; CHARSET={name.upper()}">',
    }.get(where, "")
    page = PAGE.format(head)
    if where == "xml":
        page = f'<?xml version="1.0" encoding="{name}"?>' + page
    header = f"text/html; charset={name}" if where in ("header", "both") else "text/html"
    assert decode(page.encode(name), header) == (page, canonical(name))


@pytest.mark.parametrize("meta", ["", "utf-8", "gb2312", "iso-8859-1", "no-such-charset"])
@pytest.mark.parametrize(
    "header", ["utf-8", "gbk", "iso-8859-1", "windows-1252", "ascii", "utf-16", "x-unknown"]
)
@pytest.mark.parametrize("real", ["utf-8", "gb2312"])
def test_a_wrong_declaration_is_seen(real: str, header: str, meta: str) -> None:
    page = PAGE.format(f'<meta charset="{meta}">' if meta else "")
    assert decode(page.encode(real), f"text/html; charset={header}") == (page, canonical(real))


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/html; charset=gb2312", RARE.encode("gb18030"), (RARE, "gb18030")),
        ("text/html; charset=big5", "繁體中文".encode("big5"), ("繁體中文", "big5")),
        ("text/html;charset='GB2312';x=y", "中".encode("gbk"), ("中", "gb18030")),
        ("text/html; charset=iso-8859-1", "café là".encode("latin-1"), ("café là", "cp1252")),
        ("text/html; charset=iso-8859-1", b"plain", ("plain", "cp1252")),
        ("text/html; charset=utf-16", "一起惠 a".encode("utf-16-le"), ("一起惠 a", "utf-16")),
        (None, b"", ("", "utf-8")),
        (None, b"plain", ("plain", "utf-8")),
        ("text/html; charset=base64", b"aGFsbG8=", ("aGFsbG8=", "utf-8")),
        ("text/html; charset=unicode_escape", b"\\u4e00", ("\\u4e00", "utf-8")),
        ("text/html; charset=utf-7", b"+AGE-", ("+AGE-", "utf-8")),
        ("charset=\0\0", b"x", ("x", "utf-8")),
        ("text/html; charset=" + "x" * 10_000, b"x", ("x", "utf-8")),
        ("text/html; charset=一起惠", "一".encode(), ("一", "utf-8")),
    ],
)
def test_single_cases(content_type: str | None, body: bytes, expected: tuple[str, str]) -> None:
    assert decode(body, content_type) == expected


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"\x84\x31\x95\x33", "gb18030"),
    ],
)
@pytest.mark.parametrize("content_type", [None, "text/html; charset=gbk", "text/plain; charset=utf-8"])
def test_a_byte_order_mark_wins_and_is_no_text(mark: bytes, name: str, content_type: str | None) -> None:
    assert decode(mark + TEXT.encode(name), content_type) == (TEXT, name)


def test_a_declaration_in_a_comment_or_far_down_does_not_count() -> None:
    page = PAGE.format('<!-- <meta charset="big5"> -->')
    assert decode(page.encode("gbk"), None) == (page, "gb18030")
    far = "<p>x</p>" * 600 + '<meta charset="big5">' + TEXT
    assert decode(far.encode("gbk"), None) == (far, "gb18030")


@pytest.mark.parametrize("content_type", [None, "text/html; charset=utf-8", "text/html; charset=gbk"])
def test_one_broken_character_does_not_change_the_encoding(content_type: str | None) -> None:
    whole = (TEXT * 20).encode()
    broken = whole[:600] + b"\xe4\xb8" + whole[600:]
    text, name = decode(broken, content_type)
    assert name == "utf-8"
    assert text.count("\ufffd") == 1
    assert text.replace("\ufffd", "") == TEXT * 20


@pytest.mark.parametrize("name", ["utf-8", "gb18030"])
@pytest.mark.parametrize("content_type", [None, "text/html; charset=utf-8"])
def test_a_page_cut_in_the_middle_of_a_character(name: str, content_type: str | None) -> None:
    body = (TEXT * 5 + "一").encode(name)[:-1]
    assert decode(body, content_type) == (TEXT * 5 + "\ufffd", name)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.none() | st.text(max_size=60))
def test_never_raises(body: bytes, content_type: str | None) -> None:
    text, name = decode(body, content_type)
    assert isinstance(text, str)
    assert codecs.lookup(name)


LABELS = [
    "utf-8",
    "gbk",
    "utf-16",
    "utf-32",
    "hz",
    "iso-2022-jp",
    "big5",
    "latin-1",
    "cp437",
    "idna",
    "rot13",
]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LABELS), st.sampled_from(LABELS), st.binary(max_size=60))
def test_never_raises_whatever_is_declared(header: str, meta: str, body: bytes) -> None:
    text, name = decode(f'<meta charset="{meta}">'.encode() + body, f"text/html; charset={header}")
    assert isinstance(text, str)
    assert codecs.lookup(name)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=80))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    for content_type in (None, "text/html; charset=gbk", "text/html; charset=iso-8859-1"):
        assert decode(text.encode(), content_type) == (text, "utf-8")


@pytest.mark.parametrize("header", ["text/html", "charset=" * 400 + " " * 4000 + "\n"])
def test_a_declaration_without_an_end_takes_no_time(header: str) -> None:
    body = b"<meta " * 60 + b"charset=" + b" " * 3000 + b"\n"
    start = time.process_time()
    assert decode(body, header) == (body.decode(), "utf-8")
    assert time.process_time() - start < 2


PAGE = "<!DOCTYPE html><html><head>%s</head><body>当前位置:首页 社群电商,正在增长。</body></html>"
LABELS = [
    None,
    "text/html",
    "text/html charset=utf-8",
    "text/html; charset=utf8",
    'text/html; charset="utf-8"',
    "text/html; charset='gbk'",
    "text/html;charset=",
    "text/html; charset=gb2312",
    "text/html; charset=GBK, text/html",
    "text/html; charset=utf-16",
    "text/html; charset=iso-8859-1",
    "text/html; charset=big5",
    "text/html; charset=x-gbk",
    "text/html; charset=utf-8; charset=gbk",
    "text/html; charset=none",
]
METAS = [
    "",
    "<meta charset=gb2312>",
    '<meta charset="utf8">',
    "<meta charset=''>",
    '<meta http-equiv=Content-Type content="text/html; charset=gb_2312-80">',
    f"<script>{'x' * 9000}</script><meta charset=gbk>",
]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"],
)
@pytest.mark.parametrize("meta", METAS, ids=range(len(METAS)))
@pytest.mark.parametrize("label", LABELS)
def test_whatever_is_declared(label: str | None, meta: str, encoding: str) -> None:
    html = PAGE % meta
    body = html.encode(encoding)
    if encoding == "utf-32-be":
        body = "\ufeff".encode(encoding) + body
    assert decode(body, label)[0] == html


@pytest.mark.parametrize("label", [None, "text/html; charset=utf-8", "text/html; charset=gbk"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_page_cut_within_a_character(label: str | None, encoding: str, lost: int) -> None:
    """What is there is read, and what was cut is seen to be missing."""
    whole = PAGE.partition("增")[0] + "增"
    text, name = decode(whole.encode(encoding)[:-lost], label)
    assert name == encoding
    kept = whole[:-1]
    assert text in ((kept,) if encoding == "gb18030" and lost == 2 else (f"{kept}\ufffd",))


def test_a_few_bytes_cut_within_a_character() -> None:
    assert decode("<p>社".encode()[:-1], "text/html; charset=utf-8") == ("<p>\ufffd", "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_zero_bytes_alone_make_no_utf_16(encoding: str) -> None:
    text = "社\0群\0电商\0正在\0增长" * 20
    for shift in range(2):
        assert decode((text + " " * shift).encode(encoding), None)[0] == text + " " * shift
