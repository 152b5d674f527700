"""The one clock: observation times are UTC, whole seconds, ISO 8601; people are told the site's."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

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
