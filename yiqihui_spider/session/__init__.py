"""One run's hold on an archive: its lock, its database and its WARC files.

:func:`open_session` is how everything that writes begins; :func:`hold` keeps others out without
beginning a run.
"""

from yiqihui_spider.session.events import event
from yiqihui_spider.session.opening import (
    ArchiveLocked,
    Session,
    hold,
    lock_path,
    on_begin,
    open_session,
    warc_folder,
)
from yiqihui_spider.session.profile import OtherSite, site_of

__all__ = [
    "ArchiveLocked",
    "OtherSite",
    "Session",
    "event",
    "hold",
    "lock_path",
    "on_begin",
    "open_session",
    "site_of",
    "warc_folder",
]
