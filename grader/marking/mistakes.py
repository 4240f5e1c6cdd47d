"""Naming mistakes: what a student did where a line is wrong, worked on that student's own earlier numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import bounds, evaluate
from backprop.expressions import names
from backprop.model import Line, Model
from backprop.notation import PLAIN, Printer, spoken
from backprop.rounding import Array, Interval, Rounding
from course.records import ProblemRecord
from grader.marking.marks import Mistake


def name_mistakes(
    problem: ProblemRecord, line: Line, own: Mapping[str, Any], wrote: Array, allowed: Interval
) -> list[Mistake | None]:
    """For each student of a batch, the known mistake that gives exactly what was written, or None.

    `own` are the intervals of the numbers that the line is worked from, `wrote` what was written: `(rows, columns,
    batch)`, with nan where nothing was; `allowed` is what would be right. Where mistakes of two kinds give the same
    numbers, the sentence says both.
    """
    model, rounding, blank = problem.model(), Rounding(problem.decimals), np.isnan(wrote)
    close: list[list[known.Mistake]] = [[] for _ in range(wrote.shape[-1])]
    numbers = {name: (x.low + x.high) / 2 if isinstance(x, Interval) else x for name, x in own.items()}
    candidates, apart = _known(model, line), []
    with np.errstate(invalid="ignore", over="ignore"):
        for candidate in candidates:
            apart.append(np.abs(wrote - _whole(evaluate(candidate.expression, numbers, model.sizes), wrote)))
            found = (blank | (apart[-1] <= 1.01 * rounding.unit)).all(axis=(0, 1)) & ~blank.all(axis=(0, 1))
            for member in np.flatnonzero(found):
                close[member].append(candidate)
        # Who wrote none of these very numbers may have rounded on the way: that takes bounds, which take longer.
        rest = np.flatnonzero([not mistakes for mistakes in close])
        ends = [{n: getattr(x, end, x) for n, x in _part(own, rest).items()} for end in ("low", "high")]
        least = 10 * rounding.unit + 4 * (allowed.high - allowed.low)[..., rest]
        wrote, blank = wrote[..., rest], blank[..., rest]
        for candidate, distance in zip(candidates, apart, strict=True):
            if not rest.size:
                break
            low, high = (_whole(evaluate(candidate.expression, end, model.sizes), wrote) for end in ends)
            far = distance[..., rest] > least + 10 * np.abs(high - low)
            near = np.flatnonzero(~far.any(axis=(0, 1)) & ~blank.all(axis=(0, 1)))
            if not near.size:
                continue
            within = _within(candidate, model, _part(own, rest[near]), wrote[..., near], rounding)
            for member in rest[near[within]]:
                close[member].append(candidate)
    return [_said(problem, tuple(_one_a_kind(mistakes))) for mistakes in close]


@lru_cache(maxsize=10_000)
def _said(problem: ProblemRecord, mistakes: tuple[known.Mistake, ...]) -> Mistake | None:
    """A class makes the same few mistakes, so each is put into words once."""
    return sentence(mistakes, printer_of(problem))


def _within(candidate: known.Mistake, model: Model, own: Mapping[str, Any], wrote: Array, rounding: Rounding) -> Array:
    """For each student, whether rounding on the way of a mistake can give what was written."""
    found = rounding.kept(bounds(candidate.expression, own, model.sizes, rounding))
    allowed = Interval(_whole(found.low, wrote), _whole(found.high, wrote))
    finite = np.isfinite(allowed.low) & np.isfinite(allowed.high)
    return np.asarray(((finite & rounding.holds(allowed, wrote)) | np.isnan(wrote)).all(axis=(0, 1)))


def _part(own: Mapping[str, Any], members: Array) -> dict[str, Any]:
    return {name: part_of(x, members) for name, x in own.items()}


def part_of(x: Any, members: Array) -> Any:
    """The intervals or values of some students."""
    return Interval(x.low[..., members], x.high[..., members]) if isinstance(x, Interval) else x[..., members]


def _one_a_kind(mistakes: Sequence[known.Mistake]) -> list[known.Mistake]:
    by_kind: dict[str, known.Mistake] = {}
    for mistake in mistakes:
        by_kind.setdefault(mistake.kind, mistake)
    return list(by_kind.values())


@lru_cache(maxsize=512)
def may_use(model: Model, line: Line) -> tuple[str, ...]:
    """The lines and givens that the known mistakes on a line are worked from."""
    every = {name for mistake in _known(model, line) for name in names(mistake.expression)}
    return tuple(sorted(every - set(model.sizes)))


@lru_cache(maxsize=512)
def _known(model: Model, line: Line) -> list[known.Mistake]:
    """The known mistakes on a line, found once for a model."""
    return known.mistakes(model, line)


@lru_cache(maxsize=512)
def printer_of(problem: ProblemRecord) -> Printer:
    """What prints a problem's formulas in a sentence for its students."""
    return Printer.of(problem.model(), PLAIN, problem.loss)


def _whole(value: Array, wrote: Array) -> Array:
    return np.broadcast_to(value if value.ndim > 1 else value[None, None], wrote.shape)


def sentence(explanations: Sequence[known.Mistake], printer: Printer) -> Mistake | None:
    """A mistake as it is said to a student; of two kinds that give the same numbers, both."""
    if not explanations:
        return None
    first, *others = explanations
    says = spoken(first.says, printer)
    if not first.says.startswith("{"):  # a symbol stays as it is
        says = says[0].upper() + says[1:]
    for other in others[:1]:
        says += f"; or {spoken(other.says, printer)}: your numbers fit both"
    return Mistake(first.kind, f"{says}.")
