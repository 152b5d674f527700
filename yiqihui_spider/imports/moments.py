"""Times of capture as browsers and tools print them. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.I | re.A
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\d{0,3}()", re.ASCII)
_SCRIPT = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} \d{1,2} \d{4} \d\d:\d\d:\d\d) (?:GMT|UTC)([+-]\d{4})")
"""``Mon Jul 01 2019 08:00:00 GMT+0800 (中国标准时间)``, as JavaScript prints a date."""


def moment(printed: str | None, zone: tzinfo = timezone.utc) -> str | None:
    """A printed time as the archive writes times; ``zone`` where it names none. None if it is none.

    >>> moment("2019-07-01T08:00:00.1234567+08:00")
    '2019-07-01T00:00:00+00:00'
    >>> moment("Mon Jul 01 2019 08:00:00 GMT+0800 (CST)"), moment("Mon, 01 Jul 2019 00:00:00 GMT")
    ('2019-07-01T00:00:00+00:00', '2019-07-01T00:00:00+00:00')
    """
    text = (printed or "").strip()[:100]
    try:
        at = _numbers(text, zone) or _words(text)
        return None if at is None else at.astimezone(timezone.utc).replace(microsecond=0).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _numbers(text: str, zone: tzinfo) -> datetime | None:
    match = _ISO.match(text) or _COMPACT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_offset(match[7]) or zone)


def _offset(printed: str | None) -> tzinfo | None:
    if not printed:
        return None
    if printed in "Zz":
        return timezone.utc
    digits = printed[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if printed[0] == "-" else size)


def _words(text: str) -> datetime | None:
    script = _SCRIPT.match(text)
    if script is not None:
        return datetime.strptime(f"{script[1]} {script[2]}", "%b %d %Y %H:%M:%S %z")
    at = parsedate_to_datetime(text)
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)
