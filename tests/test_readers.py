"""Whatever is handed in under whatever ending: a submission, or a sentence that says what to do, and no traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from blank_pages import BLANK
from handing_in import one, reason

from grader.handed_in import NotRead, Submission
from grader.readers import FILLERS, READERS
from grader.readers.kinds import WHAT_TO_DO
from grader.reading.answers import read
from grader.submissions import submissions

ANSWERS = {"1.dW_Q": [[0.125, -0.5], [0.25, 3]], "1.loss": 0.5, "1.dW_Q.formula": "X.T @ dQ"}
PAGES = {ending: FILLERS[ending](BLANK[ending](), ANSWERS) for ending in FILLERS}
ENDINGS = [ending for ending in READERS if ending != ".jsonl"]
PRINTED = [f".{ending}" for ending in PAGES]
FILES = Path(__file__).parent / "filled"


def answered(folder: Path, ending: str, content: bytes) -> Submission | NotRead:
    """One file handed in: a submission whose answers can all be read, or a sentence."""
    found = one(folder, f"handed-in{ending}", content)
    if isinstance(found, NotRead):
        assert found.reason.endswith((".", "}")), found.reason
        assert found.reason.isprintable()
        assert len(found.reason) < 500
    else:
        assert found.sheet
        for name, value in found.answers.items():
            name.encode()
            for shape in ((), (2, 2)):
                for message in read(value, shape).messages:
                    message.encode()
    return found


ODD = {
    "empty": b"",
    "blanks": b" \n\t\n",
    "zeros": bytes(5000),
    "text": "Ich weiß es nicht.".encode(),
    "latin": "Ich weiß es nicht.".encode("latin-1"),
    "wide": "Sheet 7KQF-M2PX\n1.dQ = 1".encode("utf-16"),
    "half a character": b"\xff\xfea",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "web page": b"<!DOCTYPE html><html><body>Sign in to continue</body></html>",
    "archive": b"PK\x03\x04" + bytes(300),
    "archive without parts": b"PK\x05\x06" + bytes(18),
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "pdf without anything": b"%PDF-1.7\n%%EOF\n",
    "pdf in circles": b"%PDF-1.4\n1 0 obj\n1 0 R\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n",
    "brackets": b"[" * 200_000,
    "braces": b'{"a":' * 100_000,
    "comments": b"% answer 1.dQ\n" * 50_000,
    "labels": b"# 1.dQ\ndQ = [" * 50_000,
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("odd", ODD)
def test_odd_files_are_answered(tmp_path: Path, ending: str, odd: str) -> None:
    found = answered(tmp_path, ending, ODD[odd])
    assert isinstance(found, Submission) == (odd == "wide")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_under_another_ending_is_read_for_what_it_is(tmp_path: Path, ending: str, kind: str) -> None:
    found, own = answered(tmp_path, ending, PAGES[kind]), answered(tmp_path, f".{kind}", PAGES[kind])
    assert isinstance(found, Submission)
    assert isinstance(own, Submission)
    assert found.answers == own.answers


@pytest.mark.parametrize("ending", PRINTED)
def test_a_file_that_is_cut_off_is_answered(tmp_path: Path, ending: str) -> None:
    page = PAGES[ending[1:]]
    for share in range(1, 60):
        answered(tmp_path, ending, page[: len(page) * share // 60])


@pytest.mark.parametrize("ending", PRINTED)
def test_a_file_with_wrong_bytes_is_answered(tmp_path: Path, ending: str) -> None:
    chance = random.Random(1)
    for _ in range(60):
        page = bytearray(PAGES[ending[1:]])
        for _ in range(chance.choice([1, 5, 200])):
            page[chance.randrange(len(page))] = chance.randrange(256)
        answered(tmp_path, ending, bytes(page))


def test_recorded_forms_with_wrong_bytes_are_answered(tmp_path: Path) -> None:
    chance = random.Random(2)
    for form in sorted(FILES.glob("*.pdf")):
        for _ in range(30):
            page = bytearray(form.read_bytes())
            for _ in range(chance.choice([1, 20, 500])):
                page[chance.randrange(len(page))] = chance.randrange(256)
            answered(tmp_path, ".pdf", bytes(page))


@pytest.mark.parametrize("ending", READERS)
def test_huge_files_are_refused_unread(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"large{ending}"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    (found,) = submissions([path])
    assert isinstance(found, NotRead)
    assert found.reason.startswith(("This file has 3,000 MB, and a submission has at most", "This file has 3.0 GB"))


def test_what_is_not_read_says_what_to_hand_in(tmp_path: Path) -> None:
    assert not set(WHAT_TO_DO) & set(READERS)
    for ending, says in WHAT_TO_DO.items():
        if ending.startswith("."):
            assert reason(tmp_path, f"sheet{ending}", "x") == says


def test_files_that_programs_leave_beside_an_open_one_are_passed_over(tmp_path: Path) -> None:
    for name in ("~$sheet.xlsx", ".~lock.sheet.xlsx#", ".ipynb_checkpoints/sheet.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert list(submissions([tmp_path])) == []
