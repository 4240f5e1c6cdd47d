"""Whatever is typed, one answer is that answer's own matter: nothing raises past it, and the class is marked."""

from __future__ import annotations

import logging
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import answers as fuzz
from benchmarks.typed import forms, outcome
from grader import grade
from grader.formulas import readings
from grader.formulas.marking import Formulas
from grader.marking.sheets import judge_of
from grader.marking.traces import Traces
from grader.reading import answers as reading
from grader.reading.guarding import LOG, UNFORESEEN

NAME = "attention-backprop"
HOSTILE = {
    "formula": (
        *("log(W_O X, 2)", "sum(X, 1, 2)", "exp()", "row ² of X", "X_1²", "sum(X, axis=9)", "sum(X, axis=1.5)", "X]"),
        *("(X", "X}", "[X)", "\\frac{X", "X^{", "∂L/∂", "δ_{²,1}", "1" * 500, "(" * 300, "a" * 599, "\ud800", "\x00"),
        *(fuzz.deep("X", 900), {"a": 1}, True, float("nan"), 10**400, ["X"], b"X"),
    ),
    "trace": (
        *("a))b", ")", "}}", "dQ)", "dQ, ]", "(" * 300, "a" * 4999, "{1}" * 1600, "\t" * 5000, ", " * 2000, "\ud800"),
        *(fuzz.deep("dQ", 900), fuzz.deep([], 900), [["dQ"]], {"dQ": 1}, True, float("inf"), 10**400, [None, "dQ"]),
    ),
    "": (
        *("a))b", "(" * 300, "9" * 199, "\t" * 2000, "\n\n" * 900, ";\n" * 900, "\ud800", "[" * 900, "1e" * 90),
        *(fuzz.deep(1, 900), fuzz.deep([], 900), {"a": [1]}, True, float("nan"), 10**400, [[1, [2]]], [None, [True]]),
    ),
}


@pytest.fixture(scope="module")
def ground() -> fuzz.Ground:
    return fuzz.ground(NAME)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Any:
    """The guard is for what nobody foresaw: here it has nothing to do."""
    yield
    if "guard" not in request.node.name:
        assert not [record for record in caplog.records if record.name == LOG.name]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_answer_is_unreadable_or_wrong(ground: fuzz.Ground, kind: str) -> None:
    line = next(line for line in ground.problem.lines if line.name == "dQ")
    for typed in HOSTILE[kind]:
        if kind:
            verdict = judge_of(kind, ground.problem).marks("1.dQ", line, typed, ground.given).verdict
            assert verdict in ("unreadable", "wrong", "blank"), typed
        else:
            states = {entry.state for row in reading.read(typed, line.shape).entries for entry in row}
            assert states <= {"unreadable", "blank"}, typed


def test_beside_hostile_answers_the_others_are_marked(ground: fuzz.Ground) -> None:
    right = {f"{name}.formula": typed for name, typed in ground.formulas if name in ("dK", "dV")}
    hostile = {
        "dQ.formula": "log(W_O X, 2)",
        "dW_Q.trace": "a))b",
        "dQ.trace": fuzz.deep("dQ", 900),
        "K": fuzz.deep(1, 900),
    }
    marks = grade(ground.sheet, right | hostile)
    assert [marks.line(f"1.{name}").verdict for name in hostile] == ["unreadable"] * 4
    assert [marks.line(f"1.{name}").verdict for name in right] == ["correct"] * 2


@pytest.mark.parametrize("kind", ["answers", "formulas", "traces"])
def test_what_nobody_means_raises_nowhere(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "PROBLEMS", (NAME,))
    found = fuzz.tried(kind, 150, seed=1)
    assert (found.raised, found.caught) == ([], [])


@settings(max_examples=40, deadline=None, database=None)
@given(st.text("XQKTdL_^'.@*/+-()[]{}0123456789 ,=∂½²\\\n", max_size=60))
def test_any_signs_are_judged(text: str) -> None:
    here = fuzz.ground(NAME)
    line = next(line for line in here.problem.lines if line.name == "dQ")
    reading.read(text, (2, 2))
    for kind in ("formula", "trace"):
        judge_of(kind, here.problem).marks("1.dQ", line, text, here.given)


def test_the_guard_keeps_to_one_answer(
    ground: fuzz.Ground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> Any:
        raise ZeroDivisionError

    right = dict(ground.formulas)["dK"]
    judged, read = Formulas.judge, reading._read_whole

    def judge(self: Formulas, name: str, *rest: Any) -> Any:
        return fails() if name == "dQ" else judged(self, name, *rest)

    monkeypatch.setattr(Formulas, "judge", judge)
    monkeypatch.setattr(
        reading, "_read_whole", lambda typed, *rest: (fails if typed == "[odd]" else read)(typed, *rest)
    )
    monkeypatch.setattr(Traces, "judge", fails)
    with caplog.at_level(logging.ERROR):
        answers = {"dQ.formula": "X", "dK.formula": right, "dV": "[odd]", "K": "[[1, 2], [3, 4]]", "dW_Q.trace": "dQ"}
        marks = grade(ground.sheet, answers)
    for name in ("dQ.formula", "dV", "dW_Q.trace"):
        line = marks.line(f"1.{name}")
        assert (line.verdict, line.score) == ("unreadable", 0.0)
        assert UNFORESEEN in line.message
    assert marks.line("1.dK.formula").verdict == "correct"
    assert marks.line("1.K").read == ((1.0, 2.0), (3.0, 4.0))
    logged = [record for record in caplog.records if record.name == LOG.name]
    said = " ".join(record.getMessage() for record in logged)
    assert "AAAA-AAAA 1.dQ.formula" in said
    assert "[odd]" in said
    assert all(record.exc_info for record in logged)


def test_what_multiplies_in_a_formula_comes_to_an_end(ground: fuzz.Ground) -> None:
    formulas = Formulas(ground.problem)
    message = formulas.judge("dQ", " * ".join(["outer(X[1], Q[1])"] * 29), ground.given).message
    assert readings.MANY_WAYS in message
    tries = readings.Tries()
    for _ in range(readings.MOST_TRIED):
        tries.one()
    with pytest.raises(readings.Refused, match="too many ways"):
        tries.one()


def test_what_people_type_is_not_read_as_something_else() -> None:
    came = [(outcome(form), form) for form in forms(random.Random(5), 600)]
    assert [form for outcome, form in came if outcome == "else"] == []
    assert sum(outcome == "right" for outcome, _ in came) > 0.68 * len(came)
