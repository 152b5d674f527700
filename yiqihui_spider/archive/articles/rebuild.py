"""Working out an article's rows again from its sightings.

What already stands is compared first: a row that says the same is not written, so ids stay
and the search index is touched only when title or body change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from yiqihui_spider.archive.articles.identity import label, paragraphs
from yiqihui_spider.archive.articles.versions import (
    Life,
    Sighting,
    Version,
    current,
    is_excerpt,
    life_of,
    strangers,
)
from yiqihui_spider.archive.search.index import direct_indexing


@dataclass(frozen=True, slots=True)
class Text:
    """A body and the capture that has it just so."""

    body: str
    capture_id: int


Texts = Mapping[str, Text]
"""By content hash."""

SIGHTINGS = """
    SELECT s.capture_id, s.position, s.observed_at, c.run_id, c.kind, s.title, s.source, s.url,
           s.site_id, s.published_at, s.views, s.content_hash, s.span_start, s.span_end, s.cut_short,
           coalesce(c.parser_version, ''), s.views_printed, s.foreign_address, s.excerpt
    FROM sightings s JOIN captures c ON c.id = s.capture_id
    WHERE s.article_id = ? ORDER BY s.observed_at, s.capture_id, s.position
"""

UPSERT_VERSION = """
    INSERT INTO article_versions (article_id, version, title, content_hash, seen_at, capture_id, span_start,
                                  span_end, parser_version, text_capture_id, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (article_id, version) DO UPDATE SET
      title = excluded.title, content_hash = excluded.content_hash, seen_at = excluded.seen_at,
      capture_id = excluded.capture_id, span_start = excluded.span_start, span_end = excluded.span_end,
      parser_version = excluded.parser_version, text_capture_id = excluded.text_capture_id,
      body = excluded.body
"""

UPSERT_EXCERPT = """
    INSERT INTO excerpts (article_id, content_hash, capture_id, same_as, body) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (article_id, content_hash) DO UPDATE SET
      capture_id = excluded.capture_id, same_as = excluded.same_as, body = excluded.body
"""

INSERT_VIEWS = """
    INSERT INTO view_counts (article_id, observed_at, capture_id, views, kind, printed)
    VALUES (?, ?, ?, ?, ?, ?)
"""

STRANGER = "shows another article than its address is of"
"""The problem of a capture that is not believed."""


def rebuild(db: Database, article_id: int, *incoming: Texts) -> bool:
    """Make an article's rows agree with its sightings; False if it has none and was deleted.

    ``incoming`` are texts that its rows may not hold yet: of the page being saved, of a row
    merged into it.
    """
    every, flags = _sightings(db, article_id)
    if not every:
        delete_article(db, article_id)
        return False
    texts = _best_texts(every, stored_texts(db, article_id), incoming)
    others = strangers(every)
    seen = [observation for observation in every if observation.capture_id not in others]
    life = life_of(seen, {key: text.body for key, text in texts.items()})
    _write_flags(db, every, flags, life.excerpts)
    _write_versions(db, article_id, life.versions, texts)
    _write_excerpts(db, article_id, texts, life)
    _write_article(db, article_id, life, texts)
    _write_former_times(db, article_id, seen)
    _write_views(db, article_id, seen)
    _write_strangers(db, every, others)
    return True


def disagreements(db: Database, article_id: int) -> Iterator[str]:
    """What in an article's rows does not follow from what its pages showed. Writes nothing."""
    every, _ = _sightings(db, article_id)
    if not every:
        yield "no page that is on record shows it"
        return
    texts = stored_texts(db, article_id)
    if missing := {s.content_hash for s in every} - set(texts):
        yield f"{len(missing)} of the texts that pages showed of it are not kept"
        return
    seen = [observation for observation in every if observation.capture_id not in strangers(every)]
    life = life_of(seen, {key: text.body for key, text in texts.items()})
    wanted = article_row(life, texts)
    standing = _columns(db, article_id, list(wanted))
    # The fullest of equal texts is kept, whichever page gave it.
    wrong = [
        name
        for name in wanted
        if name not in ("body", "body_chars", "label") and wanted[name] != standing[name]
    ]
    if wrong:
        yield f"its {', '.join(wrong)} are not what its newest page shows"
    sql = """
        SELECT content_hash, title, seen_at, capture_id FROM article_versions
        WHERE article_id = ? ORDER BY version
    """
    rows = [tuple(row) for row in db.execute(sql, [article_id])]
    if rows != [(v.content_hash, v.title, v.first.observed_at, v.first.capture_id) for v in life.versions]:
        yield f"its {len(rows)} versions do not follow from what its pages showed: {len(life.versions)} do"
    if _standing_views(db, article_id) != _counts(article_id, seen):
        yield "its view counts are not those of its pages"


def _columns(db: Database, article_id: int, columns: Sequence[str]) -> dict[str, Any]:
    row = db.execute(f"SELECT {', '.join(columns)} FROM articles WHERE id = ?", [article_id]).fetchone()
    return dict(zip(columns, row, strict=True))


def delete_article(db: Database, article_id: int) -> None:
    """Delete an article with all that refers to it."""
    with direct_indexing(db) as index:
        index.forget(article_id)
        db.execute("DELETE FROM articles WHERE id = ?", [article_id])


def stored_texts(db: Database, article_id: int) -> dict[str, Text]:
    """Every text an article has had, excerpts included."""
    sql = """
        SELECT content_hash, body, coalesce(text_capture_id, capture_id)
        FROM article_versions WHERE article_id = :id
        UNION ALL SELECT content_hash, body, capture_id FROM excerpts WHERE article_id = :id
    """
    rows = db.execute(sql, {"id": article_id})
    return {key: Text(body, capture_id) for key, body, capture_id in rows}


def _sightings(db: Database, article_id: int) -> tuple[list[Sighting], list[int]]:
    """An article's sightings in order, and how each is flagged now."""
    seen: list[Sighting] = []
    flags: list[int] = []
    for row in db.execute(SIGHTINGS, [article_id]):
        fields = list(row[:-1])
        fields[14] = bool(fields[14])
        seen.append(Sighting(*fields))
        flags.append(row[-1])
    return seen, flags


def _best_texts(seen: Iterable[Sighting], stored: Texts, incoming: Iterable[Texts]) -> dict[str, Text]:
    """For each text sighted, the body with most paragraphs; of equals, the one seen first."""
    when: dict[str, dict[int, str]] = {}
    for observation in seen:
        when.setdefault(observation.content_hash, {}).setdefault(
            observation.capture_id, observation.observed_at
        )
    return {
        key: _best(stored.get(key), [texts[key] for texts in incoming if key in texts], captures)
        for key, captures in when.items()
    }


def _best(stored: Text | None, incoming: list[Text], when: Mapping[int, str]) -> Text:
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
        return min(rivals, key=lambda t: (-paragraphs(t.body), when[t.capture_id], t.capture_id))
    # The page that gave the body has been read otherwise since; others still show the text.
    kept = [stored] if stored is not None else incoming
    return Text(kept[0].body, next(iter(when)))


def _write_flags(db: Database, seen: list[Sighting], flags: list[int], excerpts: frozenset[str]) -> None:
    changed = [
        (int(not flag), observation.capture_id, observation.position)
        for observation, flag in zip(seen, flags, strict=True)
        if is_excerpt(observation, excerpts) != bool(flag)
    ]
    if changed:
        db.conn.executemany("UPDATE sightings SET excerpt = ? WHERE capture_id = ? AND position = ?", changed)


def version_row(article_id: int, number: int, version: Version, text: Text) -> tuple[Any, ...]:
    """A row of ``article_versions`` as UPSERT_VERSION takes it."""
    first = version.first
    return (
        article_id,
        number,
        version.title,
        version.content_hash,
        first.observed_at,
        first.capture_id,
        first.span_start,
        first.span_end,
        first.parser_version,
        None if text.capture_id == first.capture_id else text.capture_id,
        text.body,
    )


def _write_versions(db: Database, article_id: int, life: list[Version], texts: Texts) -> None:
    sql = """
        SELECT article_id, version, title, content_hash, seen_at, capture_id, span_start, span_end,
               parser_version, text_capture_id, body
        FROM article_versions WHERE article_id = ?
    """
    standing = {row[1]: tuple(row) for row in db.execute(sql, [article_id])}
    wanted = [
        version_row(article_id, number, version, texts[version.content_hash])
        for number, version in enumerate(life, 1)
    ]
    if len(standing) > len(wanted):
        db.execute(
            "DELETE FROM article_versions WHERE article_id = ? AND version > ?", [article_id, len(wanted)]
        )
    changed = [row for row in wanted if standing.get(row[1]) != row]
    if changed:
        db.conn.executemany(UPSERT_VERSION, changed)


def _write_excerpts(db: Database, article_id: int, texts: Texts, life: Life) -> None:
    sql = "SELECT content_hash, capture_id, same_as, body FROM excerpts WHERE article_id = ?"
    standing = {
        key: (capture_id, same_as, body) for key, capture_id, same_as, body in db.execute(sql, [article_id])
    }
    in_versions = {version.content_hash for version in life.versions}
    wanted = {
        key: (text.capture_id, life.same_as.get(key), text.body)
        for key, text in texts.items()
        if key not in in_versions
    }
    gone = [(article_id, key) for key in standing if key not in wanted]
    if gone:
        db.conn.executemany("DELETE FROM excerpts WHERE article_id = ? AND content_hash = ?", gone)
    changed = [(article_id, key, *row) for key, row in wanted.items() if standing.get(key) != row]
    if changed:
        db.conn.executemany(UPSERT_EXCERPT, changed)


def article_row(life: Life, texts: Texts) -> dict[str, Any]:
    """What an article's row says, but for its id and state."""
    now, last = life.current, life.versions[-1]
    body = texts[last.content_hash].body
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
    if "title" in changed or "body" in changed:
        with direct_indexing(db) as index:
            index.forget(article_id)
            _update_article(db, article_id, {name: wanted[name] for name in changed})
            index.learn(article_id)
    elif changed:
        _update_article(db, article_id, {name: wanted[name] for name in changed})


def _update_article(db: Database, article_id: int, values: Mapping[str, Any]) -> None:
    assignments = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE articles SET {assignments} WHERE id = ?", [*values.values(), article_id])


def _write_former_times(db: Database, article_id: int, seen: list[Sighting]) -> None:
    last = current(seen).published_at
    wanted = {s.published_at for s in seen if s.published_at} - {last}
    rows = db.execute("SELECT published_at FROM former_times WHERE article_id = ?", [article_id])
    standing = {time for (time,) in rows}
    if standing == wanted:
        return
    db.execute("DELETE FROM former_times WHERE article_id = ?", [article_id])
    db.conn.executemany(
        "INSERT INTO former_times (published_at, article_id) VALUES (?, ?)",
        [(time, article_id) for time in sorted(t for t in wanted if t)],
    )


def _write_views(db: Database, article_id: int, seen: list[Sighting]) -> None:
    wanted, standing = _counts(article_id, seen), _standing_views(db, article_id)
    if standing == wanted:
        return
    stale = [(article_id, key) for key, row in standing.items() if wanted.get(key) != row]
    db.conn.executemany("DELETE FROM view_counts WHERE article_id = ? AND capture_id = ?", stale)
    db.conn.executemany(INSERT_VIEWS, [row for key, row in wanted.items() if standing.get(key) != row])


def _counts(article_id: int, seen: Sequence[Sighting]) -> dict[int, tuple[Any, ...]]:
    """One count for each page that tells one: where it lists the article twice, the higher."""
    wanted: dict[int, tuple[Any, ...]] = {}
    for s in seen:
        if s.views is not None and (s.capture_id not in wanted or s.views > wanted[s.capture_id][3]):
            wanted[s.capture_id] = (
                article_id, s.observed_at, s.capture_id, s.views, s.kind, s.views_printed,
            )  # fmt: skip
    return wanted


def _standing_views(db: Database, article_id: int) -> dict[int, tuple[Any, ...]]:
    columns = "article_id, observed_at, capture_id, views, kind, printed"
    sql = f"SELECT {columns} FROM view_counts WHERE article_id = ?"
    return {row[2]: tuple(row) for row in db.execute(sql, [article_id])}


def _write_strangers(db: Database, every: list[Sighting], others: frozenset[int]) -> None:
    """Say of captures of the article's address whether they are believed."""
    details = {s.capture_id for s in every if s.detail}
    if not details:
        return
    sql = """
        SELECT id, problems FROM captures WHERE id IN (SELECT value FROM json_each(?))
          AND (problems <> '[]' OR id IN (SELECT value FROM json_each(?)))
    """
    rows = db.execute(sql, [json.dumps(sorted(details)), json.dumps(sorted(others))]).fetchall()
    for capture_id, text in rows:
        problems = [problem for problem in json.loads(text) if problem != STRANGER]
        if capture_id in others:
            problems.append(STRANGER)
        new = json.dumps(problems, ensure_ascii=False)
        if new != text:
            db.execute("UPDATE captures SET problems = ? WHERE id = ?", [new, capture_id])
