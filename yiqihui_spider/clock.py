"""The one clock: observation times are UTC, whole seconds, ISO 8601; people are told the site's.

And how long a server asks to wait.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

SITE_ZONE = timezone(timedelta(hours=8))


def now() -> str:
    """The present, as ``2026-11-22T06:00:00+00:00``."""
    return datetime.now(timezone.utc).replace(microsecond=0).isoformat()


def site_time(time: str | None) -> str:
    """A time for people, as the site's clocks have it, whatever zone it was noted in.

    >>> site_time("2026-11-22T06:00:07+00:00"), site_time("2019-04-13T09:30:07+08:00"), site_time("soon")
    ('2026-11-22 14:00', '2019-04-13 09:30', 'soon')
    """
    if not time:
        return "–"
    try:
        return datetime.fromisoformat(time).astimezone(SITE_ZONE).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return time[:40]


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds a Retry-After header asks to wait (RFC 9110, 10.2.3), or None.

    >>> retry_after("120", datetime(2026, 1, 1, tzinfo=timezone.utc))
    120.0
    >>> retry_after("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=timezone.utc))
    30.0
    >>> retry_after("soon", datetime(2026, 1, 1, tzinfo=timezone.utc)) is None
    True
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - now).total_seconds())
