"""Honest students, who work from the entries of a line, number by number, and know nothing of intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from hypothesis import assume
from small_models import SIZES, numbers

from backprop.entries import cells, entry_of
from backprop.evaluate import bounds
from backprop.expressions import Apply, Expression, Name, Number
from backprop.language import parse
from backprop.model import Line, Model
from backprop.rounding import Array, Interval, Rounding

Rounds = Callable[[float, int], float]


def half_even(x: float, decimals: int) -> float:
    return float(np.round(x, decimals))


def half_up(x: float, decimals: int) -> float:
    return math.copysign(math.floor(abs(x) * 10.0**decimals + 0.5 + 1e-7), x) / 10.0**decimals


def truncated(x: float, decimals: int) -> float:
    # 0.3 may be a float just below 0.3: nobody would cut that off to 0.2999.
    return math.copysign(math.floor(abs(x) * 10.0**decimals + 1e-7), x) / 10.0**decimals


@dataclass(frozen=True)
class Student:
    """How someone works: the rounding they use, whether inside a line too, whether the calculator keeps it all."""

    rounds: Rounds
    inside: bool = False
    keeps_all: bool = False


STUDENTS = {
    "half even": Student(half_even),
    "half up": Student(half_up),
    "truncates": Student(truncated),
    "full precision": Student(half_even, keeps_all=True),
    "full precision, truncates": Student(truncated, keeps_all=True),
    "rounds inside": Student(half_even, inside=True),
    "truncates inside": Student(truncated, inside=True),
}


@dataclass
class Work:
    """One student's sheet: the numbers that they go on with, and those that they hand in."""

    student: Student
    model: Model
    given: Mapping[str, Array]
    decimals: int
    own: dict[str, Array] = field(default_factory=dict)
    written: dict[str, Array] = field(default_factory=dict)

    def all_lines(self) -> Work:
        for line in self.model.lines:
            shape = tuple(map(int, line.shape))
            full = np.array([self.entry(line.expression, i, j) for i, j in cells(line.shape)]).reshape(shape)
            written = np.array([self.student.rounds(x, self.decimals) for x in full.flat]).reshape(shape)
            self.written[line.name] = written[..., None]
            self.own[line.name] = full[..., None] if self.student.keeps_all else written[..., None]
        return self

    def entry(self, expression: Expression, i: int, j: int) -> float:
        known = {n: int(self.given[n][0]) for n in self.model.scope.indices}
        return self.number(entry_of(expression, i, j, self.model.scope, known))

    def keep(self, x: float) -> float:
        return self.student.rounds(x, self.decimals) if self.student.inside else x

    def number(self, entry: Expression) -> float:
        """The value of an expression of scalars, worked operation by operation."""
        match entry:
            case Number(value):
                return float(value)
            case Name(id) if id in self.model.sizes:
                return float(self.model.sizes[id])
            case Name(id):
                return float(self.own.get(id, self.given.get(id))[0])  # type: ignore[index]
            case Apply("entry", (Name(id), Number(i), Number(j))):
                return float(self.own.get(id, self.given.get(id))[int(i), int(j), 0])  # type: ignore[index]
            case Apply(operation, arguments):
                return self.work(operation, *(self.number(a) for a in arguments))
        raise AssertionError(entry)

    def work(self, operation: str, a: float, b: float = 0.0) -> float:
        keep = self.keep
        match operation:
            case "neg":
                return -a
            case "relu":
                return max(a, 0.0)
            case "maximum":
                return max(a, b)
            case "step":
                return float(a > 0)
            case "delta":
                return float(a == b)
            case "**" if b < 0:
                return keep(1 / self.work("**", a, -b))
            case "**" if b == int(b):
                return a if b == 1 else keep(a * self.work("**", a, b - 1)) if b else 1.0
            case "sigmoid":
                return keep(1 / (1 + keep(math.exp(-a))))
            case "tanh":
                up, down = keep(math.exp(a)), keep(math.exp(-a))
                return keep((up - down) / (up + down))
        plain: dict[str, Callable[[], float]] = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
            "**": lambda: math.pow(a, b),
            "exp": lambda: math.exp(a),
            "log": lambda: math.log(a),
            "sqrt": lambda: math.sqrt(a),
        }
        return keep(plain[operation]())


def line_bounds(work: Work, line: Line, known: Mapping[str, Interval | Array]) -> Interval:
    return bounds(line.expression, known, work.model.sizes, Rounding(work.decimals))


def line_of(text: str, known: Mapping[str, Interval], decimals: int) -> Interval:
    """What may be written of a line."""
    rounding = Rounding(decimals)
    return rounding.kept(bounds(parse(text), known, SIZES, rounding))


def marked(work: Work) -> dict[str, Interval]:
    """The bounds of each line, worked from what this student wrote before it."""
    known: dict[str, Interval | Array] = {
        name: value if name in work.model.scope.indices else Interval.exact(value) for name, value in work.given.items()
    }
    found, rounding = {}, Rounding(work.decimals)
    for line in work.model.lines:
        exact = line_bounds(work, line, known)
        found[line.name] = rounding.kept(exact)
        known[line.name] = rounding.known(work.written[line.name], exact)
    return found


def inside(value: Array, allowed: Interval, decimals: int) -> bool:
    """Whether every entry is within its bounds; an end that is no number bounds nothing."""
    slack = 1e-6 * 10**-decimals + 1e-12 * np.abs(value)
    low = np.where(np.isfinite(allowed.low), allowed.low, -np.inf)
    high = np.where(np.isfinite(allowed.high), allowed.high, np.inf)
    return bool(((value >= low - slack) & (value <= high + slack)).all())


def decimal_numbers(whole: Model, seed: int, places: int = 1) -> dict[str, Array]:
    """Givens as a sheet prints them: one decimal, none of them zero."""
    drawn = numbers(whole, seed, low=-1, high=1)
    return {
        name: np.where(np.round(value, places) == 0, 10.0**-places, np.round(value, places))
        if name not in whole.scope.indices
        else value
        for name, value in drawn.items()
    }


def assert_honest(whole: Model, given: Mapping[str, Array], decimals: int, student: Student) -> None:
    try:
        work = Work(student, whole, given, decimals).all_lines()
    except (ValueError, ZeroDivisionError, OverflowError):  # this student's numbers have no logarithm, root, quotient
        assume(False)
    for name, allowed in marked(work).items():
        assert inside(work.written[name], allowed, decimals), (
            f"{name} = {whole.by_name[name].text}: {work.written[name].ravel()} is outside "
            f"{allowed.low.ravel()} … {allowed.high.ravel()}"
        )
