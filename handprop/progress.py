"""How far long work is, and how long it will take: on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOKED_BACK = 120.0
"""Seconds of work that the time left is judged by: pieces come back many at a time."""


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A line for each stage of the work: `progress(what, done, of)`; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[time]}"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, speed_estimate_period=LOOKED_BACK) as bars:
        stages: dict[str, TaskID] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in stages:
                stages[what] = bars.add_task(what, total=of, time="left")
            bars.update(stages[what], completed=done, total=of, time="left" if done < of else "")

        yield show
