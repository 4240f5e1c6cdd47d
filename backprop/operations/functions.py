"""Functions of each entry: exponentials, roots, activations."""

from __future__ import annotations

import numpy as np

from backprop.operations.printed import Notation, called
from backprop.operations.record import MATRIX, Known, Operation
from backprop.rounding import Array, Interval, Rounding


def root(a: Array) -> Array:
    """The square root; what an interval reaches below zero counts as zero."""
    return np.sqrt(np.maximum(a, 0))


def bounds_of_log(rounding: Rounding, a: Interval) -> Interval:
    """ln a. What is written as 0 may be as large as one unit; below zero nothing bounds a logarithm."""
    low = np.where(a.low > 0, np.log(np.maximum(a.low, 1e-300)), -np.inf)
    return Interval(low, np.log(np.maximum(a.high, rounding.unit)))


def bounds_of_tanh(rounding: Rounding, a: Interval) -> Interval:
    """tanh a, also as (eᵃ − e⁻ᵃ) / (eᵃ + e⁻ᵃ): it rises with eᵃ and falls with e⁻ᵃ, and both are kept.

    Their difference and sum are kept too: exact where both are at these decimals, less than a unit off otherwise.
    """
    up = rounding.kept(a.map(np.exp), "exponential")
    down = rounding.kept(Interval(np.exp(-a.high), np.exp(-a.low)), "exponential")
    off = np.where(rounding.is_exact(up) & rounding.is_exact(down), 0, rounding.unit)

    def quotient(up: Array, down: Array, off: Array) -> Array:
        above = up - down + off
        below = np.maximum(up + down - np.sign(above) * off, rounding.unit)
        return np.asarray(np.clip(above / below, -1, 1))

    by_hand = Interval(quotient(up.low, down.high, -off), quotient(up.high, down.low, off))
    return a.map(np.tanh).hull(by_hand)


def sigmoid(a: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-a)))


# fmt: off
LOG_MISTAKES = (
    Known("log-base", "log(a)", "log(a) / 2.302585092994046", "the logarithm was taken to base 10; the line has the natural one"),
)
TANH_MISTAKES = (
    Known("other", "tanh(a)", "sigmoid(a)", "the sigmoid was taken; the line has tanh"),
    Known("missing-term", "g * (1 - out ** 2)", "g * (1 - out)", "the derivative of tanh is {1 - out ** 2}: the square was left out"),
    Known("missing-term", "g * (1 - out ** 2)", "g * out * (1 - out)", "this is the derivative of the sigmoid; that of tanh is {1 - out ** 2}"),
    Known("missing-term", "g * (1 - out ** 2)", "g", "tanh was passed over: its derivative {1 - out ** 2} is a factor"),
)
SIGMOID_MISTAKES = (
    Known("other", "sigmoid(a)", "tanh(a)", "tanh was taken; the line has the sigmoid"),
    Known("sign", "sigmoid(a)", "sigmoid(-a)", "the exponent has the other sign: the sigmoid of x is 1 / (1 + exp(−x))"),
    Known("missing-term", "g * out * (1 - out)", "g * (1 - out ** 2)", "this is the derivative of tanh; that of the sigmoid is {out * (1 - out)}"),
    Known("missing-term", "g * out * (1 - out)", "g", "the sigmoid was passed over: its derivative {out * (1 - out)} is a factor"),
)
RELU_MISTAKES = (
    Known("other", "relu(a)", "a", "negative entries were kept; relu makes them 0"),
    Known("other", "relu(a)", "relu(-a)", "the positive entries were made 0; relu keeps these, and makes the negative ones 0"),
    Known("other", "relu(a)", "step(a)", "the positive entries were made 1; relu keeps them as they are"),
    Known("missing-term", "g * step(a)", "g", "relu was passed over: its derivative {step(a)} is a factor, 0 where {a} is negative"),
    Known("other", "g * step(a)", "g * relu(a)", "the derivative of relu is 1 where {a} is positive, not {a} itself"),
    Known("other", "g * step(a)", "g * (1 - step(a))", "the entries where {a} is positive were made 0; the gradient goes through just these"),
    Known("other", "g * step(a)", "relu(g)", "relu was taken of the gradient; what counts is the sign of {a}, not of {g}"),
)
MAXIMUM_MISTAKES = (
    Known("other", "maximum(a, b)", "a + b - maximum(a, b)", "the smaller one was taken; the larger one is asked"),
)

OPERATIONS = (
    Operation("exp", "e to the power of each entry",
        values=np.exp, adjoint=("g * out",), sympy="exp", says_itself=True, notation=called("exp", r"\exp", "exp")),
    Operation("log", "the natural logarithm of each entry",
        values=np.log, adjoint=("g / a",), bounds=bounds_of_log, sympy="log", says_itself=True,
        notation=called("ln", r"\ln", "ln"), aliases=("ln",), mistakes=LOG_MISTAKES),
    Operation("sqrt", "the square root of each entry",
        values=np.sqrt, adjoint=("g / (2 * out)",), bounds=lambda rounding, a: a.map(root), sympy="sqrt", says_itself=True,
        notation=Notation(r"\sqrt{#1}", lambda a: f"√({a})" if " " in a else f"√{a}", "sqrt(#1)"),
    ),
    Operation("tanh", "the hyperbolic tangent of each entry",
        values=np.tanh, adjoint=("g * (1 - out ** 2)",), bounds=bounds_of_tanh, sympy="tanh", says_itself=True,
        notation=called("tanh", r"\tanh", "tanh"), mistakes=TANH_MISTAKES),
    Operation("sigmoid", "1 / (1 + exp(−x)) of each entry",
        definition="1 / (1 + exp(-a))", values=sigmoid, adjoint=("g * out * (1 - out)",),
        notation=called("sigmoid", r"\sigma", "σ"), aliases=("σ", "logistic", "expit"), mistakes=SIGMOID_MISTAKES),
    Operation("relu", "each entry where it is positive, else 0",
        definition="maximum(a, 0)", moves=True, adjoint=("g * step(a)",), jumps=True, mistakes=RELU_MISTAKES),
    Operation("maximum", "the larger of two, entry by entry; a scalar, a row or a column is spread to fit",
        takes=(MATRIX, MATRIX), values=np.maximum, adjoint=("g * step(a - b)", "g * (1 - step(a - b))"),
        sympy=lambda sp, a, b: b + sp.Max(a - b, 0),  # where both are equal, the gradient is the second one's
        notation=Notation(r"\max\left(#1, #2\right)", "max(#1, #2)", "max(#1, #2)"), aliases=("max",), jumps=True,
        hides=True, mistakes=MAXIMUM_MISTAKES, moves=True),
    Operation("step", "1 where an entry is positive, else 0",
        values=lambda a: np.where(a > 0, 1.0, 0.0), adjoint=(None,), sympy="Heaviside", aliases=("heaviside",), jumps=True,
        hides=True),
)
# fmt: on
