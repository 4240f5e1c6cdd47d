"""A sheet that was marked with something of everything, printed in every format, and the words of its pages."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from html.parser import HTMLParser
from typing import Any

import msgspec
import numpy as np
import pypdfium2
from classroom import TINY

from course.records import SetRecord
from grader import grade
from grader.feedback.formats import FEEDBACK
from grader.feedback.page import LEVELS
from grader.marking.marks import Marks
from worksheets import load_problem
from worksheets.problem import read_problem
from worksheets.sheet import Sheet

FORMULAS = read_problem("tiny", tomllib.loads(TINY), "tiny.toml")
ATTENTION = load_problem("attention-backprop").variant(seed=11)
SAID = "How it is worked out"


def in_decimals(sheet: Sheet) -> dict[str, Any]:
    """The key as a student would write it down."""
    return {name: np.round(value, 4).tolist() for name, value in sheet.key.items()}


def something_of_everything() -> dict[str, Any]:
    """A slip in Q that is followed to weights; a transpose left out; blanks; what cannot be read."""
    own = {name: np.asarray(value) for name, value in in_decimals(ATTENTION).items()}
    own["Q"] = own["Q"] + [[0.5, 0], [0, 0]]
    own["scores"] = (own["Q"] @ own["K"].T).round(4)
    own["scaled"] = (own["scores"] / np.sqrt(2)).round(4)
    own["weights"] = (np.exp(own["scaled"]) / np.exp(own["scaled"]).sum(axis=1, keepdims=True)).round(4)
    own["dK"] = (own["dscores"] @ own["Q"]).round(4)
    answers: dict[str, Any] = {name: value.tolist() for name, value in own.items()}
    (a, b), (_, d) = answers["dW_V"]
    answers |= {"loss": "", "dW_V": [[a, b], ["", d]], "dcontext": "0.5 1.2.3", "dlogits": [[1, 2, 3, 4]]}
    return answers | {"zz": 1}


MARKS = grade(ATTENTION, something_of_everything())


def revealing(sheet_set: SetRecord, level: str) -> SetRecord:
    return msgspec.structs.replace(sheet_set, marking=msgspec.structs.replace(sheet_set.marking, reveal=level))


@cache
def printed(ending: str, level: str, marks: Marks = MARKS) -> bytes:
    return FEEDBACK[ending](revealing(ATTENTION.set, level), ATTENTION.record, marks)


class Words(HTMLParser):
    """What a page of HTML says: its text, without its style; what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.loads: list[str] = []
        self.style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.style = tag == "style"
        self.loads += [f"{key}={value}" for key, value in attributes if key in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        self.style = False

    def handle_data(self, data: str) -> None:
        if not self.style:
            self.said.append(data)


def words_of_html(page: bytes) -> str:
    reader = Words()
    reader.feed(page.decode())
    return " ".join(reader.said)


def words_of_pdf(page: bytes) -> str:
    document = pypdfium2.PdfDocument(page)
    return " ".join(document[i].get_textpage().get_text_bounded() for i in range(len(document)))


def words_of_markdown(page: bytes) -> str:
    return re.sub(r"\\([\\`*_{}\[\]<>#|~$&])", r"\1", page.decode())


READ = {"md": words_of_markdown, "html": words_of_html, "pdf": words_of_pdf}


def squeezed(words: str) -> str:
    """Without the blanks, which a line's end in a PDF may be or hide, and with one sign for minus."""
    return re.sub(r"\s", "", words).replace("−", "-")


@cache
def said(ending: str, level: str, marks: Marks = MARKS) -> str:
    return squeezed(READ[ending](printed(ending, level, marks)))


EVERY = [(ending, level) for ending in FEEDBACK for level in LEVELS]
MARKED = [(ending, level) for ending, level in EVERY if level != "nothing"]
