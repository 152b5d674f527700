"""What a page shows by today's reading, against what the rows say that it shows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from yiqihui_spider.archive.articles.identity import content_hash, same_text
from yiqihui_spider.archive.articles.matching import address_key
from yiqihui_spider.archive.queries.checks import Shown
from yiqihui_spider.items import ArticleItem, ParsedPage


@dataclass(slots=True)
class Judged:
    """Rows judged by the page they rest on."""

    false: list[str] = field(default_factory=list)
    """What the rows say and the page does not."""
    lacking: list[str] = field(default_factory=list)
    """What the page says and the rows do not."""


def judge(rows: Sequence[Shown], reading: ParsedPage) -> Judged:
    """Each row by the entry of the page with the same text and time."""
    found = Judged()
    on_page: defaultdict[tuple[str, str], list[ArticleItem]] = defaultdict(list)
    for item in reading.articles:
        on_page[(content_hash(item.body), item.published_at)].append(item)
    for row in rows:
        same = on_page[(row.content_hash, row.published_at)]
        if not same:
            found.false.append(
                f"article {row.article_id}: the page does not show this text of {row.published_at}"
            )
            continue
        item = min(same, key=lambda item: _identity(item) != (row.site_id, row.foreign_address))
        same.remove(item)
        _compare(row, item, found)
    for items in on_page.values():
        found.lacking += [
            f"the page shows {item.title or 'an article'} of {item.published_at}" for item in items
        ]
    return found


def _identity(item: ArticleItem) -> tuple[int | None, str | None]:
    return (None, address_key(item.url)) if item.foreign else (item.site_id, None)


def _compare(row: Shown, item: ArticleItem, found: Judged) -> None:
    number, address = _identity(item)
    for what, said, shown in (
        ("number", row.site_id, number),
        ("address", row.foreign_address, address),
        ("count of views", row.views, item.views),
    ):
        if said is not None and said != shown:
            found.false.append(
                f"article {row.article_id}: its {what} is {said} in the row, {shown} on the page"
            )
        elif said != shown:
            found.lacking.append(f"the page tells the {what} of article {row.article_id}: {shown}")
    title = (item.title or "").strip()
    if row.title is not None and not same_text(row.title, title):
        found.false.append(
            f"article {row.article_id}: its title is {row.title!r} in the row, {title!r} on the page"
        )
    elif row.title is None and title:
        found.lacking.append(f"the page tells the title of article {row.article_id}: {title!r}")
