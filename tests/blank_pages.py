"""Blank pages in every format, as small as can be: what a reader and a filler need of the real ones."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import nbformat.v4
import openpyxl
import pikepdf
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

SHEET_ID = "7KQF-M2PX"
Shapes = Mapping[str, tuple[int, ...]]
SHAPES: Shapes = {
    "1.dW_Q": (2, 2),
    "1.dW_Q_new": (2, 2),
    "1.x_": (1, 3),
    "1.μ": (3, 1),
    "1.loss": (),
    "1.dW_Q.formula": (),
    "2.dW_Q": (2, 3),
    "2.lambda": (),
    "11.loss": (),
}


def size(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = shape or (1, 1)
    return rows, columns


def blank_json(shapes: Shapes = SHAPES) -> bytes:
    return json.dumps({"sheet": SHEET_ID, "answers": dict.fromkeys(shapes, "")}).encode()


def blank_markdown(shapes: Shapes = SHAPES) -> bytes:
    places = []
    for name, shape in shapes.items():
        rows, columns = size(shape)
        row = "  ".join(["________"] * columns)
        beside = "\n" + " " * (len(name) + 3)
        value = beside.join([f"[ {row} ]"] * rows) if shape else row
        places.append(f"The line {name}:\n\n```\n{name} = {value}\n```\n")
    return "\n".join([f"# Practice\n\n**Sheet {SHEET_ID}** · Ada\n", *places]).encode()


def blank_latex(shapes: Shapes = SHAPES) -> bytes:
    places = []
    for name, shape in shapes.items():
        rows, columns = size(shape)
        value = " \\\\\n".join([" & ".join([r"\blank"] * columns)] * rows)
        places.append(
            f"\\answer{{x =}}{{x}}{{2 marks}}{{{'r' * columns}}}{{% answer {name}\n{value}\n}}% end of answer\n"
        )
    begin = f"% sheet {SHEET_ID}\n\\documentclass{{article}}\n\\newcommand{{\\blank}}{{\\underline{{x}}}}\n"
    return (begin + "\\begin{document}\n" + "\n".join(places) + "\\end{document}\n").encode()


def blank_notebook(shapes: Shapes = SHAPES) -> bytes:
    cells = [nbformat.v4.new_markdown_cell(f"# Practice\n\n**Sheet {SHEET_ID}**", id="top")]
    for number, (name, shape) in enumerate(shapes.items()):
        rows, columns = size(shape)
        variable = {"2.lambda": "lambda_"}.get(name, name.partition(".")[2].replace(".", "_"))
        row = "[" + ", ".join(["..."] * columns) + "]"
        value = "[" + (",\n" + " " * (len(variable) + 4)).join([row] * rows) + "]" if shape else "..."
        cell = nbformat.v4.new_code_cell(
            f"# {name}  ({rows} × {columns}, 2 marks)\n{variable} = {value}", id=f"c{number}"
        )
        cell.metadata["handprop"] = {"answer": name}
        cells.append(cell)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"handprop": {"sheet": SHEET_ID}})
    return nbformat.writes(notebook).encode()


def blank_workbook(shapes: Shapes = SHAPES) -> bytes:
    book = openpyxl.Workbook()
    tab = book.active
    assert tab is not None
    tab.title = "Problem 1's"
    tab["B1"] = SHEET_ID
    names = {"sheet": "$B$1"}
    row = 3
    for number, (name, shape) in enumerate(shapes.items(), 1):
        rows, columns = size(shape)
        tab.cell(row, 1, f"{name} =")
        names[f"answer_{number}"] = f"$A${row}:${get_column_letter(1 + columns)}${row + rows - 1}"
        row += rows + 1
    for name, cells in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=f"'Problem 1''s'!{cells}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def field_names(shapes: Shapes) -> list[str]:
    found = []
    for name, shape in shapes.items():
        number, _, line = name.partition(".")
        if line.endswith(".formula"):
            found.append(f"{number}-{line.removesuffix('.formula').replace('_', '--')}-formula")
        else:
            rows, columns = size(shape)
            line = line.replace("_", "--")
            found += [f"{number}-{line}-{i}-{j}" for i in range(1, rows + 1) for j in range(1, columns + 1)]
    return found


def blank_pdf(shapes: Shapes = SHAPES) -> bytes:
    """One page; the fields stand below one another, 20 points apart in columns of 35."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
    )
    fields = []
    for number, name in enumerate(["sheet", *field_names(shapes)]):
        left, top = 40 + 100 * (number // 35), 800 - 20 * (number % 35)
        fields.append(
            pdf.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Widget,
                    FT=pikepdf.Name.Tx,
                    T=pikepdf.String(name),
                    TU=pikepdf.String(name),
                    Rect=pikepdf.Array([left, top, left + 80, top + 16]),
                    F=4,
                    P=page.obj,
                    DA=pikepdf.String("/Helv 10 Tf 0 g"),
                )
            )
        )
    fields[0].Ff, fields[0].V = 1, pikepdf.String(SHEET_ID)
    page.obj.Annots = pdf.make_indirect(pikepdf.Array(fields))
    pdf.Root.AcroForm = pdf.make_indirect(
        pikepdf.Dictionary(
            Fields=pikepdf.Array(fields),
            DA=pikepdf.String("/Helv 10 Tf 0 g"),
            DR=pikepdf.Dictionary(Font=pikepdf.Dictionary(Helv=font)),
        )
    )
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


BLANK = {
    "json": blank_json,
    "md": blank_markdown,
    "pdf": blank_pdf,
    "ipynb": blank_notebook,
    "xlsx": blank_workbook,
    "tex": blank_latex,
}
