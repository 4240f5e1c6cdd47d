"""Variants: fit to be worked by hand, hiding no mistake, and equally hard."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop.evaluate import batched, evaluate, work_lines
from backprop.mistakes import mistakes
from backprop.visibility import MistakeVisibility
from course.roster import load_roster
from handprop.reports import report_lines
from worksheets import variants
from worksheets.authoring import AuthoringError
from worksheets.check import check
from worksheets.course import generate
from worksheets.drawing import draw_given, keyed_random
from worksheets.given import Override
from worksheets.problem import bundled_problems, load_problem
from worksheets.problem_set import load_set
from worksheets.recorded import Asked, problem_record
from worksheets.variants import VariantChecker

LESSON = load_problem("attention-backprop")
IDENTITY = [[1.0, 0.0], [0.0, 1.0]]
TENTH = [[0.1, 0.0], [0.0, 0.1]]


FIRST = {
    "X": [[1.3, 0.4], [-0.8, -1.8]],
    "W_1": [[-0.3, -0.4], [1.0, 0.7]],
    "b_1": [[-0.7, 0.3]],
    "W_2": [[1.8], [-0.4]],
    "b_2": [[-0.9]],
    "y": [[0.0], [1.0]],
    "eta": 0.5,
}
DRAWN = {
    "attention-backprop": "74effb454454",
    "attention-output-gradient": "02bfcbd553c3",
    "batch-average": "07b47d5c6c91",
    "causal-attention": "60cbae39d4c3",
    "compare-training": "74effb454454",
    "gradient-check": "d81b670c911c",
    "layer-norm": "2d27583398e5",
    "lora-projection": "e49de6a972cb",
    "matmul-gradient": "5db8f860d882",
    "output-layer-step": "74effb454454",
    "perceptron": "5f7e4fe1c333",
    "recurrent-steps": "240f1277dc1d",
    "relu-classifier": "9d6c828bcc0e",
    "residual-block": "8bc714c92b8e",
    "scores-gradient": "a4282205e325",
    "softmax-jacobian": "2ec51b746faa",
    "training-loop": "824968679768",
    "two-heads": "d7df16feddcc",
}


def asked(overrides: dict[str, Override] | None = None, decimals: int = 4, **sizes: int) -> Asked:
    problem = LESSON.adapted(sizes, overrides or {})
    return Asked(problem, frozenset(line.name for line in problem.model.lines), decimals, None)


def variant_checker(one: Asked) -> VariantChecker:
    return variants.variant_checker(one.problem, problem_record(one))


@pytest.mark.parametrize("sizes", [{}, {"n": 3, "d": 3, "d_k": 3, "d_v": 3}, {"n": 3, "d_k": 4}])
@pytest.mark.parametrize("decimals", [3, 4])
def test_no_sheet_hides_a_mistake_that_these_shapes_can_show(sizes: dict[str, int], decimals: int) -> None:
    vets = variant_checker(asked(decimals=decimals, **sizes))
    never = {(line, mistake.expression) for line, mistake in vets.never_seen}
    model = vets.model
    for drawn in vets.draw(b"class", [(i,) for i in range(5)]):
        worked = work_lines(model.lines, batched(drawn.given), model.sizes)
        for line in model.lines:
            for mistake in mistakes(model, line):
                wrong = np.broadcast_to(evaluate(mistake.expression, worked, model.sizes), worked[line.name].shape)
                same = np.nan_to_num(np.abs(wrong - worked[line.name]), nan=1.0).max() < 10.0**-decimals
                # Another class than the target is no mistake where the target is that class.
                if same and mistake.kind != "wrong-target":
                    assert (line.name, mistake.expression) in never, (line.name, mistake)
        for name in ("weights", "probs", "weights_new", "probs_new"):
            assert 0.02 < worked[name].min() <= worked[name].max() < 0.95


def test_what_no_numbers_can_show_is_listed_and_not_waited_for() -> None:
    shown = "\n".join(report_lines(check(asked(), variants=20)))
    assert "known mistakes that these numbers do not show, or hardly ever:" in shown
    assert "dW_O: entrywise-product: context.T * dlogits" in shown


def test_a_draw_is_judged_as_it_is_in_a_batch() -> None:
    vets = variant_checker(asked())
    drawn: list[dict[str, Any]] = [dict(d.given) for d in vets.draw(b"class", [(i,) for i in range(4)])]
    drawn.append({**drawn[0], "W_K": [[0.1, 0.1], [0.1, 0.1]]})
    together = vets.reasons(drawn)
    assert together[:4] == [""] * 4
    assert together[4] != ""
    assert [vets.reasons([given])[0] for given in drawn] == together


def test_numbers_of_a_secret_and_a_student_stay_as_they_are() -> None:
    """So a course that was begun with an earlier version goes on with its numbers."""
    drawn = {
        name: [draw_given(load_problem(name), keyed_random(b"fixed", "s1", attempt)) for attempt in range(5)]
        for name in bundled_problems()
    }
    assert drawn["perceptron"][0] == FIRST
    found = {name: hashlib.sha256(json.dumps(given).encode()).hexdigest()[:12] for name, given in drawn.items()}
    assert found == DRAWN


@pytest.mark.parametrize("students", [1, 40])
def test_the_first_fit_draw_is_taken_however_many_are_drawn_at_once(students: int) -> None:
    vets = variant_checker(asked(decimals=3))
    class_ = vets.draw(b"class", [(i,) for i in range(students)])
    tries = [range(1 + sum(drawn.rejected.values())) for drawn in class_]
    singly = [[draw_given(LESSON, keyed_random(b"class", i, turn)) for turn in turns] for i, turns in enumerate(tries)]
    reasons = iter(vets.reasons([given for draws in singly for given in draws]))
    for drawn, draws in zip(class_, singly, strict=True):
        *unfit, fit = (next(reasons) for _ in draws)
        assert (draws[-1], fit) == (drawn.given, "")
        assert Counter(unfit) == drawn.rejected
        assert "" not in unfit


def test_the_target_itself_is_no_wrong_target() -> None:
    model = LESSON.model
    given = {**variant_checker(asked()).draw(b"class", [(0,)])[0].given, "target": 1}
    worked = work_lines(model.lines, batched(given), model.sizes)
    hiding = [h for h in MistakeVisibility(model, {"dlogits"}, 4).over(worked) if h.mistake.kind == "wrong-target"]
    assert len(hiding) == 4
    assert not any(h.hidden.any() for h in hiding)


def test_numbers_that_are_never_fit_are_refused_with_the_line() -> None:
    # Weights in the hundreds force every softmax to an end.
    huge = Override(values=[[900.0, -800.0], [700.0, 900.0]])
    with pytest.raises(AuthoringError, match=r"none of 400 draws is fit to be worked by hand: .*weights is saturated"):
        variant_checker(asked({"W_Q": huge})).draw(b"class", [(0,)])


def test_sheets_of_a_class_are_equally_hard() -> None:
    drawn = variant_checker(asked(n=3, d=4)).draw(b"class", [(i,) for i in range(40)])
    for name in ("X", "W_Q", "W_O"):
        numbers = np.array([d.given[name] for d in drawn]).reshape(40, -1)
        assert set((numbers < 0).sum(axis=1)) == {numbers.shape[1] // 2}
        assert np.ptp(np.abs(numbers).mean(axis=1)) < 0.25 * np.abs(numbers).mean()
    spreads = {s.what: s for s in check(asked(), variants=30).spreads}
    assert spreads["negative numbers given"].least == spreads["negative numbers given"].most == 12


def test_numbers_fixed_for_everyone_are_printed_with_a_warning(tmp_path: Path) -> None:
    given = {"X": IDENTITY, "W_Q": TENTH, "W_K": TENTH, "W_V": TENTH, "W_O": [[0.1, 0, 0, 0], [0, 0, 0.1, 0]]}
    values = "\n".join(f"{name} = {{ values = {value} }}" for name, value in given.items())
    (tmp_path / "set.toml").write_text(
        "title = 'The lesson'\n[[problem]]\nuse = 'attention-backprop'\n"
        f"[problem.given]\n{values}\ntarget = {{ value = 2 }}\neta = {{ value = 0.1 }}\n"
    )
    (tmp_path / "roster.csv").write_text("id,name\ns1,Ada\n")
    done = generate(load_set(tmp_path / "set.toml"), load_roster(tmp_path / "roster.csv"), tmp_path / "c", formats=())
    (warning,) = done.warnings
    assert warning.startswith("problem 1: its numbers are fixed and hide ")
    assert "Q (transpose)" in warning
