"""What an operation is stands in the table and nowhere else: no other module knows one by its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from backprop.operations import FUNCTIONS, OPERATIONS

HOUSE = Path(__file__).parent.parent
PACKAGES = ("backprop", "course", "printing", "worksheets", "grader", "handprop")
OUTSIDE = [
    path
    for package in PACKAGES
    for path in sorted((HOUSE / package).rglob("*.py"))
    # Python's operators on the nodes themselves stand in expressions.py, so that rules can be written as mathematics.
    if not path.is_relative_to(HOUSE / "backprop" / "operations") and path.name != "expressions.py"
]


def named(tree: ast.AST) -> Iterator[str]:
    """Operations by their names: applied, matched, compared with, or in a module that reads the table at all."""
    reads_the_table = False
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="backprop.operations" | "backprop.operations.record"):
                reads_the_table = True
            case ast.Call(
                func=ast.Name("apply" | "Apply") | ast.Attribute(attr="attempt"), args=[ast.Constant(name), *_]
            ):
                yield name
            case ast.MatchClass(cls=ast.Name("Apply"), patterns=[ast.MatchValue(ast.Constant(name)), *_]):
                yield name
            case ast.MatchClass(cls=ast.Name("Apply"), patterns=[ast.MatchOr(options), *_]):
                yield from (o.value.value for o in options if isinstance(o, ast.MatchValue))  # type: ignore[attr-defined]
            case ast.Compare(left=ast.Attribute(attr="operation"), comparators=others):
                yield from (n.value for other in others for n in ast.walk(other) if isinstance(n, ast.Constant))
    if reads_the_table:
        yield from (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in FUNCTIONS)


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_no_module_outside_the_table_knows_an_operation_by_its_name(path: Path) -> None:
    found = set(named(ast.parse(path.read_text(encoding="utf-8")))) & set(OPERATIONS)
    if path.name == "functions.py":
        found -= {"exp", "log", "tanh"}  # words that students type without brackets
    assert found == set()


@pytest.mark.parametrize(
    "program",
    [
        'apply("softmax", a)',
        'match e:\n    case Apply("@", (a, b)):\n        pass',
        'match e:\n    case Apply("*" | "/", (a, b)):\n        pass',
        'e.operation == "neg"',
        'e.operation in (".T", "neg")',
        'from backprop.operations import OPERATIONS\nRULES = {"softmax": 1}',
    ],
)
def test_a_name_outside_the_table_is_noticed(program: str) -> None:
    assert set(named(ast.parse(program))) & set(OPERATIONS)


def test_what_can_be_derived_is_not_declared() -> None:
    for operation in OPERATIONS.values():
        assert operation.values or operation.definition
        assert operation.entry or operation.definition or operation.is_entrywise
        # What scalars are left over in entries is read by SymPy: under its name, by a function, or by a definition.
        if operation.is_entrywise:
            assert operation.sympy or operation.definition
