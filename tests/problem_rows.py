"""What students work in the place of a line of the other bundled problems: rows as in mistake_rows.py."""

from __future__ import annotations

from typing import Any

from mistake_rows import Row, sheet_of

from worksheets import load_problem
from worksheets.sheet import Sheet

MASK = "step(causal_softmax(scaled))"

# fmt: off
GIVEN: dict[str, dict[str, Any]] = {
    "causal-attention": {
        "Q": [[0.7, 0.1], [-0.7, -0.9], [-0.3, 0.4]],
        "K": [[-0.6, -1.0], [0.3, 0.5], [-0.2, 0.8]],
        "V": [[0.9, -0.5], [-0.3, 0.1], [0.6, -0.8]],
        "T": [[1.1, -0.9], [-0.6, 0.3], [-2.0, 1.5]],
    },
    "batch-average": {
        "X": [[0.9, -0.5], [-1.9, 1.1]],
        "Y": [[0, 1, 0], [1, 0, 0]],
        "W": [[0.7, -0.2, -0.4], [0.2, -1.0, 0.8]],
        "b": [[0.3, -0.5, -0.9]],
        "eta": 0.5,
    },
    "relu-classifier": {
        "x": [[0.4, 0.3, -1.0]],
        "W_1": [[1.0, 0.8, 0.9], [-0.1, -0.6, -0.3], [0.2, 0.5, -0.5]],
        "W_2": [[0.3, 0.2, -0.7], [-0.7, 0.9, -0.1], [0.5, 0.6, -0.1]],
        "target": 0,
        "eta": 0.5,
    },
    "recurrent-steps": {
        "x_1": [[1.2, -0.7]],
        "x_2": [[-1.7, 0.2]],
        "h_0": [[-0.7, 0.2]],
        "W_x": [[-1.0, 0.5], [-0.1, 0.6]],
        "W_h": [[-0.2, 0.7], [-1.0, 0.4]],
        "b": [[0.7, -0.2]],
        "W_y": [[-0.8, 0.6], [0.4, -0.3]],
        "y": [[-1.7, 0.6]],
    },
    "residual-block": {
        "X": [[0.9, -0.5], [-1.9, 1.1]],
        "W_1": [[0.8, -0.3, 0.7], [-0.1, -0.9, 0.5]],
        "b_1": [[-0.6, 0.9, -0.2]],
        "W_2": [[0.9, -0.5], [-0.3, 0.1], [0.6, -0.8]],
        "b_2": [[-0.9, 0.3]],
        "T": [[0.8, -0.4], [1.9, -1.3]],
    },
    "layer-norm": {
        "X": [[1.9, 0.1, -2.1], [-2.7, -0.8, 1.2]],
        "gamma": [[0.9, 1.2, 0.7]],
        "beta": [[-0.1, -0.9, 0.6]],
        "T": [[-0.4, 0.2, 0.6], [-1.0, 0.7, -0.1]],
        "epsilon": 0.1,
    },
    "softmax-jacobian": {"x": [[-0.6, 0.4, -1.5]], "y": [[0.2, 0.3, 0.5]], "i": 0, "j": 1},
    "lora-projection": {
        "X": [[0.9, -0.5, 0.3], [-0.7, 0.2, -1.0]],
        "W": [[0.4, -0.9], [-0.6, 0.8], [0.1, -0.3]],
        "B": [[-0.5], [0.9], [0.3]],
        "A": [[0.7, -0.4]],
        "T": [[1.7, -0.8], [-1.2, 0.5]],
        "eta": 0.1,
    },
    "two-heads": {
        "X": [[-1.8, -1.4], [0.2, 1.0]],
        "W_Q_1": [[-0.2, 0.8], [1.0, -0.4]],
        "W_K_1": [[0.9, -0.5], [0.6, -0.3]],
        "W_V_1": [[-0.5], [0.7]],
        "W_O_1": [[-0.7, 0.3]],
        "W_Q_2": [[-0.9, 0.1], [-0.7, 0.4]],
        "W_K_2": [[-1.0, 0.8], [-0.2, 0.3]],
        "W_V_2": [[-0.3], [0.9]],
        "W_O_2": [[0.6, -0.4]],
        "t": [[1.8, -0.5]],
    },
}

ROWS: dict[str, list[Row]] = {
    "causal-attention": [
        Row("weights", "softmax(scaled)", "other", "mask was left out"),
        Row("weights", f"softmax(scaled) * {MASK}", "other", "put on after the softmax"),
        Row("weights", f"softmax(scaled * {MASK})", "other", "exp(0) = 1 counts"),
        Row("weights", f"exp(scaled) * {MASK}.T / rowsum(exp(scaled) * {MASK}.T)", "other", "other triangle"),
        Row("weights", f"exp(scaled) * {MASK} / colsum(exp(scaled) * {MASK})", "softmax-axis", "down the columns"),
        Row("weights", f"exp(scaled) * {MASK}", "softmax-not-exponentiated", "not divided by the sum"),
        Row("weights", f"scaled * {MASK} / rowsum(scaled * {MASK})", "softmax-not-exponentiated", "exponentials"),
        Row("dscaled", "weights * dweights", "softmax-jacobian", "row sum was left out"),
        Row("dscaled", "dweights", "softmax-jacobian", "passed over"),
        Row("doutput", "T - output", "sign", "other way round"),
        Row("dQ", "dscores.T @ K", "transpose", "transpose of"),
    ],
    "batch-average": [
        Row("loss", "mean_cross_entropy(probs, Y) * n", "missing-scale", "losses of the rows were added up"),
        Row("loss", "mean_cross_entropy(probs, Y) / v", "wrong-scale", "it is the mean over the rows"),
        Row("loss", "mean_cross_entropy(probs, Y) / 2.302585092994046", "log-base", "base 10"),
        Row("loss", "mean_cross_entropy(probs, (1 - Y) / 2)", "wrong-target", "of the other classes"),
        Row("dlogits", "probs - Y", "missing-scale", "division by n was left out"),
        Row("dlogits", "(Y - probs) / n", "sign", "other way round"),
        Row("dlogits", "probs / n", "missing-term", "Y was not subtracted"),
        Row("dlogits", "(probs * Y - Y) / n", "missing-term", "Only the entries where Y is 1 were used"),
        Row("db", "row(dlogits, 0)", "missing-term", "the rows are added up"),
    ],
    "relu-classifier": [
        Row("hidden", "z", "other", "Negative entries were kept"),
        Row("hidden", "relu(-z)", "other", "positive entries were made 0"),
        Row("dz", "dhidden", "missing-term", "Relu was passed over"),
        Row("dz", "dhidden * hidden", "other", "is 1 where z is positive, not z itself"),
    ],
    "recurrent-steps": [
        Row("z_2", "x_1 @ W_x + h_1 @ W_h + b", "wrong-operand", "x_1 was used where x_2 belongs"),
        Row("dz_2", "dh_2", "missing-term", "Tanh was passed over"),
        Row("dh_1", "dz_2 @ W_h", "transpose", "transpose of W_h was left out"),
        Row("dW_h", "h_1.T @ dz_2", "missing-term", "has a part for each use"),
        Row("dW_x", "x_1.T @ dz_1", "missing-term", "has a part for each use"),
        Row("db", "dz_1", "missing-term", "has a part for each use"),
    ],
    "residual-block": [
        Row("dX", "dz @ W_1.T", "missing-term", "term ∂L/∂out was left out: where a quantity is used twice"),
        Row("dX", "dout", "missing-term", "has a part for each use"),
        Row("out", "block", "missing-term", "term X was left out"),
    ],
    "layer-norm": [
        Row("mu", "rowsum(X)", "missing-scale", "their mean is asked"),
        Row("var", "rowsum(centred ** 2) / (d - 1)", "wrong-scale", "one less than its number of entries"),
        Row("sigma", "sqrt(var)", "missing-term", "term ε was left out"),
        Row("dgamma", "colsum(dout)", "missing-term", "factor normal was left out"),
        Row("dX", "dcentred", "missing-term", "has a part for each use"),
    ],
    "softmax-jacobian": [
        Row("J", "p.T @ p - diag(p)", "sign", "other way round"),
        Row("J", "diag(p)", "missing-term", "was not subtracted"),
        Row("J_ij", "entry(p, 0, i) * (delta(i, j) + entry(p, 0, j))", "sign", "subtracted here"),
        Row("dx", "p * (1 - p) * dp", "softmax-jacobian", "Only the diagonal"),
    ],
    "lora-projection": [
        Row("adapted", "B @ A", "missing-term", "term W was left out"),
        Row("adapted", "W", "missing-term", "term B · A was left out"),
        Row("dadapted", "X.T @ out", "wrong-operand", "out was used where ∂L/∂out belongs"),
        Row("B_new", "B + eta * dB", "sign", "against the gradient"),
    ],
    "two-heads": [
        Row("dhead_2", "dout @ W_O_1.T", "wrong-operand", "was used where"),
        Row("out", "head_1 @ W_O_1", "missing-term", "was left out"),
        Row("dweights_1", "dhead_2 @ V_1.T", "wrong-operand", "was used where"),
        Row("dq_1", "dscaled_1 @ K_1", "missing-scale", "division by √d_k was left out"),
    ],
}
# fmt: on

PROBLEM_SHEETS: list[tuple[Sheet, list[Row]]] = [
    (sheet_of(load_problem(name), GIVEN[name]), rows) for name, rows in ROWS.items()
]
