"""Whether the records that captures point to are there and can be read. Each is looked at once in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database

from yiqihui_spider.archive.state import captures
from yiqihui_spider.archive.state.last_capture import LastCapture, last_capture
from yiqihui_spider.archive.state.lookup import Held, payload_places
from yiqihui_spider.items import Capture
from yiqihui_spider.warc.reader import holds_payload, verify_record


class Evidence:
    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._holds: dict[tuple[str, int, str], bool] = {}

    def holds(self, warc_file: str, offset: int, digest: str) -> bool:
        """Whether a record has the payload itself, whole: no revisit, and not lost or damaged."""
        place = (warc_file, offset, digest)
        if place not in self._holds:
            self._holds[place] = holds_payload(self._folder, *place)
        return self._holds[place]

    def holder(self, digest: str) -> Capture | None:
        """The capture over HTTP that a revisit of this payload may refer to."""
        for one in captures.payload_holders(self._db, digest):
            if self.holds(one.warc_file, one.warc_offset, digest):
                return one
        return None

    def place(self, digest: str, url: str | None, at: str | None) -> Held | None:
        """The record with the payload that a revisit means. Where none can be read, the one that
        should be: reading it says what is wrong."""
        first: Held | None = None
        for one in payload_places(self._db, digest, url, at):
            if self.holds(one.warc_file, one.warc_offset, one.payload_digest):
                return one
            first = first or one
        return first

    def lookup(self, digest: str, url: str | None, at: str | None) -> tuple[str, int] | None:
        """For ``warc.reader.read_record``."""
        held = self.place(digest, url, at)
        return (held.warc_file, held.warc_offset) if held else None

    def last_capture(self, url: str) -> LastCapture | None:
        """What can be asked for on condition that it changed: only what we could show."""
        held = last_capture(self._db, url)
        if held is None:
            return None
        place = self.place(held.payload_digest, held.url, held.captured_at)
        there = place is not None and self.holds(place.warc_file, place.warc_offset, held.payload_digest)
        return held if there else None

    def mend(self, capture_id: int, write: Callable[[], Capture]) -> bool:
        """A capture that came in once more: if its record is lost, or the payload is, it is written
        anew and the capture's row points there. (``write`` may write no revisit.)"""
        warc_file, offset, digest = captures.record_of(self._db, capture_id)
        # What was cut short stands for itself alone: no other record may mean it, so `place` finds none.
        there = self.holds(warc_file, offset, digest)
        if not there:
            place = self.place(digest, None, None)
            there = place is not None and self.holds(place.warc_file, place.warc_offset, digest)
        if there and verify_record(self._folder, warc_file, offset, digest) is None:
            return False
        new = write()
        if new.payload_digest == digest:
            captures.move_record(self._db, capture_id, new)
        return True
