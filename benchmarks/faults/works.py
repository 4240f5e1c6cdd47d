"""The pieces of work that faults.py disturbs: courses generated, and handed-in forms marked, small and large."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.rooms import Room
from course.stored import load_course
from grader.readers import FILLERS
from handprop.demo import STUDENTS, fill_in

SET = 'title = "Faults"\n\n[[problem]]\nuse = "matmul-gradient"\n'
OVERRIDES = "student,line,score,note\ns000001,1.C,0.5,seen on paper\ns000002,1.C,0.25,an appeal\n"

KILLED, FULL, READ_ONLY, REFUSED = "killed", "a full disk", "a disk that turns read-only", "one change refused"
AT_ONCE, LOST_WORKER, NO_SECRET = "at once", "a worker killed", "killed before there is a secret"
SEALED, STOPPED = "a course that can only be read", "stopped"

COURSE, RESULTS = "disk/course", "disk/results"


@dataclass(frozen=True)
class Work:
    """A command, what is on the disk before it, what befalls it, and whether its files take their places together.

    `beside` names what runs at the same time; what is `long` is not repeated often.
    """

    name: str
    arguments: tuple[str, ...]
    before: Path | None
    together: bool = False
    long: bool = False
    beside: str = ""
    also: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of trouble that befall it."""
        return (KILLED, FULL, READ_ONLY, REFUSED, STOPPED, *[AT_ONCE] * bool(self.beside), *self.also)


def works(room: Room, students: int, many: int, submissions: int) -> list[Work]:
    """Everything that is to be disturbed, with what it needs in the room."""
    house = room.folder
    (house / "set.toml").write_text(SET, encoding="utf-8")
    for name, count in (("few", students), ("more", students + 2), ("many", many), ("class", submissions)):
        rows = "".join(f"s{number:06},Student {number}\n" for number in range(1, count + 1))
        (house / f"{name}.csv").write_text(f"id,name\n{rows}", encoding="utf-8")
    secret, course = _kept(room, "few", "md"), _kept(room, "more", "")
    shutil.rmtree(secret / "course" / "handout")
    for path in (secret / "course" / "instructor").iterdir():
        if path.name != "secret":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    made = [
        Work("generate", _generate("few"), secret, beside="generate, more students", also=(NO_SECRET,)),
        Work("generate, more students", _generate("more"), _kept(room, "few", ""), beside="grade this course"),
    ]
    if many:
        made.append(Work("generate, by processes", _generate("many"), secret, long=True, also=(LOST_WORKER,)))
    shutil.copytree(course / "course", house / "course")
    _hand_in(house / "course", house / "handed-in", slice(None))
    _hand_in(house / "course", house / "last-week", slice(1, None, 2))
    late = ("last-week", "--feedback", "html")
    last_week = _marked(room, "course", *late)
    made += [
        Work("grade this course", ("grade", COURSE, "handed-in", "--out", RESULTS), course, together=True),
        Work("grade", _grade("course", "handed-in"), None, together=True, beside="grade others", also=(SEALED,)),
        Work("grade others", _grade("course", *late), last_week, together=True),
        Work("grade after last week", _grade("course", "handed-in"), last_week, together=True, beside="grade others"),
    ]
    by_hand = room.folder / "disk-by-hand"
    shutil.copytree(last_week, by_hand)
    (by_hand / "results" / "overrides.csv").write_text(OVERRIDES, encoding="utf-8")
    made += [
        Work("grade, with marks by hand", _grade("course", "handed-in"), by_hand, together=True),
        Work("regrade", ("regrade", RESULTS, "--write"), by_hand, together=True),
    ]
    if submissions:
        _many_handed_in(room, submissions)
        last_week = _marked(room, "class", "some.jsonl")
        made += [
            Work("grade many", _grade("class", "all.jsonl"), None, together=True, long=True, also=(LOST_WORKER,)),
            Work("grade many after last week", _grade("class", "all.jsonl"), last_week, together=True, long=True),
        ]
    return made


def _generate(roster: str, *more: str) -> tuple[str, ...]:
    return ("generate", "set.toml", "--roster", f"{roster}.csv", "--out", COURSE, *more)


def _grade(course: str, *more: str) -> tuple[str, ...]:
    return ("grade", course, *more, "--out", RESULTS)


def _kept(room: Room, roster: str, formats: str) -> Path:
    """A disk with a course on it."""
    room.place(None)
    return _disk(room, _generate(roster, *(["--format", formats] if formats else [])))


def _marked(room: Room, *arguments: str) -> Path:
    """A disk with results on it."""
    room.place(None)
    return _disk(room, _grade(*arguments))


def _disk(room: Room, arguments: Sequence[str]) -> Path:
    ended = room.run(arguments)
    if not ended.well:
        raise SystemExit(f"nothing can be tried: {ended.said}")
    kept = room.folder / f"disk-{sum(1 for _ in room.folder.glob('disk-*'))}"
    shutil.copytree(room.disk, kept)
    return kept


def _hand_in(course: Path, folder: Path, which: slice) -> None:
    """Forms filled in, one student's after the other in another format, and a file that cannot be read."""
    known = load_course(course)
    folder.mkdir()
    ways = list(STUDENTS.values())
    for number, record in list(enumerate(known.sheets.values()))[which]:
        way = ways[(number + folder.name.startswith("last")) % len(ways)]
        name = "answers.json" if way.ending == "json" else f"sheet.{way.ending}"
        page = (course / "handout" / record.folder / name).read_bytes()
        filled = FILLERS[way.ending](page, fill_in(known.set, record, way))
        (folder / f"{record.folder}.{way.ending}").write_bytes(filled)
    (folder / "broken.json").write_text('{"sheet": "7KQF', encoding="utf-8")


def _many_handed_in(room: Room, submissions: int) -> None:
    """A large class: every third student's answers are other ones than last week, and every second's are new."""
    room.place(None)
    room.run(_generate("class", "--format", "none"))
    shutil.move(room.disk / "course", room.folder / "class")
    keys = (room.folder / "class" / "instructor" / "keys.jsonl").read_text(encoding="utf-8").splitlines()
    with (room.folder / "all.jsonl").open("w") as now, (room.folder / "some.jsonl").open("w") as earlier:
        for number, line in enumerate(keys):
            key = json.loads(line)
            answers = {f"{i}.{name}": value for i, of in enumerate(key["key"], 1) for name, value in of.items()}
            now.write(json.dumps({"sheet": key["sheet"], "answers": answers}) + "\n")
            if number % 2:
                changed = {name: "" if number % 3 == 0 else value for name, value in answers.items()}
                earlier.write(json.dumps({"sheet": key["sheet"], "answers": changed}) + "\n")
