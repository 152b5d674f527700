"""Every envelope brings in the page that is in it: what a WARC of the same page brings in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from support.envelopes import (
    AT,
    ENVELOPES,
    chunked,
    curl,
    curl_redirected,
    har_of,
    mhtml_of,
    package_of,
    wacz_of,
    warc,
    with_comment,
)  # fmt: skip
from support.hui import try_out, verify
from support.import_files import HOST, SHE, Warc, bring_in, everything, gzipped, one, rows, warc_bytes

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.errors import Exit
from yiqihui_spider.sample.site import SampleSite

LISTING = "/news/list.php?cat=3&page=1"
URL = HOST + LISTING
SITE = SampleSite()
PAGE = SITE.get(LISTING).body
DETAIL = HOST + "/news/view/4102.html"
ROWS = """
    SELECT a.site_id, a.title, a.url, a.source, a.published_at, a.views, a.body,
      (SELECT max(version) FROM article_versions v WHERE v.article_id = a.id), c.category
    FROM articles a JOIN article_categories c ON c.article_id = a.id ORDER BY a.published_at
"""
CAPTURE = "SELECT url, captured_at, kind, entries, residue_chars FROM captures"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "archive.db"


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """What a plain WARC of the page makes."""
    folder = tmp_path_factory.mktemp("direct")
    (folder / "w").write_bytes(warc(PAGE, URL))
    bring_in(folder / "out" / "a.db", folder / "w")
    found = rows(folder / "out" / "a.db", ROWS)
    assert len(found) == 8
    return found


def healthy(archive: Path) -> None:
    """``verify`` finds nothing, and today's parser would change nothing."""
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert [problem for check in verify(db, archive) for problem in check.problems] == []
        done, changes = try_out(db, archive.parent / "warc")
    assert (done.failed, changes) == ([], [])


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_page_is_the_same_in_every_envelope(
    archive: Path, tmp_path: Path, name: str, direct: list[tuple[object, ...]]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(ENVELOPES[name](PAGE, URL))
    code, tally = bring_in(archive, path)
    assert (code, tally.unreadable.kept, tally.damaged.kept, tally.layout.kept) == (Exit.DONE, [], [], [])
    assert rows(archive, ROWS) == direct
    assert rows(archive, CAPTURE) == [(URL, AT, "listing", 8, 0)]
    assert one(archive, "SELECT time_source FROM captures") == "warc"
    healthy(archive)
    before, files = everything(archive), warc_bytes(archive)
    os.utime(path, (10**9, 10**9))
    path = path.rename(tmp_path / "moved")
    code, tally = bring_in(archive, path)
    assert (code, tally.pages, tally.known) == (Exit.DONE, 0, 1)
    assert (everything(archive), warc_bytes(archive)) == (before, files)


def long_page(size: int) -> bytes:
    """A listing of which one article has so many characters."""
    site = SampleSite()
    number = site.on_page(SHE, 1)[0].number
    site.edit(number, blocks=("长" * (size // 3) + "。",))
    return site.get(LISTING).body


SIZES = (1_000, 65_536, 131_072, 1_000_000)
"""Where buffers end; 5 MB goes down every road in ``make roads``."""


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_every_length_are_read_whole(archive: Path, tmp_path: Path, size: int) -> None:
    page = long_page(size)
    files = [tmp_path / re.sub(r"\W", "-", name) for name in ENVELOPES]
    for path, make in zip(files, ENVELOPES.values(), strict=True):
        path.write_bytes(make(page, URL))
    (tmp_path / "plain").write_bytes(page)
    (tmp_path / "plain.gz").write_bytes(gzipped(page.decode()))
    code, tally = bring_in(archive, *files, tmp_path / "plain", tmp_path / "plain.gz")
    assert code == Exit.DONE, (tally.unreadable.kept, tally.damaged.kept, tally.layout.kept)
    assert one(archive, "SELECT max(body_chars) FROM articles") == size // 3 + 1
    assert one(archive, "SELECT count(*), max(version) FROM article_versions") == (8, 1)


@pytest.mark.parametrize(
    "name", ["HAR", "MHTML, base64", "curl -i", "SingleFile", "WARC", "ARC", "WARC, zstd"]
)
def test_a_slow_pipe_is_read_to_its_end(archive: Path, name: str) -> None:
    data = ENVELOPES[name](long_page(70_000), URL)
    command = [sys.executable, "-m", "yiqihui_spider", "import", "-", "--json", "--archive", str(archive)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for at in range(0, 200):  # a byte at a time first, then in odd pieces
            process.stdin.write(data[at : at + 1])
        for at in range(200, len(data), 4099):
            process.stdin.write(data[at : at + 4099])
        process.stdin.close()
        told = json.loads(process.stdout.read())
    assert (told["exit_code"], told["pages"], told["articles"]) == (0, 1, 8)
    assert one(archive, "SELECT max(body_chars) FROM articles") == 23_334


# --- HAR -----------------------------------------------------------------------------------


def har_with(**content: object) -> bytes:
    return har_of(PAGE, URL, **content)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (har_with(text=None), f"entry 2: {URL}: the file holds no content of it: save it with content"),
        (har_with(text=""), f"entry 2: {URL}: the file holds no content of it: save it with content"),
        (har_with(text=PAGE.decode()[:900]), f"entry 2: {URL}: cut short (\\d+ of {len(PAGE)} bytes)"),
        (har_with(text="*", encoding="base64"), f"entry 2: {URL}: .*"),
        (har_with()[:-400], "behind entry 1: the JSON is cut off .*; the rest is lost"),
    ],
)
def test_what_a_har_lacks_is_told(archive: Path, tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(data)
    code, tally = bring_in(archive, path)
    assert (code, tally.pages) == (Exit.UNCERTIFIED, 0)
    (told,) = tally.damaged.kept
    assert re.fullmatch(re.escape(f"{path}: ") + why.replace("?", r"\?").replace("(\\d", "\\(\\d").replace(
        "bytes)", r"bytes\)"), told), told  # fmt: skip


def test_a_har_in_another_encoding_is_kept_in_utf_8(archive: Path, tmp_path: Path) -> None:
    page = SampleSite(charset="gb2312").get(LISTING).body
    text = page.decode("gb18030")
    (tmp_path / "x").write_bytes(
        har_of(PAGE, URL, text=text, size=len(page), mimeType="text/html; charset=gbk")
    )
    code, _ = bring_in(archive, tmp_path / "x")
    assert code == Exit.DONE
    assert one(archive, "SELECT content_type FROM captures") == "text/html; charset=utf-8"
    assert one(archive, "SELECT count(*) FROM articles WHERE title IS NOT NULL AND body LIKE '%。%'") == 8
    healthy(archive)


def entry(target: str, status: int, at: str, **content: object) -> dict[str, object]:
    answer = {"status": status, "headers": [], "content": {"mimeType": "text/html", **content}}
    return {"startedDateTime": at, "request": {"url": HOST + target}, "response": answer}


def test_a_session_with_redirects_and_cached_answers(archive: Path, tmp_path: Path) -> None:
    entries = [
        entry("/news", 301, "2020-03-02T06:00:00Z", size=0),
        entry(LISTING, 200, "2020-03-02T06:00:01.5Z", text=PAGE.decode()),
        entry(LISTING, 304, "2020-03-02T07:00:00Z", size=0),
        entry(
            "/news/view/4102.html", 304, "2020-03-02T07:00:01Z", text=SITE.get("/news/view/4102.html").text
        ),
        entry("/nowhere", 404, "2020-03-02T07:00:02Z", text="<p>404</p>"),
        entry("/x", 0, "2020-03-02T07:00:03Z", size=0),
    ]
    (tmp_path / "x").write_text(json.dumps({"log": {"entries": entries}}))
    code, tally = bring_in(archive, tmp_path / "x")
    assert (code, tally.pages, tally.kept) == (Exit.UNCERTIFIED, 2, 3)
    assert tally.damaged.kept == [
        f"{tmp_path / 'x'}: entry 6: {HOST}/x: the browser got no answer (blocked or broken off)"
    ]
    pages = "SELECT http_status, captured_at FROM captures WHERE kind <> 'other' ORDER BY id"
    assert rows(archive, pages) == [
        (200, "2020-03-02T06:00:01+00:00"), (200, "2020-03-02T07:00:01+00:00"),
    ]  # fmt: skip
    healthy(archive)


# --- MHTML and heads -----------------------------------------------------------------------


def test_an_mhtml_that_is_cut_off_in_its_page_is_refused(archive: Path, tmp_path: Path) -> None:
    data = mhtml_of(PAGE, URL, "8bit")
    (tmp_path / "x").write_bytes(data[: data.index(b"</ul>")])
    code, tally = bring_in(archive, tmp_path / "x")
    assert code == Exit.FAILED
    assert tally.unreadable.kept == [f"{tmp_path / 'x'}: is MHTML that is cut off inside its page"]
    assert not archive.parent.exists()


def test_an_mhtml_of_another_site_is_named(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(mhtml_of(PAGE, "http://mirror.example/news/", "8bit"))
    code, tally = bring_in(archive, tmp_path / "x")
    assert code == Exit.FAILED
    assert tally.unreadable.kept == [
        f"{tmp_path / 'x'}: is a page of mirror.example, not of the site; --host mirror.example takes it"
    ]
    assert bring_in(archive, tmp_path / "x", hosts=["mirror.example"])[0] == Exit.DONE


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html",
         "is an HTTP answer that can't be read: is cut off inside the HTTP head"),
        (curl(PAGE[:900], URL) + curl(PAGE, URL),
         "is an HTTP answer that can't be read: holds several HTTP answers, and not where each of them ends:"
         " save each by itself"),
        (curl(b"", URL), "is the head of an HTTP answer, without a page"),
        (b"HTTP/1.1 503 No\r\n\r\n<p>x</p>", "is an HTTP answer 503, no page of the site"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html><p>x</p></html>", "is HTML, but no page of the site"),
    ],
)  # fmt: skip
def test_heads_without_a_page_of_ours(archive: Path, tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "x").write_bytes(data)
    code, tally = bring_in(archive, tmp_path / "x")
    assert (code, tally.unreadable.kept) == (Exit.FAILED, [f"{tmp_path / 'x'}: {why}"])
    assert not archive.parent.exists()


MOVED = b"HTTP/1.1 301 Moved Permanently\r\nLocation: http://www.178hui.com/news/view/1.html\r\n"
DETAIL_PAGE = SITE.get("/news/view/4102.html").body


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (curl(PAGE, URL) + curl(DETAIL_PAGE, DETAIL), []),
        (curl(PAGE, URL, more=b"Content-Length: %d\r\n" % len(PAGE)) + b"\n" + curl(DETAIL_PAGE, DETAIL), []),
        (curl(chunked(PAGE), URL, more=b"Transfer-Encoding: chunked\r\n")
         + curl(DETAIL_PAGE, DETAIL, b"HTTP/2 200 "), []),
        (curl(PAGE + b"<!-- 0.1 s -->", URL, more=b"Transfer-Encoding: chunked\r\n")
         + curl(DETAIL_PAGE, DETAIL), []),
        (curl_redirected(PAGE, URL) + curl_redirected(DETAIL_PAGE, DETAIL), []),
        (curl(PAGE, URL) + MOVED + b"Content-Length: 12\r\n\r\n<p>moved</p>" + curl(DETAIL_PAGE, DETAIL),
         ["answer 2: is an HTTP answer 301, no page of the site"]),
    ],
    ids=["whole documents", "lengths", "as sent, HTTP/2", "chunks undone", "chains", "a redirect"],
)  # fmt: skip
def test_several_answers_are_told_apart(archive: Path, tmp_path: Path, data: bytes, told: list[str]) -> None:
    (tmp_path / "x").write_bytes(data)
    code, tally = bring_in(archive, tmp_path / "x")
    assert (code, tally.pages, tally.notes.kept) == (
        Exit.DONE, 2, [f"{tmp_path / 'x'}: {line}" for line in told],
    )  # fmt: skip
    assert rows(archive, "SELECT url, captured_at FROM captures ORDER BY id") == [(URL, AT), (DETAIL, AT)]
    assert one(archive, "SELECT count(*), count(DISTINCT site_id) FROM articles") == (9, 9)


def test_where_a_redirect_may_not_have_led_is_no_address(archive: Path, tmp_path: Path) -> None:
    """``curl -i`` of two addresses: the first answers with a redirect that nobody followed."""
    bare = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + DETAIL_PAGE
    (tmp_path / "x").write_bytes(MOVED + b"Content-Length: 12\r\n\r\n<p>moved</p>" + bare)
    assert bring_in(archive, tmp_path / "x")[0] == Exit.DONE
    assert one(archive, "SELECT site_id, url FROM articles") == (None, None)


def test_an_answer_that_is_shorter_than_its_head_says_is_kept_and_told(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(curl(PAGE[:2000], URL, more=b"Content-Length: %d\r\n" % len(PAGE)))
    code, tally = bring_in(archive, tmp_path / "x")
    assert (code, tally.pages, tally.kept) == (Exit.UNCERTIFIED, 0, 1)
    assert tally.damaged.kept == [f"{tmp_path / 'x'}: cut short (2000 of {len(PAGE)} bytes): kept, not read"]
    healthy(archive)


# --- times ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["curl -i", "SingleFile", "HAR", "MHTML, 8bit", "WARC"])
def test_a_time_that_has_yet_to_come_is_not_believed(archive: Path, tmp_path: Path, name: str) -> None:
    data = ENVELOPES[name](PAGE, URL).replace(b"2020", b"2096")
    data = re.sub(rb"Mon, *0?2 Mar 2096", b"Fri, 02 Mar 2096", data)
    for _ in range(2):
        (tmp_path / "x").write_bytes(data)
        os.utime(tmp_path / "x", (0, 1583128800))
        code, tally = bring_in(archive, tmp_path / "x")
        assert (code, tally.warnings.count) == (Exit.DONE, 1)
        assert "has yet to come" in tally.warnings.kept[0]
    ((at, source),) = rows(archive, "SELECT captured_at, time_source FROM captures")
    assert (source, at < "2096") == (("clock", True) if name == "WARC" else ("mtime", True))


def test_a_time_that_is_given_counts_before_that_of_the_file(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(ENVELOPES["SingleFile"](PAGE, URL))
    bring_in(archive, tmp_path / "x", captured_at="2020-01-01T08:00:00+08:00")
    assert rows(archive, "SELECT captured_at, time_source FROM captures") == [
        ("2020-01-01T00:00:00+00:00", "given")
    ]


# --- packages and folders ------------------------------------------------------------------


@pytest.mark.parametrize("compression", [0, 8])
def test_packages_of_packages(archive: Path, tmp_path: Path, compression: int) -> None:
    first = wacz_of(warc(PAGE, URL), folder="crawl/", compression=compression)
    second = wacz_of(warc(SITE.get("/news/view/4102.html").body, DETAIL), warc(PAGE, URL), compression=8)
    (tmp_path / "x.wacz").write_bytes(package_of(first, second, compression=compression))
    (tmp_path / "y.zip").write_bytes(first)
    code, tally = bring_in(archive, tmp_path / "x.wacz", tmp_path / "y.zip")
    assert (code, tally.pages, tally.known, tally.damaged.kept) == (Exit.DONE, 2, 2, [])
    damaged = bytearray(package_of(first, second))
    damaged[first.__len__() // 2] ^= 0xFF
    (tmp_path / "z.wacz").write_bytes(damaged)
    code, tally = bring_in(archive, tmp_path / "z.wacz")
    assert code in (Exit.UNCERTIFIED, Exit.DONE)
    assert tally.known + tally.damaged.count >= 3


def test_a_mirror_of_folders_names_the_addresses(archive: Path, tmp_path: Path) -> None:
    """wget -E -k: relative links, .html behind the query."""
    folder = tmp_path / "m" / "www.178hui.com" / "news"
    (folder / "view").mkdir(parents=True)
    listing = PAGE.replace(b'href="/news/view/', b'href="view/')
    assert listing != PAGE
    (folder / "list.php?cat=3&page=1.html").write_bytes(listing)
    (folder / "view" / "4102.html").write_bytes(SITE.get("/news/view/4102.html").body)
    (folder / "index.html").write_bytes(SITE.get("/news/").body)
    code, tally = bring_in(archive, tmp_path / "m")
    assert (code, tally.pages, tally.kept) == (Exit.DONE, 2, 1)
    assert rows(archive, "SELECT url FROM captures ORDER BY url") == [
        (HOST + "/news/",), (URL,), (DETAIL,),
    ]  # fmt: skip
    assert one(archive, "SELECT count(*), count(site_id), count(DISTINCT url) FROM articles") == (9, 9, 9)


def test_a_browsers_folder(archive: Path, tmp_path: Path) -> None:
    """The page, and beside it what it needs: scripts that quote it are no dumps."""
    (tmp_path / "in" / "page_files").mkdir(parents=True)
    (tmp_path / "in" / "page.html").write_bytes(
        with_comment(f"<!-- saved from url=({len(URL):04}){URL} -->", PAGE)
    )
    script = 'var last = "一起惠2019-01-01 00:00:0099 次";\nshow(last);\n'
    (tmp_path / "in" / "page_files" / "a.js.下载").write_text(script, "utf-8")
    (tmp_path / "in" / "page_files" / "a.css").write_text('.a:after { content: "一起惠" }', "utf-8")
    (tmp_path / "in" / "page_files" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    (tmp_path / "in" / "page_files" / "saved_resource.html").write_text("<html><p>广告</p></html>", "utf-8")
    code, tally = bring_in(archive, tmp_path / "in")
    assert (code, tally.pages, tally.passed_over) == (Exit.DONE, 1, 4)
    assert dict(tally.passed) == {
        "is a script": 1, "is a style sheet": 1, "is a PNG image": 1, "is HTML, but no page of the site": 1,
    }  # fmt: skip
    assert one(archive, "SELECT count(*) FROM articles") == 8


def test_what_is_no_file_is_passed_over_in_a_folder_and_said(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe")
    os.symlink("/dev/zero", tmp_path / "in" / "zero")
    (tmp_path / "in" / "page.txt").write_text(SITE.dump(SHE, 1), "utf-8")
    code, tally = bring_in(archive, tmp_path / "in")
    assert (code, tally.pages) == (Exit.DONE, 1)
    assert tally.notes.kept == [
        f"{tmp_path / 'in' / 'pipe'}: is a FIFO, not a file: passed over",
        f"{tmp_path / 'in' / 'zero'}: is a device, not a file: passed over",
    ]


def test_a_fifo_that_is_named_is_read(archive: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(SITE.dump(SHE, 1), "utf-8"))
    writer.start()
    assert bring_in(archive, tmp_path / "pipe")[1].pages == 1
    writer.join()


# --- records of odd types ------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "text/html charset=utf-8", "text/html, text/html; charset=utf-8", "application/octet-stream", "",
        "html", "text/html;;charset", "TEXT/HTML", "application/xml", "text/html; charset=gbk", "image/gif",
        "text/xml", "application/x-httpd-php", "text/plain",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["200 OK", "203 Non-Authoritative Information", "206 Partial Content"])
def test_pages_are_pages_whatever_their_type_says(
    archive: Path, tmp_path: Path, kind: str, status: str, direct: list[tuple[object, ...]]
) -> None:
    made = Warc()
    ranged = [("Content-Range", f"bytes 0-{len(PAGE) - 1}/{len(PAGE)}")] if status.startswith("206") else []
    made.response(URL, PAGE, status=status, headers=[("Content-Type", kind)] * bool(kind) + ranged)
    code, tally = bring_in(archive, made.save(tmp_path / "w"))
    assert (code, tally.pages, tally.damaged.kept) == (Exit.DONE, 1, [])
    assert rows(archive, ROWS) == direct
    healthy(archive)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"status": "206 Partial Content"}, "a part of the page only (206, without a Content-Range)"),
        ({"status": "206 X", "headers": [("Content-Range", "bytes 0-99/200")]},
         "a part of the page only (206, bytes 0-99/200)"),
        ({"status": "200 OK", "headers": [("Content-Type", "text/html"), ("Content-Encoding", "gzip")],
          "body": b"\x1f\x8b\x08\0" + bytes(range(256)) * 9}, "gzip data is damaged after 0 decoded bytes"),
        ({"status": "200 OK", "body": b"\x89PNG\r\n\x1a\n\0\0"}, "is a PNG image, called text/html"),
        ({"status": "000 X"}, "status 000 is none of HTTP's"),
    ],
)  # fmt: skip
def test_what_should_have_been_a_page_is_kept_and_named(
    archive: Path, tmp_path: Path, more: dict[str, object], why: str
) -> None:
    made = Warc()
    values = {"headers": [("Content-Type", "text/html")], "body": PAGE, **more}
    made.response(URL, **values)  # type: ignore[arg-type]
    path = made.save(tmp_path / "w")
    code, tally = bring_in(archive, path)
    assert (code, tally.pages, tally.kept) == (Exit.UNCERTIFIED, 0, 1)
    (told,) = tally.damaged.kept
    assert told.startswith(f"{path}: offset ")
    assert told.endswith(f": {URL}: {why}: kept, not read")
    assert one(archive, "SELECT count(*) FROM articles") == 0
    healthy(archive)


def test_json_and_scripts_of_the_site_are_no_pages(archive: Path, tmp_path: Path) -> None:
    made = Warc()
    for kind in ("text/html", "text/plain", "application/json"):
        made.response(f"{HOST}/api?{kind}", '{"a": "一起惠2019-01-01 00:00:0099 次"}'.encode(),
                      headers=[("Content-Type", kind)])  # fmt: skip
    code, tally = bring_in(archive, made.save(tmp_path / "w"))
    assert (code, tally.skipped, tally.kept) == (Exit.DONE, 3, 0)
    assert one(archive, "SELECT count(*) FROM captures") == 0
    assert tally.notes.kept == [
        f"{tmp_path / 'w'}: no article of the site in it; it holds 1 warcinfo, 1 text/html, 1 text/plain,"
        " 1 application/json"
    ]


def test_a_crawl_of_the_wayback_machine_is_filed_under_what_it_shows(archive: Path, tmp_path: Path) -> None:
    made = Warc()
    shown = f"https://web.archive.org/web/20190705081500/{URL}"
    head = [("Content-Type", "text/html"), ("Memento-Datetime", "Fri, 05 Jul 2019 08:15:00 GMT")]
    made.response(shown, PAGE, headers=head)
    made.response(
        f"https://web.archive.org/web/20190705081500/{HOST}/x", b"<html>Wayback", status="404 Not Found"
    )
    code, tally = bring_in(archive, made.save(tmp_path / "w"))
    assert (code, tally.pages, tally.other_hosts) == (Exit.DONE, 1, {"web.archive.org": 1})
    assert rows(archive, "SELECT url, captured_at FROM captures") == [(URL, "2019-07-05T08:15:00+00:00")]
    healthy(archive)


def test_a_page_with_its_pictures_in_it(archive: Path, tmp_path: Path) -> None:
    """SingleFile and browsers put pictures into the page: 24 MB of them here."""
    picture = b'<img src="data:image/png;base64,' + b"iVBORw0KGgo=" * 2_000_000 + b'">'
    page = PAGE.replace(b"</h2>", b"</h2>" + picture, 1).replace(b"<body>", b"<body>" + picture, 1)
    (tmp_path / "x").write_bytes(page)
    code, tally = bring_in(archive, tmp_path / "x")
    assert (code, tally.articles, tally.layout.kept) == (Exit.DONE, 8, [])


def test_a_start_page_without_an_address_is_known_by_its_breadcrumb(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(SITE.get("/news/").body)
    code, tally = bring_in(archive, tmp_path / "x")
    assert (code, tally.kept, tally.notes.count) == (Exit.DONE, 1, 1)
