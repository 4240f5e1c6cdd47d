"""Softmax of each row, and of each row up to the diagonal."""

from __future__ import annotations

import numpy as np

from backprop.errors import ExpressionError
from backprop.expressions import Expression, apply, number
from backprop.operations.entry import Entries, by_cases, total
from backprop.operations.printed import called
from backprop.operations.record import Known, Operation
from backprop.rounding import TOLERANCE, Array, Interval, Rounding
from backprop.shapes import Shape, describe, matrix

ADJOINT = "out * (g - rowsum(g * out))"


def softmax(a: Array) -> Array:
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def entry_of_softmax(i: Expression, j: Expression, a: Entries) -> Expression:
    return apply("exp", a(i, j)) / total([apply("exp", x) for x in a.row(i)])


def bounds_of_softmax(rounding: Rounding, a: Interval) -> Interval:
    """exp(a) over its row's sum: each exponential and the sum are kept, the row's maximum subtracted before or not."""
    found = _shares(rounding, a)
    low, high = found.low.copy(), found.high.copy()
    largest_first, reach = np.argsort(-(a.low + a.high), axis=1), a.low.max(axis=1, keepdims=True)
    for place in range(a.low.shape[1]):
        at = largest_first[:, place : place + 1]
        is_top = np.take_along_axis(a.high, at, axis=1) >= reach
        members = np.flatnonzero(is_top.any(axis=(0, 1)))  # beyond the first place these are few
        if not members.size:
            break
        below = _below(a.map(lambda x, m=members: x[..., m]), at[..., members])  # type: ignore[misc]
        shares, where = _shares(rounding, rounding.kept(below, "difference to the row's maximum")), is_top[..., members]
        low[..., members] = np.fmin(low[..., members], np.where(where, shares.low, np.inf))
        high[..., members] = np.fmax(high[..., members], np.where(where, shares.high, -np.inf))
    return Interval(low, high)


def _below(a: Interval, at: Array) -> Interval:
    """What is left of each row once its maximum, which stands there, is subtracted."""
    top = a.map(lambda x: np.take_along_axis(x, at, axis=1))
    is_top = np.arange(a.low.shape[1])[:, None] == at
    low, high = a.low - top.high, np.minimum(a.high - top.low, 0)
    return Interval(np.where(is_top, 0, low), np.where(is_top, 0, high))


def _shares(rounding: Rounding, a: Interval) -> Interval:
    """An entry grows with its own exponential, which counts once, and falls with the others'; the sum is kept."""
    e, unit = rounding.kept(a.map(np.exp), "exponential"), rounding.unit
    least, most = (x.sum(axis=1, keepdims=True) - x for x in (e.low, e.high))  # of the others
    sums = rounding.kept(Interval(e.high + least, e.low + most), "sum of the row's exponentials")
    sum_low, sum_high = sums.low, sums.high
    # A larger exponential can be the less where its sum is just rounded up, a smaller one the more where truncated.
    up, down = (np.floor(sum_high / unit + TOLERANCE) + 1) * unit, sum_low - unit
    rounded_up = up - (0.5 + TOLERANCE) * unit - most
    low = np.minimum(e.low / sum_high, np.where(rounded_up <= e.high, rounded_up / up, np.inf))
    high = np.maximum(e.high / sum_low, np.where(e.low + least < sum_low, (sum_low - least) / down, 0))
    return Interval(low, np.where(down > 0, np.minimum(high, 1), 1))


# Causal: what a token may look at is itself and those before it.


def shape_of_causal(a: Shape) -> Shape:
    if matrix(a)[0] != a[1]:
        raise ExpressionError(f"{{operation}} is of a square matrix; {{0}} is {describe(a)}")
    return a


def _seen(tokens: int) -> Array:
    return np.tril(np.ones((tokens, tokens), dtype=bool))[:, :, None]


def _masked(a: Array) -> Array:
    return np.where(_seen(a.shape[0]), a, -np.inf)


def entry_of_causal(i: Expression, j: Expression, a: Entries) -> Expression:
    def at(row: int, column: int) -> Expression:
        if column > row:
            return number(0)
        return apply("exp", a(row, column)) / total([apply("exp", a(row, k)) for k in range(row + 1)])

    return by_cases(i, a.rows, lambda row: by_cases(j, a.columns, lambda column: at(row, column)))


def bounds_of_causal(rounding: Rounding, a: Interval) -> Interval:
    """What is masked is 0, and alone in its row an entry is 1, for everyone."""
    seen = _seen(a.low.shape[0])
    found = bounds_of_softmax(rounding, a.map(_masked))
    sure = ~seen | (seen.sum(axis=1, keepdims=True) == 1)
    return found.map(lambda x: np.where(sure, seen, x))


# fmt: off
_EVERY = f"every output of a softmax depends on every input, so {{{ADJOINT}}}"
MISTAKES = (
    Known("softmax-axis", "softmax(a)", "softmax(a.T).T", "softmax was taken down the columns; it is taken along each row"),
    Known("softmax-axis", "softmax(a)", "exp(a) / sum(exp(a))", "softmax was taken over the whole matrix; it is taken along each row"),
    Known("softmax-not-exponentiated", "softmax(a)", "a / rowsum(a)", "the entries were divided by their sum; softmax divides their exponentials"),
    Known("softmax-not-exponentiated", "softmax(a)", "exp(a)", "the exponentials were not divided by the sum of their row"),
    Known("softmax-jacobian", ADJOINT, "out * g", f"the row sum was left out: {_EVERY}"),
    Known("softmax-jacobian", ADJOINT, "out * (1 - out) * g", f"only the diagonal of the Jacobian was used: {_EVERY}"),
    Known("softmax-jacobian", ADJOINT, "g", f"the softmax was passed over: its Jacobian comes between, as {{{ADJOINT}}}"),
    Known("softmax-jacobian", ADJOINT, "out * (g - rowsum(g))", "the row sum is of {g * out}, not of {g} alone"),
    Known("softmax-jacobian", ADJOINT, "g - rowsum(g * out)", f"the outputs as a factor in front were left out: {{{ADJOINT}}}"),
    Known("softmax-jacobian", ADJOINT, "out * rowsum(g * out)", f"the gradient itself was left out before the row sum: {_EVERY}"),
    Known("softmax-axis", ADJOINT, "out * (g - colsum(g * out))", "the sum is along each row, as the softmax is; here it went down the columns"),
    Known("softmax-jacobian", ADJOINT, "out * (g + rowsum(g * out))", "the row sum is subtracted from {g}, not added"),
)

_MASK = "step(causal_softmax(a))"
CAUSAL_MISTAKES = (
    Known("other", "causal_softmax(a)", "softmax(a)", "the mask was left out: right of the diagonal the result is 0, and what stands there does not count in the row's sum"),
    Known("other", "causal_softmax(a)", f"softmax(a) * {_MASK}", "the mask was put on after the softmax, so that the rows no longer add up to 1: masked entries do not count in the row's sum"),
    Known("other", "causal_softmax(a)", f"softmax(a * {_MASK})", "masked entries were set to 0 before the softmax, and exp(0) = 1 counts in the row's sum: a masked entry does not count at all"),
    Known("other", "causal_softmax(a)", f"exp(a) * {_MASK}.T / rowsum(exp(a) * {_MASK}.T)", "the other triangle was masked: a row goes up to the diagonal, and 0 stands to the right of it"),
    Known("softmax-axis", "causal_softmax(a)", f"exp(a) * {_MASK} / colsum(exp(a) * {_MASK})", "softmax was taken down the columns; it is taken along each row"),
    Known("softmax-not-exponentiated", "causal_softmax(a)", f"a * {_MASK} / rowsum(a * {_MASK})", "the entries were divided by their sum; softmax divides their exponentials"),
    Known("softmax-not-exponentiated", "causal_softmax(a)", f"exp(a) * {_MASK}", "the exponentials were not divided by the sum of their row"),
)

OPERATIONS = (
    Operation("softmax", "of each row: exp of every entry over the row's sum of them",
        shape=matrix, values=softmax, entry=entry_of_softmax, along=("softmax(a.T).T", "softmax(a)"), adjoint=(ADJOINT,),
        bounds=bounds_of_softmax, open_range=(0.02, 0.95), mistakes=MISTAKES),
    Operation("causal_softmax", "softmax of each row up to the diagonal; 0 to the right of it",
        shape=shape_of_causal, values=lambda a: softmax(_masked(a)), entry=entry_of_causal, adjoint=(ADJOINT,),
        bounds=bounds_of_causal,
        notation=called("causal_softmax", r"\mathrm{softmax}_{\text{causal}}", 'op("softmax")_"causal"'),
        open_range=(0.02, 0.95), open_at=lambda i, j: j <= i > 0,  # the first row is 1 and zeros whatever the numbers
        mistakes=CAUSAL_MISTAKES),
)
# fmt: on
