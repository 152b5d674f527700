"""What must be remembered of runs that leave no row in the archive: another one held it, it could not
be opened. A small file beside the archive, or, where that can't be, in the user's own folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Memory = dict[str, Any]
"""By kind of run: ``since``, ``at`` (the last time), and what was told."""


def places(archive: Path, environment: Mapping[str, str]) -> list[Path]:
    """Where the file may be, the best first. Beside a file that is not ours nothing is put."""
    real = archive.resolve()
    name = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
    state = environment.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    own = Path(state, "yiqihui", f"{name}.json")
    beside = real.with_name(f"{real.name}.trouble")
    return [beside, own] if real.with_name(f"{real.name}.lock").exists() else [own]


def load(places: list[Path]) -> Memory:
    """What is remembered; of several files the one that was written last."""
    for path in sorted(places, key=_age):
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(found, dict) and all(isinstance(one, dict) for one in found.values()):
            return found
    return {}


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0


def save(places: list[Path], memory: Memory) -> bool:
    """Keep it, in the first place where that works; whether it did. Nothing to remember is no file."""
    for path in places:
        if not memory:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            continue
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(memory), "utf-8")
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            continue
        return True
    return not memory
