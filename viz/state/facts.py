"""What is true of the runs of a race, beyond chance: the conditions of the sentences and charts about them."""

from dataclasses import replace

from models.specs.depth import depth
from models.specs.spec import NetworkSpec
from models.specs.twins import twin
from models.training import significance
from viz.state.subjects import Curve

_CLEAR = 0.02  # fraction of the images: smaller differences in training accuracy are not reported


def learned(curve: Curve, now: int, *, seen: bool = False) -> bool:
    """Return whether a network is better than guessing, on the test images or, with `seen`, on the training images."""
    epoch = curve.at(now)
    accuracy = epoch.train_accuracy if seen else epoch.test_accuracy
    return significance.learned(accuracy, curve.images(seen=seen), curve.run.network.classes)


def differ(one: Curve, other: Curve, now: int, *, seen: bool = False) -> bool:
    """Return whether two networks differ beyond chance, on the test images or, with `seen`, on the training images."""
    first, second = one.at(now), other.at(now)
    if seen:
        gap = abs(first.train_accuracy - second.train_accuracy)
        return gap > _CLEAR and significance.differ(first.train_accuracy, second.train_accuracy, one.images(seen=True))
    last = all(now == curve.run.all_epochs for curve in (one, other))
    answers = (one.answers, other.answers) if last else ("", "")
    return significance.differ(first.test_accuracy, second.test_accuracy, one.images(), answers)


def blew_up(curve: Curve, now: int) -> bool:
    return significance.blew_up(curve.at(now).train_loss, curve.run.network.classes)


def plain(curve: Curve) -> bool:
    return curve.run.network.plain


def deeper(deep: Curve, shallow: Curve) -> bool:
    """Return whether two runs differ only in the network's depth, and `deep` is the deeper one."""
    high, low = deep.run.network, shallow.run.network
    if not (isinstance(high, NetworkSpec) and isinstance(low, NetworkSpec)):
        return False
    same = replace(deep.run, network=replace(high, stages=low.stages)) == shallow.run
    return same and depth(high) > depth(low)


def same_but_skips(own: Curve, plain: Curve) -> bool:
    return replace(own.run, network=twin(own.run.network)) == plain.run
