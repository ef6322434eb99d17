"""Checks of a network's fields together; each field alone is checked by its own rule. No torch here."""

from typing import TYPE_CHECKING

from ..runtime.errors import SpecError
from ..runtime.rules import either
from .registry import of_family

if TYPE_CHECKING:
    from .external import Network
    from .spec import NetworkSpec


def check(spec: "NetworkSpec") -> None:
    """Raise `SpecError` for fields that can't stand together."""
    family = spec.family_type
    allowed_values = {"block": tuple(of_family(spec.family)), "shortcut": family.shortcuts, "stem": family.stems}
    for name, allowed in allowed_values.items():
        value = getattr(spec, name)
        if value not in allowed:
            raise SpecError(
                name, "{expected} for family {family}", value, expected=either(allowed), family=spec.family.value
            )
    family.check(spec)


def smallest_input(spec: "Network") -> int:
    """Return the smallest height and width, in pixels, that every layer of the network accepts.

    Of a library's network that is not known: it is the least with which most of them can be trained.
    """
    if not hasattr(spec, "family_type"):  # the classes import this module
        return _SMALLEST.get(spec.name, 32)
    smallest: int = spec.family_type.smallest(spec)  # type: ignore[arg-type]
    return smallest


_SMALLEST = {"inception_v3": 75, "maxvit_t": 224}
