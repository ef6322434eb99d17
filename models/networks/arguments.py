"""What a spec stands for: the function that builds networks of its family, and that function's arguments.

The functions take plain values, so that their source can be read on its own beside the paper (and in the code that
Skipscope exports).
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from torch import nn

from ..specs.choices import Gate, Shortcut, StrideBlock, StrideIn
from ..specs.choices import Norm as NormName
from ..specs.families.vgg import widths
from ..specs.registry import Family, Order
from ..specs.spec import NetworkSpec
from . import parts
from .densenet import densenet
from .inception_resnet import inception_resnet
from .joins import BranchOnly, Concat
from .parts import Conv, Norm
from .resnet import Layout, dilation, resnet, stochastic_depth, stride_first, stride_last
from .stems import STEMS
from .vgg import vgg

NORMS: dict[NormName, Norm] = {
    NormName.BATCH: nn.BatchNorm2d,
    NormName.GROUP: parts.group_norm,
    NormName.NONE: parts.no_norm,
}

# by kind of block, and of the last block (arXiv 1602.07261, section 3.3; the published network)
_SCALES = 0.17, 0.10, 0.20, 1.0


def arguments(spec: NetworkSpec, *, conv: Conv | None = None, norm: Norm | None = None) -> dict[str, Any]:
    """Return the keyword arguments of the function that builds networks of the spec's family.

    `conv` and `norm` create the convolutions and norms, if not those of torch.
    """
    conv = conv or partial(nn.Conv2d, bias=spec.conv_bias)
    norm = norm or NORMS[spec.norm]
    shared = {
        "conv": conv,
        "norm": norm,
        "in_channels": spec.input_shape[0],
        "classes": spec.classes,
    }
    _, given = _FAMILIES[spec.family]
    return shared | given(spec, conv, norm)


def _dense(spec: NetworkSpec, conv: Conv, norm: Norm) -> dict[str, Any]:
    join = Concat if spec.shortcut is Shortcut.CONCAT else BranchOnly
    return {
        "layer": partial(
            block_class(spec), conv=conv, norm=norm, join=join, **({"dropout": spec.dropout} if spec.dropout else {})
        ),
        "join": join,
        "stages": spec.stages,
        "growth": spec.growth_rate,
        "compression": spec.compression,
        "stem": STEMS[spec.stem],
        "stem_channels": spec.base_width,
        "pool": spec.stem.pools,
    }


def _residual(spec: NetworkSpec, conv: Conv, norm: Norm) -> dict[str, Any]:
    options: dict[str, Any] = {"groups": spec.groups} if spec.groups > 1 else {}
    if "stride_in" in spec.block_type.takes and spec.stride_in is StrideIn.CONV1X1:
        options["stride_first"] = True
    preact, relu_preact = spec.order is Order.PREACT, spec.order is Order.RELU_PREACT
    layout: Layout = stride_last if spec.stride_block is StrideBlock.LAST else stride_first
    if spec.dilated:
        layout = partial(dilation, conv=conv, last=spec.dilated)
    shortcut = _shortcut(spec, conv, norm)
    if spec.drop_path and spec.shortcut is not Shortcut.NONE:
        layout = partial(stochastic_depth, layout=layout, shortcut=shortcut, counts=spec.stages, last=spec.drop_path)
    if spec.drops and spec.dropout:
        options["dropout"] = spec.dropout
    return {
        "block": partial(block_class(spec), conv=conv, norm=norm, shortcut=shortcut, **options),
        "stages": spec.residual_stages,
        "layout": layout,
        "stem": STEMS[spec.stem],
        "stem_channels": spec.base_width,
        "stem_norm": not preact or spec.stem_norm,
        "stem_relu": not (preact or relu_preact) or spec.stem_norm,
        "pool": spec.stem.pools,
        "last_norm": preact,
        "last_relu": preact or relu_preact,
    }


def _vgg(spec: NetworkSpec, conv: Conv, norm: Norm) -> dict[str, Any]:
    return {
        "block": partial(block_class(spec), conv=conv, norm=norm, shortcut=_shortcut(spec.essential, conv, norm)),
        "stages": tuple(zip(spec.stages, widths(spec), strict=True)),
        "hidden": spec.hidden,
        "dropout": spec.dropout,
    }


def _inception_resnet(spec: NetworkSpec, conv: Conv, norm: Norm) -> dict[str, Any]:
    plain = spec.shortcut is Shortcut.NONE
    if norm is nn.BatchNorm2d:
        norm = partial(nn.BatchNorm2d, eps=1e-3)  # as in the published weights
    return {
        "block": partial(block_class(spec), conv=conv, norm=norm),
        "stages": spec.stages,
        "width": spec.base_width,
        "shortcut": _shortcut(spec.essential, conv, norm),
        "scales": tuple(1.0 if plain else spec.branch_scale * scale for scale in _SCALES),
        "large": spec.stem.pools,
        "conv": conv,
        "norm": norm,
    }


def _shortcut(spec: NetworkSpec, conv: Conv, norm: Norm) -> parts.Shortcut:
    if spec.shortcut is Shortcut.NONE:
        return parts.no_shortcut
    shortcut: parts.Shortcut = parts.pad_shortcut
    if spec.projects:
        with_norm = norm if spec.projection_norm and spec.norm is not NormName.NONE else None
        chosen = {
            "everywhere": spec.shortcut is Shortcut.PROJECTION_ALL,
            "pool": spec.projection_pool,
            "raw": spec.raw_projection and spec.order in (Order.RELU_PREACT, Order.PREACT),
        }
        options = {name: True for name, wanted in chosen.items() if wanted}
        shortcut = partial(parts.projection_shortcut, conv=conv, norm=with_norm, **options)
    if spec.gate is not Gate.NONE:
        return partial(parts.gated_shortcut, shortcut=shortcut, conv=conv, both=spec.gate is Gate.HIGHWAY)
    scales: dict[str, Any] = {"skip": spec.skip_scale} if spec.skip_scale != 1 else {}
    if spec.learned_scale:
        scales["learned"] = True
    elif spec.branch_scale != 1:
        scales["branch"] = spec.branch_scale
    return partial(parts.scaled_shortcut, shortcut=shortcut, **scales) if scales else shortcut


def block_class(spec: NetworkSpec) -> Any:
    """Return the class of the spec's blocks from the registry."""
    made_by = spec.block_type.arranged(spec.order).made_by
    if isinstance(made_by, str):
        module, _, name = made_by.partition(":")
        made_by = getattr(import_module(f"...{module}", __name__), name)
    return made_by


def family(spec: NetworkSpec) -> Any:
    """Return the function that builds networks of the spec's family."""
    builder, _ = _FAMILIES[spec.family]
    return builder


_FAMILIES: dict[Family, tuple[Any, Callable[[NetworkSpec, Conv, Norm], dict[str, Any]]]] = {
    Family.RESNET: (resnet, _residual),
    Family.DENSENET: (densenet, _dense),
    Family.VGG: (vgg, _vgg),
    Family.INCEPTION_RESNET: (inception_resnet, _inception_resnet),
}
