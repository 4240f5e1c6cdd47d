"""Training that goes on for some steps, and lines worked after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from classroom import TINY, small_set

from backprop.evaluate import work_lines
from backprop.model import renewed
from grader import grade
from worksheets.authoring import AuthoringError
from worksheets.formats import FORMATS
from worksheets.plots import loss_plot
from worksheets.preview import preview_sheet
from worksheets.problem import load_problem

LOOP = TINY.replace('update = "eta"', 'update = "eta"\nsteps = 3\nagain = ["loss"]') + (
    '\n[then]\nfell = "loss - loss_new3"\nsize = "norm(dW)"\n'
)


def test_each_step_has_its_names() -> None:
    assert [renewed(n) for n in ("W", "W_new", "W_new2", "W_new9", "a_newer")] == [
        "W_new",
        "W_new2",
        "W_new3",
        "W_new10",
        "a_newer_new",
    ]


def test_the_lines_of_three_steps(tmp_path: Path) -> None:
    small_set(tmp_path, problem=LOOP)
    model = load_problem(str(tmp_path / "tiny.toml")).model
    assert [(line.step, line.part, line.name) for line in model.lines][3:] == [
        (1, "backward", "dz"),
        (1, "backward", "dW"),
        (1, "update", "W_new"),
        (2, "again", "z_new"),
        (2, "again", "p_new"),
        (2, "again", "loss_new"),
        (2, "backward", "dz_new"),
        (2, "backward", "dW_new"),
        (2, "update", "W_new2"),
        (3, "again", "z_new2"),
        (3, "again", "p_new2"),
        (3, "again", "loss_new2"),
        (3, "backward", "dz_new2"),
        (3, "backward", "dW_new2"),
        (3, "update", "W_new3"),
        (4, "again", "z_new3"),
        (4, "again", "p_new3"),
        (4, "again", "loss_new3"),
        (4, "then", "fell"),
        (4, "then", "size"),
    ]
    assert model.by_name["W_new3"].text == "W_new2 - eta * dW_new2"
    assert model.by_name["dz_new2"].text == "p_new2 - onehot(target, n)"


def test_the_steps_are_those_of_gradient_descent_by_differences(tmp_path: Path) -> None:
    small_set(tmp_path, problem=LOOP)
    problem = load_problem(str(tmp_path / "tiny.toml"))
    model, given = problem.model, problem.variant(seed=4).record.given[0]
    arrays = {n: np.asarray(v)[..., None] for n, v in given.items()}
    forward = model.part("forward")

    def loss(weights: object) -> float:
        return float(work_lines(forward, {**arrays, "W": np.asarray(weights)[..., None]}, model.sizes)["loss"][0])

    weights, losses = np.asarray(given["W"]), [loss(given["W"])]
    for _ in range(3):
        gradient = np.zeros_like(weights)
        for place in np.ndindex(weights.shape):
            step = np.zeros_like(weights)
            step[place] = 1e-5
            gradient[place] = (loss(weights + step) - loss(weights - step)) / 2e-5
        weights = weights - given["eta"] * gradient
        losses.append(loss(weights))
    worked = work_lines(model.lines, arrays, model.sizes)
    assert np.allclose(worked["W_new3"][..., 0], weights, atol=1e-8)
    assert [worked[n][0] for n in ("loss", "loss_new", "loss_new2", "loss_new3")] == pytest.approx(losses, abs=1e-8)
    assert worked["fell"][0] == pytest.approx(losses[0] - losses[3], abs=1e-8)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("steps = 3", "steps = 6"), "[derive] steps = 6: from 1 to 5"),
        (("steps = 3", "steps = 0"), "[derive] steps = 0: from 1 to 5"),
        (('fell = "loss - loss_new3"', 'fell = "loss - loss_new4"'), "loss_new4 is not given"),
        (("fell =", "loss ="), "loss is the name of something else and a line of [then]: each needs its own"),
        (("fell =", "dW ="), "line “dW”: this name is already in use for something else"),
        (('fell = "loss - loss_new3"', "fell = 3"), "[then] fell: a line is text in quotes"),
    ],
)
def test_what_cannot_be_says_why(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    small_set(tmp_path, problem=LOOP.replace(*change))
    with pytest.raises(AuthoringError) as refused:
        load_problem(str(tmp_path / "tiny.toml"))
    assert says in str(refused.value)


def test_the_sheet_has_a_heading_for_each_step_and_the_solution_a_plot(tmp_path: Path) -> None:
    sheet = preview_sheet(small_set(tmp_path, problem=LOOP))
    page = sheet.markdown()
    headings = [line[4:] for line in page.splitlines() if line.startswith("### ")][2:]
    assert headings == [
        "Forward pass (step 1 of 3)",
        "Backward pass (step 1 of 3)",
        "Update (step 1 of 3)",
        "Forward pass with the new weights (step 2 of 3)",
        "Backward pass (step 2 of 3)",
        "Update (step 2 of 3)",
        "Forward pass with the new weights (step 3 of 3)",
        "Backward pass (step 3 of 3)",
        "Update (step 3 of 3)",
        "Forward pass with the new weights",
        "And then",
    ]
    assert "step by step" not in page
    solution = sheet.solution()
    assert "The loss, step by step" in solution
    assert solution.count("█  ") == 0
    for name in ("loss", "loss_new", "loss_new2", "loss_new3"):
        assert f"  {sheet.key[name]:.4f}  █" in solution
    for ending in FORMATS:
        assert sheet.print(ending, solution=True)


def test_a_mistake_in_a_later_step_is_named_as_in_the_first(tmp_path: Path) -> None:
    sheet = preview_sheet(small_set(tmp_path, problem=LOOP))
    answers = {line.name: sheet.key[line.name] for line in sheet.set.problems[0].lines}
    old, gradient = np.asarray(sheet.key["W_new"]), np.asarray(sheet.key["dW_new"])
    answers["W_new2"] = np.round(old + 0.5 * gradient, 4).tolist()
    found = grade(sheet, answers).line("W_new2")
    assert found.mistake is not None
    assert found.mistake.kind == "sign"
    assert "the step goes against the gradient" in found.message.lower()


def test_a_plot_is_the_same_each_time() -> None:
    for ending in ("svg", "png"):
        once = loss_plot((1.25, 0.5, 0.25), ending)
        loss_plot.cache_clear()
        assert loss_plot((1.25, 0.5, 0.25), ending) == once
