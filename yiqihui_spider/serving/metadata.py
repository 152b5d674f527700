"""What Datasette shows of the archive: titles, meanings, units, facets, orders, labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from yiqihui_spider.archive.schema.data_dictionary import Meaning, meanings
from yiqihui_spider.serving.queries import canned_queries
from yiqihui_spider.site import SiteProfile

DATABASE = "yiqihui"
"""The archive's name in Datasette's addresses, whatever its file is called."""

NOT_SHOWN = frozenset({"search", "search_query", "search_input", "search_room", "articles_fts_text"})
"""What can't be listed as rows: views that want a query (``search`` is there as a canned query)."""

CONTENT = ("articles", "article_versions", "view_counts", "article_categories")
"""What is shown first; the other tables are bookkeeping."""

SHOWN = {
    "articles": ("id", "label", "published_at", "source", "views", "state"),
    "captures": ("id", "url", "kind", "category", "captured_at", "http_status", "entries", "residue_chars"),
    "article_versions": ("article_id", "version", "title", "body", "seen_at", "capture_id"),
    "sightings": ("article_id", "capture_id", "observed_at", "title", "source", "views", "category"),
}
"""Of a wide table, the columns that are shown where none are asked for."""

PHYSICAL = {"milliseconds": "ms", "bytes": "byte"}
"""Units that Datasette scales (1,200 ms is 1.2 s); others stand in the description."""

LOOKS: dict[str, dict[str, Any]] = {
    "articles": {
        "label_column": "label",
        "sort_desc": "published_at",
        "facets": ["source", {"category": "id"}, {"month": "published_at"}],
        "fts_table": "articles_fts",
        "fts_pk": "recency",
    },
    "article_versions": {"sort_desc": "seen_at"},
    "view_counts": {"sort_desc": "capture_id"},
    "article_categories": {"sort_desc": "last_listed_at", "facets": ["category"]},
    "captures": {
        "label_column": "url",
        "sort_desc": "captured_at",
        "facets": ["kind", "http_status", "category", "origin"],
    },
    "residues": {"sort_desc": "id", "facets": ["reason"]},
    "walks": {
        "label_column": "category",
        "sort_desc": "started_at",
        "facets": ["category", "certified", "mode"],
    },
    "walk_pages": {"facets": ["purpose"]},
    "runs": {"label_column": "command", "sort_desc": "started_at", "facets": ["outcome", "exit_code"]},
    "absences": {"sort_desc": "missing_at"},
    "todo": {"sort_desc": "added_at", "facets": ["kind", "reason"]},
    "sightings": {"sort_desc": "capture_id"},
    "articles_by_month": {"sort_desc": "month"},
    "source_share": {"sort_desc": "articles"},
    "view_growth": {"sort_desc": "per_day"},
    "edits": {"sort_desc": "seen_at"},
    "terms": {"sort_desc": "count"},
    "rising_terms": {"sort_desc": "rise"},
    "cooccurrence": {"sort_desc": "articles"},
    "disappearances": {"sort_desc": "missing_at", "facets": ["outcome"]},
}

SETTINGS = {
    "sql_time_limit_ms": 5_000,
    "num_sql_threads": 8,
    "facet_time_limit_ms": 2_000,
    "default_page_size": 40,
    "default_facet_size": 12,
    "max_returned_rows": 5_000,
    "truncate_cells_html": 90,
    "suggest_facets": False,
    "max_csv_mb": 0,
}
"""For a few readers who trust each other, not for the public web. There are more threads than may
run readers' own SQL at a time (``guard.OWN_SQL_AT_ONCE``): pages are answered meanwhile."""


def metadata(site: SiteProfile) -> dict[str, Any]:
    return {
        "title": f"{site.title}: the archive",
        "description": f"The articles of {site.host}, how they changed, how complete this is.",
        "databases": {
            DATABASE: {
                "title": site.title,
                "description": "Every table and view tells what its columns mean. "
                "Whatever is shown can be had as JSON or CSV, too.",
                "tables": {
                    "_sqlite_migrations": {"hidden": True},
                    **{name: _table(meaning) for name, meaning in meanings().items()},
                },
                "queries": {name: asdict(query) for name, query in canned_queries().items()},
            }
        },
    }


def _table(told: Meaning) -> dict[str, Any]:
    columns, units = {}, {}
    for name, column in told.columns.items():
        columns[name] = column.meaning
        if column.unit in PHYSICAL:
            units[name] = PHYSICAL[column.unit]
        elif column.unit:
            columns[name] += f" ({column.unit})"
    table: dict[str, Any] = {"description": told.meaning, "columns": columns}
    if units:
        table["units"] = units
    if told.machinery:
        table["hidden"] = True
    if told.name in NOT_SHOWN:
        table["allow"] = False
    return table | LOOKS.get(told.name, {})
