"""Derived lines are simplified as a textbook prints them, and keep their value and shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_models import (
    INDICES,
    SIZES,
    assert_close,
    grown,
    model,
    numbers,
)

from backprop.evaluate import evaluate
from backprop.expressions import Expression, apply, number
from backprop.language import parse
from backprop.model import BACKWARD
from backprop.scope import shape_of
from backprop.simplify import simplify
from backprop.training import derive
from backprop.writing import text

# Simplifying.


@pytest.mark.parametrize(
    ("plain", "simplified"),
    [
        ("2 * A / 2", "A"),
        ("A / 2 / 3", "A / 6"),
        ("2 * (A / 3)", "2 * A / 3"),
        ("A * 0.01", "0.01 * A"),
        ("A / 14", "A / 14"),
        ("3 * A / 14", "3 * A / 14"),
        ("1 / 3", "1 / 3"),
        ("1 - 4 / 3", "-(1 / 3)"),
        ("-(-A)", "A"),
        ("-(A - B)", "B - A"),
        ("A + -B", "A - B"),
        ("-A + B", "B - A"),
        ("A - -B", "A + B"),
        ("A + (B + A)", "A + B + A"),
        ("A + (B - A)", "A + B - A"),
        ("A + A", "2 * A"),
        ("0 + A", "A"),
        ("A - 0", "A"),
        ("0 - A", "-A"),
        ("0 * A * B", "0 * A * B"),
        ("s / (2 * A)", "s / (2 * A)"),
        ("A / s / 2", "A / (2 * s)"),
        ("A * (1 / B)", "A / B"),
        ("2 / s * A", "2 * A / s"),
        ("A ** 1", "A"),
        ("s ** 0", "1"),
        ("2 ** 3 * A", "8 * A"),
        ("3 ** (-1)", "1 / 3"),
        ("sqrt(A) ** 2", "A"),
        ("A.T.T", "A"),
        ("(A @ B.T).T", "B @ A.T"),
        ("(A / s).T", "A.T / s"),
        ("(2 * A).T @ (B / 3)", "2 * (A.T @ B) / 3"),
        ("s.T", "s"),
        ("sum(A / 2)", "sum(A) / 2"),
        ("row(-A, 0)", "-row(A, 0)"),
        ("spread(s / 2, 2, 3) * A", "s * A / 2"),
        ("spread(1, 2, 3) * A", "A"),
        ("A - spread(s, 2, 3)", "A - s"),
        ("spread(1, 2, 3) / 2 + spread(s, 2, 3) / 3", "spread(1, 2, 3) / 2 + spread(s, 2, 3) / 3"),
        ("spread(r, 2, 3) * spread(s, 2, 3)", "spread(r, 2, 3) * spread(s, 2, 3)"),
        ("A * spread(s, 2, 3) * spread(r, 2, 3)", "A * s * r"),
        ("A * B", "A * B"),
    ],
)
def test_expressions_are_settled_as_one_would_write_them(plain: str, simplified: str) -> None:
    scope = model({}, {}, {"A": (2, 3), "B": (2, 3), "r": (1, 3), "s": ()}).scope
    found = simplify(parse(plain), scope)
    assert text(found) == simplified
    assert shape_of(found, scope) == shape_of(parse(plain), scope)


PLAIN = model({}, {}, {"A": ("n", "m"), "B": ("m", "n"), "r": (1, "m"), "c": ("n", 1), "s": ()}, INDICES, SIZES)


@st.composite
def simplifiable(draw: st.DrawFn) -> Expression:
    """An expression with spreads, factors and signs in it, as adjoints leave them."""
    expression = draw(grown(PLAIN.scope, most=6))
    factor = draw(st.sampled_from(["1", "-1", "0.5", "2", "0.01", "0"]))
    return draw(st.sampled_from([expression, apply("*", number(factor), expression), apply("neg", expression)]))


@settings(max_examples=300)
@given(simplifiable(), st.integers(0, 5))
def test_settling_keeps_value_and_shape(expression: Expression, seed: int) -> None:
    simplified = simplify(expression, PLAIN.scope)
    assert shape_of(simplified, PLAIN.scope) == shape_of(expression, PLAIN.scope)
    assert parse(text(simplified)) == simplified
    values = numbers(PLAIN, seed)
    before, after = (evaluate(e, values, SIZES) for e in (expression, simplified))
    assume(np.isfinite(before).all() and np.abs(before).max() < 1e6)
    assert_close(np.broadcast_to(after, before.shape), before, 1e-9)


def test_what_scales_a_factor_is_put_behind_the_product() -> None:
    whole = derive(model({"s": "Q @ K.T / sqrt(3)", "loss": "sum(s ** 2) / 2"}, {"Q": (2, 3), "K": (2, 3)}), "loss")
    lines = {line.name: line.text for line in whole.part(BACKWARD)}
    assert lines == {"ds": "s", "dQ": "(ds @ K) / sqrt(3)", "dK": "(ds.T @ Q) / sqrt(3)"}
