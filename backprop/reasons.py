"""Why a line is as it is, or how to check it: a sentence for a worked solution, in the line's own symbols."""

from __future__ import annotations

from dataclasses import dataclass

from backprop.expressions import Expression, Name, substitute
from backprop.language import parse_rule
from backprop.model import AGAIN, BACKWARD, FORWARD, UPDATE, Line, Model
from backprop.patterns import filled, match

WORKED_FORWARD = (FORWARD, AGAIN)


@dataclass(frozen=True)
class Reason:
    """A sentence on lines of one form, in some parts of the training step.

    In `form` and the braces of `says`, names stand for any expression; `line` is the line itself, and in the backward
    pass `g` is a gradient and `x` what the line is the gradient of. `zero` is what vanishes if the sentence is true.
    """

    form: str
    says: str
    parts: tuple[str, ...] = (BACKWARD,)
    zero: str = ""


REASONS = (
    Reason(
        "out * (g - rowsum(g * out))",
        "each row of {line} sums to 0: softmax only moves weight about",
        zero="rowsum(line)",
    ),
    Reason(
        "p - onehot(k, n)",
        "the entries of {line} sum to 0: what the target is short of, the others have too much",
        zero="rowsum(line)",
    ),
    Reason("place(g, k, n)", "the other rows of {x} do not reach the loss, so their gradient is 0"),
    Reason("g @ b.T", "{x} is the left factor: the other one, {b}, is transposed and stays on the right"),
    Reason("a.T @ g", "{x} is the right factor: the other one, {a}, is transposed and stays on the left"),
    Reason("g.T @ a", "{x} enters its product transposed, so the gradient {g} is transposed as well"),
    Reason("g @ b", "{x} is the left factor, and the other one enters transposed: turned once more it is {b}"),
    Reason("g * step(a)", "the gradient passes where {a} is positive, and stops elsewhere"),
    Reason("g * out * (1 - out)", "the sigmoid's derivative is {out * (1 - out)}: no exponential is needed again"),
    Reason("g * (1 - out ** 2)", "the derivative of tanh is {1 - out ** 2}: no exponential is needed again"),
    Reason("g / sqrt(c)", "the forward pass divides by {sqrt(c)}, and so does its gradient"),
    Reason("colsum(g)", "the same row was added to every row, so its gradient adds them up"),
    Reason("a + b", "{x} is used in several places, so its gradient has a part for each"),
    Reason("g", "a sum passes its gradient on as it is"),
    Reason("softmax(a)", "each row of {line} sums to 1", WORKED_FORWARD, zero="rowsum(line) - 1"),
    Reason("cross_entropy(p, k)", "the nearer the target's probability is to 1, the smaller the loss", WORKED_FORWARD),
    Reason("w - eta * g", "the step goes against the gradient: where that is positive, the weight falls", (UPDATE,)),
)


@dataclass(frozen=True)
class Said:
    """A sentence on one line, formulas of its own symbols in braces; what vanishes if it is true; the form it is of."""

    says: str
    form: str
    zero: Expression | None = None


def reason(model: Model, line: Line) -> Said | None:
    """Why a line is as it is; None where there is nothing to say that helps."""
    gradients = {Name(other.name) for other in model.lines if other.part == BACKWARD}
    for candidate in REASONS:
        bound = match(parse_rule(candidate.form), line.expression) if line.part in candidate.parts else None
        if bound is None or ("g" in bound and bound["g"] not in gradients):
            continue
        stands = {**bound, "line": Name(line.name), "x": Name(line.name[1:])}
        zero = substitute(parse_rule(candidate.zero), stands) if candidate.zero else None
        return Said(filled(candidate.says, stands), candidate.form, zero)
    return None
