"""What people get wrong about single operations, as lines of the language: `right` is what was to be worked, `wrong` what was.

Names stand for any expression; `other` runs over the indices that `k` is not; `rows` and `columns` are the sizes of `a`.
Formulas in the braces of `says` are in the same names, and are said in the line's own symbols.
Mistakes that any expression allows (a transpose, a sign, a factor) are not listed: `mistakes.py` finds them in the tree.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """One way to get an operation, or its adjoint, wrong, and what to say of it."""

    kind: str
    right: str
    wrong: str
    says: str


_SOFTMAX, _ITS_ADJOINT = "softmax(a)", "out * (g - rowsum(g * out))"
_EVERY = "every output of a softmax depends on every input, so {out * (g - rowsum(g * out))}"

SOFTMAX = (
    Known("softmax-axis", _SOFTMAX, "softmax(a.T).T", "softmax was taken down the columns; it is taken along each row"),
    Known("softmax-axis", _SOFTMAX, "exp(a) / sum(exp(a))", "softmax was taken over the whole matrix; it is taken along each row"),
    Known("softmax-not-exponentiated", _SOFTMAX, "a / rowsum(a)", "the entries were divided by their sum; softmax divides their exponentials"),
    Known("softmax-not-exponentiated", _SOFTMAX, "exp(a)", "the exponentials were not divided by the sum of their row"),
    Known("softmax-jacobian", _ITS_ADJOINT, "out * g", f"the row sum was left out: {_EVERY}"),
    Known("softmax-jacobian", _ITS_ADJOINT, "out * (1 - out) * g", f"only the diagonal of the Jacobian was used: {_EVERY}"),
    Known("softmax-jacobian", _ITS_ADJOINT, "g", "the softmax was passed over: its Jacobian comes between, as {out * (g - rowsum(g * out))}"),
    Known("softmax-jacobian", _ITS_ADJOINT, "out * (g - rowsum(g))", "the row sum is of {g * out}, not of {g} alone"),
    Known("softmax-jacobian", _ITS_ADJOINT, "g - rowsum(g * out)", "the outputs as a factor in front were left out: {out * (g - rowsum(g * out))}"),
    Known("softmax-jacobian", _ITS_ADJOINT, "out * rowsum(g * out)", f"the gradient itself was left out before the row sum: {_EVERY}"),
    Known("softmax-axis", _ITS_ADJOINT, "out * (g - colsum(g * out))", "the sum is along each row, as the softmax is; here it went down the columns"),
    Known("softmax-jacobian", _ITS_ADJOINT, "out * (g + rowsum(g * out))", "the row sum is taken off {g}, not added"),
)

_CAUSAL, _MASK = "causal_softmax(a)", "step(causal_softmax(a))"

CAUSAL_SOFTMAX = (
    Known("other", _CAUSAL, "softmax(a)", "the mask was left out: right of the diagonal the result is 0, and what stands there does not count in the row's sum"),
    Known("other", _CAUSAL, f"softmax(a) * {_MASK}", "the mask was put on after the softmax, so that the rows no longer add up to 1: masked entries do not count in the row's sum"),
    Known("other", _CAUSAL, f"softmax(a * {_MASK})", "masked entries were set to 0 before the softmax, and exp(0) = 1 counts in the row's sum: a masked entry does not count at all"),
    Known("other", _CAUSAL, f"exp(a) * {_MASK}.T / rowsum(exp(a) * {_MASK}.T)", "the other triangle was masked: a row goes up to the diagonal, and 0 stands to the right of it"),
    Known("softmax-axis", _CAUSAL, f"exp(a) * {_MASK} / colsum(exp(a) * {_MASK})", "softmax was taken down the columns; it is taken along each row"),
    Known("softmax-not-exponentiated", _CAUSAL, f"a * {_MASK} / rowsum(a * {_MASK})", "the entries were divided by their sum; softmax divides their exponentials"),
    Known("softmax-not-exponentiated", _CAUSAL, f"exp(a) * {_MASK}", "the exponentials were not divided by the sum of their row"),
)

_LOSS, _LOSS_AND_SOFTMAX = "cross_entropy(p, k)", "p - onehot(k, n)"

CROSS_ENTROPY = (
    Known("log-base", _LOSS, "cross_entropy(p, k) / 2.302585092994046", "the logarithm was taken to base 10; the loss has the natural one"),
    Known("log-base", _LOSS, "cross_entropy(p, k) / 0.6931471805599453", "the logarithm was taken to base 2; the loss has the natural one"),
    Known("wrong-target", _LOSS, "cross_entropy(p, other)", "the probability of another class than the target was taken"),
    Known("wrong-target", _LOSS_AND_SOFTMAX, "p - onehot(other, n)", "1 was taken off at another class than the target: {p - onehot(k, n)}"),
    Known("missing-term", _LOSS_AND_SOFTMAX, "p", "1 was not taken off at the target: {p - onehot(k, n)}"),
    Known("missing-term", _LOSS_AND_SOFTMAX, "(p - onehot(k, n)) * onehot(k, n)", "only the target's entry was worked; every probability moves with the loss"),
    Known("softmax-jacobian", _LOSS_AND_SOFTMAX, "(p - onehot(k, n)) * p * (1 - p)", "there is a factor {p * (1 - p)} too many: softmax and logarithm together leave {p - onehot(k, n)}"),
    Known("softmax-jacobian", _LOSS_AND_SOFTMAX, "-onehot(k, n) / p", "this is the gradient by {p}; through the softmax it becomes {p - onehot(k, n)}"),
)

_MEAN_LOSS = "mean_cross_entropy(a, b)"

MEAN_CROSS_ENTROPY = (
    Known("log-base", _MEAN_LOSS, f"{_MEAN_LOSS} / 2.302585092994046", "the logarithm was taken to base 10; the loss has the natural one"),
    Known("log-base", _MEAN_LOSS, f"{_MEAN_LOSS} / 0.6931471805599453", "the logarithm was taken to base 2; the loss has the natural one"),
    Known("missing-scale", _MEAN_LOSS, f"{_MEAN_LOSS} * rows", "the losses of the rows were added up; their mean is asked"),
    Known("wrong-scale", _MEAN_LOSS, f"{_MEAN_LOSS} / columns", "every entry was counted in the mean; it is the mean over the rows"),
    Known("wrong-target", _MEAN_LOSS, "mean_cross_entropy(a, (1 - b) / (columns - 1))", "the probabilities of the other classes were taken, not those of the targets"),
)

LOG = (Known("log-base", "log(a)", "log(a) / 2.302585092994046", "the logarithm was taken to base 10; the line has the natural one"),)

ROW = (Known("wrong-row", "row(a, k)", "row(a, other)", "this is {row(a, other)}, not {row(a, k)}"),)

PLACE = (Known("wrong-row", "place(a, k, n)", "place(a, other, n)", "the row {a} was put in another place: each row's gradient goes where the row was taken from"),)

TANH = (
    Known("other", "tanh(a)", "sigmoid(a)", "the sigmoid was taken; the line has tanh"),
    Known("missing-term", "g * (1 - out ** 2)", "g * (1 - out)", "the derivative of tanh is {1 - out ** 2}: the square was left out"),
    Known("missing-term", "g * (1 - out ** 2)", "g * out * (1 - out)", "this is the derivative of the sigmoid; that of tanh is {1 - out ** 2}"),
    Known("missing-term", "g * (1 - out ** 2)", "g", "tanh was passed over: its derivative {1 - out ** 2} is a factor"),
)

MAXIMUM = (Known("other", "maximum(a, b)", "a + b - maximum(a, b)", "the smaller one was taken; the larger one is asked"),)

RELU = (
    Known("other", "relu(a)", "a", "negative entries were kept; relu makes them 0"),
    Known("other", "relu(a)", "relu(-a)", "the positive entries were made 0; relu keeps these, and makes the negative ones 0"),
    Known("other", "relu(a)", "step(a)", "the positive entries were made 1; relu keeps them as they are"),
    Known("missing-term", "g * step(a)", "g", "relu was passed over: its derivative {step(a)} is a factor, 0 where {a} is negative"),
    Known("other", "g * step(a)", "g * relu(a)", "the derivative of relu is 1 where {a} is positive, not {a} itself"),
    Known("other", "g * step(a)", "g * (1 - step(a))", "the entries where {a} is positive were made 0; the gradient goes through just these"),
    Known("other", "g * step(a)", "relu(g)", "relu was taken of the gradient; what counts is the sign of {a}, not of {g}"),
)

SIGMOID = (
    Known("other", "sigmoid(a)", "tanh(a)", "tanh was taken; the line has the sigmoid"),
    Known("sign", "sigmoid(a)", "sigmoid(-a)", "the exponent has the other sign: the sigmoid of x is 1 / (1 + exp(−x))"),
    Known("missing-term", "g * out * (1 - out)", "g * (1 - out ** 2)", "this is the derivative of tanh; that of the sigmoid is {out * (1 - out)}"),
    Known("missing-term", "g * out * (1 - out)", "g", "the sigmoid was passed over: its derivative {out * (1 - out)} is a factor"),
)

COLSUM = (
    Known("missing-term", "colsum(a)", "row(a, other)", "one row of {a} was taken; the rows are added up"),
    Known("wrong-scale", "colsum(a)", "colsum(a) / rows", "the mean of the rows of {a} was taken; they are added up"),
)

ROWMEAN = (
    Known("missing-scale", "rowmean(a)", "rowsum(a)", "the entries of each row were added up; their mean is asked"),
    Known("wrong-scale", "rowmean(a)", "rowsum(a) / (columns - 1)", "each row was divided by one less than its number of entries; here it is the number itself"),
)

SUM = (Known("wrong-scale", "sum(a)", "mean(a)", "the mean was taken; the entries are added up"),)

MEAN = (Known("missing-scale", "mean(a)", "sum(a)", "the entries were added up; their mean is asked"),)
