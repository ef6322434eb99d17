"""What the environment of this process names: a module of one's own, weights, more blocks, kinds and data sets."""

import os

from . import own
from .own import register_own, register_weights
from .registry import load_extensions


def register_all() -> None:
    """Register them; call it once, before anything is looked up."""
    register_own(os.environ.get(own.PLACE, ""), os.environ.get(own.INPUT, ""))
    register_weights(os.environ.get(own.WEIGHTS, ""))
    load_extensions(os.environ.get("SKIPSCOPE_EXTENSIONS", ""))
