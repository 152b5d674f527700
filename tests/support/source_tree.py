"""The source as a fresh clone would have it: what git knows of, and what is new here."""

from __future__ import annotations

import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

from support.paths import ROOT

MADE = (
    *(".venv*", ".stamps", ".axe", "shots", "build", "dist", "*.egg-info", "__pycache__", ".*_cache"),
    *("PKG-INFO", "setup.cfg"),
)
"""What comes to lie in a source tree that is no clone."""


def source_files() -> list[str]:
    """Their names, from the root."""
    if not (ROOT / ".git").exists():  # unpacked from a source distribution
        found = (path for path in ROOT.rglob("*") if path.is_file())
        names = (path.relative_to(ROOT) for path in found)
        return sorted(str(one) for one in names if not _is_made(one))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return sorted(name for name in names if name and (ROOT / name).is_file())


def _is_made(name: Path) -> bool:
    return any(fnmatch(part, made) for part in name.parts for made in MADE)


def copy_source(to: Path) -> Path:
    """A copy that may be built in, or changed."""
    for name in source_files():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, to / name)
    return to
