"""Simulated students of attention-backprop: its lines by hand in NumPy, and eight ways to round on the way.

Nothing here is the grader's: only the names of the problem's lines are shared. Arrays are (sheets, rows, columns).
`LINES` is read twice: by a `Pen`, which rounds as a student does, and by a `Doubt`, which adds up, to first order,
how far rounding can carry an honest student.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

EVEN, UP, CUT, FULL = range(4)
ROUNDINGS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    EVEN: np.rint,
    UP: lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5 + 1e-7),
    CUT: lambda x: np.trunc(x + np.sign(x) * 1e-7),  # 0.69 * 10**4 is 6899.999…
}
HABITS = (
    "each line rounded half to even",
    "each line rounded half up",
    "each line truncated",
    "full precision, only answers rounded",
    "rounded or truncated inside every line too",
    "the same, the row's maximum subtracted before exp",
    "1/√d_k multiplied as a rounded constant",
    "another of these on every line",
)
MIXED = len(HABITS) - 1
# A habit's row: how a line's result is rounded, and what is kept inside it; None is another way on every line.
LINE_MODE = (EVEN, UP, CUT, UP, None, None, None, None)
INSIDE_MODE = (FULL, FULL, FULL, FULL, None, None, FULL, None)


def rounded(x: np.ndarray, decimals: int, mode: np.ndarray) -> np.ndarray:
    """Each sheet's numbers, rounded in that sheet's way."""
    x = np.array(x, dtype=float)
    for way, rounding in ROUNDINGS.items():
        rows = mode == way
        if rows.any():
            x[rows] = rounding(x[rows] * 10.0**decimals) / 10.0**decimals + 0.0
    return x


class Names:
    """Values by their names, of some of the sheets; `s.Q` reads as on paper."""

    def __init__(self, values: Mapping[str, Any], rows: Any = slice(None)) -> None:
        self._values, self._rows = values, rows

    def __getattr__(self, name: str) -> Any:
        value = self._values[name]
        return Near(value.v[self._rows], value.r[self._rows]) if isinstance(value, Near) else value[self._rows]


class Pen:
    """How each sheet's student works: one habit a sheet, and `turn` before every line."""

    def __init__(self, sizes: Mapping[str, int], decimals: int, habit: np.ndarray, rng: np.random.Generator) -> None:
        self.sizes, self.decimals, self.habit, self.rng = sizes, decimals, habit, rng

    def turn(self) -> None:
        count = len(self.habit)
        now = np.where(self.habit == MIXED, self.rng.integers(0, MIXED, count), self.habit)
        any_way = self.rng.integers(0, FULL, count)

        def mode(table: tuple[int | None, ...]) -> np.ndarray:
            chosen = np.array([-1 if m is None else m for m in table])[now]
            return np.where(chosen < 0, any_way, chosen)

        self.line, self.inside = mode(LINE_MODE), mode(INSIDE_MODE)
        self.in_full = now == 3
        self.top_first = now == 5
        self.constant = (now == 6) | ((now == 4) & (self.rng.random(count) < 0.5))

    def of(self, rows: np.ndarray) -> Pen:
        part = Pen(self.sizes, self.decimals, self.habit[rows], self.rng)
        for name in ("line", "inside", "in_full", "top_first", "constant"):
            setattr(part, name, getattr(self, name)[rows])
        return part

    def keep(self, x: np.ndarray) -> np.ndarray:
        return rounded(x, self.decimals, self.inside)

    def write(self, x: np.ndarray) -> np.ndarray:
        return rounded(x, self.decimals, self.line)

    def mm(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if a.shape[2] != b.shape[1]:
            raise ValueError("these shapes have no product")
        return self.keep(self.keep(a[:, :, :, None] * b[:, None, :, :]).sum(2))

    def times(self, a: Any, b: Any) -> np.ndarray:
        return self.keep(a * b)

    def plus(self, a: Any, b: Any) -> np.ndarray:
        return self.keep(a + b)

    def minus(self, a: Any, b: Any) -> np.ndarray:
        return self.keep(a - b)

    def over(self, a: np.ndarray, b: Any) -> np.ndarray:
        return self.keep(a / b)

    def sum(self, a: np.ndarray, axis: Any = 2) -> np.ndarray:
        return self.keep(a.sum(axis, keepdims=True))

    def over_root(self, a: np.ndarray, size: str = "d_k") -> np.ndarray:
        root = self.keep(np.full((len(a), 1, 1), np.sqrt(self.sizes[size])))
        constant = self.write(1 / root)
        return self.keep(np.where(self.constant[:, None, None], a * constant, a / root))

    def softmax(self, a: np.ndarray, axis: Any = 2) -> np.ndarray:
        top = a.max(axis, keepdims=True)
        # Whoever meets exponentials beyond a calculator's display subtracts the maximum.
        first = self.top_first[:, None, None] | (top > 20) | (top < -4)
        e = self.keep(np.exp(np.where(first, self.keep(a - top), np.minimum(a, 50))))
        return self.keep(e / self.keep(e.sum(axis, keepdims=True)))

    def loss(self, p: np.ndarray, target: np.ndarray) -> np.ndarray:
        found = self.keep(-np.log(np.take_along_axis(p, target[:, None, None], 2)))
        return np.where(np.isfinite(found), found, np.nan)

    @staticmethod
    def t(a: np.ndarray) -> np.ndarray:
        return np.swapaxes(a, 1, 2)

    @staticmethod
    def row(a: np.ndarray, i: int) -> np.ndarray:
        return a[:, i][:, None]

    def place(self, r: np.ndarray, i: int) -> np.ndarray:
        a = np.zeros((len(r), self.sizes["n"], r.shape[2]))
        a[:, i] = r[:, 0]
        return a


class Near(NamedTuple):
    """Values, and how far from each an honest student may be."""

    v: np.ndarray
    r: np.ndarray


class Doubt:
    """The honest tolerance, to first order: every number kept may be off by a unit, unless it is exact."""

    def __init__(self, sizes: Mapping[str, int], decimals: int) -> None:
        self.sizes, self.decimals, self.unit = sizes, decimals, 10.0**-decimals

    def keep(self, v: np.ndarray, r: np.ndarray) -> Near:
        exact = (r < 1e-3 * self.unit) & (np.abs(v - np.round(v, self.decimals)) < 1e-6 * self.unit)
        return Near(v, np.where(exact, 0, r + self.unit))

    def times(self, a: Near, b: Near) -> Near:
        return self.keep(a.v * b.v, np.abs(a.v) * b.r + a.r * np.abs(b.v) + a.r * b.r)

    def minus(self, a: Near, b: Near) -> Near:
        return self.keep(a.v - b.v, a.r + b.r)

    def sum(self, a: Near, axis: int = 2) -> Near:
        return self.keep(a.v.sum(axis, keepdims=True), a.r.sum(axis, keepdims=True))

    def mm(self, a: Near, b: Near) -> Near:
        products = self.times(
            Near(a.v[:, :, :, None], a.r[:, :, :, None]), Near(b.v[:, None, :, :], b.r[:, None, :, :])
        )
        return self.keep(products.v.sum(2), products.r.sum(2))

    def over_root(self, a: Near) -> Near:
        size = self.sizes["d_k"]
        root = self.keep(np.full((1, 1, 1), np.sqrt(size)), np.zeros((1, 1, 1)))
        inverse = Near(1 / root.v, root.r / size)
        direct, constant = self.times(a, inverse), self.times(a, self.keep(*inverse))
        return Near(direct.v, np.maximum(direct.r, constant.r))

    def softmax(self, a: Near) -> Near:
        top = a.v.max(2, keepdims=True)
        plain, shifted = self._softmax(a), self._softmax(Near(a.v - top, a.r))
        return Near(plain.v, np.maximum(plain.r, shifted.r))

    def _softmax(self, a: Near) -> Near:
        e = self.keep(np.exp(a.v), np.exp(a.v) * np.expm1(a.r))
        total = e.v.sum(2, keepdims=True)
        p, others = e.v / total, e.r.sum(2, keepdims=True) - e.r + self.unit
        return self.keep(p, e.r * (1 - p) / total + p * others / total)

    def loss(self, p: Near, target: np.ndarray) -> Near:
        at = target[:, None, None]
        v, r = np.take_along_axis(p.v, at, 2), np.take_along_axis(p.r, at, 2)
        return self.keep(-np.log(v), -np.log1p(-np.minimum(r / v, 0.999)))

    def t(self, a: Near) -> Near:
        return Near(Pen.t(a.v), Pen.t(a.r))

    def row(self, a: Near, i: int) -> Near:
        return Near(Pen.row(a.v, i), Pen.row(a.r, i))

    def place(self, r: Near, i: int) -> Near:
        return Near(Pen.place(self, r.v, i), Pen.place(self, r.r, i))  # type: ignore[arg-type]


Line = Callable[[Any, Any], Any]


def _forward(new: str) -> dict[str, Line]:
    """The forward pass; with `_new`, again with the new weights."""

    def of(s: Names, name: str) -> Any:
        return getattr(s, name + new)

    lines: dict[str, Line] = {
        "Q": lambda p, s: p.mm(s.X, of(s, "W_Q")),
        "K": lambda p, s: p.mm(s.X, of(s, "W_K")),
        "V": lambda p, s: p.mm(s.X, of(s, "W_V")),
        "scores": lambda p, s: p.mm(of(s, "Q"), p.t(of(s, "K"))),
        "scaled": lambda p, s: p.over_root(of(s, "scores")),
        "weights": lambda p, s: p.softmax(of(s, "scaled")),
        "output": lambda p, s: p.mm(of(s, "weights"), of(s, "V")),
        "context": lambda p, s: p.row(of(s, "output"), -1),
        "logits": lambda p, s: p.mm(of(s, "context"), of(s, "W_O")),
        "probs": lambda p, s: p.softmax(of(s, "logits")),
        "loss": lambda p, s: p.loss(of(s, "probs"), s.target),
    }
    return {name + new: line for name, line in lines.items()}


def _updated(w: str) -> Line:
    return lambda p, s: p.minus(getattr(s, w), p.times(s.eta, getattr(s, "d" + w)))


LINES: dict[str, Line] = {
    **_forward(""),
    "dlogits": lambda p, s: p.minus(s.probs, s.hot),
    "dW_O": lambda p, s: p.mm(p.t(s.context), s.dlogits),
    "dcontext": lambda p, s: p.mm(s.dlogits, p.t(s.W_O)),
    "doutput": lambda p, s: p.place(s.dcontext, -1),
    "dweights": lambda p, s: p.mm(s.doutput, p.t(s.V)),
    "dV": lambda p, s: p.mm(p.t(s.weights), s.doutput),
    "dscaled": lambda p, s: p.times(s.weights, p.minus(s.dweights, p.sum(p.times(s.dweights, s.weights)))),
    "dscores": lambda p, s: p.over_root(s.dscaled),
    "dQ": lambda p, s: p.mm(s.dscores, s.K),
    "dK": lambda p, s: p.mm(p.t(s.dscores), s.Q),
    "dW_Q": lambda p, s: p.mm(p.t(s.X), s.dQ),
    "dW_K": lambda p, s: p.mm(p.t(s.X), s.dK),
    "dW_V": lambda p, s: p.mm(p.t(s.X), s.dV),
    **{f"{w}_new": _updated(w) for w in ("W_Q", "W_K", "W_V", "W_O")},
    **_forward("_new"),
}
