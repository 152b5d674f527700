"""Records out of WARC, ARC, WACZ and HAR files: which are ours, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Protocol

from yiqihui_spider.clock import now
from yiqihui_spider.imports.addresses import authority, host_name, host_of, is_web, takes
from yiqihui_spider.imports.envelopes import Enclosed
from yiqihui_spider.imports.ingest import Outcome, worth_keeping
from yiqihui_spider.imports.moments import moment
from yiqihui_spider.imports.queue import AtOnce, Queue
from yiqihui_spider.imports.sources import Counted, Unreadable
from yiqihui_spider.imports.summary import Tally
from yiqihui_spider.parse.markup import media_type
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.urls import original_address, replayed
from yiqihui_spider.warc.reader import StoredResponse, scan
from yiqihui_spider.warc.records import CONTENT_TYPES

_WAITING = 100_000
"""Revisits that wait for their originals to turn up later in the import."""
_TIME_SOURCES = ("clock", "warc", "cdx", "mtime", "given")
_BY_A_REPLAYER = ("memento-datetime", "x-archive-src", "x-archive-orig-date", "x-archive-orig-content-type")


class Sink(Protocol):
    """Where what was read goes: an archive, or the tables that ``bulk`` writes."""

    @property
    def is_open(self) -> bool:
        """Whether there is an archive, or will be one: a revisit alone begins none."""

    def record(self, record: StoredResponse, time_source: str, where: str) -> Outcome:
        """Take a record of a WARC or the like; ``where`` it stands, file first."""

    def file(self, record: StoredResponse, time_source: str, where: str) -> Outcome:
        """Take a record that was made of a file; its time is set."""


class Records:
    def __init__(
        self,
        sink: Sink,
        tally: Tally,
        hosts: Iterable[str],
        any_host: bool,
        site: SiteProfile,
        queue: Queue | None = None,
    ) -> None:
        """``hosts`` are taken beside the site's own; what is read goes through ``queue``."""
        self._sink = sink
        self.queue = queue or AtOnce()
        self._tally = tally
        self._any_host = any_host
        self.hosts = {*site.names, *map(host_name, hosts)}
        self._waiting: list[tuple[StoredResponse, str]] = []
        self._met: Counter[str] = Counter()
        """What a file held beside pages, in plain words."""

    # --- hosts -----------------------------------------------------------------------------

    def is_ours(self, url: str) -> bool:
        return self._any_host or takes(url, self.hosts)

    def is_wanted(self, url: str) -> bool:
        if url.startswith("file:"):
            return True
        if not is_web(url):
            self._met[f"of {url.partition(':')[0][:20] or 'no address'}:"] += 1
            self._tally.skipped += 1
            return False
        if self.is_ours(original_address(url)):
            return True
        self._met[f"of {self.count_foreign(url)}"] += 1
        return False

    def count_foreign(self, url: str) -> str:
        """Count a page of another host; the host's name."""
        known = authority(url)
        host = known[1] if known else ascii(host_of(url))[1:-1][:80]
        self._tally.other_host(known[0] if known else host)
        return host or "no host"

    def as_captured(self, record: StoredResponse, url: str | None) -> tuple[StoredResponse, str | None]:
        """A page of a file under the address it had: that of the site, where the file was saved
        from a web archive. The address alone, too; None where it has none."""
        if url is None:
            return record, None
        original = original_address(url)
        return replace(record, url=original), original

    def _as_captured(self, record: StoredResponse) -> StoredResponse | None:
        """A record of a web archive's page as a record of the page that it shows, under the time of
        its capture there; None for what the web archive says itself."""
        known = replayed(record.url)
        if known is None:
            return record
        names = {name.lower() for name, _ in record.headers}
        shown = record.status is None or (record.status == 200 and not names.isdisjoint(_BY_A_REPLAYER))
        at = moment(known.moment) if known.moment and len(known.moment) == 14 else None
        if not shown or at is None or record.record_type == "revisit":
            return None
        return replace(record, url=known.url, captured_at=at)

    # --- files of records ------------------------------------------------------------------

    def warc(self, stream: Counted, name: str) -> None:
        """Every record of a WARC or ARC file. What is damaged is told with its place."""
        self._met.clear()
        before = self._told()
        try:
            for found in scan(stream, wanted=self.is_wanted):  # type: ignore[arg-type]
                where = f"{name}: offset {found.offset}"
                if found.damage is not None:
                    self._tally.damaged.add(f"{where}: {found.damage}")
                elif found.record is not None:
                    self._record(found.record, f"{where}: {found.record.url}")
                elif found.kind not in CONTENT_TYPES:
                    self._met[found.kind or "without a type"] += 1
        except Unreadable as error:
            self._tally.damaged.add(f"{name}: offset {stream.tell()}: {error}; the rest is lost")
        self._say_if_nothing(name, before)

    def enclosed(self, name: str, found: Iterable[Enclosed]) -> None:
        """Every record of another envelope."""
        self._met.clear()
        before = self._told()
        for one in found:
            where = f"{name}: {one.where}"
            if one.record is None:
                self._tally.damaged.add(f"{where}: {one.problem}")
            else:
                self._record(one.record, where)
        self._say_if_nothing(name, before)

    def _told(self) -> tuple[int, ...]:
        tally = self._tally
        return (
            tally.pages, tally.known, tally.layout.count, tally.damaged.count, tally.unresolved,
            len(self._waiting),
        )  # fmt: skip

    def _say_if_nothing(self, name: str, before: tuple[int, ...]) -> None:
        self.queue.settle()
        if self._told() == before:
            met = ", ".join(f"{count} {what}" for what, count in self._met.most_common(8))
            self._tally.notes.add(f"{name}: no article of the site in it; it holds {met or 'no record'}")

    # --- one record ------------------------------------------------------------------------

    def _record(self, record: StoredResponse, where: str) -> None:
        shown = self._as_captured(record)
        if shown is None:
            self._met[f"of {self.count_foreign(record.url)}"] += 1
            return
        record = shown
        if record.record_type == "revisit":
            if not self._sink.is_open:
                self.queue.settle()
            if not self._sink.is_open:
                self._wait(record, where)
                return
        elif not worth_keeping(record):
            self._met[media_type(record.content_type) or "without a type"] += 1
            self._tally.skipped += 1
            return
        if record.captured_at is not None and record.captured_at > now():
            self._from_the_future(record, where)
            return
        self.put(record, _time_source(record), where)

    def put(self, record: StoredResponse, time_source: str, where: str) -> None:
        """Hand a record on; a revisit that comes before its original waits for it."""
        self.queue.put(record, partial(self._put, record, time_source, where))

    def _put(self, record: StoredResponse, time_source: str, where: str) -> None:
        outcome = self._sink.record(record, time_source, where)
        if outcome.status == "unresolved":
            self._wait(record, where)
            return
        if outcome.status == "kept":
            self._met["kept: " + ("a text" if record.status is None else f"answer {record.status:03}")] += 1
        self._tally.add(outcome, where)

    def _from_the_future(self, record: StoredResponse, where: str) -> None:
        """A clock that was wrong: filed under the present, for it came before that."""
        said = f"{where}: its date ({record.captured_at}) has yet to come"
        if record.record_type == "revisit":
            self._tally.damaged.add(said)
            return
        self._tally.warnings.add(f"{said}: filed under the present")
        self.file(replace(record, captured_at=now()), "clock", where)

    def file(self, record: StoredResponse, time_source: str, where: str) -> None:
        """Hand a record on that was made of a file; its time is set."""
        self.queue.put(record, partial(self._file, record, time_source, where))

    def _file(self, record: StoredResponse, time_source: str, where: str) -> None:
        self._tally.add(self._sink.file(record, time_source, where), where)

    # --- revisits that come before their originals -------------------------------------------

    def _wait(self, record: StoredResponse, where: str) -> None:
        if len(self._waiting) < _WAITING:
            self._waiting.append((record, where))
        else:
            self._tally.unresolved += 1

    def settle_revisits(self) -> None:
        self.queue.settle()
        waiting: list[tuple[StoredResponse, str]] = []
        for record, where in self._waiting if self._sink.is_open else ():
            outcome = self._sink.record(record, _time_source(record), where)
            if outcome.status == "unresolved":
                waiting.append((record, where))
            else:
                self._tally.add(outcome, where)
        self._tally.unresolved += len(waiting) if self._sink.is_open else len(self._waiting)


def _time_source(record: StoredResponse) -> str:
    """What our own WARC files say of the time is kept; of any other, the WARC says so."""
    return record.time_source if record.time_source in _TIME_SOURCES else "warc"
