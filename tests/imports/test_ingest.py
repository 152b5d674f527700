from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.hui import layout_trouble, looks_ours, read_page
from support.import_files import archive_part

from yiqihui_spider.imports.ingest import (
    Outcome,
    adopt_record,
    archive_record,
    is_page,
    unreadable,
    worth_keeping,
)
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import Session, open_session
from yiqihui_spider.warc.reader import read_record, verify_record
from yiqihui_spider.warc.records import IDENTICAL, NOT_MODIFIED, StoredResponse, payload_digest

HOST = "http://www.178hui.com"
LISTING = "/news/list.php?cat=3&page=1"
DETAIL = "/news/view/4102.html"
MONDAY, TUESDAY = "2020-03-02T06:00:00+00:00", "2020-03-03T06:00:00+00:00"
HTML = ("Content-Type", "text/html; charset=utf-8")


@pytest.fixture
def site() -> SampleSite:
    return SampleSite()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_session(tmp_path / "archive.db", "test") as session:
        yield session


def stored(body: bytes, url: str = HOST + LISTING, at: str | None = MONDAY, **more: Any) -> StoredResponse:
    values: dict[str, Any] = {
        "record_type": "response",
        "status": 200,
        "reason": "OK",
        "protocol": "HTTP/1.1",
        "headers": (HTML,),
        "content_type": HTML[1],
        "payload": body,
        "body": body,
        "payload_digest": payload_digest(body),
    }
    return StoredResponse(url, captured_at=at, **(values | more))


def page(site: SampleSite, target: str = LISTING, at: str | None = MONDAY, **more: Any) -> StoredResponse:
    return stored(site.get(target).body, HOST + target, at, **more)


def all_rows(session: Session, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.db.execute(sql)]


def count(session: Session, table: str) -> int:
    return int(all_rows(session, f"SELECT count(*) FROM {table}")[0][0])


# --- records -------------------------------------------------------------------------------


def test_a_listing_page_is_archived_under_its_own_time(session: Session, site: SampleSite) -> None:
    outcome = archive_record(session, page(site))
    assert outcome == Outcome("archived", 1, "listing", articles=8, new_or_changed=8)
    row = all_rows(
        session,
        "SELECT url, kind, captured_at, http_status, time_source, origin, category, entries FROM captures",
    )
    assert row == [(HOST + LISTING, "listing", MONDAY, 200, "warc", "import", "社群", 8)]
    assert {at for (at,) in all_rows(session, "SELECT observed_at FROM view_counts")} == {MONDAY}


def test_what_it_was_copied_to_is_the_record(session: Session, site: SampleSite) -> None:
    archive_record(session, page(site, DETAIL))
    ((file, offset, digest),) = all_rows(
        session, "SELECT warc_file, warc_offset, payload_digest FROM captures"
    )
    assert verify_record(session.warc_folder, file, offset, digest) is None
    assert read_record(session.warc_folder, file, offset).body == site.get(DETAIL).body


def test_the_same_record_again_changes_nothing(session: Session, site: SampleSite) -> None:
    archive_record(session, page(site))
    before = {path: path.stat().st_size for path in session.warc_folder.iterdir()}
    assert archive_record(session, page(site)) == Outcome("known", 1)
    assert {path: path.stat().st_size for path in session.warc_folder.iterdir()} == before
    assert (count(session, "captures"), count(session, "view_counts")) == (1, 8)


def test_the_same_page_at_another_time_is_a_capture_and_a_revisit_record(
    session: Session, site: SampleSite
) -> None:
    archive_record(session, page(site))
    assert archive_record(session, page(site, at=TUESDAY)) == Outcome(
        "archived", 2, "listing", articles=8, new_or_changed=0
    )
    file, offset = all_rows(session, "SELECT warc_file, warc_offset FROM captures WHERE id = 2")[0]
    record = read_record(session.warc_folder, file, offset)
    assert (record.record_type, record.profile, record.refers_to) == (
        "revisit",
        IDENTICAL,
        (HOST + LISTING, MONDAY),
    )
    assert count(session, "view_counts") == 16


def test_who_says_the_time_and_where_it_came_from_are_on_record(session: Session, site: SampleSite) -> None:
    archive_record(session, page(site), time_source="cdx", origin="wayback")
    assert all_rows(session, "SELECT time_source, origin FROM captures") == [("cdx", "wayback")]


def test_an_older_capture_that_comes_later_takes_its_place(session: Session, site: SampleSite) -> None:
    number = site.on_page("社群", 1)[0].number
    older = page(site, f"/news/view/{number}.html")
    site.edit(number, blocks=("新写的一段话,和原来的完全不同。", "还有第二段。"), views=9999)
    archive_record(session, page(site, f"/news/view/{number}.html", at=TUESDAY))
    archive_record(session, older)
    assert all_rows(session, "SELECT version, seen_at FROM article_versions ORDER BY version") == [
        (1, MONDAY),
        (2, TUESDAY),
    ]
    ((body, views, first, last),) = all_rows(
        session, "SELECT body, views, first_seen_at, last_seen_at FROM articles"
    )
    assert body == "新写的一段话,和原来的完全不同。\n还有第二段。"
    assert (views, first, last) == (9999, MONDAY, TUESDAY)


def test_records_without_a_date_are_unusable(session: Session, site: SampleSite) -> None:
    assert archive_record(session, page(site, at=None)).status == "unusable"
    assert count(session, "captures") == 0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"truncated": "length"}, "cut short (length): kept, not read"),
        ({"problem": "gzip data is cut off after 90 decoded bytes"},
         "gzip data is cut off after 90 decoded bytes: kept, not read"),
        ({"headers": (HTML, ("Content-Length", "999999"))}, "cut short (7 of 999999 bytes): kept, not read"),
        ({"problem": "declared gzip, but is not"}, None),
        ({"headers": (HTML, ("Content-Length", "7"))}, None),
        ({"headers": (HTML, ("Content-Length", "1e99"))}, None),
        ({"headers": (HTML, ("Content-Length", "99"), ("Transfer-Encoding", "chunked"))}, None),
        ({"status": 404, "truncated": "length"}, None),
    ],
)  # fmt: skip
def test_a_page_that_is_not_whole_is_not_read(more: dict[str, Any], why: str | None) -> None:
    assert unreadable(stored(b"7 bytes", **more)) == why


def test_a_page_that_is_cut_short_is_kept_and_told(session: Session, site: SampleSite) -> None:
    outcome = archive_record(session, page(site, DETAIL, truncated="disconnect"))
    assert (outcome.status, outcome.incomplete) == ("kept", "cut short (disconnect): kept, not read")
    assert all_rows(session, "SELECT kind, truncated, problems FROM captures") == [
        ("other", "disconnect", '["cut short (disconnect): kept, not read"]')
    ]
    assert count(session, "articles") == 0


@pytest.mark.parametrize(
    ("url", "more", "kept", "read"),
    [
        ("/a.html", {}, True, True),
        ("/a", {"content_type": None}, True, True),
        ("/a", {"content_type": None, "body": b"\x89PNG\r\n"}, False, False),
        ("/a.gif", {"content_type": "image/gif"}, False, False),
        ("/a.js", {"content_type": "application/javascript"}, False, False),
        ("/robots.txt", {"content_type": "text/plain"}, True, False),
        ("/gone.html", {"status": 404}, True, False),
        ("/moved", {"status": 301, "body": b""}, True, False),
        ("/empty", {"body": b""}, False, False),
        ("/a", {"status": None, "record_type": "conversion", "content_type": "text/plain"}, True, True),
    ],
)
def test_what_is_kept_and_what_is_read(url: str, more: dict[str, Any], kept: bool, read: bool) -> None:
    record = replace(stored(b"<p>page</p>", HOST + url), **more)
    assert (worth_keeping(record), is_page(record)) == (kept, read)


def test_errors_are_kept_and_are_no_pages(session: Session, site: SampleSite) -> None:
    assert archive_record(session, page(site, "/news/view/1.html", status=404)).status == "kept"
    assert (
        archive_record(session, stored(b"GIF89a", HOST + "/a.gif", content_type="image/gif")).status
        == "skipped"
    )
    assert all_rows(session, "SELECT http_status, kind, parser_version IS NULL FROM captures") == [
        (404, "other", 1)
    ]


def test_pages_of_other_sections_are_kept_and_no_fault(session: Session, site: SampleSite) -> None:
    outcome = archive_record(session, page(site, "/help/"))
    assert (outcome.status, outcome.layout, outcome.incomplete) == ("kept", None, None)
    assert count(session, "residues") == 0


# --- what is not understood ----------------------------------------------------------------


def trouble(text: str, url: str = "file:///dump.txt", extracted: bool = False) -> str | None:
    _, split, reading = read_page(text.encode(), "text/plain; charset=utf-8", url)
    return layout_trouble(split, reading, url, extracted)


def test_layout_that_is_not_understood(site: SampleSite) -> None:
    dump = site.dump("社群", 1)
    crumb = dump.split("\n")[0]
    assert trouble(dump) is None
    assert trouble("没有任何标记的一段话。") is None
    assert trouble("没有任何标记的一段话。", HOST + DETAIL) == "no article with its marker found on it"
    assert trouble(crumb + "\n社群\n正文在这里,但是标记变了。2019年4月1日 3 次阅读\n") == (
        "no article with its marker found on it"
    )
    assert trouble(f"前言。\n{dump}") == "3 characters unexplained (before the first breadcrumb)"
    assert trouble(f"前言。\n{dump}", extracted=True) is None
    assert trouble("当前位置:首页>值得买>手机\n正文。\n1-20/139 记录1/7 页首页上一页12下一页尾页\n") is None


def test_a_page_looks_like_ours_by_its_marks(site: SampleSite) -> None:
    def ours(text: str) -> bool:
        return looks_ours(read_page(text.encode(), "text/plain; charset=utf-8", "file:///a")[1])

    assert ours(site.dump("社群", 1))
    assert ours(site.dump_article(4102))
    assert ours("一段话。\n一起惠2019-04-13 09:30:07407 次\n")
    assert not ours("一段话。\n")
    assert not ours("当前位置:首页>值得买>手机\n一段话。\n")


def test_residue_is_archived_and_told(session: Session, site: SampleSite) -> None:
    text = f"前言。\n{site.dump('社群', 1)}"
    outcome = archive_part(session, "file:///a.txt", text.encode(), "text/plain", MONDAY, "mtime")
    assert (outcome.status, outcome.layout) == (
        "archived",
        "3 characters unexplained (before the first breadcrumb)",
    )
    assert all_rows(session, "SELECT text FROM residues") == [("前言。",)]


def test_a_pager_that_promises_more_is_told(session: Session, site: SampleSite) -> None:
    lines = site.dump("社群", 1).split("\n")
    text = "\n".join([*lines[:2], *lines[4:]])
    outcome = archive_part(session, "file:///a.txt", text.encode(), "text/plain", MONDAY, "mtime")
    assert outcome.incomplete == "declares 8 entries, holds 7"


# --- revisits ------------------------------------------------------------------------------


def revisit(target: str, at: str = TUESDAY, **more: Any) -> StoredResponse:
    blank: dict[str, Any] = {"record_type": "revisit", "profile": IDENTICAL, "payload_digest": ""}
    return replace(stored(b"", HOST + target, at), **(blank | more))


def test_a_revisit_shows_the_page_it_refers_to(session: Session, site: SampleSite) -> None:
    original = page(site)
    archive_record(session, original)
    outcome = archive_record(session, revisit(LISTING, payload_digest=original.payload_digest))
    assert outcome == Outcome("archived", 2, "listing", articles=8, new_or_changed=0)
    assert all_rows(session, "SELECT captured_at, payload_digest FROM captures WHERE id = 2") == [
        (TUESDAY, original.payload_digest)
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"payload_digest": "sha256:0000", "refers_to": (HOST + LISTING, MONDAY)},
        {"profile": NOT_MODIFIED, "status": 304, "refers_to": (HOST + LISTING, MONDAY)},
        {"profile": NOT_MODIFIED, "status": 304},
    ],
)
def test_a_revisit_without_a_digest_of_ours_is_found_by_address_and_time(
    session: Session, site: SampleSite, more: dict[str, Any]
) -> None:
    original = page(site)
    archive_record(session, original)
    outcome = archive_record(session, revisit(LISTING, **more))
    assert outcome == Outcome("archived", 2, "listing", articles=8, new_or_changed=0)
    file, offset, digest = all_rows(
        session, "SELECT warc_file, warc_offset, payload_digest FROM captures WHERE id = 2"
    )[0]
    assert digest == original.payload_digest
    assert verify_record(session.warc_folder, file, offset, digest) is None
    assert archive_record(session, revisit(LISTING, **more)) == Outcome("known", 2)


def test_a_revisit_of_what_is_not_here_is_unresolved(session: Session, site: SampleSite) -> None:
    assert archive_record(session, revisit(LISTING, payload_digest="sha1:NONE")).status == "unresolved"
    archive_record(session, page(site, at=TUESDAY))
    earlier = revisit(LISTING, at=MONDAY, profile=NOT_MODIFIED, status=304)
    assert archive_record(session, earlier).status == "unresolved"


# --- records that are there already --------------------------------------------------------


def test_a_record_that_a_crash_left_without_a_row_is_adopted(session: Session, site: SampleSite) -> None:
    capture = session.warc.write_response(
        url=HOST + LISTING,
        request_headers=None,
        status=200,
        reason="OK",
        headers=[HTML, ("ETag", '"x"')],
        body=site.get(LISTING).body,
        captured_at=MONDAY,
    )
    record = read_record(session.warc_folder, capture.warc_file, capture.warc_offset)
    assert adopt_record(session, capture.warc_file, record) == Outcome(
        "archived", 1, "listing", articles=8, new_or_changed=8
    )
    row = all_rows(
        session, "SELECT warc_file, warc_offset, warc_length, time_source, origin, etag FROM captures"
    )
    assert row == [(capture.warc_file, capture.warc_offset, capture.warc_length, "clock", "live", '"x"')]
    assert adopt_record(session, capture.warc_file, record) == Outcome("known", 1)
    assert adopt_record(session, capture.warc_file, replace(record, captured_at=None)).status == "unusable"


# --- files ---------------------------------------------------------------------------------


def part(session: Session, text: str, at: str, source: str, url: str = "file:///a.txt") -> Outcome:
    return archive_part(session, url, text.encode(), "text/plain; charset=utf-8", at, source)


def test_the_same_bytes_are_the_same_page(session: Session, site: SampleSite) -> None:
    dump = site.dump("社群", 1)
    assert part(session, dump, MONDAY, "mtime").status == "archived"
    assert part(session, dump, TUESDAY, "mtime") == Outcome("known", 1)
    assert part(session, dump, TUESDAY, "mtime", "file:///elsewhere.txt") == Outcome("known", 1)
    assert part(session, dump, MONDAY, "given") == Outcome("known", 1)
    assert part(session, dump, "2020-03-02T14:00:00+08:00", "given") == Outcome("known", 1)
    assert part(session, dump, TUESDAY, "given") == Outcome(
        "archived", 2, "listing", articles=8, new_or_changed=0
    )
    assert all_rows(session, "SELECT captured_at, time_source, http_status FROM captures") == [
        (MONDAY, "mtime", None),
        (TUESDAY, "given", None),
    ]


def test_a_time_before_the_newest_article_is_told(session: Session, site: SampleSite) -> None:
    outcome = part(session, site.dump("社群", 1), "2001-09-09T01:46:40+00:00", "mtime")
    assert (outcome.status, outcome.articles) == ("archived", 8)
    said = "filed under 2001-09-09T01:46:40+00:00, before its newest article was published"
    assert outcome.incomplete == f"{said} (2019-06-18T09:30:00+08:00)"
    again = part(session, site.dump("社群", 1), "2001-09-09T01:46:40+00:00", "mtime")
    assert again == Outcome("known", 1, incomplete=outcome.incomplete), "repeated, it looks no better"
