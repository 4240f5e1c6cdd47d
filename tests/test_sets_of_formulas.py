"""Sets that ask for formulas: where, for how many marks, and in which form."""

from __future__ import annotations

from pathlib import Path

import msgspec
from classroom import FULL, USE, small_set

from course.records import SetRecord, SheetRecord
from worksheets import load_set
from worksheets.sheet import Sheet


def test_formulas_are_asked_where_the_sheet_does_not_print_them(tmp_path: Path) -> None:
    record = load_set(small_set(tmp_path, "formulas = true\n" + FULL)).record().problems[0]
    with_formula = {line.name for line in record.lines if "formula" in line.in_words}
    assert with_formula == {line.name for line in record.lines if line.part in ("backward", "update")}


def test_a_formula_counts_as_one_entry(tmp_path: Path) -> None:
    record = load_set(small_set(tmp_path, "formulas = true\n" + USE)).record().problems[0]
    marks = {line.name: (line.marks, line.in_words.get("formula")) for line in record.lines}
    assert marks["dW"] == (4.0, 1.0)
    assert marks["loss"] == (1.0, None)
    assert record.marks == sum(line.marks + sum(line.in_words.values()) for line in record.lines)
    assert load_set(small_set(tmp_path, "formulas = true\n" + FULL)).record().problems[0].marks == 40


def test_a_problem_has_its_own_say_on_formulas(tmp_path: Path) -> None:
    both = "formulas = true\n" + USE + 'formulas = false\n[[problem]]\nuse = "tiny.toml"\nask = ["update"]\n'
    first, second = load_set(small_set(tmp_path, both)).record().problems
    assert all(not line.in_words for line in first.lines)
    assert [line.name for line in second.lines if "formula" in line.in_words] == ["W_new"]
    alone = load_set(small_set(tmp_path, USE + "formulas = true")).record().problems[0]
    assert any(line.in_words for line in alone.lines)


def test_the_blank_form_has_a_place_for_each_formula(tmp_path: Path) -> None:
    sheet_set = load_set(small_set(tmp_path, "formulas = true\n" + USE)).record()
    sheet = Sheet(sheet_set, SheetRecord("AAAA-AAAA", "s1", ({},)))
    assert list(sheet.blank_answers()["answers"])[3:] == [
        "1.dz",
        "1.dz.formula",
        "1.dW",
        "1.dW.formula",
        "1.W_new",
        "1.W_new.formula",
    ]


def test_records_from_before_there_were_formulas_are_read(tmp_path: Path) -> None:
    record = load_set(small_set(tmp_path, USE)).record()
    old = msgspec.json.encode(record).replace(b',"in_words":{}', b"")
    assert b"in_words" not in old
    assert msgspec.json.decode(old, type=SetRecord) == record
