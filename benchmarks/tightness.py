"""Is the marking fair and strict on every bundled problem? Honest sheets, and how much an entry accepts beyond them.

**Fair**: no entry of an honest sheet is marked wrong.

**Tight**: take one student's sheet, with the numbers written on it. For each entry, *accepted* is the number of
values in the last place that the marker takes as right there, for the written earlier numbers. *Reached* is the number
of those values that honest hands write there, who have the same written earlier numbers: each number that they work on
with is the written one, or any that honest work holds behind it (as far up or down as that goes, too), and within the
line they round, truncate or keep each number in any way. The tightness of an entry is accepted ÷ (reached + 1): below
1 where the bounds take at most one value that nobody reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import joblib
import numpy as np

from backprop.model import Line, Model
from benchmarks.hands import ALL_HABITS, ANY, FAR, Hand, Numbers, exact_hand, work
from benchmarks.students import CUT, EVEN, MIXED, UP, rounded
from benchmarks.tables import table
from course.records import ProblemRecord
from grader.marking.columns import LineVerdicts, mark_problem
from worksheets import load_problem
from worksheets.problem import bundled_problems
from worksheets.variants import VariantChecker

PROBLEMS = tuple(bundled_problems())
DECIMALS = (3, 4)
DRAWN = 60
"""Variants drawn of a problem; the sheets are dealt from them."""
CHUNK, STATES = 4000, 20
"""Sheets marked, and sheets continued, at once."""
MOST_EXAMPLES = 20
SLACK = 1e-4
"""Of a unit in the last place: the marker's own slack is less, and no two places are so near."""
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
    record = problem.variant(seed, decimals).set.problems[0]
    pool = VariantChecker(problem, record).draw(b"fairness", [(str(seed), str(i)) for i in range(drawn)])
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
    """Entries by habit, and those marked wrong; values reached, and those outside; the tightness of each line."""

    entries: Numbers = field(default_factory=lambda: np.zeros(len(ALL_HABITS), dtype=int))
    wrong: Numbers = field(default_factory=lambda: np.zeros(len(ALL_HABITS), dtype=int))
    reached: int = 0
    outside: int = 0
    tightness: dict[tuple[str, str], Numbers] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def __add__(self, other: Found) -> Found:
        none = np.array([])
        tightness = {
            line: np.concatenate([self.tightness.get(line, none), other.tightness.get(line, none)])
            for line in {**self.tightness, **other.tightness}
        }
        return Found(
            self.entries + other.entries,
            self.wrong + other.wrong,
            self.reached + other.reached,
            self.outside + other.outside,
            tightness,
            (self.examples + other.examples)[:MOST_EXAMPLES],
        )

    @property
    def ratios(self) -> Numbers:
        return np.concatenate([np.array([]), *self.tightness.values()])


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


@dataclass(frozen=True)
class Behind:
    """What honest work held behind the written numbers, (states, values, rows, columns): the first `count` of each."""

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
        chosen = (rng.random(self.held.shape) * (self.count[:, None] + 1)).astype(int)
        one = np.take_along_axis(held, chosen, axis=1).reshape(-1, *held.shape[2:])
        low, high = (np.repeat(end(held, axis=1), values, axis=0) for end in (np.min, np.max))
        often = rng.choice((0.0, 0.3, 0.9), (len(one), 1, 1))
        return np.where(rng.random(one.shape) < often, one, np.where(hand.ups(one.shape), high, low))


@dataclass(frozen=True)
class Reach:
    """Of each entry of a line, (states, rows, columns): the last places that honest hands wrote, and those accepted.

    Accepted are those from `least` to `most`, and the key's in the ways of rounding it; `reached` has one more axis.
    """

    reached: Numbers
    least: Numbers
    most: Numbers
    key: Numbers

    @property
    def outside(self) -> Numbers:
        """Which of the places reached are not accepted."""
        within = (self.reached >= self.least) & (self.reached <= self.most)
        return np.isfinite(self.reached) & ~within & ~(self.reached[:, None] == self.key).any(axis=1)

    @property
    def tightness(self) -> Numbers:
        """Accepted over reached and one more, of the entries that have both ends."""
        beside = _distinct(np.where((self.key < self.least) | (self.key > self.most), self.key, np.nan))
        accepted = np.maximum(self.most - self.least + 1, 0) + beside
        ratio = accepted / (_distinct(np.where(self.outside, np.nan, self.reached)) + 1)
        return np.asarray(ratio[np.isfinite(ratio)])


def _distinct(places: Numbers) -> Numbers:
    """The number of different places along the first axis; nan is none."""
    ordered = np.sort(places, axis=0)
    return np.asarray((np.isfinite(ordered[:1]).sum(axis=0)) + (np.diff(ordered, axis=0) > 0).sum(axis=0))


def reaches(deck: Deck, states: int, count: int, rng: np.random.Generator) -> Iterator[tuple[Line, Reach]]:
    """Each line of so many honest sheets, continued in so many ways from the numbers written before it."""
    which = rng.integers(len(deck.pool), size=states)
    written = honest_sheets(deck, which, rng.integers(len(ALL_HABITS), size=states), rng)
    verdicts, key, given = deck.marked(which, written), deck.exact(which), deck.given(np.repeat(which, count))
    sizes, decimals = deck.record.sizes, deck.record.decimals
    behind: dict[str, Behind] = {}
    for line in deck.model.lines:
        hand = Hand(sizes, decimals, rng.choice((MIXED, ANY, FAR, FAR), states * count), rng)
        hand.turn()
        own = {name: behind[name].worked_on_with(hand) for name in line.uses if name in behind}
        full, wrote = work(hand, line.expression, {**given, **own}), written[line.name]
        shape = (states, count, *full.shape[1:])
        places = _places(full, decimals).reshape(len(WAYS), *shape)
        fits = (places == np.rint(wrote * 10.0**decimals)[:, None]).any(axis=0)
        behind[line.name] = Behind.of(wrote, full.reshape(shape), fits)
        reached = np.concatenate(np.moveaxis(places, 2, 1))
        marked = verdicts[line.name]
        low, high = (np.moveaxis(end, -1, 0) * 10.0**decimals for end in (marked.low, marked.high))
        yield line, Reach(reached, np.ceil(low - SLACK), np.floor(high + SLACK), _places(key[line.name], decimals))


def _places(x: Numbers, decimals: int) -> Numbers:
    """The last places in which a number may be written, one for each way of rounding it."""
    ways = (rounded(x, decimals, np.full(len(x), way)) for way in WAYS)
    return np.rint(np.array(list(ways)) * 10.0**decimals)


def follow(deck: Deck, states: int, count: int, rng: np.random.Generator) -> Found:
    """The tightness of every entry of some honest sheets, and what honest hands reach and the marker does not take."""
    found = Found()
    for line, reach in reaches(deck, states, count, rng):
        found.tightness[line.text, line.name] = reach.tightness
        outside = reach.outside
        found.reached += reach.reached.size
        found.outside += int(outside.sum())
        if outside.any():
            where = f"{deck.record.name}, {deck.record.decimals} decimals, {line.name} = {line.text}"
            found.examples.append(
                f"{where}: {int(outside.sum())} of {outside.size} that honest hands reach are outside"
            )
    return found


def run_problem(name: str, sheets: int, states: int, count: int, seed: int) -> Found:
    """One problem at every number of decimals: honest sheets marked, some of them continued."""
    found = Found()
    for decimals in DECIMALS:
        rng = np.random.default_rng((seed, decimals))
        deck = prepare(name, decimals, seed)
        for first in range(0, sheets, CHUNK):
            found += mark_honest(deck, min(CHUNK, sheets - first), rng)
        for first in range(0, states, STATES):
            found += follow(deck, min(STATES, states - first), count, rng)
    return found


def run(sheets: int, states: int, count: int, seed: int, jobs: int = 1) -> dict[str, Found]:
    """Every bundled problem, by its name."""
    tasks = (joblib.delayed(run_problem)(name, sheets, states, count, seed) for name in PROBLEMS)
    return dict(zip(PROBLEMS, joblib.Parallel(n_jobs=jobs)(tasks), strict=True))


def report(problems: Mapping[str, Found]) -> str:
    everything = sum(problems.values(), Found())
    rows = [
        (name, int(f.entries.sum()), int(f.wrong.sum()), f.reached, f.outside, *_summary(f.ratios))
        for name, f in [*problems.items(), ("all", everything)]
    ]
    habits = [(h, int(n), int(w)) for h, n, w in zip(ALL_HABITS, everything.entries, everything.wrong, strict=True)]
    worst = sorted(everything.tightness, key=lambda line: -float(np.percentile(everything.tightness[line], 99)))
    lines = [(f"{name} = {text}", *_summary(everything.tightness[text, name])) for text, name in worst[:MOST_EXAMPLES]]
    tightness = ("median", "99th percentile", "most")
    parts = [
        table(("problem", "honest entries", "marked wrong", "reached", "outside", *tightness), rows),
        table(("honest students of every problem", "entries", "marked wrong"), habits),
        table(("the widest lines", *tightness), lines),
    ]
    if everything.examples:
        parts.append("First examples of what is not as it should be:\n\n- " + "\n- ".join(everything.examples))
    return "\n\n".join(parts)


def _summary(ratios: Numbers) -> tuple[str, ...]:
    return (
        tuple(f"{x:.2f}" for x in (np.median(ratios), np.percentile(ratios, 99), ratios.max())) if ratios.size else ()
    )
