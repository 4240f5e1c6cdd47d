r"""What was typed in plain signs: one sign for each thing, and nothing of what only changes its looks.

The same for every format: \num{0.5} in a workbook and in LaTeX, an escaped \-0.5 in Markdown and in JSON. Nothing here
may drop a sign or join digits.
"""

from __future__ import annotations

import html
import re
import unicodedata

LONGEST = 20_000

SAME = (
    dict.fromkeys(map(ord, "‐‑‒–—―−⁃﹣﹘˗➖"), "-")
    | dict.fromkeys(
        map(ord, "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " "
    )
    | dict.fromkeys(
        map(ord, "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"), None
    )
    | {0xFF01 + i: 0x21 + i for i in range(0x5E)}  # full-width letters, digits and signs
    | str.maketrans("≃≅∼≒∕⁄÷٫、；│┃⎡⎢⎣⎤⎥⎦⎛⎜⎝⎞⎟⎠\u2028\u2029‘’“”", "≈≈≈≈///.,;||[[[]]]((()))\n\n''''")
    | {0xFF0D: "-"}
)
# An answer typed into a JSON file by hand loses its backslashes: "\frac" arrives as a form feed and "rac".
_ESCAPED = re.compile("[\x08\x0c]|\t(?=imes|frac|ext)|\r(?=ight|m[ {])|\n(?=um *{)")
_UNESCAPED = {"\x08": "\\b", "\x0c": "\\f", "\t": "\\t", "\r": "\\r", "\n": "\\n"}
_GROUPED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:[\u2009\u202f][0-9]{3})+(?![0-9])")  # 12 345, as programs print it
_EASTERN = re.compile(r"[٠-٩۰-۹]+/[٠-٩۰-۹]+")  # a fraction, or a decimal: it is asked about
_WORD_CELLS = re.compile(r"[■█]\(([^()]*)\)")  # [■(1&2@3&4)], a matrix in Word

# HTML within Markdown, or copied from a page.
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,5});")
_TAGS = (
    (r"(?i)<br\s*/?>|</(?:p|div|tr)\s*>", "\n"),
    (r"(?i)<sup(?:\s[^<>]*)?>([^<>]*)</sup\s*>", r"^{\1}"),
    (
        r"(?i)</?(?:b|i|u|em|strong|span|font|mark|code|p|div|small|big|table|tbody|tr)(?:\s[^<>]*)?/?>",
        "",
    ),
)
_ARGUMENT, _OPTIONS = r"\s*\{([^{}]*)\}", r"\s*(?:\[[^\[\]{}]*\])?"
_NESTED = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_AROUND_MATHEMATICS = r"equation|align|aligned|alignat|gather|gathered|split|displaymath|math|center|flushleft|multline"
_KEEP = (
    r"num|np|numprint|unit|si|math(?:rm|bf|it|sf|tt|normal|bin|ord|rel|op|open|close|punct|strut)|bm|boldsymbol|emph|"
    r"text(?:bf|it|rm|tt|sf|up|md|sl|normal)?|ensuremath|underline|uline|hl|boxed|[fmh]box|framebox|operatorname\*?"
)
_BARE = (
    r"(?:display|text|script(?:script)?)style|[hc]line|q?quad|(?:thin|med|thick|en|nobreak|neg(?:thin|med|thick))space|"
    r"enskip|hfill|(?:math)?strut|(?:bf|it|sl|sc|md|up|rm|sf|tt)(?:series|shape|family)?|boldmath|tiny|scriptsize|"
    r"footnotesize|small|normalsize|[lL]arge|LARGE|[hH]uge|centering|limits|nonumber|notag|allowbreak|relax|null"
)
# Two backslashes in front of a command: the text was escaped once more than it was read.
_TWICE = re.compile(
    rf"(?<!\\)\\\\(?=(?:begin|end|frac|[dt]frac|sqrt|cdot|times|left|right|approx|[hv]?phantom|textcolor|{_KEEP})(?![a-zA-Z]))"
)
_ROW = re.compile(r"\\\\\*?(?:\[[^\[\]]*\])?|\\(?:cr|tabularnewline|newline)(?![a-zA-Z])")
_ENVIRONMENTS = (
    (rf"\\(?:begin|end)\{{(?:{_AROUND_MATHEMATICS})\*?\}}", " "),
    (rf"\\begin\{{(?:[a-zA-Z]*[aA]rray|tabular)\}}(?:\[[^\[\]]*\])?\s*{_NESTED}", "["),
    (r"\\begin\{[a-zA-Z]*matrix\*\}\[[^\[\]]*\]|\\begin\{[a-zA-Z]+\*?\}", "["),
    (r"\\end\{[a-zA-Z]+\*?\}", "]"),
)
# What stands in the innermost braces first, so that \textbf{\num{0.5}} is 0.5.
_WITH_ARGUMENTS = (
    (rf"\\(?:[hv]?phantom|[hv]space\*?|color|label|tag\*?){_OPTIONS}\s*{_NESTED}", " "),
    (rf"\\(?:textcolor|colorbox){_OPTIONS}\s*\{{[^{{}}]*\}}(?=\s*\{{[^{{}}]*\{{)", " "),
    (rf"\\(?:textcolor|colorbox|raisebox){_OPTIONS}\s*\{{[^{{}}]*\}}{_OPTIONS}{_ARGUMENT}", r"\1"),
    (rf"\\(?:qty|SI){_OPTIONS}{_ARGUMENT}{_OPTIONS}{_ARGUMENT}", r"\1 \2"),
    (rf"\\(?:{_KEEP}){_OPTIONS}{_ARGUMENT}", r"\1"),
    (r"(?<![\^_])\{\s*([-+.,:=])\s*\}", r"\1"),  # {-}0.5, 0{,}5
    (r"\{\s*\}(?=[0-9.])|(?<=[-+0-9.])\{\s*\}", ""),
)
_COMMANDS = (
    (r"(^|[\s&\[({,;=≈])([-+])\s*(?:\\[,;:!> ]\s*|~)+", r"\1\2"),  # a minus and its number, with a thin space between
    (r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![a-zA-Z])\s*\.?", " "),
    (r"\\(?:approx|simeq|sim)(?![a-zA-Z])", "≈"),
    (r"\\(?:[lc]?dots|dots[cbm])(?![a-zA-Z])", "…"),
    (r"\\percent(?![a-zA-Z])", "%"),
    (r"\\(?:textminus|textendash|minus)(?![a-zA-Z])", "-"),
    (r"\\(?:border|[pbvBV])?matrix\s*\{([^{}]*)\}", r"[\1]"),
    (r"\\(?:lbrack|lbrace)(?![a-zA-Z])|\\\{", "["),
    (r"\\(?:rbrack|rbrace)(?![a-zA-Z])|\\\}", "]"),
    (r"\\div(?![a-zA-Z])", "/"),
    (r"\\ast(?![a-zA-Z])", "*"),
    (rf"\\(?:{_BARE}|{_KEEP})(?![a-zA-Z])", " "),
    (r"(?s)\A\s*\\([\[(])(?!.*\\[\[(])(.*)\\[\])]([\s.,;]*)\Z", r"\2"),  # \[ … \] around everything sets it apart
    (r"\\([-+.=*_%#&|/<>()\[\]'\"`~$?@^\n])", r"\1"),  # as editors of Markdown escape signs
    (r"\\!", ""),
    (r"\\[^a-zA-Z]", " "),
)


def plain(text: str) -> str:
    """The same text with dashes, blanks and digits as ASCII has them, and without what LaTeX needs for its looks."""
    text = _ESCAPED.sub(lambda slip: _UNESCAPED[slip[0]], text).replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if "<" in text:
        text = _replaced(text, _TAGS)
    if not text.isascii():
        text = _in_ascii(text)
    if "\\" not in text and "{" not in text and "~" not in text:
        return text
    rows = any(sign in text for sign in ("\\\\", "\\begin", "matrix{"))
    text = re.sub(r"(?<=[-+0-9&])~", " ", without_looks(text))
    if rows:  # in LaTeX only \\ ends a row
        text = _ROW.sub("\n", text.replace("\n", " "))
    return _replaced(text, _COMMANDS) if "\\" in text else text


def _in_ascii(text: str) -> str:
    text = _GROUPED.sub(lambda found: re.sub(r"\D", "", found[0]), text)
    text = re.sub(r"⁻(?=[0-9.])", "-", text)
    text = _WORD_CELLS.sub(lambda found: "[" + found[1].replace("@", "\n") + "]", text).translate(SAME)
    return text if _EASTERN.search(text) else re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), text)


def without_looks(text: str) -> str:
    """LaTeX without what only changes its looks: its rows, entries and mathematics stay as they are."""
    if len(text) > LONGEST:  # far more than any answer: it is refused as it is
        return text
    if "\\" in text:
        text = _replaced(_TWICE.sub(r"\\", text.replace("\\\\\\\\", "\\\\")), _ENVIRONMENTS)
    for _ in range(6):
        before, text = text, _replaced(text, _WITH_ARGUMENTS)
        if text == before:
            break
    return text


def _replaced(text: str, table: tuple[tuple[str, str], ...]) -> str:
    for pattern, instead in table:
        text = re.sub(pattern, instead, text)
    return text
