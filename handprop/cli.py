"""The command line: each verb is one documented call of the library."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NoReturn, cast, get_args

import typer

from course.clusters import cluster
from course.errors import AuthoringError, CourseError, NotThere
from course.processes import ALL
from course.records import Reveal
from handprop.progress import progress_bar
from handprop.terminal import finish, give_up, open_streams, say, warn

DONE, SOME_FAILED, WRONG_CALL, STOPPED = 0, 1, 2, 130  # the last is what typer makes of Ctrl-C

app = typer.Typer(
    help="Makes and marks hand-calculation practice for backpropagation.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

IdColumn = Annotated[
    str | None, typer.Option("--id-column", help="The header of the roster's column of ids, where it is not found.")
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Processes that work at a time; default: one a core.")]
Backend = Annotated[str, typer.Option("--backend", help="Where they work: loky (here), or a cluster, dask or ray.")]
Scheduler = Annotated[str | None, typer.Option("--scheduler", help="The cluster's address, as tcp://HOST:8786.")]
Out = Annotated[Path, typer.Option("--out", help="The folder to write.")]


@app.command()
def demo(out: Out = Path("handprop-demo")) -> None:
    """The whole round on bundled input: sheets for a small class, filled in and marked."""
    from handprop.demo import run_demo

    for line in run_demo(out):
        say(line)


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The course folder to start.")]) -> None:
    """A course folder to start from: a set and a problem, both commented, a roster, a secret."""
    from worksheets.start import start_course

    for path in start_course(folder):
        say(f"wrote {path}")
    words = ["generate", folder / "set.toml", "--roster", folder / "roster.csv", "--out", folder]
    say(f"Next: handprop {shlex.join(map(str, words))}")


@app.command()
def problems(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A problem or set to show.")] = None,
) -> None:
    """The bundled problems and sets, or one of them: a problem with its gradients."""
    from handprop.reports import list_problems, show

    for line in list_problems() if name is None else show(name):
        say(line)


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE.toml", help="A bundled problem, a problem file or a set.")],
) -> None:
    """Is a problem or set fit to use: proofs, gradients, variants."""
    from handprop.reports import load_checkable, report_lines
    from worksheets.check import check as check_problem

    fit = True
    try:
        for asked in load_checkable(name):
            report = check_problem(asked)
            fit = fit and not report.failures
            for line in report_lines(report):
                say(line)
    except NotThere:
        raise
    except AuthoringError as error:  # what was to be checked is there, and cannot be used
        warn(error)
        raise typer.Exit(SOME_FAILED) from None
    if not fit:
        warn(f"{name} is not fit to use as it is; the lines with FAILED say why")
        raise typer.Exit(SOME_FAILED)


@app.command()
def derive(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE.toml", help="A bundled problem or a problem file.")],
    wrt: Annotated[str, typer.Option("--wrt", help="Differentiate with respect to this quantity, such as W_Q.")],
    format: Annotated[str, typer.Option("--format", help="text or latex.")] = "text",
) -> None:
    """SymPy's symbolic gradient: matrix form and entries."""
    from worksheets.authored import load_authored
    from worksheets.derivations import derivation

    styles = {"text": "plain", "latex": "latex"}
    if format not in styles:
        raise AuthoringError(f"--format {format}: there are text and latex")
    for line in derivation(load_authored(name), wrt, styles[format]):
        say(line)


@app.command()
def generate(
    set_file: Annotated[
        Path, typer.Argument(metavar="SET.toml", help="What is on the sheets: a file or a bundled set.")
    ],
    roster: Annotated[
        Path, typer.Option("--roster", help="Who gets a sheet: a CSV file or a workbook with ids and names.")
    ],
    out: Out,
    id_column: IdColumn = None,
    format: Annotated[
        str, typer.Option("--format", help="Formats of the pages, by commas; none for records only.")
    ] = "",
    corrected: Annotated[
        bool, typer.Option("--corrected", help="A problem's lines were corrected: sheets keep their numbers.")
    ] = False,
    jobs: Jobs = None,
    backend: Backend = "loky",
    scheduler: Scheduler = None,
) -> None:
    """Sheets, worked solutions and records for everyone on a roster."""
    from course.roster import load_roster
    from course.stored import roster_record
    from worksheets.course import generate as generate_course
    from worksheets.formats import FORMATS
    from worksheets.problem_set import load_set

    formats = chosen("--format", format or ",".join(FORMATS), FORMATS)
    earlier = roster_record(out / "instructor")
    students = load_roster(roster, id_column, earlier.id_column if earlier else None)
    for warning in (*students.left_out, *students.warnings):
        warn(warning)
    with cluster(backend, scheduler), progress_bar() as progress:
        done = generate_course(load_set(set_file), students, out, formats, progress, jobs or ALL, corrected)
    for warning in done.warnings:
        warn(warning)
    say(f"{done.new} new sheets, {done.kept} kept, {done.printed} files written")
    if formats:
        say(f"to hand out: {out / 'handout'}")
    say(f"keep to yourself: {out / 'instructor'}")
    if students.left_out:
        raise typer.Exit(SOME_FAILED)


@app.command()
def preview(
    set_file: Annotated[
        Path, typer.Argument(metavar="SET.toml", help="What is on the sheet: a file or a bundled set.")
    ],
    solution: Annotated[bool, typer.Option("--solution", help="The worked solution instead.")] = False,
) -> None:
    """One sheet, on the terminal."""
    from worksheets.preview import preview_sheet

    sheet = preview_sheet(set_file)
    say(sheet.solution() if solution else sheet.markdown())


@app.command()
def grade(
    course: Annotated[Path, typer.Argument(metavar="COURSE", help="The folder that generate wrote.")],
    submissions: Annotated[
        list[Path], typer.Argument(metavar="SUBMISSION...", help="Files, folders, archives (.zip).")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="The folder for the results.")] = None,
    feedback: Annotated[
        str, typer.Option("--feedback", help="Formats of the feedback, md, html and pdf, by commas; or none.")
    ] = "md",
    reveal: Annotated[
        str | None,
        typer.Option("--reveal", help="What feedback shows: nothing, marks, answers, solution; else as the set says."),
    ] = None,
    whose: Annotated[
        str, typer.Option("--as", help="The id of the student whose the submissions are, where a sheet's code is lost.")
    ] = "",
    roster: Annotated[
        Path | None, typer.Option("--roster", help="The roster for the gradebook, if not that of generate.")
    ] = None,
    id_column: IdColumn = None,
    jobs: Jobs = None,
    backend: Backend = "loky",
    scheduler: Scheduler = None,
    explain: Annotated[
        str, typer.Option("--explain", help="Why an answer, such as 1.dQ, gets its marks; then nothing is written.")
    ] = "",
) -> None:
    """Marks what students handed in."""
    if explain:
        from handprop.explaining import print_explanation

        print_explanation(course, submissions, explain, whose)
        return
    if out is None:
        raise AuthoringError("--out is missing: the folder for the results")
    from grader.course import grade_course

    formats: list[str] = []
    if feedback != "none":
        from grader.feedback.formats import FEEDBACK  # with what prints pages: it takes a while to load

        formats = chosen("--feedback", feedback, FEEDBACK)
    levels = get_args(Reveal)
    level = next((known for known in levels if known == reveal), None)
    if reveal != level:
        raise AuthoringError(f"--reveal “{reveal}”: there are {', '.join(levels)}")
    with cluster(backend, scheduler), progress_bar() as progress:
        found = grade_course(course, submissions, out, formats, progress, level, jobs or ALL, whose, roster, id_column)
    for warning in found.warnings:
        warn(warning)
    say(f"{len(found.marks)} marked, {len(found.not_marked)} not marked, {len(found.missing)} missing")
    if found.kept:
        say(f"marks kept from an earlier run: {found.kept}; remove {out} to begin anew")
    say(f"results: {out}")
    if found.not_marked:
        warn(f"{len(found.not_marked)} not marked; {out / 'not_marked.csv'} says why")
        raise typer.Exit(SOME_FAILED)


@app.command()
def regrade(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder that grade wrote.")],
    write: Annotated[bool, typer.Option("--write", help="Write the new marks; else they are only shown.")] = False,
    course: Annotated[Path | None, typer.Option("--course", help="The course's folder, where it has moved.")] = None,
    jobs: Jobs = None,
    backend: Backend = "loky",
    scheduler: Scheduler = None,
) -> None:
    """Marks the same submissions again, after a change: who changes, by how much and why."""
    from grader.again import regrade as mark_again
    from handprop.changes import table

    with cluster(backend, scheduler), progress_bar() as progress:
        found = mark_again(results, write, course, progress, jobs or ALL)
    for warning in found.warnings:
        warn(warning)
    for line in table(found):
        say(line)
    if found.changes or found.reworded:
        say(f"written: {results}" if write else "nothing was written; --write writes the new marks")


def chosen(option: str, typed: str, known: Iterable[str]) -> list[str]:
    """Formats named by commas, each once; “none” is no format. Raises AuthoringError where one is not known."""
    formats = [] if typed == "none" else [name.strip() for name in typed.split(",")]
    for wanted in formats:
        if wanted not in known:
            raise AuthoringError(f"{option} “{wanted}”: there are {', '.join(known)}; or none")
    return list(dict.fromkeys(formats))


UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)
"""A call with an unknown command or option, or without a needed one: click's own, wherever typer keeps it."""


def main() -> NoReturn:
    """Runs the command line: an error is one message on stderr, never a traceback."""
    open_streams()
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        finish()
    except UsageError as error:
        command = error.ctx.command_path if error.ctx else "handprop"
        _fail(f"{error.format_message().rstrip('.')}; see {command} --help")
    except (AuthoringError, CourseError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'standard output'}: {error.strerror}")
    except MemoryError:
        _fail("there is not enough memory for this")
    if code == STOPPED:
        warn("stopped; the same command again goes on")
    sys.exit(code or DONE)


def _fail(message: str) -> NoReturn:
    warn(message)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            give_up(stream)
    sys.exit(WRONG_CALL)


if __name__ == "__main__":
    main()
