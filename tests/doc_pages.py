"""What the tests of documentation share: blocks of code, and parts that are written anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def blocks(page: Path, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block for of, block in fenced if of == language]


def is_up_to_date(page: Path, fresh: str) -> bool:
    """Whether a page is what was made anew; HANDPROP_REWRITE writes it first."""
    if os.environ.get("HANDPROP_REWRITE"):
        page.write_text(fresh, encoding="utf-8")
    return page.exists() and page.read_text(encoding="utf-8") == fresh


def between(page: Path, what: str, fresh: str) -> bool:
    """Whether a part of a page, between its two marks, is what was made anew."""
    begin, end = f"<!-- {what}: written by `make pages` -->\n\n", f"\n<!-- end of {what} -->\n"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    return is_up_to_date(page, before + begin + fresh + end + rest.split(end)[1])


def table(heads: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table under its heads, such as "typed | asked"."""
    lines = [heads, " | ".join("---" for _ in heads.split(" | ")), *(" | ".join(row) for row in rows)]
    return "".join(f"| {line} |\n" for line in lines)
