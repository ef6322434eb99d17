"""A change that makes an impossible network, repaired to the nearest possible one. No Streamlit here."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any

from models.depths import depth, depths
from models.spec import LIMITS, Family, NetworkSpec, Shortcut, SpecError, Stem, smallest_input

LABELS = {
    "family": "Family",
    "block": "Block",
    "stages": "Blocks per stage",
    "shortcut": "Skip connections",
    "stem": "Stem",
    "base_width": "Width",
    "widen": "Widening factor",
    "groups": "Cardinality",
    "group_width": "Width per group",
    "growth_rate": "Growth rate",
    "compression": "Compression",
    "norm": "Norm",
    "conv_bias": "Biases in convolutions",
    "projection_norm": "Norm on projections",
    "stride_in": "Stride of a bottleneck",
    "init": "Initialisation",
    "zero_init_residual": "Branches start at zero",
    "input_shape": "Input",
    "classes": "Classes",
}


def change(
    spec: NetworkSpec, field: str, value: Any, *, left: NetworkSpec | None = None
) -> tuple[NetworkSpec, tuple[str, ...]]:
    """`spec` with one field changed, and a sentence for every other field that had to give way.

    `left` is the network that was left when the visitor went to this family: it comes back.

    Raises `SpecError` where the value itself is one that no network has.
    """
    wanted = asdict(spec) | {field: value}
    notes: list[str] = []
    if field == "family" and value != spec.family:
        wanted |= _other_family(spec, Family(value)) if left is None else {name: getattr(left, name) for name in _OWN}
    for _ in fields(spec):
        try:
            repaired = NetworkSpec(**wanted)
        except SpecError as error:
            wrong = error.field
            if wrong == field and field != "input_shape" and type(value) is not int:
                raise
            nearest = next((option for option in _options(wrong, wanted) if _stands(wanted, wrong, option)), None)
            if nearest is None:
                raise
            wanted[wrong] = nearest
        else:
            for changed in fields(spec):
                before, now = getattr(spec, changed.name), getattr(repaired, changed.name)
                asked = value if changed.name == field else before
                if now != asked and (field != "family" or changed.name == "stages"):  # a family brings its own fields
                    notes.append(f"{LABELS[changed.name]}: now {_word(now)}, not {_word(asked)}.")
            if field != "family" and repaired.counts_projections is not spec.counts_projections:
                notes.append(_recounted(repaired))
            return repaired, tuple(notes)
    raise SpecError(field, "must stand beside the other choices", value)


def _recounted(spec: NetworkSpec) -> str:
    """The same layers, counted by another paper's rule from here on."""
    if spec.counts_projections:
        return f"Depth: now {depth(spec):,}, as Wide ResNets count: projections too, without the classifier."
    return f"Depth: now {depth(spec):,}, without projections and with the classifier."


# What a family brings with it; input, norm and the like are the visitor's.
_SHARED = frozenset({"norm", "conv_bias", "init", "input_shape", "classes"})
_OWN = frozenset(field.name for field in fields(NetworkSpec)) - _SHARED - {"family"}


def _other_family(spec: NetworkSpec, family: Family) -> dict[str, Any]:
    """The other family's own fields, at the depth that comes nearest; input, norm and the like stay."""
    start = NetworkSpec(family=family, stem=spec.stem)
    stages = depths(start)
    nearest = min(stages, key=lambda known: abs(known - depth(spec)))
    shortcut = Shortcut.NONE if spec.shortcut is Shortcut.NONE else start.shortcut
    small = spec.stem is Stem.CIFAR
    theirs = {name: getattr(start, name) for name in _OWN}
    if small:
        theirs |= {"base_width": 24, "growth_rate": 12} if family is Family.DENSENET else {"base_width": 16}
    return theirs | {"shortcut": shortcut, "stages": stages[nearest]}


def _options(field: str, wanted: dict[str, Any]) -> Iterator[Any]:
    """What might stand in a field: for whole numbers and sizes the nearest to what is asked for first."""
    asked = wanted[field]
    default = getattr(NetworkSpec(family=wanted["family"]), field)
    if isinstance(default, StrEnum):
        yield default
        yield from type(default)
    elif field == "input_shape" and isinstance(asked, tuple):
        roomy = {key: value for key, value in wanted.items() if key != "input_shape"}
        smallest = smallest_input(NetworkSpec(**roomy))
        yield (asked[0], *(max(side, smallest) for side in asked[1:]))
    elif isinstance(default, int) and isinstance(asked, int) and field in LIMITS:
        low, high = (int(bound) for bound in LIMITS[field])
        yield from sorted(range(low, high + 1), key=lambda option: abs(option - asked))
    yield default


def _stands(wanted: dict[str, Any], field: str, option: Any) -> bool:
    try:
        NetworkSpec(**wanted | {field: option})
    except SpecError as error:
        return error.field != field
    return True


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value).replace("_", " ")
