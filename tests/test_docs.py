"""The documents say what is: schema.md and the cookbook are held to a real archive."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.paths import ROOT

from yiqihui_spider.archive.schema.data_dictionary import meanings

sys.path.insert(0, str(ROOT / "scripts"))

import command_reference
import make_docs

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


def test_a_meaning_is_told_of_nothing_that_is_not_there(archive: Path) -> None:
    found = make_docs.catalogue(archive)
    told = {name: set(one.columns) for name, one in meanings().items() if not one.machinery}
    assert told == {name: {column for column, _ in found[name]} for name in told}


def statements() -> list[tuple[str, str]]:
    """Each SQL statement that a page shows in its prose, or for sqlite3 to run."""
    found = []
    for page in sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]):
        prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        quoted = re.findall(r'sqlite3 [^"`]*"(SELECT [^"]*)"', prose)
        alone = [one for one in re.findall(r"`(SELECT [^`]*)`", prose) if "…" not in one]
        found += [(page.name, sql) for sql in (*quoted, *alone)]
    return found


def test_every_statement_can_be_run(archive: Path) -> None:
    assert len(statements()) >= 6
    with closing(sqlite3.connect(f"file:{archive}?mode=ro", uri=True)) as db:
        for page, sql in statements():
            assert db.execute(sql).description, page


# --- the commands, and the page of the manual ---------------------------------------------------------

MANUAL = ROOT / "docs" / "yiqihui.1"


def test_the_page_of_commands_is_fresh() -> None:
    assert (ROOT / "docs" / "commands.md").read_text("utf-8") == command_reference.markdown(), (
        "run: make docs"
    )


def test_the_manual_is_fresh() -> None:
    assert MANUAL.read_text("utf-8") == command_reference.manual_as_of(MANUAL), "run: make docs"


def test_a_page_that_says_the_same_keeps_its_date(tmp_path: Path) -> None:
    page = tmp_path / "yiqihui.1"
    page.write_text(command_reference.manual("2019-04-13"), "utf-8")
    assert ".TH YIQIHUI 1 2019-04-13 " in command_reference.manual_as_of(page)
    page.write_text(page.read_text("utf-8").replace(".SH FILES", ".SH FOLDERS"), "utf-8")
    assert ".TH YIQIHUI 1 2019-04-13 " not in command_reference.manual_as_of(page)


def test_the_manual_tells_every_command_option_setting_variable_and_exit_code() -> None:
    page = MANUAL.read_text("utf-8").replace("\\-", "-")
    for command in command_reference.commands():
        section = page.partition(f".SS {command.name}\n")[2].partition("\n.S")[0]
        assert section, command.name
        told = section + page.partition(".SH COMMON OPTIONS\n")[2]
        assert [option.names for option in command.options if f"\\fB{option.names}\\fR" not in told] == []
    for name in (*command_reference.KEYS, *command_reference.environment()):
        assert f"\\fB{name}" in page, name
    codes = page.partition(".SH EXIT STATUS\n")[2].partition(".SH")[0]
    assert re.findall(r"^\\fB(\d+)\\fR$", codes, re.MULTILINE) == ["0", "1", "2", "3", "4", "75"]


@pytest.mark.parametrize(
    "words",
    [
        ["man", "--warnings", "-E", "UTF-8", "-l"],
        ["groff", "-man", "-K", "utf8", "-T", "utf8", "-ww", "-z"],
        ["mandoc", "-T", "lint", "-W", "warning"],
    ],
    ids=lambda words: words[0],
)
def test_what_shows_manuals_finds_nothing_wrong_with_it(words: list[str]) -> None:
    if not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not installed")
    env = os.environ | {"LC_ALL": "C.UTF-8", "MANPAGER": "cat"}
    done = subprocess.run([*words, str(MANUAL)], capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert words[0] == "man" or done.stdout == ""


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
