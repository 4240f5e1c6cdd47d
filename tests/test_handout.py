"""The handout may be published: nothing in it tells a key value that is not printed, and nothing tells the secret."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from classroom import handprop, lines_of, records, right_answers, roster_file, small_set

from worksheets import load_problem
from worksheets.authored import bundled_problems
from worksheets.formats import FORMATS
from worksheets.secret import secret_file
from worksheets.sheet import Sheet

NUMBER = re.compile(r"\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+")
DIGITS = 6
"""So many digits of a value tell it, in what is full of places on a page."""


def unpacked(data: bytes) -> str:
    """All that is in a PDF: its streams, its texts and its metadata, places on the page among them."""
    found = []
    with pikepdf.open(io.BytesIO(data)) as file:
        for item in file.objects:
            found.append(item.unparse(resolved=True).decode("latin-1"))
            if isinstance(item, pikepdf.Stream):
                found.append(item.read_bytes().decode("latin-1"))
    return "\n".join(found)


def shown(data: bytes) -> str:
    pages = pypdfium2.PdfDocument(data)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


def parts(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode("latin-1") for name in archive.namelist())


READ: dict[str, Callable[[bytes], str]] = {"pdf": shown, "xlsx": parts}


def told(text: str, sheet: Sheet, other: str = "") -> list[str]:
    """The asked values that stand in a text, as they are asked or in full, and not in another sheet's."""
    numbers = {float(number) for number in set(NUMBER.findall(text)) - set(NUMBER.findall(other))}
    full = {f"{number:.{DIGITS}g}" for number in numbers}
    found = []
    for number, (problem, key) in enumerate(zip(sheet.set.problems, sheet.keys, strict=True), 1):
        for line in problem.lines:
            for value in np.abs(np.ravel(key[line.name])).tolist() if line.asked else []:
                rounded = round(value, problem.decimals)
                plain = round(value, 3) == rounded  # as 0.5, which may be given, or 12.345, a place in a drawing
                if not plain and (rounded in numbers or f"{value:.{DIGITS}g}" in full):
                    found.append(f"{number}.{line.name}: {value}")
    return found


def check_tells_nothing(name: str) -> None:
    sheet, other = (load_problem(name).variant(seed=seed) for seed in (5, 6))
    for ending in FORMATS:
        page, read = sheet.print(ending), READ.get(ending, bytes.decode)
        if told(read(page), sheet):  # unless it is the page's own, such as a width in a style sheet
            assert told(read(page), sheet, read(other.print(ending))) == [], ending
        if ending == "pdf":
            numbers = {f"{float(n):.{DIGITS}g}" for n in NUMBER.findall(unpacked(page))}
            values = [v for key in sheet.keys for of_line in key.values() for v in np.abs(np.ravel(of_line)).tolist()]
            assert not [v for v in values if f"{v:.{DIGITS}g}" in numbers and round(v, 3) != round(v, DIGITS)]


@pytest.mark.parametrize("name", ["scores-gradient"])
def test_nothing_in_a_sheet_tells_its_key(name: str) -> None:
    sheet = load_problem(name).variant(seed=5)
    check_tells_nothing(name)
    # What is searched for is found where it is.
    for ending in FORMATS:
        if ending != "pdf":
            assert told(READ.get(ending, bytes.decode)(sheet.print(ending, solution=True)), sheet), ending
    assert told(shown(sheet.print("pdf", solution=True)).replace("−", "-"), sheet)


@pytest.mark.slow
@pytest.mark.parametrize("name", bundled_problems())
def test_nothing_in_any_sheet_tells_its_key(name: str) -> None:
    check_tells_nothing(name)


# --- the secret -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A course in every format, marked; and all that was printed on the way."""
    folder = tmp_path_factory.mktemp("course")
    path, made = small_set(folder, 'title = "One"\n' + '[[problem]]\nuse = "tiny.toml"\n' * 2), folder / "course"
    calls: list[tuple[object, ...]] = [
        ("generate", path, "--roster", roster_file(folder), "--out", made, "--format", "md,xlsx"),
        ("preview", path, "--solution"),
        ("problems", folder / "tiny.toml"),
        ("grade", made, folder / "in", "--out", folder / "results", "--feedback", "md"),
    ]
    said = []
    for call in calls:
        if call[0] == "grade":
            (folder / "in").mkdir()
            answers = right_answers(made, "s1")
            (folder / "in" / "s1.json").write_text(json.dumps(answers), encoding="utf-8")
            (folder / "in" / "s2.json").write_text("{broken", encoding="utf-8")
        ran = handprop(*call)
        said += [ran.out, ran.err]
    return made, said


def test_the_secret_is_in_its_file_and_nowhere_else(course: tuple[Path, list[str]]) -> None:
    made, said = course
    secret = secret_file(made / "instructor").read_text(encoding="utf-8").strip()
    assert len(secret) == 64
    assert not [text for text in said if secret[:16] in text]
    for path in made.parent.rglob("*"):
        if path.is_file() and path != secret_file(made / "instructor"):
            data = path.read_bytes()
            assert secret[:16].encode() not in data, path
            if path.suffix == ".xlsx":
                assert secret[:16] not in parts(data), path


def test_numbers_follow_from_the_secret_the_student_the_set_and_the_problem(
    course: tuple[Path, list[str]], tmp_path: Path
) -> None:
    made, _ = course
    secret = secret_file(made / "instructor").read_bytes()

    def numbers(title: str, kept: bytes) -> tuple[list[str], list[str]]:
        """The sheets' ids, and what each problem of each student gives."""
        folder = tmp_path / f"{title}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        path = small_set(folder, f'title = "{title}"\n' + '[[problem]]\nuse = "tiny.toml"\n' * 2)
        (folder / "c" / "instructor").mkdir(parents=True)
        secret_file(folder / "c" / "instructor").write_bytes(kept)
        ran = handprop("generate", path, "--roster", roster_file(folder), "--out", folder / "c", "--format", "none")
        assert ran.code == 0, ran.err
        found = records(folder / "c").values()
        return [r["sheet"] for r in found], [json.dumps([g["x"], g["W"]]) for r in found for g in r["given"]]

    ids, given = numbers("One", secret)
    assert (ids, given) == numbers("One", secret)
    assert ids == [line["sheet"] for line in lines_of(made / "instructor" / "records.jsonl")]
    assert len(set(given)) == 6, "every student's, and both problems', are their own"
    other_set, other_secret = numbers("Two", secret), numbers("One", b"f" * 64)
    assert not set(given) & set(other_set[1])
    assert not set(given) & set(other_secret[1])
    assert not set(ids) & set(other_secret[0])
