"""Nothing is earned for nothing: what recipes of senseless inputs earn, of every bundled problem."""

from __future__ import annotations

import pytest

from benchmarks.senseless import PROBLEMS, Search


def share(name: str, decimals: int, recipes: int, rounds: int) -> float:
    """The share of the marks that the best-paid recipe found earns."""
    search = Search(name, decimals, seed=decimals)
    _, earned = search.best(recipes, rounds)
    return sum(earned.values()) / sum(line.marks for line in search.asked)


@pytest.mark.slow
@pytest.mark.parametrize("decimals", [3, 4])
@pytest.mark.parametrize("name", PROBLEMS)
def test_no_recipe_earns_without_work(name: str, decimals: int) -> None:
    assert share(name, decimals, recipes=120, rounds=8) < 0.03


@pytest.mark.parametrize("name", ["matmul-gradient", "relu-classifier", "residual-block"])
def test_recipes_that_once_earned_a_fifth(name: str) -> None:
    assert share(name, 3, recipes=60, rounds=4) < 0.04
