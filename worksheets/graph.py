"""The picture of the computation: nodes are quantities, edges say what is worked from what.

The backward pass is the same edges reversed.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    places: dict[str, Place] = {}
    bends: dict[tuple[str, str], tuple[Place, ...]] = {}
    lowest = 0.0
    laid_out = fast_sugiyama.from_edges(pairs, dummy_vertices=True, vertex_spacing=1.0, minimum_length=1)
    for positions, _width, _height, routed in laid_out.to_list():
        at = {node: (float(y), float(x)) for node, (x, y) in positions}
        columns = {x: float(i) for i, x in enumerate(sorted({x for x, _ in at.values()}, reverse=True))}
        at = {node: (columns[x], y + lowest) for node, (x, y) in at.items()}
        lowest = 1.0 + max(y for _, y in at.values())
        places |= {node: place for node, place in at.items() if isinstance(node, str)}
        after: dict[int | str, list[int | str]] = {}
        for a, b in routed or ():
            after.setdefault(a, []).append(b)
        for start in [node for node in after if isinstance(node, str)]:
            for step in after[start]:
                via: list[Place] = []
                while isinstance(step, int):
                    via.append(at[step])
                    step = after[step][0]
                if via:
                    bends[start, step] = tuple(via)
    return places, bends
