"""Mistakes to inject into simulated sheets of attention-backprop, each with the kinds that would be right to name.

A mistake is a line worked wrongly, or a slip of the pen on a line that was worked rightly. Where two names say the
same (dscoresᵀ Q for dQ is dK's expression, and dK's answer), either is right.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from benchmarks.students import LINES, Names


class Mistake(NamedTuple):
    """`how(pen, values)` gives the wrong result; of a slip, `how(written, values, decimals, rng)` the wrong number."""

    line: str  # empty: on any line that `fits`
    what: str
    kinds: tuple[str, ...]
    how: Callable[..., np.ndarray]
    slip: bool = False


MISTAKES: list[Mistake] = []


def add(line: str, what: str, kinds: str, how: Callable[..., np.ndarray]) -> None:
    MISTAKES.append(Mistake(line, what, tuple(kinds.split()), how))


# The forward pass
for to, w in (("Q", "W_Q"), ("K", "W_K"), ("V", "W_V")):
    add(to, f"Xᵀ {w}", "transpose", lambda p, s, w=w: p.mm(p.t(s.X), getattr(s, w)))
    add(to, f"X {w}ᵀ", "transpose", lambda p, s, w=w: p.mm(s.X, p.t(getattr(s, w))))
    add(to, f"{w} X", "order", lambda p, s, w=w: p.mm(getattr(s, w), s.X))
    add(to, f"X ⊙ {w}", "entrywise-product", lambda p, s, w=w: p.times(s.X, getattr(s, w)))
add("Q", "W_K for W_Q", "wrong-operand", lambda p, s: p.mm(s.X, s.W_K))
add("K", "W_Q for W_K", "wrong-operand", lambda p, s: p.mm(s.X, s.W_Q))
add("scores", "Q K", "transpose", lambda p, s: p.mm(s.Q, s.K))
add("scores", "K Qᵀ", "order transpose", lambda p, s: p.mm(s.K, p.t(s.Q)))
add("scores", "Kᵀ Q", "order", lambda p, s: p.mm(p.t(s.K), s.Q))
add("scores", "Q ⊙ Kᵀ", "entrywise-product", lambda p, s: p.times(s.Q, p.t(s.K)))
add("scores", "K for Q", "wrong-operand", lambda p, s: p.mm(s.K, p.t(s.K)))
add("scores", "Q for K", "wrong-operand", lambda p, s: p.mm(s.Q, p.t(s.Q)))
for line, of in (("scaled", "scores"), ("dscores", "dscaled")):
    add(line, "no 1/√d_k", "missing-scale", lambda p, s, of=of: getattr(s, of))
    add(line, "d_k for √d_k", "wrong-scale", lambda p, s, of=of: p.over(getattr(s, of), p.sizes["d_k"]))
    add(line, "times √d_k", "wrong-scale", lambda p, s, of=of: p.times(getattr(s, of), np.sqrt(p.sizes["d_k"])))
    add(line, "√d_model for √d_k", "wrong-scale", lambda p, s, of=of: p.over_root(getattr(s, of), "d"))
add("weights", "softmax down the columns", "softmax-axis", lambda p, s: p.softmax(s.scaled, 1))
add("weights", "softmax over the whole matrix", "softmax-axis", lambda p, s: p.softmax(s.scaled, (1, 2)))
for line, of in (("weights", "scaled"), ("probs", "logits")):
    add(
        line,
        "softmax without exp",
        "softmax-not-exponentiated",
        lambda p, s, of=of: p.over(getattr(s, of), p.sum(getattr(s, of))),
    )
add("output", "weightsᵀ V", "transpose", lambda p, s: p.mm(p.t(s.weights), s.V))
add("output", "V weights", "order", lambda p, s: p.mm(s.V, s.weights))
add("output", "weights ⊙ V", "entrywise-product", lambda p, s: p.times(s.weights, s.V))
add("output", "X for V", "wrong-operand", lambda p, s: p.mm(s.weights, s.X))
add("output", "scaled for weights", "wrong-operand", lambda p, s: p.mm(s.scaled, s.V))
add("context", "the first row", "wrong-row", lambda p, s: p.row(s.output, 0))
add("logits", "context W_Oᵀ", "transpose", lambda p, s: p.mm(s.context, p.t(s.W_O)))
add("loss", "log10", "log-base", lambda p, s: p.over(p.loss(s.probs, s.target), np.log(10)))
add("loss", "log2", "log-base", lambda p, s: p.over(p.loss(s.probs, s.target), np.log(2)))
add("loss", "+log p", "sign", lambda p, s: -p.loss(s.probs, s.target))
add("loss", "a wrong target", "wrong-target", lambda p, s: p.loss(s.probs, (s.target + 1) % p.sizes["v"]))

# The backward pass
add("dlogits", "no −1 at the target", "missing-term", lambda p, s: s.probs)
add("dlogits", "y − p", "sign", lambda p, s: p.minus(s.hot, s.probs))
add("dlogits", "p + y", "sign", lambda p, s: p.plus(s.probs, s.hot))
add("dlogits", "only the target's entry", "missing-term other", lambda p, s: p.minus(s.probs, s.hot) * s.hot)
add("dlogits", "a wrong target", "wrong-target", lambda p, s: p.minus(s.probs, np.roll(s.hot, 1, axis=2)))
add(
    "dlogits",
    "(p − y) p (1 − p)",
    "softmax-jacobian other",
    lambda p, s: p.times(p.minus(s.probs, s.hot), p.times(s.probs, p.minus(1.0, s.probs))),
)
add("dW_O", "dlogitsᵀ context", "order transpose", lambda p, s: p.mm(p.t(s.dlogits), s.context))
add("dW_O", "the first row's context", "wrong-row wrong-operand", lambda p, s: p.mm(p.t(p.row(s.output, 0)), s.dlogits))
add("dW_O", "probs for dlogits", "wrong-operand", lambda p, s: p.mm(p.t(s.context), s.probs))
add("dcontext", "dlogits W_O", "transpose", lambda p, s: p.mm(s.dlogits, s.W_O))
add("dcontext", "the target's column only", "missing-term other", lambda p, s: p.mm(s.dlogits * s.hot, p.t(s.W_O)))
add("dcontext", "without the target's", "missing-term other", lambda p, s: p.mm(s.dlogits * (1 - s.hot), p.t(s.W_O)))
add("dcontext", "probs for dlogits", "wrong-operand", lambda p, s: p.mm(s.probs, p.t(s.W_O)))
add(
    "dcontext",
    "the updated W_O",
    "updated-weights",
    lambda p, s: p.mm(s.dlogits, p.t(p.write(p.minus(s.W_O, p.times(s.eta, s.dW_O))))),
)
add("doutput", "in the first row", "wrong-row", lambda p, s: p.place(s.dcontext, 0))
add("dweights", "doutput V", "transpose", lambda p, s: p.mm(s.doutput, s.V))
add("dweights", "V doutputᵀ", "order transpose", lambda p, s: p.mm(s.V, p.t(s.doutput)))
add("dweights", "K for V", "wrong-operand", lambda p, s: p.mm(s.doutput, p.t(s.K)))
add("dV", "weights doutput", "transpose", lambda p, s: p.mm(s.weights, s.doutput))
add("dV", "doutputᵀ weights", "order transpose", lambda p, s: p.mm(p.t(s.doutput), s.weights))
add("dV", "weightsᵀ ⊙ doutput", "entrywise-product", lambda p, s: p.times(p.t(s.weights), s.doutput))
add("dV", "doutput", "missing-term other other-line", lambda p, s: s.doutput)
add("dscaled", "weights ⊙ dweights", "softmax-jacobian missing-term", lambda p, s: p.times(s.weights, s.dweights))
add(
    "dscaled",
    "weights (1 − weights) dweights",
    "softmax-jacobian",
    lambda p, s: p.times(p.times(s.weights, p.minus(1.0, s.weights)), s.dweights),
)
add("dscaled", "skipped: dweights", "softmax-jacobian other-line", lambda p, s: s.dweights)
add(
    "dscaled",
    "the row sum unweighted",
    "softmax-jacobian",
    lambda p, s: p.times(s.weights, p.minus(s.dweights, p.sum(s.dweights))),
)
add(
    "dscaled",
    "the row sum added",
    "sign softmax-jacobian",
    lambda p, s: p.times(s.weights, p.plus(s.dweights, p.sum(p.times(s.dweights, s.weights)))),
)
add("dQ", "Q for K", "wrong-operand", lambda p, s: p.mm(s.dscores, s.Q))
add("dQ", "dscoresᵀ K", "transpose", lambda p, s: p.mm(p.t(s.dscores), s.K))
add("dQ", "dK's expression", "wrong-operand other-line", lambda p, s: p.mm(p.t(s.dscores), s.Q))
add("dQ", "K dscores", "order", lambda p, s: p.mm(s.K, s.dscores))
add("dQ", "dscores ⊙ K", "entrywise-product", lambda p, s: p.times(s.dscores, s.K))
add("dK", "K for Q", "wrong-operand", lambda p, s: p.mm(p.t(s.dscores), s.K))
add("dK", "dscores Q", "transpose", lambda p, s: p.mm(s.dscores, s.Q))
add("dK", "dQ's expression", "wrong-operand other-line", lambda p, s: p.mm(s.dscores, s.K))
add("dK", "Q dscoresᵀ", "order", lambda p, s: p.mm(s.Q, p.t(s.dscores)))
for to, d in (("dW_Q", "dQ"), ("dW_K", "dK"), ("dW_V", "dV")):
    add(to, f"X {d}", "transpose", lambda p, s, d=d: p.mm(s.X, getattr(s, d)))
    add(to, f"{d}ᵀ X", "order transpose", lambda p, s, d=d: p.mm(p.t(getattr(s, d)), s.X))
    add(to, f"Xᵀ ⊙ {d}", "entrywise-product", lambda p, s, d=d: p.times(p.t(s.X), getattr(s, d)))
add("dW_Q", "dK for dQ", "wrong-operand other-line", lambda p, s: p.mm(p.t(s.X), s.dK))
add("dW_K", "dQ for dK", "wrong-operand other-line", lambda p, s: p.mm(p.t(s.X), s.dQ))

# The update, and the second forward pass
for w in ("W_Q", "W_K", "W_V", "W_O"):

    def step(s: Names, w: str = w) -> tuple[Any, Any]:
        return getattr(s, w), getattr(s, "d" + w)

    new = f"{w}_new"
    add(new, "W + η dW", "sign", lambda p, s, f=step: p.plus(f(s)[0], p.times(s.eta, f(s)[1])))
    add(new, "η forgotten", "learning-rate", lambda p, s, f=step: p.minus(*f(s)))
    add(new, "divided by η", "learning-rate", lambda p, s, f=step: p.minus(f(s)[0], p.over(f(s)[1], s.eta)))
    add(new, "η dW alone", "missing-term", lambda p, s, f=step: p.times(s.eta, f(s)[1]))
    add(new, "dWᵀ for dW", "transpose", lambda p, s, f=step: p.minus(f(s)[0], p.times(s.eta, p.t(f(s)[1]))))
add("W_Q_new", "dW_K for dW_Q", "wrong-operand", lambda p, s: p.minus(s.W_Q, p.times(s.eta, s.dW_K)))
add(
    "W_O_new",
    "only the target's column",
    "missing-term other slip",
    lambda p, s: p.minus(s.W_O, p.times(s.eta, s.dW_O) * s.hot),
)
for name in "QKV":
    how = LINES[name]
    add(f"{name}_new", "the old weights", "updated-weights wrong-operand other-line", how)
add("scores_new", "the old K", "updated-weights wrong-operand", lambda p, s: p.mm(s.Q_new, p.t(s.K)))


# Slips of the pen: on any line, in what was rightly worked
def one_entry(written: np.ndarray, rng: np.random.Generator, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The same numbers, with one that is not zero changed."""
    flat = written.reshape(len(written), -1).copy()
    at = np.argmax((flat != 0) * (1 + rng.random(flat.shape)), axis=1)[:, None]
    np.put_along_axis(flat, at, change(np.take_along_axis(flat, at, 1)), 1)
    return flat.reshape(written.shape)


def exchanged(x: float, decimals: int, rng: np.random.Generator) -> float:
    """A number with two neighbouring digits exchanged, where two differ."""
    text = f"{x:.{decimals}f}"
    digits = [i for i, char in enumerate(text) if char.isdigit()]
    pairs = [(i, j) for i, j in pairwise(digits) if text[i] != text[j]]
    if not pairs:
        return x
    i, j = pairs[rng.integers(len(pairs))]
    return float(text[:i] + text[j] + text[i + 1 : j] + text[i] + text[j + 1 :])


def power_of_ten(w: np.ndarray, earlier: list[np.ndarray], decimals: int, rng: np.random.Generator) -> np.ndarray:
    return one_entry(w, rng, lambda x: np.round(x * rng.choice([10.0, 0.1], x.shape), 12))


def sign_turned(w: np.ndarray, earlier: list[np.ndarray], decimals: int, rng: np.random.Generator) -> np.ndarray:
    return one_entry(w, rng, np.negative)


def digits_exchanged(w: np.ndarray, earlier: list[np.ndarray], decimals: int, rng: np.random.Generator) -> np.ndarray:
    return one_entry(w, rng, np.vectorize(lambda x: exchanged(x, decimals, rng)))


def row_copied(w: np.ndarray, earlier: list[np.ndarray], decimals: int, rng: np.random.Generator) -> np.ndarray:
    copied = w.copy()
    copied[:, 1] = copied[:, 0]
    return copied


def other_line(w: np.ndarray, earlier: list[np.ndarray], decimals: int, rng: np.random.Generator) -> np.ndarray:
    """The answer of a line before this one that has the same shape."""
    same = [value for value in earlier if value.shape == w.shape]
    if not same:
        raise ValueError("no line before this one has its shape")
    return np.stack(same)[rng.integers(len(same), size=len(w)), np.arange(len(w))]


for what, kinds, slip in (
    ("every sign turned", "sign", lambda w, *_: -w),
    ("a sign on one entry", "sign", sign_turned),
    ("a power of ten", "power-of-ten", power_of_ten),
    ("two digits exchanged", "digits-exchanged", digits_exchanged),
    ("the answer transposed", "transpose", lambda w, *_: np.swapaxes(w, 1, 2)),
    ("another line's answer", "other-line", other_line),
    ("one decimal short", "too-few-digits", lambda w, earlier, decimals, rng: np.round(w, decimals - 1)),
    ("row 1 copied from row 0", "wrong-row", row_copied),
):
    MISTAKES.append(Mistake("", what, tuple(kinds.split()), slip, slip=True))
