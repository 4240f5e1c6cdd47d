"""Training steps: what is worked again, and what cannot be derived says why."""

from __future__ import annotations

from typing import Any

import pytest
from small_models import (
    Lines,
    Shapes,
    model,
)

from backprop.errors import ExpressionError
from backprop.training import derive

# Updates, and lines worked again.


def test_only_what_the_weights_change_is_worked_again() -> None:
    lines = {"f": "exp(X)", "h": "f @ W", "loss": "sum(h)", "beside": "sum(h) + sum(f)"}
    whole = derive(model(lines, {"W": (2, 2)}, {"X": (2, 2), "rate": ()}), "loss", "rate", ["loss"])
    assert [(line.name, line.text) for line in whole.lines[4:]] == [
        ("dh", "spread(1, 2, 2)"),
        ("dW", "f.T @ dh"),
        ("W_new", "W - rate * dW"),
        ("h_new", "f @ W_new"),
        ("loss_new", "sum(h_new)"),
    ]


# What cannot be derived.

XW: Lines = {"h": "X @ W", "loss": "sum(h)"}


@pytest.mark.parametrize(
    ("lines", "trainable", "asked", "says"),
    [
        (XW, {"W": (2, 2)}, ("h",), "[derive] gradients_of = “h”: a gradient is of a scalar, and h is a matrix"),
        (XW, {"W": (2, 2)}, ("los",), "[derive] gradients_of = “los”: no line has this name"),
        (
            XW,
            {},
            ("loss",),
            "[derive] gradients_of: no given is trainable, so there is nothing to differentiate with respect to",
        ),
        (XW, {"W": (2, 2), "V": (2, 2)}, ("loss",), "V is trainable, but loss does not depend on it"),
        (
            {"h": "step(X @ W)", "loss": "sum(h)"},
            {"W": (2, 2)},
            ("loss",),
            "W is trainable, but loss depends on it only through what has no gradient",
        ),
        (
            {"h": "X @ W", "dh": "h + 1", "loss": "sum(h)"},
            {"W": (2, 2)},
            ("loss",),
            "line “dh”: this name is reserved for the gradient of h",
        ),
        (
            {"h": "X @ W", "dh": "sum(h)", "loss": "sum(h)"},
            {"W": (2, 2)},
            ("loss",),
            "line “dh”: this name is reserved for the gradient of h",
        ),
        (
            {"h": "X @ W", "W_new": "sum(h)", "loss": "sum(h)"},
            {"W": (2, 2)},
            ("loss", "eta"),
            "line “W_new”: this name is already in use for something else",
        ),
        (XW, {"W": (2, 2)}, ("loss", "X"), "[derive] update = “X”: the learning rate is a scalar that is given"),
        (XW, {"W": (2, 2)}, ("loss", "rate"), "[derive] update = “rate”: the learning rate is a scalar that is given"),
        (XW, {"W": (2, 2)}, ("loss", "eta", ["lost"]), "[derive] again: no line is called lost"),
        (
            {**XW, "f": "exp(X)"},
            {"W": (2, 2)},
            ("loss", "eta", ["f"]),
            "[derive] again: f is no line of the forward pass that the new weights change",
        ),
        (
            XW,
            {"W": (2, 2)},
            ("loss", "eta", ["dh"]),
            "[derive] again: dh is no line of the forward pass that the new weights change",
        ),
        (
            XW,
            {"W": (2, 2)},
            ("loss", None, ["loss"]),
            "[derive] again and steps need update: without it nothing has changed",
        ),
        (
            XW,
            {"W": (2, 2)},
            (None, "eta"),
            "[derive] update, again and steps need gradients_of: the line to be made smaller",
        ),
        (
            {"h": "X @ W ** (-12)", "loss": "sum(h)"},
            {"W": (2, 2)},
            ("loss",),
            "line “h”: an exponent is a number from −12 to 12",
        ),
        (
            {"h": "softmax(" * 20 + "X @ W" + ")" * 20, "loss": "sum(h)"},
            {"W": (2, 2)},
            ("loss",),
            "line “h”: its gradient is too long for a line: give the inner parts lines of their own",
        ),
        (
            {"h": "softmax(" * 5 + "X @ W" + ")" * 5, "loss": "sum(h)"},
            {"W": (2, 2)},
            ("loss",),
            "line “dW”: this gradient cannot be written as a line: give the inner parts lines of their own",
        ),
    ],
)
def test_what_cannot_be_derived_says_why(lines: Lines, trainable: Shapes, asked: tuple[Any, ...], says: str) -> None:
    fixed: Shapes = {"X": (2, 2), "eta": (), **({} if trainable else {"W": (2, 2)})}
    with pytest.raises(ExpressionError) as refused:
        derive(model(lines, trainable, fixed), *asked)
    assert str(refused.value) == says
