"""Why a file is not imported: it is nothing of the site's, or it can't be read. Pure."""

from __future__ import annotations

from yiqihui_spider.imports.file_type import not_imported
from yiqihui_spider.imports.sources import Unreadable
from yiqihui_spider.site import SiteProfile


class NotOurs(Unreadable):
    """A file that can be read well enough, and is nothing to import."""

    def __init__(self, why: str, what: str | None = None) -> None:
        super().__init__(why)
        self.what = what or why


def refusal(head: bytes, site: SiteProfile) -> Unreadable:
    """Why a file that begins so is not imported."""
    found = not_imported(head)
    if not found.may_hold_pages:
        return NotOurs(str(found), found.what)
    return refused(str(found), head.decode("utf-8", "replace") + head.decode("gb18030", "replace"), site)


def refused(why: str, text: str, site: SiteProfile) -> Unreadable:
    """In a folder, what may hold pages of the site is named, too."""
    return Unreadable(why) if _speaks_of_the_site(text, site) else NotOurs(why)


def _speaks_of_the_site(text: str, site: SiteProfile) -> bool:
    escaped = (name.encode("unicode_escape").decode() for name in site.own_names)
    return any(sign in text for sign in (site.host.removeprefix("www."), *site.own_names, *escaped))
