"""The names of measured quantities, as titles of axes and charts."""

from viz.language import N_, _

_NAMES = {
    "weight_gradient_norm": N_("Gradient norm of the weights"),
    "activation_gradient_norm": N_("Gradient norm of the outputs"),
    "activation_rms": N_("Root mean square of the output"),
    "activation_std": N_("Standard deviation of the output"),
    "zero_fraction": N_("Share of zeros"),
}


def name(quantity: str) -> str:
    return _(_NAMES[quantity])
