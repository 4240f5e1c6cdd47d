"""Rosters as learning systems and spreadsheets export them: encodings, separators, headers, rows of their own."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.errors import AuthoringError
from course.roster import Roster, load_roster


def loaded(folder: Path, content: str | bytes, id_column: str | None = None, earlier: str | None = None) -> Roster:
    path = folder / "roster.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_roster(path, id_column, earlier)


def workbook(folder: Path, rows: list[list[Any]], formats: Mapping[str, str] | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, shown in (formats or {}).items():
        book.active[cell].number_format = shown
    path = folder / "roster.xlsx"
    book.save(path)
    return path


ZOE = "id,name\n0042,Zoë Ünal\n0043,Łukasz\n"
WESTERN = "id,name\n0042,Zoë Ünal\n0043,Ana\n"
ENCODED = {
    "UTF-8": ZOE.encode(),
    "UTF-8 with a byte order mark": ZOE.encode("utf-8-sig"),
    "UTF-16": ZOE.encode("utf-16"),
    "UTF-16, little end first": ZOE.encode("utf-16-le"),
    "UTF-16, big end first": ZOE.encode("utf-16-be"),
    "UTF-16, big end first, with a mark": b"\xfe\xff" + ZOE.encode("utf-16-be"),
    "Windows-1252": WESTERN.encode("cp1252"),
}
SEPARATED = {
    "commas": ZOE,
    "semicolons": ZOE.replace(",", ";"),
    "tabs": ZOE.replace(",", "\t"),
    "said": "sep=;\n" + ZOE.replace(",", ";"),
    "said, in quotes": '"sep=|"\r\n' + ZOE.replace(",", "|"),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    roster = loaded(tmp_path, ENCODED[encoding])
    assert [student.id for student in roster.students] == ["0042", "0043"]
    assert roster.students[0].name == "Zoë Ünal"
    if encoding == "Windows-1252":
        (said,) = roster.warnings
        assert said.endswith("since it is not UTF-8; look whether “Zoë Ünal” is as it should be")
    else:
        assert (roster.students[1].name, roster.warnings) == ("Łukasz", ())


@pytest.mark.parametrize("name", SEPARATED)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_any_usual_separator_is_read(tmp_path: Path, name: str, encoding: str) -> None:
    roster = loaded(tmp_path, SEPARATED[name].encode(encoding))
    assert [(s.id, s.name) for s in roster.students] == [("0042", "Zoë Ünal"), ("0043", "Łukasz")]


@pytest.mark.parametrize("header", ['"group, if any, or none"', "group, if any, or none"])
def test_a_separator_within_a_header_separates_nothing(tmp_path: Path, header: str) -> None:
    roster = loaded(tmp_path, f"id;name;{header}\ns1;Ada;A\n")
    assert dict(roster.students[0].columns) == {"id": "s1", "name": "Ada", "group, if any, or none": "A"}


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Essay (12)\n"
    ",,,,,Manual Posting\n"
    "    Points Possible,,,,,10.00\n"
    '"Lovelace, Ada",101,0007,ada,"Maths, A",9\n'
    '"de la Cruz, Ana María",102,0008,ana,B,\n'
    '"Student, Test",103,,9c5f,A,\n'
)
EXPORTED = {
    "Moodle participants": (
        "First name,Surname,ID number,Email address,Groups\n"
        "Ada,Lovelace,0007,ada@example.org,A\nAna María,de la Cruz,0008,ana@example.org,B\n"
    ),
    "Moodle, in German": (
        "Vorname;Nachname;ID-Nummer;E-Mail-Adresse\n"
        "Ada;Lovelace;0007;ada@example.org\nAna María;de la Cruz;0008;ana@example.org\n"
    ),
    "Moodle, in French": (
        "Prénom,Nom,Numéro d'identification,Adresse de courriel\n"
        "Ada,Lovelace,0007,ada@example.org\nAna María,de la Cruz,0008,ana@example.org\n"
    ),
    "Moodle, in Spanish": (
        "Nombre,Apellido(s),Número de ID,Dirección de correo\n"
        "Ada,Lovelace,0007,ada@example.org\nAna María,de la Cruz,0008,ana@example.org\n"
    ),
    "Canvas": CANVAS,
    "Blackboard": (
        "Last Name\tFirst Name\tUsername\tStudent ID\tAvailability\n"
        "Lovelace\tAda\tada\t0007\tYes\nde la Cruz\tAna María\tana\t0008\tYes\n"
    ).encode("utf-16"),
    "a registrar's list": (
        "Name;Vorname;Matrikelnummer;E-Mail\nLovelace;Ada;0007;ada@example.org\n"
        "de la Cruz;Ana María;0008;ana@example.org\n"
    ),
    "Excel, ids kept as text": 'Student ID,Full name\n"=""0007""",Ada Lovelace\n="0008",Ana María de la Cruz\n',
    "capitals and lines": 'STUDENT_ID,"Full\nName"\n0007,Ada Lovelace\n0008,Ana María de la Cruz\n',
}


@pytest.mark.parametrize("system", EXPORTED)
def test_a_roster_is_read_as_it_was_exported(tmp_path: Path, system: str) -> None:
    roster = loaded(tmp_path, EXPORTED[system])
    assert [(s.id, s.name) for s in roster.students] == [("0007", "Ada Lovelace"), ("0008", "Ana María de la Cruz")]
    assert roster.left_out == ()
    first = roster.students[0].columns
    assert (first["id"], first["name"]) == ("0007", "Ada Lovelace")
    assert first.get("email", "ada@example.org") == "ada@example.org"
    assert any(said.endswith(f"ids are taken from the column “{roster.id_column}”") for said in roster.warnings)
    assert "Student, Test" not in {s.name for s in roster.students}


def test_the_columns_of_an_export_are_kept(tmp_path: Path) -> None:
    assert dict(loaded(tmp_path, CANVAS).students[0].columns) == {
        "name": "Ada Lovelace",
        "Student": "Lovelace, Ada",
        "ID": "101",
        "id": "0007",
        "SIS Login ID": "ada",
        "Section": "Maths, A",
        "Essay (12)": "9",
    }
    assert "line 6: “Student, Test” is the learning system's own" in str(loaded(tmp_path, CANVAS).warnings)


def test_a_student_who_is_called_so_in_a_roster_of_ones_own_is_kept(tmp_path: Path) -> None:
    roster = loaded(tmp_path, 'id,name\ns1,"Student, Test"\ns2,Points Possible\n')
    assert [s.id for s in roster.students] == ["s1", "s2"]


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (CANVAS.replace("0007", "").replace("0008", ""), ["101", "102", "103"]),  # no SIS ids: Canvas's own
        ("First name,Surname,ID number,Username\nAda,L,,ada\nAna,C,,ana\nEmmy,N,3,emmy\n", ["ada", "ana", "emmy"]),
        ("id,Student ID,name\ns1,7,Ada\n", ["s1"]),
        ("ID,Username,name\ns1,ada,Ada\n", ["s1"]),
        ("Username,Matrikelnummer,Name\nada,7,Ada\nana,,Ana\n", ["7"]),
    ],
)
def test_of_several_columns_that_could_be_ids_one_that_is_filled_in_counts(
    tmp_path: Path, content: str, ids: list[str]
) -> None:
    assert [s.id for s in loaded(tmp_path, content).students if s.name != "Test Student"] == [
        id for id in ids if id != "103"
    ]


def test_the_column_of_ids_can_be_said(tmp_path: Path) -> None:
    content = "Code,id,name,Email address\nx1,s1,Ada,a@b.c\n"
    for said in ("Code", "code", "CODE"):
        roster = loaded(tmp_path, content, said)
        assert (roster.students[0].id, roster.id_column, roster.warnings) == ("x1", "Code", ())
    assert loaded(tmp_path, content, "Email address").students[0].id == "a@b.c"
    with pytest.raises(AuthoringError, match=r"no column is called “Cod” \(--id-column\); did you mean “Code”\?"):
        loaded(tmp_path, content, "Cod")
    with pytest.raises(AuthoringError, match=r"“xyz” \(--id-column\); there are: Code, id, name, Email address"):
        loaded(tmp_path, content, "xyz")


def test_ids_stay_in_the_column_that_they_were_in(tmp_path: Path) -> None:
    content = "Student ID,Username,Name\n7,ada,Ada\n"
    assert loaded(tmp_path, content, None, "Username").students[0].id == "ada"
    assert loaded(tmp_path, content, None, "gone").students[0].id == "7"


def test_a_workbook_is_read_as_it_shows(tmp_path: Path) -> None:
    rows = [[None, None, None], ["Matrikelnummer", "Name", "Email"], [42, "Zoë Ünal", None], ["007", "Łukasz", "l@x"]]
    roster = load_roster(workbook(tmp_path, [*rows, [None, "Nobody"], [42.0, "Again"]], {"A3": "00000"}))
    assert [(s.id, s.name, s.columns["email"]) for s in roster.students[:2]] == [
        ("00042", "Zoë Ünal", ""),
        ("007", "Łukasz", "l@x"),
    ]
    assert roster.students[2].id == "42"
    assert [said.partition(".xlsx ")[2] for said in roster.left_out] == ["row 5: there is no id; this row was left out"]


def test_a_workbook_by_another_name_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["id", "name"], ["s1", "Ada"]]).rename(tmp_path / "roster.csv")
    assert [s.id for s in load_roster(path).students] == ["s1"]


@pytest.mark.parametrize("before", [[], [["How to fill this in"], ["Ask Ada."]]])
def test_the_roster_may_be_on_any_tab(tmp_path: Path, before: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    for row in before:
        book.active.append(row)
    book.create_sheet("class").append(["id", "name"])
    book["class"].append(["s1", "Ada"])
    book.save(tmp_path / "roster.xlsx")
    assert [s.id for s in load_roster(tmp_path / "roster.xlsx").students] == ["s1"]


def test_ids_that_differ_hardly_are_said_with_their_rows(tmp_path: Path) -> None:
    roster = loaded(tmp_path, "id,name\nada,Ada\nx,X\nAda,Another\nＡda,Wide\nx,Again\n")
    assert [s.id for s in roster.students] == ["ada", "x", "Ada", "Ａda"]
    assert [said.partition(".csv ")[2].partition(":")[0] for said in roster.warnings] == ["line 4", "line 5"]
    assert "the id “Ada” differs from “ada” of line 2 only in capital letters or the like" in roster.warnings[0]
    assert [said.partition(".csv ")[2] for said in roster.left_out] == [
        "line 6: the id “x” is already that of line 3; this row was left out"
    ]


def test_rows_are_called_by_the_line_on_which_they_begin(tmp_path: Path) -> None:
    roster = loaded(tmp_path, 'sep=,\nid,name,address\ns1,Ada,"a\nb\nc"\n,Nobody,\n')
    assert [said.partition(".csv ")[2] for said in roster.left_out] == ["line 6: there is no id; this row was left out"]


def test_an_id_has_one_form_however_its_letters_are_put_together(tmp_path: Path) -> None:
    roster = loaded(tmp_path, "id,name\nzo\u0308e,Zo\u0308e\nz\xf6e,Again\n")
    assert [(s.id, s.name) for s in roster.students] == [("z\xf6e", "Z\xf6e")]
    assert "line 3: the id “zöe” is already that of line 2" in roster.left_out[0]


@pytest.mark.parametrize("id", ["\u200bs1", "s1\u200e", "\xa0s1 ", '="s1"'])
def test_what_cannot_be_seen_is_no_part_of_an_id(tmp_path: Path, id: str) -> None:
    assert loaded(tmp_path, f"id,name\n{id},Ada\n").students[0].id == "s1"


ABOVE = ["Machine Learning 101, autumn\n", "Class list;;\n\n", "Exported: 2026-11-28\nby: somebody\n\n"]


@pytest.mark.parametrize("title", ABOVE)
@pytest.mark.parametrize("separator", ",;\t")
def test_a_title_may_stand_above_the_headers(tmp_path: Path, title: str, separator: str) -> None:
    table = "Matrikelnummer;Nachname;Vorname\n007;Lovelace;Ada\n008;Noether;Emmy\n;Nobody;\n"
    roster = loaded(tmp_path, (title + table).replace(";", separator))
    assert [(s.id, s.name) for s in roster.students] == [("007", "Ada Lovelace"), ("008", "Emmy Noether")]
    assert f"line {len((title + table).splitlines())}: there is no id" in roster.left_out[0]


def test_a_column_without_ids_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError) as found:
        loaded(tmp_path, "First name,Surname,ID number,Email address\nAda,L,,a@b.c\nAna,C,,c@b.c\n")
    assert str(found.value).endswith(
        "the column “ID number” has no ids in it; there are: First name, Surname, ID number, Email address; "
        "--id-column NAME says which other one holds them"
    )


@pytest.mark.parametrize("id", ["1.23457E+11", "1,2E+12", "2E+10"])
def test_ids_that_the_spreadsheet_has_shortened_are_refused(tmp_path: Path, id: str) -> None:
    with pytest.raises(AuthoringError, match=r"line 2: the id “.*” was shortened by the spreadsheet"):
        loaded(tmp_path, f'id,name\n"{id}",Ada\n')
    assert loaded(tmp_path, "id,name\n3e5,Ada\n2E+x,Emmy\n").left_out == ()


# What a name or an id may hold: no end of line, and nothing that is trimmed.
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Zs", "Cs"]), min_size=1).map(
    lambda text: unicodedata.normalize("NFC", text)
)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(WORDS, NAMES), min_size=1, max_size=8, unique_by=lambda row: row[0]),
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], separator: str, encoding: str, end: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("Student ID", "Full name"), *rows])
    roster = loaded(tmp_path_factory.mktemp("roster"), out.getvalue().encode(encoding))
    plain = [(id, name) for id, name in rows if not id.startswith('="')]
    assert [(s.id, s.name) for s in roster.students if (s.id, s.name) in plain] == plain
    assert len(roster.students) == len(rows)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"id,name\n", b"\xff\xfe", b"PK\x03\x04", b"sep=;\nid;name\n"]),
)
def test_whatever_the_file_is_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, before: bytes
) -> None:
    try:
        roster = loaded(tmp_path_factory.mktemp("roster"), before + data)
    except AuthoringError:
        return
    assert roster.students
