"""The archive's WARC files as one WACZ 1.1.1 file, for ReplayWeb.page and pywb.

Nothing is held whole: WARC files are copied in pieces, index lines sorted on disk. The file gets
its name when it is complete.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sqlite_utils import Database

from yiqihui_spider.archive.queries.wacz_pages import PackedPage, pages
from yiqihui_spider.archive.state.last_capture import last_offsets, own_files
from yiqihui_spider.exports.target import ExportError, new_file
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.warc.reader import StoredResponse, scan
from yiqihui_spider.warc.records import warc_date
from yiqihui_spider.warc.repair import whole_until
from yiqihui_spider.wording import __version__, counted

WACZ_VERSION = "1.1.1"
INDEX_LINES = 1024
"""Lines in one compressed block of the index, as other tools have it."""

_PIECE = 1024 * 1024
_INDEXED = ("response", "revisit", "resource")


@dataclass(frozen=True, slots=True)
class Packed:
    """A WARC file as far as it goes into the package."""

    path: Path
    size: int


def export_wacz(
    db: Database,
    warc_folder: Path,
    target: Path,
    site: SiteProfile,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Pack every WARC record of the archive; what it came to, as numbers.

    Needs no lock: a file that is being appended to is taken up to its last whole record.
    ``progress`` is told of bytes done, :func:`work` of them in all. Raises ExportError, OSError.
    """
    told = progress or (lambda size: None)
    surt, sorting = _library()
    files = list(snapshot(warc_folder, last_offsets(db), [file.name for file in own_files(db)[0]]))
    if not files:
        raise ExportError(f"{warc_folder} holds no WARC record; there is nothing to pack")
    with new_file(target) as stream:
        done = _Package(stream, site).pack(files, pages(db), surt, sorting, told)
    return {"path": str(target), "bytes": target.stat().st_size, **done}


def work(warc_folder: Path) -> int:
    """Bytes that an export will go through, for a progress bar: each file is copied and indexed."""
    return 2 * sum(path.stat().st_size for path in warc_folder.glob("*.warc.gz"))


def snapshot(folder: Path, known: dict[str, int], own: Iterable[str]) -> Iterator[Packed]:
    """The archive's WARC files and how much of each is whole. ExportError if one is missing that it
    refers to: a package without it would look complete."""
    missing = sorted(name for name in known if not (folder / name).is_file())
    if missing:
        rest = f" (and {len(missing) - 1} more)" if missing[1:] else ""
        raise ExportError(f"{folder / missing[0]} is missing{rest}; put it back from a backup")
    for path in (folder / name for name in sorted({*known, *own})):  # others belong to other archives
        if not path.is_file():
            continue  # announced, and never begun
        size = path.stat().st_size
        end = whole_until(path, known.get(path.name, 0))
        if end is None:  # damaged in the middle; what stands behind may still be of use
            end = size
        if end:
            yield Packed(path, min(end, size))


def _library() -> tuple[Callable[[str], str], Any]:
    """Without the warnings of their import (of pkg_resources, of old string escapes)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from cdxj_indexer.main import CompressedWriter, SortingWriter  # type: ignore[import-untyped]
            from surt import surt  # type: ignore[import-untyped]
        except ImportError:
            raise ExportError("WACZ needs one more package: pip install 'yiqihui-spider[wacz]'") from None

    def sorting(index: StringIO, data: Any) -> Any:
        return SortingWriter(CompressedWriter(index, data, INDEX_LINES, "index.cdx.gz", digest_records=True))

    return surt, sorting


# --- the package ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Member:
    """Bytes going into the package, counted and hashed on the way."""

    stream: Any
    hash: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        self.stream.write(data)
        return len(data)


class _Package:
    def __init__(self, stream: BinaryIO, site: SiteProfile) -> None:
        self._site = site
        self._zip = ZipFile(stream, "w")
        self._now = datetime.now(timezone.utc).replace(microsecond=0)
        self._resources: list[dict[str, Any]] = []

    def pack(
        self,
        files: list[Packed],
        found: Iterable[PackedPage],
        surt: Callable[[str], str],
        sorting: Any,
        told: Callable[[int], None],
    ) -> dict[str, int]:
        with self._zip:
            for file in files:
                self._add(f"archive/{file.path.name}", _pieces(file, told))
            records = self._add_index(files, surt, sorting, told)
            listed = _Listed({file.path.name: file.size for file in files})
            self._add("pages/pages.jsonl", listed.lines(found), ZIP_DEFLATED)
            self._add_description(listed, len(files), records)
        return {"warc_files": len(files), "records": records, "pages": listed.count}

    def _open(self, path: str, how: int) -> Any:
        info = ZipInfo(path, self._now.timetuple()[:6])
        info.compress_type = how
        info.external_attr = 0o644 << 16
        return self._zip.open(info, "w", force_zip64=True)

    def _add(self, path: str, pieces: Iterable[bytes], how: int = ZIP_STORED) -> _Member:
        with self._open(path, how) as stream:
            member = _Member(stream)
            for piece in pieces:
                member.write(piece)
        self._list(path, member)
        return member

    def _list(self, path: str, member: _Member) -> None:
        name = re.sub(r"[^-a-z0-9._]", "_", path.rpartition("/")[2].lower())
        digest = f"sha256:{member.hash.hexdigest()}"
        self._resources.append({"name": name, "path": path, "hash": digest, "bytes": member.size})

    def _add_index(
        self, files: list[Packed], surt: Callable[[str], str], sorting: Any, told: Callable[[int], None]
    ) -> int:
        count = 0
        blocks = StringIO()
        with self._open("indexes/index.cdx.gz", ZIP_STORED) as stream:
            member = _Member(stream)
            writer = sorting(blocks, member)
            for file in files:
                for line in index_lines(file, surt, told):
                    writer.write(line)
                    count += 1
            writer.flush()
        self._list("indexes/index.cdx.gz", member)
        self._add("indexes/index.idx", [blocks.getvalue().encode("utf-8")], ZIP_DEFLATED)
        return count

    def _add_description(self, listed: _Listed, files: int, records: int) -> None:
        package: dict[str, Any] = {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "title": f"{self._site.title} ({self._site.host})",
            "description": listed.describe(files, records),
            "created": warc_date(self._now),
            "software": f"yiqihui_spider/{__version__}",
            "resources": self._resources,
        }
        if listed.main is not None:
            package["mainPageUrl"] = listed.main.url
            package["mainPageDate"] = warc_date(listed.main.captured_at)
        data = _json(package).encode("utf-8")
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        for path, content in (
            ("datapackage.json", data),
            ("datapackage-digest.json", _json(digest).encode()),
        ):
            with self._open(path, ZIP_DEFLATED) as stream:
                stream.write(content)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _pieces(file: Packed, told: Callable[[int], None]) -> Iterator[bytes]:
    left = file.size
    with file.path.open("rb") as stream:
        while left and (piece := stream.read(min(_PIECE, left))):
            left -= len(piece)
            told(len(piece))
            yield piece
    if left:
        raise ExportError(f"{file.path} became shorter while it was read; try again")


# --- pages and index -----------------------------------------------------------------------


@dataclass(slots=True)
class _Listed:
    """The list of pages, and what it says as a whole."""

    sizes: dict[str, int]
    """Bytes of each file that are in the package."""
    count: int = 0
    main: PackedPage | None = None
    """The newest first page of a listing."""
    oldest: str | None = None
    newest: str | None = None

    def lines(self, found: Iterable[PackedPage]) -> Iterator[bytes]:
        yield b'{"format": "json-pages-1.0", "id": "pages", "title": "Pages"}\n'
        for page in found:
            if page.end > self.sizes.get(page.warc_file, 0):
                continue  # came in after the snapshot
            self.count += 1
            self.oldest = self.oldest or page.captured_at
            self.newest = page.captured_at
            self.main = page if page.first or self.main is None else self.main
            entry = {
                "id": f"capture-{page.capture_id}",
                "url": page.url,
                "ts": warc_date(page.captured_at),
                "title": page.title,
            }
            yield (json.dumps(entry, ensure_ascii=False) + "\n").encode("utf-8")

    def describe(self, files: int, records: int) -> str:
        when = f", captured {self.oldest[:10]} to {self.newest[:10]}" if self.oldest and self.newest else ""
        pages = counted(self.count, "listing and article page")
        return f"{pages}{when}; {counted(records, 'record')} in {counted(files, 'WARC file')}"


def index_lines(file: Packed, surt: Callable[[str], str], told: Callable[[int], None]) -> Iterator[str]:
    """A CDXJ line for each record that can be replayed, in file order."""
    at = 0
    with file.path.open("rb") as stream:
        for found in scan(stream, limit=0, check_blocks=False):
            if found.offset >= file.size:
                break
            told(found.offset - at)
            at = found.offset
            if found.record is not None and found.record.record_type in _INDEXED:
                line = index_line(found.record, file.path.name, surt)
                if line is not None:
                    yield line
    told(file.size - at)


def index_line(record: StoredResponse, filename: str, surt: Callable[[str], str]) -> str | None:
    """None for a record without a date, address or extent of its own."""
    if record.captured_at is None or record.length is None or not record.url:
        return None
    fields = {
        "url": record.url,
        "mime": _mime(record),
        "status": None if record.status is None else str(record.status),
        "digest": record.declared_digest or record.payload_digest,
        "length": str(record.length),
        "offset": str(record.offset),
        "filename": filename,
    }
    stamp = re.sub(r"\D", "", warc_date(record.captured_at))
    said = {name: value for name, value in fields.items() if value is not None}
    return f"{_key(record.url, surt)} {stamp} {json.dumps(said)}\n"


def _mime(record: StoredResponse) -> str | None:
    if record.record_type == "revisit":
        return "warc/revisit"
    return re.split(r"[;\s]", record.content_type or "", maxsplit=1)[0] or None


def _key(url: str, surt: Callable[[str], str]) -> str:
    try:
        return re.sub(r"\s", "%20", surt(url))
    except (ValueError, UnicodeError, IndexError, AttributeError):
        return url
