"""A migration that is killed with its n-th statement."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import importlib, os, signal, sys
from pathlib import Path
from sqlite_utils import Database
from yiqihui_spider.archive.schema.opening import open_archive
path, module, piece, kill_at = sys.argv[1:]
importlib.import_module(f"yiqihui_spider.archive.schema.{module}").PIECE = int(piece)
left, execute = int(kill_at), Database.execute
def counted(*words):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(*words)
Database.execute = counted
open_archive(Path(path)).close()
print(int(kill_at) - left)
"""


def migrated(path: Path, module: str, piece: int, kill_at: int) -> subprocess.CompletedProcess[str]:
    """Open an archive, which migrates it, with pieces of so many rows; 0: not killed. It prints the number
    of statements that there were."""
    words = [sys.executable, "-c", SCRIPT, str(path), module, str(piece), str(kill_at)]
    return subprocess.run(words, capture_output=True, encoding="utf-8", timeout=120, check=False)
