from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from yiqihui_spider.archive.state.captures import in_utc
from yiqihui_spider.clock import now, retry_after


def test_the_present_in_the_archives_form() -> None:
    before = datetime.now(timezone.utc)
    text = now()
    moment = datetime.fromisoformat(text)
    assert timedelta(seconds=-1) < moment - before < timedelta(seconds=5)
    assert moment.utcoffset() == timedelta(0)
    assert moment.microsecond == 0
    assert in_utc(text) == text, "written as the archive writes it"


NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("99999999999999999999", 999999999.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 08:00:30 +0800", 30.0),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2026 00:00:30 -0000", 30.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
