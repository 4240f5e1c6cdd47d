"""A problem or set that somebody sent runs nothing, reads nothing outside its folder, and cannot hang a command."""

from __future__ import annotations

import os
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import SET, TINY, changed, handprop, small_set

import worksheets.check
from backprop.errors import ExpressionError
from backprop.language import parse
from backprop.model import small
from course.errors import AuthoringError
from worksheets import load_problem, load_set
from worksheets.authored import bundled_problems, read_authored
from worksheets.authoring import LARGEST_FILE
from worksheets.effort import bounded
from worksheets.limits import LONGEST_TITLE, MOST_ENTRIES, MOST_GIVENS, MOST_LINES, MOST_PROBLEMS
from worksheets.problem_set import bundled_sets


def chained(count: int, line: str) -> str:
    """The small problem with many lines, each worked from the one before."""
    lines = "\n".join(f'z{i} = "{line.format(f"z{i - 1}" if i else "x @ W")}"' for i in range(count))
    return changed('z = "x @ W"', lines, "softmax(z)", f"softmax(z{count - 1})")


def given(text: str) -> str:
    return changed("[lines]", f"{text}\n\n[lines]")


def line(text: str) -> str:
    return changed('"x @ W"', f'"{text}"')


SQUARE = changed("n = 2", "n = 12", '[1, "n"]', '["n", "n"]', "softmax(z)", "softmax(row(z, 0))")

TOO_MUCH = {
    "digits": (changed("value = 0.5", f"value = {'1' * 5000}"), "a number in it has too many digits"),
    "digits of a size": (changed("n = 2", f"n = {'1' * 5000}"), "a number in it has too many digits"),
    "digits in a line": (line("x @ W * " + "1" * 500), "this number has too many digits"),
    "a long line": (line("x @ W" + " + x" * 1000), "a line has at most 600 characters"),
    "brackets": (line("(" * 5000 + "x @ W" + ")" * 5000), "a line has at most 600 characters"),
    "brackets in a short line": (line("(" * 250 + "x @ W" + ")" * 250), "more than 100 brackets"),
    "depth": (line("exp(" * 45 + "x @ W" + ")" * 45), "more than 40 operations deep"),
    "lists in lists": (TINY.replace('"Tiny"', "[" * 3000 + "]" * 3000), "too deeply within each other"),
    "tables in tables": (TINY.replace('"Tiny"', "{a=" * 3000 + "1" + "}" * 3000), "too deeply within each other"),
    "lines": (chained(1000, "tanh({})"), f"[lines] has 1,002 entries; it may have {MOST_LINES}"),
    "givens": (given("\n".join(f"g{i} = {{ value = 1 }}" for i in range(999))), f"it may have {MOST_GIVENS}"),
    "sizes": (changed("n = 2", "n = 2\n" + "\n".join(f"m{i} = 2" for i in range(999))), f"it may have {MOST_GIVENS}"),
    "a size": (changed("n = 2", "n = 1000000"), "a size to work by hand is from 1 to 12"),
    "numbers": (
        given("\n".join(f"g{i} = {{ shape = [12, 12] }}" for i in range(30))),
        f"numbers in all; it may have {MOST_ENTRIES:,}: use smaller sizes (n = 2) or fewer lines or steps",
    ),
    "steps": (f"{SQUARE}steps = 5\n", "use smaller sizes (n = 12) or fewer lines or steps"),
    "indices": (given("\n".join(f"k{i} = {{ index = 12 }}" for i in range(8))), "its indices have"),
    "a power": (line("(x @ W) ** 1000000000"), "an exponent is a number from −12 to 12"),
    "a tower of powers": (line("(((x @ W) ** 12) ** 12) ** 12"), "powers within powers make a power of 1,728"),
    "a tower on a number": (line("x @ W * " + "(" * 20 + "9" + " ** 12)" * 20), "powers within powers"),
    "numbers multiplied": (line("x @ W * " + "(1000000000 ** 12 * " * 20 + "1" + ")" * 20), "too many digits"),
    "a title": (changed('"Tiny"', f'"{"x" * 100_000}"'), f"title has 100,000 letters; it may have {LONGEST_TITLE}"),
    "an intro": (changed('"Tiny"', '"Tiny"\nintro = "' + "{W} " * 9000 + '"'), "intro has 36,000 letters"),
    "a label": (given(f'[labels]\nn = ["{"x" * 9000}", "B"]'), "has 9,000 letters; it may have 60"),
    "a name": (changed("z =", f"{'z' * 9000} ="), "has 9,000 letters; it may have 40"),
    "the file": (TINY + "#" * LARGEST_FILE, "this file is too large: it may have 200,000 bytes"),
    "a path of keys": (f"{TINY}\n[{'.'.join('a' * 90_000)}]", "reading it takes more than 5 seconds"),
}  # fmt: skip


@pytest.mark.parametrize("what", [what for what in TOO_MUCH if what != "a path of keys"])
def test_what_is_too_large_is_told_and_not_worked_out(tmp_path: Path, what: str) -> None:
    text, says = TOO_MUCH[what]
    path = small_set(tmp_path, problem=text)
    problem = path.with_name("tiny.toml")
    for call, code in ((("check", problem), 1), (("problems", problem), 2), (("preview", path), 2)):
        ran = handprop(*call)
        assert (ran.code, ran.out) == (code, "")
        assert says in ran.err
        assert ran.err.startswith("handprop: ")
        assert len(ran.err) < 2200


@pytest.mark.slow
def test_a_path_of_keys_is_not_read_to_its_end(tmp_path: Path) -> None:
    text, says = TOO_MUCH["a path of keys"]
    with pytest.raises(AuthoringError, match=says):
        load_set(small_set(tmp_path, problem=text))


def test_a_set_has_so_many_problems(tmp_path: Path) -> None:
    use = '[[problem]]\nuse = "tiny.toml"\n'
    with pytest.raises(AuthoringError, match=f"has 2,000 entries; it may have {MOST_PROBLEMS}"):
        load_set(small_set(tmp_path, f'title = "x"\n{use * 2000}'))
    with pytest.raises(AuthoringError, match="this file is too large"):
        load_set(small_set(tmp_path, f'title = "x"\n{use * 100_000}'))


UNDEFINED = ("x @ W / 0", "x @ W / (1 - 1)", "x @ W * log(0)", "x @ W * sqrt(0 - 1)", "log(0 - (x @ W) ** 2)")


@pytest.mark.parametrize("text", UNDEFINED)
def test_what_has_no_value_is_told(tmp_path: Path, text: str) -> None:
    path = small_set(tmp_path, problem=line(text))
    for call, code in ((("check", path), 1), (("preview", path), 2)):
        ran = handprop(*call)
        assert (ran.code, ran.out) == (code, "")
        assert "line “z” is not defined, whatever is drawn: it divides by 0" in ran.err


@pytest.mark.parametrize(
    ("text", "says"),
    [("0.000001 * (x @ W)", "an entry of z rounds to 0"), ("9999999 * (x @ W)", "p is saturated")],
)
def test_numbers_that_are_never_fit_are_told(tmp_path: Path, text: str, says: str) -> None:
    ran = handprop("preview", small_set(tmp_path, problem=line(text)))
    assert (ran.code, ran.out) == (2, "")
    assert "none of 400 draws is fit to be worked by hand: " in ran.err
    assert f"times {says}" in ran.err


def test_what_takes_for_ever_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worksheets.check, "SECONDS", 0.3)
    heavy = changed('"x @ W"', '"(x @ W / 9 + mean(W)) ** 12"', "n = 2", "n = 12")
    ran = handprop("check", small_set(tmp_path, problem=heavy).with_name("tiny.toml"))
    assert (ran.code, ran.out) == (1, "")
    assert "checking it takes more than 0.3 seconds: smaller sizes, fewer lines or steps, or lower" in ran.err


def test_work_is_bounded_in_time_memory_and_depth() -> None:
    def deeper(n: int) -> None:
        deeper(n + 1)

    def without_end() -> None:
        while True:
            pass

    def inside() -> None:
        with bounded("within", "the outer one holds", seconds=9):
            without_end()

    for work, bounds, says in (
        (without_end, {"seconds": 0.1}, "counting takes more than 0.1 seconds"),
        (inside, {"seconds": 0.1}, "counting takes more than 0.1 seconds"),
        (without_end, {"megabytes": -1.0}, "counting takes too much memory"),
        (lambda: deeper(0), {}, "counting goes too deep"),
    ):
        with pytest.raises(AuthoringError, match=f"^it.toml: {says}"), bounded("it.toml", "counting", **bounds):
            work()
    with bounded("x", "what is quick", seconds=0.01):
        pass
    assert sum(range(300_000)) > 0, "no timer is left"


OUTSIDE = {
    "up": "../out.toml",
    "down and up": "sub/../../out.toml",
    "absolute": "/etc/passwd",
    "a device": "/dev/zero",
    "a link": "link.toml",
    "through a link": "linked/out.toml",
}
NO_FILE = {
    "a NUL": r"a\u0000b.toml",
    "a long name": "a" * 5000 + ".toml",
    "a folder": "sub",
    "a folder of that name": "sub.toml",
    "nothing": "",
    "itself": "set.toml",
    "a pipe": "pipe.toml",
    "a circle of links": "circle.toml",
    "a large file": "large.toml",
    "not there": "~/tiny.toml",
}


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a problem beside it, and in it what is no file."""
    outer = tmp_path_factory.mktemp("outer")
    folder = outer / "set"
    (folder / "sub.toml").mkdir(parents=True)
    (folder / "sub").mkdir()
    (outer / "out.toml").write_text(TINY, encoding="utf-8")
    (folder / "sub" / "within.toml").write_text(TINY, encoding="utf-8")
    (folder / "link.toml").symlink_to(outer / "out.toml")
    (folder / "linked").symlink_to(outer)
    (folder / "circle.toml").symlink_to(folder / "circle.toml")
    os.mkfifo(folder / "pipe.toml")
    with (folder / "large.toml").open("w") as file:
        file.truncate(1_000_000_000)
    return folder


@pytest.mark.parametrize("what", [*OUTSIDE, *NO_FILE])
def test_a_set_reads_nothing_outside_its_folder_and_nothing_but_files(surroundings: Path, what: str) -> None:
    path = surroundings / "set.toml"
    path.write_text(f'title = "x"\n[[problem]]\nuse = "{ {**OUTSIDE, **NO_FILE}[what] }"\n', encoding="utf-8")
    with pytest.raises(AuthoringError) as found:
        load_set(path)
    message = str(found.value)
    assert ("this lies outside the folder of the set; copy the problem's file beside" in message) == (what in OUTSIDE)
    assert "root:" not in message


def test_a_set_reads_what_lies_below_it(surroundings: Path) -> None:
    path = surroundings / "set.toml"
    path.write_text('title = "x"\n[[problem]]\nuse = "sub/within.toml"\n', encoding="utf-8")
    assert load_set(path).title == "x"


def test_nothing_runs(tmp_path: Path) -> None:
    for text in (
        "__import__('os').system('x')",
        "x.__class__",
        "(lambda: x)()",
        "[x for x in W]",
        "f'{x}'",
        "x if W else x",
    ):
        with pytest.raises(ExpressionError):
            parse(text)


# --- mutated ----------------------------------------------------------------------------------------------------------

ODD = ("-1", "0", "1e400", "nan", "-inf", "12", "13", "true", '""', '"\\u001b[31m"', "[]", "[[]]", "{}", "[1, [2]]",
       "1979-05-27", '"x"', '"n"', '["n"]', '["n", "n"]', "99999999999999999999", "{ a = 1 }", '"X @ X"')  # fmt: skip


def mutated(text: str, rng: random.Random) -> str:
    """A file with a value, key, name or line changed, doubled or gone."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 2))):
        place = rng.randrange(len(lines))
        name, equals, _ = lines[place].partition("=")
        match rng.randrange(6):
            case 0 | 1 if equals:
                lines[place] = f"{name}= {rng.choice(ODD)}"
            case 2:
                lines.insert(place, rng.choice(lines))
            case 3:
                del lines[place]
                lines = lines or [""]
            case 4:
                words = lines[place].split()
                lines[place] = " ".join(rng.choice((word, word, rng.choice(text.split()))) for word in words)
            case _:
                at = rng.randrange(len(lines[place]) + 1)
                lines[place] = lines[place][:at] + rng.choice("{}[]\"'=.,#\\@*/()0129é\x00") + lines[place][at + 1 :]
    return "\n".join(lines)


def mutants(seed: int, count: int) -> Iterator[tuple[str, str]]:
    rng = random.Random(seed)
    files = [path.read_text(encoding="utf-8") for path in (*bundled_problems().values(), *bundled_sets().values())]
    for number in range(count):
        yield f"{seed}:{number}", mutated(rng.choice(files), rng)


def try_mutants(folder: Path, seed: int, count: int) -> None:
    path = folder / "mutant.toml"
    for which, text in mutants(seed, count):
        path.write_text(text, encoding="utf-8")
        try:
            load_set(path) if "[[problem]]" in text else load_problem(str(path))
        except AuthoringError:
            continue
        except Exception as error:
            raise AssertionError(f"mutant {which}: {text}") from error


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    try_mutants(tmp_path, 1, 200)


@pytest.mark.slow
def test_many_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    try_mutants(tmp_path, 2, 20_000)


# --- large models at small sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", bundled_problems())
def test_a_model_at_small_sizes_is_what_its_problem_derives_there(name: str) -> None:
    problem = load_problem(name)
    assert small(problem.model) is problem.model
    large = problem.adapted(dict.fromkeys(problem.sizes, 6), {})
    if (model := small(large.model)) is not large.model:
        few = problem.adapted(dict.fromkeys(problem.sizes, 2), {}).model
        assert [(line.name, line.text, line.shape, line.part, line.step) for line in model.lines] == [
            (line.name, line.text, line.shape, line.part, line.step) for line in few.lines
        ]


def test_a_large_model_is_checked_at_small_sizes_and_says_so(tmp_path: Path) -> None:
    path = small_set(tmp_path, SET + "sizes = { n = 9 }\nask = ['z', 'dz']\n", TINY)
    ran = handprop("check", path)
    assert "proved by SymPy entry by entry (at n = 2):" in ran.out
    assert "(proved, 4 entries)" in ran.out
    wrong = tomllib.loads(changed("n = 2", "n = 9"))
    model = read_authored("x", wrong, "x.toml").model
    given = {"x": [[0.1] * 9], "W": [[0.1] * 9] * 9, "target": 8, "eta": 0.5}
    assert worksheets.check.furthest_from_sympy(model, "loss", given) < 1e-9
