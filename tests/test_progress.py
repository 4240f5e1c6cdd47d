"""Long work says on a terminal how far it is and how long it will take, and nothing in a pipe."""

from __future__ import annotations

import io

import pytest

from handprop.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "pipe"])
def test_each_stage_says_what_is_done_and_what_time_is_left(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stderr", stream)
    with progress_bar() as progress:
        progress("drawing numbers", 119, 119)
        progress("printing", 40, 119)
    shown = stream.getvalue()
    if not stream.isatty():
        assert shown == ""
        return
    assert "119/119" in shown
    line = next(line for line in shown.splitlines() if "printing" in line and "40/119" in line)
    assert line.rstrip().endswith("left")
