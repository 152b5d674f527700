"""What stands around the articles of a site: addresses, hosts, breadcrumb, section."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from yiqihui_spider.items import Link
from yiqihui_spider.learn import labels
from yiqihui_spider.learn.sights import Sight
from yiqihui_spider.site.words import STEP

_DIGITS = re.compile("[0-9]+")
_LEAF_WORDS = re.compile("列表|全部|所有|文章|[Ll]ist")
_OTHER_STEPS = ("/", "|", "→", "·", "-", "—", "\\", "::", "~", "▸", "＼", "｜")
_CRUMB_WIDTH, _STEP_WIDTH = 200, 60
_PAGER_WORDS = {*labels.FIRST_WORDS, *labels.PREVIOUS_WORDS, *labels.NEXT_WORDS, *labels.LAST_WORDS}


# --- addresses of articles --------------------------------------------------------------------


def address_forms(
    sights: Iterable[Sight], spans: Iterable[tuple[int, int]], held: Sequence[int]
) -> list[str]:
    """Forms of addresses that as many links of each list have as it holds entries; best first."""
    shapes: Counter[tuple[str, ...]] = Counter()
    addresses: dict[tuple[str, ...], set[str]] = {}
    for sight, (start, end), entries in zip(sights, spans, held, strict=True):
        own: dict[tuple[str, ...], set[str]] = {}
        for link in sight.links:
            if start - 400 <= link.start <= end and _may_lead_to_article(link):
                own.setdefault(_shape(link.href), set()).add(link.href)
        for shape, some in own.items():
            addresses.setdefault(shape, set()).update(some)
            if entries <= len(some) + 1 and len(some) >= entries:
                shapes[shape] += len(some)
    found = (_form(sorted(addresses[shape])) for shape, _ in shapes.most_common())
    return list(dict.fromkeys(form for form in found if form is not None))


def _may_lead_to_article(link: Link) -> bool:
    name = link.text.strip(" []")
    return link.href.startswith(("http", "file")) and not name.isdecimal() and name not in _PAGER_WORDS


def _shape(href: str) -> tuple[str, ...]:
    parts = urlsplit(href)
    names = (f"{name}={_DIGITS.sub('0', value)}" for name, value in parse_qsl(parts.query))
    return (_DIGITS.sub("0", parts.path), *names)


def _form(addresses: Sequence[str]) -> str | None:
    """The form of addresses of one shape: the last number that varies is the article's."""
    split = [urlsplit(one) for one in addresses]
    path = _path_form([one.path for one in split])
    pairs = [parse_qsl(one.query, keep_blank_values=True) for one in split]
    query: list[str] = []
    for at, (name, value) in enumerate(pairs[0]):
        varies = len({own[at][1] for own in pairs}) > 1
        if varies and "{number}" not in path and value.isdecimal():
            query.append(f"{name}={{number}}")
            path = re.sub(r"\{number\}", "{text}", path)
        elif not varies and at < 6:
            query.append(f"{name}={value}")
    form = path + ("?" + "&".join(query) if any("{number}" in one for one in query) else "")
    return form if form.count("{number}") == 1 else None


def _path_form(paths: Sequence[str]) -> str:
    rows = [_DIGITS.findall(path) for path in paths]
    between = _DIGITS.split(paths[0])
    varying = [at for at in range(len(rows[0])) if len({row[at] for row in rows}) > 1]
    printed = between[0]
    for at, number in enumerate(rows[0]):
        slot = number
        if varying and at == varying[-1]:
            slot = "{number}"
        elif at in varying:
            slot = {4: "{year}", 2: "{month}"}.get(len(number), "{text}")
            slot = "{day}" if slot == "{month}" and "{month}" in printed else slot
            slot = "{text}" if slot in printed else slot
        elif len(number) == 4 and number[:2] in ("19", "20") and varying:
            slot = "{year}" if "{year}" not in printed else number
        elif len(number) == 2 and "{year}" in printed:
            slot = "{month}" if "{month}" not in printed else "{day}"
        printed += slot + between[at + 1]
    return printed


# --- breadcrumb --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trail:
    opening: str
    steps: tuple[str, ...]
    links: tuple[str | None, ...]
    """Of each step, where it leads."""
    separator: str = ""
    """The mark between steps, if it is none of the usual ones."""


def trail(sight: Sight, before: int) -> Trail | None:
    """The breadcrumb above the content, which begins at ``before``."""
    tree = sight.tree
    for line in tree.lines:
        if tree.line_starts[line] >= before:
            return None
        text = tree.line(line).strip()
        if len(text) > _CRUMB_WIDTH:
            continue
        usual = STEP.search(text) is not None
        for separator in ("",) if usual else _OTHER_STEPS:
            found = _trail(sight, line, text, separator) if separator in text else None
            if found is not None:
                return found
    return None


def _trail(sight: Sight, line: int, text: str, separator: str) -> Trail | None:
    """By the usual marks, or by another one, which then has spaces around it or links on both sides."""
    steps = [step.strip() for step in (text.split(separator) if separator else STEP.split(text))]
    if separator and (len(steps) < 3 or not sight.is_html):
        return None
    if len(steps) < 2 or any(not step or len(step) > _STEP_WIDTH for step in steps):
        return None
    links = sight.links_on.get(line, [])
    if sight.is_html and not links:
        return None
    match = re.match(r"([^:：]{1,12})[:：]\s*(.+)", steps[0])
    opening = match[1].strip() if match else ""
    steps[0] = match[2].strip() if match else steps[0]
    if any(step in _PAGER_WORDS and step != "首页" for step in steps) or any(map(str.isdecimal, steps)):
        return None
    if separator and len(links) < 2:
        return None
    leads = {link.text.strip(): link.href for link in links}
    return Trail(opening, tuple(steps), tuple(leads.get(step) for step in steps), separator)


@dataclass(frozen=True)
class Crumb:
    """What the breadcrumbs of a site's pages share."""

    opening: str = ""
    home: str = ""
    section: str = ""
    listing: str = ""
    separator: str = ""
    start: str | None = None
    """Where the section's step leads."""


def crumb(listings: Sequence[tuple[Sight, Trail]], categories: Iterable[str]) -> Crumb:
    """From the breadcrumbs of listing pages; a category's name stands in its page's title, or is known."""
    if not listings:
        return Crumb()
    trails = [one for _, one in listings]
    opening, home = trails[0].opening, trails[0].steps[0]
    first = (opening, home, trails[0].separator)
    if any((one.opening, one.steps[0], one.separator) != first for one in trails):
        return Crumb()
    leaf = _leaf(listings, set(categories))
    kept = [one.steps[:-1] if leaf else one.steps for one in trails]
    middle = kept[0][1:-1]
    section = middle[-1] if middle and all(row[1:-1] == middle for row in kept) else ""
    start = None
    if section:
        start = trails[0].links[trails[0].steps.index(section)]
    return Crumb(opening, home, section, leaf, trails[0].separator, start)


def _leaf(listings: Sequence[tuple[Sight, Trail]], categories: set[str]) -> str:
    """The last step of all listings where it is no category's name."""
    last = {one.steps[-1] for _, one in listings}
    if len(last) > 1:
        return ""
    leaf = last.pop()
    before = {one.steps[-2] for _, one in listings}
    if leaf in categories:
        return ""
    if before & categories or len(before) > 1:
        return leaf
    titles = [sight.title or "" for sight, _ in listings]
    named = any(title.startswith(leaf) for title in titles)
    older = any(title.startswith(name) for title in titles for name in before)
    if named != older:
        return leaf if older else ""
    return leaf if _LEAF_WORDS.search(leaf) else ""


# --- hosts -------------------------------------------------------------------------------------


def hosts(urls: Iterable[str]) -> list[str]:
    """By how many pages have them."""
    found = Counter(host for url in urls if (host := urlsplit(url).hostname))
    return [host for host, _ in found.most_common()]


def start_of(section: str | None, urls: Sequence[str], host: str) -> str:
    """The section's page, or the folder of a listing."""
    folders = [url.partition("?")[0].rpartition("/")[0] + "/" for url in urls]
    for url in [section or "", *folders]:
        if url.startswith(("http://", "https://")):
            return url
    path = (section or "").removeprefix("file://")
    return f"http://{host}{path if path.startswith('/') else '/'}"


def name_of(host: str) -> str:
    """What to call a site by its host."""
    parts = [
        part for part in host.split(".") if part not in ("www", "m", "com", "cn", "net", "org", "edu", "gov")
    ]
    name = parts[0] if parts and not host.replace(".", "").isdecimal() else "site"
    return name if name[:1].isalnum() else "site"
