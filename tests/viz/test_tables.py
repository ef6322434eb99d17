"""Rows sum to the network, and leave in three formats."""

import csv
import io

import pytest
from hypothesis import given, settings

from models.presets import PRESETS
from models.trace import trace
from tests.conftest import specs
from viz import tables
from viz.view import Rows

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
    rows = list(csv.DictReader(io.StringIO(tables.csv(tables.table(TRACE, Rows.LAYERS).frame))))

    assert sum(int(row["Parameters"]) for row in rows) == 25_557_032
    assert rows[0]["Layer"] == "conv1"


def test_markdown_has_a_row_each_and_numbers_in_threes():
    lines = tables.markdown(tables.table(TRACE, Rows.STAGES).frame).splitlines()

    assert len(lines) == 2 + len(TRACE.stages)
    assert lines[1].startswith("| --- | ---: |")
    assert "| 14,964,736 |" in tables.markdown(tables.table(TRACE, Rows.STAGES).frame)
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_latex_escapes_what_latex_reads_and_has_equal_columns():
    text = tables.latex(tables.table(trace(PRESETS["densenet121"].spec), Rows.STAGES).frame)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]

    assert r"\begin{longtable}{lrrl" in text
    assert r"\%" in text
    assert "×" not in text
    assert len({row.count(" & ") for row in rows}) == 1


def test_latex_compiles_in_the_eyes_of_a_brace_counter():
    text = tables.latex(tables.table(TRACE, Rows.LAYERS).frame)

    assert text.count("{") == text.count("}")
    assert r"\_" not in text or "_" not in text.replace(r"\_", "")
