"""What changes only the looks of a number changes nothing of what is read, in any format; and a minus is never lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from blank_pages import BLANK
from handing_in import answers, how
from hypothesis import given
from hypothesis import strategies as st
from test_reading import values

from grader.readers import FILLERS
from grader.reading.answers import read

LOOKS = r"""
-0.5
{-}0.5
{-0.5}
-{0.5}
-{}0.5
\phantom{0}-0.5
-\phantom{0}0.5
\hphantom{-}-0.5
-0.5\phantom{0}
\num{-0.5}
\num[round-precision=2]{-0.5}
\qty{-0.5}{}
\qty[a=b]{-0.5}{}
\SI{-0.5}{}
\qty{-50}{\percent}
\SI{-50}{\%}
-0{,}5
-0{.}5
-\,0.5
-\!0.5
-~0.5
~-0.5
\;-0.5\;
\mathrm{-0.5}
\mathbf{-0.5}
\mathbf{-}0.5
\mathit{-}\mathrm{0.5}
\text{-0.5}
\text{−0.5}
\text{-}0.5
\textbf{-0.5}
\textbf{\textit{-0.5}}
\ensuremath{-0.5}
\color{red}-0.5
\color{red}{-0.5}
{\color{red}-0.5}
{\color[rgb]{1,0,0} -0.5}
\textcolor{red}{-0.5}
\textcolor[rgb]{1,0,0}{-0.5}
\colorbox{yellow}{$-0.5$}
\boxed{-0.5}
\fbox{$-0.5$}
\underline{-0.5}
\left(-0.5\right)
\bigl(-0.5\bigr)
\displaystyle -0.5
{\displaystyle -0.5}
-\tfrac12
-\tfrac{1}{2}
-\dfrac{1}{2}
\displaystyle-\frac{1}{2}
\frac{-1}{2}
\frac{{-}1}{2}
\hspace{1em}-0.5
\hspace*{-1pt}-0.5
\quad -0.5
\qquad-0.5\qquad
\mathbin{-}0.5
\mathord{-}0.5
\mathopen{}-0.5
\operatorname{-}0.5
{\bf -0.5}
\bf -0.5
{\small -0.5}
\raisebox{1pt}{-0.5}
\vphantom{|}-0.5
\mathstrut -0.5
\strut-0.5
\textminus 0.5
\textminus{}0.5
\-0.5
\−0.5
–0.5
\(-0.5\)
\[-0.5\]
$-0.5$
$$-0.5$$
\begin{equation}-0.5\end{equation}
\approx -0.5
\approx{-0.5}
= -0.5
\bm{-0.5}
\boldsymbol{-0.5}
\mbox{-0.5}
\num{-5e-1}
-5\cdot10^{-1}
-5\times 10^{-1}
-5 \cdot 10^{\text{-}1}
\num{-0,5}
\emph{-0.5}
\hl{-0.5}
\text{\color{red}-0.5}
-.5
-\num{.5}
\textrm{-}\textrm{0.5}
\boxed{-\frac{1}{2}}
\textcolor{red}{-\frac{1}{2}}
\textcolor{red}{-}\frac{1}{2}
\mathbf{-\frac{1}{2}}
\mathbf{-}\mathbf{\frac{1}{2}}
\phantom{\frac{1}{3}}-0.5
\mathord-0.5
-\frac{\textcolor{red}{1}}{\num{2}}
&minus;0.5
&#8722;0.5
&nbsp;-0.5&nbsp;
<b>-0.5</b>
<span style="color: red">−0.5</span>
-5·10<sup>-1</sup>
""".strip().split("\n")
INSIDE = [look for look in LOOKS if not look.startswith((r"\[", r"\begin", "$"))]  # what may stand within a matrix

LAYOUTS: dict[str, Callable[[str], object]] = {
    "a list": lambda look: [[look, "1"], ["2", look]],
    "pmatrix": lambda look: rf"\begin{{pmatrix}}{look} & 1 \\ 2 & {look}\end{{pmatrix}}",
    "an array": lambda look: (
        rf"\left(\begin{{array}}{{@{{}}*{{2}}{{r}}@{{}}}} {look} & 1 \\[2pt] 2 & {look} \end{{array}}\right)"
    ),
    "twice escaped": lambda look: (rf"\begin{{bmatrix}}{look} & 1 \\ 2 & {look}\end{{bmatrix}}").replace("\\", "\\\\"),
    "brackets": lambda look: f"[[{look}, 1], [2, {look}]]",
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_number(look: str) -> None:
    assert values(read(look)) == [[-0.5]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("look", INSIDE)
def test_an_entry(look: str, layout: str) -> None:
    if (layout == "brackets" and "," in look) or (layout == "twice escaped" and not look.replace("\\", "").isalnum()):
        look = r"\mathbf{-}0.5"
    assert values(read(LAYOUTS[layout](look), (2, 2))) == [[-0.5, 1], [2, -0.5]]


SIGNED = ["-0.5", "−0.5", "–0.5", "- 0.5", "－0.5", r"\-0.5", "{-}0.5", r"\num{-0.5}", r"$-0.5$", r"-\tfrac12"]
SIGNED += [r"\textcolor{red}{-0.5}", r"\phantom{0}-0.5"]


@pytest.mark.parametrize("ending", FILLERS)
@pytest.mark.parametrize("signed", SIGNED)
def test_a_minus_in_every_format(tmp_path: Path, ending: str, signed: str) -> None:
    grid = [[signed, "1"], ["2", signed]]
    typed = f"[[{signed}, 1], [2, {signed}]]" if ending == "ipynb" else grid
    found = answers(tmp_path, f"s.{ending}", FILLERS[ending](BLANK[ending](), {"1.dW_Q": typed}))["1.dW_Q"]
    assert how(found, (2, 2)) == "read as 2×2 [[-0.5, 1], [2, -0.5]]"


ESCAPED = [
    r"1.dW\_Q \= \[\[\-0.5, 1\], \[2, \-0.5\]\]",
    r"1\.dW\_Q = \[\-0.5, 1; 2, \-0.5\]",
    "1.dW_Q =\n\n\\-0.5 1\n\n2 \\-0.5",
    "1.dW_Q =\n\n-0.5 1\n2 -0.5",
    "1.dW_Q =\n\n– 0.5, 1\n2, – 0.5",
    "1.dW_Q =\n\n> \\-0.5 1\\\n> 2 \\-0.5",
    "1.dW_Q :\\= | \\-0.5 | 1 |\n|---|---|\n| 2 | \\-0.5 |",
    r"1.dW\_Q = \\begin{pmatrix} -0.5 & 1 \\\\ 2 & -0.5 \\end{pmatrix}",
    r"**1.dW\_Q** = $\\begin{pmatrix} \-0.5 & 1 \\\\ 2 & \-0.5 \\end{pmatrix}$",
    r"\- 1.dW_Q = \[\[\-0.5, 1\], \[2, \-0.5\]\]",
    "1.dW\\_Q = \\[\\-0.5, 1; 2, \\-0.5\\]\n\n\\*\\*1.dK\\*\\* \\- the next",
]


@pytest.mark.parametrize("typed", ESCAPED)
def test_escapes_in_markdown_lose_the_backslash_alone(tmp_path: Path, typed: str) -> None:
    found = answers(tmp_path, "s.md", f"Sheet 7KQF\\-M2PX\n\n{typed}\n")
    assert how(found["1.dW_Q"], (2, 2)).endswith("[[-0.5, 1], [2, -0.5]]")


@given(st.floats(0.001, 99).map(lambda x: f"{x:.3f}"), st.sampled_from(LOOKS))
def test_a_minus_is_never_lost(x: str, look: str) -> None:
    typed = look.replace("0.5", x)
    if typed != look and r"\percent" not in look and "e-1" not in look and "10" not in look:
        assert values(read(typed)) == [[-float(x)]]
