from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqihui_spider.wayback.cdx import (
    Answer,
    BadAnswer,
    LeftOut,
    Row,
    in_our_form,
    is_timestamp,
    may_be_page,
    parse,
    plain_address,
)
from yiqihui_spider.wayback.query import CdxQuery, replay_address, replay_base, replayed

SHA = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
DETAIL = "http://www.178hui.com/news/view/5561.html"
ROW = Row("com,178hui)/news/view/5561.html", "20190604012233", DETAIL, "text/html", "200", f"sha1:{SHA}")

TABLE = [
    ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"],
    [
        "com,178hui)/news/view/5561.html", "20190604012233",
        "http://www.178hui.com:80/news/view/5561.html", "text/html", "200", SHA, "9123",
    ],
]  # fmt: skip
LINE = {
    "urlkey": "com,178hui)/news/view/5561.html", "timestamp": "20190604012233", "url": DETAIL,
    "mime": "text/html", "status": "200", "digest": f"sha1:{SHA}", "length": "9123", "offset": "77",
    "filename": "a.warc.gz",
}  # fmt: skip


def test_both_dialects_say_the_same() -> None:
    assert parse(json.dumps(TABLE)) == Answer((ROW,), table=True)
    assert parse(json.dumps(LINE) + "\n" + json.dumps(LINE) + "\n") == Answer((ROW, ROW))


def test_resume_key_stands_behind_an_empty_row() -> None:
    key = "com,178hui)/news/view/5561.html 20190604012234"
    assert parse(json.dumps([*TABLE, [], [key]])) == Answer((ROW,), key, table=True)
    assert parse(json.dumps([*TABLE, [], key])) == Answer((ROW,), key, table=True)
    assert parse(json.dumps([*TABLE, []])) == Answer((ROW,), None, table=True)


@pytest.mark.parametrize("text", ["", "\n", "[]", '{"message": "No captures found for: www.178hui.com/x"}'])
def test_no_captures(text: str) -> None:
    assert parse(text).size == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html><title>Sign in</title>", "this is no index's answer: '<html><title>Sign in</title>'"),
        (json.dumps(TABLE)[:-20], "the answer is cut off or is not JSON"),
        (json.dumps(LINE) + "\n" + json.dumps(LINE)[:-20], "the answer is cut off or is not JSON"),
        ("[[1, 2], [3, 4]]", "the table has no header row that names a timestamp"),
        ('[{"a": 1}]', "the answer's lines name no timestamp"),
        ('{"message": "Internal error"}', "Internal error"),
        ('{"a": 1}', "the answer's lines name no timestamp"),
        ("[" * 100_000, "the answer is cut off or is not JSON"),
        (f"[{'1' * 5000}]", "the answer is cut off or is not JSON"),
        (f'{{"timestamp": {"1" * 5000}}}', "the answer is cut off or is not JSON"),
    ],
)
def test_what_is_no_answer(text: str, words: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        parse(text)
    assert str(caught.value) == words


def test_rows_that_make_no_sense_are_counted() -> None:
    broken = [
        ["k", "20190230000000", DETAIL, "text/html", "200", SHA, "1"],
        ["k", "2019", DETAIL, "text/html", "200", SHA, "1"],
        ["k", "20190604012233", "dns:www.178hui.com", "text/dns", "200", SHA, "1"],
        ["k"],
        "k",
    ]
    found = parse(json.dumps([*TABLE, *broken]))
    assert (found.rows, found.size) == ((ROW,), 6)
    no_moment, no_address = (
        "a timestamp that is no moment",
        "an address that is no http:// or https:// address",
    )
    assert found.left_out == (
        LeftOut(no_moment, f"20190230000000 {DETAIL}"),
        LeftOut(no_moment, f"2019 {DETAIL}"),
        LeftOut(no_address, "20190604012233 dns:www.178hui.com"),
        LeftOut(no_address, ""),
        LeftOut("no row of an index", "k"),
    )
    assert len(parse(json.dumps(LINE) + '\n{"url": null, "timestamp": null}\n[1]').left_out) == 2


def test_a_header_of_anything() -> None:
    assert parse(json.dumps([["timestamp", ["x"], {}, "original"], [ROW.timestamp, 1, 2, DETAIL]])).size == 1


def test_a_line_break_that_is_none() -> None:
    """U+2028 ends a line of text, but no line of JSON."""
    line = json.dumps({**LINE, "title": "a\u2028b\x85c"}, ensure_ascii=False)
    assert parse(f"{line}\n{line}\n").rows == (ROW, ROW)


@pytest.mark.parametrize(
    "text",
    [
        " CDX N b a m s k r M S V g\n"
        f"com,178hui)/x 20190604012233 {DETAIL} text/html 200 {SHA} - - 7 8 a.warc.gz\n",
        f"com,178hui)/x 20190604012233 {DETAIL} text/html 200 {SHA} 9123\r\n",
        f" CDX b a k m s N\n20190604012233 {DETAIL} {SHA} text/html 200 com,178hui)/x\n",
        "com,178hui)/x 20190604012233 " + json.dumps({**LINE, "urlkey": None, "timestamp": None}) + "\n",
    ],
)
def test_plain_lines(text: str) -> None:
    assert parse(text).rows == (replace(ROW, urlkey="com,178hui)/x"),)


def test_plain_lines_with_a_key_to_go_on() -> None:
    found = parse(f"k 20190604012233 {DETAIL} text/html 200 {SHA} 1\n\ncom%2C178hui%29%2Fx+20190604012234\n")
    assert (len(found.rows), found.resume_key) == (1, "com,178hui)/x 20190604012234")


def test_what_a_line_leaves_out() -> None:
    revisit = {name: LINE[name] for name in ("timestamp", "url")} | {"mime": "warc/revisit", "digest": "-"}
    assert parse(json.dumps(revisit)).rows == (
        Row(DETAIL, "20190604012233", DETAIL, "warc/revisit", "", None),
    )


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_any_text_is_an_answer_or_refused(text: str) -> None:
    with contextlib.suppress(BadAnswer):
        assert all(is_timestamp(row.timestamp) for row in parse(text).rows)


@pytest.mark.parametrize(
    ("status", "mimetype", "page"),
    [
        ("200", "text/html", True),
        ("200", "application/xhtml+xml", True),
        ("-", "warc/revisit", True),
        ("", "", True),
        ("200", "unk", True),
        ("301", "text/html", False),
        ("404", "text/html", False),
        ("200", "image/gif", False),
        ("200", "text/plain", False),
    ],
)
def test_what_may_be_a_page(status: str, mimetype: str, page: bool) -> None:
    assert may_be_page(Row("k", "20190604012233", DETAIL, mimetype, status, None)) is page


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("http://www.178hui.com:80/a?b=1", "http://www.178hui.com/a?b=1"),
        ("https://www.178hui.com:443", "https://www.178hui.com/"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("HTTP://www.178hui.com/a#b", "http://www.178hui.com/a"),
        ("http://www.178hui.com?a=b", "http://www.178hui.com/?a=b"),
        ("http://www.178hui.com/社 群", "http://www.178hui.com/%E7%A4%BE%20%E7%BE%A4"),
        ("http://www.178hui.com/%E7%A4%BE", "http://www.178hui.com/%E7%A4%BE"),
        ("ftp://www.178hui.com/", None),
        ("http://", None),
        ("http://[/", None),
        ("www.178hui.com/", None),
    ],
)
def test_plain_address(url: str, plain: str | None) -> None:
    assert plain_address(url) == plain


@given(st.text())
def test_plain_address_is_its_own(url: str) -> None:
    plain = plain_address("http://" + url)
    assert plain is None or plain_address(plain) == plain


def test_query() -> None:
    asked = CdxQuery("http://h/cdx", "http://x/news/list.php?cat=3", "2018", "2020")
    assert (
        asked.address(limit="5", showResumeKey="true", resumeKey="a) 1")
        == "http://h/cdx?url=http%3A%2F%2Fx%2Fnews%2Flist.php%3Fcat%3D3&matchType=prefix&output=json"
        "&limit=5&showResumeKey=true&resumeKey=a%29+1&from=2018&to=2020"
    )
    assert CdxQuery("http://h/cdx?a=b", "x").address().startswith("http://h/cdx?a=b&url=x&matchType=prefix&")


@pytest.mark.parametrize(
    ("index", "base"),
    [
        ("https://web.archive.org/cdx/search/cdx", "https://web.archive.org/web"),
        ("http://localhost:8080/news/cdx", "http://localhost:8080/news"),
        ("http://localhost:8080/news-cdx", "http://localhost:8080/news"),
        ("https://arquivo.pt/wayback/cdx?x=y", "https://arquivo.pt/wayback"),
        ("http://localhost:8080/cdx", None),
        ("http://localhost:8080/search", None),
    ],
)
def test_replay_base(index: str, base: str | None) -> None:
    assert replay_base(index) == base


def test_replay_addresses_read_back() -> None:
    base = "https://web.archive.org/web"
    url = "http://www.178hui.com/news/list.php?cat=3&page=1"
    address = replay_address(base, "20190604012233", url)
    assert address == f"https://web.archive.org/web/20190604012233id_/{url}"
    assert replayed(base, address) == ("20190604012233", url)
    assert replayed(base, f"http://web.archive.org/web/20190604012233/{url}") == ("20190604012233", url)
    assert replayed(base, "https://web.archive.org/about") is None
    assert replayed(base, f"https://elsewhere.org/web/20190604012233id_/{url}") is None
    assert replayed(base, f"https://web.archive.org/web/20190699012233id_/{url}") is None


def test_digests() -> None:
    assert in_our_form(SHA) == f"sha1:{SHA}"
    assert in_our_form(f"sha1:{SHA}") == f"sha1:{SHA}"
    assert in_our_form("-") is None
