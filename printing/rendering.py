"""Templates filled in: strings in, page out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2

TEX_LIKE = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
}
"""Delimiters that collide with nothing in LaTeX and Typst."""


def render(template: str, context: Mapping[str, Any]) -> str:
    """A template of `templates/`, such as `sheet.md.jinja`, filled in."""
    return _environment(template.split(".")[-2] in ("tex", "typ")).get_template(template).render(context)


@cache
def _environment(tex_like: bool) -> jinja2.Environment:
    marks: dict[str, Any] = TEX_LIKE if tex_like else {}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("templates", "."),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # every string is escaped by its style before a template sees it
        **marks,
    )
    environment.globals["beside"] = beside
    return environment


def beside(name: str, block: str) -> str:
    """A block of lines beside a name: what follows the first line stands under it."""
    return name + block.replace("\n", "\n" + " " * len(name))
