"""The recipes of CONTRIBUTING.md are true: each is followed to the letter in a copy of the tree, and counted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPIED = ("backprop", "course", "printing", "worksheets", "grader", "handprop", "templates", "tests")


@dataclass(frozen=True)
class Block:
    """What a recipe adds: a new file, or lines at the end of a table in a file that is there."""

    recipe: str
    path: str
    table: str
    lines: str

    def add_to(self, tree: Path) -> None:
        path = tree / self.path
        assert path.exists() == bool(self.table), f"{self.path} stands in the way, or is missing"
        if not self.table:
            path.write_text(self.lines, encoding="utf-8")
            return
        imports = "".join(line for line in self.lines.splitlines(True) if line.startswith("from "))
        rows = self.lines.removeprefix(imports)
        source = path.read_text(encoding="utf-8")
        # Up to the bracket that closes the table, or just behind the one that opens it where both are on one line.
        table = rf"^{self.table}\b.*?= [({{](?:\n(?s:.*?)(?=^[)}}]))?"
        for pattern, added in ((r"^from __future__ .*\n", imports), (table, rows)):
            (place,) = re.finditer(pattern, source, re.MULTILINE)
            source = source[: place.end()] + added + source[place.end() :]
        path.write_text(source, encoding="utf-8")


def blocks() -> list[Block]:
    """The blocks of the page, by the heading that they stand under; a block's first line says where it goes."""
    found = []
    for section in re.split(r"^## ", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        recipe = section.partition("\n")[0]
        for where, lines in re.findall(r"^```\w+\n(.*)\n((?s:.*?))^```$", section, re.MULTILINE):
            place = re.fullmatch(r"\{?# ([\w./-]+)(?:, in (\w+))?(?: #\})?", where)
            assert place, f"a block under “{recipe}” does not say where it goes"
            found.append(Block(recipe, place[1], place[2] or "", lines))
    return found


BLOCKS = blocks()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with everything that the recipes add."""
    copy = tmp_path_factory.mktemp("tree")
    for package in COPIED:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for block in BLOCKS:
        block.add_to(copy)
    return copy


def run(tree: Path, *arguments: str) -> str:
    """What pytest prints in a copy, where all must pass."""
    call = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-n0", *arguments]
    done = subprocess.run(call, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


def passed(tree: Path, *arguments: str) -> int:
    """How many tests passed in a copy."""
    summary = re.search(r"\b(\d+) passed\b", run(tree, *arguments))
    return int(summary[1]) if summary else 0


def test_each_recipe_takes_as_many_places_as_it_says() -> None:
    places: dict[str, list[str]] = {}
    for block in BLOCKS:
        places.setdefault(block.recipe, []).append(block.path)
    assert places == {
        # Two operations, each in one place.
        "Add an operation: one entry": ["backprop/operations/functions.py", "backprop/operations/sums.py"],
        "Add a problem: one file": ["worksheets/problems/dense-block.toml"],
        "Add a way to hand in: one file, and its row": ["grader/readers/plain_text.py", "grader/readers/__init__.py"],
        "Add a format of feedback: one template, and its entry": [
            "templates/feedback.txt.jinja",
            "grader/feedback/formats.py",
        ],
    }


def test_what_was_added_works_everywhere(tree: Path) -> None:
    assert passed(tree, "tests/added.py") >= 8


def test_new_operations_bring_their_tests(tree: Path) -> None:
    assert passed(tree, "tests/test_operations.py", "-k", "gelu or layer_norm") > 40


def test_a_new_problem_brings_its_tests(tree: Path) -> None:
    assert "is_fit_to_use[dense-block]" in run(tree, "--collect-only", "tests/test_problems.py")
