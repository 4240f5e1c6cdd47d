"""What stands in one place of an answer becomes a number, or a sentence for the student on what is wrong with it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from grader.reading.two_ways import Asked, Sign, settled
from grader.reading.two_ways import Refused as Refused

NUMBER_FORMS = "Accepted: 0.25, 0,25, -1/3, 2e-3 or sqrt(2)/2."
LONGEST_NUMBER, DEEPEST = 200, 40


@dataclass(frozen=True)
class Entry:
    """One place of an answer: a number, blank, or unreadable with the reason."""

    state: Literal["number", "blank", "unreadable"]
    value: float | None = None
    text: str = ""
    message: str = ""
    decimals: int | None = None  # as typed, and only for a plain decimal: 1/3 has no last place
    asks: str = ""  # what it is about, where the sign of decimals would tell how it is read: 1,234


_STRIPPED_LEFT, _STRIPPED_RIGHT = " \t\n$`*_'\"=≈~:", " \t\n$`*_'\""
_BLANK = re.compile(r"[\s_?.…\-□☐()\[\]{}]*")
# A plain decimal with its sign, and its digits with a point or a comma.
DECIMAL = re.compile(r"([-+]?)\s*([0-9]+(?:\.[0-9]*|,[0-9]+)?|[.,][0-9]+)")
_PLAIN = re.compile(r"[-+]?[0-9]*\.?[0-9]*")
# A comma that can be nothing but a decimal one; where one stands, the others of the answer are decimal too.
DECIMAL_COMMA = re.compile(r"(?<![0-9.,])0?,[0-9]|[0-9],(?:[0-9]{1,2}|[0-9]{4,})(?![0-9.,])")
_TWO_ENTRIES = re.compile(r"(?<=[\w.)}])\s+[-+](?=\S)")
_ENDS = re.compile(r"(?<![0-9.,])([0-9]*[.,][0-9]+)(?:\.{3}|…|\.)\Z")  # 0.333… or the end of a sentence
# Digits in groups of three: 1.234,5 and 1,234.5 and 1'234.5, or several groups. A single group may be decimals.
_GROUPS = re.compile(
    r"(?<![0-9.,'])[0-9]{1,3}(?:(?:\.[0-9]{3})+(?=,[0-9]+(?![0-9.,]))|(?:,[0-9]{3})+(?=\.[0-9])|(?:'[0-9]{3})+"
    r"|(?:\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})(?![0-9'])"
)
_BY_CAUSE: tuple[tuple[type[Exception], str], ...] = (
    (ZeroDivisionError, "This divides by zero."),
    (OverflowError, "This is too large for a number."),
    (ArithmeticError, "This cannot be worked out."),
    (ValueError, "This takes a root or a logarithm that is no real number."),
)


def number(typed: str, where: str = "", sign: Sign | None = None) -> Entry:
    """One number in any form a student may type; `where` is its place in a matrix, for the message.

    `sign` is what stands before decimals; where that is not known, 1,234 is asked about.
    """
    typed = typed.strip()
    text = typed.lstrip(_STRIPPED_LEFT).rstrip(_STRIPPED_RIGHT)
    if _BLANK.fullmatch(text):
        return Entry("blank", text=clip(typed))
    try:
        if len(text) > LONGEST_NUMBER:
            raise Refused(f"This has more than {LONGEST_NUMBER} characters, too many for one number. {NUMBER_FORMS}")
        text = _ENDS.sub(r"\1", text)
        if not _PLAIN.fullmatch(text):
            text = settled(text, sign, clip(text))
            text = _GROUPS.sub(lambda found: re.sub(r"\D", "", found[0]), text)
        if decimal := DECIMAL.fullmatch(text):
            digits = decimal[2].replace(",", ".")
            return Entry("number", float(decimal[1] + digits), clip(typed), "", len(digits.partition(".")[2]))
        dropped = len(typed) - len(typed.lstrip(_STRIPPED_LEFT))
        return Entry("number", _worked_out(text, dropped, in_matrix=bool(where)), clip(typed))
    except Refused as refused:
        about = refused.about if isinstance(refused, Asked) else ""
        return Entry("unreadable", None, clip(typed), said(where, str(refused)), asks=about)


def _worked_out(text: str, offset: int, in_matrix: bool) -> float:
    """The value of an expression such as 1/3 or e^-1/(1+e^-1), or a sentence on what is wrong with it."""
    if in_matrix and _TWO_ENTRIES.search(covered(text)):
        raise Refused(f"“{clip(text)}” is not clear: two entries, with a comma between, or a difference, as in 1-4?")
    check_brackets(text)
    from grader.reading.arithmetic import NoArithmetic, NotMixed, worked_out  # the grammar takes a while to load

    try:
        value = worked_out(text)
    except NoArithmetic as error:
        position, complaint = _complaint(text, error.position, error.token)
        raise Refused(f"character {offset + position + 1}: {complaint} {NUMBER_FORMS}") from None
    except NotMixed as error:
        raise Refused(f"“{error}” is not a mixed number. {NUMBER_FORMS}") from None
    except (ArithmeticError, ValueError) as error:
        raise Refused(next(says for cause, says in _BY_CAUSE if isinstance(error, cause))) from None
    if not isinstance(value, float) or not math.isfinite(value):
        raise Refused("This is too large for a number.")
    return value


def _complaint(text: str, position: int, token: str) -> tuple[int, str]:
    """Where reading stopped, from 0, and what the trouble is there."""
    if token == "$END":
        return len(text) - 1, "something is missing after this."
    piece = re.compile(r"\\?[^\W\d_]+|[0-9.,]+|(?s:.)").match(text, position)
    found = clip(piece[0] if piece else text)
    before = text[:position].rstrip()
    if token and before and (found[0].isalnum() or found[0] in "\\({√"):
        if found[0].isdigit() and before[-1] in "0123456789.,":
            return position, f"digits are not joined over a blank, so “{found}” is a second number."
        return position, f"a sign such as * is missing before “{found}”."
    return position, f"“{found}” is not part of a number."


def covered(text: str) -> str:
    """The text with dots for whatever stands in round or curly brackets, where nothing separates entries."""
    depth, shown = 0, []
    if "(" not in text and "{" not in text:
        return text
    for char in text:
        depth += char in "({"
        shown.append("." if depth > 0 else char)
        depth -= char in ")}"
    return "".join(shown)


def check_brackets(text: str) -> None:
    """Each bracket is closed by one of its kind, and they aren't nested beyond all reason."""
    opened: list[tuple[str, int]] = []
    for i, char in enumerate(text):
        if char in "[({":
            opened.append((char, i))
            if len(opened) > DEEPEST:
                raise Refused(f"{_place(text, i)}: more than {DEEPEST} brackets stand inside each other here.")
        elif char in "])}" and (not opened or opened.pop()[0] != {"]": "[", ")": "(", "}": "{"}[char]):
            raise Refused(f"{_place(text, i)}: “{char}” closes no bracket that was opened.")
    if opened:
        raise Refused(f"{_place(text, opened[-1][1])}: the bracket “{opened[-1][0]}” is never closed.")


def _place(text: str, i: int) -> str:
    line = f"line {text.count(chr(10), 0, i) + 1}, " if "\n" in text else ""
    return f"{line}character {i - text.rfind(chr(10), 0, i)}"


def said(where: str, sentence: str) -> str:
    """“Row 1, column 2, character 3: …”, or whatever of this is known."""
    says = where + (", " if sentence.startswith("character") else ": ") * bool(where) + sentence
    return says[:1].upper() + says[1:]


def clip(text: str) -> str:
    """The text as it can be printed anywhere: short, and without control characters or halves of characters."""
    short = text if len(text) <= 60 else text[:59] + "…"
    return short if short.isprintable() else "".join(char if char.isprintable() else " " for char in short)
