"""Is the marking fair and strict on every bundled problem? Honest sheets, and how much an entry accepts beyond them.

**Fair**: no entry of an honest sheet is marked wrong.

**Tight**: take one student's sheet, with the numbers written on it. For each entry, *accepted* is the number of values in
the last place that the marker takes as right there, for the written earlier numbers. *Reached* is the number of those
values that honest hands write there, who have the same written earlier numbers: each number that they work on with is
the written one, or any that honest work holds behind it (as far up or down as that goes, too), and within the line
they round, truncate or keep each number in any way. The tightness of an entry is accepted ÷ (reached + 1): below 1
where the bounds take at most one value that nobody reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from backprop.model import Model
from benchmarks.hands import ALL_HABITS, ANY, FAR, Hand, Numbers, exact_hand, work
from benchmarks.students import CUT, EVEN, MIXED, UP, rounded
from course.records import ProblemRecord
from grader.marking import LineVerdicts, mark_problem
from worksheets import load_problem
from worksheets.problem import bundled_problems
from worksheets.sheet import single_sheet
from worksheets.variants import Vetting

PROBLEMS = tuple(bundled_problems())
DRAWN = 60
"""Variants drawn of a problem; the sheets are dealt from them."""
MOST_EXAMPLES = 20
WAYS = (EVEN, UP, CUT)


@dataclass(frozen=True)
class Deck:
    """A bundled problem at so many decimals, everything asked, and variants drawn as `generate` draws them."""

    record: ProblemRecord
    pool: tuple[Mapping[str, Any], ...]

    @cached_property
    def model(self) -> Model:
        return self.record.model()

    def given(self, which: Numbers) -> dict[str, Numbers]:
        stacked = {name: np.array([g[name] for g in self.pool])[which] for name in self.pool[0]}
        indices = self.model.scope.indices
        return {n: x if n in indices else x.reshape(len(which), *(x.shape[1:] or (1, 1))) for n, x in stacked.items()}

    def exact(self, which: Numbers) -> dict[str, Numbers]:
        hand, values = exact_hand(self.record.sizes, len(which)), self.given(which)
        for line in self.model.lines:
            values[line.name] = work(hand, line.expression, values)
        return values

    def marked(self, which: Numbers, written: Mapping[str, Numbers]) -> dict[str, LineVerdicts]:
        answers = {name: np.moveaxis(w, 0, -1) for name, w in written.items()}
        return mark_problem(self.record, [self.pool[i] for i in which], answers)


def prepare(name: str, decimals: int, seed: int, drawn: int = DRAWN) -> Deck:
    problem = load_problem(name)
    record = single_sheet(problem, seed, decimals).set.problems[0]
    pool = Vetting(problem, record).draw(b"fairness", [(str(seed), str(i)) for i in range(drawn)])
    return Deck(record, tuple(one.given for one in pool))


def honest_sheets(deck: Deck, which: Numbers, habit: Numbers, rng: np.random.Generator) -> dict[str, Numbers]:
    """What honest students write on each line."""
    hand, given = Hand(deck.record.sizes, deck.record.decimals, habit, rng), deck.given(which)
    written: dict[str, Numbers] = {}
    held: dict[str, Numbers] = {}
    for line in deck.model.lines:
        hand.turn()
        own = {name: hand.works_on_with(written[name], held[name]) for name in line.uses if name in written}
        held[line.name] = work(hand, line.expression, {**given, **own})
        written[line.name] = hand.write(held[line.name])
    return written


@dataclass
class Found:
    """What was found of one problem: entries by habit, those marked wrong, the tightness of entries by line."""

    entries: Numbers = field(default_factory=lambda: np.zeros(len(ALL_HABITS), dtype=int))
    wrong: Numbers = field(default_factory=lambda: np.zeros(len(ALL_HABITS), dtype=int))
    tightness: dict[str, list[Numbers]] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def __add__(self, other: Found) -> Found:
        lines = {**self.tightness, **other.tightness}
        joined = {n: self.tightness.get(n, []) + other.tightness.get(n, []) for n in lines}
        examples = (self.examples + other.examples)[:MOST_EXAMPLES]
        return Found(self.entries + other.entries, self.wrong + other.wrong, joined, examples)

    @property
    def ratios(self) -> Numbers:
        return np.concatenate([[], *(r for found in self.tightness.values() for r in found)])


def mark_honest(deck: Deck, sheets: int, rng: np.random.Generator) -> Found:
    """Honest sheets of all habits, marked."""
    found = Found()
    which, habit = rng.integers(len(deck.pool), size=sheets), rng.integers(len(ALL_HABITS), size=sheets)
    written = honest_sheets(deck, which, habit, rng)
    for name, verdicts in deck.marked(which, written).items():
        there = np.isfinite(written[name])
        wrong = there & ~np.moveaxis(verdicts.right, -1, 0)
        found.entries += np.bincount(habit, there.sum(axis=(1, 2)), len(ALL_HABITS)).astype(int)
        found.wrong += np.bincount(habit, wrong.sum(axis=(1, 2)), len(ALL_HABITS)).astype(int)
        for row in np.flatnonzero(wrong.any(axis=(1, 2)))[: MOST_EXAMPLES - len(found.examples)]:
            found.examples.append(_example(deck, name, int(which[row]), int(habit[row]), written, int(row), verdicts))
    return found


def _example(
    deck: Deck, name: str, which: int, habit: int, written: Mapping[str, Numbers], row: int, verdicts: LineVerdicts
) -> str:
    line = deck.model.by_name[name]
    used = {n: written[n][row].tolist() if n in written else deck.pool[which][n] for n in line.uses if n in written}
    low, high = verdicts.low[..., row].tolist(), verdicts.high[..., row].tolist()
    return (
        f"{deck.record.name}, {deck.record.decimals} decimals, “{ALL_HABITS[habit]}”: {name} = {line.text} is "
        f"{written[name][row].tolist()}, allowed {low} … {high}, worked from {used}; variant {which}"
    )


def continuations(
    deck: Deck, states: int, count: int, rng: np.random.Generator
) -> Iterator[tuple[str, Numbers, Numbers]]:
    """For each line and entry of some honest sheets: how many values are accepted, and which are reached.

    Yields the line, (states, rows, columns) of accepted, and the last places reached, (states, 3 · count, rows, columns).
    """
    which = rng.integers(len(deck.pool), size=states)
    written = honest_sheets(deck, which, rng.integers(len(ALL_HABITS), size=states), rng)
    verdicts, key = deck.marked(which, written), deck.exact(which)
    repeated = np.repeat(np.arange(states), count)
    given = deck.given(which[repeated])
    behind: dict[str, Behind] = {}
    for line in deck.model.lines:
        hand = Hand(deck.record.sizes, deck.record.decimals, rng.choice((MIXED, ANY, FAR, FAR), len(repeated)), rng)
        hand.turn()
        own = {name: behind[name].worked_on_with(hand) for name in line.uses if name in behind}
        full = work(hand, line.expression, {**given, **own})
        places = np.array([_places(full, deck.record.decimals, way) for way in WAYS])
        wrote = np.rint(written[line.name] * 10.0**deck.record.decimals)
        fits = (places == wrote[repeated]).any(axis=0)
        shape = (states, count, *full.shape[1:])
        behind[line.name] = Behind.of(written[line.name], full.reshape(shape), fits.reshape(shape))
        reached = places.reshape(3, states, count, *full.shape[1:]).swapaxes(0, 1)
        reached = reached.reshape(states, 3 * count, *full.shape[1:])
        yield line.name, _accepted(verdicts[line.name], key[line.name], deck.record.decimals), reached


def _places(x: Numbers, decimals: int, way: int) -> Numbers:
    return np.rint(rounded(x, decimals, np.full(len(x), way)) * 10.0**decimals)


@dataclass(frozen=True)
class Behind:
    """The values that honest work held behind the written numbers, (states, values, rows, columns): the first `count`."""

    written: Numbers
    held: Numbers
    count: Numbers

    @staticmethod
    def of(written: Numbers, held: Numbers, fits: Numbers) -> Behind:
        first = np.argsort(~fits, axis=1, kind="stable")
        held = np.where(fits, held, written[:, None])
        return Behind(written, np.take_along_axis(held, first, axis=1), fits.sum(axis=1))

    def worked_on_with(self, hand: Hand) -> Numbers:
        """For each number the written one, one that was held behind it, or the least or greatest of these."""
        rng, held = hand.rng, np.concatenate([self.written[:, None], self.held], axis=1)
        values = self.held.shape[1]
        one = np.take_along_axis(held, (rng.random(self.held.shape) * (self.count[:, None] + 1)).astype(int), axis=1)
        one = one.reshape(-1, *one.shape[2:])
        low, high = (np.repeat(end(held, axis=1), values, axis=0) for end in (np.min, np.max))
        inside = rng.random((len(one), 1, 1)) < rng.choice((0.0, 0.3, 1.0), (len(one), 1, 1))
        return np.where(
            np.where(inside, rng.random(one.shape) < 0.9, False), one, np.where(hand.ups(one.shape), high, low)
        )


def _accepted(verdicts: LineVerdicts, key: Numbers, decimals: int) -> tuple[Numbers, Numbers, Numbers]:
    """The least and greatest last places within the bounds, and those of the key beside them."""
    scale = 10.0**decimals
    low, high = (np.moveaxis(x, -1, 0) * scale for x in (verdicts.low, verdicts.high))
    least, most = np.ceil(low - 1e-4), np.floor(high + 1e-4)
    keys = np.array([_places(key, decimals, way) for way in WAYS])
    return least, most, keys


def tightness(deck: Deck, states: int, count: int, rng: np.random.Generator) -> Found:
    """The tightness of every entry of some honest sheets; what is reached and not accepted counts as marked wrong."""
    found = Found()
    for name, (least, most, keys), reached in continuations(deck, states, count, rng):
        with np.errstate(invalid="ignore"):
            beside = (keys < least) | (keys > most)
            key_too = np.sort(np.where(beside, keys, np.inf), axis=0)
            new = np.isfinite(key_too) & (np.diff(key_too, axis=0, prepend=-np.inf) != 0)
            accepted = np.maximum(most - least + 1, 0) + new.sum(axis=0)
            taken = (reached >= least[:, None]) & (reached <= most[:, None])
            ordered = np.sort(np.where(taken, reached, np.inf), axis=1)
            distinct = (np.isfinite(ordered) & (np.diff(ordered, axis=1, prepend=-np.inf) != 0)).sum(axis=1)
        bounded = np.isfinite(accepted)
        found.tightness[name] = [(accepted / (distinct + 1))[bounded]]
        outside = np.isfinite(reached) & ~taken & ~(reached[None] == keys[:, :, None]).any(axis=0)
        found.entries[FAR] += reached.size
        found.wrong[FAR] += int(outside.sum())
        for state in np.flatnonzero(outside.any(axis=(1, 2, 3)))[: MOST_EXAMPLES - len(found.examples)]:
            found.examples.append(
                f"{deck.record.name}, {deck.record.decimals} decimals: {name} = {deck.model.by_name[name].text}"
            )
    return found
