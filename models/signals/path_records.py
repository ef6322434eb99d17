"""Gradients along single paths, as immutable records. No torch here."""

from dataclasses import dataclass
from math import comb, exp, log

from ..tracing.paths import Paths


@dataclass(frozen=True, slots=True, kw_only=True)
class PathGradients:
    """Gradients at the image along sampled paths of a network whose `skips` skip connections follow one another."""

    skips: int  # 0 without skip connections: there is one path
    lengths: tuple[int, ...]  # those that were sampled, in order
    norms: tuple[tuple[float, ...], ...]  # for each of them, the norm along each sampled path, a mean over the images
    whole: float  # the norm of the gradient along all paths together

    @property
    def paths(self) -> Paths:
        return Paths(tuple(comb(self.skips, length) for length in range(self.skips + 1)))

    @property
    def means(self) -> tuple[float, ...]:
        """The mean norm for each sampled length."""
        return tuple(sum(each) / len(each) for each in self.norms)

    @property
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

    @property
    def products(self) -> tuple[float, ...]:
        """For every length, number of paths times mean norm, as a share of the sum over all lengths."""
        weights = [float(count) * norm for count, norm in zip(self.paths.counts, self.by_length, strict=True)]
        return tuple(weight / (sum(weights) or 1.0) for weight in weights)
