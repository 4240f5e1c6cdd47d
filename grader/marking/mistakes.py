"""Naming mistakes: what a student did where a line is wrong, worked on that student's own earlier numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import bounds, evaluate
from backprop.model import Line, Model
from backprop.notation import PLAIN, Printer, spoken
from backprop.rounding import Array, Interval, Rounding
from course.records import ProblemRecord
from grader.marking.marks import Mistake


def name_mistakes(
    model: Model, line: Line, own: Mapping[str, Any], wrote: Array, decimals: int, loss: str | None
) -> list[Mistake | None]:
    """For each student of a batch, the known mistake that gives exactly what was written, or None.

    `own` are the intervals of the numbers that the line is worked from, `wrote` what was written: `(rows, columns,
    batch)`, with nan where nothing was. Where mistakes of two kinds give the same numbers, the sentence says both.
    """
    found: list[list[tuple[bool, known.Mistake]]] = [[] for _ in range(wrote.shape[-1])]
    rounding, blank = Rounding(decimals), np.isnan(wrote)
    unit = rounding.unit
    numbers = {name: (x.low + x.high) / 2 if isinstance(x, Interval) else x for name, x in own.items()}
    for candidate in _known(model, line):
        allowed = _full(rounding.kept(bounds(candidate.expression, own, model.sizes, rounding)), wrote)
        with np.errstate(invalid="ignore", over="ignore"):
            finite = np.isfinite(allowed.low) & np.isfinite(allowed.high)
            inside = finite & (wrote >= allowed.low - 1e-6 * unit) & (wrote <= allowed.high + 1e-6 * unit)
            exact = _whole(evaluate(candidate.expression, numbers, model.sizes), wrote)
            close = np.abs(wrote - exact) <= 1.01 * unit
            members = np.flatnonzero((inside | close | blank).all(axis=(0, 1)) & ~blank.all(axis=(0, 1)))
            further = ~(close | blank).all(axis=(0, 1))
        for member in members:
            found[member].append((bool(further[member]), candidate))
    printer = Printer.of(model, PLAIN, loss)
    return [sentence(_likeliest(explanations), printer) for explanations in found]


def _likeliest(explanations: list[tuple[bool, known.Mistake]]) -> list[known.Mistake]:
    """One mistake a kind; where some give the very numbers, those that are only within rounding of them are dropped."""
    nearest = min((further for further, _ in explanations), default=False)
    by_kind: dict[str, known.Mistake] = {}
    for further, mistake in explanations:
        if further == nearest:
            by_kind.setdefault(mistake.kind, mistake)
    return list(by_kind.values())


@lru_cache(maxsize=512)
def _known(model: Model, line: Line) -> list[known.Mistake]:
    """The known mistakes on a line, found once for a model."""
    return known.mistakes(model, line)


def printer_of(problem: ProblemRecord) -> Printer:
    """What prints a problem's formulas in a sentence for its students."""
    return Printer.of(problem.model(), PLAIN, problem.loss)


def _full(found: Interval, wrote: Array) -> Interval:
    return Interval(_whole(found.low, wrote), _whole(found.high, wrote))


def _whole(value: Array, wrote: Array) -> Array:
    return np.broadcast_to(value if value.ndim > 1 else value[None, None], wrote.shape)


def sentence(explanations: list[known.Mistake], printer: Printer) -> Mistake | None:
    """A mistake as it is said to a student; of two kinds that give the same numbers, both."""
    if not explanations:
        return None
    first, *others = explanations
    says = spoken(first.says, printer)
    if not first.says.startswith("{"):  # a symbol stays as it is
        says = says[0].upper() + says[1:]
    for other in others[:1]:
        says += f"; or {spoken(other.says, printer)}: these numbers cannot tell which"
    return Mistake(first.kind, f"{says}.")
