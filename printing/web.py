"""What a page of HTML carries within itself, so that it needs no server and no network: styles, scripts, drawings."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from printing import typesetting

TEMPLATES = resources.files("templates")
KATEX = TEMPLATES / "katex"

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; font-src data:; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser holds the page to: its own scripts, known by their hashes, and nothing from elsewhere."""


@dataclass(frozen=True)
class Carried:
    """The styles and scripts within a page, and the policy that allows no others."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    policy: str


@cache
def carried(styles: tuple[str, ...] = (), scripts: tuple[str, ...] = ()) -> Carried:
    """KaTeX and what every page has, and these files of `templates/` after them."""
    sheets = (_katex_styles(), *(_text(name) for name in ("page.css", *styles)))
    programs = (_katex_program(), *(_text(name) for name in ("page.js", *scripts)))
    hashes = " ".join(f"'sha256-{_hash(program)}'" for program in programs)
    return Carried(sheets, programs, POLICY.format(scripts=hashes))


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(program: str) -> str:
    return base64.b64encode(hashlib.sha256(program.encode("utf-8")).digest()).decode("ascii")


def _katex_program() -> str:
    licence = (KATEX / "LICENSE").read_text(encoding="utf-8")
    return f"/* KaTeX\n{licence}*/\n{(KATEX / 'katex.min.js').read_text(encoding='utf-8')}"


def _katex_styles() -> str:
    """KaTeX's style sheet with its fonts inside; those that these pages do not use are left out."""
    fonts = {path.name: path.read_bytes() for path in (KATEX / "fonts").iterdir()}

    def within(face: re.Match[str]) -> str:
        name = re.search(r"fonts/([^)]*\.woff2)\)", face[0])
        if name is None or name[1] not in fonts:
            return ""
        data = base64.b64encode(fonts[name[1]]).decode("ascii")
        return re.sub(r"src:[^}]*", f'src:url(data:font/woff2;base64,{data}) format("woff2")', face[0])

    return re.sub(r"@font-face\{[^}]*\}", within, (KATEX / "katex.min.css").read_text(encoding="utf-8"))


# --- drawings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawings:
    """Drawings to stand within one page: the letters that they share, and each of them."""

    letters: str
    pictures: tuple[str, ...]


@lru_cache(maxsize=64)
def drawings(sources: tuple[str, ...]) -> Drawings:
    """Drawings in Typst as SVG within a page. A letter that several have is there once."""
    letters: dict[str, str] = {}
    pictures = tuple(_short(_apart(typesetting.svg(source), letters)) for source in sources)
    outlines = "".join(
        f'<symbol id="{_id(number)}" overflow="visible">{_short(outline)}</symbol>'
        for number, outline in enumerate(letters.values())
    )
    hidden = f'<svg class="letters" width="0" height="0" aria-hidden="true"><defs>{outlines}</defs></svg>'
    return Drawings(hidden if letters else "", pictures)


def _apart(drawing: str, letters: dict[str, str]) -> str:
    """A drawing without its letters, which are put by: Typst names them by hashes of their outlines."""
    for letter in re.finditer(r'<symbol id="([^"]*)"[^>]*>(.*?)</symbol>', drawing, re.DOTALL):
        known = letters.setdefault(letter[1], letter[2])
        assert known == letter[2], "an id stands for one outline"
    numbers = {name: number for number, name in enumerate(letters)}
    drawing = re.sub(r"<defs\b.*?</defs>", "", drawing, flags=re.DOTALL)
    return re.sub(r'xlink:href="#([^"]*)"', lambda use: f'href="#{_id(numbers[use[1]])}"', drawing)


def _id(number: int) -> str:
    return f"letter{number}"


DEFAULTS = re.compile(
    r' (?:(?:xmlns[:\w]*|fill-rule|stroke-miterlimit)="[^"]*"|fill="#000000"|[xy]="0"'
    r'|stroke-line(?:join="miter"|cap="butt"))'
)
"""What a drawing says and is so anyway."""

LONG_NUMBER = re.compile(r"-?\d+\.\d{4,}")


def _short(drawing: str) -> str:
    """A drawing in fewer letters, its places kept to a thousandth of a point."""
    return LONG_NUMBER.sub(lambda n: f"{float(n[0]):.3f}".rstrip("0").rstrip("."), DEFAULTS.sub("", drawing))


def labelled(picture: str, label: str) -> str:
    """A drawing that a screen reader reads as these words, which are escaped already."""
    return picture.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
