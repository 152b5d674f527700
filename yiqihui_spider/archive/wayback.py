"""What the archive holds of the captures that an index of another archive names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Held:
    """Answers from the table of captures."""

    db: Database

    def capture_at(self, url: str, captured_at: str) -> bool:
        """A capture cut short elsewhere does not count: the whole one may be had."""
        sql = """
            SELECT 1 FROM captures
            WHERE url = ? AND captured_at = ? AND (truncated IS NULL OR origin = 'wayback') LIMIT 1
        """
        return self.db.execute(sql, [url, captured_at]).fetchone() is not None

    def moment_of(self, url: str, digest: str) -> str | None:
        sql = """
            SELECT captured_at FROM captures
            WHERE payload_digest = ? AND url = ? AND truncated IS NULL AND coalesce(http_status, 200) = 200
            ORDER BY id LIMIT 1
        """
        row = self.db.execute(sql, [digest, url]).fetchone()
        return row[0] if row else None

    def record_at(self, url: str, captured_at: str) -> tuple[str, int] | None:
        """WARC file and offset of the page captured at this address and second."""
        sql = """
            SELECT warc_file, warc_offset FROM captures
            WHERE url = ? AND captured_at = ? AND truncated IS NULL AND coalesce(http_status, 200) = 200
            ORDER BY id LIMIT 1
        """
        row = self.db.execute(sql, [url, captured_at]).fetchone()
        return (row[0], row[1]) if row else None


class Nothing:
    """What an archive that does not exist holds."""

    def capture_at(self, url: str, captured_at: str) -> bool:
        return False

    def moment_of(self, url: str, digest: str) -> str | None:
        return None
