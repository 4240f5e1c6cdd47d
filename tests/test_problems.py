"""Problems: the bundled ones are fit to use, and what is wrong with an author's own is said in words."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from classroom import changed

from backprop.language import parse
from backprop.model import BACKWARD
from worksheets import load_problem
from worksheets.check import check, furthest_from_differences, furthest_from_sympy
from worksheets.drawing import draw_given, keyed_random
from worksheets.problem import bundled_problems
from worksheets.recorded import Asked, problem_record
from worksheets.variants import VariantChecker, draw_variant

BUNDLED = list(bundled_problems())


def everything(name: str) -> Asked:
    problem = load_problem(name)
    return Asked(problem, frozenset(line.name for line in problem.model.lines), 4, None)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_problem_is_fit_to_use(name: str) -> None:
    report = check(everything(name), variants=20)
    assert report.failures == ()
    assert report.variants == 20
    assert report.tries < 20
    assert [proof.line for proof in report.proofs] == [line for line, _ in report.gradients]
    assert all(proof.holds for proof in report.proofs)
    assert all(size.high < 100 for size in report.sizes)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_problem_s_lines_are_read_back_from_their_text(name: str) -> None:
    model = load_problem(name).model
    assert {line.name: parse(line.text) for line in model.lines} == {ln.name: ln.expression for ln in model.lines}


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("reach", [1, 2])
def test_gradients_are_right_at_other_sizes(name: str, reach: int) -> None:
    problem = load_problem(name)
    grown = {size: value + reach * (1 + i % 2) for i, (size, value) in enumerate(problem.sizes.items())}
    problem = problem.adapted(grown, {})
    if loss := problem.derivation.gradients_of:
        given = draw_given(problem, keyed_random(b"sizes", reach))
        assert furthest_from_differences(problem.model, loss, given) < 1e-6
        assert furthest_from_sympy(problem.model, loss, given) < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("sizes", list(product((2, 3, 4), repeat=4)), ids=str)
def test_attention_agrees_with_sympy_at_every_size(sizes: tuple[int, ...]) -> None:
    problem = load_problem("attention-backprop")
    problem = problem.adapted(dict(zip(("n", "d", "d_k", "d_v"), sizes, strict=True)), {})
    given = draw_given(problem, keyed_random(b"sizes", *sizes))
    assert furthest_from_differences(problem.model, "loss", given) < 1e-6
    assert furthest_from_sympy(problem.model, "loss", given) < 1e-9


def test_the_lesson_s_backward_lines() -> None:
    model = load_problem("attention-backprop").model
    names = "dlogits dW_O dcontext doutput dweights dV dscaled dscores dQ dK dW_Q dW_K dW_V"
    assert [line.name for line in model.part(BACKWARD)] == names.split()
    lines = {line.name: line.text for line in model.lines}
    assert lines["dlogits"] == "probs - onehot(target, v)"
    assert (lines["dQ"], lines["dK"]) == ("dscores @ K", "dscores.T @ Q")
    assert lines["W_Q_new"] == "W_Q - eta * dW_Q"
    assert "loss_new" in lines


def test_a_forward_only_problem_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(changed('[derive]\ngradients_of = "loss"\nupdate = "eta"\n', ""), encoding="utf-8")
    problem = load_problem(str(path))
    assert [line.name for line in problem.model.lines] == ["z", "p", "loss"]
    assert "probs" not in problem.variant(seed=1).solution()


def test_a_draw_keeps_to_its_range(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(changed('[1, "n"] }', '[1, "n"], draw = { range = [2, 3], decimals = 2 } }'), encoding="utf-8")
    problem = load_problem(str(path))
    drawn = np.concatenate([draw_given(problem, keyed_random(b"k", i))["x"] for i in range(50)])
    assert ((drawn >= 2) & (drawn <= 3)).all()
    assert np.allclose(drawn, np.round(drawn, 2))
    assert len(set(drawn.ravel())) > 30


@pytest.mark.parametrize("columns", [2, 3, 7, 12])
def test_rows_that_add_up_to_one(tmp_path: Path, columns: int) -> None:
    path = tmp_path / "mine.toml"
    for kind in ("onehot", "shares"):
        given = f'[3, "n"], rows = "{kind}" }}'
        path.write_text(changed('[1, "n"] }', given, "n = 2", f"n = {columns}", "cross_entropy(p, target)", "sum(p)"))
        for i in range(20):
            drawn = np.asarray(draw_given(load_problem(str(path)), keyed_random(b"k", i))["x"])
            assert drawn.shape == (3, columns)
            assert np.allclose(drawn.sum(axis=1), 1)
            assert np.allclose(drawn, np.round(drawn, 1 if columns <= 5 else 2))
            if kind == "shares":
                assert drawn.min() > 0
            else:
                assert set(drawn.ravel()) == {0, 1}
                assert columns < 3 or len({tuple(row) for row in drawn}) == 3  # no two patterns of one class


def test_no_draw_hangs_on_the_sign_of_nearly_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(changed("softmax(z)", "softmax(relu(z))"), encoding="utf-8")
    problem = load_problem(str(path))
    checker = VariantChecker(problem, problem_record(everything(str(path))))
    given = {"x": [[0.3, -0.3]], "W": [[1, 1], [1, 1]], "target": 0, "eta": 0.5}
    assert checker.reasons([given]) == ["p hangs on the sign of a number that is nearly 0"]


OVERLARGE = (
    '[1, "n"] }',
    '[1, "n"], draw = { range = [90, 99] } }',
    "trainable = true",
    "trainable = true, values = [[1, -1], [1, -1]]",
)


def test_numbers_that_are_never_fit_are_said_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(changed(*OVERLARGE), encoding="utf-8")
    asked = everything(str(path))
    report = check(asked, variants=3)
    assert len(report.failures) == 1
    assert "draws is fit to be worked by hand" in report.failures[0]
    assert "p is saturated" in report.failures[0]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_variant_has_no_saturated_and_no_lost_entry(name: str) -> None:
    asked = everything(name)
    record = problem_record(asked)
    first, again = (draw_variant(asked.problem, record, b"k", "s1") for _ in range(2))
    assert first.given == again.given
    assert draw_variant(asked.problem, record, b"other", "s1").given != first.given
