"""Captures that turn out not to be what was asked for: what they said is taken back."""

from __future__ import annotations

from sqlite_utils import Database

from yiqihui_spider.archive.articles.store import replace_reading
from yiqihui_spider.archive.state.lookup import note_other
from yiqihui_spider.archive.state.past_captures import FROM_OUTSIDE
from yiqihui_spider.items import Capture, PageItem, ParsedPage, SplitPage


def withdraw(db: Database, url: str, captured_at: str, digest: str) -> None:
    """Take back what captures say that are not the one with this digest after all: they stay on
    record, unread."""
    sql = f"""
        SELECT id, warc_file, warc_offset, warc_length, payload_digest FROM captures
        WHERE url = ? AND captured_at = ? AND payload_digest <> ? AND {FROM_OUTSIDE}
    """
    reason = f"not the capture of this time: its digest is not {digest}; kept, not read"
    for number, file, offset, length, other in db.execute(sql, [url, captured_at, digest]).fetchall():
        capture = Capture(url, captured_at, other, file, offset, length, id=number)
        nothing = PageItem(url, b"", None, capture, page=SplitPage((), "other"), reading=ParsedPage("other"))
        with db.atomic():
            replace_reading(db, number, nothing, "")
            note_other(db, number, None, reason, None)
