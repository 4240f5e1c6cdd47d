"""What is kept between runs: it saves work, changes nothing, and tells nobody anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from classroom import SET, TINY, contents, handprop, roster_file, small_course, small_set

from worksheets import cache, load_problem, load_set
from worksheets.check import check
from worksheets.derivations import proved
from worksheets.recorded import problem_record
from worksheets.variants import VariantChecker

DIGITS = bytes.maketrans(b"0123456789", b"1234567891")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "kept"))
    return tmp_path / "kept"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def refuse(*_: object) -> None:
    raise AssertionError("this was worked out before")


def test_what_was_proved_checked_and_sampled_is_not_done_again(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem_set = load_set(small_set(tmp_path))
    asked, record = problem_set.problems[0], problem_set.record()
    proved(record)
    report = check(asked)
    variant_checker = VariantChecker(asked.problem, record.problems[0])
    hidden = variant_checker.never_seen
    assert {path.parent.name for path in files(kept)} == {"proofs", "checks", "mistakes"}
    monkeypatch.setattr("backprop.symbolic.prove_model", refuse)
    monkeypatch.setattr("worksheets.check._report", refuse)
    monkeypatch.setattr(VariantChecker, "_sample", refuse)
    assert proved(record) is record
    assert check(asked) == report
    assert VariantChecker(asked.problem, record.problems[0]).never_seen == hidden


@pytest.mark.parametrize("harm", ["deleted", "empty", "junk", "changed", "a folder in its place", "a file"])
def test_a_cache_that_is_harmed_changes_nothing(kept: Path, tmp_path: Path, harm: str) -> None:
    path = small_set(tmp_path)
    calls = [("preview", path), ("check", path)]
    before = [handprop(*call) for call in calls]
    assert {ran.code for ran in before} == {0}
    assert len(files(kept)) >= 3
    for file in files(kept):
        whole = file.read_bytes()
        file.unlink()
        if harm == "a folder in its place":
            file.mkdir()
        elif harm not in ("deleted", "a file"):
            file.write_bytes(
                {"empty": b"", "junk": b"\xff{", "changed": whole[:32] + whole[32:].translate(DIGITS)}[harm]
            )
    if harm == "a file":
        for folder in kept.iterdir():
            folder.rmdir()
        kept.rmdir()
        kept.write_text("no folder can be made here")
    assert [handprop(*call) for call in calls] == before


def test_what_is_written_is_whole_and_alone(kept: Path) -> None:
    cache.save("proofs", "x", True)
    cache.save("proofs", "x", False)
    assert len(files(kept)) == 1
    assert len(list(kept.rglob("*"))) == 2  # the file and its folder
    assert cache.load("proofs", "x", bool) is False
    assert cache.load("checks", "x", bool) is None


def test_another_line_number_or_program_has_its_own(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sampled(problem: str) -> int:
        asked = load_set(small_set(tmp_path, SET, problem)).problems[0]
        assert VariantChecker(asked.problem, problem_record(asked)).draw(b"k", [(1,)])
        return len(files(kept))

    assert [sampled(TINY), sampled(TINY)] == [1, 1]
    assert sampled(TINY.replace("x @ W", "x @ (W + W)")) == 2
    assert sampled(TINY.replace('[1, "n"] }', '[1, "n"], draw = { range = [-3, 3] } }')) == 3
    monkeypatch.setattr(cache.metadata, "version", lambda name: "99.9")
    cache.program.cache_clear()
    assert sampled(TINY) == 4
    monkeypatch.undo()
    cache.program.cache_clear()


def test_the_program_s_key_is_of_its_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mathematics" / "inner").mkdir(parents=True)
    source = tmp_path / "mathematics" / "inner" / "rules.py"
    source.write_text("a")
    monkeypatch.setattr(cache, "SOURCES", ("mathematics",))
    monkeypatch.setattr(cache.resources, "files", lambda package: tmp_path / package)
    first = cache.program.__wrapped__()
    assert cache.program.__wrapped__() == first
    source.write_text("b")
    assert cache.program.__wrapped__() != first


def test_nothing_of_a_course_is_kept(kept: Path, tmp_path: Path) -> None:
    course = small_course(tmp_path)
    secret = (course / "instructor" / "secret").read_bytes().strip()
    found = b"".join(path.read_bytes() for path in files(kept))
    assert found
    for private in (secret, b"Ada", b"s1", b"s2"):
        assert private not in found
    before = contents(kept)
    roster_file(tmp_path, "id,name\ns7,Kurt\n")
    ran = handprop("generate", tmp_path / "set.toml", "--roster", tmp_path / "roster.csv", "--out", tmp_path / "other")
    assert ran.code == 0
    assert contents(kept) == before


def test_a_problem_that_is_not_proved_is_never_kept_as_proved(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from backprop.symbolic import Proof
    from worksheets.authoring import AuthoringError

    record = load_problem("matmul-gradient").variant(seed=1).set
    monkeypatch.setattr("backprop.symbolic.prove_model", lambda *_: [Proof("dA", 4, ((0, 0),))])
    for _ in range(2):
        with pytest.raises(AuthoringError, match="SymPy cannot confirm dA"):
            proved(record)
