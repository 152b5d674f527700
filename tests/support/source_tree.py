"""The source as a fresh clone would have it: what git knows of, and what is new here."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.paths import ROOT


def copy_source(to: Path) -> Path:
    """A copy that may be built in, or changed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes((ROOT / name).read_bytes())
    return to
