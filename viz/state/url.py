"""Base classes of the pages' settings in a link, where the name of a field begins with that of its page.

The fields of the network, `network` among them, have no prefix, nor have `lang`, `present` and `hide`. Links of earlier
versions can be read, in which no field had a prefix and choices were written as their labels.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Self

from models.runtime.fields import Fields, Problem

UNPREFIXED = frozenset({"network", "lang", "present", "hide"})  # besides the fields of a network


class Linked(Fields):
    """Base class of the settings of a page."""

    __slots__ = ()
    prefix: ClassVar[str] = ""  # of the fields' names in a link
    formerly: ClassVar[Mapping[str, str]] = MappingProxyType({})  # field -> its name in old links, if different
    since_prefixes: ClassVar[bool] = False  # there are no links from before fields had a prefix

    def to_query(self, *, full: bool = False, prefix: str = "", default: Self | None = None) -> dict[str, str]:
        """Return the fields that differ from the default, as strings; `full`: every field."""
        return Fields.to_query(self, full=full, prefix=prefix or self.prefix, default=default)

    @classmethod
    def from_query(
        cls, query: Mapping[str, object], *, prefix: str = "", default: Self | None = None
    ) -> tuple[Self, tuple[Problem, ...]]:
        """Decode a query, also of an old link, and return a problem per invalid field. Never raises."""
        names = cls.old_names()
        renewed = {names[name]: value for name, value in query.items() if name in names} | dict(query)
        return super().from_query(renewed, prefix=prefix or cls.prefix, default=default)

    @classmethod
    def old_names(cls) -> dict[str, str]:
        """Return name in an old link -> name in a link."""
        if cls.since_prefixes:
            return {cls.prefix + name: cls.prefix + name for name in cls.names()}
        return {cls.formerly.get(name, name): cls.prefix + name for name in cls.names()}


class Token(StrEnum):
    """A choice as encoded in a link. Its label is in `viz.text.labels`."""

    @classmethod
    def _missing_(cls, value: object) -> "Token | None":
        """Accept the labels in old links."""
        token = _LABELS.get(str(value))
        return next((member for member in cls if member.value == token), None)


_LABELS: Mapping[str, str] = MappingProxyType(  # label in an old link -> value
    {
        "Layers": "layers", "Charts": "charts", "Why this depth?": "depth", "As others count": "others",
        "PyTorch code": "code",
        "with skips": "with", "all layers": "all", "ReLUs": "activations",
        "Activations": "activations", "Joins": "joins", "Feature maps": "maps", "On the graph": "graph",
        "Depth sweep": "sweep", "Four regimes": "regimes", "Numbers": "numbers",
        "weight gradient": "weights", "activation gradient": "gradient", "activation rms": "rms",
        "By stage": "stages", "Blocks": "blocks", "Counts": "counts", "Along depth": "depth", "Measured here": "timing",
        "Signals": "signals", "Cost of a shortcut": "shortcuts", "Difference of two": "difference",
        "Basic or bottleneck": "kinds", "keeps its shape": "same", "changes it": "changes",
        "Results": "results", "Predictions": "predictions", "Confusion": "confusion", "Your own": "own",
        "Gradients": "gradients", "Lesion study": "lesions", "Responses": "responses", "Feature reuse": "reuse",
        "All runs": "runs",
    }
)  # fmt: skip
