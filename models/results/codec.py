"""Results as bytes in an open format: a zip file of `record.json` and a .npy file for each array. Never pickle.

A record, a frozen dataclass of this project, is written as an object with its fields and the location of its class,
`{"": "signals.records:Pair", ...}`. Only classes of the modules in `READABLE` are created, by their own constructor.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from math import isfinite
from typing import Any

FORMAT = 1  # version of the format; results of other versions are not read
READABLE = frozenset(
    {
        "runtime.messages", "runtime.settings", "runtime.uploads", "specs.choices", "specs.registry", "specs.spec",
        "specs.external", "tracing.records", "tracing.kinds", "tracing.layers", "signals.records",
        "signals.skip_records", "signals.grid", "signals.grid_records", "signals.statistics",
        "signals.measure_spec", "signals.path_records", "signals.map_records", "signals.agreement_records",
        "training.records", "training.run_spec", "landscape.records",
    }
)  # fmt: skip
_ROOT = __name__.rpartition(".results")[0]
_JSON = "record.json"
_KIND = ""  # the key for the type of an object


class ResultError(ValueError):
    """Bytes that are not a valid result, or a value that can't be encoded."""


def encode(value: object) -> bytes:
    """Encode a record, which may hold tuples, mappings, numbers, text and numpy arrays.

    Raises `ResultError` for any other type.
    """
    arrays: list[Any] = []
    text = json.dumps({"format": FORMAT, "value": plain(value, arrays)}, separators=(",", ":"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(zipfile.ZipInfo(_JSON), text)
        for place, array in enumerate(arrays):
            file.writestr(zipfile.ZipInfo(f"{place}.npy"), _npy(array))
    return made.getvalue()


def decode(data: bytes) -> Any:
    """Decode what `encode` returns. Raises `ResultError` for any other bytes; no code from the file is run."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            stored = json.loads(file.read(_JSON))
            if stored["format"] == FORMAT:
                return _value(stored["value"], file)
    except ResultError:
        raise
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, TypeError, AttributeError, ImportError) as error:
        raise ResultError(f"result: can't be read ({type(error).__name__})") from None
    raise ResultError(f"format: must be {FORMAT}, got {stored['format']!r}")


def plain(value: object, arrays: list[Any] | None = None) -> Any:  # noqa: PLR0911  # a return for each type
    """Convert a value to types that JSON can hold; arrays are appended to `arrays` and replaced by their index."""
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if isinstance(value, float):
        return value if isfinite(value) else {_KIND: "float", "of": str(value)}
    if isinstance(value, Enum):
        return {_KIND: _place(type(value)), "of": value.value}
    if isinstance(value, bytes):
        return {_KIND: "bytes", "of": value.hex()}
    if isinstance(value, tuple):
        return [plain(one, arrays) for one in value]
    if isinstance(value, frozenset):
        return {_KIND: "set", "of": sorted((plain(one, arrays) for one in value), key=json.dumps)}
    if isinstance(value, Mapping):
        return {_KIND: "mapping", "of": [[plain(key, arrays), plain(one, arrays)] for key, one in value.items()]}
    if is_dataclass(value) and not isinstance(value, type):
        own = {name: plain(getattr(value, name), arrays) for name in _names(type(value))}
        return {_KIND: _place(type(value))} | own
    if arrays is not None and type(value).__module__ == "numpy":
        arrays.append(value)
        return {_KIND: "array", "of": len(arrays) - 1}
    raise ResultError(f"result: can't hold a {type(value).__name__}")


def _value(stored: Any, file: zipfile.ZipFile) -> Any:  # noqa: PLR0911
    if isinstance(stored, list):
        return tuple([_value(one, file) for one in stored])
    if not isinstance(stored, dict):
        return stored
    kind = stored[_KIND]
    if kind == "float":
        return float(stored["of"])
    if kind == "bytes":
        return bytes.fromhex(stored["of"])
    if kind == "set":
        return frozenset(_value(one, file) for one in stored["of"])
    if kind == "mapping":
        return {_value(key, file): _value(one, file) for key, one in stored["of"]}
    if kind == "array":
        import numpy as np  # noqa: PLC0415

        return np.load(io.BytesIO(file.read(f"{stored['of']}.npy")), allow_pickle=False)
    found = _class(kind)
    if issubclass(found, Enum):
        return found(stored["of"])
    return found(**{name: _value(one, file) for name, one in stored.items() if name != _KIND})


def _npy(array: Any) -> bytes:
    import numpy as np  # noqa: PLC0415

    made = io.BytesIO()
    np.save(made, array, allow_pickle=False)
    return made.getvalue()


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _place(kind: type) -> str:
    """The location of a class. Raises `ResultError` for one that could not be decoded."""
    module = kind.__module__.removeprefix(f"{_ROOT}.")
    if module not in READABLE:
        raise ResultError(f"result: can't hold a {kind.__name__}")
    return f"{module}:{kind.__name__}"


@cache
def _class(place: str) -> type:
    module, _, name = place.partition(":")
    if module not in READABLE:
        raise ResultError(f"result: can't hold a {place[:60]!r}")
    found = getattr(import_module(f"{_ROOT}.{module}"), name)
    if not (isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum))):
        raise ResultError(f"result: can't hold a {place[:60]!r}")
    return found
