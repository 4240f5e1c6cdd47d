"""What is handed in is found, whatever else lies beside it, and what can't be read is named with its reason."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from handing_in import answers, calls, one, read_here, reason
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.handed_in import NotRead, Submission
from grader.readers import READERS
from grader.reading.answers import read
from grader.submissions import submissions

GOOD = '{"sheet": "7KQF-M2PX", "answers": {"1.dQ": "[[1, 2], [3, 4]]", "1.loss": 0.5}}'
ANSWERS = {"1.dQ": "[[1, 2], [3, 4]]", "1.loss": 0.5}


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_in_the_encodings_that_editors_write(tmp_path: Path, encoding: str) -> None:
    assert one(tmp_path, "s1.json", GOOD.encode(encoding)) == Submission("s1.json", "7KQF-M2PX", ANSWERS)


def test_json_is_taken_with_small_faults(tmp_path: Path) -> None:
    assert answers(tmp_path, "a.json", '{"sheet": "A", "more": 1, "answers": {" 1.a ": "1"}}') == {"1.a": "1"}
    assert answers(tmp_path, "b.json", '{"sheet": "A", "answers": {"1.a": "1 2\n3 4"}}') == {"1.a": "1 2\n3 4"}
    assert answers(tmp_path, "c.json", '{"sheet": "A", "answers": {"1.a": "1", "1.a": ""}}') == {"1.a": "1"}
    assert answers(tmp_path, "d.json", '{"sheet": "A", "answers": {"1.a": "1", "1.a": "2"}}') == {"1.a": "2"}
    odd = answers(
        tmp_path, "e.json", '{"sheet": "A", "answers": {"1.a": NaN, "1.b": 1e999, "1.c": %s}}' % ("1" * 10**6)
    )
    assert [read(value).entries[0][0].state for value in odd.values()] == ["unreadable"] * 3
    found = one(tmp_path, "f.json", '{"sheet": " 7kqf–m2px ", "answers": {}}')
    assert isinstance(found, Submission)
    assert found.sheet == "7KQF-M2PX"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "This file is empty."),
        (" \n", "This file is empty."),
        ("hello", "This is not JSON: it stops making sense at line 1, column 1. Hand in the form answers.json: {"),
        (GOOD[:-3], "This is not JSON: it stops making sense at line 1, column 75."),
        ('{"sheet": "A",\n "answers": {"1.a": 1,}}', "line 2, column 23."),
        (r'{"sheet": "A", "answers": {"1.a": "\sqrt{2}"}}', "column 36 (in JSON a backslash is typed twice)."),
        ("[1, 2]", "This is JSON, but no object."),
        ('{"answers": {}}', "The sheet's id is missing."),
        ('{"sheet": "", "answers": {}}', "The sheet's id is missing."),
        ('{"sheet": 7, "answers": {}}', "“sheet” is no sheet's id."),
        ('{"sheet": "two words", "answers": {}}', "“sheet” is no sheet's id."),
        ('{"sheet": "A"}', "The answers are missing."),
        ('{"sheet": "A", "answers": [1]}', "“answers” is no object."),
        ("[" * 1_000_000, "too many brackets inside each other"),
        ('{"sheet": "A", "answers": {"1.a": ' + "[" * 1_000_000, "too many brackets inside each other"),
        (GOOD.replace("0.5", '"½"').encode("cp1252"), "not text in UTF-8 (byte 75 is not). Save it again as UTF-8."),
        (b"\xff\xfea", "This file is not text in UTF-8. Save it again as UTF-8."),
        (b"\x00" * 100, "This is not JSON"),
    ],
)  # fmt: skip
def test_json_is_refused_with_the_reason(tmp_path: Path, content: str | bytes, says: str) -> None:
    assert says in reason(tmp_path, "s1.json", content)


def test_large_files_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("large.json", "large.md"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(100_000_000)
    monkeypatch.setattr("grader.readers.files.text_of", lambda data: pytest.fail("it was read"))
    reasons = [found.reason for found in submissions([tmp_path]) if isinstance(found, NotRead)]
    assert reasons == ["This file has 100 MB, and a submission has at most 5 MB."] * 2


def test_a_bad_line_stops_no_other(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    lines = ["\ufeff" + GOOD, "", "no", '{"sheet": "A"}', "x" * 6_000_000, GOOD]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = list(submissions([path]))
    assert [item.source for item in found] == [f"all.jsonl line {n}" for n in (1, 3, 4, 5, 6)]
    assert [isinstance(item, Submission) for item in found] == [True, False, False, False, True]
    assert found[3] == NotRead("all.jsonl line 5", "This line has more than 5 MB, the most for one submission.")


def test_lines_in_utf_16_are_refused_once(tmp_path: Path) -> None:
    assert (
        reason(tmp_path, "all.jsonl", f"{GOOD}\n{GOOD}".encode("utf-16"))
        == "This file is in UTF-16. Save it again as UTF-8."
    )
    assert reason(tmp_path, "none.jsonl", "") == "This file is empty."


# --- files and folders ------------------------------------------------------------------------------------------------


def test_folders_are_walked_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a.JSON", ".hidden.json", "sub/c.json", "sub/deep/d.json", "__MACOSX/a.json", ".git/e.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(GOOD)
    found = list(submissions([tmp_path, tmp_path / "b.json"]))
    assert [item.source for item in found] == ["a.JSON", "b.json", "sub/c.json", "sub/deep/d.json", "b.json"]
    assert all(isinstance(item, Submission) for item in found)


def test_what_has_no_reader_is_named(tmp_path: Path) -> None:
    says = (
        f"This is text, but none of a sheet's answers is in it. Accepted are {', '.join(READERS)}, and .zip of these."
    )
    for name in ("sheet.docx", "sheet", "sheet.txt"):
        assert reason(tmp_path, name, "x") == says
    missing = [tmp_path / "nobody.json", tmp_path / ("n" * 300), tmp_path / "a\x00b.json"]
    assert all(isinstance(item, NotRead) for item in submissions(missing))
    assert next(submissions(missing)) == NotRead("nobody.json", "There is no such file or folder.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs links and pipes")
def test_links_and_pipes_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "keys.json").write_text(GOOD)
    handed_in = tmp_path / "handed-in"
    handed_in.mkdir()
    (handed_in / "out.json").symlink_to(tmp_path / "keys" / "keys.json")
    (handed_in / "folder").symlink_to(tmp_path / "keys")
    (handed_in / "loop.json").symlink_to("loop.json")
    os.mkfifo(handed_in / "pipe.json")
    (handed_in / "own.json").write_text(GOOD)
    (handed_in / "same.json").symlink_to("own.json")
    found = list(submissions([handed_in]))
    assert [item.source for item in found if isinstance(item, Submission)] == ["own.json", "same.json"]
    assert [item.source for item in found if isinstance(item, NotRead)] == [
        "folder",
        "loop.json",
        "out.json",
        "pipe.json",
    ]


def test_names_in_any_bytes_can_be_printed(tmp_path: Path) -> None:
    try:
        with open(os.path.join(os.fsencode(tmp_path), b"\xff\n.json"), "w") as file:
            file.write(GOOD)
    except OSError:
        pytest.skip("this file system takes no such names")
    (found,) = submissions([tmp_path])
    assert found.source.encode().decode().isprintable()


# --- the sheet as Markdown --------------------------------------------------------------------------------------------

SHEET = """# Practice sheet 3

**Sheet 7kqf–M2PX**

Given, on “A B” → “C”:

```
K = [ 0.1  0.2 ]
    [ 0.3  0.4 ]
```

## Backward

The gradient of the loss by Q:

```
1.dQ = [ ______  ______ ]
       [ ______  ______ ]
```

```
1.loss = ______
```

A line that is not asked:

```
W = [ 1 2 ]
```
"""
BLANK_Q = "[ ______  ______ ]\n       [ ______  ______ ]"
FENCE_Q = f"```\n1.dQ = {BLANK_Q}\n```"


def filled(old: str, new: str) -> str:
    assert old in SHEET
    return SHEET.replace(old, new)


def test_the_sheet_as_printed_is_blank(tmp_path: Path) -> None:
    found = one(tmp_path, "sheet.md", SHEET)
    assert found == Submission("sheet.md", "7KQF-M2PX", {"1.dQ": BLANK_Q, "1.loss": "______"})
    assert isinstance(found, Submission)
    assert all(read(value, (2, 2)).how == "" for value in found.answers.values())


@pytest.mark.parametrize(
    "sheet",
    [
        filled(BLANK_Q, "[ 1  2 ]\n       [ 3  4 ]"),
        filled(BLANK_Q, "[[1, 2], [3, 4]]"),
        filled(BLANK_Q, "\n[[1, 2],\n\n [3, 4]]"),
        filled(FENCE_Q, "1.dQ = [[1, 2], [3, 4]]"),
        filled(FENCE_Q, "**1.dQ** = [1 2; 3 4]\n\nI am not sure about this one.\n"),
        filled(FENCE_Q, "> - `1.dQ = [1 2; 3 4]`"),
        filled(FENCE_Q, "1\\. dQ ≈ [1 2; 3 4]"),
        filled(FENCE_Q, "1. dQ = [1 2; 3 4]"),
        filled(FENCE_Q, "$1.d{Q} \\approx \\begin{pmatrix}\n1 & 2 \\\\\n3 & 4\n\\end{pmatrix}$"),
        filled(FENCE_Q, "1.dQ:\n\n| 1 | 2 |\n|---|---|\n| 3 | 4 |\n"),
        filled(FENCE_Q, "> 1.dQ =\n> | 1 | 2 |\n> |---|---|\n> | 3 | 4 |"),
        filled(FENCE_Q, "```\n1.dQ =\n```\n\n[1 2]\n[3 4]\n\n---\n"),
        filled(FENCE_Q, "```\n1.dQ =\n```\n```python\nnp.array([[1, 2],\n          [3, 4]])\n```"),
        filled(FENCE_Q, "```\n1.dQ =\n```\ndQ = [1 2; 3 4]\n"),
        filled(FENCE_Q, f"```\n1.dQ = [1 2; 3 4]\n```\n{FENCE_Q}"),
        filled(FENCE_Q, f"{FENCE_Q}\n1.dQ = 7\n1.dQ = [1 2; 3 4]"),
        filled("```\n1.dQ", "1.dQ").replace(BLANK_Q, "[ 1 2 ]\n[ 3 4 ]"),
        filled(BLANK_Q, "[ 1 2 ]\n[ 3 4 ]").replace("\n", "\r\n"),
    ],
)
def test_answers_in_any_form_are_found(tmp_path: Path, sheet: str) -> None:
    found = answers(tmp_path, "sheet.md", sheet)
    assert read(found["1.dQ"], (2, 2)).how == "read as 2×2 [[1, 2], [3, 4]]"
    assert found["1.loss"] == "______"
    assert set(found) == {"1.dQ", "1.loss"}


def test_an_emptied_place_takes_nothing_from_the_sheet(tmp_path: Path) -> None:
    found = answers(tmp_path, "sheet.md", filled(BLANK_Q, "").replace("1.loss = ______", "1.loss ="))
    assert found == {"1.dQ": "", "1.loss": ""}


def test_names_lose_what_editors_add(tmp_path: Path) -> None:
    found = answers(tmp_path, "s.md", "Sheet: 7KQF-M2PX\n\n1.dW\\_Q = 1\n\n**2.W_Q_new** = 2\n\n2.μ: 3")
    assert found == {"1.dW_Q": "1", "2.W_Q_new": "2", "2.μ": "3"}


def test_a_sheet_without_its_id_is_refused(tmp_path: Path) -> None:
    says = reason(tmp_path, "s.md", SHEET.replace("7kqf–M2PX", ""))
    assert says == "The sheet's id is missing: it stands at the top of the sheet, as in “Sheet 7KQF-M2PX”. Leave it in."


@pytest.mark.parametrize("junk", ["\n", "1.a", "```\n", "\n1.a = 1", "> ", "- ", "_", "sheet ", "1. a", "\\_"])
def test_a_sheet_of_junk_is_read_in_linear_time(tmp_path: Path, junk: str) -> None:
    def read_sheet(characters: int) -> None:
        one(tmp_path, "s.md", "Sheet 7KQF-M2PX\n1.a = " + junk * (characters // len(junk)))

    with read_here():
        few, many = calls(lambda: read_sheet(10_000)), calls(lambda: read_sheet(20_000))
    assert many < 2.1 * few + 1000
    read_sheet(400_000)  # what went through it again and again, within one call, would not come back


# --- nothing raises ---------------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("1.a"), inner, max_size=4),
)
contents = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    anything.map(lambda value: json.dumps(value).encode()),
    anything.map(lambda value: json.dumps({"sheet": "A", "answers": {"1.a": value}}).encode()),
    st.dictionaries(st.sampled_from(["sheet", "answers", "x"]), anything).map(lambda value: json.dumps(value).encode()),
    st.text("Sheet 7KQF-M2PX\n1.a=:`>#*|_[]\\ ", max_size=200).map(lambda text: f"Sheet 7KQF-M2PX\n{text}".encode()),
)


@given(contents, st.sampled_from(list(READERS)))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_raises(tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"handed-in{ending}"
    path.write_bytes(content)
    with read_here():
        all_of_it = list(submissions([path]))
    for found in all_of_it:
        found.source.encode()
        if isinstance(found, Submission):
            assert found.sheet == found.sheet.strip().upper()
            for name, value in found.answers.items():
                name.encode()
                read(value, (2, 2))
        else:
            assert found.reason.endswith((".", "}"))
            found.reason.encode()
