"""Is this the page that was asked for? What a listing page that came is, and what it is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlite_utils import Database

from yiqihui_spider.archive.articles.identity import (
    ALIKE,
    cut_at,
    is_beginning,
    lacks_middle,
    likeness,
    same_text,
    without_ending,
)
from yiqihui_spider.archive.articles.listing_evidence import (
    ListedAs,
    articles_at,
    has_places,
    listed_as,
    places,
    texts_listed,
)
from yiqihui_spider.archive.state import categories, walks
from yiqihui_spider.characters import squeeze
from yiqihui_spider.crawl.frontier import Frontier
from yiqihui_spider.items import ArticleItem, FetchTask, PageItem, PageText, ParsedPage
from yiqihui_spider.parse.cut_off import CUT_OFF
from yiqihui_spider.site import SiteProfile
from yiqihui_spider.site.chinese import PLAIN_DIGITS
from yiqihui_spider.urls import same_page, same_site
from yiqihui_spider.wording import counted

NO_LISTING = "not a listing page: no pager and no entries"


@dataclass(frozen=True, slots=True)
class PageCheck:
    db: Database
    frontier: Frontier

    @property
    def site(self) -> SiteProfile:
        return self.frontier.site

    def not_the_listing(self, task: FetchTask, reading: ParsedPage) -> str | None:
        """Why this page is not the listing page asked for, or None."""
        if reading.kind != "listing" or not (reading.declared or reading.articles):
            return NO_LISTING
        wanted = self.frontier.options.categories
        if task.walk_id is None or reading.category is None:
            return None
        first = not walks.has_pages(self.db, task.walk_id)
        if first and wanted and reading.category not in wanted:
            return f"the page lists {reading.category}, not {' or '.join(wanted)}"
        if reading.category != task.category and (not first or self._is_another(reading.category, task)):
            return f"the page lists {reading.category}, not {task.category}"
        return None

    def not_the_article(self, item: PageItem, task: FetchTask, reading: ParsedPage) -> str | None:
        """Why this page is not the article's own that was asked for, or None."""
        if CUT_OFF in reading.problems:
            return CUT_OFF
        if reading.kind != "article" or len(reading.articles) != 1:
            return "not a detail page: no article with its marker"
        number, asked = (self.site.article_number(url) for url in (item.url, task.url))
        if asked is not None and number is not None and number != asked:
            return f"redirected to another article: {item.url}"
        articles = articles_at(self.db, task.url, asked)
        return self._not_as_listed(reading.articles[0], articles)

    def _not_as_listed(self, found: ArticleItem, articles: Sequence[int]) -> str | None:
        listed, texts = listed_as(self.db, articles), list(texts_listed(self.db, articles))
        return another_article(found, listed, texts) or cut_short(found, texts)

    def is_listed(self, task: FetchTask) -> bool:
        """Whether an article is still listed anywhere, as far as this run's certified walks tell."""
        articles = articles_at(self.db, task.url, self.site.article_number(task.url))
        return not articles or any(
            self.frontier.lists(category, article)
            for article in articles
            for category in places(self.db, article)
        )

    def _is_another(self, name: str, task: FetchTask) -> bool:
        """Whether a category that a walk's first page names is one that starts elsewhere: then the
        page is a wrong answer, and no new name of the category asked for."""
        if self.frontier.found.get(name, task.url) != task.url:
            return True
        known = categories.known_categories(self.db)
        return task.category in known and known.get(name, task.url) != task.url

    def starts_elsewhere(self, task: FetchTask, reading: ParsedPage) -> bool:
        """Whether the address remembered for a category shows no listing, but links to that
        category elsewhere: the listing has moved, or a wrong answer once made us take the
        section page for it."""
        if links(reading, task, self.site).get(task.category or "", task.url) == task.url:
            return False
        if task.category in self.frontier.found:  # by a section page of this run: not in circles
            return False
        if task.walk_id is not None:
            return not walks.has_pages(self.db, task.walk_id)
        return task.url in categories.known_categories(self.db).values()

    def is_guess(self, task: FetchTask) -> bool:
        """Only a link of the section page makes us think that this is a category's listing."""
        if task.walk_id is None or task.category not in self.frontier.found:
            return False
        return task.category not in categories.known_categories(self.db) and not has_places(
            self.db, task.category
        )

    def is_no_category(self, item: PageItem, task: FetchTask, reading: ParsedPage) -> bool:
        """Whether a link of the section page that looked like a category is none.

        The page must show that it is what the link names, or an error page, a login, the section page
        or the home page in its place would do; and none of the site's articles, which stand in no
        category's place unless something is mixed up.
        """
        trail = item.page.breadcrumb if item.page else ()
        own = (
            reading.kind != "listing"
            and not reading.articles
            and _ends_in(trail, task.category or "")
            and self.site.breadcrumb.listing not in trail
        )
        return own and self.is_guess(task)


def _ends_in(trail: Sequence[str], name: str) -> bool:
    """Whether a breadcrumb's last step is what a link calls the page, in more words or in fewer."""
    last = squeeze(trail[-1]) if trail else ""
    return bool(last) and bool(name) and (squeeze(name) in last or last in squeeze(name))


def another_article(found: ArticleItem, listed: Sequence[ListedAs], texts: Sequence[str] = ()) -> str | None:
    """Why an article that came is none that was ``listed`` at its address, with these texts: its time
    *and* its title are others, or its title and its text. An edit that changes as much at once is told by
    the next listing. Pure."""
    if not listed or any(_may_be(found, one) for one in listed):
        return None if not listed or _keeps_something(found, listed, texts) else _another(found, listed)
    return _another(found, listed)


def _another(found: ArticleItem, listed: Sequence[ListedAs]) -> str:
    named = f"{listed[0].title or 'an article'} of {listed[0].published_at}"
    return f"another article than listed at this address: {found.title} of {found.published_at}, not {named}"


def _keeps_something(found: ArticleItem, listed: Sequence[ListedAs], texts: Sequence[str]) -> bool:
    """Whether title or text are those listed, as far as both sides tell."""
    titles = [one.title for one in listed if one.title is not None]
    known = [text for text in texts if squeeze(text)]
    if found.title is None or not titles or not known or not squeeze(found.body):
        return True
    alike = any(likeness(found.body, text) >= ALIKE for text in known)
    return alike or any(_same_title(found.title, title) for title in titles)


def cut_short(found: ArticleItem, listed: Iterable[str]) -> str | None:
    """Why an article's own page is no whole one: the listing shows the text that goes on where this one
    ends. An edit since that was read is told by the next. Pure."""
    for text in listed:
        if lacks_middle(found.body, text):
            return "a piece is missing of the text that the listing shows, from within a sentence"
        shown = cut_at(found.body, text)
        if shown is not None:
            whole = len(without_ending(text))
            return f"cut short: {shown} of {whole} characters that the listing shows of its text"
    return None


def _may_be(found: ArticleItem, listed: ListedAs) -> bool:
    if listed.published_at is None or found.published_at == listed.published_at:
        return True
    if found.title is None or listed.title is None:
        return same_but_for_precision(found.published_at, listed.published_at)
    return _same_title(found.title, listed.title)


def same_but_for_precision(one: str, other: str) -> bool:
    """Whether two pages may mean one moment: one of them prints no seconds, or the day alone.

    >>> same_but_for_precision("2019-04-13T09:30:07+08:00", "2019-04-13T09:30:00+08:00")
    True
    >>> same_but_for_precision("2019-04-13T09:30:07+08:00", "2019-04-13T09:30:08+08:00")
    False
    """
    return any(
        one[:shown] == other[:shown] and rest in (one[shown:19], other[shown:19])
        for shown, rest in ((16, ":00"), (10, "T00:00:00"))
    )


def _same_title(one: str, other: str) -> bool:
    return same_text(one, other) or is_beginning(one, other, ()) or is_beginning(other, one, ())


def links(reading: ParsedPage, task: FetchTask, site: SiteProfile) -> dict[str, str]:
    """Category names and addresses that the page links to, on its own host."""
    return {name: url for name, url in reading.listing_urls.items() if same_site(url, task.url, site.names)}


def not_understood(reading: ParsedPage) -> str | None:
    """What of a page there is no reading of, or None: the site's layout may have changed. Pure."""
    if reading.residue_chars:
        reasons = "; ".join(sorted({residue.reason for residue in reading.residues}))
        return f"{counted(reading.residue_chars, 'character')} unexplained ({reasons})"
    if reading.mixed_up:
        return reading.mixed_up
    if reading.kind != "listing":
        return None
    if reading.declared is None:
        return "a listing page without a pager that can be read"
    if not reading.articles and 1 <= reading.declared.first <= reading.declared.last:
        return "a listing page without entries that can be read"
    return None


def pages_linked(text: PageText, url: str, site: SiteProfile) -> tuple[dict[int, str], str | None]:
    """Where the other pages of a listing seem to be, on a page whose pager is not read: links below
    its folder that are called by a number, and the next page's. Pure."""
    folder = urlsplit(url).path.rpartition("/")[0] + "/"
    numbers: dict[int, str] = {}
    onward = None
    for link in text.links:
        if not same_site(link.href, url, site.names) or same_page(link.href, url, site.names):
            continue
        path = urlsplit(link.href).path
        if not path.startswith(folder) or site.article_number(link.href) is not None:
            continue
        name = link.text.strip(" []").translate(PLAIN_DIGITS)
        if name.isascii() and name.isdigit() and len(name) < 5:
            numbers.setdefault(int(name), link.href)
        elif name in site.pager.next:
            onward = onward or link.href
    return numbers, onward
