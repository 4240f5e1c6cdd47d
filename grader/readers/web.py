"""A web page as text: what a learning system's editor keeps of an answer that was typed or pasted into it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from grader.handed_in import Refused

THE_SHEET = (
    "This is the page itself, and your answers are not in it: they are kept in your browser. "
    "Open the page there, press the button “Download answers.json”, and hand in that file."
)

# Answers that were typed one behind another: "It would not upload. 1.loss = 1.2, 1.dQ = [[1, 2]]".
_ANSWER = re.compile(r"[ ,;]+(?=[0-9]{1,3}\.[^\W\d]\w{0,60} ?[=≈])")

_UNSEEN = {"script", "style", "head", "title", "template"}
_INSIDE_A_LINE = {
    *(
        "a",
        "abbr",
        "b",
        "big",
        "cite",
        "code",
        "del",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
    ),
    *("small", "span", "strong", "strike", "sub", "sup", "time", "tt", "u", "var", "wbr"),
}


def text_of_page(page: str) -> str:
    """What one reads on a web page, line by line. Raises Refused for the sheet's own page, which holds no answers."""
    if 'id="sheet"' in page and "data-sheet=" in page:
        raise Refused(THE_SHEET)
    reader = _Text()
    reader.feed(page)
    reader.close()
    return _ANSWER.sub("\n", "".join(reader.pieces).replace("\xa0", " ")).strip()


class _Text(HTMLParser):
    """Collects the text of a page; what is set as a block begins and ends a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = self._fixed = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self._fixed += tag == "pre"
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self._fixed = max(0, self._fixed - (tag == "pre"))
        self._break(tag)

    def _break(self, tag: str) -> None:
        if tag not in _INSIDE_A_LINE:
            self.pieces.append(" " if tag in ("td", "th") else "\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data if self._fixed else " ".join(data.split("\n")))
