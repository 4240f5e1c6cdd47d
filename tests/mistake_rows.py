"""What students work in the place of a line, and what is said of it: rows for test_mistakes.py and docs/reference.md.

The numbers are written out here: on these every row can be told from every other.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from backprop.evaluate import batched, evaluate, plain, work_lines
from backprop.language import parse
from course.records import Marking, SheetRecord
from worksheets import load_problem
from worksheets.problem import Problem, read_problem
from worksheets.problem_set import ProblemSet
from worksheets.recorded import Asked
from worksheets.sheet import Sheet

SIZES = {"n": 3, "d": 3, "d_k": 3, "d_v": 3}


def sheet_of(problem: Problem, given: Mapping[str, Any], decimals: int = 4) -> Sheet:
    """A sheet of one problem with these numbers, everything asked."""
    lines = frozenset(line.name for line in problem.model.lines)
    record = ProblemSet("x", (Asked(problem, lines, decimals, None),), Marking()).record()
    return Sheet(record, SheetRecord("AAAA-AAAA", "s1", (dict(given),)))


PERCEPTRON_FILE = """\
title = "Two-layer perceptron"
intro = "Fit {y} from {X} with sigmoid units and squared error."

[sizes]
n = 2
d = 2
h = 3

[given]
X  = { shape = ["n", "d"] }
W1 = { shape = ["d", "h"], trainable = true }
b1 = { shape = [1, "h"], trainable = true }
W2 = { shape = ["h", 1], trainable = true }
y  = { shape = ["n", 1] }
eta = { value = 0.5 }

[lines]
a = "X @ W1 + b1"
hidden = "sigmoid(a)"
out = "hidden @ W2"
loss = "sum((y - out) ** 2) / 2"

[derive]
gradients_of = "loss"
update = "eta"
again = ["loss"]
"""


def perceptron() -> Problem:
    """A perceptron with one hidden layer."""
    return read_problem("perceptron", tomllib.loads(PERCEPTRON_FILE), "perceptron.toml")


class Row(NamedTuple):
    """On `line`, `worked` instead of what was asked; the mistake's `kind`, and a piece of what is said of it."""

    line: str
    worked: str
    kind: str
    says: str


# fmt: off
ATTENTION = [
    Row("Q", "X.T @ W_Q", "transpose", "transpose of X was put in"),
    Row("Q", "W_Q @ X", "order", "the order is X · W_Q"),
    Row("Q", "X * W_Q", "entrywise-product", "row times column"),
    Row("Q", "X @ W_K", "wrong-operand", "W_K was used where W_Q belongs"),
    Row("scores", "Q @ K", "transpose", "transpose of K was left out"),
    Row("scores", "K @ Q.T", "transpose", "which is the transpose of Q · Kᵀ"),
    Row("scores", "K @ K.T", "wrong-operand", "K was used where Q belongs"),
    Row("scaled", "scores", "missing-scale", "division by √d_k was left out"),
    Row("scaled", "scores / d_k", "wrong-scale", "not by its root"),
    Row("scaled", "scores * sqrt(d_k)", "wrong-scale", "multiplies"),
    Row("weights", "softmax(scaled.T).T", "softmax-axis", "down the columns"),
    Row("weights", "exp(scaled) / sum(exp(scaled))", "softmax-axis", "over the whole matrix"),
    Row("weights", "scaled / rowsum(scaled)", "softmax-not-exponentiated", "exponentials"),
    Row("weights", "exp(scaled)", "softmax-not-exponentiated", "not divided"),
    Row("output", "weights.T @ V", "transpose", "transpose of weights was put in"),
    Row("context", "row(output, 0)", "wrong-row", "This is row 1 of output, not last row of output"),
    Row("loss", "cross_entropy(probs, target) / 2.302585092994046", "log-base", "base 10"),
    Row("loss", "cross_entropy(probs, target) / 0.6931471805599453", "log-base", "base 2"),
    Row("loss", "-cross_entropy(probs, target)", "sign", "Every sign is turned"),
    Row("loss", "cross_entropy(probs, 1)", "wrong-target", "another class"),
    Row("dlogits", "probs", "missing-term", "1 was not subtracted"),
    Row("dlogits", "onehot(target, v) - probs", "sign", "other way round"),
    Row("dlogits", "(probs - onehot(target, v)) * onehot(target, v)", "missing-term", "every probability moves"),
    Row("dlogits", "probs - onehot(1, v)", "wrong-target", "another class"),
    Row("dlogits", "(probs - onehot(target, v)) * probs * (1 - probs)", "softmax-jacobian", "too many"),
    Row("dW_O", "row(output, 0).T @ dlogits", "wrong-row", "Where context belongs, this is row 1"),
    Row("dcontext", "dlogits * onehot(target, v) @ W_O.T", "missing-term", "Only the column at target"),
    Row("dcontext", "dlogits * (1 - onehot(target, v)) @ W_O.T", "missing-term", "The column at target"),
    Row("dcontext", "probs @ W_O.T", "wrong-operand", "was used where"),
    Row("dcontext", "dlogits @ (W_O - eta * dW_O).T", "updated-weights", "old"),
    Row("doutput", "place(dcontext, 0, n)", "wrong-row", "put in another place"),
    Row("dweights", "doutput @ V", "transpose", "transpose of V was left out"),
    Row("dV", "weights @ doutput", "transpose", "transpose of weights was left out"),
    Row("dV", "doutput", "missing-term", "left out"),
    Row("dscaled", "weights * (1 - weights) * dweights", "softmax-jacobian", "diagonal"),
    Row("dscaled", "weights * dweights", "softmax-jacobian", "row sum was left out"),
    Row("dscaled", "dweights", "softmax-jacobian", "passed over"),
    Row("dscaled", "weights * (dweights - rowsum(dweights))", "softmax-jacobian", "alone"),
    Row("dscaled", "weights * (dweights + rowsum(dweights * weights))", "softmax-jacobian", "subtracted"),
    Row("dscores", "dscaled", "missing-scale", "left out"),
    Row("dQ", "dscores.T @ K", "transpose", "transpose of"),
    Row("dQ", "dscores @ Q", "wrong-operand", "Q was used where K belongs"),
    Row("dQ", "dscores.T @ Q", "other-line", "which is ∂L/∂K"),
    Row("dK", "dscores @ K", "other-line", "which is ∂L/∂Q"),
    Row("dK", "dscores @ Q", "transpose", "transpose of"),
    Row("dK", "dscores.T @ K", "wrong-operand", "K was used where Q belongs"),
    Row("dW_Q", "X @ dQ", "transpose", "transpose of X was left out"),
    Row("dW_Q", "dQ.T @ X", "transpose", "which is the transpose of Xᵀ · ∂L/∂Q"),
    Row("dW_Q", "X.T @ dK", "wrong-operand", "was used where"),
    Row("W_Q_new", "W_Q + eta * dW_Q", "sign", "against the gradient"),
    Row("W_Q_new", "W_Q - dW_Q", "learning-rate", "left out"),
    Row("W_Q_new", "W_Q - dW_Q / eta", "learning-rate", "divides"),
    Row("W_Q_new", "eta * dW_Q", "missing-term", "the step alone"),
    Row("W_Q_new", "W_Q - eta * dW_K", "wrong-operand", "was used where"),
    Row("W_O_new", "W_O - eta * dW_O * onehot(target, v)", "missing-term", "Only the column at target of ∂L/∂W_O"),
    Row("Q_new", "X @ W_Q", "updated-weights", "W_Q was used where W_Q_new belongs"),
]

WIDE = [
    Row("scaled", "scores / sqrt(d)", "wrong-scale", "√d"),
    Row("dscores", "dscaled / sqrt(d)", "wrong-scale", "√d"),
]

PERCEPTRON = [
    Row("hidden", "sigmoid(-a)", "sign", "The exponent has the other sign"),
    Row("a", "X @ W1 - b1", "sign", "is added"),
    Row("a", "X @ W1", "missing-term", "term b1 was left out"),
    Row("a", "X.T @ W1 + b1", "transpose", "the line is X · W1"),
    Row("hidden", "tanh(a)", "other", "the line has the sigmoid"),
    Row("dout", "y - out", "sign", "other way round: out − y"),
    Row("dW2", "hidden.T @ y", "wrong-operand", "y was used where ∂L/∂out belongs"),
    Row("dhidden", "dout @ W2_new.T", "updated-weights", "old"),
    Row("da", "dhidden * (1 - hidden ** 2)", "missing-term", "tanh"),
    Row("da", "dhidden", "missing-term", "its derivative hidden ⊙ (1 − hidden) is a factor"),
    Row("da", "dhidden * hidden", "missing-term", "factor 1 − hidden was left out"),
    Row("da", "dhidden * (1 - hidden)", "missing-term", "factor hidden was left out"),
    Row("dW1", "X @ da", "transpose", "the line is Xᵀ · ∂L/∂a"),
    Row("db1", "row(da, 0)", "missing-term", "the rows are added up"),
    Row("db1", "colsum(da) / n", "wrong-scale", "The mean of the rows"),
    Row("W1_new", "W1 + eta * dW1", "sign", "against the gradient"),
    Row("b1_new", "b1 - db1", "learning-rate", "factor η was left out"),
]
# fmt: on

Answer = list[list[float]]


class Slip(NamedTuple):
    """On `line`, the right numbers wrongly written down: in words, and how; what is said of it."""

    line: str
    what: str
    write: Callable[[Answer], Any]
    kind: str
    says: str


def one(change: Callable[[float], float], i: int = 0, j: int = 0) -> Callable[[Answer], Answer]:
    """One entry is changed."""
    return lambda a: [[change(x) if (r, c) == (i, j) else x for c, x in enumerate(row)] for r, row in enumerate(a)]


def turned(a: Answer) -> Answer:
    return [list(column) for column in zip(*a, strict=True)]


def exchanged(x: float) -> float:
    """The last two digits of four exchanged."""
    digits = f"{x:.4f}"
    return float(f"{digits[:-2]}{digits[-1]}{digits[-2]}")


DQ_IN_ITS_PLACE = "the answer of dQ"
SLIPS = [
    Slip("output", "the decimal point moved in one entry", one(lambda x: 10 * x), "power-of-ten", "decimal point"),
    Slip("dW_O", "the decimal point moved everywhere", lambda a: [[x / 10 for x in r] for r in a], "power-of-ten", ""),
    Slip("weights", "two digits exchanged in one entry", one(exchanged, 0, 1), "digits-exchanged", "row 1, column 2"),
    Slip("dW_V", "a sign on one entry", one(lambda x: -x, 1, 2), "sign", "Right but for the sign: row 2, column 3"),
    Slip("V", "rows for columns", turned, "transpose", "the transpose of X · W_V"),
    Slip("output_new", DQ_IN_ITS_PLACE, lambda a: a, "other-line", "These are the numbers of ∂L/∂Q"),
    Slip(
        "output",
        "two decimals of four",
        lambda a: [[round(x, 2) for x in r] for r in a],
        "too-few-digits",
        "4 decimals",
    ),
    Slip("weights", "row 1 copied into row 2", lambda a: [a[0], a[0], a[2]], "wrong-row", "Row 2 is a copy"),
    Slip("dweights", "one entry off, unexplained", one(lambda x: x + 0.37, 2, 1), "slip", "The rest of the line"),
]

GIVEN = {
    "X": [[0.8, 0.3, -0.5], [-0.5, 1.0, 0.2], [-0.9, 0.6, 1.0]],
    "W_Q": [[0.9, -0.1, -1.0], [0.7, -1.0, -0.3], [0.2, 0.1, 1.0]],
    "W_K": [[-0.5, 0.7, 0.8], [0.3, 0.1, -0.5], [-0.1, 0.3, 0.4]],
    "W_V": [[0.9, -0.5, -0.5], [-0.6, 0.8, -1.0], [-0.1, -0.6, -0.5]],
    "W_O": [[0.2, 0.6, 0.4, -0.6], [0.4, -0.5, -0.1, 1.0], [-1.0, 0.8, -0.6, -0.6]],
    "target": 3,
    "eta": 0.5,
}
WIDE_GIVEN = GIVEN | {name: [row[:2] for row in GIVEN[name]] for name in ("W_Q", "W_K")}
PERCEPTRON_GIVEN = {
    "X": [[1.6, 0.5], [-0.9, -1.0]],
    "W1": [[1.0, 0.2, -0.9], [0.6, 1.0, 0.9]],
    "b1": [[-0.1, -1.0, 0.7]],
    "W2": [[-1.0], [-0.3], [0.2]],
    "y": [[0.1], [1.9]],
    "eta": 0.5,
}


def attention_sheet(sizes: Mapping[str, int] = SIZES, given: Mapping[str, Any] = GIVEN, decimals: int = 4) -> Sheet:
    return sheet_of(load_problem("attention-backprop").adapted(sizes, {}), given, decimals)


SHEETS: list[tuple[Sheet, list[Row]]] = [
    (attention_sheet(), ATTENTION),
    (attention_sheet(SIZES | {"d_k": 2}, WIDE_GIVEN), WIDE),
    (sheet_of(perceptron(), PERCEPTRON_GIVEN), PERCEPTRON),
]


def answers_to(sheet: Sheet, instead: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A student's answers, each line worked from their own earlier ones; on some lines something else is worked."""
    (problem,), (numbers,) = sheet.set.problems, sheet.record.given
    model, own = problem.model(), dict(batched(numbers))
    key = work_lines(model.lines, own, model.sizes)
    for line in model.lines:
        expression = parse(instead[line.name]) if instead and line.name in instead else line.expression
        # What is worked instead may need a line that comes later: then the key's number is taken.
        value = evaluate(expression, {**key, **own}, model.sizes)
        own[line.name] = np.round(value, problem.decimals)
    return {line.name: plain(own[line.name]) for line in model.lines}


def slipped(sheet: Sheet, slip: Slip) -> dict[str, Any]:
    """A student's answers with a slip of the pen on one line, the later ones worked on from the right numbers."""
    answers = answers_to(sheet)
    answers[slip.line] = slip.write(answers["dQ"] if slip.what == DQ_IN_ITS_PLACE else answers[slip.line])
    return answers
