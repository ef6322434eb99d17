"""What theory predicts for the gradients of a plain network at initialisation."""

from models.specs.choices import Init, Norm
from models.specs.external import Network
from models.specs.registry import Family
from models.specs.spec import NetworkSpec
from viz.state.signals import Of

_MEAN_FIELD = 1.2112  # sqrt(pi / (pi - 1)): batch norm and ReLU, arXiv 1902.08129
_NO_NORM = {Init.DEFAULT: 0.408, Init.XAVIER: 0.707, Init.ORTHOGONAL: 0.707, Init.KAIMING: 1.0}


def theory(spec: Network | None, of: Of) -> float | None:
    """Return the factor per layer, towards the input, that theory predicts for the plain network, or None.

    Without norms, the outputs' gradients shrink backward as the signal does forward, so that their product, the
    weights' gradient, stays level. It holds for layers in a row, not for branches side by side.
    """
    if not isinstance(spec, NetworkSpec) or spec.family is Family.INCEPTION_RESNET:
        return None
    if spec.norm is Norm.BATCH:
        return _MEAN_FIELD
    if spec.norm is Norm.NONE:
        return 1.0 if of is Of.WEIGHTS else _NO_NORM[spec.init]
    return None
