"""A module and weights of one's own that this server was started with. No torch here, and no code is run here.

They are named on the command line, `skipscope mymodels.py:MyNet --weights run.safetensors`; a link can only ask for
what is registered.
"""

from dataclasses import dataclass
from pathlib import Path

# variables that tell a server of them
PLACE, INPUT, WEIGHTS = "SKIPSCOPE_OWN", "SKIPSCOPE_OWN_INPUT", "SKIPSCOPE_OWN_WEIGHTS"


@dataclass(frozen=True, slots=True)
class Own:
    """Where a module is defined: a file, and the name in it of a class, a function or a module itself."""

    file: Path
    name: str
    input_shape: tuple[int, int, int]


OWN: dict[str, Own] = {}
OWN_WEIGHTS: list[Path] = []  # one file, or none


def register_own(place: str, shape: str) -> None:
    """Register a module by its place, `/path/mymodels.py:MyNet`, and the shape of its images, `3x64x64`.

    Nothing is registered for an empty place.
    """
    file, _, name = place.rpartition(":")
    if name:
        channels, height, width = (int(side) for side in shape.split("x"))
        OWN[name] = Own(Path(file), name, (channels, height, width))


def register_weights(file: str) -> None:
    """Register a file of weights. Nothing is registered for an empty name."""
    OWN_WEIGHTS[:] = [Path(file)] if file else []


def weights_stamp() -> int:
    """Return what distinguishes the weights in the file from earlier ones: when it was written; 0 without a file."""
    return OWN_WEIGHTS[0].stat().st_mtime_ns if OWN_WEIGHTS and OWN_WEIGHTS[0].exists() else 0
