"""The functions that a formula may call, by the names that NumPy and books have for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple, Protocol

from backprop.expressions import Apply, Expression, Name, Number, apply, number, substitute
from backprop.language import parse_rule
from backprop.operations import FUNCTIONS as LANGUAGE
from backprop.operations import OPERATIONS
from backprop.operations.record import INDEX, MATRIX, SIZE, Argument
from backprop.scope import Scope
from backprop.shapes import Shape
from backprop.simplify import simplify
from grader.reading.numbers import Refused


class Misfit(Refused):
    """A formula whose sizes do not fit; the sentence with both sizes is put together only where it is said."""

    def __init__(self, says: Callable[[], str]) -> None:
        super().__init__()
        self.says = says

    def __str__(self) -> str:
        return self.says()


class Sized(NamedTuple):
    """One reading of a part of a formula, and its shape."""

    expression: Expression
    shape: Shape


class Reader(Protocol):
    """What reads the arguments of a function, and tries operations on what they can mean."""

    @property
    def scope(self) -> Scope: ...

    @property
    def line(self) -> Shape: ...

    def read(self, typed: Expression) -> list[Sized]: ...

    def attempt(self, operation: str, *arguments: Sized | Expression) -> Sized | Misfit: ...

    def pairs(self, sign: str, left: Sequence[Sized], right: Sequence[Sized]) -> list[Sized]: ...

    def places(self, typed: Expression, counted_from_1: bool = True) -> list[Expression]: ...

    def sized(self, expression: Expression) -> Sized: ...

    def said(self, reading: Sized) -> str: ...


_CALLED = {alias: name for name, entry in OPERATIONS.items() for alias in entry.aliases}
_BINARY = {
    "matmul": "at", "mm": "at", "dot": "call:dot", "multiply": "entrywise", "mul": "entrywise",
    "hadamard": "entrywise", "divide": "over", "add": "add", "subtract": "subtract",
}  # fmt: skip


def called(reader: Reader, function: str, arguments: Sequence[Expression]) -> Iterator[Sized | Misfit]:
    """What a function that was called can mean."""
    keywords = {
        a.operation[8:]: number_typed(a.arguments[0]) for a in arguments if isinstance(a, Apply) and _is_keyword(a)
    }
    given = [a for a in arguments if not _is_keyword(a)]
    axis = keywords.get("axis", keywords.get("dim"))
    function = _CALLED.get(function, function)
    along = OPERATIONS[function].along if function in OPERATIONS else ()
    if axis is None and along and len(given) == 2:
        axis = number_typed(given.pop())  # np.sum(A, 1)
    if function.endswith("'"):
        return _derivative(reader, _CALLED.get(function[:-1], function[:-1]), given)
    if axis is not None:
        if axis.value not in (-2, -1, 0, 1) or not along:
            raise Refused(f"{function} is not read with this axis: rows are axis 0, columns axis 1.")
        return (_ruled(reader, along[int(axis.value) % 2], a) for a in reader.read(_only(function, given)))
    if function in _BINARY and len(given) == 2:
        return iter(_binary(reader, _BINARY[function], given))
    if function in _OWN:
        return _OWN[function](reader, given)
    if function in LANGUAGE:
        return _operation(reader, function, given)
    raise Refused(f"{function} cannot be used like this in a formula.")


def _binary(reader: Reader, sign: str, given: Sequence[Expression]) -> list[Sized]:
    return reader.pairs("at" if sign == "call:dot" else sign, reader.read(given[0]), reader.read(given[1]))


def _ruled(reader: Reader, rule: str, a: Sized) -> Sized | Misfit:
    """A line of the language with a reading in the place of `a`."""
    if not a.shape:
        return Misfit(lambda: f"{reader.said(a)} is a scalar, and has no rows or columns.")
    rows, columns = (size.expression for size in a.shape)
    stand_for = {"a": a.expression, "rows": rows, "columns": columns}
    return reader.sized(substitute(parse_rule(rule), stand_for))


def _derivative(reader: Reader, function: str, given: Sequence[Expression]) -> Iterator[Sized | Misfit]:
    """σ'(A), by the operation's own adjoint."""
    operation = OPERATIONS.get(function)
    if operation is None or not operation.is_entrywise or len(operation.takes) > 1 or None in operation.adjoint:
        raise Refused(f"{function}' is not read here; write out how the line is worked from the lines before it.")
    (rule,) = operation.adjoint
    for a in reader.read(_only(function, given)):
        out = apply(function, a.expression)
        scope = Scope({"a": a.shape, "out": a.shape})
        by_itself = simplify(substitute(parse_rule(rule or ""), {"g": number(1)}), scope)
        yield reader.sized(substitute(by_itself, {"a": a.expression, "out": out}))


def _operation(reader: Reader, function: str, given: Sequence[Expression]) -> Iterator[Sized | Misfit]:
    """An operation of the language by its name; a size that can only be one may be left out."""
    takes = OPERATIONS[function].takes
    # Where an index says what a size is of, the size may be left out: onehot(k).
    may_miss = takes[-2:] == (INDEX, SIZE)
    missing = takes[len(given) :]
    if len(given) > len(takes) or missing not in ((), (SIZE,)) or (missing and not may_miss):
        raise Refused(f"{function} takes {len(takes)} in its brackets ({OPERATIONS[function].says}).")
    choices = [_argument(reader, kind, argument, function) for kind, argument in zip(takes, given, strict=False)]
    for _ in missing:
        choices.append(_sizes(reader, given[-1]))
    return (reader.attempt(function, *chosen) for chosen in islice(product(*choices), 64))


def _argument(reader: Reader, kind: Argument, typed: Expression, function: str) -> Sequence[Sized | Expression]:
    if kind is MATRIX:
        return reader.read(typed)
    if kind is INDEX:
        return reader.places(typed, counted_from_1=MATRIX not in OPERATIONS[function].takes)
    value = number_typed(typed)
    if value is None and not isinstance(typed, Name):
        raise Refused(f"{function} takes a number or a name there.")
    return [typed if value is None else value]


def _sizes(reader: Reader, index: Expression | None) -> list[Expression]:
    """The sizes that may have been meant where none was said."""
    indices = reader.scope.indices
    runs_over = [indices[index.id].expression] if isinstance(index, Name) and index.id in indices else []
    own = [size.expression for size in reader.line]
    return list(dict.fromkeys([*runs_over, *own, *map(Name, reader.scope.sizes)]))


def _as_transpose(reader: Reader, given: Sequence[Expression]) -> Iterator[Sized | Misfit]:
    return (reader.sized(a.expression.T) for a in reader.read(_only("transpose", given)))


def _as_square(reader: Reader, given: Sequence[Expression]) -> Iterator[Sized | Misfit]:
    return (reader.sized(a.expression**2) for a in reader.read(_only("square", given)))


def _as_outer(reader: Reader, given: Sequence[Expression]) -> Iterator[Sized | Misfit]:
    """Column times row, of two vectors however they lie."""
    if len(given) != 2:
        raise Refused("outer takes 2 vectors in its brackets.")
    for a, b in product(reader.read(given[0]), reader.read(given[1])):
        column = reader.sized(a.expression.T) if a.shape and a.shape[0] == 1 else a
        row = reader.sized(b.expression.T) if b.shape and b.shape[1] == 1 else b
        try:
            yield reader.sized(column.expression @ row.expression)
        except Misfit as misfit:
            yield misfit


def _as_eye(reader: Reader, given: Sequence[Expression]) -> Iterator[Sized | Misfit]:
    yield reader.sized(substitute(parse_rule("diag(spread(1, 1, n))"), {"n": _only("eye", given)}))


def _is_keyword(typed: Expression) -> bool:
    return isinstance(typed, Apply) and typed.operation.startswith("keyword:")


def _only(function: str, given: Sequence[Expression]) -> Expression:
    if len(given) != 1:
        raise Refused(f"{function} takes one thing in its brackets here.")
    return given[0]


def number_typed(typed: Expression) -> Number | None:
    """A number, where one is typed: 2, -1, 1/2."""
    match typed:
        case Number():
            return typed
        case Apply("minus", (inner,)) if (value := number_typed(inner)) is not None:
            return Number(-value.value)
        case Apply("over", (above, below)):
            over, under = number_typed(above), number_typed(below)
            return Number(over.value / under.value) if over and under and under.value else None
    return None


_OWN: Mapping[str, Callable[[Reader, Sequence[Expression]], Iterator[Sized | Misfit]]] = {
    "transpose": _as_transpose,
    "t": _as_transpose,  # in R
    "outer": _as_outer,
    "square": _as_square,
    "eye": _as_eye,
    "identity": _as_eye,
}

FUNCTIONS = frozenset((*LANGUAGE, *_CALLED, *_BINARY, *_OWN))
"""The functions that a formula may call, as they are typed."""

WITHOUT_BRACKETS = frozenset(["exp", "ln", "log", "tanh", "σ"])
"""The functions whose brackets are left out before a single name."""
