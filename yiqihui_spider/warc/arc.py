"""ARC, the form before WARC (versions 1 and 2): a line, then so many bytes as it says. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yiqihui_spider.warc.records import read_date

LINE_LIMIT = 8192
LINE = (
    rb"[A-Za-z][A-Za-z0-9+.-]{0,20}:[^\r\n]{0,6000}? "  # the address; some hold spaces
    rb"[0-9A-Fa-f.:]{1,45} \d{8,17} [^\r\n]{0,1500}?\d{1,15}[ \t]*\r?\n"
)
"""A record's line: address, IP address, time, content type, (version 2: five more), length."""
_LINE = re.compile(LINE)
_PARTS = re.compile(r"(\S.*?) ([0-9A-Fa-f.:]{1,45}) (\d{8,17}) (.*?)(\d{1,15})\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ArcLine:
    url: str
    ip: str
    captured_at: str | None
    content_type: str | None
    length: int

    @property
    def is_content(self) -> bool:
        """Not the description of the file."""
        return not self.url.lower().startswith("filedesc:")


def line_length(data: bytes) -> int | None:
    """How long the record line is that ``data`` begins with; None if it begins with none."""
    match = _LINE.match(data)
    return match.end() if match else None


def parse(line: bytes) -> ArcLine:
    match = _PARTS.fullmatch(line.decode("utf-8", "replace"))
    assert match is not None, "a line that matches LINE"
    kind = match[4].split()
    return ArcLine(
        match[1],
        match[2],
        read_date(match[3][:14].ljust(14, "0")) if len(match[3]) >= 8 else None,
        kind[0] if kind and kind[0] != "no-type" else None,
        int(match[5]),
    )
