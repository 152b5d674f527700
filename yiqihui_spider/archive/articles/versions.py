"""An article's life, worked out from everything that pages said of it. Pure.

Observations in order of capture time go in; versions, excerpts and current values come out,
the same whatever order the captures arrived in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from yiqihui_spider.archive.articles.identity import (
    content_hash,
    cut_at,
    ends_with_ellipsis,
    is_beginning,
    lacks_middle,
    same_text,
)
from yiqihui_spider.archive.articles.rows import Observation
from yiqihui_spider.characters import squeeze

SAME_FETCH = timedelta(days=1)
"""A listing and a detail page belong to one fetch if one run took them no further apart. (An
import is one run over years.)"""


@dataclass(slots=True)
class Version:
    """A text and title the article had, and the observation that first showed them."""

    content_hash: str
    first: Observation
    own_title: str | None
    inherited_title: str | None = None

    @property
    def title(self) -> str | None:
        return self.own_title or self.inherited_title


@dataclass(frozen=True, slots=True)
class Current:
    """What the newest pages say; each value from the newest page that has it."""

    source: str | None
    url: str | None
    site_id: int | None
    published_at: str | None
    views: int | None
    views_at: str | None
    first_seen_at: str
    last_seen_at: str
    detail_at: str | None
    foreign_address: str | None


@dataclass(frozen=True, slots=True)
class Life:
    """All that follows from an article's observations."""

    versions: list[Version]
    excerpts: frozenset[str]
    same_as: Mapping[str, str]
    """Texts that are another one under a title."""
    current: Current
    only_excerpts: bool


def life_of(seen: Sequence[Observation], texts: Mapping[str, str]) -> Life:
    """An article's life, from its observations in order (at least one) and the texts by hash."""
    excerpts = excerpt_hashes(seen, texts)
    same_as = titled_texts(seen, texts)
    only_excerpts = all(is_excerpt(observation, excerpts) for observation in seen)
    shorter = _shorter(texts) if only_excerpts else frozenset()
    return Life(versions(seen, excerpts, same_as, shorter), excerpts, same_as, current(seen), only_excerpts)


def _shorter(texts: Mapping[str, str]) -> frozenset[str]:
    """Of texts (by hash) those that are nothing, or a beginning of another."""
    return frozenset(
        key
        for key, text in texts.items()
        if any(
            is_beginning(text, other) or (squeeze(other) and not squeeze(text)) for other in texts.values()
        )
    )


def strangers(observations: Sequence[Observation]) -> frozenset[int]:
    """Captures of the article's address that showed another article: neither their time nor their
    title is one that a listing ever gave this one. (A cache that mixes up two addresses.)"""
    listed = [o for o in observations if not o.detail]
    titles = {o.title for o in listed if o.title}
    times = {o.published_at for o in listed}
    if not titles:
        return frozenset()
    titled = [o for o in observations if o.detail and o.title and o.published_at not in times]
    return frozenset(o.capture_id for o in titled if not _named(o.title, titles))


def cut_pages(observations: Sequence[Observation], texts: Mapping[str, str]) -> frozenset[int]:
    """Captures of the article's address that end where the listing's text goes on, and whose text nothing
    bears out: no listing has it, nor another page of its own at another time. (A connection that broke off
    in silence, a page saved while it loaded.) What came long before the longer text, grew."""
    listed = [o for o in observations if not o.detail]
    whole = {o.content_hash for o in listed}
    cut: set[int] = set()
    for detail in observations:
        if not detail.detail or detail.cut_short or detail.content_hash in whole:
            continue
        shown = texts[detail.content_hash]
        shorter = any(cut_at(shown, texts[o.content_hash]) is not None for o in _at_hand(detail, listed))
        beside = (o for o in listed if _apart(o, detail) <= SAME_FETCH)
        shorter = shorter or any(lacks_middle(shown, texts[o.content_hash]) for o in beside)
        if shorter and not _shown_again(detail, observations):
            cut.add(detail.capture_id)
    return frozenset(cut)


def _at_hand(detail: Observation, listed: Sequence[Observation]) -> Iterator[Observation]:
    """The listings of about the same time, and the last one before."""
    yield from (o for o in listed if _apart(o, detail) <= SAME_FETCH)
    before = [o for o in listed if o.observed_at <= detail.observed_at]
    yield from before[-1:]


def _shown_again(detail: Observation, observations: Sequence[Observation]) -> bool:
    return any(
        o.content_hash == detail.content_hash and o.detail and _apart(o, detail) > SAME_FETCH
        for o in observations
    )


def _apart(one: Observation, other: Observation) -> timedelta:
    return abs(datetime.fromisoformat(one.observed_at) - datetime.fromisoformat(other.observed_at))


def _named(title: str | None, titles: Collection[str]) -> bool:
    return title is not None and any(_same_title(title, other) for other in titles)


def _same_title(one: str, other: str) -> bool:
    if same_text(one, other):
        return True
    return any(
        ends_with_ellipsis(short) and is_beginning(short, long, ())
        for short, long in ((one, other), (other, one))
    )


def titled_texts(observations: Sequence[Observation], texts: Mapping[str, str]) -> dict[str, str]:
    """Texts (by hash) that are another one with the article's title before it: pages flattened to
    text put it on a line of its own. To the hash of the text that they are."""
    titles = {squeeze(o.title) for o in observations if o.title} - {""}
    if not titles or len(texts) < 2:
        return {}
    found: dict[str, str] = {}
    for key, text in texts.items():
        for rest in _after_title(squeeze(text), titles):
            bare = content_hash(rest)
            if bare in texts and bare != key:
                found[key] = bare
    return {key: _followed(found, key) for key in found}


def _after_title(text: str, titles: Collection[str]) -> list[str]:
    return [text[len(title) :] for title in titles if text.startswith(title) and text != title]


def _followed(found: Mapping[str, str], key: str) -> str:
    while key in found:
        key = found[key]
    return key


def excerpt_hashes(observations: Sequence[Observation], texts: Mapping[str, str]) -> frozenset[str]:
    """The texts that are only a beginning: by the page's own word, or by the detail page
    fetched along with the listing. Elsewhere a text that grew was edited."""
    found = {o.content_hash for o in observations if o.cut_short}
    nothing = {key for key, text in texts.items() if not squeeze(text)}
    if len(nothing) < len(texts):
        found |= nothing
    compared: set[tuple[str, str]] = set()
    for listed, detail in _fetched_together(observations):
        pair = (listed.content_hash, detail.content_hash)
        if pair[0] == pair[1] or pair[0] in found or pair in compared:
            continue
        compared.add(pair)
        if is_beginning(texts[pair[0]], texts[pair[1]]):
            found.add(pair[0])
    return frozenset(found)


def _fetched_together(observations: Sequence[Observation]) -> Iterator[tuple[Observation, Observation]]:
    """Each listing with each detail page of the same fetch."""
    details: defaultdict[int, list[Observation]] = defaultdict(list)
    for observation in observations:
        if observation.detail:
            details[observation.run_id].append(observation)
    for listed in observations:
        if not listed.detail:
            for detail in details.get(listed.run_id, ()):
                if same_fetch(listed, detail):
                    yield listed, detail


def same_fetch(one: Observation, other: Observation) -> bool:
    """Whether two observations of one run are near enough in time."""
    return _apart(one, other) <= SAME_FETCH


def is_excerpt(observation: Observation, excerpts: frozenset[str]) -> bool:
    """A listing's text known for an excerpt stays one; a detail page's is one only by its own word."""
    return observation.cut_short or (not observation.detail and observation.content_hash in excerpts)


def cut_titles(observations: Sequence[Observation]) -> frozenset[str]:
    """Titles that a page shortened: a beginning of another that ends in an ellipsis, or of the one
    on the detail page fetched along with the listing."""
    every = {o.title for o in observations if o.title}
    if len(every) < 2:
        return frozenset()
    pairs = {(t, other) for t in every if ends_with_ellipsis(t) for other in every}
    for listed, detail in _fetched_together(observations):
        if listed.title and detail.title:
            pairs.add((listed.title, detail.title))
    return frozenset(short for short, long in pairs if is_beginning(short, long, ()))


def versions(
    observations: Sequence[Observation],
    excerpts: frozenset[str],
    same_as: Mapping[str, str] | None = None,
    shorter: frozenset[str] = frozenset(),
) -> list[Version]:
    """The versions, oldest first, of observations in order. Excerpts give titles only, unless
    there is nothing else; then those that are ``shorter`` than another do. ``same_as`` tells which
    texts are others under a title."""
    bare = same_as or {}
    nothing_else = all(is_excerpt(o, excerpts) for o in observations)
    cut = cut_titles(observations)
    found: list[Version] = []
    early_title: str | None = None
    for observation in observations:
        text, title = observation.content_hash, observation.title
        if title in cut:
            title = None
        whole = text not in shorter if nothing_else else not is_excerpt(observation, excerpts)
        shown = bare.get(text, text) if whole else None
        if found:
            _go_on(found, observation, shown, title)
        elif shown is None:
            early_title = title or early_title
        else:
            found.append(Version(shown, observation, title or early_title))
    return found


def _go_on(found: list[Version], observation: Observation, text: str | None, title: str | None) -> None:
    last = found[-1]
    if text is not None and text != last.content_hash:
        found.append(Version(text, observation, title, last.title))
    elif title is None:
        return
    elif last.own_title is None:
        last.own_title = title
    elif not same_text(title, last.own_title):
        found.append(Version(last.content_hash, observation, title))


def current(observations: Sequence[Observation]) -> Current:
    """Current values of observations in order (at least one).

    The source is the newest one named, on whichever kind of page: which of two names the
    site prefers is an observation, not for us to decide.
    """
    counted = [o for o in observations if o.views is not None]
    views = [o.views or 0 for o in counted if o.capture_id == counted[-1].capture_id]
    return Current(
        source=_newest(observations, "source"),
        url=_newest(observations, "url"),
        site_id=_newest(observations, "site_id"),
        published_at=_published_at(observations),
        views=max(views, default=None),
        views_at=counted[-1].observed_at if counted else None,
        first_seen_at=observations[0].observed_at,
        last_seen_at=observations[-1].observed_at,
        detail_at=max((o.observed_at for o in observations if o.detail), default=None),
        foreign_address=_newest(observations, "foreign_address"),
    )


def _newest(observations: Sequence[Observation], column: str) -> Any:
    """The value that was given last, if one was."""
    values = (getattr(o, column) for o in reversed(observations))
    return next((value for value in values if value not in (None, "")), None)


def _published_at(observations: Sequence[Observation]) -> str | None:
    """The newest time given; with its seconds, where only another page gives them."""
    times = [o.published_at for o in reversed(observations) if o.published_at]
    if not times:
        return None
    newest = times[0]
    if newest[16:19] != ":00":
        return newest
    return next((time for time in times if time[:16] == newest[:16] and time[16:19] != ":00"), newest)
