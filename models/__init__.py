"""Build, trace, measure and train image networks with and without skip connections.

    from models import PRESETS, measure, trace, twin
    trace(PRESETS["resnet50"].spec)                  # its layers, counts and edges
    measure(twin(PRESETS["resnet56_cifar"].spec))    # its signals without skip connections
    trace(my_module, input_shape=(3, 224, 224))      # any module
    with without_skips(my_module): my_module(image)  # its forward without skip connections

Names are loaded when they are first used: importing `models` loads neither torch nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .runtime.version import __version__

if TYPE_CHECKING:
    from .landscape.surface import loss_surface
    from .networks.build import build
    from .networks.weights_file import load_weights
    from .runtime.errors import SpecError
    from .signals.alike import alike
    from .signals.feature_maps import feature_maps
    from .signals.measure import measure
    from .signals.measure_spec import MeasureSpec
    from .signals.records import Signals
    from .signals.strength import strength
    from .signals.sweep import sweep
    from .signals.timing import timing
    from .specs.external import ExternalSpec
    from .specs.presets import PRESETS
    from .specs.registry import BlockType, register
    from .specs.spec import NetworkSpec
    from .specs.twins import twin, with_skips
    from .tracing.exported import export
    from .tracing.layers import Layer
    from .tracing.paths import paths
    from .tracing.recording import UntraceableError
    from .tracing.records import Trace
    from .tracing.tracer import trace
    from .tracing.without_skips import without_skips
    from .training.run_spec import RunSpec
    from .training.run_store import RunStore
    from .training.trainer import train

__all__ = [
    "PRESETS",
    "BlockType",
    "ExternalSpec",
    "Layer",
    "MeasureSpec",
    "NetworkSpec",
    "RunSpec",
    "RunStore",
    "Signals",
    "SpecError",
    "Trace",
    "UntraceableError",
    "__version__",
    "alike",
    "build",
    "export",
    "feature_maps",
    "load_weights",
    "loss_surface",
    "measure",
    "paths",
    "register",
    "strength",
    "sweep",
    "timing",
    "trace",
    "train",
    "twin",
    "with_skips",
    "without_skips",
]  # fmt: skip

_WHERE = {
    "landscape.surface": "loss_surface",
    "networks.build": "build",
    "networks.weights_file": "load_weights",
    "runtime.errors": "SpecError",
    "signals.alike": "alike",
    "signals.feature_maps": "feature_maps",
    "signals.measure": "measure",
    "signals.measure_spec": "MeasureSpec",
    "signals.records": "Signals",
    "signals.strength": "strength",
    "signals.sweep": "sweep",
    "signals.timing": "timing",
    "specs.external": "ExternalSpec",
    "specs.presets": "PRESETS",
    "specs.registry": "BlockType register",
    "specs.spec": "NetworkSpec",
    "specs.twins": "twin with_skips",
    "tracing.exported": "export",
    "tracing.layers": "Layer",
    "tracing.paths": "paths",
    "tracing.records": "Trace",
    "tracing.recording": "UntraceableError",
    "tracing.tracer": "trace",
    "tracing.without_skips": "without_skips",
    "training.run_spec": "RunSpec",
    "training.run_store": "RunStore",
    "training.trainer": "train",
}
_MODULES = {name: module for module, names in _WHERE.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return __all__
