"""Is a problem fit to use: its gradients proved, worked three ways, and a few hundred variants drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprop.entries import cells
from backprop.evaluate import work_lines, work_model
from backprop.expressions import Apply, walk
from backprop.mistakes import mistakes
from backprop.model import BACKWARD, FORWARD, Model, small
from backprop.notation import PLAIN, Printer, spoken
from backprop.operations import OPERATIONS
from backprop.rounding import Array
from backprop.symbolic import Proof, prove_model
from backprop.writing import text
from course.numbers import typed_numbers
from course.records import ProblemRecord
from worksheets import cache
from worksheets.authored import AuthoredProblem
from worksheets.authoring import AuthoringError
from worksheets.drawing import draw_given, keyed_random, stacked
from worksheets.effort import bounded
from worksheets.recorded import Asked, problem_record
from worksheets.variants import VariantChecker
from worksheets.witnesses import furthest_from_differences, furthest_from_sympy

VARIANTS = 200
SECONDS = 12.0


@dataclass(frozen=True)
class Size:
    """How large the numbers of a line are over many variants: the middle, and the range of nine tenths of them."""

    line: str
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Spread:
    """How much sheets of a class differ in one respect: the least, the middle and the most of any sheet."""

    what: str
    least: float
    middle: float
    most: float


@dataclass(frozen=True)
class Recognised:
    """A mistake that will be named on a line, the likeliest of its kind, in the words that a student reads."""

    line: str
    kind: str
    says: str
    more: int  # others of this kind on the line


@dataclass(frozen=True)
class Report:
    """What was found of one problem; `failures` are reasons not to use it, `doubts` are for the author to decide."""

    name: str
    gradients: tuple[tuple[str, str], ...]
    proved_at: Mapping[str, int]  # sizes, where they are smaller than the problem's own
    proofs: tuple[Proof, ...]
    furthest_symbolic: float
    furthest_difference: float
    variants: int
    tries: float
    rejected: Mapping[str, int]
    sizes: tuple[Size, ...]
    spreads: tuple[Spread, ...]
    recognised: tuple[Recognised, ...]
    example: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    doubts: tuple[str, ...]
    failures: tuple[str, ...]


def check(asked: Asked, variants: int = VARIANTS) -> Report:
    """A report on one problem of a set: proofs, gradients, variants; kept where there is nothing against its use.

    Raises AuthoringError where this takes too long.
    """
    record = problem_record(asked)
    content = record, asked.problem.givens, variants
    report = cache.load("checks", content, Report)
    if report is None:
        with bounded(asked.problem.where, "checking it", SECONDS), np.errstate(all="ignore"):
            report = _report(asked.problem, record, variants)
        if not report.failures:
            cache.save("checks", content, report)
    return report


def _report(problem: AuthoredProblem, record: ProblemRecord, variants: int) -> Report:
    model = problem.model
    loss = problem.derivation.gradients_of
    failures: list[str] = []
    proofs = tuple(prove_model(model, loss)) if loss else ()
    failures += [f"SymPy cannot confirm {p.line}: entries {_places(p.wrong)} differ" for p in proofs if not p.holds]
    tries, rejected, drawn = 0, Counter[str](), list[Mapping[str, Any]]()
    checker = VariantChecker(problem, record)
    try:
        for found in checker.draw(b"check", [(number,) for number in range(variants)]):
            tries += 1 + sum(found.rejected.values())
            rejected += found.rejected
            drawn.append(found.given)
    except AuthoringError as error:
        failures.append(str(error))
    sample = drawn[0] if drawn else draw_given(problem, keyed_random(b"check", 0, 0))
    symbolic = difference = 0.0
    if loss:
        symbolic, difference = furthest_from_sympy(model, loss, sample), furthest_from_differences(model, loss, sample)
        if not symbolic < 1e-9:
            failures.append(f"NumPy and SymPy differ by {symbolic:.1e} on one variant's gradients")
        if not difference < 1e-5:
            failures.append(f"gradients differ from central differences by {difference:.1e} on one variant")
    return Report(
        problem.name,
        tuple((line.name, line.text) for line in model.part(BACKWARD)),
        {name: size for name, size in small(model).sizes.items() if size < model.sizes[name]},
        proofs,
        symbolic,
        difference,
        len(drawn),
        tries / max(1, len(drawn)),
        rejected,
        tuple(_sizes(record, drawn)),
        tuple(_spreads(record, drawn)),
        tuple(_recognised(record)),
        tuple(_example(record, sample)),
        tuple(f"{line}: {mistake.kind}: {text(mistake.expression)}" for line, mistake in checker.never_seen),
        tuple(_doubts(model, loss)),
        tuple(failures),
    )


def _places(entries: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(f"({i + 1}, {j + 1})" for i, j in entries)


def _sizes(record: ProblemRecord, drawn: list[Mapping[str, Any]]) -> Iterator[Size]:
    """How large the entries of each line are; those that are zero on every sheet are left out."""
    if not drawn:
        return
    worked = _worked(record, drawn)
    for line in record.lines:
        value = np.abs(worked[line.name]).reshape(*(line.shape or (1, 1)), -1)
        entries = [value[i, j] for i, j in cells(line.shape) if (i, j) not in line.always_zero]
        if entries:
            low, middle, high = np.quantile(np.stack(entries), [0.05, 0.5, 0.95])
            yield Size(line.name, float(low), float(middle), float(high))


def _worked(record: ProblemRecord, drawn: list[Mapping[str, Any]]) -> dict[str, Array]:
    """Every line of every variant, batch last."""
    model = record.model()
    return work_lines(model.lines, stacked(drawn), model.sizes)


def _spreads(record: ProblemRecord, drawn: list[Mapping[str, Any]]) -> Iterator[Spread]:
    """Whether sheets are equally hard: signs to mind, digits to multiply, sizes, from the easiest to the hardest."""
    if not drawn:
        return
    worked = _worked(record, drawn)
    quantities = [g.name for g in record.given if g.index is None]
    given = np.concatenate([worked[n].reshape(-1, worked[n].shape[-1]) for n in quantities])
    asked = [line.name for line in record.lines if line.asked]
    if not asked:  # but for the way of a gradient
        return
    answers = np.concatenate([worked[n].reshape(-1, worked[n].shape[-1]) for n in asked])
    answers = np.round(answers, record.decimals)
    digits = [sum(len(f"{abs(x):g}".replace(".", "").strip("0")) for x in sheet) for sheet in given.T]
    for what, values in (
        ("negative numbers given", (given < 0).sum(axis=0)),
        ("digits of the numbers given", np.asarray(digits)),
        ("mean size of the numbers given", np.abs(given).mean(axis=0)),
        ("negative answers", (answers < 0).sum(axis=0)),
        ("mean size of the answers", np.abs(answers).mean(axis=0)),
    ):
        yield Spread(what, float(values.min()), float(np.median(values)), float(values.max()))


def _recognised(record: ProblemRecord) -> Iterator[Recognised]:
    """The known mistakes on each asked line, one of each kind."""
    model = record.model()
    printer = Printer.of(model, PLAIN, record.loss)
    for line, asked in zip(model.lines, record.lines, strict=True):
        if asked.asked:
            known = mistakes(model, line)
            counts = Counter(mistake.kind for mistake in known)
            first = {mistake.kind: mistake for mistake in reversed(known)}
            for kind in counts:
                yield Recognised(line.name, kind, spoken(first[kind].says, printer), counts[kind] - 1)


def _example(record: ProblemRecord, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """One sheet's numbers: what is given, and the value of every line."""
    model = record.model()
    key = work_model(model, given)
    for name in (*given, *(line.name for line in model.lines)):
        decimals = record.decimals if name in key else 4
        yield name, typed_numbers(np.round(np.asarray(key.get(name, given.get(name))), decimals).tolist())


def _doubts(model: Model, loss: str | None) -> Iterator[str]:
    """What an author may want to change."""
    inner = Counter(
        text(node)
        for line in model.part(BACKWARD)
        for node in {n for n in walk(line.expression) if isinstance(n, Apply) and _is_work(n)} - {line.expression}
    )
    largest = [
        e for e, count in inner.items() if count > 1 and not any(e != o and e in o and c > 1 for o, c in inner.items())
    ]
    for expression in largest:
        yield f"{expression} stands in {inner[expression]} gradient lines: the inner expression wants a line of its own"
    # What stands after the loss, or last where there is none, is there for its own sake.
    forward = [line.name for line in model.part(FORWARD)]
    used = {name for line in model.lines for name in line.uses}
    for name in forward[: forward.index(loss) if loss else -1]:
        if name not in used and f"d{name}" not in model.by_name:
            yield f"nothing is worked from {name}"


def _is_work(node: Apply) -> bool:
    """Whether an expression is worth a line: more than a transpose or one constant's root."""
    return sum(isinstance(n, Apply) and not _only_turns(n) for n in walk(node)) >= 2


def _only_turns(node: Apply) -> bool:
    operation = OPERATIONS[node.operation]
    return operation.operator is not None and len(operation.takes) == 1
