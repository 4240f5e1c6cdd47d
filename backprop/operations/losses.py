"""Losses: cross-entropy with an index as target, and its mean over rows with one-hot targets."""

from __future__ import annotations

import numpy as np

from backprop.errors import ExpressionError
from backprop.operations.arithmetic import divide, multiply
from backprop.operations.functions import bounds_of_log
from backprop.operations.printed import Notation
from backprop.operations.record import INDEX, MATRIX, Known, Operation
from backprop.rounding import Array, Interval, Rounding
from backprop.shapes import Shape, check_index, describe, matrix, row


def shape_of_cross_entropy(p: Shape, k: int) -> Shape:
    check_index(k, row(p)[1], "entries")
    return ()


def shape_of_mean(a: Shape, b: Shape) -> Shape:
    if matrix(a) != matrix(b, 1):
        raise ExpressionError(
            f"{{operation}} is of two matrices of the same size; {{0}} is {describe(a)} and {{1}} is {describe(b)}"
        )
    return ()


def mean_cross_entropy(p: Array, y: Array) -> Array:
    # What is not the target does not count, not even the logarithm of zero.
    return np.asarray(-np.where(y == 0, 0, y * np.log(p)).sum(axis=(0, 1)) / p.shape[0])


def bounds_of_mean(rounding: Rounding, p: Interval, y: Interval) -> Interval:
    """The mean of −ln at the targets: each logarithm is kept, their sum, and the sum over the rows."""
    log = rounding.kept(bounds_of_log(rounding, p), "logarithm")
    product = rounding.kept(multiply(rounding, y, log), "product")
    # Nobody multiplies by 1, or takes the logarithm of what counts nothing.
    one, zero = ((y.low == at) & (y.high == at) for at in (1, 0))
    low, high = (
        np.where(zero, 0, np.where(one, taken, times))
        for taken, times in ((log.low, product.low), (log.high, product.high))
    )
    total = rounding.kept(Interval(-high.sum(axis=(0, 1)), -low.sum(axis=(0, 1))), "sum")
    return divide(rounding, total, Interval.exact(np.array([float(p.low.shape[0])])))


# fmt: off
_LOSS, _WITH_SOFTMAX = "cross_entropy(p, k)", "p - onehot(k, n)"
MISTAKES = (
    Known("log-base", _LOSS, f"{_LOSS} / 2.302585092994046", "the logarithm was taken to base 10; the loss has the natural one"),
    Known("log-base", _LOSS, f"{_LOSS} / 0.6931471805599453", "the logarithm was taken to base 2; the loss has the natural one"),
    Known("wrong-target", _LOSS, "cross_entropy(p, other)", "the probability of another class than the target was taken"),
    Known("wrong-target", _WITH_SOFTMAX, "p - onehot(other, n)", "1 was subtracted at another class than the target: {p - onehot(k, n)}"),
    Known("missing-term", _WITH_SOFTMAX, "p", "1 was not subtracted at the target: {p - onehot(k, n)}"),
    Known("missing-term", _WITH_SOFTMAX, "(p - onehot(k, n)) * onehot(k, n)", "only the target's entry was worked; every probability moves with the loss"),
    Known("softmax-jacobian", _WITH_SOFTMAX, "(p - onehot(k, n)) * p * (1 - p)", "there is a factor {p * (1 - p)} too many: softmax and logarithm together leave {p - onehot(k, n)}"),
    Known("softmax-jacobian", _WITH_SOFTMAX, "-onehot(k, n) / p", "this is the gradient with respect to {p}; through the softmax it becomes {p - onehot(k, n)}"),
)
_MEAN = "mean_cross_entropy(a, b)"
MEAN_MISTAKES = (
    Known("log-base", _MEAN, f"{_MEAN} / 2.302585092994046", "the logarithm was taken to base 10; the loss has the natural one"),
    Known("log-base", _MEAN, f"{_MEAN} / 0.6931471805599453", "the logarithm was taken to base 2; the loss has the natural one"),
    Known("missing-scale", _MEAN, f"{_MEAN} * rows", "the losses of the rows were added up; their mean is asked"),
    Known("wrong-scale", _MEAN, f"{_MEAN} / columns", "every entry was counted in the mean; it is the mean over the rows"),
    Known("wrong-target", _MEAN, "mean_cross_entropy(a, (1 - b) / (columns - 1))", "the probabilities of the other classes were taken, not those of the targets"),
)

OPERATIONS = (
    Operation("cross_entropy", "−log of one entry of a row of probabilities",
        takes=(MATRIX, INDEX), definition="-log(entry(a, 0, b))", shape=shape_of_cross_entropy,
        adjoint=("-(g * onehot(b, columns)) / a", None), fused=(("softmax", "g * (a - onehot(b, columns))"),),
        notation=Notation(r"-\ln {#1}_{#2}", "−ln #1[#2]", "-ln #1_(#2)"), aliases=("crossentropy",), mistakes=MISTAKES,
    ),
    Operation("mean_cross_entropy", "the mean over the rows of −log of the probability where the second matrix, one-hot, has its 1",
        takes=(MATRIX, MATRIX), definition="-(sum(b * log(a)) / rows)", shape=shape_of_mean, values=mean_cross_entropy,
        adjoint=("-(g * b) / (rows * a)", "-(g * log(a)) / rows"), bounds=bounds_of_mean,
        fused=(("softmax", "g * (a - b) / rows"),), shares=1,
        notation=Notation(r"\text{mean over the rows of } -\ln {#1} \text{ where } #2 = 1", "mean over the rows of −ln #1 where #2 = 1", '"mean over the rows of " -ln #1 " where " #2 = 1'),
        mistakes=MEAN_MISTAKES),
)
# fmt: on
