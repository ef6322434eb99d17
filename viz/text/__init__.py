"""Sentences computed from numbers, in modules that are imported when they are first used."""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viz.text import (
        agreement,
        architecture,
        class_maps,
        compare,
        curvature,
        cuts,
        inside,
        landscape,
        measured,
        network_paths,
        paths,
        runs,
        signals,
        spans,
        strength,
        training,
        units,
    )

__all__ = [
    "agreement",
    "architecture",
    "class_maps",
    "compare",
    "curvature",
    "cuts",
    "inside",
    "landscape",
    "measured",
    "network_paths",
    "paths",
    "runs",
    "signals",
    "spans",
    "strength",
    "training",
    "units",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
