"""Export of tables as CSV, Markdown and LaTeX."""

import unicodedata
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import pandas as pd

from viz.language import _
from viz.ui import origin
from viz.ui.widgets import download


def csv(frame: pd.DataFrame, shares: Collection[str] = ()) -> str:  # shares are written like all numbers
    """Return CSV for programs: plain numbers, shares as fractions. No text starts a formula in a spreadsheet."""
    return frame.map(_inert).rename(columns=_inert).to_csv(index=False)


def markdown(frame: pd.DataFrame, shares: Collection[str] = ()) -> str:
    """Return a table in GitHub's Markdown, with thousands separators, shares in percent."""
    rules = ["---:" if _numeric(frame[name]) else "---" for name in frame.columns]
    rows = [[_for_markdown(cell) for cell in row] for row in ([*map(str, frame.columns)], *_cells(frame, shares))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rules, *rows[1:])) + "\n"


def latex(frame: pd.DataFrame, shares: Collection[str] = ()) -> str:
    """Return a LaTeX `longtable` with booktabs' rules, in characters that pdflatex supports, or xelatex if Chinese."""
    align = "".join("r" if _numeric(frame[name]) else "l" for name in frame.columns)
    head, *lines = (
        " & ".join(map(_for_latex, row)) + r" \\" for row in ([*map(str, frame.columns)], *_cells(frame, shares))
    )
    packages = r"% \usepackage{booktabs, longtable}"
    if any(map(_wide, "".join([head, *lines]))):
        packages += r", \usepackage{xeCJK}; compile with xelatex"
    return "\n".join(
        [
            packages,
            rf"\begin{{longtable}}{{{align}}}",
            r"\toprule",
            head,
            r"\midrule",
            r"\endhead",
            *lines,
            r"\bottomrule",
            r"\end{longtable}",
            "",
        ]
    )


def _cells(frame: pd.DataFrame, shares: Collection[str]) -> list[list[str]]:
    columns = []
    for name in frame.columns:
        if name in shares:
            columns.append([f"{value:.2%}" for value in frame[name]])
        elif _numeric(frame[name]):
            columns.append([_number(value) for value in frame[name]])
        else:
            columns.append([str(value) for value in frame[name]])
    return [list(row) for row in zip(*columns, strict=True)]


def _number(value: float) -> str:
    """Whole numbers with thousands separators, measured ones with four digits, missing ones empty."""
    if pd.isna(value):
        return ""
    return f"{value:,}" if isinstance(value, int) or float(value).is_integer() else f"{value:.4g}"


def _numeric(column: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _inert(value: Any) -> Any:
    """A text on one line, with a quote before what a spreadsheet would read as a formula; other values unchanged."""
    if not isinstance(value, str):
        return value
    line = " ".join(value.split())
    return f"'{line}" if line[:1] in ("=", "+", "-", "@") else line


def _for_markdown(text: str) -> str:
    text = " ".join(text.split())
    for sign, written in (("\\", "\\\\"), ("|", "\\|"), ("`", "\\`"), ("<", "&lt;")):
        text = text.replace(sign, written)
    return text


_LATEX = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{sign: f"\\{sign}" for sign in "{}$&%#_"},
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # after the end of a row they would be read as its options
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    '"': "''",
    "×": r"$\times$",
    "→": r"$\to$",
    "·": r"$\cdot$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "−": "$-$",
    "–": "--",
    "—": "---",
    "✓": r"$\surd$",
    "✗": r"$\times$",
    "★": r"$\star$",
    "…": "...",
    **{raised: f"$^{{{plain}}}$" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)},
}


def _for_latex(text: str) -> str:
    """A cell for pdflatex; a character that it lacks becomes its plain letters, or a question mark."""
    return "".join(map(_latex_sign, " ".join(text.split())))


def _latex_sign(sign: str) -> str:
    if sign in _LATEX:
        return _LATEX[sign]
    if " " <= sign <= "~" or _wide(sign):
        return sign
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return "".join(_LATEX.get(one, one) for one in plain) or "?"


def _wide(sign: str) -> bool:
    """Whether it is a letter or mark of Chinese, Japanese or Korean."""
    return unicodedata.east_asian_width(sign) in "WF" and unicodedata.category(sign)[0] in "LP"


# label, writer, file extension, MIME type
FORMS: tuple[tuple[str, Callable[..., str], str, str], ...] = (
    ("CSV", csv, "csv", "text/csv"),
    ("Markdown", markdown, "md", "text/markdown"),
    ("LaTeX", latex, "tex", "application/x-tex"),
)


def buttons(frame: pd.DataFrame, name: str, key: str, *, shares: Collection[str] = ()) -> None:
    """Draw the downloads of a table as CSV, Markdown and LaTeX; call it in a horizontal container."""
    made = origin.comment()
    for label, write, end, mime in FORMS:
        download(
            label,
            partial(signed, frame, partial(write, shares=shares), end, made, _("Origin")),
            f"{name}.{end}",
            mime,
            key=f"{key}_{end}",
        )


def signed(frame: pd.DataFrame, write: Callable[[pd.DataFrame], str], end: str, made: str, column: str) -> str:
    """Return a table with its origin: a comment in Markdown and LaTeX; in CSV, which has no comments, a last column."""
    if end == "csv":
        return write(frame.assign(**{column: [made, *[""] * (len(frame) - 1)] if len(frame) else []}))
    return f"<!-- {made} -->\n\n{write(frame)}" if end == "md" else f"% {made}\n{write(frame)}"
