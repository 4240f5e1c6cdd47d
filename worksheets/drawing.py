"""Drawing numbers: each student's own, from a keyed hash, spread so that every sheet is as hard as any other.

A class is drawn at once, an array a given, students last. Each student has a generator of their own, which is asked
for the same numbers in the same order however many others there are.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.rounding import Array
from worksheets.authored import AuthoredProblem
from worksheets.given import Draw, GivenSource


def keyed_random(secret: bytes, *message: str | int) -> np.random.Generator:
    """Random numbers that nobody can foresee who does not know the secret."""
    digest = hmac.new(secret, "\x1f".join(map(str, message)).encode(), hashlib.sha256).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def draw_given(problem: AuthoredProblem, rng: np.random.Generator) -> dict[str, Any]:
    """Plain numbers for every given: those fixed by the problem, and one draw of the rest."""
    return plain_given(problem, draw_class(problem, [rng]), [0])[0]


def draw_class(problem: AuthoredProblem, generators: Sequence[np.random.Generator]) -> dict[str, Array]:
    """Numbers for every given, one draw a generator; what is fixed has a batch of one."""
    return {name: _draw(problem, g, generators) for name, g in problem.givens.items()}


def plain_given(problem: AuthoredProblem, drawn: Mapping[str, Array], members: Iterable[int]) -> list[dict[str, Any]]:
    """Some members of a class that was drawn, in plain numbers and lists of rows."""
    places = list(members)
    columns = {
        name: np.moveaxis(drawn[name], -1, 0)[places].tolist() if g.fixed is None else [_fixed(g)] * len(places)
        for name, g in problem.givens.items()
    }
    return [dict(zip(columns, given, strict=True)) for given in zip(*columns.values(), strict=True)]


def stacked(given: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """The plain numbers of many sheets of a problem as arrays, batch last."""
    columns = {name: np.array([numbers[name] for numbers in given]) for name in given[0]}
    return {name: np.ascontiguousarray(np.moveaxis(column, 0, -1)) for name, column in columns.items()}


def _draw(problem: AuthoredProblem, g: GivenSource, generators: Sequence[np.random.Generator]) -> Array:
    if g.fixed is not None:
        return np.asarray(_fixed(g))[..., None]
    if g.index is not None:
        count = problem.sizes[g.index] if isinstance(g.index, str) else g.index
        return np.array([rng.integers(count) for rng in generators])
    shape = tuple(problem.sizes[s] if isinstance(s, str) else s for s in g.shape)
    if g.rows is not None:
        return np.stack([_rows_of_one(g.rows, shape, rng) for rng in generators], axis=-1)
    draw = g.draw or Draw()
    steps = draw.choices(*(draw.range or _usual_range(g, shape)))
    numbers = _evenly(steps, int(np.prod(shape)), generators)
    return np.asarray(numbers.reshape(*shape, -1) / 10**draw.places)


def _fixed(g: GivenSource) -> Any:
    return g.fixed if g.index is None or g.value is None else int(g.value)


def _rows_of_one(rows: str, shape: Sequence[int], rng: np.random.Generator) -> Array:
    """A matrix whose rows add up to 1: one-hot, rows unlike while there are enough, or shares of one decimal or two."""
    count, columns = shape
    if rows == "onehot":
        turns = np.concatenate([rng.permutation(columns) for _ in range(-(-count // columns))])
        return np.asarray(np.eye(columns)[turns[:count]])
    parts = 10 if columns <= 5 else 100
    cuts = [np.sort(rng.choice(parts - 1, columns - 1, replace=False)) + 1 for _ in range(count)]
    return np.asarray([np.diff(c, prepend=0, append=parts) for c in cuts]) / parts


def _evenly(steps: Array, count: int, generators: Sequence[np.random.Generator]) -> Array:
    """Numbers from all parts of a range alike, half of them negative where it is even on both sides of zero.

    So each student has as many large numbers and as many signs to mind as any other.
    """
    even = np.array_equal(np.sort(-steps), np.sort(steps))
    sizes = np.sort(steps[steps >= 0] if even else steps)
    asked = [
        (rng.permutation(count), rng.random(count), rng.integers(2) if even else 0, rng.permutation(count))
        for rng in generators
    ]
    parts, within, more, turns = (np.array(column) for column in zip(*asked, strict=True))
    numbers = sizes[((parts + within) * len(sizes) / count).astype(int)]
    if even:
        numbers = np.where(turns < (count + more[:, None]) // 2, -numbers, numbers)
    return np.ascontiguousarray(numbers.T)  # a student beside the next, as the batch is worked


def _usual_range(g: GivenSource, shape: tuple[int, ...]) -> tuple[float, float]:
    """Inputs within ±2 where a row is short, else ±1, and weights within ±1: these keep softmax off its ends."""
    reach = 2 if not g.trainable and shape and shape[1] <= 2 else 1
    return -reach, reach
