"""What is worked out once for objects that have no hash: a record holds dictionaries, so its identity has to serve."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

MOST = 512


def once(work: Callable[P, R]) -> Callable[P, R]:
    """A function that works out its result once for the same arguments: the very same objects, or equal words.

    The arguments are held, so that no other object can take an identity over; a full store starts anew.
    """
    found: dict[tuple[object, ...], tuple[object, R]] = {}

    @wraps(work)
    def kept(*arguments: P.args, **named: P.kwargs) -> R:
        assert not named, "arguments are told apart by their places"
        key = tuple(a if isinstance(a, str | int | type) else id(a) for a in arguments)
        if key not in found:
            if len(found) >= MOST:
                found.clear()
            found[key] = arguments, work(*arguments, **named)
        return found[key][1]

    return kept
