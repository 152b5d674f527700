"""A real pywb on loopback. It wants older libraries than ours, so it lives in an environment of its own:
``.venv-pywb`` beside the repository's files, or wherever ``$YIQIHUI_PYWB`` (its bin folder) says.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.paths import ROOT

_HERE = ROOT / ".venv-pywb" / "bin"
STARTS_WITHIN = 60.0


def bin_folder() -> Path:
    """Where pywb's commands are. Skips the test where there are none, except under CI."""
    folder = Path(os.environ.get("YIQIHUI_PYWB") or _HERE)
    if not (folder / "wayback").exists():
        reason = f"no pywb in {folder}; `make test` sets it up, or set YIQIHUI_PYWB"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


class Pywb:
    """A folder of collections, and the server over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = bin_folder()
        self.url = ""

    def add(self, collection: str, *files: Path) -> None:
        """WARC files, or a WACZ file."""
        if not (self.folder / "collections" / collection).exists():
            self._manage("init", collection)
        unpack = ["--unpack-wacz"] if any(file.suffix == ".wacz" for file in files) else []
        self._manage("add", *unpack, collection, *map(str, files))

    def _manage(self, *words: str) -> None:
        done = subprocess.run(
            [self._bin / "wb-manager", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def index(self, collection: str) -> str:
        return f"{self.url}/{collection}/cdx"

    def original(self, collection: str, timestamp: str, url: str) -> bytes:
        """A capture's payload as replayed to a client that takes any coding it was stored in."""
        request = urllib.request.Request(
            f"{self.url}/{collection}/{timestamp}id_/{url}", headers={"Accept-Encoding": "gzip"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            data: bytes = response.read()
        return data

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        with (self.folder / "pywb.log").open("wb") as log:
            server = subprocess.Popen(
                [self._bin / "wayback", "-b", "127.0.0.1", "-p", str(port)],
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
            try:
                self._await(server)
                yield
            finally:
                server.terminate()
                server.wait(30)

    def _await(self, server: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and server.poll() is None:
            if self._answers():
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "pywb.log").read_text("utf-8", "replace"))

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=5):
                return True
        except OSError:
            return False
