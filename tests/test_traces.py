"""The way of the gradient traced: any order that can be worked is right; the first line that cannot be is named."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from classroom import SET, small_set
from hypothesis import given
from hypothesis import strategies as st

from backprop.model import Model
from backprop.notation import LATEX, PLAIN, Printer
from course.records import ProblemRecord, SetRecord
from grader import grade
from grader.marking.marks import LineMarks
from grader.marking.traces import traces_of
from worksheets import load_problem, load_set
from worksheets.authoring import AuthoringError
from worksheets.formats import FORMATS
from worksheets.preview import preview_sheet
from worksheets.problem import bundled_problems
from worksheets.recorded import Asked, problem_record
from worksheets.sheet import Sheet

WAY = ["dlogits", "dcontext", "doutput", "dweights", "dscaled", "dscores", "dQ", "dW_Q"]


def traced(name: str, *quantities: str) -> ProblemRecord:
    """A bundled problem of which nothing but ways is asked."""
    traces = frozenset(f"d{quantity}" for quantity in quantities)
    return problem_record(Asked(load_problem(name), frozenset(), 4, None, traces=traces))


TRACED = traced("attention-backprop", "W_Q")
SHEET = Sheet(SetRecord(1, "x", (TRACED,)), load_problem("attention-backprop").variant(seed=1).record)


def judged(typed: object) -> LineMarks:
    return grade(SHEET, {"dW_Q.trace": typed}).line("1.dW_Q.trace")


@pytest.mark.parametrize(
    "typed",
    [
        ", ".join(WAY),
        " ".join(WAY),
        "\n".join(f"{i}. {name}" for i, name in enumerate(WAY, 1)),
        "\n".join(f"- `{name}`" for name in WAY),
        " → ".join(WAY),
        " -> ".join(["loss", *WAY]),
        "L => logits => context => output => weights => scaled => scores => Q => W_Q",
        "; ".join(f"∂L/∂{name[1:]}" for name in WAY),
        r" \to ".join(rf"\frac{{\partial L}}{{\partial \mathrm{{{name[1:]}}}}}" for name in WAY[:-2])
        + r" \to \frac{\partial L}{\partial Q} \to \frac{\partial L}{\partial W_{Q}}",
        ", ".join(f"dL/d{name[1:]}" for name in WAY),
        ", ".join(f"1.{name}" for name in WAY),
        "dlogits, then dcontext, then doutput, dweights, dscaled, dscores, dQ and dW_Q.",
        WAY,
        ", ".join(["dlogits", "dW_O", "dcontext", "doutput", "dV", "dW_V", *WAY[3:], "dK"]),
    ],
)
def test_the_way_is_read_as_people_write_it(typed: object) -> None:
    found = judged(typed)
    assert found.verdict == "correct"
    assert (found.score, found.out_of) == (1.0, 1.0)
    assert found.message.startswith("Right. Read as ∂L/∂logits, ")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (
            "dlogits, doutput, dcontext",
            "∂L/∂output cannot be worked yet: it needs ∂L/∂context, which comes later in your list.",
        ),
        ("dcontext", "∂L/∂context cannot be worked yet: it needs ∂L/∂logits, which is not in your list."),
        ("dlogits, dcontext", "Each line can be worked, but ∂L/∂W_Q itself is missing."),
        ("loss", "Each line can be worked, but ∂L/∂W_Q itself is missing."),
    ],
)
def test_a_wrong_way_names_the_first_line_that_cannot_be_worked(typed: str, says: str) -> None:
    found = judged(typed)
    assert (found.verdict, found.score) == ("wrong", 0.0)
    assert f"Not right. {says}" in found.message


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("dlogits, dfoo", "“dfoo” is not a name on this sheet"),
        ("dlogits, target", "“target” is target, which has no gradient on this sheet."),
        ("dlogits, dQ + dK", "not the name of a line"),
        (7, "The names of lines are asked here, as text."),
        ({"a": 1}, "The names of lines are asked here, as text."),
        ("dQ," * 5000, "a list has at most 5,000"),
        ("dQ, " * 300, "there are 13 gradients on this sheet"),
        ("__import__('os').system('id')", "This could not be read."),
        ("(dQ" * 1000, "This could not be read."),
    ],
)
def test_what_cannot_be_read_says_why(typed: object, says: str) -> None:
    found = judged(typed)
    assert found.verdict == "unreadable"
    assert says in found.message
    assert found.message.endswith("such as dlogits, dcontext, doutput.")


@pytest.mark.parametrize("typed", ["", "  ", None, "____"])
def test_a_blank_is_blank(typed: object) -> None:
    assert judged(typed).verdict == "blank"


@given(st.text(max_size=80))
def test_nothing_raises(typed: str) -> None:
    assert traces_of(TRACED).judge("dW_Q", typed)[0] in ("blank", "unreadable", "wrong", "correct")


def any_order(model: Model, target: str, seed: int) -> Sequence[str]:
    """The lines on the way to one, in a random order that can be worked."""
    rest = random.Random(seed)
    gradients = {line.name: set(line.uses) for line in model.part("backward")}
    wanted, order = {target, *(model.depends_on(target) & set(gradients))}, list[str]()
    while wanted - set(order):
        ready = [n for n in sorted(wanted - set(order)) if not gradients[n] & set(gradients) - set(order)]
        order.append(rest.choice(ready))
    return order


@pytest.mark.parametrize("name", bundled_problems())
def test_any_order_that_can_be_worked_is_right_and_no_other(name: str) -> None:
    model = load_problem(name).model
    lines = model.part("backward")
    record = traced(name, *(line.name[1:] for line in lines))
    traces = traces_of(record)
    printers = [Printer.of(model, style, record.loss) for style in (PLAIN, LATEX)]
    for line in lines:
        for seed in range(3):
            order = any_order(model, line.name, seed)
            assert traces.judge(line.name, ", ".join(order))[0] == "correct"
            for printer in printers:
                typed = " → ".join(printer.name(n) for n in order)
                assert traces.judge(line.name, typed)[0] == "correct", typed
            if len(order) > 1:
                assert traces.judge(line.name, ", ".join(order[1:]))[0] == "wrong"
                assert traces.judge(line.name, ", ".join(order[::-1]))[0] == "wrong"


def test_a_set_asks_for_a_way(tmp_path: Path) -> None:
    text = SET + 'ask = []\ntrace = ["W"]\n'
    sheet = preview_sheet(small_set(tmp_path, text))
    assert sheet.blank_answers()["answers"] == {"1.dW.trace": ""}
    page = sheet.markdown()
    assert "### Trace the gradient flow" in page
    assert "(10 marks)" in page
    assert "from `L` to `∂L/∂W`, in an order in which they can be worked." in page
    assert "`∂L/∂z` → `∂L/∂W`" in sheet.solution()
    assert grade(sheet, {"dW.trace": "dz, dW"}).score == 10
    for ending in FORMATS:
        assert sheet.print(ending)
        assert sheet.print(ending, solution=True)


def test_a_sheet_does_not_print_the_way_that_it_asks_for() -> None:
    page = SHEET.markdown()
    assert "loss = " in page
    for name in [*WAY, "dV", "W_Q_new", "loss_new"]:
        assert f"\n{name} = " not in page


def test_a_way_to_what_has_no_gradient_says_so(tmp_path: Path) -> None:
    path = small_set(tmp_path, SET + 'trace = ["target"]\n')
    with pytest.raises(AuthoringError) as refused:
        load_set(path)
    assert str(refused.value).endswith("trace: no gradient with respect to target; there are: z, W")
