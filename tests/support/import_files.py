"""Files for tests of the import, in the forms that other tools write; and what an archive then holds."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from support.paths import SHARED
from yiqihui_spider.archive.schema.opening import open_archive
from yiqihui_spider.errors import Exit
from yiqihui_spider.imports.importer import Import
from yiqihui_spider.imports.ingest import Outcome, archive_file, part
from yiqihui_spider.imports.summary import Tally
from yiqihui_spider.sample.site import SampleSite
from yiqihui_spider.session.opening import Session

HOST = "http://www.178hui.com"
WHEN = "2026-11-22T06:00:00Z"
SHE = "社群"
REAL_PAGE = SHARED / "real" / "listing-page-2.txt"

TABLES = (
    "captures", "residues", "articles", "article_versions", "excerpts", "former_times", "view_counts",
    "article_categories", "sightings", "walks", "walk_pages", "todo", "absences", "categories",
)  # fmt: skip
"""All tables but ``runs``."""


def archive_part(
    session: Session, url: str, body: bytes, content_type: str, captured_at: str, time_source: str
) -> Outcome:
    """Archive a page from a file. The same bytes are the same page, from whatever path, unless the
    time is known (given, or in the page itself) and differs."""
    return archive_file(session, part(url, body, content_type, captured_at), time_source)


class Warc:
    """A WARC file in the making, as a tool that is not ours writes it."""

    def __init__(self, *, compressed: bool = True, version: str = "WARC/1.0") -> None:
        self.out = io.BytesIO()
        self.writer = WARCWriter(self.out, gzip=compressed, warc_version=version)
        self.writer.write_record(self.writer.create_warcinfo_record("test.warc.gz", {"software": "a test"}))

    def response(
        self,
        url: str,
        body: bytes,
        *,
        when: str = WHEN,
        status: str = "200 OK",
        headers: Iterable[tuple[str, str]] = (("Content-Type", "text/html; charset=utf-8"),),
        **fields: str,
    ) -> None:
        http = StatusAndHeaders(status, list(headers), protocol="HTTP/1.1")
        warc = {"WARC-Date": when, **{name.replace("_", "-"): value for name, value in fields.items()}}
        self.record(url, "response", body, warc, http)

    def page(
        self, site: SampleSite, target: str, *, when: str = WHEN, host: str = HOST, **fields: str
    ) -> None:
        answer = site.get(target)
        self.response(
            host + target,
            answer.body,
            when=when,
            status=f"{answer.status} X",
            headers=list(answer.headers.items()),
            **fields,
        )

    def record(
        self,
        url: str,
        kind: str,
        body: bytes,
        fields: dict[str, str],
        http: StatusAndHeaders | None = None,
        **more: Any,
    ) -> None:
        record = self.writer.create_warc_record(
            url,
            kind,
            payload=io.BytesIO(body),
            length=len(body),
            warc_headers_dict=fields,
            http_headers=http,
            **more,
        )
        self.writer.write_record(record)

    @property
    def data(self) -> bytes:
        return self.out.getvalue()

    def save(self, path: Path) -> Path:
        path.write_bytes(self.data)
        return path


def wacz(path: Path, *warcs: bytes, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as package:
        for number, data in enumerate(warcs):
            package.writestr(f"archive/rec-{number}.warc.gz", data)
        package.writestr("datapackage.json", "{}")
    return path


def gzipped(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def bring_in(archive: Path, *paths: Path | str, **options: Any) -> tuple[Exit, Tally]:
    tally = Import(archive, **options).run([str(path) for path in paths])
    return tally.decide()[0], tally


def rows(archive: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(open_archive(archive, create=False, read_only=True)) as db:
        return [tuple(row) for row in db.execute(sql, parameters)]


def one(archive: Path, sql: str, *parameters: object) -> Any:
    (row,) = rows(archive, sql, *parameters)
    return row[0] if len(row) == 1 else row


def everything(archive: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but ``runs``, in a fixed order."""
    return {table: sorted(rows(archive, f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def warc_bytes(archive: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((archive.parent / "warc").glob("*"))}
