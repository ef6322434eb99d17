"""`source(spec)`: a library's network as a few lines of PyTorch."""

from typing import Any

from ..specs.external import ExternalSpec
from ..specs.own import OWN
from .external import sized

_RUN = """image = torch.randn(1, {shape})
print(model.eval()(image).shape)
"""
_CUT = """image = torch.randn(1, {shape})
with without_skips(model.eval(), skip_scale={scale:g}) as cut:
    print(model(image).shape, cut.joins)
"""


def source(spec: ExternalSpec) -> str:
    """Return Python source that builds the network with its library and, where its skips are scaled, runs it so."""
    options: dict[str, Any]
    if spec.library.name == "own":
        place = OWN[spec.name]
        options, make, imports = {}, place.name, ["import torch", "", f"from {place.file.stem} import {place.name}"]
    elif spec.library.name == "torchvision":
        options, make = {"num_classes": spec.classes, **sized(spec)}, "get_model"
        imports = ["import torch", "from torchvision.models import get_model"]
    else:
        options, make = {"num_classes": spec.classes, "in_chans": spec.input_shape[0]}, "timm.create_model"
        imports = ["import timm", "import torch"]
    if spec.skip_scale != 1:
        imports += ["", "from models import without_skips  # of Skipscope"]
    given = "".join(f", {name}={value!r}" for name, value in options.items())
    call = f"{make}()" if spec.library.name == "own" else f'{make}("{spec.name}"{given})'
    run = (_RUN if spec.skip_scale == 1 else _CUT).format(
        shape=", ".join(map(str, spec.input_shape)), scale=spec.skip_scale
    )
    return "\n".join([*imports, "", f"model = {call}", run])
