"""Formulas marked: by value and not by looks, named like numbers, beside the numbers and without touching them."""

from __future__ import annotations

import numpy as np
import pytest
from formula_problems import attention, every_problem, record, sheet, small_attention
from mistake_rows import ATTENTION, perceptron

from backprop.language import parse
from backprop.mistakes import mistakes
from backprop.notation import LATEX, Printer
from backprop.writing import text
from course.records import ProblemRecord
from grader import grade
from grader.feedback.formats import markdown
from grader.formulas import marking as formula_marking
from grader.formulas.marking import Formulas
from grader.marking.marks import KINDS, WORST_FIRST
from worksheets import load_problem
from worksheets.problem import read_problem

SHEET = sheet(load_problem("attention-backprop"))
PROBLEMS = [pytest.param(problem, id=name) for name, problem in every_problem()]
WITH_FORMULA = ("backward", "update")


def right(problem: ProblemRecord) -> dict[str, str]:
    return {f"1.{line.name}.formula": line.expression for line in problem.lines if line.part in WITH_FORMULA}


# --- the round --------------------------------------------------------------------------------------------------------


def test_a_formula_follows_its_line_in_the_marks() -> None:
    marks = grade(SHEET, {"1.dQ.formula": "dscores K"})
    names = [line.name for line in marks.lines]
    assert names[names.index("1.dQ") + 1] == "1.dQ.formula"
    formulas = {name.removesuffix(".formula") for name in names if name.endswith(".formula")}
    assert formulas == {f"1.{x.name}" for x in SHEET.set.problems[0].lines if x.part in WITH_FORMULA}
    line = marks.line("dQ.formula")
    assert (line.verdict, line.score, line.out_of) == ("correct", 1.0, 1.0)
    assert (line.entries, line.read, line.mistake) == ((("correct",),), ((None,),), None)
    assert line.message == "Right. Read as ∂L/∂scores · K."
    assert marks.score == 1.0
    assert marks.out_of == SHEET.set.problems[0].marks
    assert marks.notes == ()


@pytest.mark.parametrize("short", [False, True], ids=["1.dQ.formula", "dQ.formula"])
def test_all_right_earns_all_the_formulas_marks(short: bool) -> None:
    answers = {name.removeprefix("1." if short else ""): typed for name, typed in right(SHEET.set.problems[0]).items()}
    marks = grade(SHEET, answers)
    assert marks.score == sum(line.in_words.get("formula", 0) for line in SHEET.set.problems[0].lines) > 0
    assert {line.verdict for line in marks.lines if line.name.endswith(".formula")} == {"correct"}


def test_formulas_never_change_the_marks_for_numbers() -> None:
    numbers = {name: np.round(np.asarray(value) * 1.01, 4).tolist() for name, value in SHEET.key.items()}
    alone = grade(SHEET, numbers)
    for typed in ("X.T @ dQ", "nonsense (", "0.3"):
        both = grade(SHEET, numbers | dict.fromkeys(right(SHEET.set.problems[0]), typed))
        is_number = [not line.name.endswith(".formula") for line in both.lines]
        assert [x for x, is_its in zip(both.lines, is_number, strict=True) if is_its] == [
            x for x, is_its in zip(alone.lines, is_number, strict=True) if is_its
        ]


def test_feedback_shows_how_a_formula_was_read() -> None:
    marks = grade(SHEET, {"1.dW_Q.formula": "X @ dQ", "1.dQ.formula": "dscores K"})
    page = markdown(SHEET.set, SHEET.record, marks).decode()
    assert "| 1.dQ.formula | ✓ | 1 of 1 | Right. Read as ∂L/∂scores · K. |" in page
    assert (
        r"| 1.dW\_Q.formula | ✗ | 0 of 1 | Not right. Read as X · ∂L/∂Q. The transpose of X was left out; "
        r"the line is Xᵀ · ∂L/∂Q. |" in page
    )
    assert r"| 1.dW\_K.formula | blank | 0 of 1 | Left blank. |" in page
    assert "1.dW_Q.formula =" not in page


def test_without_formulas_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = load_problem("attention-backprop").variant(seed=3)
    monkeypatch.setattr(formula_marking, "parse_formula", lambda *a: pytest.fail("a formula was read"))
    marks = grade(plain, {"1.dQ.formula": "dscores K"})
    assert not any(line.name.endswith(".formula") for line in marks.lines)
    assert marks.notes == ("“1.dQ.formula” is not the name of an answer on this sheet; it was passed over.",)


def test_each_text_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    formulas, calls = Formulas(record(load_problem("attention-backprop"))), []
    judged = formulas._judged
    monkeypatch.setattr(formulas, "_judged", lambda *a: calls.append(a) or judged(*a))
    for eta in (0.5, 0.2, 0.5):
        formulas.judge("dQ", "dscores K", {"eta": eta, "target": 1})
    assert len(calls) == 1
    verdicts = [formulas.judge("W_Q_new", "W_Q - 0.5 dW_Q", {"eta": eta}).verdict for eta in (0.5, 0.2, 0.5)]
    assert verdicts == ["correct", "wrong", "correct"]
    assert len(calls) == 3


# --- by value, at every size ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_mistake_is_named_as_it_would_be_for_numbers(problem: ProblemRecord) -> None:
    """Each known mistake, typed in the language, is wrong, and of a kind that numbers would be given."""
    formulas, model = Formulas(problem), problem.model()
    for line in model.lines:
        if line.part not in WITH_FORMULA:
            continue
        for mistake in mistakes(model, line):
            if line.name in text(mistake.expression).split() or not mistake_is_told(formulas, line.name, mistake):
                continue
            typed = Printer.of(model, LATEX, problem.loss).expression(mistake.expression)  # which says ⊙ for *
            judged = formulas.judge(line.name, typed)
            assert judged.verdict == "wrong", (line.name, typed, judged)
            if judged.message.startswith("Not right."):
                assert judged.mistake is not None, (line.name, typed, judged)
                assert judged.mistake.kind in KINDS


def mistake_is_told(formulas: Formulas, name: str, mistake: object) -> bool:
    """Whether a mistake gives another value than the line at all: not where numbers of these sizes hide it always."""
    return not formulas.own.is_right(mistake.expression, name)  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", [r for r in ATTENTION if r.line.startswith("d") or r.line.endswith("_new")], ids=str)
def test_the_rows_of_the_docs_are_named_alike(row: object) -> None:
    line, worked, kind, says = row  # type: ignore[misc]
    formulas = small_attention(n=3, d=3, d_k=3, d_v=3)
    if formulas.problem.model().by_name[line].part not in WITH_FORMULA:
        return
    judged = formulas.judge(line, worked)
    assert judged.verdict == "wrong"
    if judged.message.startswith("Not accepted"):
        return  # dW_Q where the backward pass is not there yet
    assert judged.mistake is not None
    assert judged.mistake.kind == kind
    assert says in judged.message


def test_what_fits_only_because_sizes_are_equal_is_wrong() -> None:
    square = small_attention().judge("dW_Q", "dQ^T X")
    assert square.verdict == "wrong"
    lonely = Formulas(record(load_problem("attention-backprop").adapted({"n": 1, "d": 1, "d_k": 1, "d_v": 1}, {})))
    judged = lonely.judge("dW_Q", "X dQ")
    assert lonely.own.is_right(parse("X @ dQ"), "dW_Q")  # at 1×1 nothing tells them apart
    assert judged.verdict == "wrong"
    assert judged.mistake is not None
    assert judged.mistake.kind == "transpose"
    unnamed = lonely.judge("dW_Q", "dQ X + dQ X - X dQ")
    assert unnamed.verdict == "wrong"
    assert unnamed.message == (
        "Not right. Read as ∂L/∂Q · X + ∂L/∂Q · X − X · ∂L/∂Q. It fits only because sizes are equal on this sheet: "
        "∂L/∂Q is n×d_k and X is n×d: in a matrix product the first has as many columns as the second has rows."
    )


def test_what_does_not_fit_says_both_sizes() -> None:
    judged = attention().judge("dW_Q", "X^T dQ^T")
    assert judged.message == (
        "Not right. Read as Xᵀ · (∂L/∂Q)ᵀ. It does not fit: Xᵀ is 3×2 (d×n) and (∂L/∂Q)ᵀ is 4×2 (d_k×n): in a matrix "
        "product the first has as many columns as the second has rows. The transpose of ∂L/∂Q was put in; the line is "
        "Xᵀ · ∂L/∂Q."
    )
    judged = attention().judge("dscaled", "weights + dV")
    assert judged.message.endswith(
        "It does not fit: weights is 2×2 (n×n) and ∂L/∂V is 2×5 (n×d_v): entry by entry, the sizes are equal."
    )


@pytest.mark.parametrize(
    ("line", "typed", "verdict"),
    [
        ("dQ", "dscores * K", "correct"),  # * alone: whichever product is right
        ("dscaled", "weights * (dweights - rowsum(dweights * weights))", "correct"),
        ("dscaled", "weights · (dweights - rowsum(dweights · weights))", "correct"),
        ("dscaled", "weights (dweights - rowsum(dweights weights))", "wrong"),  # side by side is the matrix product
        ("dQ", "(dscaled * weights) @ K", "wrong"),
        ("dQ", "(dscaled / sqrt(d_k)) @ K", "correct"),
        ("dK", "dscores.T * Q + 0 * X @ W_K", "wrong"),  # beside @, * is entry by entry
        ("dK", "dscores.T ⊙ Q", "wrong"),
        ("dW_Q", "(X.T @ dscores) @ K", "correct"),
    ],
)
def test_what_a_sign_between_matrices_is(line: str, typed: str, verdict: str) -> None:
    assert small_attention().judge(line, typed).verdict == verdict


def test_numbers_of_the_sheet_stand_for_their_names() -> None:
    formulas = small_attention()
    given = {"eta": 0.2, "target": 2}
    assert formulas.judge("W_Q_new", "W_Q - 0.2 dW_Q", given).message == (
        "Right. Read as W_Q − η × ∂L/∂W_Q, with 0.2 as η."
    )
    assert formulas.judge("W_Q_new", "W_Q - 0.5 dW_Q", given).verdict == "wrong"
    assert formulas.judge("dlogits", "probs - onehot(2, 4)", given).verdict == "correct"
    assert formulas.judge("dlogits", "probs - onehot(3)", given).verdict == "correct"  # counted from 1
    assert formulas.judge("dlogits", "probs - e_C", given).verdict == "correct"
    assert formulas.judge("dlogits", "probs - e_D", given).verdict == "wrong"
    assert formulas.judge("dscores", "dscaled / sqrt(2)", given).verdict == "correct"
    assert formulas.judge("dscores", "dscaled / sqrt(n)", given).verdict == "wrong"
    assert formulas.judge("doutput", "dcontext in the row 2, 0 elsewhere", given).verdict == "correct"


def test_a_gradient_that_is_one_everywhere() -> None:
    source = {
        "title": "Sum",
        "sizes": {"n": 2, "d": 3},
        "given": {"W": {"shape": ["n", "d"], "trainable": True}, "eta": {"value": 0.5}},
        "lines": {"loss": "sum(W)"},
        "derive": {"gradients_of": "loss", "update": "eta"},
    }
    formulas = Formulas(record(read_problem("sum", source, "sum.toml")))
    assert formulas.judge("dW", "1").verdict == "correct"
    assert formulas.judge("dW", "2").verdict == "wrong"
    assert formulas.judge("W_new", "W - eta").verdict == "correct"


def test_verdicts_are_those_of_answers() -> None:
    formulas = Formulas(record(perceptron()))
    for typed in ("colsum(da)", "ones^T da", "", "da", "sum(da, axis=0)", "da.sum(0)", 3):
        assert formulas.judge("db1", typed).verdict in WORST_FIRST
    assert formulas.judge("db1", "da.sum(axis=0)").verdict == "correct"
    assert formulas.judge("db1", "rowsum(da^T)^T").verdict == "correct"
    derivative = formulas.judge("da", "σ'(a) ⊙ dhidden")
    assert derivative.message == "Right. Read as sigmoid(a) ⊙ (1 − sigmoid(a)) ⊙ ∂L/∂hidden."
    assert formulas.judge("da", r"\sigma(a) \odot (1 - \sigma(a)) \odot \frac{\partial L}{\partial h}").verdict == (
        "unreadable"
    )
    assert formulas.judge("da", "hidden*(1-hidden)*dhidden").verdict == "correct"
    assert formulas.judge("dout", "-(y - out)").verdict == "correct"
    assert formulas.judge("W1_new", "W_1 - η dW_1").verdict == "correct"
