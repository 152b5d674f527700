"""The one clock: observation times are UTC, whole seconds, ISO 8601."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> str:
    """The present, as ``2026-11-22T06:00:00+00:00``."""
    return datetime.now(timezone.utc).replace(microsecond=0).isoformat()
