"""A file is what it contains, whatever it is called; what is no submission is named for what it is."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from blank_pages import BLANK
from classroom import contents, hand_in, handprop, marked, reasons, right_answers, small_course
from handing_in import one, reason

from grader import grade_course
from grader.handed_in import Submission
from grader.readers import FILLERS, READERS
from grader.readers.kinds import TOLD_APART
from grader.submissions import submissions

ANSWERS = {"1.dW_Q": [[0.125, -0.5], [0.25, 3]], "1.loss": 0.5, "1.dW_Q.formula": "X.T @ dQ"}
PAGES = {ending: FILLERS[ending](BLANK[ending](), ANSWERS) for ending in FILLERS}
NAMES = (
    "{}.{}.txt",
    "{}.{}.json",
    "{}",
    "{}.zip",
    "{}.docx",
    "{}.pdf",
    "{}.jpg",
    "{}.{}.download",
    "{}.XLSX",
    "{} (1).{}",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_read_whatever_it_is_called(tmp_path: Path, kind: str, name: str) -> None:
    expected, found = one(tmp_path, f"x.{kind}", PAGES[kind]), one(tmp_path, name.format("sheet", kind), PAGES[kind])
    assert isinstance(expected, Submission)
    assert isinstance(found, Submission), found
    assert found.answers == expected.answers


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", ["json", "md", "ipynb"])
def test_a_text_is_read_in_any_encoding(tmp_path: Path, kind: str, encoding: str) -> None:
    found = one(tmp_path, f"{kind}.txt", PAGES[kind].decode().encode(encoding))
    assert isinstance(found, Submission)
    assert found.sheet == "7KQF-M2PX"


def test_many_submissions_under_another_ending(tmp_path: Path) -> None:
    line = json.dumps({"sheet": "7KQF-M2PX", "answers": {"1.a": "1"}})
    for name in ("all.json", "all.txt", "all.jsonl.txt", "all.ndjson"):
        path = hand_in(tmp_path, name, f"{line}\n{line}\n")
        assert [found.source for found in submissions([path])] == [f"{name} line 1", f"{name} line 2"]


AS_TYPED = {
    "json": PAGES["json"].decode(),
    "md": "Sheet 7KQF-M2PX\n\n1.dW_Q = [[0.125, -0.5], [0.25, 3]]\n\n1.loss = 0.5",
}
EDITORS = {
    "paragraphs": lambda text: "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n")),
    "line ends": lambda text: f"<div>{html.escape(text).replace(chr(10), '<br />')}</div>",
    "preformatted": lambda text: f"<pre>{html.escape(text)}</pre>",
    "whole page": lambda text: f"<!DOCTYPE html><head><title>x</title></head><body><p>{html.escape(text)}</p></body>",
    "hard blanks": lambda text: f"<p dir='ltr'>{html.escape(text).replace(' ', '&nbsp;').replace(chr(10), '<br>')}</p>",
    "bare": lambda text: text,
    "words before": lambda text: f"<p>My upload failed, here it is:</p><pre>{html.escape(text)}</pre>",
    "curled": lambda text: "<p>" + re.sub('"([^"]*)"', r"“\1”", text).replace("\n", "<br>") + "</p>",
    "fenced": lambda text: f"Mine:\n\n```\n{text}\n```\n" if text.startswith("{") else text,
}


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize("kind", AS_TYPED)
def test_text_that_was_pasted_into_a_learning_system(tmp_path: Path, kind: str, editor: str) -> None:
    found = one(tmp_path, "onlinetext.html", EDITORS[editor](AS_TYPED[kind]))
    assert isinstance(found, Submission), found
    assert found.sheet == "7KQF-M2PX"
    assert str(found.answers["1.loss"]) == "0.5"


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


NO_SUBMISSIONS = {
    "a JPEG picture": b"\xff\xd8\xff\xe0" + bytes(100),
    "a PNG picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a HEIC picture": b"\0\0\0\x18ftypheic" + bytes(100),
    "a Word document": packed(word__document=b"x"),
    "a PowerPoint presentation": packed(ppt__slides=b"x"),
    "an OpenDocument text": packed(mimetype=b"application/vnd.oasis.opendocument.text"),
    "an OpenDocument workbook": packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
    "a rich text": b"{\\rtf1 1.dQ = 1}",
    "a RAR archive": b"Rar!\x1a\x07" + bytes(50),
    "a 7-Zip archive": b"7z\xbc\xaf\x27\x1c" + bytes(50),
    "a gzip archive": b"\x1f\x8b\x08" + bytes(50),
    "a web page": b"<!DOCTYPE html><html><body>Sign in to continue</body></html>",
    "a link": b"[InternetShortcut]\nURL=https://example.org/answers\n",
    "text": b"Dear Sir, I was ill.",
}


@pytest.mark.parametrize("ending", ["", ".json", ".txt", ".jpg", ".md", ".pdf"])
@pytest.mark.parametrize("what", NO_SUBMISSIONS)
def test_what_is_no_submission_is_named(tmp_path: Path, what: str, ending: str) -> None:
    says = reason(tmp_path, f"handed-in{ending}", NO_SUBMISSIONS[what])
    if what not in ("text", "a web page", "a link") or ending in ("", ".txt", ".jpg"):
        assert what in says


# --- what handprop wrote itself ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of three students in every format, and the results of one of them; tests only read it."""
    folder = tmp_path_factory.mktemp("class")
    course = small_course(folder, formats=("md", "tex", "ipynb", "xlsx", "pdf", "html"))
    wrong = {**right_answers(course, "s1"), "answers": {"1.z": [[5, 5], [5, 5]], "1.loss": 3}}
    paths = [hand_in(folder, "s1.json", wrong), hand_in(folder, "bad.json", "x")]
    for reveal in ("nothing", "solution"):
        grade_course(course, paths, folder / reveal, ("md", "html", "pdf"), reveal=reveal)  # type: ignore[arg-type]
    return course


def own(course: Path) -> dict[str, bytes]:
    """Every page, record and table that handprop writes but for the sheets, and for what students handed in."""
    found = {f"solution.{path.suffix}": path.read_bytes() for path in (course / "instructor/solutions/s1").iterdir()}
    for name in ("set.json", "records.jsonl", "keys.jsonl", "roster.json"):
        found[name] = (course / "instructor" / name).read_bytes()
    for results in ("nothing", "solution"):
        found |= {f"{results}/{name}": data for name, data in contents(course.parent / results).items()}
        found.pop(f"{results}/submissions.jsonl")
    return found


@pytest.mark.parametrize("name", ["{}", "{}.md", "{}.txt", "{}.json", "sheet"])
def test_nothing_that_handprop_wrote_is_a_submission(course: Path, tmp_path: Path, name: str) -> None:
    for number, (path, data) in enumerate(own(course).items()):
        handed_in = tmp_path / "in" / str(number) / name.format(Path(path).name)
        handed_in.parent.mkdir(parents=True)
        handed_in.write_bytes(data)
    found = marked(course, tmp_path, tmp_path / "in")
    assert list(found.marks) == []
    assert len(found.not_marked) == len(own(course))


def test_a_gradebook_and_a_roster_s_record_are_called_so(course: Path, tmp_path: Path) -> None:
    for name in ("solution/gradebook.xlsx", "roster.json"):
        path = tmp_path / "in" / Path(name).name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(own(course)[name])
    marked(course, tmp_path, tmp_path / "in")
    said = {name: reason.partition(":")[0] for name, reason in reasons(tmp_path).items()}
    assert said == {"gradebook.xlsx": "This is a gradebook", "roster.json": "This is the record of a roster"}


def test_a_course_and_results_are_passed_over(course: Path, tmp_path: Path) -> None:
    ran = handprop("grade", course, course.parent, "--out", tmp_path / "results")
    assert ran.out.startswith("1 marked, 5 not marked")
    said = reasons(tmp_path)
    assert "holds a course" in said["course"]
    assert set(said) == {"course", "bad.json", "roster.csv", "set.toml", "tiny.toml"}


def test_a_filled_sheet_with_such_a_title_is_read(tmp_path: Path) -> None:
    for title in ("Week 3 — feedback", "Softmax — worked solution", "Forms — received"):
        page = PAGES["md"].decode().replace("# Practice", f"# {title}\n\nHow to answer:")
        assert isinstance(one(tmp_path, "sheet.md", page), Submission)


def test_readers_are_told_apart() -> None:
    assert set(TOLD_APART) == set(READERS)
