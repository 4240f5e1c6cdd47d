"""Classes of simulated sheets: numbers dealt from the product's own draws, written out with or without a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.mistakes import MISTAKES, Mistake
from benchmarks.students import HABITS, LINES, Doubt, Names, Near, Pen
from course.records import ProblemRecord, SetRecord
from worksheets import load_problem
from worksheets.variants import variant_checker

POOL = 300
"""Variants drawn for each cell; the sheets are dealt from them."""
ORDER = list(LINES)
TOO_FAR = 1e5
"""Nobody writes on from numbers as large as this: such a mistake is not made."""


@dataclass(frozen=True)
class Cell:
    """Sizes and decimals: the set as derived, and a pool of drawn variants with what their exact work gives."""

    record: SetRecord
    pool: tuple[Mapping[str, Any], ...]

    @property
    def problem(self) -> ProblemRecord:
        return self.record.problems[0]

    @property
    def decimals(self) -> int:
        return self.problem.decimals

    def given(self, which: np.ndarray) -> dict[str, np.ndarray]:
        sheets = [self.pool[i] for i in which]
        found = {name: np.array([g[name] for g in sheets]) for name in sheets[0]}
        found["eta"] = found["eta"].reshape(-1, 1, 1)
        found["hot"] = np.eye(self.problem.sizes["v"])[found["target"]][:, None]
        return found

    def exact(self) -> tuple[dict[str, Any], dict[str, Near]]:
        """Every line of every variant in full: as written, off by a unit or exact, and with the honest tolerance."""
        key, allowed = near(self.given(np.arange(len(self.pool)))), {}
        doubt = Doubt(self.problem.sizes, self.decimals)
        for name, line in LINES.items():
            allowed[name] = line(doubt, Names(key))
            v, r = allowed[name]
            key[name] = Near(v, np.where(r == 0, 0, doubt.unit))
        return key, allowed


def near(values: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {name: v if name == "target" else Near(v, np.zeros(v.shape)) for name, v in values.items()}


def prepare(sizes: Mapping[str, int], decimals: int, seed: int, variants: int = POOL) -> Cell:
    """A cell, its variants drawn as `generate` draws them."""
    problem = load_problem("attention-backprop").adapted(sizes, {})
    sheet = problem.variant(seed, decimals)
    assert [line.name for line in sheet.set.problems[0].lines] == ORDER
    drawn = variant_checker(problem, sheet.set.problems[0]).draw(b"fairness", [(seed, i) for i in range(variants)])
    return Cell(sheet.set, tuple(variant.given for variant in drawn))


@dataclass(frozen=True)
class Class:
    """Simulated sheets: what was written, and of the mistaken ones, which mistake on which line (-1: none)."""

    which: np.ndarray
    habit: np.ndarray
    mistake: np.ndarray
    line: np.ndarray
    written: dict[str, np.ndarray]
    touched: dict[str, np.ndarray]  # entries that are not as this student would rightly have written them
    visible: np.ndarray


def choices(cell: Cell, rng: np.random.Generator) -> list[list[int]]:
    """For each mistake, the lines on which it can be made at these sizes."""
    some = np.arange(32) % len(cell.pool)
    values = cell.given(some)
    pen = Pen(cell.problem.sizes, cell.decimals, np.full(len(some), 3), rng)
    pen.turn()
    for name, line in LINES.items():
        values[name] = line(pen, Names(values))
    found: list[list[int]] = []
    for mistake in MISTAKES:
        lines = [mistake.line] if mistake.line else ORDER
        found.append([ORDER.index(name) for name in lines if _can_be_made(mistake, name, values, pen)])
    return found


def _can_be_made(mistake: Mistake, name: str, values: dict[str, np.ndarray], pen: Pen) -> bool:
    right = values[name]
    earlier = [values[line] for line in ORDER[: ORDER.index(name)]]
    try:
        wrong = mistake.how(*((right, earlier, pen.decimals, pen.rng) if mistake.slip else (pen, Names(values))))
    except (ValueError, IndexError):
        return False
    return wrong.shape == right.shape and bool((np.abs(wrong - right) > 1e-9).any())


@np.errstate(all="ignore")  # what cannot be worked from a wrong number is left blank
def simulate(cell: Cell, honest: int, mistaken: int, seed: Sequence[int]) -> Class:
    """Sheets written out by honest students, then by those who make one mistake each."""
    rng, count = np.random.default_rng(seed), honest + mistaken
    possible = choices(cell, rng)
    made = [m for m, lines in enumerate(possible) if lines]
    mistake = np.full(count, -1)
    mistake[honest:] = np.resize(rng.permutation(made), mistaken)
    line = np.array([rng.choice(possible[m]) if m >= 0 else -1 for m in mistake])
    which, habit = rng.integers(len(cell.pool), size=count), rng.integers(len(HABITS), size=count)
    pen, own = Pen(cell.problem.sizes, cell.decimals, habit, rng), cell.given(which)
    exact, visible = cell.exact(), np.zeros(count, dtype=bool)
    written: dict[str, np.ndarray] = {}
    touched: dict[str, np.ndarray] = {}
    for number, name in enumerate(ORDER):
        pen.turn()
        value = LINES[name](pen, Names(own))
        paper = pen.write(value)
        right = paper.copy()
        for m in np.unique(mistake[line == number]):
            rows = np.flatnonzero((line == number) & (mistake == m))
            wrong, wrote = _mistaken(MISTAKES[m], rows, pen, own, written, paper)
            fine = (np.abs(wrong) < TOO_FAR).all(axis=(1, 2))
            line[rows[~fine]] = mistake[rows[~fine]] = -1
            value[rows[fine]], paper[rows[fine]] = wrong[fine], wrote[fine]
        at = np.flatnonzero(line == number)
        visible[at] = _visible(
            cell, name, paper[at], {n: v[at] for n, v in {**own, **written}.items()}, exact, which[at]
        )
        touched[name], written[name] = paper != right, paper
        own[name] = np.where(pen.in_full[:, None, None], value, paper)
    return Class(which, habit, mistake, line, written, touched, visible)


def _mistaken(
    mistake: Mistake,
    rows: np.ndarray,
    pen: Pen,
    own: Mapping[str, np.ndarray],
    written: Mapping[str, np.ndarray],
    paper: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """What these students get by the mistake, and what they write of it."""
    if mistake.slip:
        wrong = mistake.how(paper[rows], [w[rows] for w in written.values()], pen.decimals, pen.rng)
        return wrong, wrong
    wrong = mistake.how(pen.of(rows), Names(own, rows))
    return wrong, pen.of(rows).write(wrong)


def _visible(
    cell: Cell,
    name: str,
    wrote: np.ndarray,
    written: Mapping[str, np.ndarray],
    exact: tuple[dict[str, Any], dict[str, Near]],
    which: np.ndarray,
) -> np.ndarray:
    """On which sheets an entry is further than an honest one from what is right for own numbers, and for the key."""
    (key, allowed), doubt = exact, Doubt(cell.problem.sizes, cell.decimals)
    given = near(written)
    given.update({n: Near(v, key[n].r[which]) for n, v in written.items() if n in LINES})
    from_own, from_key = LINES[name](doubt, Names(given)), Near(*(x[which] for x in allowed[name]))
    off = [np.abs(wrote - right.v) > right.r + 1e-6 * doubt.unit for right in (from_own, from_key)]
    return np.asarray((off[0] & off[1]).any(axis=(1, 2)))
