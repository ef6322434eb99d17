"""The limits of every field of a network: (lowest, highest)."""

from collections.abc import Mapping
from types import MappingProxyType

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "stages": (1, 5),
        "blocks": (1, 2_000),  # in a stage, and in total
        "base_width": (1, 4_096),
        "widen": (0.1, 64.0),
        "groups": (1, 4_096),
        "group_width": (1, 4_096),
        "expansion": (1, 16),
        "dilated": (0, 4),
        "skip_scale": (0.0, 2.0),
        "branch_scale": (0.0, 10.0),
        "dropout": (0.0, 0.9),
        "drop_path": (0.0, 0.9),
        "growth_rate": (1, 4_096),
        "hidden": (0, 16_384),
        "compression": (0.01, 1.0),
        "channels": (1, 4),
        "pixels": (8, 1_024),
        "classes": (2, 10_000),
        "layer_channels": (1, 65_536),
    }
)
