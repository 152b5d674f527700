"""A small archive with what exports must get right: edits, no address, no title, hostile text."""

from __future__ import annotations

from pathlib import Path

from support.archive_pages import CITY, RIVER, SCHOOL, Filling, at, entry

EDITED = CITY.replace("六点", "七点")
HOSTILE = (
    '=HYPERLINK("http://坏人.example","点我"),后面还有\n第二段 <script>alert(1)</script> & "引号"\x0c\u2028完'
)
SECOND = "2019-06-05T08:00:00+08:00"


def fill(path: Path) -> Filling:
    """Articles 1 to 4, the newest published last; 1 was edited and is in two categories."""
    archive = Filling(path)
    first = entry(CITY, 5561, title="菜市场 <b>翻新</b> & 别的", source="一起惠", views=100)
    archive.listing(at(1), first, category="购物资讯")
    archive.listing(
        at(2),
        entry(EDITED, 5561, title="菜市场 <b>翻新</b> & 别的", source="一起惠", views=140),
        entry(RIVER, published_at=SECOND, source=None, views=7),
        entry(SCHOOL, published_at=SECOND, source="36氪", views=8),
    )
    hostile = entry(HOSTILE, 5600, title="@标题", published_at="2019-07-01T10:00:00+08:00", excerpt=True)
    archive.listing(at(3), hostile)
    return archive


def add_many(archive: Filling, count: int) -> None:
    """Articles of 3,000 characters each, straight into the tables, numbered from 1001."""
    archive.db.execute(
        """
        WITH RECURSIVE numbers (n) AS (
          SELECT 1001 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000 + :count
        )
        INSERT INTO articles (id, site_id, title, published_at, views, views_at, body_chars, content_hash,
          first_seen_at, last_seen_at, body)
        SELECT n, 6000 + n, '第' || n,
          printf('2020-%02d-%02dT09:%02d:00+08:00', n % 12 + 1, n % 28 + 1, n % 60), n, :at, 3000,
          'h' || n, :at, :at, n || replace(hex(zeroblob(500)), '00', '城南市')
        FROM numbers
        """,
        {"count": count, "at": at(4)},
    )
