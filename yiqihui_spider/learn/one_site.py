"""Which pages are of the site to be learned: a browser saves frames of other sites with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from yiqihui_spider.learn.lesson import Lesson, Verdict
from yiqihui_spider.learn.sights import Page

_SECOND_LEVEL = frozenset(("com", "net", "org", "gov", "edu", "co", "ac"))
_MOST_SITES = 6
"""So many are looked at, those with the most pages first."""


def site_name(url: str) -> str:
    """The part of an address's host that the hosts of one site share; empty where it has none.

    >>> site_name("http://m.178hui.com/1"), site_name("https://www.a.com.cn/"), site_name("file:///x.html")
    ('178hui.com', 'a.com.cn', '')
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""
    labels = host.split(".")
    if ":" in host or labels[-1].isdecimal():
        return host  # an address of the network
    wide = len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2
    return ".".join(labels[-3 if wide else -2 :])


def of_hosts(pages: Sequence[Page], hosts: Iterable[str]) -> tuple[list[Page], list[Page]]:
    """The pages of a site with these hosts, and those of others. Pages that name no host are the site's,
    and if none names one of these hosts, all are: a site may have moved."""
    wanted = {site_name(f"http://{host}/") for host in hosts} | {""}
    own = [page for page in pages if site_name(page.url) in wanted]
    if not any(site_name(page.url) for page in own):
        return list(pages), []
    return own, [page for page in pages if site_name(page.url) not in wanted]


def by_site(pages: Sequence[Page]) -> dict[str, list[Page]]:
    """The pages of each site, the site with the most first."""
    found: defaultdict[str, list[Page]] = defaultdict(list)
    for page in pages:
        found[site_name(page.url)].append(page)
    return dict(sorted(found.items(), key=lambda one: -len(one[1])))


def of_the_site_that_can_be_read(pages: Sequence[Page], learn: Callable[[Sequence[Page]], Lesson]) -> Lesson:
    """The lesson of the one site among the pages that teaches one."""
    groups = by_site(pages)
    if len(groups) < 2:
        return learn(pages)
    lessons = {name: learn(group) for name, group in list(groups.items())[:_MOST_SITES]}
    proven = [name for name, lesson in lessons.items() if lesson.verdict is Verdict.PROVEN]
    some = proven or [name for name, lesson in lessons.items() if lesson.profile is not None]
    name = (some or list(lessons))[0]
    lesson = lessons[name]
    if len(proven) > 1:
        told = " and ".join(one or "no host" for one in proven)
        reason = f"pages of several sites that can each be read: {told}; name one of their hosts with --host"
        return replace(lesson, verdict=Verdict.IN_PART, reasons=(reason, *lesson.reasons))
    return with_note(lesson, [page for group in groups if group != name for page in groups[group]])


def with_note(lesson: Lesson, others: Sequence[Page]) -> Lesson:
    """The same lesson, saying which pages had no part in it."""
    if not others:
        return lesson
    counts = Counter(site_name(page.url) or "no host" for page in others)
    told = ", ".join(f"{name} ({count})" for name, count in counts.most_common(5))
    more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
    return replace(lesson, notes=(*lesson.notes, f"pages of other sites were set aside: {told}{more}"))
