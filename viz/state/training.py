"""Settings of the Training page: networks, data, training, view; frozen and part of the link. No Streamlit here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

from models.runtime.fields import Problem, choice, flag, nested, text, whole
from models.runtime.settings import Augment, Schedule
from models.specs.checks import smallest_input
from models.specs.choices import Init
from models.specs.depth import depth
from models.specs.external import ExternalSpec, Network
from models.specs.naming import describe, kind
from models.specs.presets import PRESETS
from models.specs.registry import Order
from models.specs.spec import NetworkSpec
from models.specs.twins import twin, with_skips
from models.training.data_registry import DATA
from models.training.run_spec import RunSpec
from viz.language import N_, _, worded
from viz.state.compare import MOST, SIDEBAR, joined, read, slips, valid, write
from viz.state.url import Linked, Token

TWIN = "twin"  # the twin of the network in the sidebar
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


class Marks(Token):
    """How the places of an image are found that matter to a network's answer."""

    GRAD_CAM = "grad-cam"
    OCCLUSION = "occlusion"


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
    loss_on: Images = choice(Images.TEST)  # of the loss surface
    drawn: Drawn = choice(Drawn.CONTOURS)
    marks: Marks = choice(Marks.GRAD_CAM)
    map_size: int = whole(0, 0, 224)  # height of the feature maps that Grad-CAM weighs; 0: the usual ones
    fine: bool = flag()  # the surface with all its points was asked for
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
    short = [_short(spec) for spec in seen]
    names: list[str] = []
    for place, name in enumerate(short):
        number = short[: place + 1].count(name)
        names.append(name if short.count(name) == 1 else f"{name} ({number})")
    return tuple(
        Runner(slot, name, replace(race.run, network=spec))
        for name, (spec, slot) in zip(names, seen.items(), strict=True)
    )


def _short(spec: Network) -> str:
    """A network's name in a race: its kind and depth or, of a library's, its title."""
    if isinstance(spec, NetworkSpec):
        return f"{_(kind(spec))}-{depth(spec)}"
    return worded(describe(spec).title)


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


@dataclass(frozen=True, slots=True)
class Recipe:
    """A race that the page offers. `title` and `words` are translatable."""

    title: str
    words: str
    race: Race


def _four(**changes: Any) -> str:
    names = ("plain20_cifar", "plain56_cifar", "resnet20_cifar", "resnet56_cifar")
    return joined(write(replace(PRESETS[name].spec, **changes)) for name in names)


def _orders(**changes: Any) -> str:
    spec = replace(PRESETS["resnet56_cifar"].spec, **changes)
    return joined(write(replace(spec, order=order)) for order in Order)


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "digits": Recipe(
            N_("Degradation on digits"),
            N_("Plain and residual networks with 20 and 56 layers learn 8 × 8 digits. Nothing is downloaded."),
            Race(networks=_four(init=Init.KAIMING)),
        ),
        "orders": Recipe(
            N_("Orders of norm, ReLU and addition"),
            N_("ResNet-56 in the five orders that He et al. 2016 compared, on the same digits. Nothing is downloaded."),
            Race(networks=_orders(init=Init.KAIMING)),
        ),
        "slips": Recipe(
            N_("A right block and three slips"),
            N_("ResNet-56, and the same with three mistakes that are in circulation, on the same digits."),
            Race(networks=joined(map(write, slips(init=Init.KAIMING)))),
        ),
        "fashion": Recipe(
            N_("Tutorial: ResNet-18 on Fashion-MNIST"),
            N_("As tutorials train it: 64 × 64 pixels, batch 256, SGD with learning rate 0.05, 10 epochs, Xavier."),
            Race(
                networks=write(replace(PRESETS["tutorial_resnet18"].spec, init=Init.XAVIER)),
                run=RunSpec(
                    data="fashion-mnist",
                    epochs=10,
                    batch=256,
                    learning_rate=0.05,
                    momentum=0.0,
                    weight_decay=0.0,
                    schedule=Schedule.CONSTANT,
                ),
                pixels=64,
            ),
        ),
        "cifar": Recipe(
            N_("He et al. 2015, CIFAR-10"),
            N_("Figures 1 and 6 of the paper: 20 and 56 layers, plain and residual, 64,000 steps. Needs a GPU."),
            Race(
                networks=_four(init=Init.KAIMING),
                run=RunSpec(
                    data="cifar10",
                    augment=Augment.FLIP,
                    epochs=165,
                    steps=64_000,
                    batch=128,
                    learning_rate=0.1,
                    schedule=Schedule.STEP,
                ),
            ),
        ),
    }
)
