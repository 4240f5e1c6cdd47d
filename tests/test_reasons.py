"""The sentences of worked solutions: what they claim of the numbers is true, and each is said somewhere."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.evaluate import evaluate, work_lines
from backprop.notation import PLAIN, Printer, spoken
from backprop.reasons import REASONS, reason
from worksheets import load_problem
from worksheets.problem import bundled_problems


@pytest.mark.parametrize("name", bundled_problems())
def test_what_is_said_of_the_numbers_is_true(name: str) -> None:
    problem = load_problem(name)
    model, sheet = problem.model, problem.variant(seed=11)
    given = {n: np.asarray(value, dtype=float)[..., None] for n, value in sheet.record.given[0].items()}
    worked = work_lines(
        model.lines, {n: v.astype(int) if n in model.scope.indices else v for n, v in given.items()}, model.sizes
    )
    for line in model.lines:
        said = reason(model, line)
        if said and said.zero is not None:
            assert np.abs(evaluate(said.zero, worked, model.sizes)).max() < 1e-12, said.says
        if said:
            assert "{" not in spoken(said.says, Printer.of(model, PLAIN, problem.derivation.gradients_of))


def test_attention_says_why_its_gradients_are_as_they_are() -> None:
    problem = load_problem("attention-backprop")
    printer = Printer.of(problem.model, PLAIN, "loss")
    said = {
        line.name: spoken(why.says, printer) for line in problem.model.lines if (why := reason(problem.model, line))
    }
    assert said["dscaled"] == "each row of ∂L/∂scaled sums to 0: softmax only moves weight about"
    assert said["dweights"] == "weights is the left factor: the other one, V, is transposed and stays on the right"
    assert said["dK"] == "K enters its product transposed, so the gradient ∂L/∂scores is transposed as well"
    assert said["doutput"] == "the other rows of output do not reach the loss, so their gradient is 0"
    assert "Q" not in said


def test_every_reason_is_said_of_a_bundled_problem() -> None:
    said = set()
    for name in bundled_problems():
        model = load_problem(name).model
        said |= {why.form for line in model.lines if (why := reason(model, line))}
    assert {r.form for r in REASONS} == said
