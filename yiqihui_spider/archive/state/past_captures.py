"""What the archive holds of the captures that an index of another archive names, and which of them
could not be had."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider.archive.state.sql import by_name, columns, insert, listed, replacing

FROM_OUTSIDE = "origin = 'wayback' AND parser_version IS NOT NULL"
"""Condition on ``captures``: read, and from another web archive."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A capture that was asked for and is not in the archive, or not proven to be it."""

    url: str
    captured_at: str
    kind: str
    reason: str
    attempts: int
    """Runs in which it was tried."""
    lasting: bool
    """Known as not to be had, or as nothing to be kept."""
    next_try_at: str


_MISS = ("replay", *columns(Miss), "last_tried_at")
_REMEMBER = insert(
    "wayback_misses",
    (*_MISS, "first_tried_at"),
    replacing(_MISS, "replay", "url", "captured_at"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """Answers from the table of captures, and from the misses at one replay."""

    db: Database
    replay: str
    now: str | None = None
    """None: everything is to be tried again now."""

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
            WHERE payload_digest = ? AND url = ? AND truncated IS NULL
              AND coalesce(http_status, 200) IN (200, 203)
            ORDER BY id LIMIT 1
        """
        row = self.db.execute(sql, [digest, url]).fetchone()
        return row[0] if row else None

    def unproven_at(self, url: str, captured_at: str) -> set[str]:
        """Digests of what came from web archives for this address and second and was read, where that
        is all there is."""
        sql = f"""
            SELECT payload_digest, {FROM_OUTSIDE} FROM captures WHERE url = ? AND captured_at = ?
        """
        found = self.db.execute(sql, [url, captured_at]).fetchall()
        return {digest for digest, _ in found} if all(outside for _, outside in found) else set()

    def record_at(self, url: str, captured_at: str) -> tuple[str, int] | None:
        """WARC file and offset of the page captured at this address and second."""
        sql = """
            SELECT warc_file, warc_offset FROM captures
            WHERE url = ? AND captured_at = ? AND truncated IS NULL
              AND coalesce(http_status, 200) IN (200, 203)
            ORDER BY id LIMIT 1
        """
        row = self.db.execute(sql, [url, captured_at]).fetchone()
        return (row[0], row[1]) if row else None

    def article(self, site_id: int) -> tuple[str, str | None] | None:
        """When an article was published, and its title."""
        sql = "SELECT published_at, title FROM articles WHERE site_id = ?"
        row = self.db.execute(sql, [site_id]).fetchone()
        return (row[0], row[1]) if row else None

    def miss(self, url: str, captured_at: str) -> Miss | None:
        sql = f"""
            SELECT {listed(columns(Miss))} FROM wayback_misses
            WHERE replay = ? AND url = ? AND captured_at = ?
        """
        if not self.db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'wayback_misses'").fetchone():
            return None  # an archive that was last written by an older version, read only
        row = next(self.db.query(sql, [self.replay, url, captured_at]), None)
        return Miss(**row | {"lasting": bool(row["lasting"])}) if row else None

    def waiting(self, url: str, captured_at: str) -> tuple[str, str] | None:
        """Kind and reason of a miss that it is not yet time to try again."""
        miss = self.miss(url, captured_at) if self.now is not None else None
        if miss is None or self.now is None or miss.next_try_at <= self.now:
            return None
        tried = "once" if miss.attempts == 1 else f"in {miss.attempts} runs"
        return miss.kind, f"{miss.reason} (tried {tried}; again after {miss.next_try_at[:10]})"

    def remember(self, miss: Miss, at: str) -> None:
        row = by_name(miss) | {"replay": self.replay, "first_tried_at": at, "last_tried_at": at}
        self.db.execute(_REMEMBER, row)

    def forget(self, url: str, captured_at: str) -> None:
        """A capture that could not be had has come."""
        self.db.execute(
            "DELETE FROM wayback_misses WHERE replay = ? AND url = ? AND captured_at = ?",
            [self.replay, url, captured_at],
        )


class Nothing:
    """What an archive that does not exist holds."""

    def unproven_at(self, url: str, captured_at: str) -> set[str]:
        return set()

    def capture_at(self, url: str, captured_at: str) -> bool:
        return False

    def moment_of(self, url: str, digest: str) -> str | None:
        return None

    def waiting(self, url: str, captured_at: str) -> tuple[str, str] | None:
        return None
