"""What stands around numbers and is none of them: names, bullets, and what programs print besides."""

from __future__ import annotations

import re

from grader.reading.numbers import DECIMAL

LABEL = r"'?[^\W\d_]\w*(?!\w)"
"""A name beside a row or above a column, as a pattern."""

_NUMBERS_FOLLOW = r"(?=\s*[-+.\d])"
_AROUND: tuple[tuple[str, str], ...] = (
    (r"(?m)^[^\S\n]*(?:```|~~~).*$", ""),
    (r"[$`]", " "),
    # what NumPy, TensorFlow, PyTorch, Julia and R print, and what one writes in them
    (r"(?s)\A\s*<tf\.Tensor: shape=\([\d, ]*\), dtype=\w+, numpy=\s*(.*)>\s*\Z", r"\1"),
    (r"\.(?:round\(\d*\)|tolist\(\)|numpy\(\)|item\(\)|detach\(\)|cpu\(\))(?=[\s.;]|\Z)", ""),
    (r"\A\s*\d+[x×]\d+ \w+\{[\w, ]*\}:[^\S\n]*\n", ""),
    (r"(?i)(?:^|(?<=[\n;]))[^\S\n]*row\s*\d+\s*[:=]", " "),
    (r"\A\s*[^\W\d]\w*\s*&\s*=", ""),
    (r"\A\s*+(?=[^=≈:<\n\[(|&;,]*[^\W\d])[^=≈:\n\[(|&;,]{1,60}(?::=|==|<-|[=≈:])", ""),
    (rf"(?i)\A\s*(?:ca|circa|approx|approximately|about|roughly)\.?(?!\w){_NUMBERS_FOLLOW}", ""),
    (r",\s*(?:dtype|grad_fn|device|requires_grad|shape)\s*=\s*(?:<[^<>]*>|'[^']*'|\([\d, ]*\)|[\w.]+)", ""),
    (r"(?<!\w)(?:\w{1,9}\.)?(?:as)?(?:[aA]rray|[mM]atrix|[tT]ensor|float(?:\d\d)?|list|mat)\s*(?=\()", ""),
    (r"\A\s*\[,1\](?:\s*\[,\d+\])*[^\S\n]*\n(?=\s*\[1,\])", ""),
    (r"(?m)^[^\S\n]*\[\d+,\](?=[^\S\n]+[-\d.])", ""),
    (r"\A\s*\[1\](?=[^\S\n]+[-\d.])", ""),
    # the names of rows and columns, as the sheet prints them beside a matrix and above it
    (rf"(?<=[\])])\s*\[(?:\s*{LABEL})+\s*\]\s*\Z", ""),
    (rf"(?m)(?<=[\])])[^\S\n]+(?!T(?!\w)|transpose){LABEL}[^\S\n]*$", ""),
    (rf"\A(?:[^\S\n]*{LABEL})+[^\S\n]*\n(?=\s*\[)", ""),
    (r"(?<=[\])}])[\s.,;]+\Z", ""),
)
_BULLETS = re.compile(r"(?:\A|\n)[^\S\n]*(?:[-*+•]|\d{1,2}[.)])[^\S\n]+(?=\S)")
_SIGNED = re.compile(r"(?:\A|\n)[^\S\n]*(?:[-+][^\S\n]+[-+]|•|\d{1,2}[.)][^\S\n])")
_VECTOR = r"c\(([^()]*)\)"
_IN_R = re.compile(rf"(?:matrix|array)\(\s*{_VECTOR}((?:[^()]|{_VECTOR})*)\)")
_BOUND = re.compile(rf"([rc])bind\(((?:\s*{_VECTOR}\s*,?)+)\)")


def alone(text: str) -> str:
    """What was typed without what stands around it."""
    if DECIMAL.fullmatch(text):
        return text
    text = _BOUND.sub(_bound, _IN_R.sub(_filled, _without_bullets(text)))
    text = re.sub(rf"(?<!\w){_VECTOR}", r"[\1]", text)
    for pattern, instead in _AROUND:
        text = re.sub(pattern, instead, text)
    return text


def _without_bullets(text: str) -> str:
    """Rows without the bullets or numbers of a list, where every row has one that can be no sign of a number."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and len(_BULLETS.findall(text)) == len(lines) and _SIGNED.search(text):
        return _BULLETS.sub("\n", text)
    return text


def _filled(found: re.Match[str]) -> str:
    """R's matrix(c(…), nrow, ncol, byrow), which goes down the columns if nothing else is said."""
    numbers = [number.strip() for number in found[1].split(",")]
    said = found[2].replace(" ", "")
    sizes = {name: int(size) for name, size in re.findall(r"(nrow|ncol)=(\d{1,4})", said)}
    unnamed = re.findall(r"(?<![\w=.,])(?:,|c\()(\d{1,4})(?=[,)]|$)|(?<=\d),(\d{1,4})(?=[,)]|$)", said)
    for name, size in zip(("nrow", "ncol"), (a or b for a, b in unnamed), strict=False):
        sizes.setdefault(name, int(size))
    rows = sizes.get("nrow") or -(-len(numbers) // max(1, sizes.get("ncol", 1)))
    columns = len(numbers) // max(1, rows)
    if rows * columns != len(numbers):
        return found[0]
    if re.search(r"byrow=T", said):
        grid = [numbers[i * columns : (i + 1) * columns] for i in range(rows)]
    else:
        grid = [numbers[i::rows] for i in range(rows)]
    return _in_brackets(grid)


def _bound(found: re.Match[str]) -> str:
    """R's rbind and cbind of rows or columns."""
    parts = [[number.strip() for number in part.split(",")] for part in re.findall(_VECTOR, found[2])]
    if len({len(part) for part in parts}) > 1:
        return found[0]
    return _in_brackets(parts if found[1] == "r" else [list(row) for row in zip(*parts, strict=True)])


def _in_brackets(grid: list[list[str]]) -> str:
    return "[" + ", ".join(f"[{', '.join(row)}]" for row in grid) + "]"
