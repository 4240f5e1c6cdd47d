"""What authors get wrong in a problem's file is said with the line, and with what would fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from classroom import TINY, changed

from course.records import LARGEST_SIZE
from worksheets import load_problem
from worksheets.authoring import AuthoringError, NotThere


def refused(folder: Path, text: str | bytes) -> str:
    path = folder / "mine.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(AuthoringError) as found:
        load_problem(str(path))
    message = str(found.value)
    assert message.startswith(str(path)), message
    return message.removeprefix(str(path)).removeprefix(": ")


UNFIT = {
    "unknown key": (("[lines]", "lins = 1\n\n[lines]", "eta = {", "eta = {"), "[given] lins: expected a table"),
    "unknown key at the top": (('title = "Tiny"', 'title = "Tiny"\nintroduction = "x"'), "unknown key “introduction”"),
    "unknown key of a given": (("trainable = true", "trainble = true"), "[given] W: unknown key “trainble”; did you"),
    "unknown key of derive": (("gradients_of", "gradient_of"), "unknown key “gradient_of”"),
    "no title": (('title = "Tiny"', ""), "the key “title” is missing"),
    "no lines": (
        ("[lines]", "[derive]", "[derive]\ngradients", "gradients", "z =", "#", "p =", "#", "loss =", "#"),
        "the key “lines” is missing",
    ),
    "title not text": (('title = "Tiny"', "title = 3"), "title: expected text, got a whole number"),
    "unknown size": (('[1, "n"]', '[1, "m"]'), "[given] x: m is no size; sizes: n"),
    "a size nearly": (('[1, "n"]', '[1, "nn"]'), "[given] x: nn is no size; did you mean “n”?"),
    "unknown name": (("softmax(z)", "softmax(zed)"), "line “p”"),
    "a name used before": (('p = "softmax(z)"\n', "", 'z = "x', 'p = "softmax(z)"\nz = "x'), "line “p”: "),
    "a shape that doesn't fit": (("x @ W", "W @ x"), "line “z”"),
    "unknown function": (("softmax(z)", "softmux(z)"), "softmux"),
    "unfinished line": (("x @ W", "x @"), "line “z”"),
    "a line in no language": (("x @ W", "x $ W"), "line “z”"),
    "a line that would run": (("x @ W", "__import__('os').system('true')"), "line “z”"),
    "empty line": (('"x @ W"', '""'), "line “z”"),
    "line not text": (('"x @ W"', "3"), "[lines] z: a line is text in quotes"),
    "size and given": (("n = 2", "n = 2\neta = 3"), "eta is the name of a size and a given"),
    "given and line": (('z = "x @ W"', 'x = "W @ W"'), "x is the name of a given and a line"),
    "size and line": (("n = 2", "n = 2\nz = 3"), "z is the name of a size and a line"),
    "name with a space": (('z = "x @ W"', '"z z" = "x @ W"'), "“z z” is no name"),
    "name with LaTeX": (('z = "x @ W"', "'\\input{x}' = \"x @ W\""), "is no name"),
    "size 0": (("n = 2", "n = 0"), f"[sizes] n = 0: a size to work by hand is from 1 to {LARGEST_SIZE}"),
    "size 1000": (("n = 2", "n = 1000"), "[sizes] n = 1000: a size to work by hand"),
    "size not whole": (("n = 2", "n = 2.5"), "sizes: expected a whole number, got a number"),
    "size in a shape": (('[1, "n"]', "[1, 1000]"), "a size to work by hand"),
    "one-sided shape": (('[1, "n"]', '["n"]'), "[given] x: a shape has two sizes"),
    "three sizes": (('[1, "n"]', '["n", "n", "n"]'), "[given] x: a shape has two sizes"),
    "values of another shape": (('[1, "n"] }', '[1, "n"], values = [[1], [2]] }'), "the shape is 1×2"),
    "values of ragged rows": (
        ('["n", "n"], trainable', '["n", "n"], values = [[1, 2], [3]], trainable'),
        "[given] W: values are rows of 2 and 1 numbers; the shape is 2×2",
    ),
    "values of a scalar": (("value = 0.5", "values = [[0.5]]"), "[given] eta: values are"),
    "value of a matrix": (('[1, "n"] }', '[1, "n"], value = 1 }'), "[given] x: value is for a scalar"),
    "values and draw": (
        ('[1, "n"] }', '[1, "n"], values = [[1, 2]], draw = {} }'),
        "values and draw exclude each other",
    ),
    "value not finite": (("value = 0.5", "value = nan"), "[given] eta: numbers to work by hand"),
    "values too large": (('[1, "n"] }', '[1, "n"], values = [[1, 1e9]] }'), "[given] x: numbers to work by hand"),
    "values not numbers": (
        ('[1, "n"] }', '[1, "n"], values = [["a", 1]] }'),
        "[given] x: values[0][0]: expected a number",
    ),
    "index out of range": (('index = "n"', 'index = "n", value = 2'), "an index into 2 is a whole number from 0 to 1"),
    "index not whole": (('index = "n"', 'index = "n", value = 0.5'), "a whole number from 0 to 1"),
    "index of no size": (('index = "n"', 'index = "m"'), "[given] target: m is no size"),
    "index with a shape": (('index = "n"', 'index = "n", shape = ["n", "n"]'), "an index has no shape"),
    "index drawn": (('index = "n"', 'index = "n", draw = { range = [0, 1] }'), "an index has no draw"),
    "index as a quantity": (("x @ W", "target * x"), "line “z”"),
    "given not a table": (("{ value = 0.5 }", "0.5"), "[given] eta: expected a table, got a number"),
    "draw upside down": (("value = 0.5", "draw = { range = [1, -1] }"), "[given] eta: draw needs range = [low, high]"),
    "draw nothing but zero": (("value = 0.5", "draw = { range = [-0.01, 0.01] }"), "leaves no number to choose"),
    "draw too fine": (("value = 0.5", "draw = { range = [-1e6, 1e6], decimals = 6 }"), "use fewer decimals"),
    "draw decimals": (("value = 0.5", "draw = { decimals = 9 }"), "decimals from 0 to 6"),
    "rows of a scalar": (
        ("value = 0.5", 'rows = "shares"'),
        "[given] eta: rows says how the rows of a matrix are drawn",
    ),
    "rows and draw": (('[1, "n"] }', '[1, "n"], rows = "shares", draw = {} }'), "it needs a shape, and no draw"),
    "rows of no kind": (('[1, "n"] }', '[1, "n"], rows = "hot" }'), "[given] x: rows: "),
    "values that are not one-hot": (
        ('[1, "n"] }', '[1, "n"], rows = "onehot", values = [[1, 1]] }'),
        "[given] x: a row of values is not one-hot: zeros but for a 1",
    ),
    "values that are no shares": (
        ('[1, "n"] }', '[1, "n"], rows = "shares", values = [[0.5, 0.6]] }'),
        "[given] x: a row of values is no shares: positive numbers that add up to 1",
    ),
    "labels of no size": (("[lines]", '[labels]\nm = ["A"]\n\n[lines]'), "[labels] m: no size has this name"),
    "too few labels": (("[lines]", '[labels]\nn = ["A"]\n\n[lines]'), "[labels] n: 1 for 2 places"),
    "label not text": (("[lines]", "[labels]\nn = [1, 2]\n\n[lines]"), "labels[0]: expected text"),
    "gradients of nothing": (('gradients_of = "loss"', 'gradients_of = "lost"'), "lost"),
    "gradients of a matrix": (('gradients_of = "loss"', 'gradients_of = "p"'), "p"),
    "gradients of a given": (('gradients_of = "loss"', 'gradients_of = "x"'), "x"),
    "update without gradients": (('gradients_of = "loss"\n', ""), "update"),
    "update by nothing": (('update = "eta"', 'update = "etta"'), "etta"),
    "update by a matrix": (('update = "eta"', 'update = "x"'), "x"),
    "again of nothing": (('update = "eta"', 'update = "eta"\nagain = ["lost"]'), "lost"),
    "again without update": (('update = "eta"', 'again = ["loss"]'), "again"),
    "nothing to train": ((", trainable = true", ""), "trainable"),
    "a name that a derived line needs": (('z = "x @ W"', 'z = "x @ W"\ndz = "z"'), "dz"),
    "intro with an unknown name": (('title = "Tiny"', 'title = "Tiny"\nintro = "{Wx}"'), "intro, {Wx}: "),
    "intro in no language": (('title = "Tiny"', 'title = "Tiny"\nintro = "{W +}"'), "intro, {W +}: "),
    "intro with nothing in braces": (('title = "Tiny"', 'title = "Tiny"\nintro = "{}"'), "intro, {}: "),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_is_wrong_is_said(tmp_path: Path, what: str) -> None:
    replaced, says = UNFIT[what]
    message = refused(tmp_path, changed(*replaced))
    assert says in message
    assert "Error" not in message
    assert "`" not in message


def test_a_name_used_too_early_or_wrongly_has_its_nearest_named(tmp_path: Path) -> None:
    message = refused(tmp_path, changed("softmax(z)", "softmax(zz)", "n = 2", "n = 2"))
    assert "zz" in message
    message = refused(tmp_path, changed('z = "x @ W"', 'logits = "x @ W"', "softmax(z)", "softmax(logit)"))
    assert "line “p”" in message
    assert "logits" in message


def test_a_shape_that_does_not_fit_names_both_sizes(tmp_path: Path) -> None:
    message = refused(tmp_path, changed("x @ W", "x @ x"))
    assert "line “z”" in message
    assert message.count("1×2") == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the key “title” is missing"),
        (b"title = ", "not valid TOML: "),
        (b"[lines]\nz = 1\nz = 2", "not valid TOML: "),
        ("title = “Tiny”".encode(), "not valid TOML: "),
        ('title = "Tiny é"'.encode("latin-1"), "this is not UTF-8 text"),
        (TINY.encode("utf-16"), "this is not UTF-8 text"),
        (b"\x00\x01", "not valid TOML: "),
    ],
)
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    assert refused(tmp_path, content).startswith(says)


def test_a_byte_order_mark_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TINY, encoding="utf-8-sig")
    assert load_problem(str(path)).title == "Tiny"


def test_a_problem_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="is a folder"):
        load_problem(str(tmp_path))
    with pytest.raises(NotThere, match="there is no such file"):
        load_problem(str(tmp_path / "none.toml"))
    with pytest.raises(NotThere, match="no problem is called “attention-backdrop”; did you mean “attention-backprop”"):
        load_problem("attention-backdrop")
    with pytest.raises(AuthoringError):
        load_problem("")
    with pytest.raises(AuthoringError):
        load_problem("a\x00b")
