"""Which networks are compared, and how they are shown: frozen, and part of the link. No Streamlit here.

In the link a network is a preset's id and what differs from it: `resnet50.shortcut-none.widen-1.5`; or `sidebar`, the
network in the sidebar. Networks are set apart by `~`: no sign of it all is rewritten in an address.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from models.names import describe
from models.presets import PRESETS
from models.spec import OUTDATED, NetworkSpec
from viz.linked import Linked

SIDEBAR = "sidebar"
MOST = 6
_BETWEEN = "~"
_SHORT = 24  # letters of what differs that still fit a name
_START = _BETWEEN.join(("resnet50", "densenet121", "resnext50_32x4d"))


class Facet(StrEnum):
    STAGES = "By stage"
    BLOCKS = "Blocks"
    COUNTS = "Counts"
    DEPTH = "Along depth"
    TIMING = "Measured here"
    SIGNALS = "Signals"
    SHORTCUTS = "Cost of a shortcut"
    DIFFERENCE = "Difference of two"
    KINDS = "Basic or bottleneck"
    NUMBERS = "Numbers"


class Which(StrEnum):
    """Which block of each network is drawn."""

    SAME = "keeps its shape"
    CHANGES = "changes it"


def _place(default: int) -> Any:
    return field(default=default, metadata={"low": 1, "high": MOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Linked):
    compare: str = _START  # the networks, written as a link has them
    facet: Facet = Facet.STAGES
    which: Which = Which.SAME
    timed: bool = False  # asked for: a link that says so starts it
    curves: bool = False  # the same, of the signals
    one: int = _place(1)  # the place of the network whose shortcuts are reckoned
    left: int = _place(1)  # of the two whose difference is shown
    right: int = _place(2)

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(self.compare.split(_BETWEEN))

    @classmethod
    def from_query(cls, query: Mapping[str, object]) -> tuple[Self, tuple[str, ...]]:
        """Networks that can't be are named and dropped, the rest is kept."""
        found, problems = super(Comparison, cls).from_query(query)
        kept: list[str] = []
        amiss: list[str] = []
        for text in found.slots:
            if len(kept) == MOST:
                amiss.append(f"compare: at most {MOST} networks stand side by side, {text[:40]!r} is left out")
                continue
            spec, wrong = read(text)
            amiss += wrong
            slot = SIDEBAR if text == SIDEBAR else write(spec) if spec else ""
            if slot in kept:
                amiss.append(f"compare: {text[:40]!r} is there already")
            elif slot:
                kept.append(slot)
        if not kept:
            amiss.append("compare: there must be at least one network, got none that can be")
            return replace(found, compare=_START), (*problems, *amiss)
        return replace(found, compare=joined(kept)), (*problems, *amiss)


def joined(slots: Iterable[str]) -> str:
    """Networks as a link has them, each once."""
    return _BETWEEN.join(dict.fromkeys(slots))


def write(spec: NetworkSpec) -> str:
    """A network as it stands in a link: the nearest preset, and every field that differs from it."""
    nearest = describe(spec).nearest
    base, own = PRESETS[nearest].spec.to_query(full=True), spec.to_query(full=True)
    return ".".join([nearest, *(f"{name}-{value}" for name, value in own.items() if base[name] != value)])


def read(text: str) -> tuple[NetworkSpec | None, tuple[str, ...]]:
    """The inverse of `write`, and a message for every part that can't be; None for no network, or the sidebar's."""
    name, *changes = re.split(r"\.(?=[a-z])", text)
    if text == SIDEBAR:
        return None, ()
    if name not in PRESETS:
        return None, (f"compare: there is no preset {name[:40]!r}",)
    fields = PRESETS[name].spec.to_query(full=True)
    problems = []
    for change in changes:
        label, _, value = change.partition("-")
        if label in fields:
            fields[label] = value
        else:
            problems.append(f"compare: {name} has no field {label[:40]!r}")
    spec, wrong = NetworkSpec.from_query(fields)
    if wrong:  # a field that can't be takes the preset's own value, not the general default
        own = PRESETS[name].spec.to_query(full=True)
        bad = {problem.partition(":")[0] for problem in wrong} & set(own)
        fields |= {name: own[name] for name in bad if (name, fields[name]) not in OUTDATED}
        spec, _ = NetworkSpec.from_query(fields)
    return spec, (*problems, *(f"compare: of {name}, {problem}" for problem in wrong))


@dataclass(frozen=True, slots=True)
class Entry:
    """A network of the comparison; no two have the same name."""

    slot: str
    name: str
    spec: NetworkSpec


def entries(slots: Iterable[str], sidebar: NetworkSpec) -> tuple[Entry, ...]:
    """The networks in their order; `sidebar` is the one in the sidebar."""
    return named((slot, (None if slot == SIDEBAR else read(slot)[0]) or sidebar) for slot in slots)


def named(networks: Iterable[tuple[str, NetworkSpec]]) -> tuple[Entry, ...]:
    """Slots and their networks, with names."""
    found: list[Entry] = []
    for slot, spec in networks:
        title = _title(spec)
        names = {entry.name for entry in found}
        name = title
        number = 2
        while name in names:
            name, number = f"{title} ({number})", number + 1
        found.append(Entry(slot, name, spec))
    return tuple(found)


def _title(spec: NetworkSpec) -> str:
    """A preset's title; of a network near to one also what differs, where that is short."""
    name = describe(spec)
    difference = name.detail.removeprefix("with ")
    if name.preset is None and difference != name.detail and len(difference) <= _SHORT:
        return f"{PRESETS[name.nearest].title}, {difference}"
    return name.title
