from __future__ import annotations

from datetime import datetime, timedelta, timezone

from yiqihui_spider.archive.state.captures import in_utc
from yiqihui_spider.clock import now


def test_the_present_in_the_archives_form() -> None:
    before = datetime.now(timezone.utc)
    text = now()
    moment = datetime.fromisoformat(text)
    assert timedelta(seconds=-1) < moment - before < timedelta(seconds=5)
    assert moment.utcoffset() == timedelta(0)
    assert moment.microsecond == 0
    assert in_utc(text) == text, "written as the archive writes it"
