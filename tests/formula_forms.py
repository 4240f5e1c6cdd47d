"""What a student may type as a formula, and what is made of it: the table for tests and for readers.

The lines are those of the bundled problem attention-backprop, at sizes that differ: n = 2, d = 3, d_k = 4, d_v = 5.
"""

from __future__ import annotations

from dataclasses import dataclass

SIZES = {"n": 2, "d": 3, "d_k": 4, "d_v": 5}
GIVEN = {"eta": 0.5, "target": 2}


@dataclass(frozen=True)
class FormulaForm:
    """One way of typing the formula of a line. Without `says` it is right, and read as `read`."""

    line: str
    typed: object
    read: str = ""
    says: str = ""
    verdict: str = "correct"


def _all(line: str, read: str, *typed: str) -> tuple[FormulaForm, ...]:
    """Many ways of typing one formula."""
    return tuple(FormulaForm(line, text, read) for text in typed)


def _not(verdict: str, line: str, typed: object, says: str) -> FormulaForm:
    return FormulaForm(line, typed, "", says, verdict)


FORMULA_FORMS: dict[str, tuple[FormulaForm, ...]] = {
    "Products, transposes, gradients": _all(
        "dW_Q",
        "Xᵀ · ∂L/∂Q",
        "X.T @ dQ",
        "X^T dQ",
        "X' * dQ",
        "X.T * dQ",
        "Xᵀ·∂L/∂Q",
        "XᵀdQ",
        r"X^\top \frac{\partial L}{\partial Q}",
        r"X^{T} \, \dfrac{dL}{dQ}",
        r"$X^{\mathsf{T}} \cdot \partial L / \partial Q$",
        r"\mathbf{X}^\intercal \times \frac{\partial \text{loss}}{\partial \mathbf{Q}}",
        "X^T ∂loss/∂Q",
        "X^T dL/dQ",
        "X.T @ dL_dQ",
        "X.T @ grad_Q",
        "X.T @ Q.grad",
        "X^T ∇_Q L",
        "transpose(X) dQ",
        "X.transpose() @ dQ",
        "t(X) %*% dQ",
        "np.dot(X.T, dQ)",
        "X.T.dot(dQ)",
        "torch.matmul(X.t(), dQ)",
        "dW_Q = X.T @ dQ",
        r"\frac{\partial L}{\partial W_Q} = X^\top \frac{\partial L}{\partial Q}",
        "X^T (dQ)",
        "dW_Q: X^T x dQ;",
        "“X^T dQ”",
    ),
    "Any equivalent formula": (
        FormulaForm("dW_Q", "X.T @ dscores @ K", "Xᵀ · ∂L/∂scores · K"),
        FormulaForm("dW_Q", "X^T dscaled K / sqrt(d_k)", "(Xᵀ · ∂L/∂scaled · K) / √d_k"),
        FormulaForm("dQ", r"\frac{1}{\sqrt{d_k}} dscaled K", "(1 / √d_k × ∂L/∂scaled) · K"),
        FormulaForm("dW_Q", "(dQ^T X)^T", "((∂L/∂Q)ᵀ · X)ᵀ"),
        FormulaForm("dV", "(doutput^T weights)^T", "((∂L/∂output)ᵀ · weights)ᵀ"),
        FormulaForm("dW_O", "np.outer(context, dlogits)", "contextᵀ · ∂L/∂logits"),
    ),
    "Entry by entry, sums": (
        *_all(
            "dscaled",
            "weights ⊙ (∂L/∂weights − rowsum(∂L/∂weights ⊙ weights))",
            "weights * (dweights - rowsum(dweights * weights))",
            r"\text{weights} \odot \left(\frac{\partial L}{\partial \text{weights}} - "
            r"\operatorname{rowsum}(\frac{\partial L}{\partial \text{weights}} \odot \text{weights})\right)",
            "weights ∘ [dweights − rowsum(dweights ∘ weights)]",
            "weights .* (dweights - sum(dweights .* weights, axis=1))",
            "weights * (dweights - np.sum(dweights * weights, axis=-1, keepdims=True))",
            "weights * (dweights - (dweights * weights).sum(axis=1, keepdims=True))",
            "weights * (dweights - (dweights * weights).sum(dim=-1, keepdim=True))",
            "np.multiply(weights, dweights - rowsum(dweights * weights))",
        ),
        FormulaForm(
            "dscaled",
            "weights*dweights - weights*rowsum(weights*dweights)",
            "weights ⊙ ∂L/∂weights − weights ⊙ rowsum(weights ⊙ ∂L/∂weights)",
        ),
    ),
    "Scalars, roots, names": (
        *_all(
            "dscores",
            "∂L/∂scaled / √d_k",
            "dscaled / sqrt(d_k)",
            "dscaled/√d_k",
            r"\frac{dL/dscaled}{\sqrt{d_{k}}}",
            "d_scaled / np.sqrt(d_k)",
        ),
        FormulaForm("dscores", "1/√d_k · dscaled", "1 / √d_k × ∂L/∂scaled"),
        FormulaForm("dscores", "dscaled * d_k^(-1/2)", "∂L/∂scaled × d_k^(−0.5)"),
        FormulaForm("dscores", "dscaled / 2", "∂L/∂scaled / 2"),
        *_all(
            "W_Q_new",
            "W_Q − η × ∂L/∂W_Q",
            "W_Q - eta * dW_Q",
            "WQ - η dWQ",
            r"W_{Q} - \eta \frac{\partial L}{\partial W_{Q}}",
            r"W_Q^{\text{new}} = W_Q - \eta \cdot \nabla_{W_Q} L",
            "W_Q ← W_Q − η·dW_Q",
            "W_Q -= eta * dW_Q",
        ),
        FormulaForm("W_Q_new", "W_Q - 0.5 dW_Q", "W_Q − η × ∂L/∂W_Q, with 0.5 as η"),
    ),
    "Rows and entries": (
        *_all(
            "dlogits",
            "probs − onehot(target)",
            "probs - onehot(target)",
            "probs - one_hot(target, v)",
            r"\mathrm{probs} - \mathbf{1}_{target}",
            "probs - e_target",
        ),
        FormulaForm("dlogits", "probs - e_C", "probs − onehot(target)"),
        *_all(
            "doutput",
            "∂L/∂context in the last row, 0 elsewhere",
            "place(dcontext, -1, n)",
            "∂L/∂context in the last row, 0 elsewhere",
            r"\begin{pmatrix} 0 \\ \frac{\partial L}{\partial \mathrm{context}} \end{pmatrix}",
        ),
        FormulaForm("dW_O", "output[-1].T @ dlogits", "last row of outputᵀ · ∂L/∂logits"),
    ),
    "Not right": (
        _not("wrong", "dW_Q", "X @ dQ", "X is 2×3 (n×d) and ∂L/∂Q is 2×4 (n×d_k): in a matrix product the first has"),
        _not("wrong", "dW_Q", "X dQ", "The transpose of X was left out; the line is Xᵀ · ∂L/∂Q."),
        _not("wrong", "dW_Q", "X.T @ dK", "∂L/∂K was used where ∂L/∂Q belongs"),
        _not("wrong", "dcontext", "W_O dlogits^T", "the formula gives 5×1 (d_v×1), and ∂L/∂context is 1×5 (1×d_v)."),
        _not("wrong", "dscores", "dscaled / d_k", "This divides by d_k, not by its root √d_k."),
        _not("wrong", "dscaled", "weights * dweights", "The row sum was left out"),
        _not("wrong", "W_Q_new", "W_Q + eta dW_Q", "The step goes against the gradient: it is subtracted."),
        _not("wrong", "dlogits", "probs", "1 was not subtracted at the target"),
    ),
    "Not accepted": (
        _not("wrong", "dW_Q", "dW_Q", "This is the line's own name; the formula says how it is worked"),
        _not("wrong", "dQ", "X dW_Q", "dW_Q is itself worked from dQ, so the formula of dQ cannot use it."),
        _not("wrong", "dW_O", "context.T @ dcontext W_O", "dcontext comes after dW_O on this sheet"),
        _not("wrong", "dW_Q", "dW_K = X.T @ dK", "This is headed “dW_K”; the question is the formula of dW_Q."),
        _not("unreadable", "dW_Q", "[[0.1, 0.2], [0.3, 0.4]]", "Numbers stand here, and the formula is asked"),
        _not("unreadable", "dW_Q", "2", "Numbers stand here, and the formula is asked"),
        _not("unreadable", "dW_Q", "exp(1)", "No quantity of this sheet is named here"),
        _not("unreadable", "dW_Q", 0.5, "Expected a formula, as text."),
        _not("unreadable", "dW_Q", "X.T @ dq", "“dq” is not a name on this sheet; did you mean dQ?"),
        _not("unreadable", "dW_Q", "X.T @ dL/dX", "∂L/∂X is not a line of this sheet"),
        _not(
            "unreadable", "dW_Q", "∂L/∂Q ∂Q/∂W_Q", "“∂Q/∂W_Q” is not a line of this sheet: only gradients of the loss"
        ),
        _not("unreadable", "dW_Q", "dQ · dQ/dW_Q", "“dQ/dW_Q” is not a line of this sheet: only gradients of the"),
        _not("unreadable", "dW_Q", "Σ(X dQ)", "A sum over an index is not read here. Write rowsum(A), colsum(A) or"),
        _not("unreadable", "dW_Q", "∑ X dQ", "A sum over an index is not read here. Write rowsum(A), colsum(A) or"),
        _not("unreadable", "dW_Q", "softmax'(X)", "softmax' is not read here; write out how the line is worked"),
        _not("unreadable", "dW_Q", "X.T @", "Something is missing at the end of this formula. Accepted: A.T @ dB"),
        _not("unreadable", "dW_Q", "X.T @ (dQ", "Character 7: the bracket “(” is never closed."),
        _not("unreadable", "dW_Q", "X.T @ * dQ", "“*” cannot stand where it does."),
        _not("unreadable", "dW_Q", "__import__('os')", "“_” cannot stand where it does."),
        _not("unreadable", "dW_Q", "X.T @ dQ = X.T dscores K = 1", "More than one equals sign stands here."),
        _not("unreadable", "dW_Q", "+".join(["X"] * 42), "More than 40 operations stand inside each other here."),
        _not("unreadable", "dW_Q", "X" * 700, "This has 700 characters; a formula has at most 600."),
    ),
    "Blank": (
        FormulaForm("dW_Q", "", says="Left blank.", verdict="blank"),
        FormulaForm("dW_Q", None, says="Left blank.", verdict="blank"),
        FormulaForm("dW_Q", "______", says="Left blank.", verdict="blank"),
    ),
}
