"""Every operation of the table has three witnesses: its NumPy reading, SymPy's derivative, and finite differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from small_models import Case, assert_close, cases, central_differences, model, numbers

from backprop.entries import cells
from backprop.evaluate import evaluate, work_lines
from backprop.expressions import apply
from backprop.language import parse
from backprop.model import Model
from backprop.operations import OPERATIONS
from backprop.operations.entry import delta, masked
from backprop.operations.record import Operation
from backprop.symbolic import Symbolic, prove_model
from backprop.training import derive

ALL = [pytest.param(case, id=str(case)) for operation in OPERATIONS for case in cases(operation)]


def differentiated(case: Case) -> Model:
    forward = case.model
    return derive(forward, "loss") if forward.trainables else forward


def unproved(model: Model) -> list[str]:
    return [proof.line for proof in prove_model(model, "loss") if not proof.holds]


def test_every_operation_has_a_case() -> None:
    assert [operation for operation in OPERATIONS if not list(cases(operation))] == []


@pytest.mark.parametrize("case", ALL)
def test_sympy_proves_the_adjoint(case: Case) -> None:
    assert unproved(differentiated(case)) == []


@pytest.mark.parametrize("case", ALL)
def test_numpy_gives_what_the_entries_say(case: Case) -> None:
    forward = case.model
    values = numbers(forward)
    out = forward.by_name["out"]
    worked = work_lines(forward.lines, values, forward.sizes)["out"][..., 0]
    reading = Symbolic(forward, "loss", {"k": int(values["k"][0])})
    symbols = {
        reading.symbol(name, i, j): sp.Float(float(values[name][(i, j, 0) if shape else 0]), 20)
        for name, shape in forward.scope.shapes.items()
        if name in case.matrices
        for i, j in cells(shape)
    }
    entries = [float(reading.entry(out.expression, i, j).xreplace(symbols)) for i, j in cells(out.shape)]
    assert_close(worked, np.reshape(entries, tuple(map(int, out.shape))), 1e-12)


@pytest.mark.parametrize("case", ALL)
def test_gradients_agree_with_finite_differences(case: Case) -> None:
    whole = differentiated(case)
    values = numbers(whole)
    worked = work_lines(whole.lines, values, whole.sizes)
    for name in whole.trainables:
        assert_close(worked[f"d{name}"][..., 0], central_differences(whole, "loss", values, name))


@pytest.mark.parametrize("case", ALL)
def test_a_batch_is_its_members(case: Case) -> None:
    whole = differentiated(case)
    several = numbers(whole, batch=5)
    # The first quantity is the same for everyone, as a batch of one.
    shared = {name: several[name][..., :1] for name in list(case.matrices)[:1]}
    for values in (several, {**several, **shared}):
        together = work_lines(whole.lines, values, whole.sizes)
        for member in range(5):
            own = {n: v[..., member : member + 1] if v.shape[-1] > 1 else v for n, v in values.items()}
            alone = work_lines(whole.lines, own, whole.sizes)
            for line in whole.lines:
                mine = together[line.name][..., member if together[line.name].shape[-1] > 1 else 0]
                assert_close(mine, alone[line.name][..., 0], 1e-13)


CUBE = Operation(
    "cube",
    "every entry times itself, twice",
    definition="a * a * a",
    adjoint=("3 * g * a ** 2",),
)


def test_a_new_entry_brings_its_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATIONS, "cube", CUBE)
    found = list(cases("cube"))
    assert len(found) == len(list(cases("exp"))) > 0
    for case in found:
        test_sympy_proves_the_adjoint(case)
        test_numpy_gives_what_the_entries_say(case)
        test_gradients_agree_with_finite_differences(case)
        test_a_batch_is_its_members(case)


def test_a_new_entry_that_is_wrong_fails_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATIONS, "cube", replace(CUBE, adjoint=("2 * g * a ** 2",)))
    with pytest.raises(AssertionError):
        test_sympy_proves_the_adjoint(next(cases("cube")))
    with pytest.raises(AssertionError):
        test_gradients_agree_with_finite_differences(next(cases("cube")))
    monkeypatch.setitem(OPERATIONS, "cube", replace(CUBE, values=lambda a: a * a))
    with pytest.raises(AssertionError):
        test_numpy_gives_what_the_entries_say(next(cases("cube")))


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if any(OPERATIONS[o].adjoint)])
def test_a_wrong_sign_is_caught_in_every_adjoint(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = OPERATIONS[operation]
    for position, rule in enumerate(entry.adjoint):
        if rule is not None:
            wrong = tuple(f"-({r})" if r and p == position else r for p, r in enumerate(entry.adjoint))
            monkeypatch.setitem(OPERATIONS, operation, replace(entry, adjoint=wrong))
            assert f"d{'ABC'[position]}" in unproved(differentiated(next(cases(operation))))


@pytest.mark.parametrize(
    ("operation", "wrong", "line"),
    [
        ("@", ("g @ b", "a.T @ g"), "dA"),
        ("@", ("g @ b.T", "a @ g"), "dB"),
        (".T", ("g",), "dA"),
        ("/", ("g / b", "(g * a) / b ** 2"), "dB"),
        ("tanh", ("g * (1 - out)",), "dA"),
        ("softmax", ("out * g",), "dA"),
        ("softmax", ("out * (g - rowsum(g))",), "dA"),
        ("softmax", ("out * (g - colsum(g * out))",), "dA"),
        ("rowmean", ("spread(g, rows, columns)",), "dA"),
    ],
)
def test_a_wrong_rule_is_caught(
    operation: str, wrong: tuple[str, ...], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPERATIONS, operation, replace(OPERATIONS[operation], adjoint=wrong))
    square = [c for c in cases(operation) if set(c.matrices.values()) == {("m", "m")}]
    proofs = {p.line: p for p in prove_model(differentiated(square[0]), "loss")}
    assert [name for name, proof in proofs.items() if not proof.holds] == [line]
    assert proofs[line].entries == 9


def test_a_proof_names_the_entries_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATIONS, ".T", replace(OPERATIONS[".T"], adjoint=("g",)))
    turned = derive(model({"loss": "sum(A.T * C)"}, {"A": (2, 2)}, {"C": (2, 2)}), "loss")
    (proof,) = prove_model(turned, "loss")
    # What stands on the diagonal is right even so.
    assert (proof.line, proof.entries, proof.wrong) == ("dA", 4, ((0, 1), (1, 0)))


def test_a_wrong_rule_through_another_operation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = OPERATIONS["cross_entropy"]
    lines = {"p": "softmax(z)", "loss": "cross_entropy(p, k)"}
    right = derive(model(lines, {"z": (1, 3)}, indices={"k": 3}), "loss")
    assert unproved(right) == []
    for wrong in ("g * a", "g * (onehot(b, columns) - a)", "g * (a - onehot(0, columns))"):
        monkeypatch.setitem(OPERATIONS, "cross_entropy", replace(entry, fused=(("softmax", wrong),)))
        (proof,) = prove_model(derive(model(lines, {"z": (1, 3)}, indices={"k": 3}), "loss"), "loss")
        assert (proof.line, proof.holds) == ("dz", False)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_adjoints_are_of_the_language(operation: str) -> None:
    entry = OPERATIONS[operation]
    assert len(entry.adjoint) == len(entry.takes)
    for rule in (*entry.adjoint, *(rule for _, rule in entry.fused)):
        assert rule is None or parse(rule)
    for inner, _ in entry.fused:
        assert inner in OPERATIONS


def test_a_masked_infinity_stays_out() -> None:
    row = np.array([[np.inf, 2.0]])[..., None]
    assert evaluate(parse("diag(r)"), {"r": row}, {})[..., 0].tolist() == [[np.inf, 0.0], [0.0, 2.0]]
    assert evaluate(parse("entry(r, 0, -1)"), {"r": row}, {}).tolist() == [2.0]


def test_entries_are_in_the_language() -> None:
    assert masked(delta(parse("i"), parse("j")), parse("x")) == apply("*", parse("delta(i, j)"), parse("x"))
