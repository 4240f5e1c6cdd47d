"""What a typed formula can mean where the sizes are known: expressions of the language, the usual reading first.

Juxtaposition and `@` are the matrix product, ⊙ is entry by entry, a scalar always scales. What `*`, `·` and × are
between two matrices differs from book to book, so they are read in each way in which the sizes fit: as matrix products,
`·` as one and `*` not, entry by entry, at last mixed. But beside an `@` a `*` is entry by entry, as in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from backprop.errors import ExpressionError
from backprop.expressions import Apply, Expression, Name, Number, number, walk
from backprop.language import SYNTAX, parse_rule
from backprop.model import Line
from backprop.notation import Printer
from backprop.operations import OPERATIONS
from backprop.operations.record import MATRIX
from backprop.scope import Scope, shape_of
from backprop.shapes import Shape, describe, spread_together
from grader.formulas.functions import Misfit, Sized, called, number_typed
from grader.reading.numbers import Refused

MOST_READINGS, MOST_MIXED, MOST_TRIED = 4, 40, 1500
MANY_WAYS = "This can be read in too many ways. Write @ for a matrix product, * for entry by entry, and fewer brackets."

PRODUCT, ENTRYWISE, OVER, ADD, SUBTRACT = (SYNTAX[sign] for sign in ("MatMult", "Mult", "Div", "Add", "Sub"))
BOTH = (PRODUCT, ENTRYWISE)
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "at": (PRODUCT,),
    "beside": (PRODUCT,),
    "entrywise": (ENTRYWISE,),
    "star": BOTH,
    "times": BOTH,
    "dot": BOTH,
    "over": (OVER,),
    "add": (ADD,),
    "subtract": (SUBTRACT,),
}
_CUSTOMS: Sequence[Mapping[str, tuple[str, ...]]] = (
    dict.fromkeys(("dot", "star", "times"), BOTH),
    {"dot": BOTH, "star": BOTH[::-1], "times": BOTH[::-1]},
    dict.fromkeys(("dot", "star", "times"), BOTH[::-1]),
)
"""What a sign between matrices is to different people: what is tried first, and what where that does not fit."""
_NUMPY = {"at", "call:matmul", "call:mm", "call:dot", "call:bmm"}


class Tries:
    """How often something may still be tried on one formula: what multiplies comes to an end, with a message."""

    def __init__(self) -> None:
        self.left = MOST_TRIED

    def one(self) -> None:
        if self.left == 0:
            raise Refused(MANY_WAYS)
        self.left -= 1


@dataclass(frozen=True)
class _Reader:
    """Reads one formula where names have certain shapes."""

    scope: Scope
    line: Shape
    printer: Printer
    numpy: bool  # whether `@` stands in the formula
    custom: Mapping[str, tuple[str, ...]] | None  # None: every sign may be either
    describe: Callable[[Shape], str]
    tries: Tries

    def read(self, typed: Expression) -> list[Sized]:
        """Every reading whose sizes fit. Raises Misfit, on the first that was tried, where there is none."""
        match typed:
            case Number():
                return [Sized(typed, ())]
            case Name():
                return [self.sized(typed)]
            case Apply("e", ()):
                raise Refused("e stands alone here; write exp(A).")
            case Apply("index", (whole, *places)):
                return self._first(self._picked(whole, places))
            case Apply("row_of", (inner, place)):
                return self._first(self._row_of(inner, place))
            case Apply("power", (base, exponent)):
                return self._first(self._power(base, exponent))
            case Apply("transpose", (inner,)):
                return self._first(self.ruled("a.T", a) for a in self.read(inner))
            case Apply("minus", (inner,)):
                return self._first(self._minus(a) for a in self.read(inner))
            case Apply(sign, (left, right)) if sign in _SIGNS:
                return self.pairs(sign, self.read(left), self.read(right))
            case Apply(operation, arguments) if operation.startswith("call:"):
                return self._first(called(self, operation[5:], arguments))
        raise Refused("This cannot stand where it does in a formula.")

    def _first(self, tries: Iterable[Sized | Misfit]) -> list[Sized]:
        """The readings that fit, as many as are looked at; the first misfit is raised where none does."""
        found: list[Sized] = []
        misfit: Misfit | None = None
        for tried in tries:
            if isinstance(tried, Misfit):
                misfit = misfit or tried
            else:
                found.append(tried)
                if len(found) == MOST_READINGS:
                    break
        if not found:
            raise misfit or Refused("This cannot stand where it does in a formula.")
        return found

    def sized(self, expression: Expression) -> Sized:
        self.tries.one()
        try:
            return Sized(expression, shape_of(expression, self.scope))
        except ExpressionError as error:
            reason = error.reason
            raise Misfit(lambda: f"{reason}.") from None

    def attempt(self, operation: str, *arguments: Sized | Expression) -> Sized | Misfit:
        """An operation of the language on readings, where their shapes fit; what is no reading stands as it is."""
        self.tries.one()
        whole = Apply(operation, tuple(a.expression if isinstance(a, Sized) else a for a in arguments))
        stand_in: list[Expression] = []
        shapes: dict[str, Shape] = {}
        for i, argument in enumerate(arguments):
            if isinstance(argument, Sized) and OPERATIONS[operation].takes[i] is MATRIX:
                shapes[f"·{i}"] = argument.shape
                stand_in.append(Name(f"·{i}"))
            else:
                stand_in.append(whole.arguments[i])
        try:
            scope = Scope(shapes, self.scope.sizes, self.scope.indices)
            return Sized(whole, shape_of(Apply(operation, tuple(stand_in)), scope))
        except ExpressionError as error:
            reason = error.reason
            return Misfit(lambda: self._misfit(operation, arguments, reason))

    def ruled(self, rule: str, *arguments: Sized | Expression) -> Sized | Misfit:
        """The operation of a rule on readings: `row(a, k)`."""
        operation = parse_rule(rule)
        assert isinstance(operation, Apply)
        return self.attempt(operation.operation, *arguments)

    def _misfit(self, operation: str, arguments: Sequence[Sized | Expression], reason: str) -> str:
        if operation in (PRODUCT, ENTRYWISE, OVER, ADD, SUBTRACT):
            a, b = (x for x in arguments if isinstance(x, Sized))
            sizes = f"{self.said(a)} is {self.describe(a.shape)} and {self.said(b)} is {self.describe(b.shape)}"
            if operation == PRODUCT:
                return f"{sizes}: in a matrix product the first has as many columns as the second has rows."
            return f"{sizes}: entry by entry, the sizes are equal."
        for i, argument in enumerate(arguments):
            if isinstance(argument, Sized):
                reason = reason.replace(f"·{i}", self.said(argument))
        return f"{reason}."

    def said(self, reading: Sized) -> str:
        """A part of a formula as the student reads it."""
        return self.printer.expression(reading.expression)

    def pairs(self, sign: str, left: Sequence[Sized], right: Sequence[Sized]) -> list[Sized]:
        return self._first(self._combined(sign, left, right))

    def _combined(self, sign: str, left: Sequence[Sized], right: Sequence[Sized]) -> Iterator[Sized | Misfit]:
        ways = (self.custom or _SIGNS).get(sign, _SIGNS[sign])
        if self.numpy and sign in ("star", "times"):
            ways = (ENTRYWISE,)
        for a, b in product(left, right):
            if PRODUCT in ways and not (a.shape and b.shape):
                # A scalar scales. So `@` with a scalar is taken as what can only have been meant.
                yield self.attempt(ENTRYWISE, a, b)
                continue
            for way in ways:
                tried = self.attempt(way, a, b)
                yield tried
                if self.custom and isinstance(tried, Sized):
                    break

    def _minus(self, a: Sized) -> Sized:
        if isinstance(a.expression, Number):
            return Sized(Number(-a.expression.value), ())
        return Sized(-a.expression, a.shape)

    def _power(self, base: Expression, exponent: Expression) -> Iterator[Sized | Misfit]:
        if base == Apply("e", ()):
            yield from (self.ruled("exp(a)", a) for a in self.read(exponent))
            return
        value = number_typed(exponent)
        if value is None:
            raise Refused("An exponent is a number here, as in A^2.")
        yield from (self.ruled("a ** 2", a, value) for a in self.read(base))

    def _row_of(self, inner: Expression, place: Expression) -> Iterator[Sized | Misfit]:
        """“row 1 of Aᵀ”: a row of Aᵀ, or as a column the row of A."""
        yield from (self.ruled("row(a, k)", a, place) for a in self.read(inner))
        match inner:
            case Apply("transpose", (untransposed,)):
                for a in self.read(untransposed):
                    row = self.ruled("row(a, k)", a, place)
                    yield self.ruled("a.T", row) if isinstance(row, Sized) else row

    # Entries and rows, whose places people count from 0 or from 1.

    def _picked(self, whole: Expression, places: Sequence[Expression]) -> Iterator[Sized | Misfit]:
        choices = [self.places(place) for place in places]
        for a in self.read(whole):
            for picked in product(*choices):
                if len(picked) == 2:
                    yield self.ruled("entry(a, i, j)", a, *picked)
                elif len(picked) == 1 and a.shape and a.shape[0] == 1:
                    yield self.ruled("entry(a, i, j)", a, number(0), *picked)
                elif len(picked) == 1:
                    yield self.ruled("row(a, k)", a, *picked)

    def places(self, typed: Expression, counted_from_1: bool = True) -> list[Expression]:
        """The places that an index can mean."""
        match typed:
            case Name():
                return [typed]
            case Apply("label", (place,)):
                return [place]
        value = number_typed(typed)
        if value is None or value.value.denominator != 1:
            raise Refused("A row or an entry is picked by a whole number or an index.")
        before = [number(value.value - 1)] if counted_from_1 and value.value >= 1 else []
        return [*before, value]


def readings(
    typed: Expression,
    scope: Scope,
    line: Line,
    printer: Printer,
    tries: Tries,
    describe: Callable[[Shape], str] = describe,
) -> list[Expression]:
    """What a formula can mean for a line, the usual reading first. Raises Misfit where its sizes do not fit."""
    nodes = [node.operation for node in walk(typed) if isinstance(node, Apply)]
    customs: list[Mapping[str, tuple[str, ...]] | None] = [None]
    if any(operation in _CUSTOMS[0] for operation in nodes):
        customs = [*_CUSTOMS, None] if len(nodes) <= MOST_MIXED else [*_CUSTOMS]
    numpy = any(operation in _NUMPY for operation in nodes)
    found: dict[Expression, Shape] = {}
    misfit: Misfit | None = None
    for custom in customs:
        try:
            for reading in _Reader(scope, line.shape, printer, numpy, custom, describe, tries).read(typed):
                found.setdefault(reading.expression, reading.shape)
        except Misfit as one:
            misfit = misfit or one
    if not found:
        raise misfit or Misfit(lambda: "its sizes do not fit.")
    fitting = [expression for expression, shape in found.items() if _fits(shape, line.shape)]
    if not fitting:
        shape = next(iter(found.values()))
        raise Misfit(lambda: sizes_differ(shape, line, printer, describe))
    return fitting


def sizes_differ(shape: Shape, line: Line, printer: Printer, describe: Callable[[Shape], str] = describe) -> str:
    """What is said of a formula that gives another size than the line's."""
    return f"the formula gives {describe(shape)}, and {printer.name(line.name)} is {describe(line.shape)}."


def _fits(shape: Shape, line: Shape) -> bool:
    """Whether a value is of the line's shape, or is spread to it: 1 / n where every entry is that."""
    try:
        return tuple(spread_together(shape, line)) == tuple(line) or (not line and set(shape) == {1})
    except ExpressionError:
        return False
