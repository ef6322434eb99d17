"""Which networks are trained on what, and how that is shown: frozen, and part of the link. No Streamlit here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from models.depths import depth
from models.names import kind
from models.presets import PRESETS
from models.recipe import DATA, RANGES, RunSpec
from models.settings import Augment, DataSet, Device, Precision, Schedule
from models.spec import Init, NetworkSpec, Shortcut
from models.twins import twin, with_skips
from viz.comparison import MOST, SIDEBAR, joined, read, write
from viz.linked import Linked

TWIN = "twin"  # of the network in the sidebar
_START = joined((SIDEBAR, TWIN))


class Scale(StrEnum):
    """What the curves tell."""

    ERROR = "error"
    LOSS = "loss"


class Lesson(StrEnum):
    """What is looked at behind the curves."""

    RESULTS = "Results"
    PREDICTIONS = "Predictions"
    CONFUSION = "Confusion"
    OWN = "Your own"
    GRADIENTS = "Gradients"
    LESIONS = "Lesion study"
    RESPONSES = "Responses"
    REUSE = "Feature reuse"
    RUNS = "All runs"
    NUMBERS = "Numbers"


def _number(name: str, default: Any) -> Any:
    low, high = RANGES[name]
    exact = float if isinstance(default, float) else int
    return field(default=default, metadata={"low": exact(low), "high": exact(high)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Race(Linked):
    race: str = _START  # the networks, written as a link has them
    data: DataSet = DataSet.DIGITS
    pixels: int = field(default=0, metadata={"low": 0, "high": 224})  # 0: as the data are
    augment: Augment = Augment.NONE
    epochs: int = _number("epochs", 15)
    steps: int = _number("steps", 0)
    train_batch: int = _number("batch", 64)
    rate: float = _number("learning_rate", 0.02)
    momentum: float = _number("momentum", 0.9)
    decay: float = _number("weight_decay", 1e-4)
    schedule: Schedule = Schedule.COSINE
    warmup: int = _number("warmup", 0)
    smoothing: float = _number("label_smoothing", 0.0)
    train_seed: int = _number("seed", 0)
    train_device: Device = Device.AUTO
    train_precision: Precision = Precision.FLOAT32
    channels_last: bool = False
    compiled: bool = False
    learn: bool = False  # was begun: its curves are what the page shows
    lesson: Lesson = Lesson.RESULTS
    curve: Scale = Scale.ERROR
    logarithmic: bool = False  # the curves' axes
    who: int = field(
        default=0, metadata={"low": 0, "high": MOST}
    )  # the place of the network that a tab looks at; 0: the best one's

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(self.race.split("~"))

    @classmethod
    def from_query(cls, query: Mapping[str, object]) -> tuple[Self, tuple[str, ...]]:
        """Networks that can't be are named and dropped, the rest is kept."""
        found, problems = super(Race, cls).from_query(query)
        kept, amiss = [], []
        for text in found.slots[:MOST]:
            spec, wrong = (None, ()) if text in (SIDEBAR, TWIN) else read(text)
            amiss += [problem.replace("compare:", "race:", 1) for problem in wrong]
            if text in (SIDEBAR, TWIN) or spec is not None:
                kept.append(text if spec is None else write(spec))
        if len(found.slots) > MOST:
            amiss.append(f"race: at most {MOST} networks are trained side by side, the others are left out")
        return replace(found, race=joined(kept) or _START), (*problems, *amiss)


@dataclass(frozen=True, slots=True)
class Runner:
    """One network of a race: no two have the same name."""

    slot: str
    name: str
    run: RunSpec


def runners(race: Race, sidebar: NetworkSpec) -> tuple[Runner, ...]:
    """The networks of a race, fitted to its data, each once. Raises `SpecError` for what can't be trained so."""
    seen: dict[NetworkSpec, str] = {}
    for slot in race.slots:
        if slot == TWIN:
            own = with_skips(sidebar) if sidebar.shortcut is Shortcut.NONE else twin(sidebar)
        else:
            own = sidebar if slot == SIDEBAR else read(slot)[0] or sidebar
        seen.setdefault(fitted(own, race), slot)
    short = [f"{kind(spec)}-{depth(spec)}" for spec in seen]
    names: list[str] = []
    for place, name in enumerate(short):
        number = short[: place + 1].count(name)
        names.append(name if short.count(name) == 1 else f"{name} ({number})")
    return tuple(Runner(slot, name, _run(race, spec)) for name, (spec, slot) in zip(names, seen.items(), strict=True))


def fitted(spec: NetworkSpec, race: Race) -> NetworkSpec:
    """A network for a race's data: their classes and channels, and the size that is chosen or theirs."""
    about = DATA[race.data]
    height, width = (race.pixels, race.pixels) if race.pixels else about.shape[1:]
    return replace(spec, input_shape=(about.shape[0], height, width), classes=about.classes)


def _run(race: Race, network: NetworkSpec) -> RunSpec:
    return RunSpec(
        network=network,
        data=race.data,
        augment=race.augment,
        epochs=race.epochs,
        steps=race.steps,
        batch=race.train_batch,
        learning_rate=race.rate,
        momentum=race.momentum,
        weight_decay=race.decay,
        schedule=race.schedule,
        warmup=race.warmup,
        label_smoothing=race.smoothing,
        seed=race.train_seed,
        device=race.train_device,
        precision=race.train_precision,
        channels_last=race.channels_last,
        compile=race.compiled,
    )


def of(run: RunSpec) -> Race:
    """The race of one run alone, as it was: begun."""
    side = run.network.input_shape[1]
    return Race(
        race=write(run.network),
        data=run.data,
        pixels=0 if side == DATA[run.data].shape[1] else side,
        augment=run.augment,
        epochs=run.epochs,
        steps=run.steps,
        train_batch=run.batch,
        rate=run.learning_rate,
        momentum=run.momentum,
        decay=run.weight_decay,
        schedule=run.schedule,
        warmup=run.warmup,
        smoothing=run.label_smoothing,
        train_seed=run.seed,
        train_device=run.device,
        train_precision=run.precision,
        channels_last=run.channels_last,
        compiled=run.compile,
        learn=True,
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """A race that is worth seeing."""

    title: str
    words: str
    race: Race


def _four(**changes: Any) -> str:
    names = ("plain20_cifar", "plain56_cifar", "resnet20_cifar", "resnet56_cifar")
    return joined(write(replace(PRESETS[name].spec, **changes)) for name in names)


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "digits": Recipe(
            "Degradation on digits",
            "Plain and residual networks, 20 and 56 layers deep, learn to read 8 × 8 digits. Nothing is downloaded.",
            Race(race=_four(init=Init.KAIMING)),
        ),
        "fashion": Recipe(
            "Tutorial: ResNet-18 on Fashion-MNIST",
            "As the tutorials train it: 64 × 64 pixels, batch 256, SGD at 0.05, 10 epochs, Xavier.",
            Race(
                race=write(replace(PRESETS["tutorial_resnet18"].spec, init=Init.XAVIER)),
                data=DataSet.FASHION,
                pixels=64,
                epochs=10,
                train_batch=256,
                rate=0.05,
                momentum=0.0,
                decay=0.0,
                schedule=Schedule.CONSTANT,
            ),
        ),
        "cifar": Recipe(
            "He 2015, CIFAR-10",
            "The paper's figures 1 and 6: 20 and 56 layers, plain and residual, 64,000 steps. For a GPU.",
            Race(
                race=_four(init=Init.KAIMING),
                data=DataSet.CIFAR10,
                augment=Augment.FLIP,
                epochs=165,
                steps=64_000,
                train_batch=128,
                rate=0.1,
                schedule=Schedule.STEP,
            ),
        ),
    }
)
