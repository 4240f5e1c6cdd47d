"""Formulas as people type them: read as they were meant, or refused in plain words; what is printed reads back."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from formula_forms import FORMULA_FORMS, GIVEN, FormulaForm
from formula_problems import attention, every_problem, small_attention
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import Shapes, grown, model, numbers, with_trainables

from backprop.evaluate import evaluate, work_lines
from backprop.expressions import Apply, Expression, names, walk
from backprop.language import is_readable
from backprop.model import FORWARD, Line, Model
from backprop.notation import LATEX, PLAIN, Printer
from backprop.scope import Scope, shape_of
from backprop.training import derive
from backprop.writing import text
from course.records import ProblemRecord
from grader.formulas.marking import Formulas
from grader.formulas.names import Vocabulary
from grader.formulas.parsing import parse_formula
from grader.formulas.readings import Tries, readings
from worksheets.recorded import WITH_FORMULAS

AS_TYPED = (LATEX, PLAIN)  # the styles that people type; Typst is for printing

ROWS = [
    pytest.param(form, id=f"{heading}: {str(form.typed)[:30]!r}")
    for heading, rows in FORMULA_FORMS.items()
    for form in rows
]
PRINTED = [
    pytest.param(problem, line.name, id=f"{name}: {line.name}")
    for name, problem in every_problem()
    for line in problem.lines
    if line.part in WITH_FORMULAS
]


@pytest.mark.parametrize("form", ROWS)
def test_every_form_is_read_as_the_table_says(form: FormulaForm) -> None:
    judged = attention().judge(form.line, form.typed, GIVEN)
    assert judged.verdict == form.verdict
    if form.read:
        assert judged.message == f"Right. Read as {form.read}."
    assert form.says in judged.message


@pytest.mark.parametrize("form", ROWS)
def test_messages_are_for_students(form: FormulaForm) -> None:
    message = attention().judge(form.line, form.typed, GIVEN).message
    assert message[-1] in ".?"
    for word in ("Error", "Token", "lark", "NoneType", "expected", "parse", "call:", "beside", "keyword:"):
        assert word not in message


# --- what is printed reads back ---------------------------------------------------------------------------------------


@cache
def kept(name: str) -> Formulas:
    return Formulas(dict(every_problem())[name])


@pytest.mark.parametrize(("problem", "line"), PRINTED)
def test_every_derived_line_reads_back_as_it_is_printed(problem: ProblemRecord, line: str) -> None:
    formulas, derived = kept(problem.name), problem.model()
    expression = derived.by_name[line].expression
    printed = [
        text(expression),
        *(Printer.of(derived, style, problem.loss).expression(expression) for style in AS_TYPED),
    ]
    for typed in printed:
        assert formulas.judge(line, typed).verdict == "correct", typed
        headed = f"{Printer.of(derived, LATEX, problem.loss).name(line)} = {typed}"
        assert formulas.judge(line, headed).verdict == "correct", headed


def _small_model() -> Model:
    given: Shapes = {"A": ("n", "m"), "W_B": ("m", "n"), "r": (1, "m"), "c": ("n", 1), "eta": (), "S": ("m", "m")}
    base = model({"Q": "A @ W_B", "loss": "sum(Q * Q)"}, {}, given, {"k": "n"}, {"n": 2, "m": 3})
    derived = derive(with_trainables(base, ["A", "W_B"]), "loss")
    return derived.extended([("end", "A", FORWARD)])


MODEL = _small_model()
LAST = MODEL.lines[-1]
WORKED = work_lines(MODEL.lines, numbers(MODEL, seed=5, batch=4), MODEL.sizes)
# In print these are words, or signs that nobody types: “last row of A”, softmax with “causal” below it.
GRADIENTS = {line.name for line in MODEL.part("backward")}
IN_WORDS = {"row", "place", "entry", "cross_entropy", "mean_cross_entropy", "causal_softmax"}


@settings(max_examples=300)
@given(grown(Scope({n: s for n, s in MODEL.scope.shapes.items() if n != "end"}, MODEL.sizes, MODEL.scope.indices), 5))
def test_random_trees_read_back(tree: Expression) -> None:
    if not is_readable(tree) or set(names(tree)) <= set(MODEL.sizes):
        return
    reads_back(text(tree), tree)
    # A gradient over a gradient looks like one: ∂L/∂A over ∂L/∂B.
    over = [node.arguments for node in walk(tree) if isinstance(node, Apply) and node.operation == "/"]
    if any(set(names(a)) & GRADIENTS and set(names(b)) & GRADIENTS for a, b in over):
        return
    if not any(isinstance(node, Apply) and node.operation in IN_WORDS for node in walk(tree)):
        for style in AS_TYPED:
            reads_back(Printer.of(MODEL, style, "loss").expression(tree), tree)


def reads_back(typed: str, tree: Expression) -> None:
    line = Line("end", LAST.expression, shape_of(tree, MODEL.scope), LAST.part)
    formula = parse_formula(typed, Vocabulary(MODEL, "loss"), LAST)
    found = readings(formula, MODEL.scope, line, Printer.of(MODEL, PLAIN, "loss"), Tries())
    expected = evaluate(tree, WORKED, MODEL.sizes)
    values = [evaluate(reading, WORKED, MODEL.sizes) for reading in found]
    assert any(np.allclose(value, expected, rtol=1e-9, atol=1e-12, equal_nan=True) for value in values), typed


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("dW_Q", "X^\top \frac{\\partial L}{\\partial Q}"),
        ("W_Q_new", "W_Q - \\eta \times \nabla_{W_Q} L"),
        ("dlogits", "\text{probs} - e_{target}"),
    ],
)
def test_a_backslash_that_json_took_is_put_back(line: str, typed: str) -> None:
    """In an answers.json typed by hand, a command with one backslash arrives as a tab or a line's end."""
    assert attention().judge(line, typed).verdict == "correct"


# --- whatever is typed ------------------------------------------------------------------------------------------------

HOSTILE = (
    "X" * 1_000_000,
    "(" * 300 + "X" + ")" * 300,
    "{" * 35 + "X" + "}" * 35,
    "__import__('os').system('touch hacked')",
    "().__class__.__bases__[0].__subclasses__()",
    "exec(open('/etc/passwd').read())",
    "-" * 599 + "X",
    "X" + "'" * 598,
    "X*" * 299 + "X",
    "XQKV" * 150,
    "d" * 600,
    "e" + "_e" * 299,
    "\\" * 600,
    r"\text{" * 60,
    r"\frac" * 120,
    "∂L/∂" * 150,
    "^T" * 300,
    "2^" * 290 + "2",
    "9" * 600,
    "X^999999999",
    "X * 1e999",
    "place(X, 999999999, 64)",
    "spread(1, 64, 64) @ spread(1, 64, 64) @ spread(1, 64, 64)",
    "eye(64) @ eye(64) @ eye(64) @ eye(64)",
    "eye(10000000)",
    "\x00\x01\x02",
    "\ud800",
    "X.T @ dQ\n" * 60,
    "=" * 600,
    "{X" * 40,
)


@pytest.mark.parametrize("typed", HOSTILE, ids=lambda typed: repr(typed[:30]))
def test_hostile_input_has_one_message(typed: str) -> None:
    judged = attention().judge("dW_Q", typed, GIVEN)
    assert judged.verdict in ("wrong", "unreadable")
    assert judged.message
    assert len(judged.message) < 600


@pytest.mark.parametrize("typed", [3, 0.5, True, [], [[1]], {}, {"a": 1}, b"X"], ids=repr)
def test_what_is_no_text_is_no_formula(typed: object) -> None:
    judged = attention().judge("dW_Q", typed, GIVEN)
    assert judged.verdict == "unreadable"
    assert "Expected a formula, as text." in judged.message


WORDS = (
    *("X", "Q", "K", "dQ", "∂L/∂Q", "W_Q", "dscores", "weights", "eta", "η", "d_k", "n", "target", "2", "0.5"),
    *("(", ")", "[", "]", "{", "}", ",", "+", "-", "*", "/", "@", "^", "'", ".T", "ᵀ", "²", "√", "·", "×", "⊙"),
    *("1", "e", "_", "=", "‖", r"\frac", r"\sqrt", r"^\top", r"\left(", r"\right)", "softmax(", "sum(", "axis=1"),
    *(".sum(", "row(", "place(", "onehot(", r"\begin{pmatrix}", r"\end{pmatrix}", r"\\", "^{new}"),
)
PIECES = st.sampled_from([*WORDS, " ", "last row of ", "in the last row, 0 elsewhere"])
TYPED = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=25).map("".join),
    st.lists(PIECES, max_size=12).map(" ".join),
)


@settings(max_examples=400)
@given(TYPED)
def test_nothing_that_is_typed_raises(typed: str) -> None:
    judged = small_attention().judge("dW_Q", typed, GIVEN)
    assert judged.verdict in ("correct", "wrong", "blank", "unreadable")
    assert judged.message
