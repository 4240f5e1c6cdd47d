"""Drawing numbers: each student's own, from a keyed hash, fit to be worked by hand and hiding no mistake."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from typing import Any

import numpy as np

from backprop.evaluate import evaluate, work_lines
from backprop.expressions import Apply, Expression, walk
from backprop.model import ONEHOT, Model
from backprop.operations import OPERATIONS
from backprop.rounding import Array
from backprop.visibility import Hiding, MistakeVisibility
from course.records import ProblemRecord
from worksheets.authored import AuthoredProblem
from worksheets.authoring import AuthoringError
from worksheets.given import Draw, GivenSource

MOST_TRIES = 400
SAMPLE = 200
"""Draws from which it is learnt which mistakes these numbers can show at all."""
SELDOM = 0.05
"""A mistake that fewer than this share of fit draws shows is listed by `check`, and not waited for."""


@dataclass(frozen=True)
class Drawn:
    """Numbers that were drawn, and how many draws were rejected before them, by the reason."""

    given: Mapping[str, Any]
    rejected: Counter[str] = field(default_factory=Counter)


def keyed_random(secret: bytes, *message: str | int) -> np.random.Generator:
    """Random numbers that nobody can foresee who does not know the secret."""
    digest = hmac.new(secret, "\x1f".join(map(str, message)).encode(), hashlib.sha256).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def draw_given(problem: AuthoredProblem, rng: np.random.Generator) -> dict[str, Any]:
    """Numbers for every given: those fixed by the problem, and one draw of the rest."""
    return {name: _draw(problem, g, rng) for name, g in problem.givens.items()}


def _draw(problem: AuthoredProblem, g: GivenSource, rng: np.random.Generator) -> Any:
    if g.index is not None:
        count = problem.sizes[g.index] if isinstance(g.index, str) else g.index
        return int(rng.integers(count)) if g.value is None else int(g.value)
    if g.fixed is not None:
        return g.fixed
    shape = tuple(problem.sizes[s] if isinstance(s, str) else s for s in g.shape)
    if g.rows is not None:
        return _rows_of_one(g.rows, shape, rng).tolist()
    draw = g.draw or Draw()
    steps = draw.choices(*(draw.range or _usual_range(g, shape)))
    numbers = _evenly(steps, shape, rng) / 10**draw.places
    return numbers.tolist() if shape else float(numbers)


def _rows_of_one(rows: str, shape: Sequence[int], rng: np.random.Generator) -> Array:
    """A matrix whose rows add up to 1: one-hot, rows unlike while there are enough, or shares of one decimal or two."""
    count, columns = shape
    if rows == ONEHOT:
        turns = np.concatenate([rng.permutation(columns) for _ in range(-(-count // columns))])
        return np.asarray(np.eye(columns)[turns[:count]])
    parts = 10 if columns <= 5 else 100
    cuts = [np.sort(rng.choice(parts - 1, columns - 1, replace=False)) + 1 for _ in range(count)]
    return np.asarray([np.diff(c, prepend=0, append=parts) for c in cuts]) / parts


def _evenly(steps: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Numbers from all parts of a range alike, half of them negative where it is even on both sides of zero.

    So each student has as many large numbers and as many signs to mind as any other.
    """
    count = int(np.prod(shape))
    even = np.array_equal(np.sort(-steps), np.sort(steps))
    sizes = np.sort(steps[steps >= 0] if even else steps)
    places = ((rng.permutation(count) + rng.random(count)) * len(sizes) / count).astype(int)
    signs = np.where(np.arange(count) < (count + int(rng.integers(2))) // 2, -1, 1) if even else np.ones(count)
    return np.asarray((sizes[places] * rng.permutation(signs)).reshape(shape))


def _usual_range(g: GivenSource, shape: tuple[int, ...]) -> tuple[float, float]:
    """Inputs within ±2 where a row is short, else ±1, and weights within ±1: these keep softmax off its ends."""
    reach = 2 if not g.trainable and shape and shape[1] <= 2 else 1
    return -reach, reach


class VariantChecker:
    """What numbers of one problem must hold to; draws of a whole class are judged in one pass."""

    def __init__(self, problem: AuthoredProblem, record: ProblemRecord) -> None:
        self.problem, self.record = problem, record
        self.model: Model = record.model()
        self.free = any(g.fixed is None for g in problem.givens.values())

    @cached_property
    def visibility(self) -> MistakeVisibility:
        return MistakeVisibility(
            self.model, {line.name for line in self.record.lines if line.asked}, self.record.decimals
        )

    @cached_property
    def _sampled(self) -> list[tuple[Hiding, bool]]:
        """Every known mistake, with whether these numbers show it often enough to be waited for."""
        drawn = [draw_given(self.problem, keyed_random(b"sample", i)) for i in range(SAMPLE if self.free else 1)]
        worked = self._worked(drawn)
        fit = np.array([not reason for reason in self._unfit(worked, len(drawn))])
        fit = fit if fit.any() else np.ones(len(drawn), dtype=bool)
        return [(h, bool((~h.hidden[fit]).mean() >= SELDOM)) for h in self.visibility.over(worked)]

    @cached_property
    def never_seen(self) -> tuple[Hiding, ...]:
        """The mistakes that numbers of these shapes and kinds hide on nearly every sheet."""
        return tuple(hiding for hiding, seen in self._sampled if not seen)

    def draw(self, secret: bytes, students: Sequence[Sequence[str | int]]) -> list[Drawn]:
        """Numbers for each of many students, every one drawn anew until theirs are fit.

        Raises AuthoringError, with the conditions that fail most and their lines, where none of many draws is fit.
        """
        rejected = [Counter[str]() for _ in students]
        found: dict[int, Drawn] = {}
        for attempt in range(MOST_TRIES):
            waiting = [i for i in range(len(students)) if i not in found]
            if not waiting:
                break
            drawn = [draw_given(self.problem, keyed_random(secret, *students[i], attempt)) for i in waiting]
            for i, given, reason in zip(waiting, drawn, self.reasons(drawn), strict=True):
                if reason:
                    rejected[i][reason] += 1
                else:
                    found[i] = Drawn(given, rejected[i])
        for i in range(len(students)):
            if i not in found:
                worst = "; ".join(f"{count} times {reason}" for reason, count in rejected[i].most_common(3))
                raise AuthoringError(
                    f"{self.problem.where}: none of {MOST_TRIES} draws is fit to be worked by hand: {worst}"
                )
        return [found[i] for i in range(len(students))]

    def reasons(self, drawn: Sequence[Mapping[str, Any]]) -> list[str]:
        """For each draw the first reason why it is unfit, or ""; what is fixed for everyone is fit."""
        if not self.free:
            return [""] * len(drawn)
        worked = self._worked(drawn)
        found = self._unfit(worked, len(drawn))
        waited_for = {(h.line, h.mistake.expression) for h, seen in self._sampled if seen}
        if not all(found):
            for hiding in self.visibility.over(worked):
                if (hiding.line, hiding.mistake.expression) in waited_for:
                    for i in np.flatnonzero(hiding.hidden):
                        found[i] = found[i] or f"a mistake on {hiding.line} cannot be seen ({hiding.mistake.kind})"
        return found

    def _worked(self, drawn: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
        stacked = {name: np.stack([np.asarray(given[name]) for given in drawn], axis=-1) for name in drawn[0]}
        return work_lines(self.model.lines, stacked, self.model.sizes)

    def _unfit(self, worked: Mapping[str, Array], batch: int) -> list[str]:
        """For each draw the first reason why its numbers cannot be worked by hand, or ""."""
        found = [""] * batch

        def reject(where: Any, reason: str) -> None:
            for i in np.flatnonzero(np.broadcast_to(where, (batch,))):
                found[i] = found[i] or reason

        for line in self.record.lines:
            value = self._entries(worked[line.name], line.shape)
            reject(~np.isfinite(value).all(axis=(0, 1)), f"{line.name} is not defined")
        for name, value, (low, high) in self._open(worked):
            outside = ~((value > low) & (value < high)).all(axis=0)
            reject(outside, f"{name} is saturated (an entry outside {low} to {high})")
        for name, argument in self._jumping:
            near = np.abs(evaluate(argument, worked, self.model.sizes)) < 10.0**-self.record.decimals
            reject(
                near.reshape(-1, near.shape[-1]).any(axis=0), f"{name} hangs on the sign of a number that is nearly 0"
            )
        for line in self.record.lines:
            if line.asked:
                size = np.abs(self._entries(worked[line.name], line.shape)).copy()
                for i, j in line.always_zero:
                    size[i, j] = 1
                lost = ((size > 1e-12) & (size < 0.5 * 10.0**-self.record.decimals)).any(axis=(0, 1))
                reject(lost, f"an entry of {line.name} rounds to 0")
        return found

    @cached_property
    def _jumping(self) -> list[tuple[str, Expression]]:
        """What decides by its sign, and in which lines."""
        return [
            (line.name, reduce(lambda a, b: a - b, node.arguments))
            for line in self.model.lines
            for node in walk(line.expression)
            if isinstance(node, Apply) and OPERATIONS[node.operation].jumps
        ]

    def _entries(self, value: Array, shape: Sequence[int]) -> Array:
        return value.reshape(*(shape or (1, 1)), -1)

    def _open(self, worked: Mapping[str, Array]) -> list[tuple[str, Array, tuple[float, float]]]:
        """The entries that must not come near an end of their range, where nothing is left to be seen."""
        found = []
        for line in self.model.lines:
            for node in walk(line.expression):
                operation = OPERATIONS[node.operation] if isinstance(node, Apply) else None
                if operation is not None and operation.open_range is not None:
                    value = evaluate(node, worked, self.model.sizes)
                    places = [(i, j) for i, j in np.ndindex(value.shape[:2]) if operation.open_at(i, j)]
                    if places:
                        found.append((line.name, np.stack([value[place] for place in places]), operation.open_range))
        return found


@lru_cache(maxsize=512)
def variant_checker(problem: AuthoredProblem, record: ProblemRecord) -> VariantChecker:
    """What checks a problem's draws, the same for sheet after sheet."""
    return VariantChecker(problem, record)


def draw_variant(problem: AuthoredProblem, record: ProblemRecord, secret: bytes, *who: str | int) -> Drawn:
    """The numbers of one sheet. Raises AuthoringError where none of many draws is fit."""
    return variant_checker(problem, record).draw(secret, [who])[0]
