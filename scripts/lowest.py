"""Print constraints that hold each library we name to the oldest release we allow, for ``pip install -c``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BOUND = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,]*\])?>=(?P<lowest>[\d.]+)[^;]*(?P<marker>;.*)?")


def constraints(pyproject: Path) -> Iterator[str]:
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *(one for name in extras if name != "all" for one in extras[name])]
    for requirement in dict.fromkeys(named):
        found = BOUND.fullmatch(requirement)
        if found is None:
            raise SystemExit(f"no lower bound in {requirement!r}")
        yield f"{found['name']}=={found['lowest']}{found['marker'] or ''}"


if __name__ == "__main__":
    print("\n".join(constraints(Path(__file__).parent.parent / "pyproject.toml")))
