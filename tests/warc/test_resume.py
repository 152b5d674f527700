"""A run goes on with the open WARC file of the one before: a year of hourly runs is no year of files."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from yiqihui_spider.archive.articles.store import save_capture
from yiqihui_spider.session import open_session
from yiqihui_spider.session import opening as session_module
from yiqihui_spider.warc import writer as writer_module
from yiqihui_spider.warc.files import begun_this_month
from yiqihui_spider.warc.reader import scan

PAGE = "社群".encode() * 50


def run(archive: Path, url: str = "http://www.178hui.com/a", exit_code: int = 0) -> str:
    """One that captures a page; the file that it wrote to."""
    with open_session(archive, "crawl") as session:
        capture = session.warc.write_response(
            url=url, request_headers=["GET /a HTTP/1.1"], status=200, reason="OK", headers=[],
            body=PAGE + url.encode(), captured_at="2026-11-25T06:00:00+00:00",
        )  # fmt: skip
        save_capture(session.db, session.run_id, capture)
        session.exit_code, session.outcome = exit_code, "done"
    return capture.warc_file


def files(archive: Path) -> list[str]:
    return sorted(path.name for path in (archive.parent / "warc").iterdir())


def types(path: Path) -> list[str]:
    with path.open("rb") as stream:
        return [found.record.record_type for found in scan(stream) if found.record is not None]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def test_runs_share_a_file(archive: Path) -> None:
    names = [run(archive, f"http://www.178hui.com/{number}") for number in range(4)]
    assert files(archive) == sorted(set(names))
    assert len(files(archive)) == 1
    path = archive.parent / "warc" / names[0]
    assert types(path) == ["response"] * 4
    with closing(sqlite3.connect(archive)) as db:
        places = db.execute("SELECT warc_offset FROM captures ORDER BY id").fetchall()
        assert places == sorted(places)
        told = db.execute("SELECT json_extract(stats, '$.warc_files') FROM runs").fetchall()
    assert told == [(f'["{names[0]}"]',)] * 4


def test_a_run_that_writes_nothing_in_between_changes_nothing(archive: Path) -> None:
    first = run(archive)
    with open_session(archive, "reparse") as session:
        session.exit_code = 0
    assert run(archive) == first


def test_all_records_name_the_record_that_begins_the_file(archive: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

    for _ in range(2):
        name = run(archive)
    with (archive.parent / "warc" / name).open("rb") as stream:
        heads = [record.rec_headers for record in ArchiveIterator(stream)]
    assert [head.get_header("WARC-Type") for head in heads] == ["warcinfo", *["response", "request"] * 2]
    first = heads[0].get_header("WARC-Record-ID")
    assert {head.get_header("WARC-Warcinfo-ID") for head in heads[1:]} == {first}


def test_a_copy_of_the_archive_never_writes_into_its_files(archive: Path) -> None:
    first = run(archive)
    copy = Path(shutil.copy(archive, archive.with_name("b.db")))
    assert run(copy) != first
    assert run(archive) == first


@pytest.mark.parametrize("why", ["large", "month", "version", "failed", "killed", "damaged", "lost"])
def test_a_new_file_is_begun(archive: Path, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(archive, exit_code=1 if why == "failed" else 0)
    path = archive.parent / "warc" / first
    if why == "large":
        monkeypatch.setattr(session_module, "WarcWriter", _small)
    elif why == "month":
        monkeypatch.setattr(writer_module, "begun_this_month", lambda name: False)
    elif why == "version":
        monkeypatch.setattr(session_module, "SOFTWARE", "yiqihui_spider/9.9")
    elif why == "damaged":
        path.write_bytes(path.read_bytes()[:-30] + bytes(30))
    elif why == "lost":
        path.unlink()
    elif why == "killed":
        with closing(sqlite3.connect(archive, isolation_level=None)) as db:
            db.execute("UPDATE runs SET exit_code = NULL, outcome = NULL, finished_at = NULL")
    before = path.read_bytes() if why not in ("lost", "failed", "damaged") else None
    second = run(archive)
    assert (second == first) == (why == "damaged")  # an end that was lost is cut off
    assert before is None or path.read_bytes() == before


def _small(*words: Any, **options: Any) -> writer_module.WarcWriter:
    return writer_module.WarcWriter(*words, **options, max_bytes=200)


def test_months() -> None:
    assert begun_this_month("yiqihui-20190413093007123-00001-0a1b2c3d.warc.gz") is False
    assert begun_this_month("other.warc.gz") is False
