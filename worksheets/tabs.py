"""The tabs of a workbook: a page's strings laid out as blocks of cells, one tab a problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from worksheets.blocks import (
    ENTRY_WIDTH,
    GAP,
    LINE,
    LONGEST_LABEL,
    PAGE_WIDTH,
    TALL,
    Area,
    Block,
    Row,
    Tab,
    grid,
    legal,
    named,
    picture,
    together,
    words,
)

NOTES = "Notes"


def tabs(strings: Mapping[str, Any], pictures: Sequence[Sequence[bytes]]) -> Iterator[Tab]:
    """The tabs of a sheet, or of its worked solution; a sheet has one more, to work on."""
    numbers = count(1)
    for problem, drawn in zip(strings["problems"], pictures, strict=True):
        blocks = [
            *_head(strings, first=problem["number"] == 1),
            *Exercise(strings, problem, numbers).blocks(drawn),
        ]
        yield Tab(tab_title(f"{problem['number']} {problem['title']}"), widths(problem), tuple(blocks))
    if not strings["solution"]:
        yield Tab(NOTES, (), ())


def tab_title(title: str) -> str:
    """A tab's name: at most 31 characters, none that is forbidden there, cut between words if possible."""
    # In formulas an apostrophe would have to be written twice, which not every program undoes.
    plain = " ".join(re.sub(r"[\[\]:*?/\\]", " ", title.replace("'", "’")).split())
    if len(plain) > 31:
        plain = plain[:32].rpartition(" ")[0] if plain[:32].count(" ") > 1 else plain[:31]
    return plain.rstrip()


def widths(problem: Mapping[str, Any]) -> tuple[float, ...]:
    """The widths of a tab's columns: labels, then cells, as many as fill a page or as the widest matrix takes."""
    answers = [answer for part in problem["parts"] for answer in part["answers"]]
    labels = [answer["label"] for answer in answers]
    labels += [step["place"] for answer in answers for step in answer.get("steps", ())]
    labels += [q["name"] for key in ("given", "told", "model") for q in problem[key]]
    first = min(LONGEST_LABEL, max(10, *map(len, labels)) + 2)
    width = max(ENTRY_WIDTH, problem["decimals"] + 5.0)
    values = [q["value"] for key in ("given", "told") for q in problem[key] if not q.get("is_index")]
    values += [answer.get("result", answer["value"]) for answer in answers]
    most = max((line.count("\t") + 1 for value in values for line in value.split("\n")), default=1)
    return (first, *[width] * max(most + 3, int((PAGE_WIDTH - first) / width)))


def _head(strings: Mapping[str, Any], first: bool) -> Iterator[Block]:
    """Whose sheet it is, and how to answer; shorter on the tabs after the first."""
    whose = f"{strings['student']} · {strings['marks']}"
    if not first:
        yield together(words(f"{strings['says']['sheet']} {strings['sheet']} · {whose}", "note"), GAP)
        return
    kind = f" — {strings['says']['worked_solution'].lower()}" if strings["solution"] else ""
    yield words(f"{strings['title']}{kind}", "title")
    row = Row({1: (strings["says"]["sheet"], "text"), 2: (strings["sheet"], "label")})
    yield together(Block((row,), {"sheet": Area(1, 2, 1, 2)}), words(whose), GAP)
    if not strings["solution"]:
        yield together(*(words(f"• {rule}") for rule in strings["rules"]), GAP)


class Exercise:
    """One problem's blocks, with the answers numbered over the whole sheet."""

    def __init__(self, strings: Mapping[str, Any], problem: Mapping[str, Any], numbers: Iterator[int]) -> None:
        self.says, self.solution = strings["says"], strings["solution"]
        self.problem, self.numbers = problem, numbers
        self.widths = widths(problem)
        self.works_width = sum(self.widths[1:])
        answers = [answer for part in problem["parts"] for answer in part["answers"]]
        self.beside = 2 + max((answer["value"].partition("\n")[0].count("\t") + 1 for answer in answers), default=1)

    def blocks(self, pictures: Sequence[bytes]) -> Iterator[Block]:
        problem = self.problem
        yield words(f"{problem['number']}. {problem['title']} ({problem['marks']})", "heading")
        yield words(problem["intro"])
        yield together(words(problem["asked_decimals"], "label"), GAP)
        yield from self._values(self.says["given"], problem["given"])
        yield together(words(problem["trainable"]), GAP)
        yield together(words(self.says["model"], "part"), *(self._line(line) for line in problem["model"]))
        yield together(*(words(f"• {sentence}", "note") for sentence in problem["legend"]), GAP)
        if problem["told"]:
            yield from self._values(self.says["told"], problem["told"])
        graphs = len(problem["pictures"])
        for graph, data in zip(problem["pictures"], pictures[:graphs], strict=True):
            yield picture(graph["caption"], data)
        for part in problem["parts"]:
            heading = together(words(part["title"], "part"), words(part["task"]))
            for answer in part["answers"]:
                yield together(heading, self._solved(answer) if answer["solved"] else self._asked(answer), GAP)
                heading = Block(())
        for i, trace in enumerate(problem["traces"]):
            yield together(words(self.says["trace"] if i == 0 else "", "part"), self._trace(trace), GAP)
        for plot in pictures[graphs:]:
            yield picture(self.says["losses"], plot)

    def _values(self, title: str, quantities: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
        """Quantities with their numbers, under a heading."""
        heading = words(title, "part")
        names = [q["name"] for q in quantities if legal(q["name"]) and not q.get("is_index", True)]
        if names:
            called = f"Formulas on this tab may call cells by name: {', '.join(names)}, and by the names of lines."
            heading += words(called, "note")
        for q in quantities:
            yield together(heading, self._value(q), GAP)
            heading = Block(())

    def _value(self, q: Mapping[str, Any]) -> Block:
        if q.get("is_index"):
            return Block((Row({1: (q["name"], "label"), 2: (q["value"], "text")}),))
        return named(grid(q["name"], q["value"]), _by_name(q["name"]))

    def _line(self, line: Mapping[str, str]) -> Block:
        """A line of the model."""
        return beside(line["name"], f"= {line['formula']}", self.works_width)

    def _asked(self, answer: Mapping[str, Any]) -> Block:
        """Cells to fill in, and beside them what is asked."""
        block = self._entries(answer, answer["value"], TALL, asked=True)
        asked = f"{answer['symbol']}   ({answer['size']}, {answer['marks']})"
        first = Row({**block.rows[0].cells, self.beside: (asked, "aside")}, TALL, block.rows[0].decimals)
        hints = [words(f"{self.says['hint']}: {hint}", "note") for hint in answer["hints"]]
        return together(*hints, self._formula(answer), Block((first, *block.rows[1:]), block.areas))

    def _formula(self, answer: Mapping[str, Any]) -> Block:
        """A cell for the formula, where it is asked."""
        if not (blank := answer["formula_blank"]):
            return Block(())
        block = named(grid(blank["label"], "", "entry", TALL, 0), {f"answer_{next(self.numbers)}": 1})
        asked = f"{answer['symbol']}   ({self.says['a_formula']}, {blank['marks']})"
        first = Row({**block.rows[0].cells, self.beside: (asked, "aside")}, TALL, block.rows[0].decimals)
        return Block((first,), block.areas)

    def _trace(self, trace: Mapping[str, Any]) -> Block:
        """A cell for the way of the gradient to a quantity, or that way itself."""
        task = f"{trace['task']} ({trace['marks']})"
        if trace["solved"]:
            way = beside(trace["label"], trace["way"], self.works_width)
            return together(words(task), way, words(self.says["other_orders"], "note"))
        block = named(grid(trace["label"], "", "entry", TALL, 0), {f"answer_{next(self.numbers)}": 1})
        return together(words(task), block)

    def _solved(self, answer: Mapping[str, Any]) -> Block:
        """The arithmetic in words, and the numbers that come out."""
        formula = f"{answer['symbol']} = {answer['formula']}   ({answer['marks']})"
        steps = []
        for i, step in enumerate(answer["steps"]):
            works = step["works"] if i == 0 else (" ".join(step["works"]),)
            places = (step["place"], *[""] * (len(works) - 1))
            steps += [beside(place, work, self.works_width) for place, work in zip(places, works, strict=True)]
        said = [words(formula, "label"), words(answer["reason"], "note"), *steps, words(answer["more"])]
        return together(*said, self._entries(answer, answer["result"], LINE, asked=self.solution))

    def _entries(self, answer: Mapping[str, Any], value: str, height: float, asked: bool) -> Block:
        block = grid(answer["label"], value, "entry", height, self.problem["decimals"])
        # A line that is worked on the sheet, as an example, is no answer to be read.
        names = {f"answer_{next(self.numbers)}": 1} if asked else {}
        return named(block, {**names, **_by_name(answer["name"])})


def _by_name(name: str) -> Mapping[str, int]:
    return {name: 0} if legal(name) else {}


def beside(place: str, work: str, width: float) -> Block:
    """A text in the second column, with what it is about in the first."""
    block = words(work, width=width, column=2)
    first = Row({1: (place, "text"), **block.rows[0].cells})
    return Block((first if place else block.rows[0], *block.rows[1:]))
