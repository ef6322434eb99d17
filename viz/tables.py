"""A trace as rows: by layer, block or stage; and as CSV, Markdown and LaTeX to take away."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import harmonic_mean
from typing import Any

import pandas as pd

from models import counting
from models.differences import Difference
from models.measured import Pair, Signals
from models.records import Layer, Total, Trace
from viz import format, theme
from viz.lessons import Curve
from viz.view import Rows


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are shown, and the path that each stands for."""

    frame: pd.DataFrame
    paths: tuple[str, ...]


def table(trace: Trace, rows: str) -> Table:
    """Columns have units in their names; shares are of the whole network. Read-only: it is shared."""
    if rows == Rows.LAYERS:
        return Table(_layers(trace), tuple(layer.path for layer in trace.layers))
    totals = trace.stages if rows == Rows.STAGES else _blocks(trace)
    return Table(_totals(trace, totals), tuple(total.path for total in totals))


def _blocks(trace: Trace) -> tuple[Total, ...]:
    """Blocks, and stem and head as one row each: together they are the whole network."""
    blocks = {total.path: total for total in trace.blocks}
    outside = {total.path: total for total in trace.stages if total.blocks == 0}
    order = dict.fromkeys(layer.block or layer.stage for layer in trace.layers)
    return tuple(blocks.get(path) or outside[path] for path in order)


def _layers(trace: Trace) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Layer": [layer.path for layer in trace.layers],
            "Kind": [theme.KIND_NAME[layer.kind] for layer in trace.layers],
            "Input": [" + ".join(map(format.shape, layer.input_shapes)) for layer in trace.layers],
            "Output": [format.shape(layer.output_shape) for layer in trace.layers],
            "Kernel": [_window(layer) for layer in trace.layers],
            "Parameters": [layer.params for layer in trace.layers],
            "Parameters, share": [_share(layer.params, trace.params) for layer in trace.layers],
            "MACs": [layer.macs for layer in trace.layers],
            "MACs, share": [_share(layer.macs, trace.macs) for layer in trace.layers],
            "Activations, bytes": [layer.activation_bytes for layer in trace.layers],
            "Receptive field, px": [layer.receptive_field for layer in trace.layers],
            "Effective stride, px": [layer.effective_stride for layer in trace.layers],
            "In depth": ["✓" if layer.counted else "" for layer in trace.layers],
        }
    )


def _totals(trace: Trace, totals: tuple[Total, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Part": [total.path for total in totals],
            "Blocks": [total.blocks for total in totals],
            "Layers": [total.layers for total in totals],
            "Output": [format.shape(total.output_shape) for total in totals],
            "Parameters": [total.params for total in totals],
            "Parameters, share": [_share(total.params, trace.params) for total in totals],
            "MACs": [total.macs for total in totals],
            "MACs, share": [_share(total.macs, trace.macs) for total in totals],
            "Activations, bytes": [total.activation_bytes for total in totals],
            "Receptive field, px": [total.receptive_field for total in totals],
            "Counted in depth": [total.depth for total in totals],
        }
    )


def difference(found: Difference, left: str, right: str) -> pd.DataFrame:
    """Two networks' layers in matching rows, a tick where they are the same."""
    names = (left, right)
    columns: dict[str, list[Any]] = {"Same": ["✓" if pair.same else "" for pair in found.pairs]}
    for place, name in enumerate(names):
        layers = [(pair.left, pair.right)[place] for pair in found.pairs]
        columns[name] = [layer.path if layer else "–" for layer in layers]
        columns[f"{name}: what"] = [_what(layer) if layer else "" for layer in layers]
    params = [tuple(layer.params if layer else 0 for layer in (pair.left, pair.right)) for pair in found.pairs]
    columns["Parameters, left"] = [one for one, _ in params]
    columns["Parameters, right"] = [other for _, other in params]
    columns["Parameters, change"] = [other - one for one, other in params]
    return pd.DataFrame(columns)


def _what(layer: Layer) -> str:
    bias = ", biased" if layer.bias and layer.macs else ""
    window = _window(layer)
    kind = f"{theme.KIND_NAME[layer.kind]} {window}".strip()
    return f"{kind}{bias}: {' + '.join(map(format.shape, layer.input_shapes))} → {format.shape(layer.output_shape)}"


def signals(pair: Pair) -> pd.DataFrame:
    """Every reading of both networks, a row for each layer and seed; the joins' in the rows of their layers."""
    rows = [
        row for name, side in (("with skips", pair.skips), ("without", pair.plain)) for row in _readings(name, side)
    ]
    return pd.DataFrame(rows)


def _readings(name: str, side: Signals) -> Iterator[dict[str, Any]]:
    for run in side.runs:
        joins = {join.path: join for join in run.joins}
        for layer in run.layers:
            join = joins.get(layer.path)
            yield {
                "Network": name,
                "Seed": run.seed,
                "Layer": layer.path,
                "Kind": theme.KIND_NAME[layer.kind],
                "Activation mean": layer.activation_mean,
                "Activation std": layer.activation_std,
                "Activation rms": layer.activation_rms,
                "Zeros, share": layer.zero_fraction,
                "Activation gradient norm": layer.activation_gradient_norm,
                "Weight norm": layer.weight_norm,
                "Weight gradient norm": layer.weight_gradient_norm,
                "Skip rms": join.skip_rms if join else None,
                "Branch rms": join.branch_rms if join else None,
                "Gradient by the skip": join.skip_gradient_norm if join else None,
                "Gradient by the branch": join.branch_gradient_norm if join else None,
            }


def _window(layer: Layer) -> str:
    if layer.kernel is None or layer.stride is None or max(*layer.kernel, *layer.stride) == 1:
        return "1×1" if layer.macs and layer.kernel else ""
    stride = f" /{layer.stride[0]}" if max(layer.stride) > 1 and layer.operation != "adaptive_avg_pool2d" else ""
    groups = f", {layer.groups} groups" if layer.groups > 1 else ""
    return f"{layer.kernel[0]}×{layer.kernel[1]}{stride}{groups}"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def csv(frame: pd.DataFrame) -> str:
    """Plain numbers, shares as fractions: for programs. No text starts a formula in a spreadsheet."""
    return frame.map(_inert).rename(columns=_inert).to_csv(index=False)


def markdown(frame: pd.DataFrame) -> str:
    """A table of GitHub's Markdown, numbers in threes."""
    rules = ["---:" if _numeric(frame[name]) else "---" for name in frame.columns]
    rows = [[_for_markdown(cell) for cell in row] for row in ([*map(str, frame.columns)], *_cells(frame))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rules, *rows[1:])) + "\n"


def latex(frame: pd.DataFrame) -> str:
    """A `longtable` with booktabs' rules, numbers in threes, in characters that pdflatex has."""
    align = "".join("r" if _numeric(frame[name]) else "l" for name in frame.columns)
    head, *lines = (" & ".join(map(_for_latex, row)) + r" \\" for row in ([*map(str, frame.columns)], *_cells(frame)))
    return "\n".join(
        [
            r"% \usepackage{booktabs, longtable}",
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


def _cells(frame: pd.DataFrame) -> list[list[str]]:
    columns = []
    for name in frame.columns:
        if name.endswith("share"):
            columns.append([f"{value:.2%}" for value in frame[name]])
        elif _numeric(frame[name]):
            columns.append([_number(value) for value in frame[name]])
        else:
            columns.append([str(value) for value in frame[name]])
    return [list(row) for row in zip(*columns, strict=True)]


def _number(value: float) -> str:
    """Whole numbers in threes, measured ones with four digits, what is missing empty."""
    if pd.isna(value):
        return ""
    return f"{value:,}" if isinstance(value, int) or float(value).is_integer() else f"{value:.4g}"


def _numeric(column: "pd.Series[Any]") -> bool:
    return bool(pd.api.types.is_numeric_dtype(column))


def _inert(value: Any) -> Any:
    """A text on one line, with a quote before what a spreadsheet would take for a formula; all else as it is."""
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
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # behind the end of a row they would be read as its options
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
    "✓": "yes",
    "✗": "no",
    "★": "(best)",
    "…": "...",
    **{raised: f"$^{{{plain}}}$" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)},
}


def _for_latex(text: str) -> str:
    """A cell as pdflatex reads it; a character that it lacks becomes its plain letters, or a question mark."""
    return "".join(map(_latex_sign, " ".join(text.split())))


def _latex_sign(sign: str) -> str:
    if sign in _LATEX:
        return _LATEX[sign]
    if " " <= sign <= "~":
        return sign
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return "".join(_LATEX.get(one, one) for one in plain) or "?"


# label, writer, file's end, MIME type
FORMS: tuple[tuple[str, Callable[[pd.DataFrame], str], str, str], ...] = (
    ("CSV", csv, "csv", "text/csv"),
    ("Markdown", markdown, "md", "text/markdown"),
    ("LaTeX", latex, "tex", "application/x-tex"),
)


def others(trace: Trace) -> pd.DataFrame:
    """The network's totals as other tools count them, a row each."""
    return pd.DataFrame(
        [
            {
                "Tool": one.tool,
                "Its word": one.quantity,
                "Total": one.value,
                "As it is printed": one.words or f"{one.value:,}",
                "What is counted": one.rule,
            }
            for one in counting.others(trace)
        ]
    )


def race(curves: Sequence[Curve]) -> pd.DataFrame:
    """Where every network of a race stands, a row each."""
    rows = []
    for curve in curves:
        last = curve.epochs[-1] if curve.epochs else None
        best = max((epoch.test_accuracy for epoch in curve.epochs), default=None)
        rows.append(
            {
                "Network": curve.name,
                "State": str(curve.status or "not begun"),
                "Epochs": f"{len(curve.epochs)} of {curve.run.all_epochs}",
                "Training accuracy, %": None if last is None else 100 * last.train_accuracy,
                "Test accuracy, %": None if last is None else 100 * last.test_accuracy,
                "Best test accuracy, %": None if best is None else 100 * best,
                "Training loss": None if last is None else last.train_loss,
                "Test loss": None if last is None else last.test_loss,
                "Seconds": sum(epoch.seconds for epoch in curve.epochs),
                "Images per second": _pace(curve),
                "Peak memory, MB": None if last is None or last.memory is None else last.memory / 1e6,
            }
        )
    return pd.DataFrame(rows).round(4)


def _pace(curve: Curve) -> float | None:
    """Images a second of training, over all epochs, to a whole number."""
    return round(harmonic_mean(epoch.images_per_second for epoch in curve.epochs)) if curve.epochs else None


def epochs(curves: Sequence[Curve]) -> pd.DataFrame:
    """Every epoch of every network of a race."""
    return pd.DataFrame(
        [
            {
                "Network": curve.name,
                "Epoch": epoch.number,
                "Steps": epoch.steps,
                "Training loss": epoch.train_loss,
                "Training accuracy": epoch.train_accuracy,
                "Test loss": epoch.test_loss,
                "Test accuracy": epoch.test_accuracy,
                "Learning rate": epoch.learning_rate,
                "Images per second": epoch.images_per_second,
                "Seconds": epoch.seconds,
            }
            for curve in curves
            for epoch in curve.epochs
        ]
    )
