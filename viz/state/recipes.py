"""The races that the Training page offers. No Streamlit here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from models.runtime.settings import Augment, Schedule
from models.specs.choices import Init, Norm
from models.specs.presets import PRESETS
from models.specs.registry import Order
from models.specs.twins import twin
from models.training.run_spec import RunSpec
from viz.language import N_
from viz.state.compare import joined, slips, write
from viz.state.training import Race


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


def _each(*changes: Mapping[str, Any]) -> str:
    """ResNet-56 for CIFAR with each of several sets of changes."""
    spec = replace(PRESETS["resnet56_cifar"].spec, init=Init.KAIMING)
    return joined(write(replace(spec, **one)) for one in changes)


_SMALLER = 27**-0.5  # of a branch, in a network of 27 blocks: they add up to a variance of 2 instead of 2 to the 27th

_CIFAR = RunSpec(
    data="cifar10",
    augment=Augment.FLIP,
    epochs=165,
    steps=64_000,
    batch=128,
    learning_rate=0.1,
    schedule=Schedule.STEP,
)

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
        "strength": Recipe(
            N_("Skips of different strength"),
            N_("ResNet-56 whose skips are multiplied by 1, 0.5, 0.25 and 0, on the same digits."),
            Race(networks=_each({}, {"skip_scale": 0.5}, {"skip_scale": 0.25}, {"skip_scale": 0.0})),
        ),
        "norms": Recipe(
            N_("Residual networks without norms"),
            N_(
                "ResNet-56 with batch norm and without; without it also with weak branches, and with branches whose "
                "learned strength starts at zero."
            ),
            Race(
                networks=_each(
                    {},
                    {"norm": Norm.NONE},
                    {"norm": Norm.NONE, "branch_scale": round(_SMALLER, 2)},
                    {"norm": Norm.NONE, "learned_scale": True},
                )
            ),
        ),
        "stochastic": Recipe(
            N_("Stochastic depth"),
            N_(
                "ResNet-56 whose branches are left out at random in training, the last one with a probability "
                "of 0, 0.2 or 0.5, as in Huang et al. 2016."
            ),
            Race(networks=_each({}, {"drop_path": 0.2}, {"drop_path": 0.5})),
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
                run=_CIFAR,
            ),
        ),
    }
)


def _deep(*depths: int, plain: bool = False) -> str:
    specs = (replace(PRESETS[f"resnet{depth}_cifar"].spec, init=Init.KAIMING) for depth in depths)
    return joined(write(twin(spec) if plain else spec) for spec in specs)


# He et al. 2015, figure 6, left and middle. 110 layers begin with a small learning rate (section 4.2).
HE_2015 = (
    Race(networks=_deep(20, 32, 44, 56, plain=True), run=_CIFAR),
    Race(networks=_deep(20, 32, 44, 56), run=_CIFAR),
    Race(networks=_deep(110), run=replace(_CIFAR, warmup=1)),
)
