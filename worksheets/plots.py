"""The loss from step to step, drawn by matplotlib; it is loaded only where a training loop is worked out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

WIDTH, HEIGHT = 4.2, 2.4  # inches


@lru_cache(maxsize=4)
def loss_plot(losses: Sequence[float], ending: str) -> bytes:
    """The loss before the first step and after each one, as `svg` or `png`; the same losses give the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "handprop", "font.size": 9}):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(range(len(losses)), losses, color="black", marker="o", linewidth=1)
        for step, loss in enumerate(losses):
            axes.annotate(f"{loss:.4f}", (step, loss), textcoords="offset points", xytext=(4, 6))
        axes.set(xlabel="training steps", ylabel="loss", xticks=range(len(losses)), ylim=(0, 1.2 * max(losses)))
        axes.set_xlim(-0.15, len(losses) - 0.5)
        axes.spines[["top", "right"]].set_visible(False)
        out = io.BytesIO()
        figure.savefig(out, format=ending, dpi=150, metadata={"Date": None} if ending == "svg" else {"Software": None})
        return out.getvalue()
