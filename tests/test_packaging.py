"""What is built holds all it needs: the wheel runs unpacked in an empty folder, tests run from the sdist."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from support.import_graph import MODULES
from support.paths import ROOT
from support.source_tree import copy_source, source_files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``sdist`` and ``wheel`` unpacked; the wheel was built from the sdist."""
    folder = tmp_path_factory.mktemp("built")
    source = copy_source(folder / "source")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "wheel")
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (folder / sdist.name.removesuffix(".tar.gz")).rename(folder / "sdist")
    return folder


@pytest.fixture(scope="module")
def metadata(built: Path) -> Message:
    (page,) = (built / "wheel").glob("*.dist-info/METADATA")
    return message_from_string(page.read_text("utf-8"))


def run(path: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    environment.pop("YIQIHUI_ARCHIVE", None)
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(300)
def test_wheel_crawls_the_sample_site(built: Path, tmp_path: Path) -> None:
    wheel = built / "wheel"
    where = run(wheel, tmp_path, "-c", "import yiqihui_spider; print(yiqihui_spider.__file__)")
    assert where.stdout.strip() == str(wheel / "yiqihui_spider" / "__init__.py")
    done = run(wheel, tmp_path, "-m", "yiqihui_spider", "crawl", "--sample", "--show")
    assert done.returncode == 0, done.stderr
    assert "outcome: certified" in done.stdout


def test_wheel_leaves_tests_and_tools_out(built: Path) -> None:
    kept = {path.name for path in (built / "wheel").iterdir() if path.suffix not in (".dist-info", ".data")}
    assert kept == {"yiqihui_spider"}


def test_wheel_brings_the_page_of_the_manual_where_man_looks(built: Path) -> None:
    (data,) = (built / "wheel").glob("*.data")
    assert [str(path.relative_to(data)) for path in data.rglob("*") if path.is_file()] == [
        "data/share/man/man1/yiqihui.1"
    ]


def test_sdist_is_the_source(built: Path) -> None:
    sdist = built / "sdist"
    found = {str(path.relative_to(sdist)) for path in sdist.rglob("*") if path.is_file()}
    made = {name for name in found if name in ("PKG-INFO", "setup.cfg") or ".egg-info/" in name}
    assert found - made == set(source_files())


def test_tests_run_from_the_sdist(built: Path) -> None:
    sdist = built / "sdist"
    some = ["crawl/test_outcome.py", "imports/test_file_type.py", "test_urls.py", "test_settings.py"]
    words = ["-p", "no:xdist", *(f"tests/{name}" for name in some)]
    done = run(sdist, sdist, "-m", "pytest", *words)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert done.stdout.count(".") > 40


# --- what an index shows ------------------------------------------------------------------------------


def test_links_of_the_readme_lead_somewhere_on_an_index_page(metadata: Message) -> None:
    page = metadata.get_payload()
    assert isinstance(page, str)
    assert "yiqihui crawl --sample" in page or "make crawl" in page
    assert [target for target in re.findall(r"\]\(([^)]+)\)", page) if "://" not in target] == []
    assert "running it for years in the operating guide (`docs/operating.md`)" in page
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_all("Project-URL")
    assert metadata["License-Expression"] == "MIT"


def test_scrapyd_finds_the_settings(built: Path) -> None:
    (page,) = (built / "wheel").glob("*.dist-info/entry_points.txt")
    assert "[scrapy]\nsettings = yiqihui_spider.settings\n" in page.read_text("utf-8")


# --- what is imported is declared -----------------------------------------------------------------------

NAMES = {"OpenSSL": "pyopenssl", "newspaper": "newspaper4k", "readability": "readability-lxml"}
"""Imported by another name than a library is installed by; ``-`` for ``_`` apart."""

EXTRAS = {
    "bulk": "cluster",
    "serving": "serve",
    "report": "report",
    "analysis": "analysis",
    "exports.parquet": "parquet",
    "exports.wacz": "wacz",
    "archive.search.query": "traditional",
}
"""Parts that want an extra."""


def named(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", one)[0] for one in requirements}  # type: ignore[index]


def imported(path: Path) -> set[str]:
    """Libraries that a module imports, also by ``import_module``."""
    tree, found = ast.parse(path.read_text("utf-8")), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    tops = {name.partition(".")[0] for name in found} - {"yiqihui_spider"} - sys.stdlib_module_names
    return {NAMES.get(top, top.replace("_", "-").lower()) for top in tops if top}


def test_every_library_that_a_module_imports_is_declared() -> None:
    core, extras = named(PROJECT["dependencies"]), PROJECT["optional-dependencies"]
    missing = {}
    for module, path in MODULES.items():
        wanted = imported(path) - core
        for part, extra in EXTRAS.items():
            if module == part or module.startswith(f"{part}."):
                wanted -= named(extras[extra])
        if wanted:
            missing[module] = wanted
    assert missing == {}


def test_every_library_that_is_declared_is_imported() -> None:
    benchmarks = {path.stem: path for path in (ROOT / "benchmarks").glob("*.py")}
    found = set().union(*(imported(path) for path in (MODULES | benchmarks).values()))
    declared = named(PROJECT["dependencies"])
    for extra, requirements in PROJECT["optional-dependencies"].items():
        declared |= named(requirements) if extra != "all" else set()
    assert declared - found == set()
    everything = set(PROJECT["optional-dependencies"]) - {"all", "bench"}  # what the benchmarks compare with
    (all_of_it,) = PROJECT["optional-dependencies"]["all"]
    assert set(re.findall(r"[\w-]+", all_of_it.partition("[")[2])) == everything


def test_every_library_has_a_lowest_release_that_is_tried() -> None:
    done = run(ROOT, ROOT, "scripts/lowest.py")
    assert done.returncode == 0, done.stderr
    assert {"scrapy==2.19", "warcio==1.8.1", "datasette==0.65.2", "surt==0.3.1"} <= set(
        done.stdout.splitlines()
    )
