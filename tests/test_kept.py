"""The numbers kept on the way are those that bounds are made of, and reach the entries that are worked from them."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
from small_models import SIZES, Case, cases

from backprop.entries import cells, entry_of
from backprop.evaluate import bounds
from backprop.expressions import Expression, Name, Number, walk
from backprop.kept import Kept, kept_on_the_way, spelled_out
from backprop.language import parse
from backprop.operations import OPERATIONS
from backprop.operations.picking import as_leaf
from backprop.rounding import Interval, Rounding
from backprop.scope import Scope

EVERY_CASE = [case for name in OPERATIONS for case in islice(cases(name), 3)]
PEN = Rounding(3)


def known_of(case: Case) -> dict[str, Any]:
    random = np.random.default_rng(0)
    shapes = {name: tuple(map(int, shape)) for name, shape in case.model.scope.shapes.items()}
    values = {name: np.round(random.uniform(0.3, 1.7, (*shape, 1)), 3) for name, shape in shapes.items()}
    return {"k": np.array([1]), **{name: PEN.behind(value) for name, value in values.items()}}


def test_what_is_spelled_out_has_the_same_bounds() -> None:
    for case in EVERY_CASE:
        out, known = case.model.by_name["out"].expression, known_of(case)
        found, same = (bounds(way, known, SIZES, PEN) for way in (out, spelled_out(out, case.model.scope)))
        assert np.array_equal(found.low, same.low), case
        assert np.array_equal(found.high, same.high), case


def test_an_entry_depends_on_the_numbers_that_it_is_worked_from() -> None:
    """The entry reading says which these are."""
    for case in EVERY_CASE:
        out, scope, known = case.model.by_name["out"], case.model.scope, known_of(case)
        found = kept_on_the_way(out.expression, known, scope, PEN, tuple(map(int, out.shape)))
        exact = PEN.is_exact(bounds(out.expression, known, SIZES, PEN)).reshape(*(out.shape or (1, 1)))
        for i, j in cells(out.shape):
            reached = {number.place for number in found if number.named and number.reaches[i, j]}
            asked = places(entry_of(out.expression, i, j, scope, {"k": 1}), scope)
            assert reached <= asked, (case, i, j)
            assert exact[i, j] or reached == asked, (case, i, j)  # one that is sure depends on nothing


def places(entry: Expression, scope: Scope) -> set[tuple[int, ...]]:
    """The places of the matrices that an entry is worked from; a scalar's is ()."""
    found: set[tuple[int, ...]] = {
        () for node in walk(entry) if isinstance(node, Name) and scope.shapes.get(node.id) == ()
    }
    for node in walk(entry):
        match as_leaf(node):
            case (_, Number(i), Number(j)):
                found.add((int(i), int(j)))
    return found


def on_the_way(typed: str, rows: list[list[float]], decimals: int) -> list[Kept]:
    value = np.array(rows)[..., None]
    scope = Scope({"a": value.shape[:2]}, {}, {})  # type: ignore[dict-item]
    return kept_on_the_way(parse(typed), {"a": Interval.exact(value)}, scope, Rounding(decimals), value.shape[:2])


def test_a_softmax_keeps_its_exponentials_and_their_sum() -> None:
    found = on_the_way("softmax(a)", [[1.5, 0.5, 1.0, 0.5]], 4)
    first = [number for number in found if number.reaches[0, 0] and isinstance(number.of, str)]
    kept = {(str(number.of), *(round(end, 4) for end in number.kept)) for number in first}
    assert ("exponential", 4.4816, 4.4817) in kept
    assert ("exponential", 1.6487, 1.6487) in kept
    assert any(what == "sum of the row's exponentials" for what, *_ in kept)


@pytest.mark.parametrize(("typed", "what"), [("a * a", None), ("a ** 3", "lower power"), ("a / 3", "reciprocal")])
def test_what_is_kept_inside_has_a_name(typed: str, what: str | None) -> None:
    found = [number.of for number in on_the_way(typed, [[0.25, 0.5]], 2) if not number.named]
    assert set(found) == ({what} if what else set())
