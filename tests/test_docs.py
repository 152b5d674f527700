"""The documents say what is: schema.md and the cookbook are held to a real archive."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

ROOT = ROOT
sys.path.insert(0, str(ROOT / "scripts"))

import make_docs  # noqa: E402 - found only with the line above

COOKBOOK = (ROOT / "docs" / "cookbook.md").read_text("utf-8")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_docs.sample(tmp_path_factory.mktemp("docs"))


def test_schema_is_fresh(archive: Path) -> None:
    assert (ROOT / "docs" / "schema.md").read_text("utf-8") == make_docs.schema(archive), "run: make docs"


def test_schema_tells_every_table_of_the_contract() -> None:
    page = (ROOT / "docs" / "schema.md").read_text("utf-8")
    named = set(re.findall(r"^### `(\w+)`", page, re.MULTILINE))
    contract = """
        articles article_versions view_counts article_categories captures residues walks runs search
        articles_by_month source_share view_growth completeness edits disappearances
    """
    assert named >= set(contract.split())


def test_cookbook_is_fresh(archive: Path) -> None:
    assert make_docs.answered(COOKBOOK, archive) == COOKBOOK, "run: make docs"


def test_cookbook_has_twenty_questions_with_answers() -> None:
    assert re.findall(r"^### (\d+)\. .*\?$", COOKBOOK, re.MULTILINE) == [str(n) for n in range(1, 21)]
    for block in make_docs.BLOCK.finditer(COOKBOOK):
        rows = block[0].split("```\n")[1].strip().splitlines()
        assert len(rows) >= 3, f"no answer to {block['sql']}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("tool", ["pandas", "Polars"])
def test_recipes_run(tool: str, archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (recipe,) = re.findall(rf"### {tool}\n\n```python\n(.*?)```", COOKBOOK, re.DOTALL)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "yiqihui.db").write_bytes(archive.read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(recipe, names)  # the page's own code, on a file of ours
    names["db"].close()  # type: ignore[attr-defined]
    result = names["monthly" if tool == "pandas" else "growth"]
    assert len(result) == (8 if tool == "pandas" else 32)  # type: ignore[arg-type]


def test_the_duckdb_recipe_runs_on_the_export_it_names(archive: Path, tmp_path: Path) -> None:
    told, recipe = re.findall(r"`(yiqihui export [^`]*)`.*?```python\n(.*?)```", COOKBOOK, re.DOTALL)[0]
    export = [sys.executable, "-m", "yiqihui_spider", *shlex.split(told)[1:], "--archive", str(archive)]
    subprocess.run(export, cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", recipe], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert re.search(r"大促之后,退货群比抢购群还热闹 +│ +2317 ", done.stdout)
