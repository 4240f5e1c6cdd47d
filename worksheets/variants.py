"""Drawing numbers: each student's own, from a keyed hash, fit to be worked by hand."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backprop.evaluate import batched, evaluate, work_lines
from backprop.expressions import walk
from backprop.intervals import Array
from backprop.model import Model
from backprop.operations import OPERATIONS
from backprop.records import ProblemRecord
from worksheets.authoring import AuthoringError
from worksheets.problem import Draw, GivenSource, Problem

MOST_TRIES = 400


@dataclass(frozen=True)
class Drawn:
    """Numbers that were drawn, and how many draws were rejected before them, by the reason."""

    given: Mapping[str, Any]
    rejected: Counter[str] = field(default_factory=Counter)


def keyed_random(secret: bytes, *message: str | int) -> np.random.Generator:
    """Random numbers that nobody can foresee who does not know the secret."""
    digest = hmac.new(secret, "\x1f".join(map(str, message)).encode(), hashlib.sha256).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def draw_variant(problem: Problem, record: ProblemRecord, secret: bytes, *who: str | int) -> Drawn:
    """The numbers of one sheet: drawn until they are fit to be worked by hand.

    Raises AuthoringError, with the condition that fails most and its line, where none of many draws is fit.
    """
    rejected: Counter[str] = Counter()
    free = any(g.fixed is None for g in problem.givens.values())
    for attempt in range(MOST_TRIES):
        given = draw_given(problem, keyed_random(secret, *who, attempt))
        reasons = list(unfit(record, given)) if free else []
        if not reasons:
            return Drawn(given, rejected)
        rejected.update(reasons[:1])
    worst = "; ".join(f"{count} times {reason}" for reason, count in rejected.most_common(3))
    raise AuthoringError(f"{problem.where}: none of {MOST_TRIES} draws is fit to be worked by hand: {worst}")


def draw_given(problem: Problem, rng: np.random.Generator) -> dict[str, Any]:
    """Numbers for every given: those fixed by the problem, and one draw of the rest."""
    return {name: _draw(problem, g, rng) for name, g in problem.givens.items()}


def _draw(problem: Problem, g: GivenSource, rng: np.random.Generator) -> Any:
    if g.index is not None:
        count = problem.sizes[g.index] if isinstance(g.index, str) else g.index
        return int(rng.integers(count)) if g.value is None else int(g.value)
    if g.fixed is not None:
        return g.fixed
    shape = tuple(problem.sizes[s] if isinstance(s, str) else s for s in g.shape)
    draw = g.draw or Draw()
    steps = draw.choices(*(draw.range or _usual_range(g, shape)))
    numbers = rng.choice(steps, size=shape) / 10**draw.places
    return numbers.tolist() if shape else float(numbers)


def _usual_range(g: GivenSource, shape: tuple[int, ...]) -> tuple[float, float]:
    """Inputs within ±2 where a row is short, else ±1, and weights within ±1: these keep softmax off its ends."""
    reach = 2 if not g.trainable and shape and shape[1] <= 2 else 1
    return -reach, reach


def unfit(record: ProblemRecord, given: Mapping[str, Any]) -> Iterator[str]:
    """What makes these numbers unfit to be worked by hand, one reason after the other."""
    model = record.model()
    worked = work_lines(model.lines, batched(given), model.sizes)
    for line in record.lines:
        value = worked[line.name]
        if not np.isfinite(value).all():
            yield f"{line.name} is not defined"
            return
    yield from _saturated(model, worked)
    for line in record.lines:
        if not line.asked:
            continue
        entries = np.abs(np.asarray(worked[line.name], dtype=float))[..., 0].reshape(line.shape or (1, 1)).copy()
        for i, j in line.always_zero:
            entries[i, j] = 1
        if ((entries > 1e-12) & (entries < 0.5 * 10.0**-record.decimals)).any():
            yield f"an entry of {line.name} rounds to 0"


def _saturated(model: Model, worked: Mapping[str, Array]) -> Iterator[str]:
    """Lines in which an operation is so near its end that nothing is left to be seen."""
    for line in model.lines:
        for node in walk(line.expression):
            limits = OPERATIONS[node.operation].open_range if hasattr(node, "operation") else None
            if limits is not None:
                value = evaluate(node, worked, model.sizes)
                if not ((value > limits[0]) & (value < limits[1])).all():
                    yield f"{line.name} is saturated (an entry outside {limits[0]} to {limits[1]})"
                    break
