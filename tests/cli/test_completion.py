"""Completion in real shells, and the nearest right name for a misspelt one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.import_files import bring_in
from support.paths import ROOT

from yiqihui_spider.cli import main
from yiqihui_spider.sample.site import SampleSite

BASH = """
source completions.sh
COMP_WORDS=({words} ''); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
COMP_WORDS[$COMP_CWORD]='{last}'
_yiqihui_completion yiqihui
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# What zsh's compadd and compdef would show is printed; the script itself is loaded as a user loads it.
ZSH = """
compdef() {{ }}
compadd() {{ print -l -- $completions }}
_describe() {{ print -l -- $completions_with_descriptions }}
source completions.sh
words=({words} '{last}'); CURRENT=${{#words}}
_yiqihui_completion
"""
FISH = """
source completions.sh
complete -C "{words} {last}"
"""
SHELLS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place with ``yiqihui`` on its path and an archive in data/."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "yiqihui"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m yiqihui_spider "$@"\n')
    command.chmod(0o755)
    (tmp_path / "dump.txt").write_text(SampleSite().dump("社群", 1), "utf-8")
    assert bring_in(tmp_path / "data" / "yiqihui.db", tmp_path / "dump.txt")[0] == 0
    return tmp_path


def completed(shell: str, folder: Path, words: str, last: str) -> list[str]:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not on this machine")
    env = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    env |= {"LC_ALL": "C.UTF-8", "HOME": str(folder)}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (folder / "completions.sh").write_text(run("yiqihui", "completion", shell), "utf-8")
    lines = run(shell, "-c", SHELLS[shell].format(words=words, last=last)).splitlines()
    return [line.partition("\t")[0].partition(":")[0] for line in lines if line.strip()]


@pytest.mark.parametrize("shell", sorted(SHELLS))
def test_commands_options_and_categories(shell: str, folder: Path) -> None:
    assert set(completed(shell, folder, "yiqihui", "re")) == {"report", "reparse"}
    assert completed(shell, folder, "yiqihui search", "--cat") == ["--category"]
    assert completed(shell, folder, "yiqihui export --category", "社") == ["社群"]
    assert completed(shell, folder, "yiqihui search --archive nowhere.db --category", "") == []


def said(*words: str) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2, done.output
    return done.stderr.splitlines()[-1]


def test_misspelt_names_get_the_nearest_right_one() -> None:
    assert said("statsu") == "Error: No such command 'statsu'; did you mean status?"
    assert said("zzz") == "Error: No such command 'zzz'"
    assert "'--archive'" in said("status", "--achive", "x")
    assert "'incremental'" in said("crawl", "--mode", "incremntal")


@pytest.mark.parametrize("command", [("search", "的"), ("export", "--format", "jsonl", "-o", "-")])
def test_a_misspelt_category(command: tuple[str, ...], folder: Path) -> None:
    archive = str(folder / "data" / "yiqihui.db")
    done = CliRunner().invoke(main, [*command, "--category", "社区", "--archive", archive])
    note = "note: no article in the archive has the category 社区; did you mean 社群?; there are 社群\n"
    assert note in done.stderr
    assert done.exit_code == 0


def test_completion_of_another_shell_is_refused() -> None:
    assert "'bash', 'zsh', 'fish'" in said("completion", "tcsh")
