"""Does a page say that there is no such page? (Sites often say so with status 200.) Pure."""

from __future__ import annotations

import re

from yiqihui_spider.characters import squeeze
from yiqihui_spider.items import PageText, SplitPage

_SAYS_SO = re.compile(
    "不存在|(?:已经?|已被|被)(?:删除|下架|屏蔽)|找不到|没有找到|未找到|无法找到|已失效|404|notfound",
    re.IGNORECASE,
)
_DATE_OR_COUNT = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d次")
"""What an article's marker holds, read or not."""
_LONGEST = 300
"""Such a page has little to say: characters without what stands around the content."""


def says_absent(text: PageText, page: SplitPage) -> bool:
    """Whether a page holds a short word that there is nothing here, and nothing like an article."""
    if page.entries or page.pagers:
        return False
    content = text.text
    for span in sorted(text.furniture, key=lambda span: -span.start):
        content = content[: span.start] + content[span.end :]
    content = squeeze(content)
    said = _SAYS_SO.search(content) or _SAYS_SO.search(squeeze(text.title or ""))
    return bool(said) and len(content) <= _LONGEST and not _DATE_OR_COUNT.search(content)
