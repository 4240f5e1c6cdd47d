"""Variants: numbers of each student's own, fit to be worked by hand and hiding no mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from typing import Any

import numpy as np

from backprop.evaluate import evaluate, work_lines
from backprop.expressions import Apply, Expression, walk
from backprop.mistakes import Mistake
from backprop.model import Model
from backprop.operations import OPERATIONS
from backprop.rounding import Array
from backprop.visibility import MistakeVisibility
from course.records import ProblemRecord
from worksheets import cache
from worksheets.authored import AuthoredProblem
from worksheets.authoring import AuthoringError
from worksheets.drawing import draw_class, keyed_random, plain_given, stacked
from worksheets.effort import bounded

MOST_TRIES = 400
AT_ONCE, MOST_AHEAD = 1024, 32
"""Draws that are judged in one pass, and how many of them are one student's."""
SAMPLE = 200
"""Draws from which it is learnt which mistakes these numbers can show at all."""
SECONDS, SECONDS_EACH = 10.0, 0.05
"""Of the processor, for drawing for a class: a small problem takes milliseconds."""
SELDOM = 0.05
"""A mistake that fewer than this share of fit draws shows is listed by `check`, and not waited for."""


@dataclass(frozen=True)
class Drawn:
    """Numbers that were drawn, and how many draws were rejected before them, by the reason."""

    given: Mapping[str, Any]
    rejected: Counter[str] = field(default_factory=Counter)


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
    def _seldom_seen(self) -> frozenset[int]:
        """The known mistakes, by their place, that too few draws show for them to be waited for."""
        content = self.record, self.problem.givens
        places = cache.load("mistakes", content, list[int])
        if places is None:
            places = self._sample()
            cache.save("mistakes", content, places)
        return frozenset(places)

    def _sample(self) -> list[int]:
        sample = [keyed_random(b"sample", i) for i in range(SAMPLE if self.free else 1)]
        worked = work_lines(self.model.lines, draw_class(self.problem, sample), self.model.sizes)
        fit = np.array([not reason for reason in self._unfit(worked, len(sample))])
        fit = fit if fit.any() else np.ones(len(sample), dtype=bool)
        seen = ((~hiding.hidden[fit]).mean() for hiding in self.visibility.over(worked))
        return [place for place, share in enumerate(seen) if share < SELDOM]

    @cached_property
    def never_seen(self) -> tuple[tuple[str, Mistake], ...]:
        """The mistakes, with their lines, that numbers of these shapes and kinds hide on nearly every sheet."""
        known = [(line, mistake) for line, mistakes in self.visibility.known.items() for mistake in mistakes]
        return tuple(known[place] for place in sorted(self._seldom_seen))

    def draw(self, secret: bytes, students: Sequence[Sequence[str | int]]) -> list[Drawn]:
        """Numbers for each of many students, every one drawn anew until theirs are fit.

        Raises AuthoringError, with the conditions that fail most and their lines, where none of many draws is fit, or
        where drawing takes too long.
        """
        seconds = SECONDS + SECONDS_EACH * len(students)
        with bounded(self.problem.where, "drawing numbers that are fit", seconds), np.errstate(all="ignore"):
            return self._draw(secret, students)

    def _draw(self, secret: bytes, students: Sequence[Sequence[str | int]]) -> list[Drawn]:
        rejected = [Counter[str]() for _ in students]
        found: dict[int, Drawn] = {}
        tried, waiting = 0, list(range(len(students)))
        while waiting and tried < MOST_TRIES:
            # Where few are waiting, each is drawn several times ahead: judging many costs little more than judging one.
            ahead = min(MOST_TRIES - tried, max(1, min(MOST_AHEAD, AT_ONCE // len(waiting))))
            turns = [(i, attempt) for i in waiting for attempt in range(tried, tried + ahead)]
            drawn = draw_class(self.problem, [keyed_random(secret, *students[i], attempt) for i, attempt in turns])
            fit: dict[int, int] = {}
            for place, ((i, _), reason) in enumerate(zip(turns, self._reasons(drawn, len(turns)), strict=True)):
                if i not in fit:
                    if reason:
                        rejected[i][reason] += 1
                    else:
                        fit[i] = place
            if not fit and len(waiting) > 1:
                self.draw(secret, [students[waiting[0]]])  # raises where one student's draws say that none is ever fit
            given = plain_given(self.problem, drawn, fit.values())
            found |= {i: Drawn(numbers, rejected[i]) for i, numbers in zip(fit, given, strict=True)}
            tried, waiting = tried + ahead, [i for i in waiting if i not in fit]
        for i in waiting:
            worst = "; ".join(f"{count} times {reason}" for reason, count in rejected[i].most_common(3))
            raise AuthoringError(
                f"{self.problem.where}: none of {MOST_TRIES} draws is fit to be worked by hand: {worst}"
            )
        return [found[i] for i in range(len(students))]

    def reasons(self, drawn: Sequence[Mapping[str, Any]]) -> list[str]:
        """For each draw the first reason why it is unfit, or ""; what is fixed for everyone is fit."""
        return self._reasons(stacked(drawn), len(drawn))

    def _reasons(self, drawn: Mapping[str, Array], batch: int) -> list[str]:
        if not self.free:
            return [""] * batch
        worked = work_lines(self.model.lines, drawn, self.model.sizes)
        found = self._unfit(worked, batch)
        rest = np.flatnonzero([not reason for reason in found])
        if rest.size:
            # `take` leaves a student beside the next in memory, where an index does not: what follows is twice as fast.
            of_rest = {name: np.take(v, rest, axis=-1) if v.shape[-1] > 1 else v for name, v in worked.items()}
            for place, hiding in enumerate(self.visibility.over(of_rest)):
                if place not in self._seldom_seen:
                    for i in rest[hiding.hidden]:
                        found[i] = found[i] or f"a mistake on {hiding.line} cannot be seen ({hiding.mistake.kind})"
        return found

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


def public_given(problem: AuthoredProblem, record: ProblemRecord, use: str, number: int) -> dict[str, Any]:
    """Numbers that are nobody's, the same for everyone who asks for them, and so kept between runs."""
    content = record, problem.givens, number
    given = cache.load(use, content, dict[str, Any])
    if given is None:
        given = dict(draw_variant(problem, record, use.encode(), number).given)
        cache.save(use, content, given)
    return given
