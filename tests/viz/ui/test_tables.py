"""Rows sum to the network's totals, and are exported in three formats."""

import csv
import io
import os
import re
import shutil
import subprocess

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.specs.presets import PRESETS
from models.tracing.tracer import trace
from tests.conftest import specs
from viz.architecture import tables
from viz.state.architecture import Rows
from viz.ui import table_export

TRACE = trace(PRESETS["resnet50"].spec)


@pytest.mark.parametrize("rows", Rows)
@given(spec=specs())
@settings(max_examples=15)
def test_rows_sum_to_the_network(rows, spec):
    found = trace(spec)
    table = tables.table(found, rows)

    assert table.frame["Parameters"].sum() == found.params
    assert table.frame["MACs"].sum() == found.macs
    assert table.frame["Activations, bytes"].sum() == found.activation_bytes
    assert table.frame["MACs, share"].sum() == pytest.approx(1)
    assert len(table.paths) == len(table.frame)


def test_rows_stand_for_the_paths_they_show():
    table = tables.table(TRACE, Rows.LAYERS)

    assert list(table.frame["Layer"]) == list(table.paths) == [layer.path for layer in TRACE.layers]


def test_csv_has_plain_numbers():
    rows = list(csv.DictReader(io.StringIO(table_export.csv(tables.table(TRACE, Rows.LAYERS).frame))))

    assert sum(int(row["Parameters"]) for row in rows) == 25_557_032
    assert rows[0]["Layer"] == "conv1"


def test_markdown_has_a_row_each_and_numbers_in_threes():
    lines = table_export.markdown(tables.table(TRACE, Rows.STAGES).frame).splitlines()

    assert len(lines) == 2 + len(TRACE.stages)
    assert lines[1].startswith("| --- | ---: |")
    assert "| 14,964,736 |" in table_export.markdown(tables.table(TRACE, Rows.STAGES).frame)
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_latex_escapes_what_latex_reads_and_has_equal_columns():
    table = tables.table(trace(PRESETS["densenet121"].spec), Rows.STAGES)
    text = table_export.latex(table.frame, table.shares)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]

    assert r"\begin{longtable}{lrrl" in text
    assert r"\%" in text
    assert text.isascii()
    assert len({row.count(" & ") for row in rows}) == 1


HOSTILE = [
    "a|b",
    "^$#%&_{}~\\",
    "=1+1",
    "+cmd",
    "@SUM(A1)",
    "\t=1",
    "[x]",
    "*",
    "<b>",
    "é ü ñ",
    "卷积",
    "x\ny",
    "`",
    "3.2·10⁻²¹",
    "",
]
ODD = pd.DataFrame({"Name, |%": HOSTILE, "Share, share": [0.5] * len(HOSTILE), "Value": range(len(HOSTILE))})


@given(st.text(max_size=30))
def test_no_text_starts_a_formula_in_a_spreadsheet(text):
    [row] = csv.DictReader(io.StringIO(table_export.csv(pd.DataFrame({"x": [text], "n": [-3]}))))

    assert row["x"].lstrip()[:1] not in ("=", "+", "-", "@")
    assert row["n"] == "-3"  # a number stays a number


def test_every_export_of_a_table_keeps_its_rows_and_columns():
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table_export.markdown(ODD).splitlines()]
    assert {len(row) for row in cells} == {3}
    assert len(cells) == 2 + len(HOSTILE)
    assert cells[2][0].strip() == "a\\|b"
    assert len(list(csv.reader(io.StringIO(table_export.csv(ODD))))) == 1 + len(HOSTILE)


@given(st.text(max_size=60))
def test_any_text_is_a_cell_that_latex_reads(text):
    written = table_export._for_latex(text)

    assert all(sign.isascii() or table_export._wide(sign) for sign in written)
    bare = re.sub(r"\\text\w+\{\}|\\[{}$&%#_]|\$[^$]*\$", "", written)
    assert not set(bare) & set("\\^$&%#_~")
    assert bare.count("{") == bare.count("}")


def test_a_table_compiles(tmp_path):
    """Compile every kind of table, with hostile content too, with pdflatex if it is installed."""
    if shutil.which("pdflatex") is None:
        if os.environ.get("REQUIRE_LATEX"):
            pytest.fail("pdflatex is missing")
        pytest.skip("no pdflatex on this machine")
    # Chinese needs xelatex: see tests/viz/language/test_chinese.py
    latin = ODD[[not any(map(table_export._wide, cell)) for cell in HOSTILE]]
    frames = [latin, tables.others(TRACE), *(tables.table(TRACE, rows).frame for rows in Rows)]
    body = "\n".join(map(table_export.latex, frames))
    (tmp_path / "table.tex").write_text(
        "\\documentclass{article}\\usepackage[landscape]{geometry}\\usepackage{booktabs,longtable}\n"
        f"\\begin{{document}}\\tiny\n{body}\n\\end{{document}}\n"
    )

    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")
    assert "Missing character" not in (tmp_path / "table.log").read_text(errors="replace")
