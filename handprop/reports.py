"""What the command line prints of problems and checks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from backprop.model import AGAIN, BACKWARD, FORWARD, THEN, UPDATE
from backprop.shapes import describe
from worksheets.authored import bundled_problems, load_authored
from worksheets.authoring import read_toml
from worksheets.check import Report
from worksheets.problem_set import bundled_sets, load_set, set_file
from worksheets.recorded import Asked

TITLES = {
    FORWARD: "Forward",
    BACKWARD: "Backward",
    UPDATE: "Update",
    AGAIN: "Forward with the new weights",
    THEN: "Then",
}


def list_problems() -> Iterator[str]:
    """The bundled problems with their titles, then the bundled sets."""
    titles = {name: load_authored(name).title for name in bundled_problems()}
    sets = {name: load_set(name).title for name in bundled_sets()}
    width = max(map(len, [*titles, *sets]))
    yield from (f"{name:{width}}  {title}" for name, title in titles.items())
    yield ""
    yield "Sets, to be used by their names where a set's file is asked:"
    yield from (f"{name:{width}}  {title}" for name, title in sets.items())


def show_set(name: str) -> Iterator[str]:
    """A bundled set: its problems, and what is asked of each."""
    problem_set = load_set(name)
    record = problem_set.record()
    yield problem_set.title
    yield ""
    width = max(len(problem.name) for problem in record.problems)
    for number, problem in enumerate(record.problems, 1):
        asked = [line for line in problem.lines if line.asked]
        yield f"  {number}  {problem.name:{width}}  {problem.marks:g} marks  {len(asked)} lines  {problem.title}"


def show(name: str) -> Iterator[str]:
    """A problem, or a bundled set."""
    return show_set(name) if name in bundled_sets() else show_problem(name)


def show_problem(name: str) -> Iterator[str]:
    """A problem, line by line, with its gradients."""
    problem = load_authored(name)
    model = problem.model
    yield problem.title
    if problem.intro:
        yield problem.intro
    yield ""
    yield "Given"
    for given in model.givens:
        kind = f"an index into {given.index} = {int(given.index)}" if given.index is not None else describe(given.shape)
        fixed = problem.givens[given.name].fixed
        more = ", trainable" if given.trainable else f", {fixed:g}" if isinstance(fixed, float) else ""
        yield f"  {given.name}: {kind}{more}"
    width = max(len(line.name) for line in model.lines)
    for (step, part), lines in groupby(model.lines, key=lambda line: (line.step, line.part)):
        yield ""
        yield TITLES[part] + (f", step {step}" if step > 1 and part != THEN else "")
        yield from (f"  {line.name:{width}} = {line.text}" for line in lines)


def load_checkable(name: str) -> list[Asked]:
    """What `check` is asked of: the problems of a set file, or one problem with everything asked."""
    if name not in bundled_problems():
        path = set_file(name) if Path(name).stem in bundled_sets() else Path(name)
        if path.suffix == ".toml" and "problem" in read_toml(path):
            return list(load_set(path).problems)
    problem = load_authored(name)
    return [Asked(problem, frozenset(line.name for line in problem.model.lines), 4, None)]


def report_lines(report: Report) -> Iterator[str]:
    """A check's findings, for the author."""
    yield f"{report.name}"
    if report.gradients:
        sizes = ", ".join(f"{name} = {size}" for name, size in report.proved_at.items())
        yield f"  gradients, derived and proved by SymPy entry by entry{f' (at {sizes})' if sizes else ''}:"
        width = max(len(name) for name, _ in report.gradients)
        proved = {proof.line: proof for proof in report.proofs}
        for name, line in report.gradients:
            proof = proved[name]
            mark = f"proved, {proof.entries} entries" if proof.holds else "NOT CONFIRMED"
            yield f"    {name:{width}} = {line}   ({mark})"
        yield f"  NumPy against SymPy's derivatives on one variant: furthest {report.furthest_symbolic:.1e}"
        yield f"  NumPy against central differences on one variant: furthest {report.furthest_difference:.1e}"
    if report.variants:
        yield f"  {report.variants} variants drawn, {report.tries:.1f} tries each"
        for reason, count in sorted(report.rejected.items(), key=lambda item: -item[1])[:6]:
            yield f"    {count:4} draws rejected: {reason}"
    if report.sizes:
        yield "  size of the numbers (without sign; 5 %, middle, 95 %):"
        width = max(len(size.line) for size in report.sizes)
        yield from (f"    {s.line:{width}}  {s.low:9.4f} {s.middle:9.4f} {s.high:9.4f}" for s in report.sizes)
    if report.spreads:
        yield "  how much sheets differ (least, middle, most of any sheet):"
        width = max(len(spread.what) for spread in report.spreads)
        yield from (f"    {s.what:{width}}  {s.least:8.4g} {s.middle:8.4g} {s.most:8.4g}" for s in report.spreads)
    if report.example:
        yield "  one sheet's numbers:"
        width = max(len(name) for name, _ in report.example)
        yield from (f"    {name:{width}} = {value}" for name, value in report.example)
    if report.recognised:
        count = sum(1 + mistake.more for mistake in report.recognised)
        yield f"  {count} mistakes will be recognised; of each kind on each line the likeliest:"
        width = max(len(mistake.line) for mistake in report.recognised)
        for mistake in report.recognised:
            more = f" (and {mistake.more} more)" if mistake.more else ""
            yield f"    {mistake.line:{width}}  {mistake.kind}{more}: {mistake.says}"
    if report.hidden:
        yield f"  {len(report.hidden)} known mistakes that these numbers do not show, or hardly ever:"
        yield from (f"    {hidden}" for hidden in report.hidden)
    yield from (f"  doubtful: {doubt}" for doubt in report.doubts)
    yield from (f"  FAILED: {failure}" for failure in report.failures)
    if not report.failures:
        yield "  fit to use"
