"""Working out an article's rows again from its observations.

What already stands is compared first: a row that says the same is not written, so ids stay
and the search index is touched only when title or body change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlite_utils import Database

from yiqihui_spider.archive.articles.identity import label, paragraphs
from yiqihui_spider.archive.articles.observations import settle
from yiqihui_spider.archive.articles.rows import (
    INSERT_EXCERPT,
    INSERT_FORMER_TEXT,
    INSERT_VERSION,
    EntryFacts,
    ExcerptRow,
    FormerText,
    Observation,
    VersionRow,
    ViewCount,
    write_rows,
)
from yiqihui_spider.archive.articles.versions import (
    Life,
    Version,
    current,
    cut_pages,
    is_excerpt,
    life_of,
    strangers,
)
from yiqihui_spider.archive.search.index import direct_indexing
from yiqihui_spider.archive.state.sql import columns, listed


@dataclass(frozen=True, slots=True)
class Body:
    """An article's text and the capture that has it just so."""

    text: str
    capture_id: int


K = TypeVar("K")
V = TypeVar("V")

Texts = Mapping[str, Body]
"""By content hash."""

OBSERVATIONS = f"""
    SELECT {listed(columns(EntryFacts), "s")}, s.capture_id, s.observed_at, c.run_id, c.kind,
           coalesce(c.parser_version, ''), s.excerpt, s.counted
    FROM sightings s JOIN captures c ON c.id = s.capture_id
    WHERE s.article_id = ? ORDER BY s.observed_at, s.capture_id, s.position
"""

STRANGER = "shows another article than its address is of"
CUT_SHORT = "cut short: the listing shows more of its text"
DISBELIEVED = (STRANGER, CUT_SHORT)
"""The problems of captures that are not believed."""


def rebuild(db: Database, article_id: int, *incoming: Texts) -> bool:
    """Make an article's rows agree with its observations; False if it has none and was deleted.

    ``incoming`` are texts that its rows may not hold yet: of the page being saved, of a row
    merged into it.
    """
    every = observations(db, article_id)
    if not every:
        delete_article(db, article_id)
        return False
    texts = _best_texts(every, stored_texts(db, article_id), incoming)
    others = _disbelieved(every, texts)
    seen = [observation for observation in every if observation.capture_id not in others]
    life = life_of(seen, {key: body.text for key, body in texts.items()})
    _write_flags(db, every, life.excerpts)
    _write_versions(db, article_id, life.versions, texts)
    _write_former_texts(db, article_id, life.versions, texts)
    _write_excerpts(db, article_id, texts, life)
    _write_article(db, article_id, life, texts)
    _write_former_times(db, article_id, seen)
    _write_counted(db, every, seen)
    _write_disbelieved(db, every, others)
    return True


def _disbelieved(every: Sequence[Observation], texts: Texts) -> dict[int, str]:
    """Captures of the article's address that are not believed, and why."""
    others = dict.fromkeys(strangers(every), STRANGER)
    rest = [observation for observation in every if observation.capture_id not in others]
    bodies = {key: body.text for key, body in texts.items()}
    return others | dict.fromkeys(cut_pages(rest, bodies), CUT_SHORT)


def disbelieved_in(db: Database, run_id: int) -> Iterator[tuple[int, str, str]]:
    """The captures of a run that are not believed: id, address and why."""
    sql = "SELECT id, url, problems FROM captures WHERE run_id = ? AND kind = 'article' AND problems <> '[]'"
    for capture_id, url, problems in db.execute(sql, [run_id]):
        for why in set(DISBELIEVED).intersection(json.loads(problems)):
            yield capture_id, url, why


def observations(db: Database, article_id: int) -> list[Observation]:
    """What pages said of an article, in order."""
    return [Observation(*row) for row in db.execute(OBSERVATIONS, [article_id])]


def disagreements(db: Database, article_id: int) -> Iterator[str]:
    """What in an article's rows does not follow from what its pages showed. Writes nothing."""
    every = observations(db, article_id)
    if not every:
        yield "no page that is on record shows it"
        return
    texts = stored_texts(db, article_id)
    if missing := {observation.content_hash for observation in every} - set(texts):
        yield f"{len(missing)} of the texts that pages showed of it are not kept"
        return
    others = _disbelieved(every, texts)
    seen = [observation for observation in every if observation.capture_id not in others]
    life = life_of(seen, {key: body.text for key, body in texts.items()})
    if wrong := _wrong_columns(db, article_id, article_row(life, texts)):
        yield f"its {', '.join(wrong)} are not what its newest page shows"
    standing = [
        (row.content_hash, row.title, row.seen_at, row.capture_id)
        for _, row in sorted(_standing_versions(db, article_id).items())
    ]
    due = [(v.content_hash, v.title, v.first.observed_at, v.first.capture_id) for v in life.versions]
    if standing != due:
        yield f"its {len(standing)} versions do not follow from what its pages showed: {len(due)} do"
    if _standing_views(db, article_id) != _counts(article_id, seen):
        yield "its view counts are not those of its pages"


def _wrong_columns(db: Database, article_id: int, wanted: Mapping[str, Any]) -> list[str]:
    standing = _columns(db, article_id, list(wanted))
    # The fullest of equal texts is kept, whichever page gave it.
    checked = wanted.keys() - {"body", "body_chars", "label"}
    return [name for name in wanted if name in checked and wanted[name] != standing[name]]


def _columns(db: Database, article_id: int, columns: Sequence[str]) -> dict[str, Any]:
    row = db.execute(f"SELECT {', '.join(columns)} FROM articles WHERE id = ?", [article_id]).fetchone()
    return dict(zip(columns, row, strict=True))


def delete_article(db: Database, article_id: int) -> None:
    """Delete an article with all that refers to it."""
    with direct_indexing(db, savepoint=False) as index:
        index.forget(article_id)
        db.execute("DELETE FROM articles WHERE id = ?", [article_id])


def stored_texts(db: Database, article_id: int) -> dict[str, Body]:
    """Every text an article has had, excerpts included."""
    sql = """
        SELECT content_hash, body, coalesce(text_capture_id, capture_id)
        FROM article_versions WHERE article_id = :id
        UNION ALL SELECT content_hash, body, capture_id FROM excerpts WHERE article_id = :id
    """
    rows = db.execute(sql, {"id": article_id})
    return {key: Body(body, capture_id) for key, body, capture_id in rows}


def _best_texts(seen: Iterable[Observation], stored: Texts, incoming: Iterable[Texts]) -> dict[str, Body]:
    """For each text shown, the body with most paragraphs; of equals, the one seen first."""
    when: dict[str, dict[int, str]] = {}
    for observation in seen:
        when.setdefault(observation.content_hash, {}).setdefault(
            observation.capture_id, observation.observed_at
        )
    return {
        key: _best(stored.get(key), [texts[key] for texts in incoming if key in texts], captures)
        for key, captures in when.items()
    }


def _best(stored: Body | None, incoming: list[Body], when: Mapping[int, str]) -> Body:
    """``when`` holds the captures that show the text, earliest first, with their times."""
    rivals = [text for text in incoming if text.capture_id in when]
    # A page read anew speaks for itself, not for what was read in it before.
    if (
        stored is not None
        and stored.capture_id in when
        and stored.capture_id not in {r.capture_id for r in rivals}
    ):
        rivals.append(stored)
    if rivals:
        return min(rivals, key=lambda t: (-paragraphs(t.text), when[t.capture_id], t.capture_id))
    # The page that gave the body has been read otherwise since; others still show the text.
    kept = [stored] if stored is not None else incoming
    return Body(kept[0].text, next(iter(when)))


def _write_flags(db: Database, seen: list[Observation], excerpts: frozenset[str]) -> None:
    verdicts = ((o, is_excerpt(o, excerpts)) for o in seen)
    settle(db, "excerpt", ((o.capture_id, o.position, holds) for o, holds in verdicts if holds != o.excerpt))


def version_row(article_id: int, number: int, version: Version, body: Body) -> VersionRow:
    first = version.first
    return VersionRow(
        article_id=article_id,
        version=number,
        title=version.title,
        content_hash=version.content_hash,
        seen_at=first.observed_at,
        capture_id=first.capture_id,
        span_start=first.span_start,
        span_end=first.span_end,
        parser_version=first.parser_version,
        text_capture_id=None if body.capture_id == first.capture_id else body.capture_id,
    )


def _standing_versions(db: Database, article_id: int) -> dict[int, VersionRow]:
    sql = f"SELECT {listed(columns(VersionRow))} FROM versions WHERE article_id = ?"
    rows = (VersionRow(*row) for row in db.execute(sql, [article_id]))
    return {row.version: row for row in rows}


def _write_versions(db: Database, article_id: int, life: list[Version], texts: Texts) -> None:
    standing = _standing_versions(db, article_id)
    wanted = {
        number: version_row(article_id, number, version, texts[version.content_hash])
        for number, version in enumerate(life, 1)
    }
    if len(standing) > len(wanted):
        db.execute("DELETE FROM versions WHERE article_id = ? AND version > ?", [article_id, len(wanted)])
    write_rows(db, INSERT_VERSION, _changed(wanted, standing))


def _write_former_texts(db: Database, article_id: int, life: list[Version], texts: Texts) -> None:
    """Keep, beside the current text that the article's row has, those that went before."""
    sql = f"SELECT {listed(columns(FormerText))} FROM former_texts WHERE article_id = ?"
    standing = {row.content_hash: row for row in (FormerText(*row) for row in db.execute(sql, [article_id]))}
    former = {version.content_hash for version in life} - {life[-1].content_hash}
    wanted = {key: FormerText(article_id, key, texts[key].text) for key in former}
    _delete_texts(db, "former_texts", article_id, standing.keys() - wanted.keys())
    write_rows(db, INSERT_FORMER_TEXT, _changed(wanted, standing))


def _delete_texts(db: Database, table: str, article_id: int, hashes: Iterable[str]) -> None:
    gone = [(article_id, key) for key in hashes]
    if gone:
        db.conn.executemany(f"DELETE FROM {table} WHERE article_id = ? AND content_hash = ?", gone)


def _write_excerpts(db: Database, article_id: int, texts: Texts, life: Life) -> None:
    sql = f"SELECT {listed(columns(ExcerptRow))} FROM excerpts WHERE article_id = ?"
    standing = {row.content_hash: row for row in (ExcerptRow(*row) for row in db.execute(sql, [article_id]))}
    in_versions = {version.content_hash for version in life.versions}
    wanted = {
        key: ExcerptRow(article_id, key, body.capture_id, life.same_as.get(key), body.text)
        for key, body in texts.items()
        if key not in in_versions
    }
    _delete_texts(db, "excerpts", article_id, standing.keys() - wanted.keys())
    write_rows(db, INSERT_EXCERPT, _changed(wanted, standing))


def _changed(wanted: Mapping[K, V], standing: Mapping[K, V]) -> list[V]:
    """The rows, by key, that do not stand so already."""
    return [row for key, row in wanted.items() if standing.get(key) != row]


def article_row(life: Life, texts: Texts) -> dict[str, Any]:
    """What an article's row says, but for its id and state."""
    now, last = life.current, life.versions[-1]
    body = texts[last.content_hash].text
    wanted: dict[str, Any] = {
        "site_id": now.site_id,
        "foreign_address": now.foreign_address,
        "url": now.url,
        "title": last.title,
        "label": label(last.title, body, now.url),
        "source": now.source,
        "views": now.views,
        "views_at": now.views_at,
        "body_chars": len(body),
        "content_hash": last.content_hash,
        "first_seen_at": now.first_seen_at,
        "last_seen_at": now.last_seen_at,
        "excerpt": int(life.only_excerpts),
        "detail_at": now.detail_at,
        "body": body,
    }
    if now.published_at is not None:
        wanted["published_at"] = now.published_at
    return wanted


def _write_article(db: Database, article_id: int, life: Life, texts: Texts) -> None:
    wanted = article_row(life, texts)
    standing = _columns(db, article_id, list(wanted))
    changed = [name for name in wanted if wanted[name] != standing[name]]
    values = {name: wanted[name] for name in changed}
    if "published_at" in changed:
        values["recency"] = None  # it moves
    if not {"title", "body", "published_at"}.isdisjoint(changed):
        with direct_indexing(db, savepoint=False) as index:
            index.forget(article_id)
            _update_article(db, article_id, values)
            index.learn(article_id)
    elif changed:
        _update_article(db, article_id, values)


def _update_article(db: Database, article_id: int, values: Mapping[str, Any]) -> None:
    assignments = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE articles SET {assignments} WHERE id = ?", [*values.values(), article_id])


def _write_former_times(db: Database, article_id: int, seen: list[Observation]) -> None:
    last = current(seen).published_at
    wanted = {o.published_at for o in seen if o.published_at} - {last}
    rows = db.execute("SELECT published_at FROM former_times WHERE article_id = ?", [article_id])
    standing = {time for (time,) in rows}
    if standing == wanted:
        return
    db.execute("DELETE FROM former_times WHERE article_id = ?", [article_id])
    db.conn.executemany(
        "INSERT INTO former_times (published_at, article_id) VALUES (?, ?)",
        [(time, article_id) for time in sorted(t for t in wanted if t)],
    )


def _write_counted(db: Database, every: list[Observation], seen: list[Observation]) -> None:
    counted = {(o.capture_id, o.position) for o in _counted(seen).values()}
    verdicts = ((o, (o.capture_id, o.position) in counted) for o in every)
    settle(db, "counted", ((o.capture_id, o.position, holds) for o, holds in verdicts if holds != o.counted))


def _counted(seen: Iterable[Observation]) -> dict[int, Observation]:
    """For each page that tells a count the entry that does: where it lists the article twice, the higher."""
    found: dict[int, Observation] = {}
    for o in seen:
        known = found.get(o.capture_id)
        if o.views is not None and (known is None or o.views > (known.views or 0)):
            found[o.capture_id] = o
    return found


def _counts(article_id: int, seen: Iterable[Observation]) -> dict[int, ViewCount]:
    return {
        o.capture_id: ViewCount(
            article_id, o.observed_at, o.capture_id, o.views or 0, o.kind, o.views_printed
        )
        for o in _counted(seen).values()
    }


def _standing_views(db: Database, article_id: int) -> dict[int, ViewCount]:
    sql = f"SELECT {listed(columns(ViewCount))} FROM view_counts WHERE article_id = ?"
    return {row.capture_id: row for row in (ViewCount(*row) for row in db.execute(sql, [article_id]))}


def _write_disbelieved(db: Database, every: list[Observation], others: Mapping[int, str]) -> None:
    """Say of captures of the article's address whether they are believed."""
    details = {o.capture_id for o in every if o.detail}
    if not details:
        return
    sql = """
        SELECT id, problems FROM captures WHERE id IN (SELECT value FROM json_each(?))
          AND (problems <> '[]' OR id IN (SELECT value FROM json_each(?)))
    """
    rows = db.execute(sql, [json.dumps(sorted(details)), json.dumps(sorted(others))]).fetchall()
    for capture_id, text in rows:
        problems = [problem for problem in json.loads(text) if problem not in DISBELIEVED]
        if capture_id in others:
            problems.append(others[capture_id])
        new = json.dumps(problems, ensure_ascii=False)
        if new != text:
            db.execute("UPDATE captures SET problems = ? WHERE id = ?", [new, capture_id])
