"""What a family of networks is, and the checks that several families share. No torch here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...runtime.errors import SpecError
from ..choices import Shortcut, Stem
from ..limits import LIMITS
from ..registry import Family

if TYPE_CHECKING:
    from ..spec import NetworkSpec

Depths = Mapping[int, tuple[int, ...]]

# the fields that every family uses; each adds its own
SHARED = frozenset(
    {"family", "block", "stages", "shortcut", "base_width", "norm", "conv_bias", "init", "input_shape", "classes"}
)
LOWEST = int(LIMITS["pixels"][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyType:
    """What Skipscope needs to know of a family besides the function that builds it, which `networks.arguments` names.

    To add a family, write its file here, its builder in `networks`, and the arguments that a spec stands for.
    """

    name: Family
    label: str  # "ResNet"
    shortcuts: tuple[Shortcut, ...]  # its default first
    skips: tuple[Shortcut, ...]  # what a plain network gets to have skip connections, the first that is valid
    uses: frozenset[str]  # the fields that it uses besides `SHARED`
    depth: Callable[["NetworkSpec"], int]  # number of layers by the family's counting rule, for any stages
    # depth -> blocks per stage of the networks that differ from a spec only in depth
    depths: Callable[["NetworkSpec"], Depths]
    terms: Callable[["NetworkSpec"], str]  # the sum that gives the depth: "1 + 2 * (2 + 2) + 1"
    check: Callable[["NetworkSpec"], None]  # raises `SpecError` for fields that can't stand together
    smallest: Callable[["NetworkSpec"], int] = lambda _: LOWEST  # pixels that every layer needs
    stages: tuple[int, int] = (1, int(LIMITS["stages"][1]))  # fewest and most
    stems: tuple[Stem, ...] = tuple(Stem)
    drops: Callable[["NetworkSpec"], bool] = lambda _: True  # whether it has a place for dropout
    blocks: tuple[int, ...] = (2, 2, 2, 2)  # the stages of its default
    start: Mapping[str, Any] = field(default_factory=dict, hash=False)  # fields of its usual networks
    small: Mapping[str, Any] = field(default_factory=dict, hash=False)  # and of those for images of 32 pixels


def check_stages(spec: "NetworkSpec", family: FamilyType) -> None:
    """Raise `SpecError` if a family has not as many stages."""
    low, high = family.stages
    if not low <= len(spec.stages) <= high:
        raise SpecError(
            "stages",
            "must be {low} to {high} stages for family {family}",
            spec.stages,
            low=low,
            high=high,
            family=family.name.value,
        )


def check_channels(spec: "NetworkSpec", name: str, channels: int) -> None:
    """Raise `SpecError` for a field that gives a layer no channel or too many."""
    low, high = (int(bound) for bound in LIMITS["layer_channels"])
    if not low <= channels <= high:
        raise SpecError(
            name,
            "must give every layer {low} to {high:,} channels, not {channels:,}",
            getattr(spec, name),
            low=low,
            high=high,
            channels=channels,
        )


def check_pixels(spec: "NetworkSpec", smallest: int, expected: str) -> None:
    """Raise `SpecError` if the image is so small that no pixel would be left."""
    if min(spec.input_shape[1:]) < smallest:
        raise SpecError("input_shape", expected, spec.input_shape, pixels=smallest, stages=len(spec.stages))


def sum_of(counts: tuple[int, ...]) -> str:
    return f"({' + '.join(map(str, counts))})"
