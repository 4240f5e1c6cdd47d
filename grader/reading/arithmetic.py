"""Arithmetic as students type it, such as 1/3, e^-1/(1+e^-1) or 2√2, worked out by a grammar."""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args


class NoArithmetic(Exception):
    """Where reading stopped, from 0, and at what kind of token; without one where the character is none."""

    def __init__(self, position: int, token: str) -> None:
        self.position, self.token = position, token


class NotMixed(Exception):
    """Carries what was typed as a mixed number and is none, such as 0.5½."""


def worked_out(text: str) -> float:
    """The value of an expression. Raises NoArithmetic or NotMixed, or what arithmetic raises: ZeroDivisionError, …"""
    try:
        return _parser().parse(text)  # type: ignore[return-value]
    except UnexpectedInput as error:
        token = error.token.type if isinstance(error, UnexpectedToken) else ""
        raise NoArithmetic(error.pos_in_stream or 0, token) from None


def _power(base: float, exponent: float) -> float:
    value = base**exponent
    if isinstance(value, complex):
        raise ValueError
    return float(value)


_SUPERSCRIPTS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,  # the lesson's logarithm is the natural one
    "log10": math.log10,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    **dict.fromkeys(("sigmoid", "sigma", "σ"), lambda x: 1 / (1 + math.exp(-x))),
    "relu": lambda x: max(x, 0.0),
    "step": lambda x: float(x > 0),
}


@v_args(inline=True)
class _Values(Transformer[Token, float]):
    """The grammar's rules in plain floats, so that nothing typed can become a program or a huge whole number."""

    add, subtract, multiply, divide, negate = operator.add, operator.sub, operator.mul, operator.truediv, operator.neg
    power, root = staticmethod(_power), math.sqrt

    def number(self, digits: str) -> float:
        return float(digits.replace(",", "."))

    def percent(self, digits: str) -> float:
        return self.number(digits) / 100

    def vulgar(self, sign: str) -> float:
        return unicodedata.numeric(sign)

    def mixed(self, digits: str, sign: str) -> float:
        if not digits.isdigit():
            raise NotMixed(f"{digits}{sign}")
        return float(digits) + unicodedata.numeric(sign)

    def superscript(self, base: float, exponent: str) -> float:
        return _power(base, float(exponent.translate(_SUPERSCRIPTS)))

    def digits_over_digit(self, typed: str) -> float:
        over, under = (float(char) for char in typed if char.isdigit())
        return over / under

    def apply(self, name: str, argument: float) -> float:
        return _FUNCTIONS[re.split(r"[.\\]", name.casefold())[-1]](argument)

    def apply_to_two(self, name: str, first: float, second: float) -> float:
        return (max if "max" in name.lower() else min)(first, second)

    def e(self, _: str) -> float:
        return math.e

    def pi(self, _: str) -> float:
        return math.pi


@cache
def _parser() -> Lark:
    grammar = files("grader.reading").joinpath("numbers.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Values())
