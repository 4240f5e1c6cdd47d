"""The picture of the computation: nodes are quantities, edges say what is worked from what.

The backward pass is the same edges reversed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import fast_sugiyama

from backprop.model import BACKWARD, FORWARD, Model


@dataclass(frozen=True)
class Edge:
    """From a quantity to the line that uses it; `gradient` where the backward pass runs along it."""

    start: str
    end: str
    gradient: bool
    via: tuple[tuple[float, float], ...] = ()  # where a long edge bends


@dataclass(frozen=True)
class Graph:
    """A laid-out computation: the forward pass runs from left to right, columns 1 apart, rows 1 apart."""

    places: Mapping[str, tuple[float, float]]
    givens: frozenset[str]
    edges: tuple[Edge, ...]


def computation_graph(model: Model) -> Graph:
    """The graph of the forward pass, with the places of its nodes."""
    with_gradient = {line.name[1:] for line in model.part(BACKWARD)}
    forward = model.part(FORWARD)
    # A line that is differentiated together with its user (softmax with cross-entropy) still carries the gradient on.
    moving = with_gradient | {
        line.name for line in forward if model.depends_on(line.name) & set(model.trainables) and with_gradient
    }
    names = {line.name for line in forward} | {g.name for g in model.givens}
    pairs = [(used, line.name) for line in forward for used in line.uses if used in names]
    places, bends = _layout(pairs)
    edges = tuple(Edge(a, b, a in moving and b in moving, bends.get((a, b), ())) for a, b in pairs)
    return Graph(places, frozenset(g.name for g in model.givens), edges)


Place = tuple[float, float]


def _layout(pairs: list[tuple[str, str]]) -> tuple[dict[str, Place], dict[tuple[str, str], tuple[Place, ...]]]:
    """Places of nodes, and of the bends of edges that pass over columns."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    # Numbers and not names: the library's order of names differs from run to run. Bends get numbers beyond these.
    number = {name: i for i, name in enumerate(names)}
    numbered = [(number[a], number[b]) for a, b in pairs]
    places: dict[str, Place] = {}
    bends: dict[tuple[str, str], tuple[Place, ...]] = {}
    lowest = 0.0
    for positions, _, _, routed in fast_sugiyama.from_edges(
        numbered, dummy_vertices=True, vertex_spacing=1.0
    ).to_list():
        depths = sorted({depth for _, (_, depth) in positions}, reverse=True)
        at = {int(node): (float(depths.index(depth)), float(y) + lowest) for node, (y, depth) in positions}
        lowest = 1.0 + max(y for _, y in at.values())
        places |= {names[node]: place for node, place in at.items() if node < len(names)}
        after: dict[int, list[int]] = {}
        for a, b in routed or ():
            after.setdefault(int(a), []).append(int(b))
        for start in (node for node in after if node < len(names)):
            for end, via in _followed(start, after, len(names)):
                if via:
                    bends[names[start], names[end]] = tuple(at[bend] for bend in via)
    return places, bends


def _followed(start: int, after: dict[int, list[int]], nodes: int) -> Iterator[tuple[int, list[int]]]:
    """The edges out of a node, each with the bends on its way."""
    for step in after[start]:
        via: list[int] = []
        while step >= nodes:
            via.append(step)
            step = after[step][0]
        yield step, via
