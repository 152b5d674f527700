"""Proves a profile with the reader itself: every page is read by it, and held against all that is known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from yiqihui_spider.characters import squeeze
from yiqihui_spider.items import ArticleItem, ParsedPage
from yiqihui_spider.learn import labels
from yiqihui_spider.learn.key import AnswerKey, Known
from yiqihui_spider.learn.lesson import PageProof, Proof, width
from yiqihui_spider.learn.sights import Page
from yiqihui_spider.learn.templates import SEPARATORS
from yiqihui_spider.parse.read import read_page
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.wording import counted

_SAMPLES = 3
_LEAK = 40
_DAY = 10
_PROSE = 40
_A_TITLE = 5
_ODD_SOURCE = re.compile(rf"[:：|｜]|(?:{labels.SOURCE.pattern})[:：/ ]|[0-9]{{4}}[-/年]")
_ALIKE_ENOUGH = 0.6


class Reading(NamedTuple):
    page: ParsedPage
    around: tuple[str, ...]
    """What was taken for no content."""
    titles: int
    """Articles that links on it lead to by what may be their titles."""

    @property
    def aside(self) -> Iterator[str]:
        """Running text in it."""
        lines = (line for part in self.around for line in part.split("\n"))
        return (line for line in lines if len(line) >= _PROSE and "。" in line)

    def asked(self, known: Sequence[Known]) -> list[Known]:
        """The articles that must be found on the page: not those in a box beside a list that is whole
        (推荐阅读)."""
        page = self.page
        if page.kind != "listing" or len(page.articles) != width(page.declared):
            return list(known)
        around, own = squeeze("".join(self.around)), squeeze("".join(one.body for one in page.articles))
        return [one for one in known if one.beginning in own or one.beginning not in around]


def read_closely(page: Page, site: SiteProfile) -> Reading:
    text, split, parsed = read_page(page.body, page.content_type, page.url, site)
    around = (one.span.of(text.text) for one in split.segments if one.kind == "furniture")
    titles = {one.href for one in text.links if len(one.text) > _A_TITLE and site.is_article(one.href)}
    return Reading(parsed, tuple(around), len(titles))


@dataclass(frozen=True)
class Case:
    """A page with what is known of it."""

    page: Page
    before: Reading | None
    """By the profile in force."""
    known: tuple[Known, ...]
    given: bool
    """Asked for by name: it must be read."""

    @property
    def was_understood(self) -> bool:
        if self.before is None or not is_understood(self.before.page):
            return False
        asked = self.before.asked(self.known)
        return not _found_again(asked, self.before.page.articles, _DAY)[2]


def is_understood(page: ParsedPage) -> bool:
    told = page.articles or (page.declared is not None and page.declared.total == 0)
    whole = page.kind == "article" or page.declared is not None
    return bool(told) and page.kind != "other" and whole and not page.residues and not page.problems


def read(page: Page, site: SiteProfile) -> ParsedPage:
    return read_page(page.body, page.content_type, page.url, site)[2]


def prove(site: SiteProfile, cases: Sequence[Case], concerned: Sequence[bool], key: AnswerKey) -> Proof:
    """``concerned``: which pages hold what the profile was learned from."""
    shown = [read_closely(case.page, site) for case in cases]
    readings = [one.page for one in shown]
    precision = _precision(site)
    repeated = Counter(line for one in shown for line in set(one.aside))
    pages = tuple(
        _page(case, reading, of_layout, precision, repeated)
        for case, reading, of_layout in zip(cases, shown, concerned, strict=True)
    )
    new = [
        reading for reading, one in zip(readings, pages, strict=True) if not one.as_before and one.of_layout
    ]
    faults = [
        *_ranges(new),
        *_leaks(new),
        *_falling(new, key),
        *_odd_sources(new),
        *_other_sources(new, key),
        *_numbers(new, key),
    ]
    samples = [article for reading in new if reading.kind == "listing" for article in reading.articles]
    return Proof(pages, tuple(faults), tuple(samples[:_SAMPLES]))


def _precision(site: SiteProfile) -> int:
    markers = site.markers
    forms = [one.template for one in markers.sequences] + [one.template for one in markers.labelled]
    if all("{second}" in form for form in forms):
        return 19
    return 16 if all("{minute}" in form for form in forms) else 10


# --- one page ------------------------------------------------------------------------------------


def _page(
    case: Case, shown: Reading, of_layout: bool, precision: int, repeated: Mapping[str, int]
) -> PageProof:
    reading = shown.page
    as_before = case.was_understood and case.before is not None and _same(case.before.page, reading)
    asked = shown.asked(case.known)
    found, edited, missing = _found_again(asked, reading.articles, precision)
    faults: list[str] = []
    if case.page.understood and case.was_understood and not as_before:
        faults.append("read otherwise than by the profile in force")
    elif not as_before and (of_layout or case.given or case.was_understood):
        lost = (f"not found again: {name}" for name in missing)
        faults = [*_unread(reading), *_untitled(shown), *_hidden(shown, repeated), *lost]
    return PageProof(
        case.page.name,
        case.page.url,
        reading.kind,
        len(reading.articles),
        reading.declared,
        reading.category or case.page.category,
        reading.residue_chars,
        len(asked),
        found,
        edited,
        tuple(missing),
        tuple(faults),
        as_before,
        of_layout or case.given,
    )


def _same(one: ParsedPage, other: ParsedPage) -> bool:
    return (one.kind, one.declared, one.articles) == (other.kind, other.declared, other.articles)


def _unread(reading: ParsedPage) -> Iterator[str]:
    if reading.residue_chars:
        first = reading.residues[0]
        shown = " ".join(first.text.split())[:30]
        yield f"{counted(reading.residue_chars, 'character')} unexplained: {shown} ({first.reason})"
    yield from reading.problems
    if reading.kind == "listing" and reading.declared is None:
        yield "no pager that can be read"
    if reading.kind == "listing":
        untitled = sum(one.title is None for one in reading.articles)
        if untitled and untitled < len(reading.articles):
            yield f"{counted(untitled, 'entry', 'entries')} without a title beside others that have one"
        empty = sum(not one.body for one in reading.articles)
        if empty and empty < len(reading.articles):
            yield f"{counted(empty, 'entry', 'entries')} without a text beside others that have one"
    if reading.kind == "other":
        yield "neither a listing nor an article"


def _untitled(shown: Reading) -> Iterator[str]:
    """A list without titles, on a page that has them: they were taken for parts of markers, or of texts."""
    reading = shown.page
    lost = reading.kind == "listing" and not any(one.title for one in reading.articles)
    if lost and shown.titles >= len(reading.articles) > 0:
        yield "the titles of its articles are not read"


def _hidden(shown: Reading, repeated: Mapping[str, int]) -> Iterator[str]:
    """Text that is not an article's, on a page that holds more of it than of articles; what stands on
    other pages too is a box beside the list."""
    reading = shown.page
    own = sum(len(one.body) for one in reading.articles)
    aside = sum(len(line) for line in shown.aside if repeated[line] < 2)
    if aside > own:
        yield f"{counted(aside, 'character')} of running text are taken for no content"
    if reading.kind == "article" and not own:
        yield "an article's page without a text"


def _found_again(
    known: Sequence[Known], articles: Sequence[ArticleItem], precision: int
) -> tuple[int, int, list[str]]:
    exact = edited = 0
    missing: list[str] = []
    by_text = {squeeze(one.body): one for one in articles if one.body}
    for one in known:
        article = by_text.get(one.text)
        same = article is not None
        article = article or next((other for other in articles if _is_meant(one, other)), None)
        wrong = "not read" if article is None else _wrong(one, article, same, precision)
        if wrong is None:
            exact += same
            edited += not same
        else:
            missing.append(f"{one.name}: {wrong}")
    return exact, edited, missing


def _is_meant(known: Known, article: ArticleItem) -> bool:
    if known.site_id is not None and article.site_id is not None:
        return known.site_id == article.site_id
    return (
        known.title is not None
        and article.title is not None
        and squeeze(known.title) == squeeze(article.title)
    )


def _wrong(known: Known, article: ArticleItem, same: bool, precision: int) -> str | None:
    if article.published_at[:precision] != known.published_at[:precision]:
        return f"its time is read as {article.published_at}"
    if known.title and article.title and not _same_title(known.title, article.title):
        return f"its title is read as {article.title[:40]}"
    if same:
        return None
    text, other = known.text, squeeze(article.body)
    if article.excerpt or (other and text.startswith(other.rstrip("…."))):
        return None  # only a beginning is shown
    leaked = text in other and len(other) - len(text) <= _LEAK and other != text
    if leaked:
        return f"more is read than its text: {other.replace(text, '…')[:40]}"
    return None if _likeness(text, other) >= _ALIKE_ENOUGH else "another text is read"


def _same_title(one: str, other: str) -> bool:
    a, b = squeeze(one).rstrip("…."), squeeze(other).rstrip("….")
    return a == b or a.startswith(b) or b.startswith(a)


def _likeness(one: str, other: str) -> float:
    """Of the pieces of a text how many stand in the other."""
    pieces = [one[at : at + 8] for at in range(0, max(1, len(one) - 7), 8)]
    return sum(piece in other for piece in pieces) / len(pieces)


# --- all pages together ------------------------------------------------------------------------


def _ranges(readings: Sequence[ParsedPage]) -> Iterator[str]:
    """Pages of one listing must not overlap, and pages of one size must begin where the last one ended."""
    listings = [one for one in readings if one.declared is not None and one.declared.total and one.articles]
    for one, other in combinations(listings, 2):
        a, b = one.declared, other.declared
        assert a is not None
        assert b is not None
        if one.category != other.category or a.total != b.total or a.page == b.page:
            continue
        earlier, later = (a, b) if a.page < b.page else (b, a)
        if earlier.last >= later.first:
            yield f"the ranges of pages {earlier.page} and {later.page} overlap"
        elif later.page == earlier.page + 1 and earlier.last + 1 != later.first:
            yield f"the ranges of pages {earlier.page} and {later.page} leave a gap"
        shared = {(x.title, x.body) for x in one.articles} & {(x.title, x.body) for x in other.articles}
        if shared:
            yield f"pages {earlier.page} and {later.page} show the same articles"


def _leaks(readings: Sequence[ParsedPage]) -> Iterator[str]:
    """What opens or ends most texts alike is no text; nor is a line of a few words at one end of many."""
    for reading in readings:
        bodies = [one.body for one in reading.articles if one.body and not one.excerpt]
        if reading.kind != "listing" or len(bodies) < _SAMPLES:
            continue
        for name, edges in (("end", map(_tail, bodies)), ("beginning", map(_head, bodies))):
            shapes = [re.sub("[0-9]+", "0", edge) for edge in edges if edge]
            for shape in dict.fromkeys(shapes):
                if 2 * shapes.count(shape) > len(bodies):
                    yield f"most texts have the same {name}, which is none of theirs: {shape[:30]}"
        yield from _short_lines(bodies)


def _short_lines(bodies: Sequence[str]) -> Iterator[str]:
    for name, at in (("end", -1), ("begin", 0)):
        lines = [body.split("\n")[at] for body in bodies if "\n" in body]
        short = [one for one in lines if len(one) <= _LEAK and not re.search("[。！？!?…”’」』）)]", one)]
        if len(short) >= _SAMPLES and 4 * len(short) > len(bodies):
            yield f"{len(short)} texts {name} with a line that is no sentence: {short[0]}"


def _tail(body: str) -> str:
    """What stands behind the last sentence, if it is short."""
    last = re.split("[。！？!?…”’」』）)]", body)[-1].strip()
    return last if 0 < len(last) <= _LEAK else ""


def _head(body: str) -> str:
    first, _, rest = body.partition("\n")
    return first if rest and len(first) <= _LEAK and not re.search("[。！？]", first) else ""


def _pairs(readings: Sequence[ParsedPage], key: AnswerKey) -> Iterator[tuple[Known, ArticleItem]]:
    by_text = {one.text: one for one in key.articles}
    for reading in readings:
        for article in reading.articles:
            known = by_text.get(squeeze(article.body)) or key.by_number.get(article.site_id or -1)
            if known is not None:
                yield known, article


def _falling(readings: Sequence[ParsedPage], key: AnswerKey) -> Iterator[str]:
    both = [
        (known.views, article.views)
        for known, article in _pairs(readings, key)
        if known.views is not None and article.views is not None
    ]
    fallen = sum(now < then * 0.95 for then, now in both)
    if len(both) >= _SAMPLES and 5 * fallen > len(both):
        yield f"what is read as views is less than it was, for {fallen} of {len(both)} known articles"


def _odd_sources(readings: Sequence[ParsedPage]) -> Iterator[str]:
    """What holds a label, or opens with a mark, is more than a source."""
    named = dict.fromkeys(one.source for reading in readings for one in reading.articles if one.source)
    odd = next((one for one in named if one[0] in SEPARATORS or _ODD_SOURCE.search(one)), None)
    if odd is not None:
        yield f"what is read as the source is more than that: {odd[:40]}"


def _other_sources(readings: Sequence[ParsedPage], key: AnswerKey) -> Iterator[str]:
    both = [
        (known.source, article.source)
        for known, article in _pairs(readings, key)
        if known.source is not None and article.source is not None
    ]
    other = sum(one != two for one, two in both)
    if len(both) >= _SAMPLES and 2 * other > len(both):
        yield f"what is read as the source is another one, for {other} of {len(both)} known articles"


def _numbers(readings: Sequence[ParsedPage], key: AnswerKey) -> Iterator[str]:
    by_text = {one.text: one for one in key.articles if one.site_id is not None}
    both = [
        (known.site_id, article.site_id)
        for reading in readings
        for article in reading.articles
        if article.site_id is not None and (known := by_text.get(squeeze(article.body))) is not None
    ]
    other = sum(one != two for one, two in both)
    if other:
        yield f"addresses hold other numbers than before, for {other} of {len(both)} known articles"
