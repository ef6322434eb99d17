"""A module of one's own that this server was started with. No torch here, and no code is run here.

It is named on the command line, `skipscope mymodels.py:MyNet`; a link can only ask for what is registered.
"""

from dataclasses import dataclass
from pathlib import Path

PLACE, INPUT = "SKIPSCOPE_OWN", "SKIPSCOPE_OWN_INPUT"  # variables that tell a server of it


@dataclass(frozen=True, slots=True)
class Own:
    """Where a module is defined: a file, and the name in it of a class, a function or a module itself."""

    file: Path
    name: str
    input_shape: tuple[int, int, int]


OWN: dict[str, Own] = {}


def register_own(place: str, shape: str) -> None:
    """Register a module by its place, `/path/mymodels.py:MyNet`, and the shape of its images, `3x64x64`.

    Nothing is registered for an empty place.
    """
    file, _, name = place.rpartition(":")
    if name:
        channels, height, width = (int(side) for side in shape.split("x"))
        OWN[name] = Own(Path(file), name, (channels, height, width))
