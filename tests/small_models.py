"""Small models for the tests: the lesson's own, one operation at a time, and at random from the table of operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from backprop.errors import ExpressionError
from backprop.evaluate import work_lines
from backprop.expressions import Apply, Expression, Name, Number, number
from backprop.model import FORWARD, Given, Model
from backprop.operations import OPERATIONS
from backprop.operations.record import EXPONENT, INDEX, MATRIX, SIZE, Argument
from backprop.rounding import Array
from backprop.scope import Scope, shape_of
from backprop.shapes import Shape, Size

ATTENTION = {
    "Q": "X @ W_Q",
    "K": "X @ W_K",
    "V": "X @ W_V",
    "scores": "Q @ K.T",
    "scaled": "scores / sqrt(d_k)",
    "weights": "softmax(scaled)",
    "output": "weights @ V",
    "context": "row(output, -1)",
    "logits": "context @ W_O",
    "probs": "softmax(logits)",
    "loss": "cross_entropy(probs, target)",
}

Lines = Mapping[str, "str | Expression"]
Shapes = Mapping[str, tuple[int | str, ...]]


def model(
    lines: Lines,
    trainable: Shapes,
    given: Shapes | None = None,
    indices: Mapping[str, int | str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Model:
    """A model; a size in a shape is a number, or a name from `sizes`."""

    def size(s: int | str) -> Size:
        return Size((sizes or {})[s], s) if isinstance(s, str) else Size(s)

    def shape(name: str, shapes: Shapes) -> Shape:
        return tuple(size(s) for s in shapes[name])

    givens = [Given(name, shape(name, given or {})) for name in given or {}]
    givens += [Given(name, shape(name, trainable), trainable=True) for name in trainable]
    givens += [Given(name, index=size(count)) for name, count in (indices or {}).items()]
    return Model(sizes or {}, tuple(givens), ()).extended((name, line, FORWARD) for name, line in lines.items())


def attention(n: int = 2, d: int = 2, d_k: int = 2, d_v: int = 2, v: int = 4) -> Model:
    """The forward pass of the lesson."""
    weights: Shapes = {"W_Q": ("d", "d_k"), "W_K": ("d", "d_k"), "W_V": ("d", "d_v"), "W_O": ("d_v", "v")}
    sizes = {"n": n, "d": d, "d_k": d_k, "d_v": d_v, "v": v}
    return model(ATTENTION, weights, {"X": ("n", "d"), "eta": ()}, {"target": "v"}, sizes)


def numbers(model: Model, seed: int = 0, batch: int = 1, low: float = 0.3, high: float = 1.7) -> dict[str, Array]:
    """Values for every given, batch last; whole numbers in range for the indices."""
    random = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for given in model.givens:
        if given.index is not None:
            found[given.name] = random.integers(0, int(given.index), batch)
        else:
            found[given.name] = random.uniform(low, high, (*map(int, given.shape), batch))
    return found


def central_differences(model: Model, loss: str, values: Mapping[str, Array], name: str, h: float = 1e-5) -> Array:
    """∂loss/∂name from two values of the loss an entry; every entry is one member of a batch."""
    base = values[name][..., 0]
    steps = h * np.eye(base.size).reshape(*base.shape, base.size)
    up, down = (
        work_lines(model.part(FORWARD), {**values, name: base[..., None] + s}, model.sizes)[loss]
        for s in (steps, -steps)
    )
    with np.errstate(invalid="ignore"):  # infinite both times: no derivative, and nan says so
        return np.asarray(((up - down) / (2 * h)).reshape(base.shape))


def assert_close(found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Agreement relative to the largest entry, so that an entry that cancels to nothing asks for nothing more."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    assert np.abs(found - expected).max(initial=0) <= tolerance * scale, f"{found}\n{expected}"


# One operation at a time, on every combination of small arguments that its shape rule accepts.

SIZES = {"n": 2, "m": 3}
SHAPES: tuple[tuple[int | str, ...], ...] = ((), (1, "m"), ("n", 1), ("n", "m"), ("m", "n"), ("m", "m"))
INDICES = {"k": "n"}
LITERALS: dict[Argument, tuple[Expression, ...]] = {
    INDEX: (number(0), number(-1), number(1), Name("k")),
    SIZE: (number(2), number(3), Name("n")),
    EXPONENT: (number(2), number(3), number(-1), number("0.5")),
}


@dataclass(frozen=True)
class Case:
    """An operation on arguments that fit: matrices A, B, … of some shapes, and literals."""

    operation: str
    shapes: tuple[tuple[int | str, ...] | None, ...]
    arguments: tuple[Expression, ...]

    def __str__(self) -> str:
        shapes = ["scalar" if s == () else "x".join(map(str, s)) for s in self.shapes if s is not None]
        literals = [str(getattr(a, "id", getattr(a, "value", ""))) for a in self.arguments if a not in MATRICES]
        return " ".join([self.operation, *shapes, *literals])

    @property
    def matrices(self) -> dict[str, tuple[int | str, ...]]:
        named = zip(self.arguments, self.shapes, strict=True)
        return {a.id: s for a, s in named if isinstance(a, Name) and s is not None}

    @property
    def model(self) -> Model:
        """`out` is the operation; the loss weighs its entries, so that none can hide."""
        rules = zip(self.arguments, OPERATIONS[self.operation].adjoint, strict=True)
        moving = {a.id for a, rule in rules if rule is not None and isinstance(a, Name)}
        trainable = {name: shape for name, shape in self.matrices.items() if name in moving}
        fixed = {name: shape for name, shape in self.matrices.items() if name not in moving}
        out = Apply(self.operation, self.arguments)
        shape = shape_of(out, model({}, trainable, fixed, INDICES, SIZES).scope)
        lines: Lines = {"out": out, "loss": "sum(out * weight)" if shape else "out * weight"}
        given: Shapes = {**fixed, "weight": tuple(s.name or int(s) for s in shape)}
        return model(lines, trainable, given, INDICES, SIZES)


MATRICES = (Name("A"), Name("B"), Name("C"))


def cases(operation: str) -> Iterator[Case]:
    """Every case of an operation, read from the table."""
    takes = OPERATIONS[operation].takes
    choices: list[Any] = [
        [(MATRICES[position], shape) for shape in SHAPES] if kind is MATRIX else [(a, None) for a in LITERALS[kind]]
        for position, kind in enumerate(takes)
    ]
    for chosen in product(*choices):
        case = Case(operation, tuple(s for _, s in chosen), tuple(a for a, _ in chosen))
        scope = model({}, {}, case.matrices, INDICES, SIZES).scope
        if fits(Apply(operation, case.arguments), scope):
            yield case


def fits(expression: Expression, scope: Scope) -> bool:
    try:
        shape_of(expression, scope)
    except ExpressionError:
        return False
    return True


# At random: models of a few lines, each of a few operations on what came before.


@st.composite
def grown(draw: st.DrawFn, scope: Scope, most: int = 3) -> Expression:
    """An expression of one to `most` operations of the table, on names of the scope, that fits."""
    pool: list[Expression] = [Name(name) for name in scope.shapes]
    pool.append(Number(draw(st.sampled_from([number(2), number("0.5"), number(3), number("-1.5")])).value))
    for _ in range(draw(st.integers(1, most))):
        fitting = _fitting(draw(st.sampled_from(sorted(OPERATIONS))), pool, scope)
        if fitting:
            pool.append(draw(st.sampled_from(fitting)))
    return pool[-1] if isinstance(pool[-1], Apply) else Apply("neg", (pool[0],))


def _fitting(operation: str, pool: list[Expression], scope: Scope) -> list[Expression]:
    takes = OPERATIONS[operation].takes
    choices = [pool if kind is MATRIX else list(LITERALS[kind]) for kind in takes]
    found = [Apply(operation, arguments) for arguments in product(*choices)]
    # A sign before a number belongs to the number.
    return [e for e in found if fits(e, scope) and not (operation == "neg" and isinstance(e.arguments[0], Number))]


@st.composite
def random_models(draw: st.DrawFn, most: int = 4) -> Model:
    """A forward pass of a few random lines that ends in a scalar called loss."""
    given: Shapes = {"A": ("n", "m"), "B": ("m", "n"), "r": (1, "m"), "c": ("n", 1), "s": ()}
    base = model({}, given, {"x": ("n", "m")}, INDICES, SIZES)
    for position in range(draw(st.integers(1, most))):
        base = base.extended([(f"L{position}", draw(grown(base.scope)), FORWARD)])
    last = base.lines[-1]
    ends = ["sum({0} * {0})", "mean({0})", "norm({0})", "sum({0}) / 3"] if last.shape else ["{0} * {0}", "-{0}"]
    if last.shape and last.shape[0] == 1:
        ends.append("cross_entropy(softmax({0}), 0)")
    base = base.extended([("loss", draw(st.sampled_from(ends)).format(last.name), FORWARD)])
    return with_trainables(base, [name for name in given if name in base.depends_on("loss")])


def with_trainables(model: Model, names: list[str]) -> Model:
    givens = tuple(Given(g.name, g.shape, g.index, g.name in names) for g in model.givens)
    return Model(model.sizes, givens, model.lines)
