"""The names of answers, and how each kind of page writes them.

An answer is a line of a problem, asked as numbers or as text: `1.dW_Q`, `1.dW_Q.formula`. One of its entries has a row
and a column beside that. Every page and every reader takes these names from here, so that both sides agree.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from keyword import iskeyword

FORMULA, TRACE = IN_WORDS = ("formula", "trace")
"""What may be asked of a line beside its numbers, as text: its formula; the gradients on the way to it, in order."""

_IN_WORDS = "|".join(IN_WORDS)
KIND = rf"(?:\.(?:{_IN_WORDS}))?"
"""The end of an answer's name, as a pattern: nothing where it is numbers."""

PATTERN = rf"[0-9]{{1,4}}\.[^\W\d]\w{{0,80}}{KIND}"
"""An answer's name where a page shows it, as a pattern."""

_NAME = re.compile(rf"([0-9]{{1,4}})\.([^.]+)(?:\.({_IN_WORDS}))?")
# 1-dW--Q-2-3: problem 1, line dW_Q, row 2, column 3; 1-dW--Q-formula: the formula of that line, as text
_PLACE = rf"(?:([1-9][0-9]{{0,2}})-([1-9][0-9]{{0,2}})|({_IN_WORDS}))"
_FIELD = re.compile(rf"([0-9]{{1,4}})-((?:[^\W_]|--){{1,160}})-{_PLACE}")


@dataclass(frozen=True)
class AnswerName:
    """A line of a problem of the sheet, asked as numbers or, where there is a kind, as text."""

    problem: int
    line: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.problem}.{self.within}"

    @property
    def within(self) -> str:
        """Its name among the answers of its problem: dW_Q, dW_Q.formula."""
        return f"{self.line}.{self.kind}" if self.kind else self.line

    @property
    def variable(self) -> str:
        """The name that it is assigned to in Python: dW_Q, dW_Q_formula, lambda_."""
        # As Python reads names: µ on a keyboard is the letter μ.
        name = unicodedata.normalize("NFKC", f"{self.line}_{self.kind}" if self.kind else self.line)
        return f"{name}_" if iskeyword(name) else name

    @property
    def anchor(self) -> str:
        """Its name as a place within a page of HTML."""
        return re.sub(r"\W", "-", str(self))


@dataclass(frozen=True)
class Entry:
    """A place to write in: an entry of an answer by its row and column from 1; text has neither."""

    answer: AnswerName
    row: int = 0
    column: int = 0

    @property
    def field(self) -> str:
        """The name of its field in a form: letters, digits and hyphens, which every PDF reader keeps."""
        place = self.answer.kind or f"{self.row}-{self.column}"
        return f"{self.answer.problem}-{self.answer.line.replace('_', '--')}-{place}"


def answer_name(text: str) -> AnswerName | None:
    """The answer that a name stands for; None where it is none."""
    found = _NAME.fullmatch(text)
    return AnswerName(int(found[1]), found[2], found[3] or "") if found else None


def entry_of(field: str) -> Entry | None:
    """The entry that a form's field is for; None where the field is none of the sheet's."""
    if not (found := _FIELD.fullmatch(field)):
        return None
    answer = AnswerName(int(found[1]), found[2].replace("--", "_"), found[5] or "")
    return Entry(answer) if answer.kind else Entry(answer, int(found[3]), int(found[4]))


def within(name: str) -> str:
    """An answer's name among those of its problem."""
    found = answer_name(name)
    return found.within if found else name


def problem_of(name: str) -> int:
    """The number of the problem that an answer belongs to."""
    return int(name.partition(".")[0])


def is_in_words(name: str) -> bool:
    """Whether an answer is text, such as 1.dW_Q.formula."""
    found = answer_name(name)
    return bool(found and found.kind)


def variable(name: str) -> str:
    """What an answer is assigned to in Python, by its name."""
    found = answer_name(name)
    return found.variable if found else name


def without_escapes(typed: str) -> str:
    """A name as it was printed, where LaTeX or an editor of Markdown put backslashes and braces into it."""
    return re.sub(r"[\\{}]", "", typed)
