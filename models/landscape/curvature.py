"""The largest eigenvalue of the Hessian of the loss, by the Lanczos method on products of the Hessian with a vector.

Power iteration would do, but it can rest for many steps near zero before the largest eigenvalue shows.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm

from ..networks.outputs import classes_of
from ..runtime.progress import ProgressCallback

_USUAL = 24  # products that the method takes, for its progress
_BASIS = 20  # vectors kept
_TOLERANCE = 1e-2  # of the eigenvalue
_ROUNDS = 30  # at most, of the method's restarts


def curvature(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    label_smoothing: float = 0.0,
    progress: ProgressCallback = lambda _: None,
) -> float:
    """Return the largest eigenvalue of the Hessian of the mean cross-entropy on a batch, to one hundredth of it.

    It is taken with respect to all weights. Batch norms use the statistics of the batch, as in training, and change
    their running ones; all else is in eval mode. Returns NaN if the method finds none: it does not converge, or the
    loss is not finite.
    """
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh  # noqa: PLC0415  # a second; rarely needed

    network.eval()
    for module in network.modules():
        module.training = isinstance(module, _BatchNorm)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):  # other kernels have no second derivative
        loss = cross_entropy(classes_of(network(images)).float(), labels, label_smoothing=label_smoothing)
        gradients = torch.autograd.grad(loss, weights, create_graph=True, materialize_grads=True)
    sizes, taken = [weight.numel() for weight in weights], 0

    def product(vector: Any) -> Any:
        nonlocal taken
        taken += 1
        progress(1 - 0.5 ** (taken / _USUAL))
        flat = torch.from_numpy(np.asarray(vector, dtype=np.float32)).to(images.device).flatten()
        parts = [part.view_as(own).to(own) for part, own in zip(torch.split(flat, sizes), weights, strict=True)]
        found = torch.autograd.grad(gradients, weights, parts, retain_graph=True, materialize_grads=True)
        return torch.cat([one.flatten() for one in found]).float().cpu().numpy()

    whole = sum(sizes)
    start = np.random.default_rng(0).standard_normal(whole).astype(np.float32)
    if not product(start).any():  # the loss is flat
        return 0.0
    try:
        [found] = eigsh(
            LinearOperator((whole, whole), matvec=product, dtype=np.float32), k=1, which="LA", v0=start,
            ncv=min(_BASIS, whole), tol=_TOLERANCE, maxiter=_ROUNDS, return_eigenvectors=False,
        )  # fmt: skip
    except ArpackError:
        return float("nan")
    return float(found)
