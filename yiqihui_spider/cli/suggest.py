"""The nearest right name for a misspelt one, and names for a shell to complete."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from yiqihui_spider.cli.common import DEFAULT_ARCHIVE
from yiqihui_spider.errors import did_you_mean


class CategoryName(click.types.StringParamType):
    """A category's name; a shell offers those of the archive."""

    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        archive = ctx.params.get("archive") or os.environ.get("YIQIHUI_ARCHIVE") or DEFAULT_ARCHIVE
        return [CompletionItem(name) for name in _categories_at(archive) if name.startswith(incomplete)]


def _categories_at(archive: Any) -> list[str]:
    """Whatever is wrong with the archive: a shell that completes is no place to say so."""
    from yiqihui_spider.archive.schema.opening import open_archive

    try:
        db = open_archive(Path(archive), create=False, read_only=True)
    except Exception:
        return []
    try:
        return categories(db)
    except Exception:
        return []
    finally:
        db.close()


def categories(db: Any) -> list[str]:
    """Every category that the archive knows: found on the site, or of an article."""
    from yiqihui_spider.archive.queries.export_rows import known_names
    from yiqihui_spider.archive.state.categories import known_categories

    return sorted({*known_categories(db), *known_names(db, "category")})


def no_such_category(db: Any, name: str | None) -> str | None:
    """A note for a category that the archive does not know, or None."""
    if name is None:
        return None
    names = categories(db)
    if name in names:
        return None
    known = f"; there are {', '.join(names)}" if names else ""
    return f"note: no article in the archive has the category {name}{did_you_mean(name, names)}{known}"
