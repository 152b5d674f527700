from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.crawling import run_installed
from support.hui import HUI
from support.import_files import archive_part, everything, one, rows
from support.pywb import Pywb

from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.exports.target import ExportError
from yiqihui_spider.exports.wacz import export_wacz, work
from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session import open_session
from yiqihui_spider.warc.reader import iter_records
from yiqihui_spider.warc.writer import WarcWriter

pytest.importorskip("cdxj_indexer", reason="the extra `wacz` is not installed")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """An archive of two crawls (two WARC files, revisits and answers "not modified" in the second), and
    the address of the site."""
    archive = tmp_path_factory.mktemp("crawled") / "yiqihui.db"
    with serve(SampleSite(etag=True)) as server:
        for mode in ("full", "incremental"):
            words = ("crawl", "--start-url", f"{server.url}/news/", "--mode", mode, "--delay", "0")
            done = run_installed(*words, "--archive", str(archive))
            assert done.code == 0, done.err
        yield archive, server.url


@pytest.fixture(scope="module")
def package(crawled: tuple[Path, str]) -> Path:
    archive, _ = crawled
    target = archive.parent / "sample.wacz"
    pack(archive, target)
    return target


def pack(archive: Path, target: Path, **options: Any) -> dict[str, Any]:
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return export_wacz(db, archive.parent / "warc", target, HUI, **options)


def member(package: Path, name: str) -> bytes:
    with zipfile.ZipFile(package) as opened:
        return opened.read(name)


def index(package: Path) -> list[str]:
    return gzip.decompress(member(package, "indexes/index.cdx.gz")).decode("utf-8").splitlines()


def pages(package: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in member(package, "pages/pages.jsonl").splitlines()]


# --- the form -------------------------------------------------------------------------------


def test_wacz_s_own_tool_finds_it_valid(package: Path) -> None:
    tool = Path(sys.executable).with_name("wacz")
    done = subprocess.run(
        [tool, "validate", "-f", package], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the passed WACZ is valid" in done.stdout


def test_members(package: Path, crawled: tuple[Path, str]) -> None:
    names = [path.name for path in sorted((crawled[0].parent / "warc").glob("*.warc.gz"))]
    with zipfile.ZipFile(package) as opened:
        assert opened.testzip() is None
        how = {info.filename: info.compress_type for info in opened.infolist()}
    stored, deflated = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
    assert how == {
        **{f"archive/{name}": stored for name in names},
        "indexes/index.cdx.gz": stored,
        "indexes/index.idx": deflated,
        "pages/pages.jsonl": deflated,
        "datapackage.json": deflated,
        "datapackage-digest.json": deflated,
    }
    assert len(names) == 1
    for name in names:
        assert member(package, f"archive/{name}") == (crawled[0].parent / "warc" / name).read_bytes()


def test_description_and_digests(package: Path, crawled: tuple[Path, str]) -> None:
    data = member(package, "datapackage.json")
    described = json.loads(data)
    assert json.loads(member(package, "datapackage-digest.json")) == {
        "path": "datapackage.json",
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
    }
    assert (described["profile"], described["wacz_version"]) == ("data-package", "1.1.1")
    assert described["title"] == "一起惠资讯 (www.178hui.com)"
    assert described["description"].startswith("40 listing and article pages, captured 20")
    assert described["mainPageUrl"] == f"{crawled[1]}/news/list.php?cat=5&page=1"
    with zipfile.ZipFile(package) as opened:
        paths = set(opened.namelist()) - {"datapackage.json", "datapackage-digest.json"}
    assert {resource["path"] for resource in described["resources"]} == paths
    for resource in described["resources"]:
        content = member(package, resource["path"])
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["name"] == resource["path"].rpartition("/")[2]


def test_index_is_sorted_and_leads_to_every_record(package: Path, tmp_path: Path) -> None:
    lines = index(package)
    assert lines == sorted(lines)
    found = set()
    for line in lines:
        _, stamp, fields = line.split(" ", 2)
        said = json.loads(fields)
        record = member(package, f"archive/{said['filename']}")[int(said["offset"]) :][: int(said["length"])]
        (tmp_path / "one").write_bytes(record)
        with (tmp_path / "one").open("rb") as stream:
            ((_, read),) = iter_records(stream)
        assert read.url == said["url"]  # type: ignore[union-attr]
        assert read.captured_at is not None  # type: ignore[union-attr]
        assert "".join(filter(str.isdigit, read.captured_at))[:14] == stamp  # type: ignore[union-attr]
        assert (said["mime"] == "warc/revisit") == (read.record_type == "revisit")  # type: ignore[union-attr]
        found.add((said["filename"], said["offset"]))
    assert len(found) == len(lines)
    assert {json.loads(line.split(" ", 2)[2])["mime"] for line in lines} == {
        "text/html",
        "text/plain",
        "warc/revisit",
    }


def test_every_capture_is_in_the_index(package: Path, crawled: tuple[Path, str]) -> None:
    listed = {
        (said["filename"], int(said["offset"]))
        for said in (json.loads(line.split(" ", 2)[2]) for line in index(package))
    }
    assert set(rows(crawled[0], "SELECT warc_file, warc_offset FROM captures")) <= listed


def test_pages_have_titles(package: Path, crawled: tuple[Path, str]) -> None:
    header, *found = pages(package)
    assert header == {"format": "json-pages-1.0", "id": "pages", "title": "Pages"}
    by_url = {page["url"].removeprefix(crawled[1]): page for page in found}
    assert by_url["/news/list.php?cat=3&page=2"]["title"] == "社群 2/3"
    assert by_url["/news/view/4102.html"]["title"] == SampleSite().articles[4102].title
    when = one(crawled[0], "SELECT captured_at FROM captures WHERE url LIKE '%/4102.html' LIMIT 1")
    assert by_url["/news/view/4102.html"]["ts"] == when.replace("+00:00", "Z")
    assert len({page["id"] for page in found}) == len(found)
    assert len(by_url) == 38  # 6 listing pages, 32 articles


def test_large_index_is_in_blocks(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    with open_session(archive, "test") as session:
        for number in range(2500):
            session.warc.write_resource(
                f"http://x.example/{number:04d}", b"x", "text/plain", "2020-01-01T00:00:00Z"
            )
    target = tmp_path / "x.wacz"
    assert pack(archive, target)["records"] == 2500
    header, *blocks = member(target, "indexes/index.idx").decode().splitlines()
    assert header == '!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}'
    keys = [block.split(" ")[0] for block in blocks]
    assert keys == ["example,x)/0000", "example,x)/1024", "example,x)/2048"]
    data = member(target, "indexes/index.cdx.gz")
    for block, count in zip(blocks, (1024, 1024, 452), strict=True):
        said = json.loads(block.split(" ", 2)[2])
        part = gzip.decompress(data[said["offset"] :][: said["length"]])
        assert len(part.splitlines()) == count
        assert part.startswith(block.split(" ")[0].encode())


# --- replay ---------------------------------------------------------------------------------


def test_pywb_replays_the_bytes_that_were_served(
    package: Path, crawled: tuple[Path, str], tmp_path: Path
) -> None:
    _, home = crawled
    pywb = Pywb(tmp_path)
    pywb.add("packed", package)
    site = SampleSite(etag=True)
    found = {page["url"]: "".join(filter(str.isdigit, page["ts"])) for page in pages(package)[1:]}
    with pywb.running():
        for path in ("/news/view/4102.html", "/news/list.php?cat=3&page=1", "/news/list.php?cat=5&page=2"):
            assert pywb.original("packed", found[home + path], home + path) == site.get(path).body
        (revisit,) = [line for line in index(package) if f'"{home}/news/"' in line and "revisit" in line]
        stamp = revisit.split(" ")[1]
        assert pywb.original("packed", stamp, f"{home}/news/") == site.get("/news/").body


def test_what_was_packed_can_be_imported(package: Path, crawled: tuple[Path, str], tmp_path: Path) -> None:
    into = tmp_path / "other" / "yiqihui.db"
    done = run_installed("import", str(package), "--host", "127.0.0.1", "--any-host", "--archive", str(into))
    assert done.code == 0, done.err
    articles = "SELECT site_id, title, views, content_hash FROM articles ORDER BY site_id"
    assert rows(into, articles) == rows(crawled[0], articles)


# --- care -----------------------------------------------------------------------------------


def resource(archive: Path, *bodies: bytes) -> None:
    with open_session(archive, "test") as session:
        session.exit_code, session.outcome = 0, "done"
        for number, body in enumerate(bodies):
            archive_part(
                session, f"http://x.example/{number}", body, "text/html", "2020-01-01T00:00:00Z", "given"
            )


def test_a_file_being_written_is_taken_up_to_its_last_whole_record(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    resource(archive, b"<p>one</p>", b"<p>two</p>")
    (file,) = (tmp_path / "warc").glob("*.warc.gz")
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 3])
    target = tmp_path / "x.wacz"
    assert pack(archive, target)["records"] == 2
    assert member(target, f"archive/{file.name}") == whole


def test_while_a_run_is_writing(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    resource(archive, b"<p>one</p>")
    with open_session(archive, "crawl") as session:
        archive_part(session, "http://x.example/9", b"<p>9</p>", "text/html", "2020-01-02T00:00:00Z", "given")
        assert pack(archive, tmp_path / "x.wacz")["records"] == 2


def test_records_that_the_table_does_not_know_are_packed_too(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    resource(archive, b"<p>one</p>")
    with open_session(archive, "test") as session:
        session.warc.write_resource(
            "http://x.example/left", b"<p>left</p>", "text/html", "2020-01-01T00:00:00Z"
        )
    with WarcWriter(tmp_path / "warc", software="test") as warc:  # another archive's
        warc.write_resource("http://x.example/else", b"<p>else</p>", "text/html", "2020-01-01T00:00:00Z")
    assert pack(archive, tmp_path / "x.wacz")["warc_files"] == 1
    assert [line.split(" ")[0] for line in index(tmp_path / "x.wacz")] == ["example,x)/0", "example,x)/left"]


def test_damage_hides_nothing_behind_it(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    resource(archive, *(b"<p>%d</p>" % number for number in range(5)))
    (file,) = (tmp_path / "warc").glob("*.warc.gz")
    offset = one(archive, "SELECT warc_offset FROM captures ORDER BY id LIMIT 1 OFFSET 2")
    data = bytearray(file.read_bytes())
    data[offset + 20 : offset + 60] = bytes(40)
    file.write_bytes(data)
    target = tmp_path / "x.wacz"
    assert pack(archive, target)["records"] == 4
    assert member(target, f"archive/{file.name}") == bytes(data)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    resource(archive, b"<p>one</p>")
    (file,) = (tmp_path / "warc").glob("*.warc.gz")
    file.unlink()
    target = tmp_path / "x.wacz"
    with pytest.raises(ExportError, match=rf"{file.name} is missing; put it back from a backup$"):
        pack(archive, target)
    assert not target.exists()


def test_nothing_to_pack(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    open_archive(archive).close()
    with pytest.raises(ExportError, match=r"holds no WARC record; there is nothing to pack$"):
        pack(archive, tmp_path / "x.wacz")


def test_nothing_half_written(tmp_path: Path) -> None:
    archive = tmp_path / "yiqihui.db"
    resource(archive, b"<p>one</p>")
    target = tmp_path / "out" / "x.wacz"
    with pytest.raises(ExportError, match="No such file or directory"):
        pack(archive, target)
    target.parent.mkdir()
    target.write_bytes(b"the one before")

    def stop(size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(archive, target, progress=stop)
    assert os.listdir(target.parent) == ["x.wacz"]
    assert target.read_bytes() == b"the one before"
    pack(archive, target)
    assert zipfile.is_zipfile(target)
    with pytest.raises(ExportError, match="it is a folder"):
        pack(archive, target.parent)


def test_progress_adds_up(crawled: tuple[Path, str], tmp_path: Path) -> None:
    told: list[int] = []
    pack(crawled[0], tmp_path / "x.wacz", progress=told.append)
    assert sum(told) == work(crawled[0].parent / "warc")


def test_command_changes_nothing_and_says_what_it_did(crawled: tuple[Path, str], tmp_path: Path) -> None:
    archive, _ = crawled
    before = everything(archive)
    target = tmp_path / "x.wacz"
    done = run_installed("export", "--format", "wacz", "-o", str(target), "--archive", str(archive), "--json")
    assert done.code == 0, done.err
    records = len(index(target))
    assert done.report == {
        "path": str(target), "bytes": target.stat().st_size, "warc_files": 1, "records": records,
        "pages": len(pages(target)) - 1,
    }  # fmt: skip
    assert everything(archive) == before
    bad = run_installed("export", "--format", "wacz", "-o", str(tmp_path), "--archive", str(archive))
    assert (bad.code, bad.lines) == (1, [f"Error: cannot write {tmp_path}: it is a folder"])
