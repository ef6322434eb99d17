"""Changes of a network that would make it invalid, repaired to the nearest valid one. No Streamlit here."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from models.runtime.errors import SpecError
from models.specs.checks import smallest_input
from models.specs.choices import Shortcut, Stem
from models.specs.depth import depth, depths
from models.specs.families.registered import FAMILIES
from models.specs.limits import LIMITS
from models.specs.registry import Family, of_family
from models.specs.spec import NetworkSpec


@dataclass(frozen=True, slots=True)
class Changed:
    """A field that had to change so that the network stays valid."""

    field: str
    now: Any
    asked: Any


@dataclass(frozen=True, slots=True)
class Recounted:
    """A new depth of the same layers, by another paper's rule."""

    depth: int
    projections: bool  # whether projections are counted, and the classifier is not


Note = Changed | Recounted


def change(
    spec: NetworkSpec, field: str, value: Any, *, left: NetworkSpec | None = None
) -> tuple[NetworkSpec, tuple[Note, ...]]:
    """Return `spec` with one field changed, and a note for every other field that had to change.

    If the family changes, the fields of `left` are restored, the network of that family that was shown before. Raises
    `SpecError` if no network can have this value.
    """
    wanted = asdict(spec) | {field: value}
    notes: list[Note] = []
    if field == "family" and value != spec.family:
        wanted |= _other_family(spec, Family(value)) if left is None else {name: getattr(left, name) for name in _OWN}
    for __ in fields(spec):
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
                    notes.append(Changed(changed.name, now, asked))
            if field != "family" and repaired.counts_projections is not spec.counts_projections:
                notes.append(Recounted(depth(repaired), repaired.counts_projections))
            return repaired, tuple(notes)
    raise SpecError(field, "must be compatible with the other choices", value)


# The fields that change with the family; the shared ones stay as the visitor has set them.
_SHARED = frozenset({"norm", "conv_bias", "init", "input_shape", "classes"})
_SMALL = 64  # pixels of an image up to which a network has no pooling at its start
_OWN = frozenset(field.name for field in fields(NetworkSpec)) - _SHARED - {"family"}


def _other_family(spec: NetworkSpec, family: Family) -> dict[str, Any]:
    """The fields of the other family, at its depth nearest to that of `spec`."""
    kind, stem = FAMILIES[family], spec.stem
    if "stem" not in spec.family_type.uses:  # it has none: the size of its images tells
        stem = Stem.CIFAR if max(spec.input_shape[1:]) <= _SMALL else Stem.IMAGENET
    if stem not in kind.stems:
        stem = Stem.IMAGENET if stem.pools else Stem.CIFAR
    own = {**kind.start, **(kind.small if stem is Stem.CIFAR else {}), "stem": stem}
    pixels = kind.smallest(NetworkSpec(family=family, **own))
    start = NetworkSpec(family=family, **own, input_shape=(spec.input_shape[0], pixels, pixels))
    stages = depths(start)
    nearest = min(stages, key=lambda known: abs(known - depth(spec)))
    shortcut = Shortcut.NONE if spec.shortcut is Shortcut.NONE else start.shortcut
    return {name: getattr(start, name) for name in _OWN} | {"shortcut": shortcut, "stages": stages[nearest]}


def _options(field: str, wanted: dict[str, Any]) -> Iterator[Any]:
    """Candidates for a field; for whole numbers and sizes, those nearest to the requested value first."""
    asked = wanted[field]
    default = getattr(NetworkSpec(family=wanted["family"]), field)
    if field == "block":
        yield from of_family(wanted["family"])
    elif isinstance(default, StrEnum):
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
