"""A small, fixed part of benchmarks/fairness.py: what must hold of every class that is marked."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.evaluate import work_model
from benchmarks.fairness import DECIMALS, SIZES, Tally, run
from benchmarks.simulation import ORDER, prepare
from benchmarks.students import HABITS
from benchmarks.tightness import PROBLEMS, follow, mark_honest
from benchmarks.tightness import prepare as prepare_any


@pytest.fixture(scope="module")
def tally() -> Tally:
    return run(sheets=1600, named=80, seed=3)


@pytest.mark.parametrize("habit", range(len(HABITS)), ids=HABITS)
def test_an_honest_student_is_never_marked_wrong(tally: Tally, habit: int) -> None:
    assert tally.of("sheets", habit) > 50
    assert tally.of("honest wrong", habit) == 0, tally.examples


def test_a_slip_costs_once(tally: Tally) -> None:
    assert tally.of("injected") == 800
    assert tally.of("charged") == 0, tally.examples


def test_mistakes_are_found_at_their_own_line(tally: Tally) -> None:
    assert tally.of("visible") > 0.98 * tally.of("injected")
    assert tally.of("found") >= 0.999 * tally.of("visible"), tally.examples


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: "-".join(map(str, sizes.values())))
def test_the_simulation_works_the_problem_as_the_product_does(sizes: dict[str, int]) -> None:
    cell = prepare(sizes, DECIMALS[0], seed=5, variants=2)
    _, exact = cell.exact()
    for member, given in enumerate(cell.pool):
        key = work_model(cell.problem.model(), given)
        for name in ORDER:
            np.testing.assert_allclose(exact[name].v[member].reshape(np.shape(key[name])), key[name], atol=1e-12)


@pytest.mark.parametrize("decimals", DECIMALS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_no_honest_entry_of_a_bundled_problem_is_wrong_and_few_others_are_taken(name: str, decimals: int) -> None:
    deck, rng = prepare_any(name, decimals, seed=3, drawn=8), np.random.default_rng(3)
    key = deck.exact(np.arange(8))
    for member, given in enumerate(deck.pool):
        for line, value in work_model(deck.model, given).items():
            np.testing.assert_allclose(key[line][member].reshape(np.shape(value)), value, atol=1e-11)
    found = mark_honest(deck, 300, rng) + follow(deck, 8, 300, rng)
    assert found.entries.all()
    assert found.wrong.sum() == found.outside == 0, found.examples
    assert np.median(found.ratios) <= 1.25
    assert np.percentile(found.ratios, 99) <= 2.5  # 2 where each sheet is continued in more ways
