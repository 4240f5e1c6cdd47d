"""Derived lines are the ones that a textbook prints, and they are the derivative."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_models import (
    Lines,
    Shapes,
    assert_close,
    attention,
    central_differences,
    model,
    numbers,
    random_models,
)

from backprop.errors import ExpressionError
from backprop.evaluate import batched, evaluate, plain, work_lines, work_model
from backprop.expressions import Name
from backprop.language import parse
from backprop.model import BACKWARD, FORWARD, Model
from backprop.symbolic import Proof, prove_model
from backprop.training import derive
from course.errors import AuthoringError
from worksheets.effort import bounded


def backward(
    lines: Lines,
    trainable: Shapes,
    given: Shapes | None = None,
    indices: Mapping[str, int | str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """The backward lines as text, once they are proved and agree with finite differences."""
    whole = derive(model(lines, trainable, given, indices, sizes), "loss")
    assert_right(whole)
    assert [proof.line for proof in prove_model(whole, "loss") if not proof.holds] == []
    return {line.name: line.text for line in whole.part(BACKWARD)}


def assert_right(whole: Model, values: Mapping[str, Any] | None = None, tolerance: float = 1e-6) -> None:
    values = values or numbers(whole)
    worked = work_lines(whole.lines, values, whole.sizes)
    for name in whole.trainables:
        assert_close(worked[f"d{name}"][..., 0], central_differences(whole, "loss", values, name), tolerance)


# The lesson.


def test_the_lesson_has_its_own_lines() -> None:
    whole = derive(attention(), "loss", "eta", ["loss"])
    assert {line.name: line.text for line in whole.lines[11:]} == {
        "dlogits": "probs - onehot(target, v)",
        "dW_O": "context.T @ dlogits",
        "dcontext": "dlogits @ W_O.T",
        "doutput": "place(dcontext, -1, n)",
        "dweights": "doutput @ V.T",
        "dV": "weights.T @ doutput",
        "dscaled": "weights * (dweights - rowsum(dweights * weights))",
        "dscores": "dscaled / sqrt(d_k)",
        "dQ": "dscores @ K",
        "dK": "dscores.T @ Q",
        "dW_Q": "X.T @ dQ",
        "dW_K": "X.T @ dK",
        "dW_V": "X.T @ dV",
        "W_Q_new": "W_Q - eta * dW_Q",
        "W_K_new": "W_K - eta * dW_K",
        "W_V_new": "W_V - eta * dW_V",
        "W_O_new": "W_O - eta * dW_O",
        "Q_new": "X @ W_Q_new",
        "K_new": "X @ W_K_new",
        "V_new": "X @ W_V_new",
        "scores_new": "Q_new @ K_new.T",
        "scaled_new": "scores_new / sqrt(d_k)",
        "weights_new": "softmax(scaled_new)",
        "output_new": "weights_new @ V_new",
        "context_new": "row(output_new, -1)",
        "logits_new": "context_new @ W_O_new",
        "probs_new": "softmax(logits_new)",
        "loss_new": "cross_entropy(probs_new, target)",
    }
    names = "dlogits dW_O dcontext doutput dweights dV dscaled dscores dQ dK dW_Q dW_K dW_V"
    assert [line.name for line in whole.part(BACKWARD)] == names.split()
    assert [line.part for line in whole.lines] == ["forward"] * 11 + ["backward"] * 13 + ["update"] * 4 + ["again"] * 11


def test_the_lesson_has_its_own_numbers() -> None:
    identity = [[0.1, 0.0], [0.0, 0.1]]
    given = {"X": [[1, 0], [0, 1]], "W_Q": identity, "W_K": identity, "W_V": identity, "target": 2, "eta": 0.1}
    given["W_O"] = [[0.1, 0, 0, 0], [0, 0, 0.1, 0]]
    worked = work_model(derive(attention(), "loss", "eta", ["loss"]), given)
    assert worked["loss"] == pytest.approx(1.3838, abs=5e-5)
    assert np.round(np.array(worked["dcontext"]), 4).tolist() == [[0.0251, -0.0749]]
    assert worked["loss_new"] < worked["loss"]  # type: ignore[operator]


COMBINATIONS = [(*sizes, 3 + sum(sizes) % 2) for sizes in product((2, 3, 4), repeat=4)]


@pytest.mark.parametrize("sizes", COMBINATIONS, ids=str)
def test_the_lesson_at_every_size_agrees_with_finite_differences(sizes: tuple[int, ...]) -> None:
    for v in (3, 4):
        n, d, d_k, d_v, _ = sizes
        whole = derive(attention(n, d, d_k, d_v, v), "loss")
        for seed in range(2):
            assert_right(whole, numbers(whole, seed, low=-1, high=1))


def proofs_of_sizes() -> list[Any]:
    """The proofs of all sizes; those left out of the daily suite are every other third, and marked slow."""
    slow = pytest.mark.slow
    return [pytest.param(s, id=str(s), marks=() if sum(s[:4]) % 3 == 0 else slow) for s in COMBINATIONS]


@pytest.mark.parametrize("sizes", proofs_of_sizes())
def test_the_lesson_at_every_size_is_proved(sizes: tuple[int, ...]) -> None:
    proofs = list(prove_model(derive(attention(*sizes), "loss"), "loss"))
    assert len(proofs) == 13
    assert [proof.line for proof in proofs if not proof.holds] == []


# What a textbook prints.


def test_a_product_of_a_matrix_with_itself() -> None:
    found = backward({"S": "X @ X.T", "loss": "sum(S * C)"}, {"X": (3, 2)}, {"C": (3, 3)})
    assert found == {"dS": "C", "dX": "dS @ X + dS.T @ X"}


def test_squared_error_has_half_its_factor() -> None:
    lines = {"h": "sigmoid(X @ W1 + b)", "out": "h @ W2", "loss": "sum((y - out) ** 2) / 2"}
    assert backward(lines, {"W1": (2, 4), "b": (1, 4), "W2": (4, 1)}, {"X": (3, 2), "y": (3, 1)}) == {
        "dout": "out - y",
        "dW2": "h.T @ dout",
        "dh": "dout @ W2.T",
        "dW1": "X.T @ (dh * h * (1 - h))",
        "db": "colsum(dh * h * (1 - h))",
    }


def test_mean_squared_error() -> None:
    found = backward({"out": "X @ W", "loss": "mean((out - y) ** 2)"}, {"W": (2, 1)}, {"X": (4, 2), "y": (4, 1)})
    assert found == {"dout": "(out - y) / 2", "dW": "X.T @ dout"}


def test_mean_squared_error_with_named_sizes() -> None:
    lines = {"out": "X @ W", "loss": "mean((out - y) ** 2)"}
    found = backward(lines, {"W": ("d", 1)}, {"X": ("n", "d"), "y": ("n", 1)}, sizes={"n": 3, "d": 2})
    assert found == {"dout": "2 * (out - y) / n", "dW": "X.T @ dout"}


def test_a_quantity_used_in_several_lines_adds_its_parts() -> None:
    lines = {"h": "tanh(X @ W)", "a": "h @ U", "b": "h * h", "loss": "sum(a) + sum(b) - sum(h)"}
    assert backward(lines, {"W": (2, 3), "U": (3, 1)}, {"X": (2, 2)}) == {
        "da": "spread(1, 2, 1)",
        "dU": "h.T @ da",
        "db": "spread(1, 2, 3)",
        "dh": "da @ U.T - 1 + 2 * db * h",
        "dW": "X.T @ (dh * (1 - h ** 2))",
    }


def test_rows_columns_and_scalars_that_were_spread_are_added_up() -> None:
    lines = {"Y": "X * r + c - s", "loss": "sum(Y * C)"}
    found = backward(lines, {"r": (1, 3), "c": (2, 1), "s": ()}, {"X": (2, 3), "C": (2, 3)})
    assert found == {"dY": "C", "dr": "colsum(dY * X)", "dc": "rowsum(dY)", "ds": "-sum(dY)"}


def test_a_scalar_over_a_matrix() -> None:
    found = backward({"Y": "s / X", "loss": "sum(Y * C)"}, {"s": (), "X": (2, 2)}, {"C": (2, 2)})
    assert found == {"dY": "C", "ds": "sum(dY / X)", "dX": "-(dY * s / X ** 2)"}


def test_relu_and_a_residual() -> None:
    lines = {"z": "X @ W", "h": "relu(z)", "y": "X + h", "loss": "sum(y * C)"}
    found = backward(lines, {"W": (2, 2), "X": (3, 2)}, {"C": (3, 2)})
    assert found == {
        "dy": "C",
        "dh": "dy",
        "dz": "dh * step(z)",
        "dW": "X.T @ dz",
        "dX": "dy + dz @ W.T",
    }


def test_layer_norm_by_hand() -> None:
    lines = {
        "mu": "rowmean(X)",
        "centred": "X - mu",
        "variance": "rowmean(centred ** 2)",
        "sigma": "sqrt(variance + 0.00001)",
        "normal": "centred / sigma",
        "y": "normal * gain + bias",
        "loss": "sum(y * C)",
    }
    trainable: Shapes = {"X": ("n", "d"), "gain": (1, "d"), "bias": (1, "d")}
    assert backward(lines, trainable, {"C": ("n", "d")}, sizes={"n": 2, "d": 3}) == {
        "dy": "C",
        "dgain": "colsum(dy * normal)",
        "dbias": "colsum(dy)",
        "dnormal": "dy * gain",
        "dsigma": "-rowsum(dnormal * centred / sigma ** 2)",
        "dvariance": "dsigma / (2 * sigma)",
        "dcentred": "dnormal / sigma + 2 * centred * (dvariance / d)",
        "dmu": "-rowsum(dcentred)",
        "dX": "dcentred + dmu / d",
    }


def test_inner_expressions_are_differentiated_where_they_stand() -> None:
    lines = {"loss": "sum(tanh(X @ exp(W)) * C)"}
    found = backward(lines, {"W": (2, 2)}, {"X": (2, 2), "C": (2, 2)})
    assert found == {"dW": "(X.T @ (C * (1 - tanh(X @ exp(W)) ** 2))) * exp(W)"}


def test_rows_and_entries() -> None:
    found = backward({"loss": "entry(A, 1, k) + sum(row(A, 0)) + sum(row(A, k))"}, {"A": (2, 3)}, {}, {"k": 2})
    assert found == {"dA": "place(onehot(k, 3), 1, 2) + place(spread(1, 1, 3), 0, 2) + place(spread(1, 1, 3), k, 2)"}


def test_a_line_through_which_nothing_flows_has_no_gradient() -> None:
    lines = {"z": "X @ W", "gate": "step(z)", "h": "z * gate", "loss": "sum(h * C)"}
    found = backward(lines, {"W": (2, 2)}, {"X": (2, 2), "C": (2, 2)})
    assert found == {"dh": "C", "dz": "dh * gate", "dW": "X.T @ dz"}


def test_a_loss_that_is_a_weight() -> None:
    assert backward({"loss": "w"}, {"w": ()}) == {"dw": "1"}


# Softmax and cross-entropy.

CROSS_ENTROPY = {"z": "x @ W", "p": "softmax(z)", "loss": "cross_entropy(p, k)"}
WEIGHT: Shapes = {"W": (2, 3)}
INPUT: Shapes = {"x": (1, 2)}


def test_softmax_and_cross_entropy_are_differentiated_together() -> None:
    assert backward(CROSS_ENTROPY, WEIGHT, INPUT, {"k": 3}) == {"dz": "p - onehot(k, 3)", "dW": "x.T @ dz"}


def test_and_where_the_softmax_has_no_line_of_its_own() -> None:
    lines = {"z": "x @ W", "loss": "cross_entropy(softmax(z), k)"}
    assert backward(lines, WEIGHT, INPUT, {"k": 3}) == {"dz": "softmax(z) - onehot(k, 3)", "dW": "x.T @ dz"}


def test_and_where_two_losses_share_a_softmax() -> None:
    lines = {**CROSS_ENTROPY, "loss": "cross_entropy(p, k) + 2 * cross_entropy(p, 0)"}
    found = backward(lines, WEIGHT, INPUT, {"k": 3})
    assert found == {"dz": "p - onehot(k, 3) + 2 * (p - onehot(0, 3))", "dW": "x.T @ dz"}


def test_but_not_where_the_probabilities_are_used_for_more() -> None:
    """`dp` is the whole ∂loss/∂p, so it has the part that the loss has in it."""
    lines = {**CROSS_ENTROPY, "loss": "cross_entropy(p, k) + sum(p ** 2)"}
    assert backward(lines, WEIGHT, INPUT, {"k": 3}) == {
        "dp": "2 * p - onehot(k, 3) / p",
        "dz": "p * (dp - rowsum(dp * p))",
        "dW": "x.T @ dz",
    }


def test_what_is_beside_the_loss_changes_nothing() -> None:
    beside = {**CROSS_ENTROPY, "certainty": "sum(p * p)"}
    assert backward(beside, WEIGHT, INPUT, {"k": 3}) == backward(CROSS_ENTROPY, WEIGHT, INPUT, {"k": 3})


def test_cross_entropy_of_other_probabilities() -> None:
    lines = {"z": "x @ W", "p": "z / sum(z)", "loss": "cross_entropy(p, k)"}
    found = backward(lines, WEIGHT, INPUT, {"k": 3})
    assert found["dp"] == "-(onehot(k, 3) / p)"


# Any model.


def derived(forward: Model) -> Model:
    """A random model with its gradients, where it has any and each can be written as a line."""
    assume(forward.trainables)
    reason = ""
    try:
        return derive(forward, "loss")
    except ExpressionError as refused:
        reason = str(refused)
    assert any(known in reason for known in ("what has no gradient", "lines of their own", "an exponent is"))
    assume(False)
    raise AssertionError


@settings(max_examples=250)
@given(random_models(), st.integers(0, 5))
def test_any_model_has_its_gradients(forward: Model, seed: int) -> None:
    whole = derived(forward)
    for line in whole.lines:
        assert parse(line.text) == line.expression
    values = numbers(whole, seed)
    for name in whole.trainables:
        # Two steps that agree: not at a kink, nor where rounding drowns the difference.
        coarse, fine = (central_differences(whole, "loss", values, name, h) for h in (1e-4, 3e-5))
        scale = max(1.0, float(np.abs(fine).max()))
        assume(np.isfinite(coarse).all() and np.isfinite(fine).all() and np.abs(fine).max() < 1e5)
        assume(np.abs(coarse - fine).max() < 1e-7 * scale)
        found = work_lines(whole.lines, values, whole.sizes)[f"d{name}"][..., 0]
        assume(np.isfinite(found).all())  # the norm of B - B has no slope where it stands
        assert_close(found, fine, 1e-6)


@settings(max_examples=150)
@given(random_models())
def test_any_model_is_proved(forward: Model) -> None:
    whole = derived(forward)
    proofs: list[Proof] = []
    # What SymPy would take minutes for is refused from authors too; chance brings such a model now and then.
    with suppress(AuthoringError), bounded("a random model", "its proof", seconds=8):
        proofs = list(prove_model(whole, "loss"))
    assume(proofs)
    assert [proof.line for proof in proofs if not proof.holds] == []


def test_a_batch_is_differentiated_through_its_softmax_where_the_targets_are_one_hot() -> None:
    lines = {"logits": "X @ W", "probs": "softmax(logits)", "loss": "mean_cross_entropy(probs, Y)"}
    free = model(lines, {"W": (2, 3)}, {"X": (2, 2), "Y": (2, 3)})
    hot = Model(
        free.sizes, tuple(replace(g, rows="onehot" if g.name == "Y" else None) for g in free.givens), free.lines
    )
    wholes = {"hot": derive(hot, "loss"), "free": derive(free, "loss")}
    assert {n: [line.text for line in w.part(BACKWARD)] for n, w in wholes.items()} == {
        "hot": ["(probs - Y) / 2", "X.T @ dlogits"],
        "free": ["-(Y / (2 * probs))", "probs * (dprobs - rowsum(dprobs * probs))", "X.T @ dlogits"],
    }
    for whole in wholes.values():
        assert all(proof.holds for proof in prove_model(whole, "loss"))


def test_plain_numbers_in_and_out() -> None:
    arrays = batched({"A": [[1, 2]], "s": 3, "k": 1})
    assert {name: a.shape for name, a in arrays.items()} == {"A": (1, 2, 1), "s": (1,), "k": (1,)}
    assert plain(arrays["A"]) == [[1, 2]]
    assert plain(evaluate(Name("s"), arrays, {})) == 3
    assert model({"h": "X @ W", "loss": "sum(h)"}, {"W": (2, 2)}, {"X": (2, 2)}).part(FORWARD)[0].name == "h"


def test_a_softmax_is_not_fused_with_targets_that_are_trained() -> None:
    """Their rows sum to 1 only until they are updated, and the fused rule holds only then."""
    whole = model(
        {"p": "softmax(X @ W)", "loss": "mean_cross_entropy(p, Y)"}, {"W": (2, 3), "Y": (2, 3)}, {"X": (2, 2)}
    )
    givens = tuple(replace(g, rows="shares") if g.name == "Y" else g for g in whole.givens)
    assert_right(derive(Model(whole.sizes, givens, whole.lines), "loss"))
