"""Naming mistakes: what a student did where a line is wrong, worked on that student's own earlier numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from backprop import mistakes as known
from backprop.evaluate import bounds
from backprop.intervals import Array, Interval, Keep
from backprop.language import parse
from backprop.model import Line, Model
from backprop.notation import PLAIN, Printer
from grader.marks import Mistake


def name_mistakes(
    model: Model, line: Line, own: Mapping[str, Any], wrote: Array, decimals: int, loss: str | None
) -> list[Mistake | None]:
    """For each student of a batch, the known mistake that gives exactly what was written, or None.

    `own` are the numbers that the line is worked from, `wrote` what was written: `(rows, columns, batch)`, with nan
    where nothing was. Where mistakes of two kinds give the same numbers, the sentence says both.
    """
    found: list[list[known.Mistake]] = [[] for _ in range(wrote.shape[-1])]
    unit = Keep(decimals).unit
    blank = np.isnan(wrote)
    for candidate in _known(model, line):
        allowed = _full(bounds(candidate.expression, own, model.sizes, decimals), wrote)
        with np.errstate(invalid="ignore"):
            finite = np.isfinite(allowed.low) & np.isfinite(allowed.high)
            inside = finite & (wrote >= allowed.low - 1e-6 * unit) & (wrote <= allowed.high + 1e-6 * unit)
        for member in np.flatnonzero((inside | blank).all(axis=(0, 1)) & ~blank.all(axis=(0, 1))):
            if candidate.kind not in {other.kind for other in found[member]}:
                found[member].append(candidate)
    printer = Printer.of(model, PLAIN, loss)
    return [_said(explanations, printer) for explanations in found]


_KEPT: dict[tuple[int, str], tuple[Model, list[known.Mistake]]] = {}


def _known(model: Model, line: Line) -> list[known.Mistake]:
    """The known mistakes on a line, found once for a model."""
    key = (id(model), line.name)
    if key not in _KEPT or _KEPT[key][0] is not model:
        _KEPT[key] = model, known.mistakes(model, line)
    return _KEPT[key][1]


def _full(found: Interval, wrote: Array) -> Interval:
    low, high = (end if end.ndim > 1 else end[None, None] for end in (found.low, found.high))
    return Interval(np.broadcast_to(low, wrote.shape), np.broadcast_to(high, wrote.shape))


def _said(explanations: list[known.Mistake], printer: Printer) -> Mistake | None:
    if not explanations:
        return None
    first, *others = explanations
    says = spoken(first.says, printer)
    for other in others[:1]:
        says += f"; or {spoken(other.says, printer)}: these numbers cannot tell which"
    return Mistake(first.kind, says[0].upper() + says[1:] + ".")


def spoken(says: str, printer: Printer) -> str:
    """A sentence with the formulas in its braces as a student reads them."""
    return re.sub(r"\{([^{}]*)\}", lambda found: printer.expression(parse(found[1])), says)
