"""An honest student is inside the bounds, whatever they round; where nothing needs rounding, nothing is allowed.

The students here work from the entries of a line, number by number, and know nothing of intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from honest import (
    STUDENTS,
    Student,
    Work,
    assert_honest,
    decimal_numbers,
    half_even,
    half_up,
    inside,
    line_of,
    marked,
    truncated,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from small_models import SIZES, Case, attention, cases, model, random_models

from backprop.entries import cells, entry_of
from backprop.errors import ExpressionError
from backprop.evaluate import batched, bounds
from backprop.expressions import Apply, Expression, Name, Number
from backprop.model import Model
from backprop.operations import OPERATIONS
from backprop.operations.picking import as_leaf
from backprop.operations.record import MATRIX
from backprop.rounding import Array, Interval, Rounding
from backprop.training import derive
from worksheets import load_problem
from worksheets.problem import bundled_problems
from worksheets.recorded import Asked, problem_record
from worksheets.variants import VariantChecker


@pytest.mark.parametrize("student", STUDENTS.values(), ids=STUDENTS)
@given(whole=random_models(), seed=st.integers(0, 1000), decimals=st.sampled_from([2, 3, 4]), positive=st.booleans())
def test_an_honest_student_is_inside(student: Student, whole: Model, seed: int, decimals: int, positive: bool) -> None:
    if whole.trainables:
        try:
            whole = derive(whole, "loss")
        except ExpressionError:
            assume(False)
    given_numbers = decimal_numbers(whole, seed)
    if positive:
        given_numbers = {name: np.abs(value) for name, value in given_numbers.items()}
    assert_honest(whole, given_numbers, decimals, student)


LESSON = derive(attention(), "loss", "eta", ["loss"])


def lesson_numbers(seed: int) -> dict[str, Array]:
    drawn = decimal_numbers(LESSON, seed)
    return {**drawn, "X": np.round(2 * drawn["X"], 1), "eta": np.array([0.5])}


@pytest.mark.parametrize("decimals", [3, 4])
@pytest.mark.parametrize("student", STUDENTS.values(), ids=STUDENTS)
def test_an_honest_sheet_of_the_lesson_is_inside(student: Student, decimals: int) -> None:
    assert_honest_sheets(student, decimals)


def assert_honest_sheets(student: Student, decimals: int) -> None:
    for seed in range(40):
        assert_honest(LESSON, lesson_numbers(seed), decimals, student)


@cache
def bundled_sheets(name: str, decimals: int) -> tuple[Model, list[Mapping[str, Array]]]:
    """A bundled problem with the numbers of two sheets, drawn as `generate` draws them."""
    problem = load_problem(name)
    asked = Asked(problem, frozenset(line.name for line in problem.model.lines), decimals, None)
    drawn = VariantChecker(problem, problem_record(asked)).draw(b"bounds", [(0,), (1,)])
    return problem.model, [batched(one.given) for one in drawn]


@pytest.mark.parametrize("student", STUDENTS.values(), ids=STUDENTS)
@pytest.mark.parametrize("name", bundled_problems())
def test_an_honest_sheet_of_a_bundled_problem_is_inside(name: str, student: Student) -> None:
    for decimals in (3, 4):
        whole, sheets = bundled_sheets(name, decimals)
        for numbers_of_one in sheets:
            assert_honest(whole, numbers_of_one, decimals, student)


@pytest.mark.parametrize("name", bundled_problems())
def test_the_bounds_of_a_bundled_problem_are_narrow(name: str) -> None:
    whole, sheets = bundled_sheets(name, 4)
    for numbers_of_one in sheets:
        for line, allowed in marked(Work(STUDENTS["half even"], whole, numbers_of_one, 4).all_lines()).items():
            # A hundredth of a number that is as large as 1, at the very most.
            assert float((allowed.high - allowed.low).max()) / 2 < 100e-4, line


def test_what_is_masked_or_no_target_allows_nothing() -> None:
    scores = Interval.around(np.round(np.random.default_rng(0).uniform(-1, 1, (3, 3, 4)), 2), 0.0001)
    weights = line_of("causal_softmax(S)", {"S": scores}, 4)
    exact = Rounding(4).is_exact(weights)
    assert exact.all(axis=2).tolist() == [[True, True, True], [False, False, True], [False, False, False]]
    assert weights.low[0, :, 0].tolist() == [1, 0, 0]
    # Half of two rows: each logarithm is kept, their sum, and the half of it.
    certain = {
        "P": Interval.exact(np.array([[0.3, 0.7], [0.6, 0.4]])[..., None]),
        "Y": Interval.exact(np.eye(2)[..., None]),
    }
    loss = line_of("mean_cross_entropy(P, Y)", certain, 4)
    assert 0 < float(loss.high[0] - loss.low[0]) / 2 <= 1.0001e-4
    zero = {**certain, "P": Interval.exact(certain["P"].low * certain["Y"].low)}
    assert np.isfinite(line_of("mean_cross_entropy(P, Y)", zero, 4).high).all()


def test_bounds_that_are_too_narrow_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rounding, "kept", lambda rounding, x, what="": x)
    for student in ("half even", "truncates", "full precision", "truncates inside"):
        with pytest.raises(AssertionError, match="is outside"):
            assert_honest_sheets(STUDENTS[student], decimals=4)


def widths(decimals: int, seeds: int = 40) -> dict[str, float]:
    """The widest half-width of each line of the lesson, in units of the last place."""
    found: dict[str, float] = {}
    for seed in range(seeds):
        work = Work(STUDENTS["half even"], LESSON, lesson_numbers(seed), decimals).all_lines()
        for name, allowed in marked(work).items():
            half = round(float((allowed.high - allowed.low).max()) / 2 * 10**decimals, 6)
            found[name] = max(found.get(name, 0.0), half)
    return found


def test_the_bounds_of_the_lesson_are_narrow() -> None:
    found = widths(4)
    exact = ["Q", "K", "V", "scores"]
    assert [name for name, half in found.items() if half == 0] == exact
    rest = {name: half for name, half in found.items() if name not in exact}
    assert min(rest.values()) >= 0.5
    # The loss of a small probability is the widest.
    assert max(half for name, half in rest.items() if not name.startswith("loss")) < 7
    # Of products of one decimal, two decimals are enough; of products of those, four.
    assert [name for name, half in widths(3).items() if half == 0] == ["Q", "K", "V"]


@given(st.integers(0, 10_000), st.sampled_from([2, 3, 4]))
def test_exact_products_must_be_right_to_the_digit(seed: int, decimals: int) -> None:
    whole = model({"Q": "X @ W", "R": "3 * X.T - Q"}, {"W": (2, 2)}, {"X": (2, 2)})
    work = Work(STUDENTS["half even"], whole, decimal_numbers(whole, seed), decimals).all_lines()
    for name, allowed in marked(work).items():
        assert Rounding(decimals).is_exact(allowed).all()
        for entry in range(4):
            wrong = work.written[name].copy()
            wrong.flat[entry] += 10.0**-decimals
            assert inside(work.written[name], allowed, decimals)
            assert not inside(wrong, allowed, decimals)


@pytest.mark.parametrize(
    ("typed", "numbers", "decimals", "low", "high"),
    [
        ("A * A", [[0.12]], 4, 0.0144, 0.0144),
        ("A * A", [[0.12]], 3, 0.014, 0.0144),
        ("-A * A", [[0.12]], 3, -0.0144, -0.014),
        ("A * A", [[0.16]], 3, 0.025, 0.026),
        ("A @ A", [[0.12]], 3, 0.014, 0.0144),  # a sum of one term is kept once
        ("A @ A.T", [[0.12, 0.16]], 3, 0.039, 0.0404),  # the first product in full, the second one rounded
        ("1 / A", [[3.0]], 2, 0.33, 1 / 3),
        ("2 / A", [[3.0]], 2, 0.66, 0.67),
    ],
)
def test_a_number_that_is_not_exact_is_kept_in_full_or_truncated_or_rounded(
    typed: str, numbers: list[list[float]], decimals: int, low: float, high: float
) -> None:
    found = line_of(typed, {"A": Interval.exact(np.array(numbers)[..., None])}, decimals)
    assert (float(found.low.flat[0]), float(found.high.flat[0])) == (pytest.approx(low), pytest.approx(high))


def test_the_bounds_of_published_examples_are_those_of_a_strict_examiner() -> None:
    scores = Interval.exact(np.array([[1.5, 0.5, 1, 0.5]])[..., None])
    weights = line_of("softmax(S)", {"S": scores}, 4)
    assert np.round(weights.low[0, 0, 0], 4) == 0.4269
    assert np.floor(weights.high[0, 0, 0] * 10**4) == 4270
    row, column = ([[0.22, 0.23, 0.27]], [[0.1], [0.2], [0.3]])
    known = {name: Interval.exact(np.array(x)[..., None]) for name, x in (("A", row), ("B", column))}
    product = line_of("A @ B", known, 2)
    assert (round(float(product.low[0, 0, 0]), 2), np.floor(100 * product.high[0, 0, 0])) == (0.14, 15)


@given(st.integers(0, 10_000))
def test_other_honest_ways_are_inside(seed: int) -> None:
    """The maximum subtracted before exp, and a kept reciprocal of what divides many entries."""
    random = np.random.default_rng(seed)
    scores, decimals = np.round(random.uniform(-3, 3, (2, 3)), 2), 3
    known = {"S": Interval.exact(scores[..., None])}
    for rounds in (half_even, half_up, truncated):
        kept = np.vectorize(lambda x, r=rounds: r(x, decimals), otypes=[float])
        e = kept(np.exp(scores - scores.max(axis=1, keepdims=True)))
        weights = kept(e / kept(e.sum(axis=1, keepdims=True)))
        assert inside(weights[..., None], line_of("softmax(S)", known, decimals), decimals)
        scaled = kept(scores * kept(1 / kept(np.sqrt(3))))
        assert inside(scaled[..., None], line_of("S / sqrt(m)", known, decimals), decimals)
        sigma = kept(np.sqrt(kept((scores**2).sum(axis=1, keepdims=True) / 3)))
        normal = kept(scores * kept(1 / sigma))
        assert inside(normal[..., None], line_of("S / sqrt(rowmean(S ** 2))", known, decimals), decimals)
        mean = kept(kept(scores.sum(axis=1, keepdims=True)) * kept(1 / 3))
        assert inside(mean[..., None], line_of("rowmean(S)", known, decimals), decimals)


def test_bounds_of_a_class_are_those_of_each() -> None:
    random = np.random.default_rng(0)
    scores = np.round(random.uniform(-2, 2, (2, 3, 5)), 2)
    together = line_of("softmax(S) @ S.T", {"S": Interval.around(scores, 0.01)}, 2)
    for member in range(5):
        own = Interval.around(scores[..., member : member + 1], 0.01)
        alone = line_of("softmax(S) @ S.T", {"S": own}, 2)
        assert np.array_equal(together.low[..., member], alone.low[..., 0])
        assert np.array_equal(together.high[..., member], alone.high[..., 0])


@pytest.mark.parametrize(
    ("typed", "below", "above"),
    [
        ("log(P)", False, True),
        ("cross_entropy(P, 0)", True, False),
        ("1 / P", False, False),
        ("P ** (-2)", False, False),
        ("P / (P - P)", False, False),
        ("sqrt(P - 1)", True, True),
    ],
)
def test_what_nothing_bounds_has_no_end(typed: str, below: bool, above: bool) -> None:
    around_zero = Interval.around(np.array([[0.0, 1.0]])[..., None], 0.001)
    found = line_of(typed, {"P": around_zero}, 3)
    assert (np.isfinite(found.low.flat[0]), np.isfinite(found.high.flat[0])) == (below, above)


# The same bounds from the entry reading: numbers of scalars, one operation at a time.


def scalar_bounds(entry: Expression, known: Mapping[str, Interval], rounding: Rounding) -> Interval:
    """The bounds of an entry, composed from those of its scalars; each number between is kept."""
    if (leaf := as_leaf(entry)) is not None:
        name, *place = leaf
        i, j = (int(k.value) for k in place if isinstance(k, Number))
        return known[name].map(lambda x: x[i, j])
    if not isinstance(entry, Apply):
        return bounds(entry, known, SIZES, rounding)
    takes = OPERATIONS[entry.operation].takes
    arguments: list[Expression] = []
    inner: dict[str, Interval] = {}
    for position, (kind, argument) in enumerate(zip(takes, entry.arguments, strict=True)):
        if kind is not MATRIX:
            arguments.append(argument)
            continue
        found = scalar_bounds(argument, known, rounding)
        inner[f"x{position}"] = rounding.kept(found) if isinstance(argument, Apply) else found
        arguments.append(Name(f"x{position}"))
    return bounds(Apply(entry.operation, tuple(arguments)), inner, SIZES, rounding)


OTHER_WAYS = ("softmax", "causal_softmax")
"""Operations whose bounds know of a way of working that their entries do not: the row's maximum subtracted first."""


@pytest.mark.parametrize("case", [pytest.param(c, id=str(c)) for name in OPERATIONS for c in cases(name)])
def test_bounds_are_never_wider_than_those_of_the_entries(case: Case) -> None:
    rounding, whole = Rounding(3), case.model
    random = np.random.default_rng(0)
    known: dict[str, Any] = {"k": np.array([1])}
    for name, shape in whole.scope.shapes.items():
        value = np.round(random.uniform(0.3, 1.7, (*map(int, shape), 5)), 3)
        known[name] = rounding.behind(value)
    out = whole.by_name["out"]
    found = rounding.kept(bounds(out.expression, known, SIZES, rounding))
    slack = rounding.unit if case.operation in OTHER_WAYS else 1e-9
    for i, j in cells(out.shape):
        entry = entry_of(out.expression, i, j, whole.scope, {"k": 1})
        composed = rounding.kept(scalar_bounds(entry, known, rounding))
        own = found.map(lambda x, place=(i, j): x[place] if out.shape else x)  # type: ignore[misc]
        assert (own.low >= composed.low - slack).all()
        assert (own.high <= composed.high + slack).all()
