from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard
from support.hui import verify
from support.import_files import (
    HOST,
    REAL_PAGE,
    SHE,
    Warc,
    bring_in,
    everything,
    gzipped,
    one,
    rows,
    wacz,
    warc_bytes,
)
from support.paths import FIXTURES

from yiqihui_spider.archive.schema.opening import ArchiveError, open_archive
from yiqihui_spider.errors import Exit
from yiqihui_spider.imports import files, importer, sources
from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import ArchiveLocked, hold
from yiqihui_spider.warc.coding import PAYLOAD_LIMIT
from yiqihui_spider.wording import counted

LISTING = "/news/list.php?cat=3&page=1"
MONDAY, TUESDAY, FRIDAY = "2020-03-02T06:00:00Z", "2020-03-03T06:00:00Z", "2020-03-06T06:00:00Z"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "archive.db"


@pytest.fixture
def site() -> SampleSite:
    return SampleSite()


def warc_of(site: SampleSite, *targets: str, when: str = MONDAY, host: str = HOST) -> Warc:
    warc = Warc()
    for target in targets:
        warc.page(site, target, when=when, host=host)
    return warc


# --- the real page -------------------------------------------------------------------------


def test_the_real_page_gives_what_its_fixture_lists(archive: Path) -> None:
    if not REAL_PAGE.exists():
        pytest.skip("the real page is not part of the repository, and not beside it here")
    code, tally = bring_in(archive, REAL_PAGE)
    assert (code, tally.pages, tally.articles, tally.new_or_changed) == (Exit.DONE, 1, 20, 20)
    expected = json.loads((FIXTURES / "split" / "listing-page-2" / "expected.json").read_text("utf-8"))
    assert one(
        archive,
        "SELECT declared_first, declared_last, declared_total, declared_page, declared_pages, entries,"
        " residue_chars, category, kind, problems FROM captures",
    ) == (21, 40, 139, 2, 7, 20, 0, "社群", "listing", "[]")
    assert list(expected["pager"].values()) == [21, 40, 139, 2, 7]
    found = rows(
        archive,
        "SELECT a.source, a.published_at, a.views, a.body_chars, a.body FROM articles a"
        " JOIN sightings s ON s.article_id = a.id ORDER BY s.position",
    )
    assert [
        {
            "source": source or "",
            "time": published_at.replace("T", " ").removesuffix("+08:00"),
            "views": views,
            "body_chars": chars,
            "sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        for source, published_at, views, chars, body in found
    ] == expected["articles"]


# --- forms of files ------------------------------------------------------------------------


def test_text_in_every_coding_is_the_same_page(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    text = site.dump(SHE, 1)
    (tmp_path / "plain").write_text(text, "utf-8")
    (tmp_path / "b.png").write_bytes(gzipped(text))
    (tmp_path / "c").write_bytes(zstandard.compress(text.encode()))
    (tmp_path / "d").write_bytes(gzip.compress(gzipped(text), mtime=0))
    names = [tmp_path / name for name in ("plain", "b.png", "c", "d")]
    code, tally = bring_in(archive, *names)
    assert (code, tally.files, tally.pages, tally.known) == (Exit.DONE, 4, 1, 3)
    (tmp_path / "gbk").write_bytes(text.encode("gb18030"))
    (tmp_path / "utf16").write_bytes(text.encode("utf-16"))
    before = rows(archive, "SELECT body FROM articles")
    code, tally = bring_in(archive, tmp_path / "gbk", tmp_path / "utf16")
    assert (code, tally.pages, tally.new_or_changed) == (Exit.DONE, 2, 0)
    assert rows(archive, "SELECT body FROM articles") == before


def test_a_dump_of_several_pages_is_one_capture_a_page(
    archive: Path, tmp_path: Path, site: SampleSite
) -> None:
    pages = [site.dump(SHE, 1), site.dump(SHE, 2), site.dump_article(4102), site.dump("购物资讯", 1)]
    path = tmp_path / "all.txt"
    path.write_text("\n".join(pages), "utf-8")
    code, tally = bring_in(archive, path)
    assert (code, tally.pages) == (Exit.DONE, 4)
    assert rows(archive, "SELECT kind, category, declared_page, entries, url FROM captures ORDER BY id") == [
        ("listing", SHE, 1, 8, path.as_uri()),
        ("listing", SHE, 2, 8, path.as_uri() + "#page=2"),
        ("article", "购物资讯", None, 1, path.as_uri() + "#page=3"),
        ("listing", "购物资讯", 1, 8, path.as_uri() + "#page=4"),
    ]
    kept = b"".join(payloads(archive))
    assert kept == path.read_bytes()


def payloads(archive: Path) -> list[bytes]:
    from yiqihui_spider.warc.reader import read_record

    found = rows(archive, "SELECT warc_file, warc_offset FROM captures ORDER BY id")
    return [read_record(archive.parent / "warc", *place).payload for place in found]


def test_saved_html_is_filed_under_its_own_address(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    url = "http://www.178hui.com/news/view/4102.html"
    html = site.get("/news/view/4102.html").text
    (tmp_path / "detail.htm").write_text(f"<!-- saved from url=({len(url):04}){url} -->\n{html}", "utf-8")
    (tmp_path / "listing.htm").write_bytes(SampleSite(charset="gb2312").get(LISTING).body)
    code, tally = bring_in(archive, tmp_path / "detail.htm", tmp_path / "listing.htm")
    assert (code, tally.pages) == (Exit.DONE, 2)
    assert rows(archive, "SELECT url, kind, entries FROM captures ORDER BY id") == [
        (url, "article", 1),
        ((tmp_path / "listing.htm").as_uri(), "listing", 8),
    ]
    assert one(archive, "SELECT site_id, url FROM articles WHERE site_id = 4102") == (4102, url)


def test_a_saved_page_of_the_site_without_anything_understood_is_kept_and_told(
    archive: Path, tmp_path: Path
) -> None:
    path = tmp_path / "new-layout.html"
    path.write_text('<html><link rel=canonical href="http://www.178hui.com/news/"><p>全新的版面。', "utf-8")
    code, tally = bring_in(archive, path)
    assert (code, tally.kept, tally.layout.kept) == (Exit.LAYOUT, 1, [f"{path}: nothing on it is understood"])


def test_folders_are_read_whole_and_other_files_passed_over(
    archive: Path, tmp_path: Path, site: SampleSite
) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "1.dat").write_text(site.dump(SHE, 1), "utf-8")
    (folder / "deep" / "2.dat").write_bytes(gzipped(site.dump(SHE, 2)))
    (folder / "notes.txt").write_text("nothing of the site", "utf-8")
    (folder / "pic.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\0")
    (folder / "empty").write_bytes(b"")
    (folder / "other.html").write_text("<html><p>另一个网站</p>", "utf-8")
    code, tally = bring_in(archive, folder)
    assert (code, tally.files, tally.pages, tally.passed_over) == (Exit.DONE, 2, 2, 4)


# --- WARC ----------------------------------------------------------------------------------


@pytest.mark.parametrize("compressed", [True, False])
def test_a_warc_of_another_tool(archive: Path, tmp_path: Path, site: SampleSite, compressed: bool) -> None:
    warc = Warc(compressed=compressed)
    for target in (
        "/robots.txt",
        "/news",
        "/news/",
        LISTING,
        "/news/view/4102.html",
        "/static/pic.gif",
        "/nowhere",
    ):
        warc.page(site, target, when=MONDAY)
    warc.response("http://elsewhere.example/news/", b"<p>x</p>")
    warc.record("urn:pageinfo:http://www.178hui.com/", "resource", b"{}", {"WARC-Date": MONDAY})
    warc.record("dns:www.178hui.com", "response", b"x", {"WARC-Date": MONDAY}, warc_content_type="text/dns")
    warc.record(
        HOST + LISTING, "metadata", b"x", {"WARC-Date": MONDAY}, warc_content_type="application/warc-fields"
    )
    code, tally = bring_in(archive, warc.save(tmp_path / "any-name"))
    assert code == Exit.DONE
    assert (tally.pages, tally.kept, tally.skipped) == (2, 4, 3)
    assert tally.other_hosts == {"elsewhere.example": 1}
    columns = "url, kind, http_status, captured_at, time_source, origin"
    assert rows(archive, f"SELECT {columns} FROM captures ORDER BY id") == [
        (HOST + target, kind, status, "2020-03-02T06:00:00+00:00", "warc", "import")
        for target, kind, status in [
            ("/robots.txt", "other", 200), ("/news", "other", 301), ("/news/", "other", 200),
            (LISTING, "listing", 200), ("/news/view/4102.html", "article", 200), ("/nowhere", "other", 404),
        ]
    ]  # fmt: skip


def test_chunked_and_compressed_payloads(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    html = site.get(LISTING).body
    packed = gzip.compress(html, mtime=0)
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    plain = [("Content-Type", "text/html")]
    warc = Warc()
    coded = [*plain, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    warc.response(HOST + LISTING, chunks, when=MONDAY, headers=coded)
    warc.response(HOST + LISTING, html, when=TUESDAY, headers=[*plain, ("Content-Encoding", "gzip")])
    code, tally = bring_in(archive, warc.save(tmp_path / "w"))
    assert (code, tally.pages, tally.articles) == (Exit.DONE, 2, 16)


def test_other_hosts_are_skipped_unless_named_or_known(
    archive: Path, tmp_path: Path, site: SampleSite
) -> None:
    path = warc_of(site, LISTING, "/news/view/4102.html", host="http://127.0.0.1:8000").save(tmp_path / "w")
    code, tally = bring_in(archive, path)
    assert (code, tally.pages, tally.other_hosts) == (Exit.DONE, 0, {"127.0.0.1": 2})
    assert rows(archive, "SELECT count(*) FROM captures") == [(0,)]
    assert bring_in(archive, path, hosts=["127.0.0.1:9000"])[1].pages == 0
    assert bring_in(archive, path, hosts=["127.0.0.1:8000"])[1].pages == 2
    later = warc_of(site, LISTING, when=TUESDAY, host="http://127.0.0.1:8000").save(tmp_path / "w2")
    assert bring_in(archive, later)[1].pages == 1
    last = warc_of(site, LISTING, when=FRIDAY, host="http://b.example").save(tmp_path / "w3")
    assert bring_in(archive, last, any_host=True)[1].pages == 1


def test_late_arrivals_take_their_place(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    number = site.on_page(SHE, 1)[0].number
    target = f"/news/view/{number}.html"
    old = warc_of(site, target, when=MONDAY).save(tmp_path / "old")
    site.edit(number, blocks=("改过的第一段。", "改过的第二段。"), views=5000)
    new = warc_of(site, target, when=FRIDAY).save(tmp_path / "new")
    site.edit(number, views=4000)
    middle = warc_of(site, target, when=TUESDAY).save(tmp_path / "middle")
    for path in (new, old, middle):
        assert bring_in(archive, path)[0] == Exit.DONE
    assert rows(archive, "SELECT version, seen_at FROM article_versions ORDER BY version") == [
        (1, "2020-03-02T06:00:00+00:00"), (2, "2020-03-03T06:00:00+00:00"),
    ]  # fmt: skip
    assert one(archive, "SELECT views, views_at FROM articles") == (5000, "2020-03-06T06:00:00+00:00")
    assert [views for (views,) in rows(archive, "SELECT views FROM view_counts ORDER BY observed_at")][
        1:
    ] == [4000, 5000]


def test_revisits_whose_originals_come_later_are_settled_at_the_end(
    archive: Path, tmp_path: Path, site: SampleSite
) -> None:
    first = Warc()
    digest = "sha1:" + "A" * 32
    first.record(
        HOST + LISTING, "revisit", b"",
        {
            "WARC-Date": TUESDAY, "WARC-Payload-Digest": digest,
            "WARC-Refers-To-Target-URI": HOST + LISTING, "WARC-Refers-To-Date": MONDAY,
        },
    )  # fmt: skip
    first.save(tmp_path / "1")
    warc_of(site, LISTING, when=MONDAY).save(tmp_path / "2")
    code, tally = bring_in(tmp_path / "alone" / "a.db", tmp_path / "1")
    assert (code, tally.unresolved) == (Exit.UNCERTIFIED, 1)
    assert rows(tmp_path / "alone" / "a.db", "SELECT count(*) FROM captures") == [(0,)]
    code, tally = bring_in(archive, tmp_path / "1", tmp_path / "2")
    assert (code, tally.pages, tally.unresolved) == (Exit.DONE, 2, 0)
    assert rows(archive, "SELECT DISTINCT substr(observed_at, 1, 10) FROM view_counts ORDER BY 1") == [
        ("2020-03-02",),
        ("2020-03-03",),
    ]


def test_a_revisit_whose_original_comes_later_in_the_file(
    archive: Path, tmp_path: Path, site: SampleSite
) -> None:
    """Whether the archive is begun by then or not; and where the original never comes, that is told."""
    target = "/news/view/4117.html"

    def warc(*targets: str) -> Path:
        made = Warc()
        made.page(site, LISTING, when=MONDAY)
        made.record(
            HOST + target, "revisit", b"",
            {
                "WARC-Date": TUESDAY, "WARC-Payload-Digest": "sha1:" + "A" * 32,
                "WARC-Refers-To-Target-URI": HOST + target, "WARC-Refers-To-Date": MONDAY,
            },
        )  # fmt: skip
        for later in targets:
            made.page(site, later, when=MONDAY)
        return made.save(tmp_path / "w")

    code, tally = bring_in(tmp_path / "without" / "a.db", warc())
    assert (code, tally.pages, tally.unresolved) == (Exit.UNCERTIFIED, 1, 1)
    code, tally = bring_in(archive, warc(target))
    assert (code, tally.pages, tally.unresolved) == (Exit.DONE, 3, 0)
    assert rows(
        archive,
        "SELECT substr(v.observed_at, 1, 10) FROM view_counts v JOIN articles a ON a.id = v.article_id"
        " WHERE a.site_id = 4117 AND v.kind = 'article' ORDER BY 1",
    ) == [("2020-03-02",), ("2020-03-03",)]


def test_a_damaged_record_is_told_with_its_offset_and_the_rest_goes_on(
    archive: Path, tmp_path: Path, site: SampleSite
) -> None:
    warc = Warc()
    ends = [len(warc.data)]
    for target in (LISTING, "/news/view/4102.html", "/news/view/4117.html"):
        warc.page(site, target)
        ends.append(len(warc.data))
    data = bytearray(warc.data)
    data[(ends[1] + ends[2]) // 2] ^= 0xFF
    path = tmp_path / "w"
    path.write_bytes(data)
    code, tally = bring_in(archive, path)
    assert (code, tally.pages, tally.damaged.count) == (Exit.UNCERTIFIED, 2, 1)
    assert tally.damaged.kept[0].startswith(f"{path}: offset {ends[1]}: ")


def test_a_file_that_is_cut_off_gives_what_it_has(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    warc = warc_of(site, LISTING, "/news/view/4102.html").data
    (tmp_path / "w").write_bytes(warc[:-100])
    dump = gzipped(site.dump(SHE, 1) + "\n" + site.dump(SHE, 2))
    (tmp_path / "t").write_bytes(dump[:-30])
    code, tally = bring_in(archive, tmp_path / "w", tmp_path / "t")
    assert (code, tally.damaged.count) == (Exit.LAYOUT, 2)
    assert (tally.pages, tally.layout.count) == (3, 1)  # the dump's second page has lost its end


def test_our_own_warc_makes_the_same_archive_again(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    dump = tmp_path / "dump.txt"
    dump.write_text(site.dump(SHE, 1), "utf-8")
    path = warc_of(site, LISTING, "/news/view/4102.html", "/news").save(tmp_path / "w")
    later = warc_of(site, LISTING, when=TUESDAY).save(tmp_path / "w2")
    bring_in(archive, dump, path, later)
    other = tmp_path / "again" / "archive.db"
    code, tally = bring_in(other, archive.parent / "warc")
    assert (code, tally.pages, tally.kept) == (Exit.DONE, 4, 1)
    same = "SELECT url, kind, captured_at, payload_digest, time_source, entries FROM captures ORDER BY id"
    assert rows(other, same) == rows(archive, same)
    for table in ("articles", "view_counts", "article_categories"):
        assert everything(other)[table] == everything(archive)[table]


def test_the_archives_own_folder_is_left_out(archive: Path, site: SampleSite, tmp_path: Path) -> None:
    bring_in(archive, warc_of(site, LISTING).save(tmp_path / "w"))
    code, tally = bring_in(archive, archive.parent)
    assert (code, tally.known, tally.files) == (Exit.FAILED, 0, 0)


# --- WACZ ----------------------------------------------------------------------------------


def test_a_wacz_is_read_without_unpacking(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    first = warc_of(site, LISTING).data
    second = warc_of(site, "/news/view/4102.html").data
    code, tally = bring_in(archive, wacz(tmp_path / "x", first, second))
    assert (code, tally.pages) == (Exit.DONE, 2)
    again = wacz(tmp_path / "y", first, compression=zipfile.ZIP_DEFLATED)
    assert bring_in(archive, again)[1].known == 1


def test_names_in_a_zip_lead_nowhere(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    path = tmp_path / "slip.wacz"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("archive/../../../escaped.warc.gz", warc_of(site, LISTING).data)
        package.writestr("archive/not-a.warc.gz", b"no record")
    code, tally = bring_in(archive, path)
    assert (code, tally.pages) == (Exit.UNCERTIFIED, 1)
    assert tally.damaged.kept == [f"{path}: archive/not-a.warc.gz: no WARC data"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "slip.wacz"]


def test_a_bomb_in_a_zip_is_stopped(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: SampleSite
) -> None:
    monkeypatch.setattr(sources, "RATIO_FREE", 1024 * 1024)
    warc = Warc(compressed=False)
    warc.response("http://elsewhere.example/zeros", bytes(64 * 1024 * 1024))
    path = wacz(tmp_path / "bomb.wacz", warc.data, compression=zipfile.ZIP_DEFLATED)
    code, tally = bring_in(archive, path)
    assert code == Exit.UNCERTIFIED
    assert "taken for a bomb" in tally.damaged.kept[0]


# --- foreign tools -------------------------------------------------------------------------


def test_a_warc_that_wget_wrote(archive: Path, tmp_path: Path) -> None:
    wget = shutil.which("wget")
    if wget is None:
        assert os.environ.get("CI") != "true", "wget is missing where everything must be tested"
        pytest.skip("wget is not installed")
    site = SampleSite(compress=True)
    with serve(site) as server:
        command = [
            wget, "--quiet", "--recursive", "--level=inf", "--delete-after", "--no-parent", "--no-config",
            "--header=Accept-Encoding: gzip", "--warc-file", str(tmp_path / "crawl"), "--directory-prefix",
            str(tmp_path / "tree"), f"{server.url}/news/",
        ]  # fmt: skip
        plain = [word for word in command if not word.startswith("--header")]
        subprocess.run(plain, check=False, timeout=60, cwd=tmp_path)
        subprocess.run(
            [wget, "--quiet", "--no-config", "--header=Accept-Encoding: gzip", "--warc-file",
             str(tmp_path / "packed"), "-O", "/dev/null", f"{server.url}{LISTING}"],
            check=True, timeout=60, cwd=tmp_path,
        )  # fmt: skip
    code, tally = bring_in(archive, tmp_path / "crawl.warc.gz", hosts=["127.0.0.1"])
    assert (code, tally.damaged.count, tally.layout.count) == (Exit.DONE, 0, 0)
    assert one(archive, "SELECT count(*), count(site_id), count(title) FROM articles") == (32, 32, 32)
    assert dict(rows(archive, "SELECT category, count(*) FROM article_categories GROUP BY category")) == {
        name: len(listing) for name, listing in site.listings.items()
    }
    code, tally = bring_in(archive, tmp_path / "packed.warc.gz")
    assert (code, tally.pages, tally.new_or_changed) == (Exit.DONE, 1, 0)
    for name in ("crawl", "packed"):
        assert bring_in(archive, tmp_path / f"{name}.warc.gz")[1].pages == 0


def test_a_wet_file_in_the_style_of_common_crawl(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    wet = Warc()
    menu = "一起惠返利网\n首页\n一起惠资讯\n登录\n"
    texts = {
        LISTING: menu + site.dump(SHE, 1),
        "/news/view/4102.html": menu + site.dump_article(4102),
        "/help/": menu + "这一页既不是列表,也不是文章。",
    }
    for target, text in texts.items():
        fields = {
            "WARC-Date": MONDAY,
            "WARC-Refers-To": "<urn:uuid:0>",
            "WARC-Identified-Content-Language": "zho",
        }
        wet.record(HOST + target, "conversion", text.encode(), fields, warc_content_type="text/plain")
    wet.record(
        "http://elsewhere.example/", "conversion", b"x", {"WARC-Date": MONDAY}, warc_content_type="text/plain"
    )
    code, tally = bring_in(archive, wet.save(tmp_path / "CC-MAIN.warc.wet.gz"))
    assert (code, tally.pages, tally.kept, sum(tally.other_hosts.values())) == (Exit.DONE, 2, 1, 1)
    assert rows(
        archive, "SELECT url, kind, entries, captured_at FROM captures WHERE kind <> 'other' ORDER BY id"
    ) == [
        (HOST + LISTING, "listing", 8, "2020-03-02T06:00:00+00:00"),
        (HOST + "/news/view/4102.html", "article", 1, "2020-03-02T06:00:00+00:00"),
    ]


# --- twice ---------------------------------------------------------------------------------


def test_importing_twice_changes_nothing(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "dump.txt").write_text("\n".join(site.dump(SHE, page) for page in (1, 2, 3)), "utf-8")
    (folder / "page.html").write_bytes(site.get("/news/view/4117.html").body)
    warc_of(site, "/robots.txt", LISTING, "/news/view/4102.html", "/news", "/help/").save(folder / "w")
    warc_of(site, LISTING, when=TUESDAY).save(folder / "w2")
    wacz(folder / "x.wacz", warc_of(site, "/news/view/4131.html", when=TUESDAY).data)
    assert bring_in(archive, folder)[0] == Exit.DONE
    before, files = everything(archive), warc_bytes(archive)
    os.utime(folder / "dump.txt", (10**9, 10**9))
    (folder / "page.html").rename(folder / "moved.html")
    code, tally = bring_in(archive, folder)
    assert (code, tally.pages, tally.kept, tally.known) == (Exit.DONE, 0, 0, 11)
    assert everything(archive) == before
    assert warc_bytes(archive) == files


def test_times_of_files(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    path = tmp_path / "dump.txt"
    path.write_text(site.dump(SHE, 1), "utf-8")
    os.utime(path, (0, 1583128800))
    bring_in(archive, path)
    bring_in(archive, path, captured_at="2020-03-03T14:00:00+08:00")
    assert rows(archive, "SELECT captured_at, time_source, origin FROM captures ORDER BY id") == [
        ("2020-03-02T06:00:00+00:00", "mtime", "import"),
        ("2020-03-03T06:00:00+00:00", "given", "import"),
    ]


# --- what can't be imported ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "no such file"),
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0", "is a PNG image: it holds no text to import"),
        (bytes(range(256)), "is a binary file, and neither WARC nor WACZ: nothing here reads it"),
        ("没有标记的文字。\n".encode(), "holds no page of the site: no breadcrumb, marker or pager in it"),
        (b"\xff\x81\x20\xfd\xff" * 99, "is in no encoding that is read here (UTF-8, GB18030 or its own)"),
        (b"<html><p>x</p></html>", "is HTML, but no page of the site"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (
            gzip.compress(gzip.compress(gzip.compress(b"x" * 99, mtime=0), mtime=0), mtime=0),
            "is compressed more than 2 times",
        ),
        (b"PK\x05\x06" + bytes(18),
         "is a zip file without archive/*.warc.gz: no WACZ: unpack it and import the folder"),
        (b"PK\x03\x04 and no more", "is a damaged zip file (File is not a zip file)"),
    ],
)  # fmt: skip
def test_what_cant_be_imported_is_named_and_leaves_nothing(
    archive: Path, tmp_path: Path, data: bytes | None, why: str, site: SampleSite
) -> None:
    path = tmp_path / "file"
    if data is not None:
        path.write_bytes(data)
    code, tally = bring_in(archive, path)
    assert (code, tally.unreadable.kept) == (Exit.FAILED, [f"{path}: {why}"])
    assert not archive.parent.exists()
    good = tmp_path / "good.txt"
    good.write_text(site.dump(SHE, 1), "utf-8")
    code, tally = bring_in(archive, path, good)
    assert (code, tally.pages, tally.unreadable.kept) == (Exit.FAILED, 1, [f"{path}: {why}"])
    before = archive.read_bytes()
    bring_in(archive, path)
    assert archive.read_bytes() == before


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_html_that_is_too_long_for_a_page(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: SampleSite, pack: Any
) -> None:
    """One byte too many; and as many as may be are read, though no single read brings them."""
    limit = 1024 * 1024
    monkeypatch.setattr(files, "HTML_LIMIT", limit)
    page = site.get("/news/view/4117.html").body
    path = tmp_path / "long.html"
    path.write_bytes(pack(page + b" " * (limit + 1 - len(page))))
    code, tally = bring_in(archive, path)
    assert (code, tally.unreadable.kept) == (
        Exit.FAILED,
        [f"{path}: is HTML of more than 1 MiB, no saved page"],
    )
    assert not archive.parent.exists()
    path.write_bytes(pack(page + b" " * (limit - len(page))))
    code, tally = bring_in(archive, path)
    assert (code, tally.pages, tally.unreadable.kept) == (Exit.DONE, 1, [])


def test_a_folder_without_anything_to_read(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "pic").write_bytes(b"\x89PNG\0")
    code, tally = bring_in(archive, tmp_path / "in")
    assert code == Exit.FAILED
    assert tally.unreadable.kept == [
        f"{tmp_path / 'in'}: no file in this folder is text, HTML, WARC or WACZ of the site (is a PNG image)"
    ]
    assert not archive.parent.exists()


def test_an_archive_that_is_none_or_in_use_is_refused(
    archive: Path, tmp_path: Path, site: SampleSite
) -> None:
    path = tmp_path / "dump.txt"
    path.write_text(site.dump(SHE, 1), "utf-8")
    with pytest.raises(ArchiveError, match="not an SQLite database"):
        bring_in(path, path)
    with hold(archive, "crawl"), pytest.raises(ArchiveLocked, match="in use by 'crawl'"):
        bring_in(archive, path)
    assert not archive.exists()


# --- streams -------------------------------------------------------------------------------


MEASURED = """
import re, sys
from yiqihui_spider.imports.importer import Import
from pathlib import Path
tally = Import(Path(sys.argv[1])).run(sys.argv[2:])
print(tally.pages, tally.known, sum(tally.other_hosts.values()))
status = Path("/proc/self/status").read_text()  # not ru_maxrss: there a parent's size counts too
print(int(re.search(r"VmHWM:\\s*(\\d+)", status).group(1)) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_flat_on_long_inputs(archive: Path, tmp_path: Path, site: SampleSite) -> None:
    """A dump of 64 MB from a pipe, and a WARC of 192 MB: far less than they hold is ever in memory."""
    page = (site.dump(SHE, 1) + "\n").encode()
    copies = 64 * 1024 * 1024 // len(page)
    one_of_ours, noise = warc_of(site, LISTING).data, Warc()
    noise.response("http://elsewhere.example/noise", os.urandom(16 * 1024 * 1024))
    path = tmp_path / "w"
    with path.open("wb") as file:
        file.write(one_of_ours)
        for _ in range(12):
            file.write(noise.data)
    command = [sys.executable, "-c", MEASURED, str(archive), "-", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(copies):
            process.stdin.write(page)
        process.stdin.close()
        counts, megabytes = process.stdout.read().decode().splitlines()
    assert counts == f"2 {copies - 1} 12"
    assert int(megabytes) < 220


@pytest.mark.parametrize("coded", [True, False])
def test_a_page_of_no_end_is_kept_up_to_the_limit(archive: Path, tmp_path: Path, coded: bool) -> None:
    huge = bytes(PAYLOAD_LIMIT + 5_000_000)
    headers = [("Content-Type", "text/html"), *([("Content-Encoding", "gzip")] if coded else [])]
    warc = Warc()
    warc.response(
        HOST + LISTING, gzip.compress(huge, mtime=0) if coded else huge, when=MONDAY, headers=headers
    )
    code, tally = bring_in(archive, warc.save(tmp_path / "w"))
    assert (code, tally.kept) == (Exit.UNCERTIFIED, 1)
    assert tally.damaged.kept[0].endswith("cut short (length): kept, not read")
    assert one(archive, "SELECT truncated, parser_version FROM captures") == ("length", None)
    assert bring_in(archive, tmp_path / "w")[1].known == 1
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        assert not any(check.problems for check in verify(db, archive))


# --- killed --------------------------------------------------------------------------------


KILLED = """
import os, signal, sys
from pathlib import Path
from yiqihui_spider.archive.search.index import Index
from yiqihui_spider.imports import ingest
from yiqihui_spider.imports.importer import Import
from yiqihui_spider.session import row_group
row_group.MOST_PAGES = 6
archive, owner, name, after, *paths = sys.argv[1:]
left, owner = [int(after)], {"Index": Index, "store": ingest.store}[owner]
real = getattr(owner, name)
def work(*args, **more):
    left[0] -= 1
    if left[0] == 0:
        real(*args, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **more)
setattr(owner, name, work)
Import(Path(archive)).run(paths)
"""


@pytest.mark.parametrize(
    ("where", "after", "pages", "rows_of"),
    [("store.save_page", 5, 5, 1), ("store.save_page", 20, 20, 19), ("Index.write", 4, 13, 7)],
)
def test_an_import_killed_in_the_middle_of_a_group_is_done_again_and_leaves_nothing_double(
    archive: Path, tmp_path: Path, site: SampleSite, where: str, after: int, pages: int, rows_of: int
) -> None:
    """Killed when ``pages`` records were in the WARC file, of which ``rows_of`` had rows: the first, with
    which the file is begun, and groups of six."""
    targets = [
        site.address(name, page) for name in site.categories for page in range(1, site.pages(name) + 1)
    ]
    targets += [f"/news/view/{number}.html" for number in site.articles]
    path = warc_of(site, *targets).save(tmp_path / "w")
    bring_in(tmp_path / "other" / "archive.db", path)
    words = [sys.executable, "-c", KILLED, str(archive), *where.split("."), str(after), str(path)]
    assert subprocess.run(words, timeout=60, check=False).returncode == -signal.SIGKILL
    code, tally = bring_in(archive, path)
    assert (code, tally.known, tally.pages) == (Exit.DONE, rows_of, len(targets) - rows_of)
    for table in (
        "articles",
        "article_versions",
        "view_counts",
        "article_categories",
        "sightings",
        "excerpts",
    ):
        assert everything(archive)[table] == everything(tmp_path / "other" / "archive.db")[table]
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        *others, leftovers = verify(db, archive)
    assert not any(check.problems for check in others)
    doubles = counted(pages - rows_of, "record is", "records are")
    assert (leftovers.problems, leftovers.notes) == (
        [],
        [f"{doubles} there twice (a run was killed and its work done again)"],
    )


def test_html_in_something_else_is_refused_by_name(tmp_path: Path) -> None:
    """In a folder too: it may hold pages of the site."""
    (tmp_path / "pages.jsonl").write_text('{"html": "<p>一起惠2019-04-13 09:30:07407 次</p>"}\n', "utf-8")
    (tmp_path / "package.json").write_text('{"html": "<p>"}\n', "utf-8")
    (tmp_path / "pages.csv").write_text('url,html\nx,"<p>一起惠2019-04-13 09:30:07407 次</p>"\n', "utf-8")
    tally = importer.Import(tmp_path / "a.db").run([str(tmp_path)])
    assert tally.passed_over == 1
    assert sorted(text.rpartition("/")[2] for text in tally.unreadable.kept) == [
        "pages.csv: is a CSV table: a spreadsheet or `sqlite3` reads it;"
        " the pages themselves can be imported",
        "pages.jsonl: is JSON: `jq` reads it; of JSON only HAR files are imported",
    ]
    assert not (tmp_path / "a.db").exists()


def test_a_page_of_another_article_than_its_address_is_told(tmp_path: Path, site: SampleSite) -> None:
    warc = Warc()
    for name in site.categories:
        for page in range(1, site.pages(name) + 1):
            warc.page(site, site.address(name, page))
    assert bring_in(tmp_path / "a.db", warc.save(tmp_path / "w"))[0] == 0
    warc = Warc()
    warc.response(
        f"{HOST}/news/view/4102.html", site.get("/news/view/4131.html").body, when="2020-03-05T06:00:00Z"
    )
    code, tally = bring_in(tmp_path / "a.db", warc.save(tmp_path / "other"))
    assert code == Exit.UNCERTIFIED
    (told,) = tally.damaged.kept
    assert told.endswith(
        f"{HOST}/news/view/4102.html: shows another article than its address is of: kept, not believed"
    )


def test_what_is_not_understood_is_told_again_when_it_is_imported_again(
    archive: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.txt"
    page.write_text(
        "当前位置:首页>一起惠资讯>社群>文章列表\n社群\n"
        "早上八点开团。\n一起惠2019-04-13 09:30:07暂无 次\n"
        "下午补货。\n一起惠2019-04-12 18:00:00407 次\n"
    )
    (code, first), (again, second) = bring_in(archive, page), bring_in(archive, page)
    assert (code, first.pages, first.known, first.layout.count) == (Exit.LAYOUT, 1, 0, 1)
    assert (again, second.pages, second.known, second.layout.count) == (Exit.LAYOUT, 0, 1, 1)
    assert second.layout.kept == first.layout.kept
