"""The SymPy reading: symbolic gradients of small matrices, entry by entry, and the proof that every line is right.

Each line is differentiated on its own, with a symbol for every entry that it is worked from: the chain rule then
asks of a gradient line `dX` that, for every entry of X,

    dX[i, j] = Σ over the lines L that use X, Σ over k, l:  dL[k, l] · ∂L[k, l] / ∂X[i, j].

SymPy differentiates the right side from the entries of L alone; the difference to the line that `derive` wrote must
vanish identically.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from backprop.entries import cells, entry_of
from backprop.evaluate import written_out
from backprop.expressions import Apply, Expression, Name, Number, substitute
from backprop.model import BACKWARD, FORWARD, Line, Model, small
from backprop.notation import LATEX, Printer
from backprop.operations import OPERATIONS
from backprop.operations.picking import as_leaf
from backprop.operations.record import INDEX
from backprop.writing import text

Symbol = tuple[str, int, int]


@dataclass(frozen=True)
class Proof:
    """Whether a gradient line is what SymPy's own derivative says, for every entry."""

    line: str
    entries: int
    wrong: tuple[tuple[int, int], ...] = ()

    @property
    def holds(self) -> bool:
        return not self.wrong


class Symbolic:
    """A model read by SymPy; `known` gives indices their values, which the proof runs through one by one."""

    def __init__(self, model: Model, loss: str, known: Mapping[str, int] | None = None) -> None:
        self.model, self.loss, self.known = model, loss, dict(known or {})
        self.gradients = {line.name[1:]: line for line in model.part(BACKWARD)}
        self._entries: dict[Symbol, Any] = {}
        self._symbols: dict[Symbol, Any] = {}
        self._printed_whole: dict[Any, Expression] = {}

    def symbol(self, name: str, i: int = 0, j: int = 0) -> Any:
        """The symbol of an entry; sizes are their numbers."""
        if name in self.model.sizes:
            return sp.Integer(self.model.sizes[name])
        key = (name, i, j)
        if key not in self._symbols:
            self._symbols[key] = sp.Symbol(f"{name}[{i},{j}]")
        return self._symbols[key]

    def read(self, entry: Expression) -> Any:
        """An entry's expression, as SymPy's."""
        if found := as_leaf(entry):
            name, *place = found
            if all(isinstance(k, Number) for k in place):
                return self.symbol(name, *(int(k.value) for k in place if isinstance(k, Number)))
        match entry:
            case Number(value):
                return sp.Rational(value.numerator, value.denominator)
            case Name(id):
                return self.symbol(id)
            case Apply(name, arguments):
                operation = OPERATIONS[name]
                if INDEX in operation.takes and not self.known:
                    return self._opaque(entry)
                if operation.sympy is None:
                    return self.read(written_out(operation, arguments, ()))
                reading = getattr(sp, operation.sympy) if isinstance(operation.sympy, str) else None
                read = [self.read(a) for a in arguments]
                return reading(*read) if reading else operation.sympy(sp, *read)  # type: ignore[operator]

    def _opaque(self, entry: Expression) -> Any:
        """A symbol for an entry whose place is an index that is not known: probs[target], or Kronecker's delta."""
        found = sp.Symbol(text(entry), real=True)
        self._printed_whole[found] = entry
        return found

    def entry(self, expression: Expression, i: int, j: int) -> Any:
        """Entry i, j of a line's right-hand side."""
        return self.read(entry_of(expression, i, j, self.model.scope, self.known))

    def _entry_of(self, line: Line, i: int, j: int) -> Any:
        """An entry of a line between; every entry of what it is worked from asks for it again."""
        key = (line.name, i, j)
        if key not in self._entries:
            self._entries[key] = self.entry(line.expression, i, j)
        return self._entries[key]

    @cached_property
    def _forward(self) -> tuple[Line, ...]:
        """The lines from the trainables to the loss; one without a gradient of its own is written out in its users."""
        lines, inlined = [], dict[str, Expression]()
        for line in self.model.part(FORWARD):
            if line.name not in {self.loss, *self.model.depends_on(self.loss)}:
                continue
            expression = substitute(line.expression, inlined)
            if line.name in self.gradients or line.name == self.loss:
                lines.append(Line(line.name, expression, line.shape))
            elif self.model.depends_on(line.name) & set(self.gradients):
                inlined[line.name] = expression
        return tuple(lines)

    def derivative(self, name: str, i: int, j: int) -> Any:
        """∂loss/∂X[i, j] as SymPy derives it, from the lines that use X and the gradients of those lines."""
        total, own = sp.Integer(0), self.symbol(name, i, j)
        for line in self._forward:
            if name not in line.uses:
                continue
            for k, m in cells(line.shape):
                entry = self._entry_of(line, k, m)
                if own in entry.free_symbols:
                    above = sp.Integer(1) if line.name == self.loss else self.symbol(f"d{line.name}", k, m)
                    # A step has no slope anywhere; SymPy gives it an impulse where it jumps.
                    total += above * sp.diff(entry, own).replace(sp.DiracDelta, lambda *_: sp.Integer(0))
        return total

    def derivative_at(self, name: str, i: int, j: int, worked: Mapping[str, Any]) -> float:
        """SymPy's ∂loss/∂X[i, j] at the numbers of one sheet, arrays with the batch last."""
        expression = self.derivative(name, i, j)
        at = {
            s: worked[n].reshape(-1, worked[n].shape[-1])[a * self._columns(n) + b, 0]
            for (n, a, b), s in self._symbols.items()
        }
        return float(expression.subs({s: float(at[s]) for s in expression.free_symbols}))

    def _columns(self, name: str) -> int:
        shape = self.model.scope.shapes[name]
        return int(shape[1]) if shape else 1

    def claimed(self, name: str, i: int, j: int) -> Any:
        """The same entry of the line that was derived by rule."""
        return self.entry(self.gradients[name].expression, i, j)

    def _written_out(self, expression: Any, name: str) -> Any:
        """An expression in which everything that depends on X is written out down to X."""
        for line in reversed(self.model.part(FORWARD)):
            if name in self.model.depends_on(line.name):
                own = {self.symbol(line.name, k, m): (k, m) for k, m in cells(line.shape)}
                used = own.keys() & expression.free_symbols
                expression = expression.xreplace({s: self.entry(line.expression, *own[s]) for s in used})
        return expression

    def _shares(self) -> dict[Any, Any]:
        """The last entry of each row that adds up to 1, as what the others leave; not where they are trained."""
        found = {}
        for given in self.model.givens:
            if given.rows and not given.trainable:
                rows, columns = map(int, given.shape)
                for i in range(rows):
                    others = [self.symbol(given.name, i, j) for j in range(columns - 1)]
                    found[self.symbol(given.name, i, columns - 1)] = 1 - sum(others)
        return found

    def prove(self, name: str) -> Proof:
        """Whether the line `d<name>` is the derivative, entry by entry, whatever the numbers."""
        shape, shares = self.gradients[name].shape, self._shares()
        wrong = tuple(
            (i, j)
            for i, j in cells(shape)
            if not vanishes(
                self._written_out(self.derivative(name, i, j) - self.claimed(name, i, j), name).xreplace(shares)
            )
        )
        return Proof(f"d{name}", len(list(cells(shape))), wrong)

    def form(self, line: Line, i: int, j: int, style: str) -> str:
        """An entry of a line as SymPy writes it, in the symbols of the lines before it."""
        printer = Printer.of(self.model, style, self.loss)
        value = self.entry(line.expression, i, j)
        shown = {
            s: printer.entry_name(n, a, b) if self.model.scope.shapes.get(n) else printer.name(n)
            for (n, a, b), s in self._symbols.items()
        }
        shown |= {s: printer.expression(entry) for s, entry in self._printed_whole.items()}
        if style == LATEX:
            return str(sp.latex(value, symbol_names=shown, ln_notation=True, mul_symbol=r" \, "))
        plain = sp.sstr(value.xreplace({s: sp.Symbol(name) for s, name in shown.items()}))
        return str(plain).replace("**", "^").replace("*", "·").replace("-", "−").replace("log(", "ln(")


def prove_model(model: Model, loss: str) -> Iterator[Proof]:
    """A proof for every gradient line; where an index is given, for each value that it can have.

    Of a large model the same lines are proved at small sizes: no rule depends on how large a matrix is.
    """
    model = small(model)
    indices = [g for g in model.givens if g.index is not None]
    for name in (line.name[1:] for line in model.part(BACKWARD)):
        best: Proof | None = None
        for known in _choices({g.name: int(g.index or 1) for g in indices}):
            found = Symbolic(model, loss, known).prove(name)
            best = found if best is None or not found.holds else best
            if not found.holds:
                break
        assert best is not None
        yield best


def _choices(counts: Mapping[str, int]) -> Iterator[dict[str, int]]:
    if not counts:
        yield {}
        return
    (name, count), *rest = counts.items()
    for value in range(count):
        for others in _choices(dict(rest)):
            yield {name: value, **others}


def vanishes(expression: Any) -> bool:
    """Whether an expression is zero identically.

    Exponentials are monomials in symbols of their own, so that what is left is a polynomial to expand: unlike
    `simplify` this always ends, and says False only where the polynomial is not zero.
    """
    if expression == 0:
        return True
    powers: dict[Any, Any] = {}

    def exponential(argument: Any) -> Any:
        product = sp.Integer(1)
        for term in sp.Add.make_args(sp.expand(argument)):
            factor, rest = term.as_coeff_Mul()
            product *= powers.setdefault(rest, sp.Dummy(positive=True)) ** factor
        return product

    # Only tanh is rewritten: SymPy's rewriting by exp would turn every power into exponentials of logarithms.
    rational = expression.replace(sp.tanh, lambda x: 1 - 2 / (sp.exp(2 * x) + 1)).replace(
        lambda e: isinstance(e, sp.exp), lambda e: exponential(e.args[0])
    )
    numerator, _ = sp.fraction(sp.together(rational))
    return bool(sp.expand(numerator) == 0)
