"""Students of any problem who work alone and go wrong in every way: slips, mistakes, misreading, guesses.

Each is a way to get from a sheet's numbers to what is written on it. None has seen another sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from backprop.expressions import Expression
from backprop.mistakes import mistakes
from backprop.model import Line, Model
from backprop.rounding import Array
from benchmarks.hands import ALL_HABITS, Hand, Numbers, work
from benchmarks.mistakes import MISTAKES
from course.records import ProblemRecord, SetRecord, SheetRecord
from worksheets.drawing import draw_class, keyed_random, plain_given
from worksheets.problem import everything_asked, load_problem

TOO_FAR = 1e5
"""Nobody writes on from numbers as large as this."""

SLIPS = [mistake.how for mistake in MISTAKES if mistake.slip]


@dataclass(frozen=True)
class Room:
    """A class: a bundled problem, everything asked, and the numbers that each student was given."""

    set: SetRecord
    given: tuple[Mapping[str, Any], ...]

    @staticmethod
    def of(name: str, decimals: int, size: int, seed: int, shared: bool = False) -> Room:
        """A class of so many; where it is `shared`, half of the givens are the same for everyone."""
        problem = load_problem(name)
        drawn = draw_class(problem, [keyed_random(b"copied", seed, i) for i in range(size)])
        given = plain_given(problem, drawn, range(size))
        same = [*given[0]][: len(given[0]) // 2] if shared else []
        return Room(everything_asked(problem, decimals), tuple(g | {n: given[0][n] for n in same} for g in given))

    @property
    def record(self) -> ProblemRecord:
        return self.set.problems[0]

    @cached_property
    def model(self) -> Model:
        return self.record.model()

    @cached_property
    def mistakes(self) -> Mapping[str, list[Expression]]:
        """What is worked by mistake in the place of each line."""
        return {line.name: [one.expression for one in mistakes(self.model, line)] for line in self.model.lines}

    @cached_property
    def sheets(self) -> dict[str, SheetRecord]:
        return {f"{i}": SheetRecord(f"{i}", f"s{i}", (dict(given),)) for i, given in enumerate(self.given)}

    def numbers(self, which: Numbers) -> dict[str, Numbers]:
        """The givens of some sheets, (sheets, rows, columns)."""
        found = {name: np.array([self.given[i][name] for i in which]) for name in self.given[0]}
        indices = self.model.scope.indices
        return {n: x if n in indices else x.reshape(len(which), *(x.shape[1:] or (1, 1))) for n, x in found.items()}


Changes = Callable[[Line, Numbers, dict[str, Numbers]], Numbers]
"""What goes wrong on a line: of what was worked, and of what it was worked from, to what is written."""


@dataclass(frozen=True)
class Alone:
    """Students of a class, who work on their own numbers; `hand` is how they round."""

    room: Room
    which: Numbers
    rng: np.random.Generator

    @property
    def decimals(self) -> int:
        return self.room.record.decimals

    @np.errstate(all="ignore")
    def written(self, changes: Changes | None = None, given: Mapping[str, Numbers] | None = None) -> dict[str, Numbers]:
        """What they write on each line; what goes wrong on a line is worked on from."""
        habit = self.rng.integers(len(ALL_HABITS), size=len(self.which))
        hand, known = Hand(self.room.record.sizes, self.decimals, habit, self.rng), given or self._given
        written: dict[str, Numbers] = {}
        held: dict[str, Numbers] = {}
        for line in self.room.model.lines:
            hand.turn()
            own = {name: hand.works_on_with(written[name], held[name]) for name in line.uses if name in written}
            values = {**known, **own}
            held[line.name] = work(hand, line.expression, values)
            written[line.name] = hand.write(held[line.name])
            if changes:
                changed = changes(line, written[line.name], values)
                fine = (np.abs(changed) < TOO_FAR).all(axis=(1, 2), keepdims=True)
                changed = np.where(fine, changed, written[line.name])
                held[line.name] = np.where(changed != written[line.name], changed, held[line.name])
                written[line.name] = changed
        return written

    @cached_property
    def _given(self) -> dict[str, Numbers]:
        return self.room.numbers(self.which)

    def some(self, share: float, shape: tuple[int, ...] = ()) -> Numbers:
        return self.rng.random((len(self.which), *(shape or (1, 1)))) < share

    def slips(self, share: float) -> Changes:
        """Slips of the pen on so many lines."""

        def slipped(line: Line, paper: Numbers, values: dict[str, Numbers]) -> Numbers:
            how = SLIPS[self.rng.integers(len(SLIPS))]
            earlier = [v for n, v in values.items() if np.ndim(v) == 3]
            try:
                wrong = how(paper, earlier, self.decimals, self.rng)
            except (ValueError, IndexError):
                return paper
            return np.where(self.some(share), wrong, paper) if wrong.shape == paper.shape else paper

        return slipped

    def typos(self, share: float) -> Changes:
        """One digit of a number mistyped, of so many numbers."""

        def typed(line: Line, paper: Numbers, values: dict[str, Numbers]) -> Numbers:
            place = 10.0 ** -self.rng.integers(0, self.decimals + 1, paper.shape)
            wrong = paper + place * self.rng.integers(-9, 10, paper.shape)
            return np.where(self.some(share, paper.shape[1:]), np.round(wrong, self.decimals), paper)

        return typed

    def known(self, share: float) -> Changes:
        """A known mistake on so many lines."""

        def mistaken(line: Line, paper: Numbers, values: dict[str, Numbers]) -> Numbers:
            found = self.room.mistakes[line.name]
            if not found:
                return paper
            hand = Hand(self.room.record.sizes, self.decimals, np.zeros(len(self.which), dtype=int), self.rng)
            hand.turn()
            everything = {**self._given, **values}
            try:
                wrong = hand.write(work(hand, found[self.rng.integers(len(found))], everything))
            except (KeyError, ValueError):  # worked from a line that this one isn't
                return paper
            wrong = np.broadcast_to(wrong, paper.shape)
            return np.where(self.some(share), wrong, paper)

        return mistaken

    def both(self) -> Changes:
        known, slips, typos = self.known(0.3), self.slips(0.2), self.typos(0.1)
        return lambda line, paper, values: typos(line, slips(line, known(line, paper, values), values), values)

    def misread(self, share: float) -> dict[str, Numbers]:
        """Givens of which so many numbers were copied wrongly: by a digit, a sign."""
        found = {}
        for name, value in self._given.items():
            if name in self.room.model.scope.indices:
                found[name] = value
                continue
            wrong = np.where(self.rng.random(value.shape) < 0.5, -value, value + self.rng.integers(-9, 10) / 10)
            found[name] = np.where(self.some(share, value.shape[1:]), np.round(wrong, 4), value)
        return found

    def exchanged(self) -> dict[str, Numbers]:
        """Givens of one shape taken for each other."""
        names = [n for n in self._given if n not in self.room.model.scope.indices]
        found = dict(self._given)
        for a, b in zip(names[::2], names[1::2], strict=False):
            if found[a].shape == found[b].shape:
                found[a], found[b] = found[b], found[a]
        return found

    def of_another_course(self) -> dict[str, Numbers]:
        """The sheet of last year, which is nobody's of this class."""
        room = Room.of(self.room.record.name, self.decimals, len(self.which), int(self.rng.integers(10**6)) + 10**6)
        return Alone(room, np.arange(len(self.which)), self.rng).written()


def guessed(student: Alone, shown: int, size: float) -> dict[str, Numbers]:
    """Random numbers of a size, with so many digits behind the point."""
    rng = student.rng
    return {n: np.round(rng.normal(0, size, w.shape), shown) for n, w in student.written().items()}


def everywhere(student: Alone) -> dict[str, Numbers]:
    """One number in every place: 0, 1, or the first that is right."""
    right = student.written()
    first = next(iter(right.values()))[:, :1, :1]
    number = np.where(student.some(0.5), student.rng.integers(0, 2), first)
    return {name: np.broadcast_to(number, w.shape) for name, w in right.items()}


def shuffled(student: Alone) -> dict[str, Numbers]:
    """One's own right numbers, in other places."""
    right = student.written()
    flat = np.concatenate([w.reshape(len(w), -1) for w in right.values()], axis=1)
    flat = student.rng.permuted(flat, axis=1)
    ends = np.cumsum([w[0].size for w in right.values()])
    return {
        name: flat[:, end - w[0].size : end].reshape(w.shape)
        for (name, w), end in zip(right.items(), ends, strict=True)
    }


def with_blanks(student: Alone, written: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """The same with half of the lines left out."""
    return {name: np.where(student.some(0.5), np.nan, w) for name, w in written.items()}


def fewer_digits(student: Alone, written: Mapping[str, Numbers]) -> dict[str, Numbers]:
    return {name: np.round(w, max(1, student.decimals - 2)) for name, w in written.items()}


WAYS: Mapping[str, Callable[[Alone], dict[str, Array]]] = {
    "nothing wrong": lambda s: s.written(),
    "slips on one line in ten": lambda s: s.written(s.slips(0.1)),
    "slips on half of the lines": lambda s: s.written(s.slips(0.5)),
    "one number in five mistyped": lambda s: s.written(s.typos(0.2)),
    "every number off by a digit": lambda s: s.written(s.typos(1.0)),
    "a known mistake on one line in ten": lambda s: s.written(s.known(0.1)),
    "known mistakes on half of the lines": lambda s: s.written(s.known(0.5)),
    "mistakes, slips and typos": lambda s: s.written(s.both()),
    "one given number in ten misread": lambda s: s.written(given=s.misread(0.1)),
    "half of the given numbers misread": lambda s: s.written(given=s.misread(0.5)),
    "given matrices taken for each other": lambda s: s.written(given=s.exchanged()),
    "the sheet of another course": lambda s: s.of_another_course(),
    "guesses below 1": lambda s: guessed(s, s.decimals, 0.5),
    "guesses of two digits": lambda s: guessed(s, 2, 1.0),
    "one number everywhere": everywhere,
    "right numbers in wrong places": shuffled,
    "half blank, with mistakes": lambda s: with_blanks(s, s.written(s.both())),
    "two decimals fewer": lambda s: fewer_digits(s, s.written()),
    "two decimals fewer, with mistakes": lambda s: fewer_digits(s, s.written(s.both())),
}
"""What students do who work alone, right or wrong."""
