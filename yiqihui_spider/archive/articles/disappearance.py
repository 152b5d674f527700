"""Missing, gone, returned: what certified walks prove about articles no longer listed.

States speak of the listings.  A detail page that still answers for an article gone from
every listing changes nothing here, and neither does one that answers 404.  Only a certified
full walk is evidence against an article; whatever failed, was not walked or came uncertified
is not.  Only articles that we once saw listed ourselves can go missing: one known from an
import alone may never have stood in the listing that we walk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from sqlite_utils import Database

from yiqihui_spider.items import Certificate

State = Literal["present", "missing", "gone"]

BELIEVED_AT_ONCE = 4
"""So many articles may vanish from a listing between two walks; more of them only if no more
vanish than are left."""

DOUBT_HOURS = 24
"""How long a listing must have been so that lost most of what it had, before that is believed."""

UNLISTED = """
    WHERE category = :category AND missing_since IS NULL
      AND (last_listed_at < (SELECT started_at FROM walks WHERE id = :walk)
           OR article_id IN (SELECT value FROM json_each(:absent)))
      AND article_id NOT IN (SELECT ids.value FROM walk_pages p, json_each(p.article_ids) ids
                             WHERE p.walk_id = :walk)
      AND EXISTS (SELECT 1 FROM sightings s JOIN captures c ON c.id = s.capture_id
                  WHERE s.article_id = place.article_id AND c.origin = 'live' AND c.kind = 'listing')
"""
"""Places that a certified full walk proves empty."""

LIKEWISE = """
    SELECT 1 FROM walks AS w
    WHERE w.category = :category AND w.certified = 0 AND w.mode = 'full' AND w.id < :walk
      AND w.declared_total = w.distinct_articles
      AND julianday(w.finished_at) <= julianday(:now) - :hours / 24.0
      AND w.id > (SELECT coalesce(max(id), 0) FROM walks
                  WHERE category = :category AND certified = 1 AND mode = 'full')
      AND NOT EXISTS (
        SELECT 1 FROM walks AS later JOIN walk_pages p ON p.walk_id = later.id, json_each(p.article_ids) ids
        WHERE later.category = :category AND later.id >= w.id
          AND ids.value IN (SELECT value FROM json_each(:lost)))
"""
"""A walk some time ago that read as much as was declared and did not see these articles either,
nor did any since."""


@dataclass(frozen=True, slots=True)
class Place:
    """An article's place in one category, and what certified full walks say of it."""

    last_listed_at: str
    missing_since: str | None
    walks: int = 0
    """Certified full walks of the category that did not show it: the one at
    ``missing_since`` and those after."""


def judge(places: Iterable[Place]) -> State:
    """An article's state from its places. Pure.

    Missing: missing in every category it was ever listed in.  Gone: each of these was
    walked in full once more, certified, and still did not show it.
    """
    all_places = tuple(places)
    if not all_places or any(place.missing_since is None for place in all_places):
        return "present"
    return "gone" if all(place.walks >= 2 for place in all_places) else "missing"


def loss_in_doubt(
    db: Database, walk_id: int, category: str, certificate: Certificate, now: str
) -> str | None:
    """Why a certified walk's word is not yet taken for what has vanished; None if it is.

    More gone at once than is left is more likely the site's trouble (an empty page while its
    database is down) than its will.  It is believed when it has been so for a while.
    """
    params = {"category": category, "walk": walk_id, "absent": json.dumps(sorted(certificate.absent))}
    rows = db.execute(f"SELECT place.article_id FROM article_categories AS place {UNLISTED}", params)
    lost, left = [row[0] for row in rows], certificate.distinct_articles
    if not lost or (left and len(lost) <= max(left, BELIEVED_AT_ONCE)):
        return None
    params |= {"now": now, "hours": DOUBT_HOURS, "lost": json.dumps(lost)}
    if db.execute(LIKEWISE, params).fetchone() is not None:
        return None
    return (
        f"{len(lost)} of the articles listed before vanished at once, {left} are listed now: "
        f"not believed before it has been so for {DOUBT_HOURS} hours"
    )


# --- a certified walk ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """Articles whose state a certificate changed."""

    missing: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


def apply_certificate(
    db: Database, walk_id: int, category: str, certificate: Certificate, finished_at: str
) -> Changes:
    """Draw the conclusions of a walk, after ``progress.finish_walk`` and in its transaction.

    Doing it again changes nothing.
    """
    mode = db.execute("SELECT mode FROM walks WHERE id = ?", [walk_id]).fetchone()[0]
    if not certificate.certified or mode != "full":
        return Changes()
    _mark_unlisted(db, walk_id, category, certificate.absent, finished_at)
    missing: list[int] = []
    gone: list[int] = []
    for article, state, places in _places(db, walk_id, category):
        verdict = judge(places)
        if state == "present" and verdict != "present":
            _open_absence(db, article, places, walk_id)
            missing.append(article)
        elif state == "missing" and verdict == "gone":
            _confirm_absence(db, article, walk_id, finished_at)
            gone.append(article)
    return Changes(tuple(missing), tuple(gone))


def _mark_unlisted(
    db: Database, walk_id: int, category: str, absent: frozenset[int], finished_at: str
) -> None:
    """Those that the certificate names, and those last listed before the walk began.

    The latter matter at a category's first certified walk, which has nothing to compare with.
    """
    db.execute(
        f"UPDATE article_categories AS place SET missing_since = :at {UNLISTED}",
        {"at": finished_at, "category": category, "walk": walk_id, "absent": json.dumps(sorted(absent))},
    )


def _places(db: Database, walk_id: int, category: str) -> list[tuple[int, State, tuple[Place, ...]]]:
    """All places of each article that is missing in ``category`` and not yet gone."""
    rows = db.query(
        """
        SELECT a.id, a.state, place.last_listed_at, place.missing_since,
          (SELECT count(*) FROM walks w
           WHERE w.category = place.category AND w.certified = 1 AND w.mode = 'full' AND w.id <> :walk
             AND (w.finished_at >= place.missing_since  -- or that was dated by a clock ahead
               OR place.missing_since > (SELECT finished_at FROM walks WHERE id = :walk))
             AND w.id > coalesce(
               (SELECT max(p.walk_id) FROM sightings s JOIN walk_pages p ON p.capture_id = s.capture_id
                WHERE s.article_id = a.id AND s.category = place.category), 0)
          ) + (place.category = :category) AS walks
        FROM article_categories AS here
        JOIN articles AS a ON a.id = here.article_id
        JOIN article_categories AS place ON place.article_id = a.id
        WHERE here.category = :category AND here.missing_since IS NOT NULL AND a.state <> 'gone'
        ORDER BY a.id
        """,
        {"walk": walk_id, "category": category},
    )
    return [
        (article, state, tuple(_place(row) for row in group))
        for (article, state), group in groupby(rows, lambda row: (row["id"], row["state"]))
    ]


def _place(row: dict[str, Any]) -> Place:
    return Place(row["last_listed_at"], row["missing_since"], row["walks"])


def _open_absence(db: Database, article: int, places: tuple[Place, ...], walk_id: int) -> None:
    last_seen = max(place.last_listed_at for place in places)
    missing = max(place.missing_since or "" for place in places)
    db.execute("UPDATE articles SET state = 'missing' WHERE id = ?", [article])
    db.execute(
        "INSERT INTO absences (article_id, last_seen_at, missing_at, missing_walk_id) VALUES (?, ?, ?, ?)",
        [article, last_seen, missing, walk_id],
    )


def _confirm_absence(db: Database, article: int, walk_id: int, finished_at: str) -> None:
    db.execute("UPDATE articles SET state = 'gone' WHERE id = ?", [article])
    db.execute(
        "UPDATE absences SET gone_at = ?, gone_walk_id = ? WHERE article_id = ? AND returned_at IS NULL",
        [finished_at, walk_id, article],
    )


# --- a sighting ---------------------------------------------------------------------------


def mark_seen(
    db: Database,
    article_ids: Iterable[int],
    category: str,
    at: str,
    *,
    newest: bool = True,
    latest: bool = False,
) -> tuple[int, ...]:
    """Note that a listing page of ``category``, captured at ``at``, shows these articles.

    Those that were missing or gone are present again, and returned.  A capture older than
    the evidence against an article (or any, with ``newest`` False) clears nothing: it only
    widens when the article was listed and narrows when it can have gone.  ``latest``: we have
    fetched nothing after it, so it clears all, even if the clock was set back.  Call in the
    transaction that saves the page.
    """
    ids = json.dumps(sorted(set(article_ids)))
    verdicts = _verdicts(db, ids)
    back = tuple(article for article, since in verdicts.items() if latest or (newest and at >= since))
    kept = sorted(verdicts.keys() - set(back))
    _widen(db, ids, category, at, kept, newest, latest)
    if back:
        returned = json.dumps(back)
        db.execute(
            "UPDATE articles SET state = 'present' WHERE id IN (SELECT value FROM json_each(?))", [returned]
        )
        db.execute(
            """
            UPDATE absences SET returned_at = max(?, coalesce(gone_at, missing_at))
            WHERE returned_at IS NULL AND article_id IN (SELECT value FROM json_each(?))
            """,
            [at, returned],
        )
    db.execute(
        """
        UPDATE absences SET last_seen_at = :at
        WHERE article_id IN (SELECT value FROM json_each(:ids)) AND last_seen_at < :at AND :at < missing_at
        """,
        {"at": at, "ids": ids},
    )
    return back


def _verdicts(db: Database, ids: str) -> dict[int, str]:
    """Of these articles, those not present, with the time of the last evidence against them."""
    rows = db.execute(
        """
        SELECT a.id, max(coalesce(b.gone_at, b.missing_at, ''))
        FROM json_each(?) AS ids JOIN articles AS a ON a.id = ids.value
        LEFT JOIN absences AS b ON b.article_id = a.id AND b.returned_at IS NULL
        WHERE a.state <> 'present' GROUP BY a.id
        """,
        [ids],
    )
    return dict(rows.fetchall())


def _widen(
    db: Database, ids: str, category: str, at: str, kept: list[int], newest: bool, latest: bool
) -> None:
    """Write the articles' places; ``kept`` are missing or gone and stay so."""
    db.execute(
        """
        INSERT INTO article_categories (article_id, category, first_listed_at, last_listed_at)
        SELECT value, :category, :at, :at FROM json_each(:ids) WHERE true
        ON CONFLICT (article_id, category) DO UPDATE SET
          first_listed_at = min(first_listed_at, excluded.first_listed_at),
          last_listed_at = max(last_listed_at, excluded.last_listed_at),
          missing_since = CASE WHEN (:latest OR (:newest AND :at >= missing_since))
                               AND article_id NOT IN (SELECT value FROM json_each(:kept))
                          THEN NULL ELSE missing_since END
        WHERE :at < first_listed_at OR :at > last_listed_at OR missing_since IS NOT NULL
        """,
        {
            "category": category,
            "at": at,
            "ids": ids,
            "newest": newest,
            "latest": latest,
            "kept": json.dumps(kept),
        },
    )


# --- two rows made one ----------------------------------------------------------------------


def reconcile(db: Database, article_id: int) -> State:
    """Let state and absences follow from the places again, after two articles became one.

    An absence that the other article's listings contradict goes; the rest stays.
    """
    listed, away = db.execute(
        "SELECT max(last_listed_at), count(missing_since) = count(*) AND count(*) > 0"
        " FROM article_categories WHERE article_id = ?",
        [article_id],
    ).fetchone()
    if not away:
        db.execute(
            "UPDATE absences SET returned_at = :at"
            " WHERE article_id = :id AND returned_at IS NULL AND missing_at <= :at",
            {"at": listed, "id": article_id},
        )
    # One may stay open where the article is away, none where it is present.
    db.execute(
        """
        DELETE FROM absences WHERE article_id = :id AND returned_at IS NULL AND id IS NOT (
          SELECT id FROM absences WHERE article_id = :id AND returned_at IS NULL AND :away
          ORDER BY gone_at IS NOT NULL, missing_at DESC, id DESC LIMIT 1)
        """,
        {"id": article_id, "away": away},
    )
    state: State = "present"
    if away:
        gone = db.execute(
            "SELECT max(gone_at IS NOT NULL) FROM absences WHERE article_id = ? AND returned_at IS NULL",
            [article_id],
        ).fetchone()[0]
        state = "gone" if gone else "missing"
    db.execute("UPDATE articles SET state = ? WHERE id = ?", [state, article_id])
    return state
