"""The names that a formula may be written with: every way in which people write one quantity of a problem."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from backprop.expressions import Apply, Expression, Name, number
from backprop.model import BACKWARD, Model
from backprop.notation import LETTERS
from grader.reading.numbers import Refused, clip

_SPELLED = {letter: name for name, letter in LETTERS.items()}
MOST_LISTED = 12
_LEFT_OUT = re.compile(r"[\s_{}(),\\]+")


def key(typed: str) -> str:
    """What the spellings of one name have in common: W_Q, W_{Q} and WQ; η and eta."""
    return "".join(_SPELLED.get(character, character) for character in _LEFT_OUT.sub("", typed))


@dataclass(frozen=True)
class Vocabulary:
    """The names of one problem: its quantities, sizes, indices and labels, and what is differentiated."""

    model: Model
    loss: str | None = None
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def _by_key(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.model.scope.known():
            found.setdefault(key(name), []).append(name)
        return found

    @cached_property
    def _losses(self) -> frozenset[str]:
        return frozenset({"L", "loss", key(self.loss or "loss")})

    @cached_property
    def _gradients(self) -> Mapping[str, str]:
        """∂L/∂X by the key of X."""
        return {key(line.name[1:]): line.name for line in self.model.lines if line.part == BACKWARD}

    def has(self, typed: str) -> bool:
        """Whether this is a name as it stands."""
        return key(typed) in self._by_key

    def find(self, typed: str) -> Expression:
        """What a name stands for. Raises Refused, with the nearest name, where there is none."""
        if typed in self.model.scope.known():
            return Name(str(typed))
        same = self._by_key.get(key(typed), [])
        if len(same) > 1:
            raise Refused(f"“{clip(typed)}” can be read in two ways: is it {' or '.join(same)}?")
        if same:
            return Name(same[0])
        spellings = (self._loss, self._gradient, self._one_hot, self._delta, self._picked, self._label)
        for read in (*spellings, self._run_together):
            if (found := read(typed)) is not None:
                return found
        raise Refused(f"“{clip(typed)}” is not a name on this sheet; {self._nearest(typed)}")

    def gradient(self, below: str) -> str:
        """The name of ∂L/∂X, from X as it was typed."""
        if (found := self._gradients.get(key(below))) is not None:
            return found
        near = get_close_matches(key(below), self._gradients, 1)
        hint = f"did you mean ∂L/∂{self._gradients[near[0]][1:]}?" if near else self._nearest(f"d{below}")
        raise Refused(f"∂L/∂{clip(below.strip())} is not a line of this sheet; {hint}")

    def has_gradient(self, below: str) -> bool:
        """Whether the sheet has a line for the gradient of this."""
        return key(below) in self._gradients

    def is_loss(self, typed: str) -> bool:
        """Whether a gradient of this is one of the sheet's gradients."""
        return re.sub(r"new\d*$", "", key(typed)) in self._losses

    def is_place(self, typed: str) -> bool:
        """Whether this picks a row or an entry: an index, or a label."""
        return self._index(typed) is not None

    def _nearest(self, typed: str) -> str:
        """The nearest name, small letters for capital ones first, or the names that there are."""
        known = self.model.scope.known()
        lower = {key(name).lower(): name for name in reversed(known)}
        near = get_close_matches(key(typed)[:60].lower(), lower, 1)
        if near:
            return f"did you mean {lower[near[0]]}?"
        more = f" and {len(known) - MOST_LISTED} more" if len(known) > MOST_LISTED else ""
        return f"there are {', '.join(known[:MOST_LISTED])}{more}."

    # Spellings that are not the name's own.

    def _loss(self, typed: str) -> Expression | None:
        """The loss, also of a later step: L, L_new."""
        of_step = re.search(r"new\d*$", key(typed))
        name = f"{self.loss}{f'_{of_step[0]}' if of_step else ''}"
        return Name(name) if self.is_loss(typed) and name in self.model.by_name else None

    def _gradient(self, typed: str) -> Expression | None:
        """dL_dQ, grad_Q, Q_grad."""
        for pattern in (r"(?:d|∂)([^\W_]+)_(?:d|∂)_?(.+)", r"(?:grad|nabla)()_?(.+)", r"()(.+)_grad"):
            said = re.fullmatch(pattern, typed, re.DOTALL)
            if said and (not said[1] or self.is_loss(said[1])) and key(said[2]) in self._gradients:
                return Name(self._gradients[key(said[2])])
        return None

    def _one_hot(self, typed: str) -> Expression | None:
        """e_target, 1_{target}: the unit row."""
        said = re.fullmatch(r"[e1y]\s*_\s*\{?\s*([\w]+)\s*\}?", typed)
        index = self._index(said[1]) if said else None
        return None if index is None else Apply("call:onehot", (index,))

    def _delta(self, typed: str) -> Expression | None:
        """δ_{i, j}."""
        said = re.fullmatch(r"δ\s*_\s*\{\s*(\w+)\s*,\s*(\w+)\s*\}", typed)
        places = [number(int(i)) if i.isdecimal() else self._index(i) for i in said.groups()] if said else []
        return None if not places or None in places else Apply("call:delta", tuple(p for p in places if p))

    def _picked(self, typed: str) -> Expression | None:
        """p_{target}, p_target: one entry of a row."""
        said = re.fullmatch(r"(.+?)\s*_\s*\{?\s*([\w]+)\s*\}?", typed, re.DOTALL)
        if said is None or not self.has(said[1]) or (index := self._index(said[2])) is None:
            return None
        return Apply("index", (Name(self._by_key[key(said[1])][0]), index))

    def _index(self, typed: str) -> Expression | None:
        return Name(typed) if typed in self.model.scope.indices else self._label(typed)

    def _label(self, typed: str) -> Expression | None:
        if typed == "last":
            return Apply("label", (number(-1),))
        sizes = {size.name for size in self.model.scope.indices.values()}
        for size, labels in self.labels.items():
            if size in sizes and typed in labels:
                return Apply("label", (number(list(labels).index(typed)),))
        return None

    def _run_together(self, typed: str) -> Expression | None:
        """XW_Q for X W_Q, where there is one way to part it."""
        whole = key(typed)
        if len(whole) > 40:
            return None
        quantities = {k: names[0] for k, names in self._by_key.items() if names[0] in self.model.scope.shapes}
        ways: list[list[list[str]]] = [[[]]]
        for end in range(1, len(whole) + 1):
            here = [
                [*way, quantities[whole[start:end]]]
                for start in range(end)
                if whole[start:end] in quantities
                for way in ways[start]
            ]
            ways.append(here[:3])
        if len(ways[-1]) != 1:
            return None
        first, *others = map(Name, ways[-1][0])
        found: Expression = first
        for other in others:
            found = Apply("beside", (found, other))
        return found
