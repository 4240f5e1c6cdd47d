"""Marking: an honest student loses nothing, a slip costs once, and whatever is typed gets an answer."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import pytest
from classroom import TINY
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop.evaluate import batched, evaluate, plain
from backprop.rounding import Array
from course.records import Marking, SetRecord, SheetRecord
from grader import grade
from grader.handed_in import Submission
from grader.marking.marks import WORST_FIRST, Marks
from grader.marking.sheets import grade_all
from worksheets import load_problem
from worksheets.problem import Problem, read_problem
from worksheets.problem_set import ProblemSet
from worksheets.recorded import Asked
from worksheets.sheet import Sheet
from worksheets.variants import draw_variant

ATTENTION = load_problem("attention-backprop")


def sheets(
    problem: Problem = ATTENTION,
    count: int = 1,
    decimals: int = 4,
    ask: set[str] | None = None,
    follows: float = 1.0,
) -> list[Sheet]:
    """Sheets of one problem, each with other numbers."""
    lines = frozenset(ask or {line.name for line in problem.model.lines})
    set_record = ProblemSet("x", (Asked(problem, lines, decimals, None),), Marking(follows)).record()
    drawn = [draw_variant(problem, set_record.problems[0], b"marking", i) for i in range(count)]
    return [Sheet(set_record, SheetRecord(f"AAAA-{i:04}", f"s{i}", (dict(d.given),))) for i, d in enumerate(drawn)]


Habit = Callable[[Array, int], Array]


def half_even(value: Array, decimals: int) -> Array:
    return np.round(value, decimals)


def half_up(value: Array, decimals: int) -> Array:
    return np.sign(value) * np.floor(np.abs(value) * 10**decimals + 0.5 + 1e-9) / 10**decimals


def cut_off(value: Array, decimals: int) -> Array:
    return np.trunc(value * 10**decimals + np.sign(value) * 1e-9) / 10**decimals


def in_full(value: Array, decimals: int) -> Array:
    return value


def now_and_then(value: Array, decimals: int) -> Array:
    """Rounds some entries and cuts off others."""
    pick = (np.abs(value) * 1e6).astype(int) % 2 == 0
    return np.where(pick, half_up(value, decimals), cut_off(value, decimals))


def worked(
    sheet: Sheet, habit: Habit = half_even, mistakes: Mapping[str, Callable[[Array], Array]] | None = None
) -> Any:
    """A student's answers: each line worked from their own earlier ones."""
    (problem,), (numbers,) = sheet.set.problems, sheet.record.given
    model, own = problem.model(), batched(numbers)
    for line, record in zip(model.lines, problem.lines, strict=True):
        value = evaluate(line.expression, own, model.sizes)
        own[line.name] = habit(value, problem.decimals)
        if mistakes and line.name in mistakes:
            own[line.name] = mistakes[line.name](own[line.name])
        if not record.asked:  # as it is printed
            key = np.asarray(sheet.key[line.name], dtype=float)[..., None]
            own[line.name] = np.round(key, problem.decimals)
    return {line.name: plain(own[line.name]) for line in problem.lines if line.asked}


def verdicts(marks: Marks, *but: str) -> dict[str, str]:
    """The verdict on every line whose verdict is none of those."""
    return {line.name.partition(".")[2]: line.verdict for line in marks.lines if line.verdict not in but}


# --- honest students --------------------------------------------------------------------------------------------------

HABITS = [half_even, half_up, cut_off, in_full, now_and_then]


@pytest.mark.parametrize("decimals", [3, 4])
@pytest.mark.parametrize("sizes", [{}, {"n": 3, "d": 3, "d_k": 2}, {"n": 4, "v": 3, "d_v": 3}], ids=str)
def test_an_honest_student_is_never_marked_wrong(sizes: dict[str, int], decimals: int) -> None:
    class_ = sheets(ATTENTION.adapted(sizes, {}), 16, decimals)
    handed_in = [
        (sheet.record, Submission(habit.__name__, sheet.record.sheet, worked(sheet, habit)))
        for sheet in class_
        for habit in HABITS
    ]
    for marks in grade_all(class_[0].set, handed_in):
        assert verdicts(marks, "correct", "follows") == {}, marks.source
        assert marks.score == marks.out_of
        assert marks.percent == 100


def rounded_inside(sheet: Sheet, decimals: int) -> dict[str, Any]:
    """Attention's forward pass and gradients by somebody who rounds every product, exponential and sum."""

    def r(value: Any) -> Any:
        return np.round(value, decimals)

    def product(a: Any, b: Any) -> Any:
        return r(r(a[:, :, None] * b[None]).sum(axis=1))

    def softmax(a: Any) -> Any:
        e = r(np.exp(a))
        return r(e / r(e.sum(axis=1, keepdims=True)))

    g = {name: np.asarray(value) for name, value in sheet.record.given[0].items()}
    q, k, v = (product(g["X"], g[w]) for w in ("W_Q", "W_K", "W_V"))
    scores = product(q, k.T)
    scaled = r(scores * r(1 / np.sqrt(q.shape[1])))
    weights = softmax(scaled)
    output = product(weights, v)
    logits = product(output[-1:], g["W_O"])
    probs = softmax(logits)
    loss = r(-np.log(probs[0, g["target"]]))
    dlogits = r(probs - np.eye(probs.shape[1])[[g["target"]]])
    dcontext = product(dlogits, g["W_O"].T)
    doutput = np.zeros_like(output)
    doutput[-1] = dcontext
    dweights = product(doutput, v.T)
    dscaled = r(weights * r(dweights - r(r(dweights * weights).sum(axis=1, keepdims=True))))
    dscores = r(dscaled * r(1 / np.sqrt(q.shape[1])))
    dq, dk, dv = product(dscores, k), product(dscores.T, q), product(weights.T, doutput)
    found = {"Q": q, "K": k, "V": v, "scores": scores, "scaled": scaled, "weights": weights, "output": output}
    found |= {"context": output[-1:], "logits": logits, "probs": probs, "loss": loss, "dlogits": dlogits}
    found |= {"dW_O": product(output[-1:].T, dlogits), "dcontext": dcontext, "doutput": doutput, "dweights": dweights}
    found |= {"dV": dv, "dscaled": dscaled, "dscores": dscores, "dQ": dq, "dK": dk}
    for name, upstream in (("Q", dq), ("K", dk), ("V", dv)):
        found[f"dW_{name}"] = product(g["X"].T, upstream)
    for name in ("Q", "K", "V", "O"):
        found[f"W_{name}_new"] = r(g[f"W_{name}"] - r(g["eta"] * found[f"dW_{name}"]))
    return {name: value.tolist() for name, value in found.items()}


@pytest.mark.parametrize("decimals", [3, 4])
def test_who_rounds_inside_of_a_line_is_honest_too(decimals: int) -> None:
    for sheet in sheets(count=20, decimals=decimals):
        marks = grade(sheet, rounded_inside(sheet, decimals))
        assert verdicts(marks, "correct", "follows", "blank") == {}


def test_a_slip_before_a_blank_is_not_charged_behind_it() -> None:
    (sheet,) = sheets()
    names = [line.name for line in sheet.set.problems[0].lines]
    cases, handed_in = [], []
    for place, slipped in enumerate(names[:-1]):
        answers = worked(sheet, mistakes={slipped: slip})
        for blank in names[place + 1 :: 3]:
            cases.append({slipped: "wrong", blank: "blank"})
            typed = {f"1.{name}": value for name, value in answers.items() if name != blank}
            handed_in.append((sheet.record, Submission("", sheet.record.sheet, typed)))
    assert len(cases) > 200
    for expected, marks in zip(cases, grade_all(sheet.set, handed_in), strict=True):
        assert verdicts(marks, "correct", "follows") == expected


def test_what_is_right_and_not_paid_says_why() -> None:
    (sheet,) = sheets()
    honest = worked(sheet)
    unit = [[1e-4, 1e-4], [1e-4, 1e-4]]
    tried = [honest | {name: unit, later: unit} for name in ("Q", "K", "V") for later in ("scores", "output", "dK")]
    tried += [{name: [[0.5, 0.5], [0.5, 0.5]] for name in honest if np.shape(honest[name]) == (2, 2)}, honest]
    unpaid = 0
    for answers in tried:
        handed_in = {f"1.{name}": value for name, value in answers.items()}
        alone, among = (
            grade_all(sheet.set, [(sheet.record, Submission("", sheet.record.sheet, one)) for one in many])[0]
            for many in ([handed_in], [handed_in, {f"1.{name}": value for name, value in honest.items()}])
        )
        assert alone == among
        for line, record in zip(alone.lines, sheet.set.problems[0].lines, strict=True):
            paid = [(i, j) for i, row in enumerate(line.entries) for j, _ in enumerate(row)]
            paid = [place for place in paid if place not in record.always_zero]
            right = sum(line.entries[i][j] in ("correct", "follows") for i, j in paid)
            if right and line.score < line.out_of * right / len(paid) - 0.01:
                unpaid += 1
                assert "No marks" in line.message or len(paid) < sum(map(len, line.entries)), line
    assert unpaid > 3


def test_behind_a_blank_the_key_is_right_too() -> None:
    problem = read_problem("chain", tomllib.loads(CHAIN), "chain")
    (sheet,) = sheets(problem)
    x = sheet.record.given[0]["x"]
    a, own = x + 5, 2 * (x + 5) + 1
    follows = grade(sheet, {"a": a, "c": own})
    assert verdicts(follows) == {"a": "wrong", "b": "blank", "c": "follows"}
    assert (
        "You left 1.b blank, so the values that follow from your earlier answers were used."
        in follows.line("c").message
    )
    key = grade(sheet, {"a": a, "c": 2 * (x + 4) + 1})
    assert verdicts(key) == {"a": "wrong", "b": "blank", "c": "correct"}
    assert verdicts(grade(sheet, {"c": own})) == {"a": "blank", "b": "blank", "c": "wrong"}


CHAIN = """
title = "Chain"
[given]
x = {}
[lines]
a = "x + 4"
b = "2 * a"
c = "b + 1"
"""


# --- slips ------------------------------------------------------------------------------------------------------------


def slip(value: Array) -> Array:
    """One entry is wrong by more than any rounding explains."""
    changed = np.array(value, dtype=float)
    changed[(-1,) * (changed.ndim - 1)] += 0.37
    return changed


def lines_with_one(sheet: Sheet) -> Iterator[tuple[str, bool]]:
    """Every line, and whether its last entry is paid for."""
    for line in sheet.set.problems[0].lines:
        last = (line.shape[0] - 1, line.shape[1] - 1) if line.shape else (0, 0)
        yield line.name, last not in line.always_zero


@pytest.mark.parametrize("sheet", sheets(count=2), ids=lambda sheet: sheet.record.sheet)
def test_a_slip_costs_once(sheet: Sheet) -> None:
    for name, paid in lines_with_one(sheet):
        marks = grade(sheet, worked(sheet, mistakes={name: slip}))
        assert verdicts(marks, "correct", "follows") == {name: "wrong"}
        # What a slip makes so small that zero would be right too is not paid, and that is said.
        vague = sum(line.out_of - line.score for line in marks.lines if "0 would be right too" in line.message)
        assert vague <= 2
        assert marks.out_of - marks.score == pytest.approx(float(paid) + vague)
        wrong = [v for row in marks.line(name).entries for v in row if v == "wrong"]
        assert len(wrong) == 1
        assert marks.line(name).entries[-1][-1] == "wrong"


def test_what_follows_is_called_so_and_earns_its_share() -> None:
    (sheet,) = sheets(follows=0.5)
    marks = grade(sheet, worked(sheet, mistakes={"Q": slip}))
    assert marks.line("Q").verdict == "wrong"
    assert marks.line("K").verdict == "correct"
    scores = marks.line("scores")
    assert scores.verdict == "follows"
    assert [list(row) for row in scores.entries] == [["correct", "correct"], ["follows", "follows"]]
    assert scores.score == pytest.approx(0.75 * scores.out_of)
    assert scores.message == "Differs from the key, but correct given your 1.Q."
    assert marks.line("scaled").message == "Differs from the key, but correct given your 1.scores."

    (strict,) = sheets(follows=0.0)
    assert grade(strict, worked(strict, mistakes={"Q": slip})).line("scores").score == pytest.approx(2)


def test_a_right_value_after_a_wrong_one_is_correct() -> None:
    (sheet,) = sheets()
    answers = worked(sheet) | {"Q": [[9, 9], [9, 9]]}
    assert verdicts(grade(sheet, answers), "correct") == {"Q": "wrong"}


def test_the_key_stands_in_for_what_is_blank_or_unreadable() -> None:
    (sheet,) = sheets()
    honest = worked(sheet)
    for nothing, verdict in (("", "blank"), ("huh?", "unreadable"), (None, "blank"), ([[1, 2, 3]], "unreadable")):
        for name in ("Q", "weights", "dscores"):
            assert verdicts(grade(sheet, honest | {name: nothing}), "correct") == {name: verdict}
    partly = honest | {"Q": [["", honest["Q"][0][1]], honest["Q"][1]]}
    assert verdicts(grade(sheet, partly), "correct") == {"Q": "blank"}
    assert grade(sheet, partly).line("Q").score == 3


def test_each_entry_is_judged() -> None:
    (sheet,) = sheets()
    q = sheet.key["Q"]
    marks = grade(sheet, {"Q": [[q[0][0], q[0][1] + 1], ["", "x+"]]}).line("Q")
    assert marks.entries == (("correct", "wrong"), ("blank", "unreadable"))
    assert (marks.verdict, marks.score, marks.out_of) == ("unreadable", 1, 4)
    assert marks.read == ((q[0][0], q[0][1] + 1), (None, None))
    wrong = grade(sheet, {"Q": [[q[0][0], q[0][1] + 1], q[1]]}).line("Q")
    assert wrong.message == "Not right for the numbers given: row 1, column 2. The rest of the line is right."
    off = np.add(sheet.key["scores"], [[0, 1], [0, 0]]).tolist()
    later = grade(sheet, {"Q": q, "scores": off}).line("scores")
    assert later.message.startswith("Not right for the numbers that you wrote earlier: row 1, column 2. ")


def test_a_line_says_what_it_was_marked_from() -> None:
    (sheet,) = sheets()
    honest = worked(sheet)
    marks = grade(sheet, honest | {"Q": "", "K": [honest["K"][0], ["", "x+"]], "scores": [[9, 9], [9, 9]]})
    assert marks.line("scores").message == (
        "No entry is right for the numbers that you wrote earlier. "
        "You left 1.Q blank, so the correct values were used. "
        "Part of your 1.K could not be read, so the correct values were used there."
    )
    assert marks.line("V").message == "Right."
    assert marks.line("scaled").message == (
        "Right. It is the key's value, though it does not follow from your 1.scores."
    )
    nothing = grade(sheet, honest | {"Q": "", "K": "", "scores": [[9, 9], [9, 9]]}).line("scores")
    assert nothing.message.startswith("No entry is right for the numbers given. You left 1.Q and 1.K blank, so the")
    zeros = grade(sheet, honest | {"Q": [[0, 0], [0, 0]], "scores": [[0, 0], [0, 0]]}).line("scores")
    assert zeros.message == (
        "Differs from the key, but correct given your 1.Q. No marks where your earlier numbers made this trivial."
    )


def test_what_was_said_of_the_reading_alone_says_nothing_on_right_or_wrong() -> None:
    (sheet,) = sheets()
    lines = {"Q": [[9, 9], [9, 9]], "K": "[[1, 2], [3]]", "V": "1, 2, 3, 4", "loss": "1,234"}
    notes = {name: grade(sheet, lines).line(name).notes for name in lines}
    assert notes == {
        "Q": (),
        "K": ("Row 2 has 1 number, 2 are asked. Put ____ where one is left out.",),
        "V": ("4 numbers were typed in one list; they were taken row by row.",),
        "loss": ("“1,234” can be read in two ways: is it 1.234 or 1234?",),
    }


def test_a_product_of_short_numbers_is_right_to_the_digit() -> None:
    (sheet,) = sheets()
    for name in ("Q", "scores"):
        for unit in (1e-4, -1e-4):
            off = np.asarray(sheet.key[name])
            off[0, 0] += unit
            assert grade(sheet, {name: off.tolist()}).line(name).entries[0] == ("wrong", "correct")
    # What has to be rounded may be truncated as well.
    truncated = np.floor(np.asarray(sheet.key["weights"]) * 1e4) / 1e4
    assert grade(sheet, {"weights": truncated.tolist()}).line("weights").verdict == "correct"
    assert grade(sheet, {"weights": (truncated + 1e-2).tolist()}).line("weights").verdict == "wrong"


def test_entries_that_are_zero_on_every_sheet_must_be_right_and_are_not_paid_for() -> None:
    (sheet,) = sheets()
    honest = worked(sheet)
    spoilt = [[1, 1], honest["doutput"][1]]
    line = grade(sheet, honest | {"doutput": spoilt}).line("doutput")
    assert (line.verdict, line.score, line.out_of) == ("wrong", 0, 2)
    line = grade(sheet, honest | {"doutput": [[0, 1], honest["doutput"][1]]}).line("doutput")
    assert (line.verdict, line.score, line.out_of) == ("wrong", 1, 2)
    line = grade(sheet, honest | {"doutput": [honest["doutput"][0], ["", ""]]}).line("doutput")
    assert (line.verdict, line.score) == ("blank", 0)


def test_lines_that_are_not_asked_are_given() -> None:
    (sheet,) = sheets(ask={"dQ", "dW_Q", "W_Q_new"})
    marks = grade(sheet, worked(sheet))
    assert verdicts(marks) == {"dQ": "correct", "dW_Q": "correct", "W_Q_new": "correct"}
    assert marks.notes == ()
    marks = grade(sheet, worked(sheet) | {"Q": [[1, 1], [1, 1]]})
    assert marks.score == marks.out_of
    assert "“Q” is not the name of an answer on this sheet" in marks.notes[0]


@pytest.mark.parametrize(
    "what", [0.4512, "0.4512", [[0.4512]], "[[0.4512]]", [0.4512], "loss = 0.4512", "1.loss = 0.4512"]
)
def test_a_scalar_is_read_in_many_forms(what: object) -> None:
    (sheet,) = sheets()
    assert grade(sheet, {"1.loss": what}).line("loss").read == ((0.4512,),)


def test_names_with_and_without_the_problem_s_number() -> None:
    (sheet,) = sheets()
    honest = worked(sheet)
    assert grade(sheet, {f"1.{name}": value for name, value in honest.items()}).percent == 100
    assert grade(sheet, honest).percent == 100
    assert grade(sheet, {"1.Q": honest["Q"], "Q": "nonsense"}).line("Q").verdict == "correct"
    marks = grade(sheet, {"2.Q": 1, "q": 1, "dQ ": 1, "\ud800": 1, "x" * 1000: 1})
    assert len(marks.notes) == 5
    assert all("is not the name of an answer on this sheet; it was passed over." in note for note in marks.notes)
    assert max(map(len, marks.notes)) < 120


def test_two_problems_have_names_of_their_own() -> None:
    tiny = read_problem("tiny", tomllib.loads(TINY), "tiny.toml")
    lines = frozenset(line.name for line in tiny.model.lines)
    both = ProblemSet("x", (Asked(tiny, lines, 4, 3), Asked(tiny, lines, 2, 7)), Marking()).record()
    drawn = tuple(dict(draw_variant(tiny, record, b"k", i).given) for i, record in enumerate(both.problems))
    sheet = Sheet(both, SheetRecord("AAAA-AAAA", "s1", drawn))
    marks = grade(sheet, {"1.z": sheet.keys[0]["z"], "2.z": sheet.keys[1]["z"], "z": 1})
    assert (marks.line("1.z").verdict, marks.line("2.z").verdict) == ("correct", "correct")
    assert marks.out_of == 10
    assert len(marks.notes) == 1


def test_follows_stays_follows_with_what_a_wrong_softmax_gives() -> None:
    """Values in the thousands and below zero where probabilities belong: what is worked from them still follows."""
    (sheet,) = sheets()
    for wrong in ([[400.0, -300.5], [12.0, 9.25]], [[-0.5, 1.5], [2.0, -1.0]]):
        marks = grade(sheet, worked(sheet, mistakes={"weights": lambda value, w=wrong: np.array(w)[..., None]}))
        assert verdicts(marks, "correct", "follows") == {"weights": "wrong"}
    for negative in ([-0.25, 0.5, 0.5, 0.25], [0.0, 0.0, 0.0, 1.0], [3000.0, 1, 2, 3]):
        marks = grade(sheet, {"probs": [negative], "loss": "1.0"})
        assert marks.line("probs").verdict == "wrong"
        assert math.isfinite(marks.score)


# --- whatever is typed ------------------------------------------------------------------------------------------------

TINY_SHEET = read_problem("tiny", tomllib.loads(TINY), "tiny.toml").variant(seed=1)
NAMES = [f"{prefix}{line.name}" for prefix in ("", "1.") for line in TINY_SHEET.set.problems[0].lines]
HUGE = st.sampled_from([1e308, -1e308, 1e299, 1e-320, 0.0, -0.0, 1e999, -1e999, math.nan, 10**400, True])
SMALL = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=20), st.booleans(), HUGE)
JSON = st.recursive(
    SMALL, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=2))
)
MATRIX = st.lists(st.lists(SMALL, min_size=2, max_size=2), min_size=1, max_size=2)
ANSWERS = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), st.one_of(JSON, MATRIX))


@settings(max_examples=100)
@given(ANSWERS)
def test_nothing_that_is_typed_raises(answers: dict[str, Any]) -> None:
    marks = grade(TINY_SHEET, answers)
    assert math.isfinite(marks.score)
    assert 0 <= marks.score <= marks.out_of
    for line in marks.lines:
        assert line.verdict == min((v for row in line.entries for v in row), key=WORST_FIRST.index)
        assert 0 <= line.score <= line.out_of
        assert line.message
        assert all(value is None or math.isfinite(value) for row in line.read for value in row)
    printable = {key: value for key, value in answers.items() if key.isprintable()}
    json.loads(msgspec.json.encode(grade(TINY_SHEET, printable)))


def test_a_number_with_thousands_of_digits_is_unreadable() -> None:
    for value in (10**5000, -(10**5000), [[10**5000, 1]], "9" * 100_000, "[[" + "9" * 100_000 + ", 1]]"):
        assert grade(TINY_SHEET, {"z": value}).line("z").verdict == "unreadable"


@settings(max_examples=25)
@given(st.lists(ANSWERS, min_size=1, max_size=4))
def test_marking_many_is_marking_each(many: list[dict[str, Any]]) -> None:
    handed_in = [(TINY_SHEET.record, Submission("", TINY_SHEET.record.sheet, answers)) for answers in many]
    assert grade_all(TINY_SHEET.set, handed_in) == [grade(TINY_SHEET, answers) for answers in many]


def test_marking_a_class_is_marking_each_student() -> None:
    class_ = sheets(count=30)
    habits = [HABITS[i % len(HABITS)] for i in range(30)]
    mistakes = [{}, {"Q": slip}, {"dscaled": slip, "probs": slip}]
    handed_in = [
        (sheet.record, Submission("", sheet.record.sheet, worked(sheet, habit, mistakes[i % 3])))
        for i, (sheet, habit) in enumerate(zip(class_, habits, strict=True))
    ]
    together = grade_all(class_[0].set, handed_in)
    assert together == [grade_all(class_[0].set, [one])[0] for one in handed_in]
    assert grade_all(class_[0].set, []) == []


def test_more_students_than_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    class_ = sheets(count=10)
    handed_in = [(sheet.record, Submission("", "", worked(sheet, mistakes={"K": slip}))) for sheet in class_]
    whole = grade_all(class_[0].set, handed_in)
    monkeypatch.setattr("grader.marking.columns.CHUNK", 3)
    assert grade_all(class_[0].set, handed_in) == whole


def test_records_alone_are_enough_to_mark() -> None:
    """A sheet is marked from what was written to the course's folder, and nothing else."""
    (sheet,) = sheets()
    honest = worked(sheet)
    kept_set = msgspec.json.decode(msgspec.json.encode(sheet.set), type=SetRecord)
    kept_sheet = msgspec.json.decode(msgspec.json.encode(sheet.record), type=SheetRecord)
    assert grade_all(kept_set, [(kept_sheet, Submission("", "", honest))]) == [grade(sheet, honest)]
