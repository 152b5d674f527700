"""The search for a profile: candidates from what repeats, each proven with the reader, the best kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from yiqihui_spider.learn import frame
from yiqihui_spider.learn.account import breadcrumb_text, differences, nothing_found
from yiqihui_spider.learn.draft import Draft, profile_text
from yiqihui_spider.learn.forms import FormSet, Told, form_sets
from yiqihui_spider.learn.frame import Crumb
from yiqihui_spider.learn.key import AnswerKey
from yiqihui_spider.learn.lesson import Lesson, Proof, Rival, Verdict
from yiqihui_spider.learn.listings import Listings, head, listings_of, pager_readings, read_on
from yiqihui_spider.learn.markers import Group, groups, pairs
from yiqihui_spider.learn.one_site import of_hosts, of_the_site_that_can_be_read, with_note
from yiqihui_spider.learn.pagers import PagerReading, words
from yiqihui_spider.learn.proof import Case, prove, read, read_closely
from yiqihui_spider.learn.sights import Page, Sight
from yiqihui_spider.site import SiteError, SiteProfile, parse_profile

_MOST_GROUPS = 6
_WHERE = "what was learned"
NO_LINKS = "no links to articles with a number in them: the addresses in the profile are a guess"
OTHER_SITE = (
    "none of the archive's articles stands on these pages: nothing says that they are of its site "
    "(with --archive NEW, a file that is not there yet, they are learned from nothing)"
)
ONLY_ARTICLES = (
    "the listings are read as before, and only articles' own pages are not: forms are learned from lists; "
    "write the marker that these pages print into marker.forms"
)
_UNKNOWN_HOST = "unknown.invalid"

Spent = Callable[[], bool]
"""Whether the time for the search is over."""


@dataclass(frozen=True)
class Candidate:
    draft: Draft
    text: str
    profile: SiteProfile
    proof: Proof

    @property
    def worth(self) -> tuple[bool, tuple[int, int]]:
        return self.proof.holds, self.proof.worth


class Search:
    def __init__(
        self, pages: Sequence[Page], given: SiteProfile, key: AnswerKey, *, fresh: bool, host: str | None,
        asked: bool, spent: Spent,
    ) -> None:  # fmt: skip
        self.given, self.key, self.fresh, self.host, self.spent = given, key, fresh, host, spent
        before = [None if fresh else read_closely(page, given) for page in pages]
        self.sights: list[Sight | None] = []
        self.cases: list[Case] = []
        for page, reading in zip(pages, before, strict=True):
            sight = Sight(page)
            titles = [link.text for link in sight.links]
            known = tuple(key.on_page(sight.squeezed, titles)) if key else ()
            case = Case(page, reading, known, asked and not page.understood)
            self.sights.append(None if case.was_understood else sight)
            self.cases.append(case)
        self.tried = 0
        self.faults: list[str] = []

    @property
    def new(self) -> list[Sight]:
        """Pages that the profile in force does not read."""
        return [sight for sight in self.sights if sight is not None]

    @property
    def knows_some(self) -> bool:
        """Whether known articles stand on pages that are not read."""
        return any(
            case.known for case, sight in zip(self.cases, self.sights, strict=True) if sight is not None
        )

    def only_articles(self) -> list[str]:
        """Why nothing can be learned where the lists are read as before, and articles' own pages are not."""
        pages = [sight.page for sight in self.new]
        if len(pages) == len(self.cases) or not all(self.given.is_article(page.url) for page in pages):
            return []
        return [ONLY_ARTICLES]

    # --- candidates ------------------------------------------------------------------------

    def candidates(self) -> Iterator[Candidate]:
        every = groups(self.new)
        for group in sorted(every, key=self._promise, reverse=True)[:_MOST_GROUPS]:
            listings = listings_of(group)
            if listings is None:
                continue
            yield from self._of(listings, every)

    def _promise(self, group: Group) -> tuple[int, int, int]:
        """Groups whose times are those of known articles first, then those with most text between."""
        right = 0
        if self.key:
            known = pairs(group.found, self.key)
            right = sum(
                one is not None and one.time.startswith(found.spot.time)
                for one, found in zip(known, group.found, strict=True)
            )
        spread = sum(own[-1].end - own[0].start for sight in group.sights if len(own := group.on(sight)) > 1)
        return right, spread, len(group.found)

    def _of(self, listings: Listings, every: Sequence[Group]) -> Iterator[Candidate]:
        pagers: list[PagerReading | None] = [*pager_readings(listings)] or [None]
        details = self._detail_forms(listings, every)
        for forms, pager, before in product(
            form_sets(listings.found, self.key, self.given), pagers, (False, True)
        ):
            if forms.fault:
                self.faults.append(forms.fault)
                continue
            if self.spent():
                return
            fitting = [one for one in details if one.goes_with(forms)]
            for own in _with_details(forms, fitting):
                made = self._proven(self._draft(own, listings, pager, before), listings, forms.told)
                if made is not None:
                    yield made
                    if made.proof.holds:
                        break

    def _detail_forms(self, listings: Listings, every: Sequence[Group]) -> list[FormSet]:
        """Forms of the markers on articles' own pages."""
        pages = [sight for sight in self.new if sight not in listings.sights]
        heads = [found for sight in pages if (found := head(sight, every)) is not None]
        if not heads:
            return []
        both = form_sets([*listings.bare, *heads], self.key, self.given)
        return [one for one in (*both, *form_sets(heads, self.key, self.given)) if not one.fault]

    # --- a profile ---------------------------------------------------------------------------

    def _draft(
        self, forms: tuple[str, ...], listings: Listings, pager: PagerReading | None, before: bool
    ) -> Draft:
        held = [len(listings.group.on(sight)) for sight in listings.sights]
        addresses = frame.address_forms(listings.sights, listings.spans(), held)
        crumb = self._crumb(listings)
        urls = [sight.page.url for sight in self.new]
        hosts = [self.host] if self.host else frame.hosts(urls) or [_UNKNOWN_HOST]
        used = list(listings.zones) if pager is not None else []
        called = words(used, pager.told if pager else [])
        title = crumb.section or hosts[0]
        return Draft(
            forms=forms,
            before=before,
            pager=pager.template if pager else None,
            size=pager.size if pager else None,
            pager_words=called,
            crumb=crumb,
            addresses=tuple(addresses[:1]),
            hosts=tuple(hosts),
            start=frame.start_of(crumb.start, urls, hosts[0]),
            name=frame.name_of(hosts[0]),
            title=title,
            sources=(),
            read_on=read_on(listings),
        )

    def _crumb(self, listings: Listings) -> Crumb:
        found = [
            (sight, trail)
            for sight, (start, _) in zip(listings.sights, listings.spans(), strict=True)
            if (trail := frame.trail(sight, start)) is not None
        ]
        return frame.crumb(found, self.key.categories)

    def _proven(self, draft: Draft, listings: Listings, told: Sequence[Told]) -> Candidate | None:
        if not draft.addresses and self.fresh:
            draft = replace(
                draft, addresses=tuple(form.template for form in self.given.addresses[:1]), note=NO_LINKS
            )
        text = profile_text(draft, self.given, fresh=self.fresh)
        self.tried += 1
        try:
            profile = parse_profile(text, _WHERE)
        except SiteError as error:
            self.faults.append(str(error))
            return None
        concerned = [sight in listings.sights or _is_article(sight, profile) for sight in self.sights]
        quick = [at for at, sight in enumerate(self.sights) if sight is not None]
        proof = self._prove(profile, concerned, quick)
        if proof.holds and len(quick) < len(self.cases):
            proof = self._prove(profile, concerned, range(len(self.cases)))
        if proof.holds and (fault := _disagreement(listings, profile, told)):
            proof = replace(proof, faults=(fault,))
        return Candidate(draft, text, profile, proof)

    def _prove(self, profile: SiteProfile, concerned: Sequence[bool], chosen: Sequence[int]) -> Proof:
        return prove(profile, [self.cases[at] for at in chosen], [concerned[at] for at in chosen], self.key)


def _disagreement(listings: Listings, site: SiteProfile, told: Sequence[Told]) -> str | None:
    """Where the reader finds something else in a marker than the template that it was learned from."""
    place = 0
    for sight in listings.sights:
        held = len(listings.group.on(sight))
        for one, article in zip(told[place : place + held], read(sight.page, site).articles, strict=False):
            shown = (article.views, article.source)
            same_time = article.published_at.replace("T", " ").startswith(one.time)
            if not same_time or shown != (one.views, one.source):
                return f"{sight.page.name}: a marker says {tuple(one)}, and is read as {shown}"
        place += held
    return None


def _is_article(sight: Sight | None, site: SiteProfile) -> bool:
    return sight is not None and site.is_article(sight.page.url)


def _with_details(forms: FormSet, details: Sequence[FormSet]) -> Iterator[tuple[str, ...]]:
    """The listing's forms alone, and with those of articles' own pages; these first where a list's
    markers have several lines: its forms may read an article's page in part."""
    both = (tuple(dict.fromkeys((*forms.forms, *one.forms))) for one in details)
    more = [one for one in both if one != forms.forms]
    lines = any("\n" in form for form in forms.forms)
    yield from [*more, forms.forms] if lines else [forms.forms, *more]


# --- the way in -----------------------------------------------------------------------------------


def learn(
    pages: Sequence[Page],
    given: SiteProfile,
    key: AnswerKey | None = None,
    *,
    fresh: bool = False,
    host: str | None = None,
    asked: bool = True,
    spent: Spent = lambda: False,
) -> Lesson:
    """What a site profile that reads these pages would be, and the proof of it.

    ``given``: the profile in force, whose archive ``key`` speaks of; ``fresh``: the pages are of a site that
    is not known, and of ``given`` only the words that hold for Chinese pages are used. ``asked``: each page
    must be read, else those that hold nothing of a layout are passed over.
    """
    key = key or AnswerKey()
    others: list[Page] = []
    if host is not None or not fresh:
        pages, others = of_hosts(pages, [host] if host else given.hosts)

    def of(some: Sequence[Page]) -> Lesson:
        return _learn(Search(some, given, key, fresh=fresh, host=host, asked=asked, spent=spent))

    if fresh and host is None:
        return of_the_site_that_can_be_read(pages, of)
    return with_note(of(pages), others)


def _learn(search: Search) -> Lesson:
    if not search.new:
        return Lesson(Verdict.KNOWN, reasons=("the profile in force reads all of these pages",))
    if search.key and not search.knows_some:
        return Lesson(Verdict.NOTHING, reasons=(OTHER_SITE,))
    best: Candidate | None = None
    proven: list[Candidate] = []
    for one in search.candidates():
        if one.proof.holds:
            proven.append(one)
        if best is None or one.worth > best.worth:
            best = one
        if search.spent():
            break
    if best is None or not best.proof.reads_something:
        why = [
            f"what repeats has the form {form}, and no profile reads the pages by it"
            for form in (best.draft.forms[:1] if best else ())
        ]
        told = [*why, *search.faults] or search.only_articles() or nothing_found(search.new)
        reasons = tuple(dict.fromkeys(told))
        return Lesson(Verdict.NOTHING, reasons=reasons, tried=search.tried)
    return _lesson(search, proven, proven[0] if proven else best)


def _lesson(search: Search, proven: Sequence[Candidate], best: Candidate) -> Lesson:
    rivals = _rivals(search, best, proven)
    sure = best.proof.holds and not rivals and not best.draft.note
    verdict = Verdict.PROVEN if sure else Verdict.IN_PART
    reasons = [*best.proof.every_fault()]
    if best.draft.note:
        reasons.append(best.draft.note)
    if not best.draft.pager:
        reasons.append(
            "no pager with a total that fits the entries: nothing proves that a listing is complete"
        )
    if rivals:
        reasons.append("the pages can be read in several ways that explain them equally well")
    notes: list[str] = []
    if _UNKNOWN_HOST in best.draft.hosts:
        notes.append(
            "the pages do not say which host they are of: --host NAME, or the line hosts = in the file"
        )
    return Lesson(
        verdict,
        best.text,
        best.draft.forms,
        best.draft.before,
        best.draft.pager,
        best.draft.addresses,
        breadcrumb_text(best.draft.crumb),
        best.proof,
        rivals,
        tuple(dict.fromkeys(reasons)),
        tuple(notes),
        search.tried,
    )


def _rivals(search: Search, best: Candidate, proven: Sequence[Candidate]) -> list[Rival]:
    """The other proven readings that differ from the best in anything but their words."""
    found: list[Rival] = []
    if len(proven) < 2:
        return found
    pages = [case.page for case in search.cases]
    own = [read(page, best.profile) for page in pages]
    for other in proven:
        if other is best or search.spent():
            continue
        told = differences(own, [read(page, other.profile) for page in pages])
        if told:
            shown = other.draft.forms if other.draft.forms != best.draft.forms else (other.draft.pager or "",)
            found.append(Rival(shown, tuple(told[:3])))
    return found
