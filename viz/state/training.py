"""Settings of the Training page: networks, data, training, view; frozen and part of the link. No Streamlit here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

from models.runtime.fields import Problem, choice, flag, key, nested, text, whole
from models.specs.checks import smallest_input
from models.specs.difference_words import differences
from models.specs.external import ExternalSpec, Network
from models.specs.naming import short
from models.specs.spec import NetworkSpec
from models.specs.twins import twin, with_skips
from models.training.data_registry import DATA
from models.training.run_spec import RunSpec
from viz.language import labelled, listing, worded
from viz.state.compare import MOST, SIDEBAR, joined, read, valid, write
from viz.state.url import Linked, Token

TWIN = "twin"  # the twin of the network in the sidebar
_LONGEST = 45  # characters of what tells networks of one name apart
_START = joined((SIDEBAR, TWIN))


class Scale(Token):
    """What the curves show."""

    ERROR = "error"
    LOSS = "loss"


class Images(Token):
    """The images on which a loss surface is measured."""

    TEST = "test"
    TRAIN = "train"


class Drawn(Token):
    """How a loss surface is drawn."""

    CONTOURS = "contours"
    RELIEF = "relief"


class Section(Token):
    """Where the loss around trained weights is shown."""

    RANDOM = "random"
    PATH = "path"
    LINE = "line"


class OfLayers(Token):
    """What is shown of the layers over time: fields of an epoch."""

    GRADIENTS = "gradients"
    UPDATES = "updates"


class Marks(Token):
    """How the places of an image are found that matter to a network's answer."""

    GRAD_CAM = "grad-cam"
    OCCLUSION = "occlusion"


class Across(Token):
    """What finished runs are ordered by in their chart."""

    DEPTH = "depth"
    PARAMS = "params"
    EPOCHS = "epochs"
    RATE = "rate"


class Grouped(Token):
    """What the colours of finished runs stand for."""

    KIND = "kind"
    SKIPS = "skips"
    EPOCHS = "epochs"
    RATE = "rate"
    SEED = "seed"


class Lesson(Token):
    """The tabs below the curves."""

    RESULTS = "results"
    PREDICTIONS = "predictions"
    CONFUSION = "confusion"
    OWN = "own"
    MAPS = "maps"
    GRADIENTS = "gradients"
    LESIONS = "lesions"
    RESPONSES = "responses"
    REUSE = "reuse"
    PATHS = "paths"
    LANDSCAPE = "landscape"
    CURVATURE = "curvature"
    AGREEMENT = "agreement"
    UNITS = "units"
    RUNS = "runs"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Race(Linked):
    """Networks that are trained in the same way, as in `run`, whose own network is a placeholder."""

    prefix: ClassVar[str] = "training."
    formerly: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "networks": "race", "batch": "train_batch", "learning_rate": "rate", "weight_decay": "decay",
            "label_smoothing": "smoothing", "seed": "train_seed", "device": "train_device",
            "precision": "train_precision", "compile": "compiled",
        }
    )  # fmt: skip

    networks: str = text(_START)  # as encoded in a link
    run: RunSpec = nested(RunSpec(epochs=15))
    pixels: int = whole(0, 0, 224)  # side of the images; 0: that of the data set
    learn: bool = flag()  # it was started: the page shows its curves
    lesson: Lesson = choice(Lesson.RESULTS)
    curve: Scale = choice(Scale.ERROR)
    logarithmic: bool = flag()  # the axes of the curves
    section: Section = choice(Section.RANDOM)
    other_run: str = text()  # id of the run to which the line leads; "": from the initial weights
    loss_on: Images = choice(Images.TEST)  # of the loss surface
    drawn: Drawn = choice(Drawn.CONTOURS)
    of_layers: OfLayers = choice(OfLayers.GRADIENTS)
    marks: Marks = choice(Marks.GRAD_CAM)
    map_size: int = whole(0, 0, 224)  # height of the feature maps that Grad-CAM weighs; 0: the usual ones
    fine: bool = flag()  # the surface with all its points was asked for
    runs_on: str = key("digits", DATA)  # the data set of the runs that are compared
    across: Across = choice(Across.DEPTH)
    grouped: Grouped = choice(Grouped.KIND)
    who: int = whole(0, 0, MOST)  # place of the network that a tab examines; 0: the best one

    def changed(self, **changes: Any) -> Self:
        """Return a copy with changed values. Raises `SpecError` if it can't be trained this way."""
        return super(Race, self).changed(**changes, network=None)

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(self.networks.split("~"))

    @classmethod
    def from_query(
        cls, query: Mapping[str, object], *, prefix: str = "", default: Self | None = None
    ) -> tuple[Self, tuple[Problem, ...]]:
        """Decode a query; invalid networks are dropped and reported, the others kept."""
        found, problems = super(Race, cls).from_query(query, prefix=prefix, default=default)
        kept, amiss = valid(found.networks, cls.prefix + "networks", special=(SIDEBAR, TWIN))
        return replace(found, networks=joined(kept) or _START), (*problems, *amiss)


@dataclass(frozen=True, slots=True)
class Runner:
    """A network of a race, with a unique name."""

    slot: str
    name: str
    run: RunSpec


def runners(race: Race, sidebar: Network) -> tuple[Runner, ...]:
    """Return the networks of a race, fitted to its data, each once. Raises `SpecError` if one can't be trained."""
    seen: dict[Network, str] = {}
    entered = _entered(race, sidebar)
    for slot, own in entered:
        seen.setdefault(fitted(own, race, _sides(race, [spec for _slot, spec in entered])), slot)
    return tuple(
        Runner(slot, name, replace(race.run, network=spec))
        for name, (spec, slot) in zip(_names(list(seen)), seen.items(), strict=True)
    )


def _names(networks: Sequence[Network]) -> list[str]:
    """Unique names: where several share a kind and a depth, with what each has that the first has not; else numbers."""
    plain = [worded(short(spec)) for spec in networks]
    names: list[str] = []
    for place, name in enumerate(plain):
        alike = [spec for spec, other in zip(networks, plain, strict=True) if other == name]
        apart = [_apart(alike[0], spec) for spec in alike]
        number = plain[:place].count(name)
        if max(map(len, apart)) > _LONGEST or len({*apart}) < len(apart):
            names.append(f"{name} ({number + 1})" if len(alike) > 1 else name)
        else:
            names.append(labelled(name, apart[number]) if apart[number] else name)
    return names


def _apart(first: Network, spec: Network) -> str:
    """What a network has that the first of its name has not, in words."""
    if not (isinstance(first, NetworkSpec) and isinstance(spec, NetworkSpec)):
        return ""
    return listing([worded(words) for words in differences(spec.essential, first.essential).values()])


def _entered(race: Race, sidebar: Network) -> list[tuple[str, Network]]:
    """The slots of a race and their networks."""
    found: list[tuple[str, Network]] = []
    for slot in race.slots:
        if slot == TWIN:
            own: Network = with_skips(sidebar) if sidebar.plain else twin(sidebar)
        else:
            own = sidebar if slot == SIDEBAR else read(slot)[0] or sidebar
        found.append((slot, own))
    return found


def _sides(race: Race, networks: Sequence[Network]) -> tuple[int, int]:
    """Height and width of the images: the race's or the data's, or what the most demanding of the networks needs."""
    if race.pixels:
        return race.pixels, race.pixels
    least = max(map(smallest_input, networks))
    height, width = (max(side, least) for side in DATA[race.run.data].shape[1:])
    return height, width


def fitted(spec: Network, race: Race, sides: tuple[int, int]) -> Network:
    """Return a network with the classes and channels of a race's data, for images of this height and width."""
    about = DATA[race.run.data]
    channels = 3 if isinstance(spec, ExternalSpec) and not spec.library.channels else about.shape[0]
    return replace(spec, input_shape=(channels, *sides), classes=about.classes)


def of(run: RunSpec) -> Race:
    """Return the race of a single run, already started."""
    side = run.network.input_shape[1]
    return Race(
        networks=write(run.network),
        run=run.changed(network=None),
        pixels=0 if side == DATA[run.data].shape[1] else side,
        learn=True,
    )
