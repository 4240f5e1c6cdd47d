"""What may import what, as the house is built: a core, two halves that meet in records, pages, doors."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
MAY_IMPORT = {
    "backprop": set(),
    "course": {"backprop"},
    "templates": set(),
    "printing": {"backprop", "course", "templates"},
    "worksheets": {"backprop", "course", "printing"},
    "grader": {"backprop", "course", "printing"},
    "handprop": {"backprop", "course", "worksheets", "grader"},
}
MODULES = [path for package in MAY_IMPORT for path in sorted((HOUSE / package).rglob("*.py"))]


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere, also within functions, or whose files are loaded by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case ast.Call(func=ast.Attribute(attr="PackageLoader" | "files") | ast.Name(id="files")):
                yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_arrows(path: Path) -> None:
    package = path.relative_to(HOUSE).parts[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {name.partition(".")[0] for name in imported(tree)} & set(MAY_IMPORT) - {package}
    assert used <= MAY_IMPORT[package]
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree)), "imports are absolute"
    assert ast.get_docstring(tree), "every module says what it is for"


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path, known: set[str]) -> Iterator[str]:
    """The modules of the house that a module imports, wherever it does: from a package, the module that is named."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            below = {f"{node.module}.{alias.name}" for alias in node.names} & known
            yield from below or {str(node.module)} & known


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Modules that import each other in a ring; none where there is no such ring."""
    open_still = dict(graph)
    while free := [name for name, used in open_still.items() if not used & set(open_still)]:
        for name in free:
            del open_still[name]
    return sorted(open_still)


def test_no_module_waits_for_itself() -> None:
    known = {name_of(path) for path in MODULES}
    assert not circle({name_of(path): set(imports_of(path, known)) for path in MODULES})


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


def test_no_file_is_long() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not [name_of(path) for path, length in lengths.items() if length > 300]


def test_templates_hold_nothing_but_a_docstring_and_pages() -> None:
    (module,) = (HOUSE / "templates").glob("*.py")
    (only,) = ast.parse(module.read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr)
    assert isinstance(only.value, ast.Constant)


def loaded(program: str) -> set[str]:
    """The packages that are loaded once a program has run."""
    program += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


GRADE = """
import sys
sys.argv = ["handprop", "grade", {course!r}, {answers!r}, "--out", {out!r}]
from handprop.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""


def test_marking_does_not_wait_for_sympy(tmp_path: Path) -> None:
    from classroom import small_course

    # what reads a PDF, a notebook or a workbook is loaded when the first of its kind is there
    slow = {"sympy", "mpmath", "worksheets", "matplotlib", "joblib", "pikepdf", "nbformat", "openpyxl", "PIL"}
    assert not (slow | {"typst"}) & loaded("import grader")
    course = small_course(tmp_path)
    answers = course / "handout" / "s1" / "answers.json"
    run = GRADE.format(course=str(course), answers=str(answers), out=str(tmp_path / "results"))
    assert not (slow - {"worksheets"}) & loaded(run)
    assert (tmp_path / "results" / "marks.jsonl").read_text(encoding="utf-8").count("\n") == 1


def test_a_sheet_is_drawn_without_sympy() -> None:
    program = "from worksheets import load_problem\nload_problem('attention-backprop').variant(7).markdown()"
    assert "sympy" not in loaded(program)
