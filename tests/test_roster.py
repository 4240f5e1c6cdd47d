"""Rosters, as spreadsheets and people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.roster import Roster, load_roster
from worksheets.authoring import AuthoringError


def loaded(folder: Path, content: str | bytes) -> Roster:
    path = folder / "roster.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_roster(path)


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(AuthoringError) as found:
        loaded(folder, content)
    return str(found.value).removeprefix(f"{folder / 'roster.csv'}: ")


ADA = {"id": "s1", "name": "Ada"}


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("id,name\ns1,Ada\n", ADA),
        ("\ufeffid,name\ns1,Ada\n", ADA),
        ("name,id\nAda,s1\n", {"name": "Ada", "id": "s1"}),
        ("ID, Name \r\n s1 , Ada \r\n\r\n", ADA),
        ("id;name\ns1;Ada\n", ADA),
        ("id\tname\ns1\tAda\n", ADA),
        ("id,name\rs1,Ada\r", ADA),
        ('"id","name"\n"s1","Ada"', ADA),
        ("id,name,Section,Email\ns1,Ada,B 2,a@b.c\n", ADA | {"Section": "B 2", "email": "a@b.c"}),
        ("id,name,\ns1,Ada,\n", ADA),
        ("id,name,email\ns1,Ada\n", ADA | {"email": ""}),
        ('id,name\ns1,"Lovelace, Ada"\n', {"id": "s1", "name": "Lovelace, Ada"}),
        ('id,name\ns1,"Ada\nLovelace"\n', {"id": "s1", "name": "Ada\nLovelace"}),
        ("id,name\ns1,\n", {"id": "s1", "name": ""}),
    ],
)
def test_what_is_read(tmp_path: Path, content: str, columns: dict[str, str]) -> None:
    roster = loaded(tmp_path, content)
    (student,) = roster.students
    assert list(student.columns.items()) == list(columns.items())
    assert (student.id, student.name, student.folder) == (columns["id"], columns["name"], "s1")
    assert (roster.left_out, roster.warnings) == ((), ())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the roster is empty; its first line names the columns: id,name"),
        ("\n\n", "the roster is empty"),
        ("name,email\nAda,a@b.c\n", "no column is called id; there are: name, email"),
        ("s1,Ada\ns2,Emmy\n", "no column is called id or name; there are: s1, Ada"),
        ("id,name\n", "there is nobody in this roster"),
        ("id,name\n,\n , \n", "there is nobody in this roster"),
        ("id,name\n,Ada\n", "there is nobody in this roster"),
        ("id,ID,name\ns1,s2,Ada\n", "the column “ID” appears twice"),
        ("id,name,group,group\ns1,Ada,1,2\n", "the column “group” appears twice"),
        (b"PK\x03\x04\xff\xff", "this workbook cannot be opened (BadZipFile); save it from the spreadsheet as"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is an old workbook (.xls), or one with a password; save it"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "this is neither text nor a workbook; save it"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\x00", "this is neither text nor a workbook; save it"),
        ("<html><table><tr><td>id</td></tr></table></html>", "this is a web page or XML, not a table; save it"),
        ("name,email\nAda,a@b.c\n", "no column is called id; there are: name, email; --id-column NAME says which one"),
        ("id,email\ns1,a@b.c\n", "no column is called name; there are: id, email"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, content: str | bytes, says: str) -> None:
    assert refused(tmp_path, content).startswith(says)


def test_a_roster_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError, match="there is no such file"):
        load_roster(tmp_path / "none.csv")
    with pytest.raises(AuthoringError, match="this is a folder, not a file"):
        load_roster(tmp_path)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(AuthoringError, match="this file is too large: it may have 50,000,000 bytes"):
        load_roster(path)


def test_rows_without_an_id_of_their_own_are_left_out_and_said(tmp_path: Path) -> None:
    roster = loaded(tmp_path, "id,name\ns1,Ada\n,Nobody\ns1,Again\ns2,Emmy\n")
    assert [student.name for student in roster.students] == ["Ada", "Emmy"]
    path = tmp_path / "roster.csv"
    assert roster.left_out == (
        f"{path} line 3: there is no id; this row was left out",
        f"{path} line 4: the id “s1” is already that of line 2; this row was left out",
    )


def test_a_cell_too_many_is_said(tmp_path: Path) -> None:
    roster = loaded(tmp_path, "id,name\ns1,Lovelace, Ada\ns2,Emmy,,\n")
    assert len(roster.students) == 2
    assert [w.partition(": ")[2] for w in roster.warnings] == [
        "more cells than columns; a cell with a comma in it stands in quotes"
    ]


UNSAFE = ["../x", "..", "/etc/passwd", "a/b", "a\\b", "CON", "con.txt", "nul", "Lpt1", "ä", "李雷", "a b", ".hidden"]
UNSAFE += ["x.", "x" * 300, "a:b", "*", "a\x00b", "-", "~", "$HOME", "a\u202eb", "%2e%2e"]


@pytest.mark.parametrize("id", UNSAFE)
def test_an_id_never_leads_out_of_its_folder(tmp_path: Path, id: str) -> None:
    roster = loaded(tmp_path, f"id,name\n{id},Ada\n")
    (student,) = roster.students
    assert student.id == id
    assert student.folder.isascii()
    assert not set(student.folder) & set("/\\:*?\"<>|'$% \x00")
    assert student.folder.strip(".") == student.folder
    assert 0 < len(student.folder) < 80
    (tmp_path / "base" / student.folder).mkdir(parents=True)
    assert [path.name for path in (tmp_path / "base").iterdir()] == [student.folder]
    if student.folder != id:
        assert f"cannot name a folder; it is called “{student.folder}” there" in roster.warnings[0]


def test_ids_that_differ_only_in_case_or_in_what_is_unsafe_have_folders_of_their_own(tmp_path: Path) -> None:
    ids = ["ada", "Ada", "ADA", "a/b", "a b", "a_b", "../x", "x", "李", "雷"]
    roster = loaded(tmp_path, "id,name\n" + "".join(f"{id},A\n" for id in ids))
    assert [student.id for student in roster.students] == ids
    assert len({student.folder.casefold() for student in roster.students}) == len(ids)
    assert roster.left_out == ()


def test_names_are_kept_as_they_were_typed(tmp_path: Path) -> None:
    names = [r"\input{/etc/passwd}", "<script>alert(1)</script>", "50% & _co_", "李雷", "{{7*7}}", "=1+1"]
    roster = loaded(tmp_path, "id,name\n" + "".join(f"s{i},{name}\n" for i, name in enumerate(names)))
    assert [student.name for student in roster.students] == names
