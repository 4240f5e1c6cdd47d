"""The grammar of lines: text to expressions, by an LALR parser that runs nothing.

What is too long, too deep or too large to be worked is refused here, so that no reading need be afraid of it.
"""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from typing import Any

from lark import Lark, Token, Tree, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError
from lark.visitors import Transformer_InPlace

from backprop.expressions import Apply, Expression, ExpressionError, Name, Number, Span, decimal, depth
from backprop.expressions import text as written
from backprop.operations import OPERATIONS

MOST_CHARACTERS = 600
MOST_DEPTH = 40
MOST_DIGITS = 30
LARGEST = Fraction(10) ** 9
SMALLEST = Fraction(1, 10**12)

GRAMMAR = r"""
?start: sum
?sum: product
    | sum "+" product          -> add
    | sum "-" product          -> subtract
?product: unary
    | product "@" unary        -> matmul
    | product "*" unary        -> times
    | product "/" unary        -> over
?unary: power
    | "-" unary                -> minus
    | "+" unary                -> plus
?power: postfix
    | postfix "**" unary       -> to_the
?postfix: atom
    | postfix ".T"             -> transpose
?atom: NUMBER                  -> number
    | NAME                     -> name
    | NAME "(" [sum ("," sum)*] ")"  -> call
    | "(" sum ")"              -> group
NUMBER: /(\d+(\.\d+)?|\.\d+)([eE][+-]?\d{1,3})?/
NAME: /[A-Za-zΑ-ω][A-Za-z0-9_Α-ω]*/
%ignore /[ \t\n]+/
"""

OPERATORS = {
    "add": "+",
    "subtract": "-",
    "matmul": "@",
    "times": "*",
    "over": "/",
    "to_the": "**",
    "transpose": ".T",
}


@v_args(meta=True)
class _Builder(Transformer_InPlace):  # type: ignore[type-arg]
    """Builds nodes from the inside out, without recursion, so that no depth of text can exhaust the stack."""

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Expression:
        return Apply(OPERATORS[str(data)], tuple(children), _span(meta))

    def number(self, meta: Any, children: list[Token]) -> Expression:
        span = _span(meta)
        if len(children[0]) > MOST_DIGITS:
            raise ExpressionError("this number has too many digits", span=span)
        value = Fraction(str(children[0]))
        if value > LARGEST or 0 < value < SMALLEST:
            raise ExpressionError("numbers in a line lie between 1e-12 and 1e9", span=span)
        if not 0 < len(decimal(value)) <= MOST_DIGITS:
            raise ExpressionError("this number has too many digits once it is written out", span=span)
        return Number(value, span)

    def name(self, meta: Any, children: list[Token]) -> Expression:
        return Name(str(children[0]), _span(meta))

    def minus(self, meta: Any, children: list[Expression]) -> Expression:
        if isinstance(children[0], Number):
            return Number(-children[0].value, _span(meta))
        return Apply("neg", (children[0],), _span(meta))

    def group(self, meta: Any, children: list[Expression]) -> Expression:
        return children[0]

    def plus(self, meta: Any, children: list[Expression]) -> Expression:
        return children[0]

    def call(self, meta: Any, children: list[Any]) -> Expression:
        function, arguments = str(children[0]), [c for c in children[1:] if c is not None]
        span = (children[0].start_pos, children[0].end_pos)
        if function not in FUNCTIONS:
            near = get_close_matches(function, FUNCTIONS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FUNCTIONS)}"
            raise ExpressionError(f"no function is called {function}: {hint}", span=span)
        operation = OPERATIONS[function]
        if len(arguments) != len(operation.takes):
            raise ExpressionError(
                f"{function} takes {_count(len(operation.takes))} ({operation.says}); {len(arguments)} given", span=span
            )
        return Apply(function, tuple(arguments), _span(meta))


FUNCTIONS = [name for name in OPERATIONS if name.isidentifier() and name != "neg"]


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", propagate_positions=True, maybe_placeholders=False)


def parse(text: str) -> Expression:
    """The expression that a line's right-hand side says.

    Raises ExpressionError, with the place in the text, where it is not of the language or too large to be worked.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"a line has at most {MOST_CHARACTERS} characters; this one has {len(text)}")
    if not text.strip():
        raise ExpressionError("the line is empty")
    try:
        tree: Tree[Token] = _parser().parse(text)
        expression: Expression = _Builder().transform(tree)
        if depth(expression) > MOST_DEPTH:
            raise ExpressionError(f"more than {MOST_DEPTH} operations deep: give the inner parts lines of their own")
        if len(written(expression)) > MOST_CHARACTERS:
            raise ExpressionError(f"with its spaces this line has more than {MOST_CHARACTERS} characters")
    except ExpressionError as error:
        error.text = text
        raise
    except VisitError as error:
        if isinstance(error.orig_exc, ExpressionError):
            error.orig_exc.text = text
            raise error.orig_exc from None
        raise
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        raise ExpressionError(_stray(text, place), text, (place, place + 1)) from None
    except (UnexpectedToken, UnexpectedEOF) as error:
        raise _unexpected(text, error) from None
    return expression


def is_readable(expression: Expression) -> bool:
    """Whether an expression can be kept as text: its own reads back as the same tree."""
    try:
        return depth(expression) <= MOST_DEPTH and parse(written(expression)) == expression
    except ExpressionError:
        return False


@cache
def parse_rule(rule: str) -> Expression:
    """A line of the table of operations, whose names stand for any expression; parsed once."""
    return parse(rule)


def _span(meta: Any) -> Span | None:
    return None if meta.empty else (meta.start_pos, meta.end_pos)


def _count(n: int) -> str:
    return "1 argument" if n == 1 else f"{n} arguments"


def _stray(text: str, position: int) -> str:
    match text[position]:
        case "^":
            return "a power is written **, as in A ** 2"
        case "." if text[position : position + 2] == ".t":
            return "a transpose is written .T"
        case "'":
            return "a transpose is written .T, as in A.T"
        case "[":
            return "a row is row(A, i) and an entry is entry(A, i, j); there are no brackets in a line"
        case "=":
            return "a line's right-hand side has no “=”"
        case character:
            return f"“{character}” has no meaning here"


def _unexpected(text: str, error: UnexpectedToken | UnexpectedEOF) -> ExpressionError:
    token = getattr(error, "token", None)
    if token is None or token.type == "$END":
        return ExpressionError("the line ends too early", text, (len(text.rstrip()), len(text.rstrip()) + 1))
    hint = ": a product is written * (entrywise) or @ (matrix)" if token.type in ("NAME", "NUMBER", "LPAR") else ""
    return ExpressionError(f"“{token}” cannot stand here{hint}", text, (token.start_pos, token.end_pos))
