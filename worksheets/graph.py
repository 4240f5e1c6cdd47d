"""The picture of the computation: nodes are quantities, edges say what is worked from what.

The backward pass is the same edges reversed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import fast_sugiyama

from backprop.model import BACKWARD, FORWARD, Model
from backprop.notation import PLAIN, TYPST, Printer
from course.records import ProblemRecord
from printing.rendering import render


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


WIDTH, COLUMN, ROW = 15.2, 1.75, 0.95
"""Centimetres: the widest that a picture is, and the most that columns and rows are apart."""

CAPTIONS = ("The computation, forward", "Backward: the same edges, reversed")

RESERVED = {"end", "graph", "subgraph", "style", "class", "click", "default", "direction", "flowchart", "call", "href"}
"""Words of Mermaid's own, which cannot name a node."""


class Point(TypedDict):
    """A place in centimetres."""

    x: str
    y: str


class Node(Point):
    """A quantity."""

    id: str
    symbol: str
    given: bool


class DrawnEdge(TypedDict):
    """From one node to another, by way of bends."""

    start: str
    end: str
    via: list[Point]


class Flow(TypedDict):
    """The nodes whose edges lead to the same one."""

    starts: list[str]
    end: str


class Picture(TypedDict):
    """What a template needs to draw a computation."""

    caption: str
    width: str
    height: str
    nodes: list[Node]
    edges: list[DrawnEdge]
    flows: list[Flow]


def pictures(model: Model, printer: Printer) -> list[Picture]:
    """The computation, and its edges reversed where a gradient runs along them: what a template needs to draw each."""
    graph = computation_graph(model)
    drawn = [_picture(graph, printer, backward, caption) for backward, caption in enumerate(CAPTIONS)]
    return [picture for picture in drawn if picture["nodes"]]


def _picture(graph: Graph, printer: Printer, backward: int, caption: str) -> Picture:
    edges = [e for e in graph.edges if e.gradient or not backward]
    nodes = [
        n for n in sorted(graph.places, key=lambda n: graph.places[n]) if any(n in (e.start, e.end) for e in edges)
    ]
    identifier = {n: f"{n}_" if n in RESERVED else n for n in nodes}
    across = min(COLUMN, WIDTH / max(1.0, *(graph.places[n][0] for n in nodes))) if nodes else 0
    points = [graph.places[n] for n in nodes] + [via for e in edges for via in e.via]
    left, top = (min((p[k] for p in points), default=0.0) for k in (0, 1))
    right, bottom = (max((p[k] for p in points), default=0.0) for k in (0, 1))

    def at(place: Place) -> Point:
        return {"x": f"{(place[0] - left) * across:.2f}", "y": f"{(place[1] - top) * ROW:.2f}"}

    def shown(n: str) -> str:
        return printer.name(f"d{n}" if backward and f"d{n}" in printer.gradients else n)

    return {
        "caption": caption,
        "width": f"{(right - left) * across:.2f}",
        "height": f"{(bottom - top) * ROW:.2f}",
        "nodes": [
            {"id": identifier[n], **at(graph.places[n]), "symbol": shown(n), "given": n in graph.givens} for n in nodes
        ],
        "edges": [_edge(e, identifier, at, backward) for e in edges],
        "flows": _flows(edges, identifier, backward),
    }


def _edge(edge: Edge, identifier: Mapping[str, str], at: Any, backward: int) -> DrawnEdge:
    ends = identifier[edge.start], identifier[edge.end]
    via = [at(place) for place in edge.via]
    start, end = reversed(ends) if backward else ends
    return {"start": start, "end": end, "via": via[::-1] if backward else via}


def _flows(edges: Sequence[Edge], identifier: Mapping[str, str], backward: int) -> list[Flow]:
    """The edges that lead to the same node, together: what each line is worked from."""
    into: dict[str, list[str]] = {}
    for edge in edges:
        start, end = (edge.end, edge.start) if backward else (edge.start, edge.end)
        into.setdefault(identifier[end], []).append(identifier[start])
    return [{"starts": starts, "end": end} for end, starts in into.items()]


def drawings(problem: ProblemRecord) -> list[str]:
    """The pictures of a problem as drawings of their own, in Typst."""
    model = problem.model()
    found = pictures(model, Printer.of(model, TYPST, problem.loss))
    return [render("graph.typ.jinja", {"graph": picture}) for picture in found]


def spoken(problem: ProblemRecord) -> list[str]:
    """What the pictures of a problem show, in words, for those who cannot see them."""
    model = problem.model()
    return [_sentence(picture) for picture in pictures(model, Printer.of(model, PLAIN, problem.loss))]


def _sentence(picture: Mapping[str, Any]) -> str:
    called = {node["id"]: node["symbol"] for node in picture["nodes"]}
    flows = [f"{_listed([called[s] for s in flow['starts']])} to {called[flow['end']]}" for flow in picture["flows"]]
    return f"{picture['caption']}. Arrows lead from {'; from '.join(flows)}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
