"""Which site profile an archive's pages are read by: the one given, else the archive's own."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from yiqihui_spider.archive.schema.opening import examine, peek, real_path
from yiqihui_spider.archive.state.profiles import KeptProfile, has_runs, keep_profile, kept_profile
from yiqihui_spider.clock import now
from yiqihui_spider.errors import YiqihuiError
from yiqihui_spider.site import DEFAULT, SiteProfile, built_in, built_in_names, parse_profile


class OtherSite(YiqihuiError):
    """The profile given is another site's than the archive."""


def site_of(archive: Path, given: SiteProfile | None = None) -> SiteProfile:
    """The profile by which an archive's pages are to be read; nothing is written.

    That is ``given``, a newer profile of the same site; else the archive's own. Raises OtherSite if
    it is another site's, and ArchiveError.
    """
    path = real_path(archive)
    if examine(path) != "ours":
        return given or built_in(DEFAULT)
    with peek(path) as connection:
        return choose(connection, archive, given)


def own_site(db: Database) -> SiteProfile:
    """The archive's own profile."""
    return choose(db, Path("the archive"), None)


def choose(db: Database | sqlite3.Connection, archive: Path, given: SiteProfile | None) -> SiteProfile:
    """The same of an archive that is open."""
    kept = kept_profile(db)
    if given is not None:
        own = kept.name if kept else DEFAULT if has_runs(db) else given.name
        if given.name != own:
            raise OtherSite(
                f"{archive} is an archive of {own}, and this is the site profile of {given.name}: "
                "each site has an archive of its own (--archive)"
            )
        return given
    if kept is None:
        return built_in(DEFAULT)
    if kept.origin == "built-in" and kept.name in built_in_names():
        return built_in(kept.name)
    return parse_profile(kept.text, f"the site profile that {archive} keeps")


def keep(db: Database, site: SiteProfile) -> None:
    """Make a profile the archive's own."""
    keep_profile(db, KeptProfile(site.name, site.text, "built-in" if site.built_in else "file"), now())
