"""What a command does not load, though it is installed: half of its time and memory."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from yiqihui_spider.cli.lean_imports import bare_stacks, import_without
from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import SampleSite

LARGE = ("pandas", "numpy", "pydantic", "fsspec", "aiohttp", "requests", "tldextract", "telnetlib")
CRAWL = f"""
import sys
from yiqihui_spider.__main__ import main
try:
    main()
except SystemExit as error:
    print(error.code, [name for name in {LARGE} if name in sys.modules])
"""


def test_a_crawl_loads_nothing_large_that_it_does_not_use(tmp_path: Path) -> None:
    with serve(SampleSite()) as server:
        words = ["crawl", "--start-url", f"{server.url}/news/", "--delay", "0", "--no-details"]
        command = [sys.executable, "-c", CRAWL, *words, "--archive", str(tmp_path / "a.db")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_what_was_hidden_can_be_imported_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_library.py").write_text(
        "try:\n    import some_large_one\nexcept ImportError:\n    some_large_one = None\n"
    )
    (tmp_path / "some_large_one.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    import_without("some_library", "some_large_one")
    monkeypatch.delitem(sys.modules, "some_library")
    module = __import__("some_library")
    assert isinstance(module.some_large_one, ModuleType)
    monkeypatch.delitem(sys.modules, "some_library")
    import_without("some_library", "some_large_one")
    assert isinstance(sys.modules["some_library"].some_large_one, ModuleType)  # it was loaded already


def test_a_bare_stack_names_the_same_frames() -> None:
    whole = [(one.frame, one.filename, one.function) for one in inspect.stack()]
    with bare_stacks():
        bare = [(one.frame, one.filename, one.function) for one in inspect.stack()]
    assert bare == whole
    assert inspect.stack.__module__ == "inspect"
