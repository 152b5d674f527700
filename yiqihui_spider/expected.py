"""Is this the page that was asked for? What a listing page that came is, and what it is not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from yiqihui_spider import site
from yiqihui_spider.addresses import same_site
from yiqihui_spider.agenda import Agenda
from yiqihui_spider.archive import progress
from yiqihui_spider.items import PageItem, Reading, Step

NO_LISTING = "not a listing page: no pager and no entries"


@dataclass(frozen=True, slots=True)
class Expected:
    db: Database
    agenda: Agenda

    def not_the_listing(self, step: Step, reading: Reading) -> str | None:
        """Why this page is not the listing page asked for, or None."""
        if reading.kind != "listing" or not (reading.declared or reading.articles):
            return NO_LISTING
        wanted = self.agenda.plan.categories
        if step.walk_id is None or reading.category is None:
            return None
        first = not progress.has_pages(self.db, step.walk_id)
        if first and wanted and reading.category not in wanted:
            return f"the page lists {reading.category}, not {' or '.join(wanted)}"
        if reading.category != step.category and (not first or self._is_another(reading.category, step)):
            return f"the page lists {reading.category}, not {step.category}"
        return None

    def _is_another(self, name: str, step: Step) -> bool:
        """Whether a category that a walk's first page names is one that starts elsewhere: then the
        page is a wrong answer, and no new name of the category asked for."""
        if self.agenda.found.get(name, step.url) != step.url:
            return True
        known = progress.known_categories(self.db)
        return step.category in known and known.get(name, step.url) != step.url

    def starts_elsewhere(self, step: Step, reading: Reading) -> bool:
        """Whether the address remembered for a category shows no listing, but links to that
        category elsewhere: the listing has moved, or a wrong answer once made us take the
        section page for it."""
        if links(reading, step).get(step.category or "", step.url) == step.url:
            return False
        if step.category in self.agenda.found:  # by a section page of this run: not in circles
            return False
        if step.walk_id is not None:
            return not progress.has_pages(self.db, step.walk_id)
        return step.url in progress.known_categories(self.db).values()

    def is_guess(self, step: Step) -> bool:
        """Only a link of the section page makes us think that this is a category's listing."""
        if step.walk_id is None or step.category not in self.agenda.found:
            return False
        return step.category not in progress.known_categories(self.db)

    def is_no_category(self, item: PageItem, step: Step, reading: Reading) -> bool:
        """Whether a link of the section page that looked like a category is none.

        The page must show that it is one of the site's own, or an error page would do.
        """
        trail = item.page.breadcrumb if item.page else ()
        own = reading.kind != "listing" and bool(trail) and site.LISTING_LEAF not in trail
        return own and self.is_guess(step)


def links(reading: Reading, step: Step) -> dict[str, str]:
    """Category names and addresses that the page links to, on its own host."""
    return {name: url for name, url in reading.listing_urls.items() if same_site(url, step.url)}
