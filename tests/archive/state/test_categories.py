"""Where listings start, in a real archive file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database
from support.archive_rows import archive, day

from yiqihui_spider.archive.state import categories


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with archive(tmp_path / "a.db") as opened:
        yield opened


def test_categories_keep_the_address_last_found(db: Database) -> None:
    assert categories.known_categories(db) == {}
    categories.remember_category(db, "社群", "a", day(1))
    categories.remember_category(db, "购物资讯", "b", day(1))
    categories.remember_category(db, "社群", "c", day(2))
    assert categories.known_categories(db) == {"购物资讯": "b", "社群": "c"}
