"""Which columns of a roster are ids, names and emails, by the headers that people and learning systems write."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from course.errors import AuthoringError

# Headers without capital letters, accents, spaces and signs; of several, the first one that is filled in counts.
IDS = (
    *("sisuserid", "id", "idnumber", "studentid", "studentnumber", "studentno", "studentnr", "universityid"),
    *("orgdefinedid", "matriculationnumber", "matrikelnummer", "matrikelnr", "matrnr", "matnr", "idnummer"),
    *("numerodidentification", "numeroetudiant", "numerodeid", "numerodeidentificacion", "matricola"),
    *("studentnummer", "sisloginid", "loginid", "login", "username", "userid", "user", "netid"),
    *("benutzername", "anmeldename", "nomdutilisateur", "nombredeusuario", "学号", "學號", "学籍番号"),
)
EMAILS = (
    *("email", "emailaddress", "mail", "mailaddress", "emailadresse", "mailadresse", "adressedecourriel", "courriel"),
    *("correo", "correoelectronico", "direcciondecorreo", "indirizzoemail", "emailadres"),
)
NAMES = ("name", "fullname", "studentname", "displayname", "namen", "vollstandigername", "nomcomplet", "姓名", "氏名")
SURNAME_FIRST = (
    "student",
    "sortablename",
    "lastfirst",
    "lastnamefirstname",
    "namelastfirst",
    "nachnamevorname",
    "namevorname",
)
"""Where a name stands as “Lovelace, Ada”."""
FIRST_NAMES = ("firstname", "givenname", "forename", "vorname", "prenom", "nombre", "voornaam")
SURNAMES = (
    *("lastname", "surname", "familyname", "nachname", "familienname", "zuname", "nom", "nomdefamille"),
    *("apellidos", "apellido", "cognome", "achternaam"),
)
TEST_STUDENT = "“Student, Test” is the learning system's own; it was left out"


def plain(header: str) -> str:
    """A header without capital letters, accents, spaces and signs."""
    letters = unicodedata.normalize("NFKD", header.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


@dataclass(frozen=True)
class Columns:
    """Where a roster's columns are, and what each is called in the gradebook."""

    id: int
    name: tuple[int, ...]  # one column, or first name and surname
    surname_first: bool
    named: Mapping[int, str]  # the other columns, and those that are taken as they stand
    id_header: str
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return max(self.named) + 1

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """A row's cells by the names of their columns, `id` and `name` among them."""
        found: dict[str, str] = {}
        for place, name in self.named.items():
            if place == self.name[0] and name != "name":
                found["name"] = self._name(cells)
            found[name] = cells[place] if place < len(cells) else ""
        return found

    def _name(self, cells: Sequence[str]) -> str:
        parts = [cells[place] for place in self.name if place < len(cells)]
        if self.surname_first and parts and parts[0].count(",") == 1:
            parts = [part.strip() for part in reversed(parts[0].split(","))]
        return " ".join(filter(None, parts))

    def not_a_student(self, cells: Sequence[str]) -> str | None:
        """What to say, if anything, of a row that a learning system put there; None for a student's."""
        name = "".join(cells[self.name[0] : self.name[0] + 1]).casefold()
        if not self.surname_first:
            return None
        if name == "points possible" or (not name and "Manual Posting" in cells):
            return ""
        return TEST_STUDENT if name == "student, test" else None


def columns_of(
    path: Path, head: Sequence[str], rows: Sequence[Sequence[str]], id_column: str | None, earlier: str | None
) -> Columns:
    """The columns of a roster. Raises AuthoringError where ids or names are not found; names the headers there are."""
    headers = [re.sub(r"\s+", " ", cell) for cell in head]
    known = {plain(header): place for place, header in reversed(list(enumerate(headers))) if plain(header)}
    filled = [sum(len(row) > place and row[place] != "" for row in rows) for place in range(len(headers))]
    id = _id_place(path, headers, filled, id_column, earlier)
    name, surname_first = _name_places(known)
    if id is None or not name:
        raise AuthoringError(f"{path}: {_not_found(headers, id, bool(name))}")
    if twice := _twice(headers, id):
        raise AuthoringError(f"{path}: the column “{twice}” appears twice; each needs its own name")
    email = next((known[word] for word in EMAILS if word in known), id)
    whole = {name[0]: "name"} if len(name) == 1 and not surname_first and name[0] != id else {}
    meant = {email: "email"} | whole | {id: "id"}
    named = {
        place: meant.get(place, f"other {header}" if header in ("id", "name", "email") else header)
        for place, header in enumerate(headers)
        if header
    }
    usual = plain(headers[id]) == "id" or id_column
    said = () if usual else (f"{path}: ids are taken from the column “{headers[id]}”",)
    return Columns(id, name, surname_first, named, headers[id], said)


def _not_found(headers: Sequence[str], id: int | None, has_name: bool) -> str:
    there = f"there are: {', '.join(filter(None, headers))}"
    empty = [header for header in headers if plain(header) in IDS]
    if id is None and has_name and empty:
        return f"the column “{empty[0]}” has no ids in it; {there}; --id-column NAME says which other one holds them"
    missing = " or ".join(["id"] * (id is None) + ["name"] * (not has_name))
    more = "; --id-column NAME says which one holds the ids" if id is None else " (First name and Last name will do)"
    return f"no column is called {missing}; {there}{more}"


def _twice(headers: Sequence[str], id: int) -> str:
    """A header that appears twice, or is another's way to write that of the ids; "" where there is none."""
    same_as_id = [header for header in headers if plain(header) == plain(headers[id])]
    counts = Counter(filter(None, headers))
    return next((header for header in (*counts, *same_as_id[1:]) if counts[header] > 1 or header in same_as_id[1:]), "")


def _id_place(
    path: Path, headers: Sequence[str], filled: Sequence[int], id_column: str | None, earlier: str | None
) -> int | None:
    """Where the ids are: in the column that is asked for, the one of earlier, or the first that most rows have."""
    for wanted in (id_column, earlier):
        same = [place for place, header in enumerate(headers) if wanted and plain(header) == plain(wanted)]
        exact = [place for place in same if headers[place] == wanted]
        if same:
            return (exact or same)[0]
        if wanted and wanted == id_column:
            near = get_close_matches(wanted, headers, 1)
            hint = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(filter(None, headers))}"
            raise AuthoringError(f"{path}: no column is called “{wanted}” (--id-column); {hint}")
    if "id" in headers:
        return headers.index("id")
    meant = [place for word in IDS for place, header in enumerate(headers) if plain(header) == word]
    most = max((filled[place] for place in meant), default=0)
    if not most and any(filled):
        return None
    return next((place for place in meant if 2 * filled[place] >= most), None)


def _name_places(known: Mapping[str, int]) -> tuple[tuple[int, ...], bool]:
    """Where the names are: in one column, or in two; and whether the surname comes first in it."""
    first = next((known[word] for word in FIRST_NAMES if word in known), None)
    last = next((known[word] for word in SURNAMES if word in known), None)
    if "vorname" in known and last is None:
        last = known.get("name")  # a German “Name” beside a “Vorname” is the surname
        if first is not None and last is not None:
            return (first, last), False
    for words, surname_first in ((NAMES, False), (SURNAME_FIRST, True)):
        for word in words:
            if word in known:
                return (known[word],), surname_first
    return ((first, last) if first is not None and last is not None else ()), False
