"""The command line: each verb is one documented call of the library."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from grader.course import CourseError
from worksheets.authoring import AuthoringError

DONE, SOME_FAILED, WRONG_CALL = 0, 1, 2

app = typer.Typer(
    help="Makes and marks hand-calculation practice for backpropagation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Out = Annotated[Path, typer.Option("--out", help="The folder to write.")]


@app.command()
def demo(out: Out = Path("handprop-demo")) -> None:
    """The whole round on bundled input: sheets for a small class, filled in and marked."""
    from handprop.demo import run_demo

    for line in run_demo(out):
        typer.echo(line)


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The course folder to start.")]) -> None:
    """A course folder to start from: a commented set.toml, a roster.csv, a secret."""
    from worksheets.start import start_course

    for path in start_course(folder):
        typer.echo(f"wrote {path}")
    typer.echo(f"Next: handprop generate {folder / 'set.toml'} --roster {folder / 'roster.csv'} --out {folder}")


@app.command()
def problems(name: Annotated[str | None, typer.Argument(help="A problem to show line by line.")] = None) -> None:
    """The bundled problems, or one of them with its gradients."""
    from handprop.reports import list_problems, show_problem

    for line in list_problems() if name is None else show_problem(name):
        typer.echo(line)


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE.toml", help="A bundled problem, a problem file or a set.")],
) -> None:
    """Is a problem or set fit to use: proofs, gradients, variants."""
    from handprop.reports import load_checkable, report_lines
    from worksheets.check import check as check_problem

    fit = True
    for asked in load_checkable(name):
        report = check_problem(asked)
        fit = fit and not report.failures
        for line in report_lines(report):
            typer.echo(line)
    if not fit:
        typer.echo(f"{name} is not fit to use as it is: see above.", err=True)
        raise typer.Exit(SOME_FAILED)


@app.command()
def derive(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE.toml", help="A bundled problem or a problem file.")],
    wrt: Annotated[str, typer.Option("--wrt", help="The quantity to differentiate by, such as W_Q.")],
    format: Annotated[str, typer.Option("--format", help="text or latex.")] = "text",
) -> None:
    """SymPy's symbolic gradient: matrix form and entries."""
    from worksheets.derivations import derivation
    from worksheets.problem import load_problem

    styles = {"text": "plain", "latex": "latex"}
    if format not in styles:
        raise AuthoringError(f"--format {format}: there are text and latex")
    for line in derivation(load_problem(name), wrt, styles[format]):
        typer.echo(line)


@app.command()
def generate(
    set_file: Annotated[Path, typer.Argument(metavar="SET.toml", help="What is on the sheets.")],
    roster: Annotated[Path, typer.Option("--roster", help="A CSV file with the columns id and name.")],
    out: Out,
    format: Annotated[
        str, typer.Option("--format", help="Formats of the pages, by commas; none for records only.")
    ] = "",
) -> None:
    """Sheets, worked solutions and records for everyone on a roster."""
    from worksheets.course import FORMATS
    from worksheets.course import generate as generate_course
    from worksheets.problem_set import load_set
    from worksheets.roster import load_roster

    formats = list(FORMATS) if not format else [] if format == "none" else [f.strip() for f in format.split(",")]
    for wanted in formats:
        if wanted not in FORMATS:
            raise AuthoringError(f"--format {wanted}: there are {', '.join(FORMATS)}, and none for records only")
    students = load_roster(roster)
    for warning in students.warnings:
        typer.echo(warning, err=True)
    with progress_bar() as progress:
        done = generate_course(load_set(set_file), students, out, formats, progress, jobs=os.cpu_count() or 1)
    typer.echo(f"{done.new} new sheets, {done.kept} kept, {done.printed} files written")
    if formats:
        typer.echo(f"to hand out: {out / 'handout'}")
    typer.echo(f"keep to yourself: {out / 'instructor'}")
    if any("left out" in warning for warning in students.warnings):
        raise typer.Exit(SOME_FAILED)


@app.command()
def preview(
    set_file: Annotated[Path, typer.Argument(metavar="SET.toml", help="What is on the sheet.")],
    solution: Annotated[bool, typer.Option("--solution", help="The worked solution instead.")] = False,
) -> None:
    """One sheet, on the terminal."""
    from worksheets.preview import preview_sheet

    sheet = preview_sheet(set_file)
    typer.echo(sheet.solution() if solution else sheet.markdown())


@app.command()
def grade(
    course: Annotated[Path, typer.Argument(metavar="COURSE", help="The folder that generate wrote.")],
    submissions: Annotated[list[Path], typer.Argument(metavar="SUBMISSION...", help="Files, folders, .jsonl files.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the results.")],
    feedback: Annotated[str, typer.Option("--feedback", help="Formats of the feedback, by commas; or none.")] = "md",
) -> None:
    """Marks what students handed in."""
    from grader.course import grade_course
    from grader.feedback import FEEDBACK

    formats = [] if feedback == "none" else [f.strip() for f in feedback.split(",")]
    for wanted in formats:
        if wanted not in FEEDBACK:
            raise CourseError(f"--feedback {wanted}: there are {', '.join(FEEDBACK)}, and none")
    with progress_bar() as progress:
        found = grade_course(course, submissions, out, formats, progress)
    typer.echo(f"{len(found.marks)} marked, {len(found.not_marked)} not marked, {len(found.missing)} students missing")
    typer.echo(f"results: {out}")
    if found.not_marked:
        typer.echo(f"not marked: see {out / 'not_marked.csv'}", err=True)
        raise typer.Exit(SOME_FAILED)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done)  # type: ignore[arg-type]

        yield show


def main() -> NoReturn:
    """Runs the command line: an error is one message on stderr, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that is not UTF-8 shows a question mark for what it lacks, and goes on.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(standalone_mode=True)
    except (AuthoringError, CourseError) as error:
        typer.echo(f"handprop: {error}", err=True)
        sys.exit(WRONG_CALL)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except OSError as error:
        typer.echo(f"handprop: {error.filename or 'a file'}: {error.strerror}", err=True)
        sys.exit(WRONG_CALL)
    sys.exit(DONE)


if __name__ == "__main__":
    main()
