"""A measured pair in a small file, to be shipped: NumPy's .npz, with numbers to three digits and no histograms."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, prod
from typing import Any

from ..specs.external import Network
from ..tracing.records import Trace
from .records import JoinSignal, LayerSignal, Pair, Run, Signals

_LAYER = (
    "activation_mean", "activation_std", "activation_rms", "zero_fraction", "activation_gradient_norm", "weight_norm",
    "weight_gradient_norm",
)  # fmt: skip
_JOIN = ("skip_rms", "branch_rms", "skip_size", "branch_size", "skip_gradient_norm", "branch_gradient_norm")
_TOLD = ("batch", "source", "weights", "device", "precision", "seconds", "peak_memory")
_DIGITS = 0xFFFFF000  # of a float32: 11 bits of the fraction


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where and when a shipped measurement was made, and the key of its task."""

    key: str
    date: str  # ISO
    versions: str


def pack(pair: Pair, stamp: Stamp) -> bytes:
    """Return a pair as .npz: for each network arrays (seeds, layers, quantities), and a JSON text with the rest."""
    import numpy as np  # noqa: PLC0415

    arrays: dict[str, Any] = {}
    told: dict[str, Any] = {"stamp": [stamp.key, stamp.date, stamp.versions]}
    for name, side in (("skips", pair.skips), ("plain", pair.plain)):
        arrays[f"{name}_layers"] = _rounded([[_row(layer, _LAYER) for layer in run.layers] for run in side.runs])
        arrays[f"{name}_joins"] = _rounded([[_row(join, _JOIN) for join in run.joins] for run in side.runs])
        told[name] = {field: getattr(side, field) for field in _TOLD} | {
            "paths": [layer.path for layer in side.layers],
            "kinds": [str(layer.kind) for layer in side.layers],
            "joins": [join.path for join in side.joins],
            "runs": [[run.seed, run.loss] for run in side.runs],
        }
    written = io.BytesIO()
    np.savez_compressed(written, told=np.array(json.dumps(told)), **arrays)
    return written.getvalue()


def unpack(data: bytes, specs: tuple[Network, Network], traces: tuple[Trace, Trace]) -> tuple[Pair, Stamp]:
    """Return the pair of a file that `pack` made, for the network and its twin. Raises `ValueError` for other bytes."""
    import numpy as np  # noqa: PLC0415

    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        told = json.loads(str(file["told"]))
        sides = [
            _side(told[name], file[f"{name}_layers"], file[f"{name}_joins"], spec, trace)
            for name, spec, trace in zip(("skips", "plain"), specs, traces, strict=True)
        ]
    return Pair(*sides), Stamp(*told["stamp"])


def _side(told: dict[str, Any], layers: Any, joins: Any, spec: Network, trace: Trace) -> Signals:
    runs = [
        Run(
            seed=seed,
            loss=loss,
            layers=tuple(
                LayerSignal(path=path, kind=kind, histogram=None, **_named(row, _LAYER))
                for path, kind, row in zip(told["paths"], told["kinds"], own, strict=True)
            ),
            joins=tuple(_join(trace, path, _named(row, _JOIN)) for path, row in zip(told["joins"], ways, strict=True)),
        )
        for (seed, loss), own, ways in zip(told["runs"], layers.tolist(), joins.tolist(), strict=True)
    ]
    return Signals(spec=spec, trace=trace, runs=tuple(runs), **{field: told[field] for field in _TOLD})


def _join(trace: Trace, path: str, values: dict[str, Any]) -> JoinSignal:
    """A join; its sizes are those of the trace, which have more than three digits."""
    skip, branch = (prod(shape) for shape in trace.by_path[path].input_shapes)
    return JoinSignal(path=path, **values | {"skip_size": skip, "branch_size": branch})


def _row(record: object, names: Sequence[str]) -> list[float]:
    values = [getattr(record, name) for name in names]
    return [float("nan") if value is None else float(value) for value in values]


def _named(row: Sequence[float], names: Sequence[str]) -> dict[str, Any]:
    """Fields from numbers; a layer without weights has None for both of theirs, one with weights may have a NaN."""
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    without = isnan(values.get("weight_norm", 0.0))
    return {name: None if without and name.startswith("weight") else value for name, value in values.items()}


def _rounded(values: list[list[list[float]]]) -> Any:
    import numpy as np  # noqa: PLC0415

    made = np.array(values, dtype=np.float32)
    bits = made.view(np.uint32)
    nearest = np.where(np.isfinite(made), bits + np.uint32(~_DIGITS & 0xFFFFFFFF) // 2 + 1, bits)  # to the nearest
    return (nearest & np.uint32(_DIGITS)).astype(np.uint32).view(np.float32)
