"""What the best-paid recipe of senseless inputs earns, of every bundled problem: nothing is earned for nothing.

    python -m benchmarks.senseless [--recipes 300] [--rounds 8] [NAME …]

A recipe says for each line what stands there without work: a number in every entry (zero, one unit, a power of ten),
the same with signs, random numbers, a copy of earlier numbers, or nothing. What it earns is the mean over students,
so that a lucky number for one sheet counts for little. The best-paid recipes are changed a line at a time, round after
round.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from backprop.rounding import Array
from course.records import LineRecord, ProblemRecord
from grader.marking.columns import LineVerdicts, mark_problem
from worksheets.problem import bundled_problems, load_problem
from worksheets.variants import variant_checker

PROBLEMS = tuple(bundled_problems())
STUDENTS, KEPT = 12, 20
"""A recipe is tried on so many students; so many recipes of a round go on."""

SIZES_TRIED = (0.0, 0.5, 1.0, 2.0, 10.0, 1e3, 1e6, 1e9, 0.1, 0.01)
UNITS_TRIED = (1, 2, 5)
WAYS = ("everywhere", "signs", "random", "copy", "blank", "blank")


class Step(NamedTuple):
    """What a recipe says of one line: the way, and how large the numbers are or what is copied."""

    way: str
    size: float = 0.0
    copied: str = ""


Recipe = tuple[Step, ...]


class Search:
    """Recipes for one problem, each tried on the same students."""

    def __init__(self, name: str, decimals: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        problem = load_problem(name)
        self.record: ProblemRecord = problem.variant(seed, decimals).set.problems[0]
        drawn = variant_checker(problem, self.record).draw(b"senseless", [(seed, i) for i in range(STUDENTS)])
        self.given = [variant.given for variant in drawn]
        self.asked = [line for line in self.record.lines if line.asked]
        self.sizes = [*SIZES_TRIED, *(n * 10.0**-decimals for n in UNITS_TRIED)]
        self.decimals = decimals

    def step(self, place: int) -> Step:
        """Something senseless for a line."""
        way = WAYS[self.rng.integers(len(WAYS))]
        if way == "copy":
            shape = self.asked[place].shape
            like = [line.name for line in self.asked[:place] if line.shape == shape]
            if self.asked[place].expression in like:  # where a copy is what the line asks for, it is no senseless one
                return Step("blank")
            like += [name for name, value in self.given[0].items() if np.shape(value) == shape]
            return Step("copy", copied=like[self.rng.integers(len(like))]) if like else Step("blank")
        return Step(way, self.rng.choice(self.sizes) * self.rng.choice([1.0, -1.0]))

    def random(self) -> Recipe:
        return tuple(map(self.step, range(len(self.asked))))

    def changed(self, recipe: Recipe) -> Recipe:
        """The same with one line in another way, or two."""
        changed = list(recipe)
        for place in self.rng.integers(len(self.asked), size=self.rng.integers(1, 3)):
            changed[place] = self.step(int(place))
        return tuple(changed)

    def sheet(self, recipe: Recipe, given: Mapping[str, Any]) -> dict[str, Array]:
        """A student's answers by a recipe."""
        sheet = {name: np.asarray(value, dtype=float) for name, value in given.items()}
        for line, step in zip(self.asked, recipe, strict=True):
            match step.way:
                case "copy":
                    value = sheet[step.copied]
                case "blank":
                    value = np.full(line.shape, np.nan)
                case "everywhere":
                    value = np.full(line.shape, step.size)
                case "signs":
                    value = step.size * self.rng.choice([-1.0, 1.0], line.shape)
                case _:
                    value = np.round(step.size * self.rng.normal(size=line.shape), self.decimals)
            sheet[line.name] = np.asarray(value)
        return sheet

    def scores(self, recipes: Sequence[Recipe]) -> dict[str, Array]:
        """The mean marks for each line, by recipe."""
        pairs = [(recipe, given) for recipe in recipes for given in self.given]
        sheets = [self.sheet(recipe, given) for recipe, given in pairs]
        answers = {}
        for line in self.asked:
            rows, columns = line.shape or (1, 1)
            answers[line.name] = np.stack([s[line.name].reshape(rows, columns) for s in sheets], axis=-1)
        found = mark_problem(self.record, [given for _, given in pairs], answers)
        return {line.name: _score(line, found[line.name]).reshape(-1, STUDENTS).mean(axis=1) for line in self.asked}

    def best(self, recipes: int, rounds: int) -> tuple[Recipe, dict[str, float]]:
        """The best-paid recipe of all that were tried, and what each line of it earns."""
        tried = [self.random() for _ in range(recipes)]
        for left in reversed(range(rounds)):
            scores = self.scores(tried)
            order = np.argsort(-np.asarray(sum(scores.values())))[:KEPT]
            kept = [tried[place] for place in order]
            if left:
                tried = kept + [self.changed(kept[self.rng.integers(len(kept))]) for _ in range(recipes - len(kept))]
        return kept[0], {name: float(score[order[0]]) for name, score in scores.items()}


def _score(line: LineRecord, found: LineVerdicts) -> Array:
    """A line's marks: the shares of the entries that are paid, less one for each that is always zero and wrong."""
    paid = np.ones(found.right.shape[:2], dtype=bool)
    for i, j in line.always_zero:
        paid[i, j] = False
    earned = (found.earns & paid[..., None]).sum(axis=(0, 1)) - (~found.right & ~paid[..., None]).sum(axis=(0, 1))
    return np.asarray(line.marks * np.maximum(0, earned) / max(1, paid.sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=PROBLEMS, metavar="NAME")
    parser.add_argument("--recipes", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=8)
    chosen = parser.parse_args()
    print("| problem | decimals | % | lines that paid |\n| --- | --: | --: | --- |")
    for name in chosen.names:
        for decimals in (3, 4):
            search = Search(name, decimals, seed=decimals)
            recipe, earned = search.best(chosen.recipes, chosen.rounds)
            share = 100 * sum(earned.values()) / sum(line.marks for line in search.asked)
            steps = zip(search.asked, recipe, strict=True)
            paid = ", ".join(
                f"{line.name} {step.way} {step.copied or format(step.size, 'g')}: {earned[line.name]:.2f}"
                for line, step in steps
                if earned[line.name] > 0.02 * line.marks
            )
            print(f"| {name} | {decimals} | {share:.1f} | {paid} |", flush=True)


if __name__ == "__main__":
    main()
