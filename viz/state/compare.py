"""Settings of the Compare page: the networks, and how they are shown; frozen and part of the link. No Streamlit here.

In a link, a network is a preset's id and the fields that differ from it, `resnet50.shortcut-none.widen-1.5`, a
library's network and fields, `torchvision:vit_b_16!classes-10`, or `sidebar`, the one in the sidebar, with `~` between.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

from models.runtime.errors import SpecError
from models.runtime.fields import Problem, choice, flag, text, whole
from models.runtime.messages import Message, message
from models.specs.choices import BlockForm, Gate, Shortcut
from models.specs.external import ExternalSpec, Network
from models.specs.naming import describe
from models.specs.presets import PRESETS
from models.specs.registry import BLOCKS, Order
from models.specs.spec import NetworkSpec
from viz.language import N_, worded
from viz.state.url import Linked, Token

SIDEBAR = "sidebar"
MOST = 6
_BETWEEN = "~"
_SHORT = 46  # longest difference that is part of a name, in letters
_START = _BETWEEN.join(("resnet50", "densenet121", "resnext50_32x4d"))


class Facet(Token):
    STAGES = "stages"
    BLOCKS = "blocks"
    COUNTS = "counts"
    DEPTH = "depth"
    TIMING = "timing"
    SIGNALS = "signals"
    SHORTCUTS = "shortcuts"
    DIFFERENCE = "difference"
    KINDS = "kinds"
    NUMBERS = "numbers"


class Which(Token):
    """Which block of each network is drawn: one that keeps its shape, or one that changes it."""

    SAME = "same"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Linked):
    prefix: ClassVar[str] = "compare."
    formerly: ClassVar[Mapping[str, str]] = MappingProxyType({"networks": "compare"})

    networks: str = text(_START)  # as encoded in a link
    facet: Facet = choice(Facet.STAGES)
    which: Which = choice(Which.SAME)
    form: BlockForm = choice(BlockForm.GROUPED)  # of ResNeXt's blocks
    timed: bool = flag()  # the timings were requested; a link with it starts the measurement
    curves: bool = flag()  # the same for the signals
    one: int = whole(1, 1, MOST)  # place of the network whose shortcuts are compared
    left: int = whole(1, 1, MOST)  # places of the two networks whose difference is shown
    right: int = whole(2, 1, MOST)

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(self.networks.split(_BETWEEN))

    @classmethod
    def from_query(
        cls, query: Mapping[str, object], *, prefix: str = "", default: Self | None = None
    ) -> tuple[Self, tuple[Problem, ...]]:
        """Decode a query; invalid networks are dropped and reported, the others kept."""
        found, problems = super(Comparison, cls).from_query(query, prefix=prefix, default=default)
        kept, amiss = valid(found.networks, cls.prefix + "networks")
        if not kept:
            none = message("at least one network is needed; none of these is valid")
            amiss = (*amiss, Problem(cls.prefix + "networks", none))
        return replace(found, networks=joined(kept) or _START), (*problems, *amiss)


def valid(networks: str, field: str, *, special: Collection[str] = (SIDEBAR,)) -> tuple[list[str], tuple[Problem, ...]]:
    """Return the slots of a link that hold valid networks, each once and at most six, and a problem for every other."""
    kept: list[str] = []
    amiss: list[Message] = []
    for slot in networks.split(_BETWEEN):
        if len(kept) == MOST:
            amiss.append(
                message("at most {most} networks are possible; {slot} is left out", most=MOST, slot=repr(slot[:40]))
            )
            continue
        spec, wrong = (None, ()) if slot in special else read(slot)
        amiss += wrong
        written = slot if slot in special else write(spec) if spec else ""
        if written in kept:
            amiss.append(message("{slot} appears twice", slot=repr(slot[:40])))
        elif written:
            kept.append(written)
    return kept, tuple(Problem(field, told) for told in amiss)


def joined(slots: Iterable[str]) -> str:
    """Encode networks for a link, each once."""
    return _BETWEEN.join(dict.fromkeys(slots))


def write(spec: Network) -> str:
    """Encode a network for a link: the nearest preset, or a library's network, and every field that differs from it."""
    if isinstance(spec, ExternalSpec):
        plain, fields = ExternalSpec.of(spec.network).to_query(full=True), spec.to_query(full=True)
        return "!".join([spec.network, *(f"{name}-{value}" for name, value in fields.items() if plain[name] != value)])
    nearest = describe(spec).nearest
    base, own = PRESETS[nearest].spec.to_query(full=True), spec.to_query(full=True)
    return ".".join([nearest, *(f"{name}-{value}" for name, value in own.items() if base[name] != value)])


def read(slot: str) -> tuple[Network | None, tuple[Message, ...]]:
    """Decode a slot, the inverse of `write`: the network (None if unknown or the sidebar's), and the problems."""
    if slot == SIDEBAR:
        return None, ()
    if ":" in slot:
        return _read_library(slot)
    name, *changes = re.split(r"\.(?=[a-z])", slot)
    if name not in PRESETS:
        return None, (message("there is no preset {name}", name=repr(name[:40])),)
    fields = PRESETS[name].spec.to_query(full=True)
    problems = []
    for change in changes:
        label, __, value = change.partition("-")
        if label in fields:
            fields[label] = value
        else:
            problems.append(message("{name} has no field {field}", name=name, field=repr(label[:40])))
    spec, wrong = NetworkSpec.from_query(fields)
    if wrong:  # an invalid field takes the preset's value, not the general default
        own = PRESETS[name].spec.to_query(full=True)
        bad = {problem.field for problem in wrong} & set(own)
        fields |= {name: own[name] for name in bad if not NetworkSpec.outdated(name, fields[name])}
        spec, __ = NetworkSpec.from_query(fields)
    invalid = (
        message("{name}: {field}: {reason}", name=name, field=problem.field, reason=problem.message)
        for problem in wrong
    )
    return spec, (*problems, *invalid)


def read_network(query: Mapping[str, str]) -> tuple[Network | None, tuple[Problem, ...]]:
    """The network of a link, and a problem for each invalid field; None for a library's network that does not exist."""
    if "network" not in query:
        return NetworkSpec.from_query(query)
    found, wrong = ExternalSpec.from_query(query)
    return (None if any(one.field == "network" for one in wrong) else found), wrong


def _read_library(slot: str) -> tuple[ExternalSpec | None, tuple[Message, ...]]:
    """Decode a library's network, as in `timm:resnet26d!classes-10`; names of timm's networks have dots."""
    network, *changes = slot.split("!")
    given = dict(change.partition("-")[::2] for change in changes)
    try:
        start = ExternalSpec.of(network)
    except SpecError as error:
        return None, (error.reason,)
    found, wrong = ExternalSpec.from_query({**given, "network": network}, default=start)
    invalid = (
        message("{name}: {field}: {reason}", name=network, field=problem.field, reason=problem.message)
        for problem in wrong
    )
    return found, tuple(invalid)


@dataclass(frozen=True, slots=True)
class Entry:
    """A network of the comparison, with a unique name."""

    slot: str
    name: str
    spec: Network


def entries(slots: Iterable[str], sidebar: Network) -> tuple[Entry, ...]:
    """Return the networks of the slots, in their order; `sidebar` is the network in the sidebar."""
    return named((slot, (None if slot == SIDEBAR else read(slot)[0]) or sidebar) for slot in slots)


def named(networks: Iterable[tuple[str, Network]]) -> tuple[Entry, ...]:
    """Return entries with unique names for (slot, network) pairs."""
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


def _title(spec: Network) -> str:
    """A preset's title; for a network near one, also the difference, if that is short."""
    name = describe(spec)
    if isinstance(spec, ExternalSpec):  # its name does not say that it is a library's, where there are both
        return f"{worded(name.title)} ({spec.library.name})"
    if name.preset is None and name.differences:
        difference = worded(name.differences)
        if len(difference) <= _SHORT:
            return f"{PRESETS[name.nearest].title}, {difference}"
    return worded(name.title)


def slips(**changes: Any) -> list[Network]:
    """Return a network, and the same with each slip in its blocks that leaves it running."""
    right = replace(PRESETS["resnet56_cifar"].spec, shortcut=Shortcut.PROJECTION, **changes)
    wrong = [replace(right, block=name) for name, block in BLOCKS.items() if block.wrong and block.runs]
    return [right, *wrong, replace(right, projection_norm=False)]


def _examples() -> Mapping[str, Comparison]:
    """Return comparisons that the page offers, by their titles, which are translatable."""
    small = PRESETS["resnet56_cifar"].spec
    orders = (replace(small, order=order) for order in Order)
    skips: tuple[dict[str, Any], ...] = (
        {},
        {"skip_scale": 0.5, "branch_scale": 0.5},
        {"gate": Gate.HIGHWAY},
        {"gate": Gate.SHORTCUT},
        {"shortcut": Shortcut.PROJECTION_ALL, "projection_norm": False},
        {"learned_scale": True},
    )
    variants = ("resnet50", "resnet50d", "seresnet50", "resnext50_32x4d")
    ancestors = ("vgg19", "plain34", "resnet34")
    branching = ("resnet50", "resnext50_32x4d", "inception_resnet_v2")
    return {
        N_("From VGG to ResNet (He et al. 2015, figure 3)"): Comparison(networks=joined(ancestors), facet=Facet.STAGES),
        N_("Branches side by side: ResNeXt and Inception-ResNet"): Comparison(
            networks=joined(branching), facet=Facet.BLOCKS, form=BlockForm.SUMMED
        ),
        N_("ResNet-50 and its variants"): Comparison(networks=joined(variants)),
        N_("Norm, ReLU and addition in five orders"): Comparison(
            networks=joined(map(write, orders)), facet=Facet.BLOCKS
        ),
        N_("Skips that are scaled, gated or projected"): Comparison(
            networks=joined(write(replace(small, **one)) for one in skips), facet=Facet.BLOCKS
        ),
        N_("A right block and three slips"): Comparison(
            networks=joined(map(write, slips())), facet=Facet.BLOCKS, which=Which.CHANGES
        ),
    }


EXAMPLES = MappingProxyType(_examples())
