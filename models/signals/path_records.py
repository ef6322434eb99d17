"""Gradients along single paths, as immutable records. No torch here."""

from dataclasses import dataclass
from functools import cached_property
from math import comb, exp, inf, isfinite, log

from ..tracing.paths import Paths

_LARGEST = 700.0  # logarithm of about the largest float


@dataclass(frozen=True, kw_only=True)
class PathGradients:
    """Gradients at the image along sampled paths of a network whose `skips` skip connections follow one another."""

    skips: int  # 0 without skip connections: there is one path
    lengths: tuple[int, ...]  # those that were sampled, in order
    norms: tuple[tuple[float, ...], ...]  # for each of them, the norm along each sampled path, a mean over the images
    whole: float  # the norm of the gradient along all paths together
    images: int

    @cached_property
    def paths(self) -> Paths:
        return Paths(tuple(comb(self.skips, length) for length in range(self.skips + 1)))

    @property
    def finite(self) -> bool:
        """Whether no gradient is infinite or NaN."""
        return isfinite(self.whole) and all(isfinite(norm) for each in self.norms for norm in each)

    @property
    def means(self) -> tuple[float, ...]:
        """The mean norm for each sampled length."""
        return tuple(sum(each) / len(each) for each in self.norms)

    @cached_property
    def by_length(self) -> tuple[float, ...]:
        """The mean norm for every length; its logarithm is interpolated between sampled ones."""
        found, means = [], self.means
        for length in range(self.skips + 1):
            after = next(place for place, sampled in enumerate(self.lengths) if sampled >= length)
            if self.lengths[after] == length:
                found.append(means[after])
                continue
            low, high = self.lengths[after - 1], self.lengths[after]
            part = (length - low) / (high - low)
            below, above = means[after - 1], means[after]
            found.append(exp((1 - part) * log(below) + part * log(above)) if below > 0 and above > 0 else 0.0)
        return tuple(found)

    @cached_property
    def products(self) -> tuple[float, ...]:
        """For every length, number of paths times mean norm, as a share of the sum; zeros if that is 0."""
        logs = self._logs
        most = max(logs)
        weights = [exp(one - most) if one > -inf else 0.0 for one in logs]
        return tuple(weight / (sum(weights) or 1.0) for weight in weights)

    @property
    def added(self) -> float:
        """The sum over all paths of their gradients' norms, as a multiple of the whole gradient's; perhaps infinite."""
        most = max(self._logs)
        if not self.whole or most == -inf:
            return 0.0
        rest = sum(exp(one - most) for one in self._logs)
        size = most + log(rest) - log(self.whole)
        return exp(size) if size < _LARGEST else inf

    @cached_property
    def _logs(self) -> tuple[float, ...]:
        """The logarithm of number times mean norm: the numbers alone can be larger than a float."""
        both = zip(self.paths.counts, self.by_length, strict=True)
        return tuple(log(count) + log(norm) if norm > 0 else -inf for count, norm in both)
