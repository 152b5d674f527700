"""An article's life, worked out from everything that pages said of it. Pure.

Sightings in order of capture time go in; versions, excerpts and current values come out,
the same whatever order the captures arrived in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from yiqihui_spider.archive.articles.identity import content_hash, ends_with_ellipsis, is_beginning, same_text
from yiqihui_spider.characters import squeeze

SAME_FETCH = timedelta(days=1)
"""A listing and a detail page belong to one fetch if one run took them no further apart. (An
import is one run over years.)"""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one page said of an article."""

    capture_id: int
    position: int
    observed_at: str
    run_id: int
    kind: str
    """Of the page: ``listing``, ``article`` or ``other``."""
    title: str | None
    source: str | None
    url: str | None
    site_id: int | None
    published_at: str | None
    views: int | None
    content_hash: str
    span_start: int
    span_end: int
    cut_short: bool
    """The page itself says that the text goes on elsewhere."""
    parser_version: str
    views_printed: str | None = None
    foreign_address: str | None = None

    @property
    def detail(self) -> bool:
        """The article's own page, which shows the whole text."""
        return self.kind == "article"

    @property
    def order(self) -> tuple[str, int, int]:
        return (self.observed_at, self.capture_id, self.position)


@dataclass(slots=True)
class Version:
    """A text and title the article had, and the sighting that first showed them."""

    content_hash: str
    first: Sighting
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
    """All that follows from an article's sightings."""

    versions: list[Version]
    excerpts: frozenset[str]
    same_as: Mapping[str, str]
    """Texts that are another one under a title."""
    current: Current
    only_excerpts: bool


def life_of(seen: Sequence[Sighting], texts: Mapping[str, str]) -> Life:
    """An article's life, from its sightings in order (at least one) and the texts by hash."""
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


def strangers(observations: Sequence[Sighting]) -> frozenset[int]:
    """Captures of the article's address that showed another article: neither their time nor their
    title is one that a listing ever gave this one. (A cache that mixes up two addresses.)"""
    listed = [s for s in observations if not s.detail]
    titles = {s.title for s in listed if s.title}
    times = {s.published_at for s in listed}
    if not titles:
        return frozenset()
    return frozenset(
        s.capture_id
        for s in observations
        if s.detail
        and s.title
        and s.published_at not in times
        and not any(_same_title(s.title, title) for title in titles)
    )


def _same_title(one: str, other: str) -> bool:
    if same_text(one, other):
        return True
    return any(
        ends_with_ellipsis(short) and is_beginning(short, long, ())
        for short, long in ((one, other), (other, one))
    )


def titled_texts(observations: Sequence[Sighting], texts: Mapping[str, str]) -> dict[str, str]:
    """Texts (by hash) that are another one with the article's title before it: pages flattened to
    text put it on a line of its own. To the hash of the text that they are."""
    titles = {squeeze(s.title) for s in observations if s.title} - {""}
    if not titles or len(texts) < 2:
        return {}
    found: dict[str, str] = {}
    for key, text in texts.items():
        start = squeeze(text)
        for title in titles:
            if start.startswith(title) and len(start) > len(title):
                bare = content_hash(start[len(title) :])
                if bare in texts and bare != key:
                    found[key] = bare
    return {key: _followed(found, key) for key in found}


def _followed(found: Mapping[str, str], key: str) -> str:
    while key in found:
        key = found[key]
    return key


def excerpt_hashes(observations: Sequence[Sighting], texts: Mapping[str, str]) -> frozenset[str]:
    """The texts that are only a beginning: by the page's own word, or by the detail page
    fetched along with the listing. Elsewhere a text that grew was edited."""
    found = {s.content_hash for s in observations if s.cut_short}
    compared: set[tuple[str, str]] = set()
    for listed, detail in _fetched_together(observations):
        pair = (listed.content_hash, detail.content_hash)
        if pair[0] == pair[1] or pair[0] in found or pair in compared:
            continue
        compared.add(pair)
        if is_beginning(texts[pair[0]], texts[pair[1]]):
            found.add(pair[0])
    return frozenset(found)


def _fetched_together(observations: Sequence[Sighting]) -> Iterator[tuple[Sighting, Sighting]]:
    """Each listing with each detail page of the same fetch."""
    details: defaultdict[int, list[Sighting]] = defaultdict(list)
    for observation in observations:
        if observation.detail:
            details[observation.run_id].append(observation)
    for listed in observations:
        if not listed.detail:
            for detail in details.get(listed.run_id, ()):
                if same_fetch(listed, detail):
                    yield listed, detail


def same_fetch(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings of one run are near enough in time."""
    apart = datetime.fromisoformat(one.observed_at) - datetime.fromisoformat(other.observed_at)
    return abs(apart) <= SAME_FETCH


def is_excerpt(observation: Sighting, excerpts: frozenset[str]) -> bool:
    """A listing's text known for an excerpt stays one; a detail page's is one only by its own word."""
    return observation.cut_short or (not observation.detail and observation.content_hash in excerpts)


def cut_titles(observations: Sequence[Sighting]) -> frozenset[str]:
    """Titles that a page shortened: a beginning of another that ends in an ellipsis, or of the one
    on the detail page fetched along with the listing."""
    every = {s.title for s in observations if s.title}
    if len(every) < 2:
        return frozenset()
    pairs = {(t, other) for t in every if ends_with_ellipsis(t) for other in every}
    for listed, detail in _fetched_together(observations):
        if listed.title and detail.title:
            pairs.add((listed.title, detail.title))
    return frozenset(short for short, long in pairs if is_beginning(short, long, ()))


def versions(
    observations: Sequence[Sighting],
    excerpts: frozenset[str],
    same_as: Mapping[str, str] | None = None,
    shorter: frozenset[str] = frozenset(),
) -> list[Version]:
    """The versions, oldest first, of sightings in order. Excerpts give titles only, unless
    there is nothing else; then those that are ``shorter`` than another do. ``same_as`` tells which
    texts are others under a title."""
    bare = same_as or {}
    nothing_else = all(is_excerpt(s, excerpts) for s in observations)
    cut = cut_titles(observations)
    found: list[Version] = []
    early_title: str | None = None
    for observation in observations:
        title = None if observation.title in cut else observation.title
        text = None
        whole = (
            observation.content_hash not in shorter if nothing_else else not is_excerpt(observation, excerpts)
        )
        if whole:
            text = bare.get(observation.content_hash, observation.content_hash)
        if found:
            _go_on(found, observation, text, title)
        elif text is None:
            early_title = title or early_title
        else:
            found.append(Version(text, observation, title or early_title))
    return found


def _go_on(found: list[Version], observation: Sighting, text: str | None, title: str | None) -> None:
    last = found[-1]
    if text is not None and text != last.content_hash:
        found.append(Version(text, observation, title, last.title))
    elif title is None:
        return
    elif last.own_title is None:
        last.own_title = title
    elif not same_text(title, last.own_title):
        found.append(Version(last.content_hash, observation, title))


def current(observations: Sequence[Sighting]) -> Current:
    """Current values of sightings in order (at least one).

    The source is the newest one named, on whichever kind of page: which of two names the
    site prefers is an observation, not for us to decide.
    """
    newest = observations[-1]
    counted = [s for s in observations if s.views is not None]
    views = [s.views for s in counted if s.views is not None and s.capture_id == counted[-1].capture_id]
    return Current(
        source=next((s.source for s in reversed(observations) if s.source), None),
        url=next((s.url for s in reversed(observations) if s.url), None),
        site_id=next((s.site_id for s in reversed(observations) if s.site_id is not None), None),
        published_at=_published_at(observations),
        views=max(views, default=None),
        views_at=counted[-1].observed_at if counted else None,
        first_seen_at=observations[0].observed_at,
        last_seen_at=newest.observed_at,
        detail_at=max((s.observed_at for s in observations if s.detail), default=None),
        foreign_address=next((s.foreign_address for s in reversed(observations) if s.foreign_address), None),
    )


def _published_at(observations: Sequence[Sighting]) -> str | None:
    """The newest time given; with its seconds, where only another page gives them."""
    times = [s.published_at for s in reversed(observations) if s.published_at]
    if not times:
        return None
    newest = times[0]
    if newest[16:19] != ":00":
        return newest
    return next((time for time in times if time[:16] == newest[:16] and time[16:19] != ":00"), newest)
