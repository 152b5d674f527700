"""One run's hold on an archive: its lock, its database and its WARC files.

:func:`open_session` is how everything that writes begins; :func:`hold` keeps others out without
beginning a run.
"""

from yiqihui_spider.session.opening import (
    ArchiveLocked,
    Session,
    hold,
    lock_path,
    open_session,
    warc_folder,
)

__all__ = ["ArchiveLocked", "Session", "hold", "lock_path", "open_session", "warc_folder"]
