"""Makes the folder of a version of the records: a small course, a submission of each sheet, and the marks they got.

python tests/released/make.py 3    from the set, the problem and the roster of the version before
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from course.roster import load_roster
from grader import grade_course
from worksheets import generate, load_set

HERE = Path(__file__).parent
AUTHORED = ("set.toml", "small.toml", "roster.csv")


def make(version: int) -> None:
    """The folder of a version, by the code as it is."""
    folder = HERE / str(version)
    folder.mkdir(exist_ok=True)
    for name in AUTHORED:
        if not (folder / name).exists():
            shutil.copy(HERE / str(version - 1) / name, folder / name)
    course = folder / "course"
    generate(load_set(folder / "set.toml"), load_roster(folder / "roster.csv"), course, ["md"])
    shutil.rmtree(course / "instructor" / "solutions")  # they can be printed anew
    submissions = folder / "submissions"
    submissions.mkdir(exist_ok=True)
    sheet_set = json.loads((course / "instructor" / "set.json").read_text(encoding="utf-8"))
    keys = (course / "instructor" / "keys.jsonl").read_text(encoding="utf-8").splitlines()
    for number, key in enumerate(map(json.loads, keys), 1):
        answers = filled_in(sheet_set["problems"], key["key"], whole=number == 1)
        text = json.dumps({"sheet": key["sheet"], "answers": answers}, indent=1)
        (submissions / f"s{number}.json").write_text(text + "\n", encoding="utf-8")
    grade_course(course, [submissions], folder / "results", ())
    shutil.move(folder / "results" / "marks.jsonl", folder / "marks.jsonl")
    shutil.rmtree(folder / "results")
    (course / "instructor" / ".lock").unlink()


def filled_in(problems: list[dict[str, Any]], keys: list[dict[str, Any]], whole: bool) -> dict[str, object]:
    """Right answers but for a sign of dz, and dW worked on with it; one student stops early, and drops transposes."""
    answers: dict[str, object] = {}
    for number, (problem, key) in enumerate(zip(problems, keys, strict=True), 1):
        for line in problem["lines"]:
            name, value = f"{number}.{line['name']}", rounded(key[line["name"]], problem["decimals"])
            if line["name"] in ("dz", "dW"):
                value = [[-row[0], *row[1:]] for row in value]
            if line["asked"]:
                answers[name] = value if whole or line["part"] in ("forward", "backward") else ""
            if "formula" in line["in_words"]:
                expression = line["expression"]
                answers[f"{name}.formula"] = expression if whole else expression.replace(".T", "")
            if "trace" in line["in_words"]:
                answers[f"{name}.trace"] = "dlogits, da, dz, dW"
    return answers


def rounded(value: Any, decimals: int) -> Any:
    return [rounded(one, decimals) for one in value] if isinstance(value, list) else round(value, decimals)


if __name__ == "__main__":
    make(int(sys.argv[1]))
