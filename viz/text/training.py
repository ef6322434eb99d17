"""Sentences on a race of trainings, computed from the curves; each is said only if it is true."""

from collections.abc import Sequence
from math import isfinite

from models.training.significance import guessing
from models.training.stored_run import Status
from viz.language import _, listing, ngettext, sentences, worded
from viz.state import facts
from viz.state.subjects import Curve
from viz.style import format

_SOLVED = 0.5  # fraction of the plain network's error below which skips are said to solve the degradation
_LATE = 0.2  # fraction of the epochs before which nothing is said about degradation
_FEW = 5  # epochs before which networks are not compared


def race(curves: Sequence[Curve]) -> str:
    """Return what the curves show at the last epoch that all networks have finished, within what chance allows."""
    going = [curve for curve in curves if curve.epochs]
    if not going:
        return sentences(_failures(curves))
    # else one that failed early would limit the epochs of all the others
    going = [curve for curve in going if curve.status is not Status.FAILED] or going
    now = min(len(curve.epochs) for curve in going)
    sound = [curve for curve in going if not facts.blew_up(curve, now)]
    if now < _FEW and len(going) > 1:
        parts = [_too_early(sound, now)] if sound else []
    else:
        parts = [*_degradation(sound, now), *_twins(sound, now)] or _ranking(sound, now)
    return sentences([*parts, *_no_better_than_guessing(sound, now), *_blown_up(going, now), *_failures(curves)])


def _too_early(curves: Sequence[Curve], now: int) -> str:
    shares = _(", ").join(_("{name} {share}", name=curve.name, share=_right(curve, now)) for curve in curves)
    return ngettext(
        "After {n} epoch, it is too early to compare. Test accuracy so far: {shares}.",
        "After {n} epochs, it is too early to compare. Test accuracy so far: {shares}.",
        now,
        shares=shares,
    )


def _degradation(curves: Sequence[Curve], now: int) -> list[str]:
    """Whether the deeper of two plain networks is worse, and on which images, and whether skip connections help."""
    found: list[str] = []
    for shallow in curves:
        for deep in curves:
            if not facts.plain(shallow) or not facts.deeper(deep, shallow):
                continue
            if now < max(_FEW, _LATE * deep.run.all_epochs):
                continue
            if not (facts.learned(shallow, now, seen=True) or facts.learned(deep, now, seen=True)):
                continue
            found.append(_deeper_plain(shallow, deep, now))
            if _worse(shallow, deep, now):
                found += _cure(curves, deep, now)
    return found


def _worse(shallow: Curve, deep: Curve, now: int) -> bool:
    """Whether the deeper network has the larger training error, beyond chance."""
    seen = deep.at(now).train_error - shallow.at(now).train_error
    return seen > 0 and facts.differ(shallow, deep, now, seen=True)


def _deeper_plain(shallow: Curve, deep: Curve, now: int) -> str:
    """How a plain network compares with a shallower one."""
    one, other = shallow.at(now), deep.at(now)
    better = one.train_error > other.train_error and facts.differ(shallow, deep, now, seen=True)
    names = {"deep": deep.name, "shallow": shallow.name}
    train = {"error": percent(other.train_error), "other": percent(one.train_error)}
    test = {"error": percent(other.test_error), "other": percent(one.test_error)}
    if _worse(shallow, deep, now):
        return ngettext(
            "After {n} epoch, {deep} is worse than {shallow} on the training set ({error} wrong instead of "
            "{other}): that is degradation, not overfitting.",
            "After {n} epochs, {deep} is worse than {shallow} on the training set ({error} wrong instead of "
            "{other}): that is degradation, not overfitting.",
            now,
            **names,
            **train,
        )
    if other.test_error > one.test_error and facts.differ(shallow, deep, now):
        if better:
            return ngettext(
                "After {n} epoch, {deep} is better than {shallow} on the training set and worse on the test set "
                "({error} wrong instead of {other}): that is overfitting, not degradation.",
                "After {n} epochs, {deep} is better than {shallow} on the training set and worse on the test set "
                "({error} wrong instead of {other}): that is overfitting, not degradation.",
                now,
                **names,
                **test,
            )
        return ngettext(
            "After {n} epoch, {deep} is about as good as {shallow} on the training set and worse on the test set "
            "({error} wrong instead of {other}): that is overfitting, not degradation.",
            "After {n} epochs, {deep} is about as good as {shallow} on the training set and worse on the test "
            "set ({error} wrong instead of {other}): that is overfitting, not degradation.",
            now,
            **names,
            **test,
        )
    if better:
        return ngettext(
            "After {n} epoch, {deep} is better than {shallow} on the training set ({error} wrong instead of "
            "{other}): depth helps here; there is no degradation.",
            "After {n} epochs, {deep} is better than {shallow} on the training set ({error} wrong instead of "
            "{other}): depth helps here; there is no degradation.",
            now,
            **names,
            **train,
        )
    return ngettext(
        "After {n} epoch, {deep} has learnt about as well as {shallow}: no degradation is visible here.",
        "After {n} epochs, {deep} has learnt about as well as {shallow}: no degradation is visible here.",
        now,
        **names,
    )


def _cure(curves: Sequence[Curve], deep: Curve, now: int) -> list[str]:
    for cured in curves:
        if not facts.plain(cured) and facts.same_but_skips(cured, deep):
            error = cured.at(now).train_error
            if error < _SOLVED * deep.at(now).train_error:
                return [
                    _(
                        "With skip connections a network of the same depth learns: {name} gets {error} wrong.",
                        name=cured.name,
                        error=percent(error),
                    )
                ]
            return [
                _(
                    "Skip connections have not overcome the degradation yet: {name} gets {error} wrong.",
                    name=cured.name,
                    error=percent(error),
                )
            ]
    return []


def _twins(curves: Sequence[Curve], now: int) -> list[str]:
    """Each network compared with its twin, unless there are plain networks of two depths, which show more."""
    plain = [curve for curve in curves if facts.plain(curve)]
    if any(facts.deeper(deep, shallow) for shallow in plain for deep in plain):
        return []
    return [
        _beside_its_twin(own, other, now)
        for own in curves
        for other in curves
        if not facts.plain(own)
        and facts.plain(other)
        and facts.same_but_skips(own, other)
        and (facts.learned(own, now, seen=True) or facts.learned(other, now, seen=True))
    ]


def _beside_its_twin(own: Curve, other: Curve, now: int) -> str:
    ours, theirs = own.at(now).train_error, other.at(now).train_error
    values = {"own": own.name, "error": percent(ours), "other": other.name, "theirs": percent(theirs)}
    if not facts.differ(own, other, now, seen=True):
        return ngettext(
            "After {n} epoch, {own} gets {error} of the training images wrong, and without skip connections "
            "{other} gets {theirs}: the same, within what {images:,} images can tell.",
            "After {n} epochs, {own} gets {error} of the training images wrong, and without skip connections "
            "{other} gets {theirs}: the same, within what {images:,} images can tell.",
            now,
            **values,
            images=own.images(seen=True),
        )
    if ours < theirs:
        return ngettext(
            "After {n} epoch, {own} gets {error} of the training images wrong, and without skip connections "
            "{other} gets {theirs}: the network learns faster with them.",
            "After {n} epochs, {own} gets {error} of the training images wrong, and without skip connections "
            "{other} gets {theirs}: the network learns faster with them.",
            now,
            **values,
        )
    return ngettext(
        "After {n} epoch, {own} gets {error} of the training images wrong, and without skip connections {other} "
        "gets {theirs}: here the network learns faster without them.",
        "After {n} epochs, {own} gets {error} of the training images wrong, and without skip connections {other} "
        "gets {theirs}: here the network learns faster without them.",
        now,
        **values,
    )


def _ranking(curves: Sequence[Curve], now: int) -> list[str]:
    """Which networks have the best test accuracy, beyond chance."""
    able = [curve for curve in curves if facts.learned(curve, now)]
    if not able:
        return []
    best = max(able, key=lambda curve: curve.at(now).test_accuracy)
    leaders = [curve for curve in able if curve is best or not facts.differ(best, curve, now)]
    values = {"name": best.name, "share": _right(best, now)}
    if len(curves) == 1:
        return [
            ngettext(
                "After {n} epoch, {name} gets {share} of the test images right.",
                "After {n} epochs, {name} gets {share} of the test images right.",
                now,
                **values,
            )
        ]
    if len(leaders) == 1:
        return [
            ngettext(
                "After {n} epoch, {name} has the best test accuracy, {share}.",
                "After {n} epochs, {name} has the best test accuracy, {share}.",
                now,
                **values,
            )
        ]
    names = listing(_("{name} ({share})", name=curve.name, share=_right(curve, now)) for curve in leaders)
    if len(leaders) == len(curves):
        return [
            ngettext(
                "After {n} epoch, no network is best: the test accuracies of {names} are the same, within what "
                "{images:,} images can tell.",
                "After {n} epochs, no network is best: the test accuracies of {names} are the same, within what "
                "{images:,} images can tell.",
                now,
                names=names,
                images=best.images(),
            )
        ]
    return [
        ngettext(
            "After {n} epoch, the best networks are {names}: their test accuracies are the same, within what "
            "{images:,} images can tell.",
            "After {n} epochs, the best networks are {names}: their test accuracies are the same, within what "
            "{images:,} images can tell.",
            now,
            names=names,
            images=best.images(),
        )
    ]


def _no_better_than_guessing(curves: Sequence[Curve], now: int) -> list[str]:
    lost = [curve for curve in curves if not facts.learned(curve, now)]
    if not lost:
        return []
    classes = lost[0].run.network.classes
    return [
        ngettext(
            "On the test images {names} is no better than guessing ({classes} classes: {chance}).",
            "On the test images {names} are no better than guessing ({classes} classes: {chance}).",
            len(lost),
            names=listing(curve.name for curve in lost),
            classes=classes,
            chance=f"{guessing(classes):.0%}",
        )
    ]


def _blown_up(curves: Sequence[Curve], now: int) -> list[str]:
    return [
        _(
            "The loss of {name} diverged ({loss}) with a learning rate of {rate:g}.",
            name=curve.name,
            loss=format.number(curve.at(now).train_loss),
            rate=curve.run.learning_rate,
        )
        for curve in curves
        if facts.blew_up(curve, now)
    ]


def _failures(curves: Sequence[Curve]) -> list[str]:
    return [
        _("{name} stopped: {reason}", name=curve.name, reason=worded(curve.kept.why))
        for curve in curves
        if curve.kept is not None and curve.status in (Status.FAILED, Status.DAMAGED) and curve.kept.why is not None
    ]


def _right(curve: Curve, now: int) -> str:
    return f"{curve.at(now).test_accuracy:.1%}"


def percent(error: float) -> str:
    if not isfinite(error):
        return _("everything")
    return f"{error:.1%}" if 0 < error < 0.0995 else f"{error:.0%}"
