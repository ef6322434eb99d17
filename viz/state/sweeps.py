"""Settings of the Sweeps page: what it varies, measures and shows; frozen and part of the link. No Streamlit here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from models.runtime.fields import choice, flag, ruled, text
from models.runtime.rules import Choice, Flag
from models.signals.grid import Axes, Axis, rule_of
from models.specs.choices import Norm, Shortcut
from models.specs.depth import depths
from models.specs.families.family import SHARED
from models.specs.presets import PRESETS
from models.specs.registry import of_family
from models.specs.spec import NetworkSpec
from models.specs.sweep_depths import sweep_depths
from viz.state.url import Linked, Token

# Values to choose from for fields that are numbers; others can be typed.
_NUMBERS: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "base_width": (16, 32, 64, 128),
        "widen": (1.0, 2.0, 4.0),
        "groups": (1, 2, 4, 8, 16, 32),
        "group_width": (4, 8, 16, 32, 64),
        "expansion": (1, 2, 4),
        "growth_rate": (12, 24, 32, 48),
        "compression": (0.5, 1.0),
        "skip_scale": (0.25, 0.5, 0.75, 1.0),
        "branch_scale": (0.1, 0.25, 0.5, 1.0),
        "dropout": (0.0, 0.1, 0.3, 0.5),
        "drop_path": (0.0, 0.1, 0.2, 0.5),
        "batch": (2, 4, 8, 16, 32, 64),
        "seed": tuple(range(10)),
    }
)
_ALWAYS = ("depth", "seed", "batch", "preset")
_FEW, _DEEP = 4, 56  # depths at the start, and the greatest, where there are such


class Quantity(Token):
    """What the charts show of each network."""

    RATIO = "ratio"
    GROWTH = "growth"
    SPREAD = "spread"
    LOSS = "loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Linked):
    prefix: ClassVar[str] = "sweeps."
    since_prefixes: ClassVar[bool] = True

    run: bool = flag()  # it was requested
    axes: tuple[Axis, ...] = ruled((), Axes())  # none: those of `usual`
    only: tuple[Axis, ...] = ruled((), Axes())  # the values that are shown, of the axes that are filtered
    quantity: Quantity = choice(Quantity.RATIO)
    by: str = text()  # the field whose values have lines of their own in the charts of the others; "": none


def usual(base: NetworkSpec) -> tuple[Axis, ...]:
    """Return the axes until some are chosen: a few depths, with batch norm and without, three seeds."""
    known = [depth for depth, _ in sweep_depths(base, most=_DEEP, points=_FEW)]
    possible = depths(base)
    axes = [Axis("depth", tuple(depth for depth in known if depth in possible) or tuple(possible)[:_FEW])]
    return (*(axes if possible else ()), Axis("norm", (Norm.BATCH, Norm.NONE)), Axis("seed", (0, 1, 2)))


def offered(base: NetworkSpec) -> tuple[str, ...]:
    """Return the fields that can be varied: those that the network uses."""
    own = [name for name in NetworkSpec.names() if name in SHARED | base.family_type.uses]
    some = [name for name in own if name in _NUMBERS or isinstance(rule_of(name), Choice | Flag) or name == "block"]
    return (*_ALWAYS[:1], *some, *_ALWAYS[1:])


def values(field: str, base: NetworkSpec) -> tuple[Any, ...]:
    """Return the values of a field to choose from."""
    if field == "depth":
        return tuple(depths(base))
    if field == "preset":
        return tuple(PRESETS)
    if field == "block":
        return tuple(of_family(base.family))
    rule = rule_of(field)
    if isinstance(rule, Choice):
        return tuple(one for one in rule.options if one is not Shortcut.NONE)  # each point has its twin without
    return (False, True) if isinstance(rule, Flag) else _NUMBERS.get(field, ())


def typed(field: str) -> bool:
    """Return whether other values can be typed."""
    return field not in ("depth", "preset", "block") and not isinstance(rule_of(field), Choice | Flag)
