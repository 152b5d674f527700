"""Where the listings of the categories start."""

from __future__ import annotations

from sqlite_utils import Database


def remember_category(db: Database, name: str, start_url: str, found_at: str) -> None:
    """Note where a category's listing starts; the address last found is kept."""
    db.execute(
        """
        INSERT INTO categories (name, start_url, found_at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET start_url = excluded.start_url, found_at = excluded.found_at
        """,
        [name, start_url, found_at],
    )


def known_categories(db: Database) -> dict[str, str]:
    """Category names and where their listings start, in the order they were found."""
    return dict(db.execute("SELECT name, start_url FROM categories ORDER BY found_at, name").fetchall())
