"""One import: files recognised, read as streams, page by page into the archive."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from yiqihui_spider import site
from yiqihui_spider.archive.db import open_archive
from yiqihui_spider.archive.imported import known_hosts
from yiqihui_spider.clock import now
from yiqihui_spider.imports.addresses import host_of, is_web, own_address
from yiqihui_spider.imports.cutting import parts
from yiqihui_spider.imports.importer import (
    Outcome,
    archive_part,
    archive_record,
    looks_ours,
    worth_keeping,
)
from yiqihui_spider.imports.recognise import HEAD, encoding_of, recognise
from yiqihui_spider.imports.sources import (
    Counted,
    Input,
    Unreadable,
    expand,
    gunzipped,
    open_input,
    unzstd,
    watched,
)
from yiqihui_spider.imports.tally import Tally
from yiqihui_spider.read import read_page
from yiqihui_spider.session import Session, open_session, warc_folder
from yiqihui_spider.warc.coding import PAYLOAD_LIMIT
from yiqihui_spider.warc.reader import Damaged, StoredResponse, iter_records

HTML_LIMIT = PAYLOAD_LIMIT
"""A saved page is held whole; more is no page."""
_LAYERS = 2
"""So many compressions around a file are undone."""
_WAITING = 100_000
"""Revisits that wait for their originals to turn up later in the import."""
_TIME_SOURCES = ("clock", "warc", "cdx", "mtime", "given")


class NotOurs(Unreadable):
    """A file that can be read well enough, and is nothing to import."""


class Import:
    """Opens the archive when there is something to put into it, so that a failed import leaves
    everything as it was."""

    def __init__(
        self,
        archive: Path,
        *,
        hosts: Sequence[str] = (),
        any_host: bool = False,
        captured_at: str | None = None,
        seen: Callable[[int], None] = lambda size: None,
    ) -> None:
        """``captured_at``: the time of capture of files that carry none, ISO 8601 with offset.
        ``seen`` is told of bytes read. Raises ArchiveError if ``archive`` is not one of ours."""
        self.archive = archive
        self.tally = Tally()
        self._any_host = any_host
        self._hosts = {*site.HOSTS, *(host.lower() for host in hosts)}
        self._captured_at = captured_at
        self._seen = seen
        self._stack = ExitStack()
        self._session: Session | None = None
        self._waiting: list[tuple[StoredResponse, str]] = []
        if archive.exists():
            with closing(open_archive(archive, create=False, read_only=True)) as db:
                self._hosts |= known_hosts(db)

    def run(self, paths: Sequence[str]) -> Tally:
        """Import everything named. What can't be read is in the tally; raises ArchiveLocked,
        ArchiveError and what the disk does to us."""
        with self._stack:
            try:
                for one in expand(paths, warc_folder(self.archive)):
                    self._input(one)
                self._settle_revisits()
            except KeyboardInterrupt:
                self.tally.interrupted = True
            self._complain_of_empty_folders(paths)
            if self._session is not None:
                self._session.exit_code, self._session.outcome = self.tally.decide()
                self._session.stats |= self.tally.as_dict()
        return self.tally

    @property
    def session(self) -> Session:
        if self._session is None:
            self._session = self._stack.enter_context(open_session(self.archive, "import"))
        return self._session

    # --- files -----------------------------------------------------------------------------

    def _input(self, one: Input) -> None:
        try:
            with closing(open_input(one, self._seen)) as stream:
                self._stream(one, stream, 0)
            self.tally.files += 1
        except NotOurs as error:
            if one.named:
                self.tally.unreadable.add(f"{one.name}: {error}")
            else:
                self.tally.passed_over += 1
        except Unreadable as error:
            self.tally.unreadable.add(f"{one.name}: {error}")

    def _stream(self, one: Input, stream: Counted, layer: int) -> None:
        form = recognise(stream.peek(HEAD))
        if form == "empty":
            raise NotOurs("is empty")
        if form == "binary":
            raise NotOurs("is a binary file, and neither WARC nor WACZ")
        if form == "zip":
            self._wacz(one, layer)
        elif form in ("gzip", "zstd"):
            if layer == _LAYERS:
                raise NotOurs(f"is compressed more than {_LAYERS} times")
            self._stream(one, gunzipped(stream) if form == "gzip" else unzstd(stream), layer + 1)
        elif form == "warc":
            self._warc(stream, one.name)
        elif form == "html":
            self._html(one, stream)
        else:
            self._text(one, stream)

    def _complain_of_empty_folders(self, paths: Sequence[str]) -> None:
        if not self.tally.files and not self.tally.unreadable.count and not self.tally.interrupted:
            for name in paths:
                self.tally.unreadable.add(
                    f"{name}: no file in this folder is text, HTML, WARC or WACZ of the site"
                )

    # --- text and HTML ---------------------------------------------------------------------

    def _text(self, one: Input, stream: Counted) -> None:
        encoding = encoding_of(stream.peek(HEAD * 4))
        if encoding is None:
            raise NotOurs("is in no encoding that is read here (UTF-8, GB18030 or its own)")
        content_type = f"text/plain; charset={encoding}"

        for number, part in enumerate(parts(self._until_damage(one, stream), encoding), 1):
            if number == 1:
                text, page, _ = read_page(part, content_type, one.address)
                if text.refused:
                    error = Unreadable if _speaks_of_the_site(text.text) else NotOurs
                    raise error(f"holds {text.refused}")
                if not looks_ours(page):
                    raise NotOurs("holds no page of the site: no breadcrumb, marker or pager in it")
            url = one.address if number == 1 else f"{one.address}#page={number}"
            where = one.name if number == 1 else f"{one.name}: page {number}"
            self._part(one, url, part, content_type, where)

    def _until_damage(self, one: Input, stream: Counted) -> Callable[[int], bytes]:
        broken = False

        def read(size: int) -> bytes:
            nonlocal broken
            try:
                return b"" if broken else stream.read(size)
            except Unreadable as error:
                broken = True
                self.tally.damaged.add(f"{one.name}: offset {stream.tell()}: {error}; the rest is lost")
                return b""

        return read

    def _html(self, one: Input, stream: Counted) -> None:
        body = stream.read(HTML_LIMIT + 1)
        if len(body) > HTML_LIMIT:
            raise Unreadable(f"is HTML of more than {HTML_LIMIT // 1024 // 1024} MiB, no saved page")
        own = own_address(body)
        url = own or one.address
        ours = looks_ours(read_page(body, "text/html", url)[1])
        at_home = own is not None and self._is_our_host(own)
        if not ours and not at_home:
            raise NotOurs("is HTML, but no page of the site")
        outcome = self._part(one, url, body, "text/html", one.name)
        if not ours and outcome.layout is None and outcome.status == "kept":
            self.tally.layout.add(f"{one.name}: nothing on it is understood")

    def _part(self, one: Input, url: str, body: bytes, content_type: str, where: str) -> Outcome:
        outcome = archive_part(self.session, url, body, content_type, *self._time_of(one))
        self.tally.add(outcome, where)
        return outcome

    def _time_of(self, one: Input) -> tuple[str, str]:
        """When a file was captured, as far as can be known, and who says so."""
        if self._captured_at is not None:
            return self._captured_at, "given"
        at, present = one.modified_at, now()
        # A file from the future was written by a clock that is wrong; its views would stay the newest.
        return (present, "clock") if at is None or at > present else (at, "mtime")

    # --- WARC and WACZ ---------------------------------------------------------------------

    def _warc(self, stream: Counted, name: str) -> None:
        try:
            for offset, found in iter_records(stream, wanted=self._is_wanted):  # type: ignore[arg-type]
                where = f"{name}: offset {offset}"
                if isinstance(found, Damaged):
                    self.tally.damaged.add(f"{where}: {found.reason}")
                else:
                    self._record(found, f"{where}: {found.url}")
        except Unreadable as error:
            self.tally.damaged.add(f"{name}: offset {stream.tell()}: {error}; the rest is lost")

    def _wacz(self, one: Input, layer: int) -> None:
        if one.path is None or layer:
            raise Unreadable("a WACZ is read from its end: it must be a file, neither a pipe nor compressed")
        try:
            with zipfile.ZipFile(one.path) as package:
                members = [m for m in package.infolist() if _holds_warc(m.filename)]
                if not members:
                    raise NotOurs("is a zip file without archive/*.warc.gz: no WACZ")
                for member in sorted(members, key=lambda m: m.filename):
                    self._member(package, member, f"{one.name}: {member.filename}")
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise Unreadable(f"is a damaged zip file ({error})") from error

    def _member(self, package: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
        """Read as a stream; nothing is ever unpacked to the disk, so names in the zip can't matter."""
        try:
            with package.open(member) as file:
                stream = watched(file.read, "zip", lambda: member.compress_size, self._seen)
                form = recognise(stream.peek(HEAD))
                if form == "gzip":
                    stream = gunzipped(stream)
                if form not in ("warc", "gzip"):
                    self.tally.damaged.add(f"{name}: no WARC data")
                    return
                self._warc(stream, name)
        except (Unreadable, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            self.tally.damaged.add(f"{name}: {error}")

    def _record(self, record: StoredResponse, where: str) -> None:
        if record.record_type == "revisit":
            if self._session is None and not self.archive.exists():
                self._wait(record, where)
                return
        elif not worth_keeping(record):
            self.tally.skipped += 1
            return
        outcome = archive_record(self.session, record, time_source=_time_source(record))
        if outcome.status == "unresolved":
            self._wait(record, where)
        else:
            self.tally.add(outcome, where)

    def _is_wanted(self, url: str) -> bool:
        if url.startswith("file:"):
            return True
        if not is_web(url):
            self.tally.skipped += 1
            return False
        if self._is_our_host(url):
            return True
        self.tally.other_host(host_of(url))
        return False

    def _is_our_host(self, url: str) -> bool:
        if self._any_host:
            return True
        host = host_of(url)
        if host in self._hosts:
            return True
        netloc = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2].lower()
        return netloc in self._hosts

    # --- revisits that come before their originals -------------------------------------------

    def _wait(self, record: StoredResponse, where: str) -> None:
        if len(self._waiting) < _WAITING:
            self._waiting.append((record, where))
        else:
            self.tally.unresolved += 1

    def _settle_revisits(self) -> None:
        waiting: list[tuple[StoredResponse, str]] = []
        for record, where in self._waiting if self._session is not None else ():
            outcome = archive_record(self.session, record, time_source=_time_source(record))
            if outcome.status == "unresolved":
                waiting.append((record, where))
            else:
                self.tally.add(outcome, where)
        self.tally.unresolved += len(waiting) if self._session is not None else len(self._waiting)


def _speaks_of_the_site(text: str) -> bool:
    return any(sign in text for sign in (site.HOST.removeprefix("www."), *site.OWN_SOURCES))


def _holds_warc(name: str) -> bool:
    lower = name.lower()
    return lower.startswith("archive/") and lower.endswith((".warc", ".warc.gz"))


def _time_source(record: StoredResponse) -> str:
    """What our own WARC files say of the time is kept; of any other, the WARC says so."""
    return record.time_source if record.time_source in _TIME_SOURCES else "warc"
