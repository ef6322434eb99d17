"""What a race taught, in words: every sentence is computed from the curves, and only said when it is so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from statistics import median

from models.depths import depth
from models.learned import Lesions, Predictions, Response
from models.recipe import DATA, Epoch, RunSpec
from models.runs import Kept, Status
from models.significance import blew_up, differ, guessing, learned
from models.spec import Shortcut
from models.twins import twin
from viz import format

_CLEAR = 0.02  # of all images: a difference that is called one
_SOLVED = 0.5  # of the plain one's error: what is called a cure
_LITTLE = 0.1  # of all images: what a block may cost to be one that can go
_MOST_MISTAKES = 3  # that are named
_LATE = 0.2  # of the epochs: before that nothing is said of degradation
_FEW = 5  # epochs: before that networks are not compared


@dataclass(frozen=True, slots=True)
class Curve:
    """One run of a race, as far as it is."""

    name: str
    run: RunSpec
    kept: Kept | None

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        return self.kept.epochs if self.kept else ()

    @property
    def status(self) -> Status | None:
        return self.kept.status if self.kept else None

    @property
    def stamp(self) -> int:
        return self.kept.stamp if self.kept else 0

    @property
    def answers(self) -> str:
        """Which test images it got right after its last epoch, a 1 or a 0 for each; empty where that is not known."""
        return self.kept.answers if self.kept else ""

    def at(self, number: int) -> Epoch:
        return self.epochs[number - 1]

    def images(self, *, seen: bool = False) -> int:
        """How many test images there are; `seen`: how many of an epoch's images it learns from."""
        return self.run.steps_per_epoch * self.run.batch if seen else DATA[self.run.data].test


def race(curves: Sequence[Curve]) -> str:
    """What the curves show, at the last epoch that all of them have finished; never more than chance allows."""
    going = [curve for curve in curves if curve.epochs]
    if not going:
        return " ".join(_failures(curves))
    # one that failed early would hold all the others back
    going = [curve for curve in going if curve.status is not Status.FAILED] or going
    now = min(len(curve.epochs) for curve in going)
    after = f"After {format.plural(now, 'epoch')}"
    sound = [curve for curve in going if not _blew_up(curve, now)]
    if now < _FEW and len(going) > 1:
        said = "; ".join(f"{curve.name} gets {_right(curve, now)}" for curve in sound)
        parts = [f"{after} it is too early to compare: {said} of the test images right."] if sound else []
    else:
        parts = [*_degradation(sound, now), *_twins(sound, now)] or _ranking(sound, now)
    return " ".join([*parts, *_no_better_than_guessing(sound, now), *_blown_up(going, now), *_failures(curves)])


def _degradation(curves: Sequence[Curve], now: int) -> list[str]:
    """The deeper of two plain networks is worse, and on which images; and what skips make of it."""
    found: list[str] = []
    for shallow in curves:
        for deep in curves:
            if not _plain(shallow) or not _deeper(deep, shallow):
                continue
            if now < max(_FEW, _LATE * deep.run.all_epochs):
                continue
            one, other = shallow.at(now), deep.at(now)
            if not (_learned(shallow, now, seen=True) or _learned(deep, now, seen=True)):
                continue
            seen = other.train_error - one.train_error
            after = f"After {format.plural(now, 'epoch')} {deep.name}"
            if not _differ(shallow, deep, now, seen=True):
                seen = 0.0
            if seen > 0:
                found.append(
                    f"{after} is worse than {shallow.name} on the training set ({_percent(other.train_error)} wrong "
                    f"against {_percent(one.train_error)}): that is degradation, not overfitting."
                )
                found += _cure(curves, deep, now)
            elif other.test_error > one.test_error and _differ(shallow, deep, now):
                found.append(
                    f"{after} is {'better than' if seen < 0 else 'about as good as'} {shallow.name} on the training "
                    f"set and worse on the test set ({_percent(other.test_error)} wrong against "
                    f"{_percent(one.test_error)}): that is overfitting, not degradation."
                )
            elif seen < 0:
                found.append(
                    f"{after} is better than {shallow.name} on the training set ({_percent(other.train_error)} wrong "
                    f"against {_percent(one.train_error)}): depth helps here, there is no degradation."
                )
            else:
                found.append(f"{after} learns about as well as {shallow.name} here: no degradation to be seen.")
    return found


def _cure(curves: Sequence[Curve], deep: Curve, now: int) -> list[str]:
    for cured in curves:
        if not _plain(cured) and _same_but_skips(cured, deep):
            error = cured.at(now).train_error
            if error < _SOLVED * deep.at(now).train_error:
                return [f"With skip connections the same depth learns: {cured.name} gets {_percent(error)} wrong."]
            return [f"Skip connections have not cured it yet: {cured.name} gets {_percent(error)} wrong."]
    return []


def _twins(curves: Sequence[Curve], now: int) -> list[str]:
    """A network beside its twin, where no pair of plain networks says more."""
    plain = [curve for curve in curves if _plain(curve)]
    if any(_deeper(deep, shallow) for shallow in plain for deep in plain):
        return []
    found = []
    for own in curves:
        for other in curves:
            if _plain(own) or not _plain(other) or not _same_but_skips(own, other):
                continue
            if not (_learned(own, now, seen=True) or _learned(other, now, seen=True)):
                continue
            ours, theirs = own.at(now).train_error, other.at(now).train_error
            words = (
                f"{own.name} gets {_percent(ours)} of the training images wrong, without skip connections "
                f"({other.name}) {_percent(theirs)}"
            )
            end = f"the same, as far as {own.images(seen=True):,} images can tell"
            if _differ(own, other, now, seen=True):
                end = "it learns faster with them" if ours < theirs else "here it learns faster without"
            found.append(f"After {format.plural(now, 'epoch')} {words}: {end}.")
    return found


def _ranking(curves: Sequence[Curve], now: int) -> list[str]:
    """Who gets most of the test images right, where chance alone would not explain it."""
    able = [curve for curve in curves if _learned(curve, now)]
    after = f"After {format.plural(now, 'epoch')}"
    if not able:
        return []
    best = max(able, key=lambda curve: curve.at(now).test_accuracy)
    leaders = [curve for curve in able if curve is best or not _differ(best, curve, now)]
    accuracy = f"{_right(best, now)} of the test images right"
    if len(curves) == 1:
        return [f"{after} {best.name} gets {accuracy}."]
    if len(leaders) == 1:
        return [f"{after} {best.name} is ahead with {accuracy}."]
    said = format.listing(f"{curve.name} ({_right(curve, now)})" for curve in leaders)
    ahead = f"{after} no network is ahead: " if len(leaders) == len(curves) else f"{after} these are ahead: "
    return [f"{ahead}{said} of the test images right are the same, as far as {best.images():,} images can tell."]


def _no_better_than_guessing(curves: Sequence[Curve], now: int) -> list[str]:
    """Who has learnt nothing that the test images show."""
    lost = [curve for curve in curves if not _learned(curve, now)]
    if not lost:
        return []
    classes = lost[0].run.network.classes
    names = format.listing(curve.name for curve in lost)
    verb = "is" if len(lost) == 1 else "are"
    chance = f"{classes} classes: {guessing(classes):.0%}"
    return [f"On the test images {names} {verb} no better than guessing ({chance})."]


def _blown_up(curves: Sequence[Curve], now: int) -> list[str]:
    return [
        f"{curve.name}: the loss blew up: {format.number(curve.at(now).train_loss)}, learning rate "
        f"{curve.run.learning_rate:g}."
        for curve in curves
        if _blew_up(curve, now)
    ]


def _failures(curves: Sequence[Curve]) -> list[str]:
    return [
        f"{curve.name} stopped: {curve.kept.why}"
        for curve in curves
        if curve.kept is not None and curve.status in (Status.FAILED, Status.DAMAGED)
    ]


def lesions(named: Sequence[tuple[str, Lesions]]) -> list[str]:
    """How much worse each network is for losing a block, a sentence each."""
    parts = []
    for name, found in named:
        own = [lesion.error for lesion in found.inner if lesion.error is not None]
        if not own:
            parts.append(f"{name} has no block that it could lose.")
            continue
        if found.whole > found.guessing - _LITTLE:
            parts.append(
                f"{name} gets {_percent(found.whole)} wrong whole, guessing gets {_percent(found.guessing)}: it has "
                "learnt too little for a block to be missed."
            )
            continue
        middle, worst = median(own), max(own)
        mild = sum(error < found.whole + _LITTLE for error in own)
        parts.append(
            f"{name} gets {_percent(found.whole)} wrong whole and {_percent(middle)} (median; at worst "
            f"{_percent(worst)}) without one of the blocks that keep the shape: {mild} of these {len(own)} can go for "
            "less than 10 points."
        )
    return parts


def gradients(curves: Sequence[Curve]) -> str:
    """How far apart the layers' gradients are in the last epoch, where one learning rate serves them all."""
    parts = []
    for curve in curves:
        norms = [norm for _, norm in curve.epochs[-1].gradients if isfinite(norm)]
        low, high = min(norms, default=0.0), max(norms, default=0.0)
        apart = f"{format.times(high / low)} times" if low > 0 else "infinitely many times"
        parts.append(f"{curve.name} {apart}")
    return (
        "One learning rate serves all layers. In the last epoch the largest gradient of a layer was so many times the "
        f"smallest: {', '.join(parts)}."
    )


def responses(named: Sequence[tuple[str, Sequence[Response]]]) -> str:
    """How large each network's responses are."""
    parts = [
        f"{name}: {format.number(median(response.std for response in found))} "
        f"({format.number(min(one.std for one in found))} to {format.number(max(one.std for one in found))})"
        for name, found in named
    ]
    return f"Standard deviation of the responses, median and range. {'; '.join(parts)}."


def predictions(name: str, found: Predictions) -> str:
    """How many are right, and what is mixed up most."""
    right = int(found.right.sum())
    words = f"{name} reads {right:,} of {len(found.labels):,} test images right ({found.accuracy:.1%})"
    mixed, times = found.mixed_up()
    if not mixed:
        return f"{words}: all of them."
    if len(mixed) > _MOST_MISTAKES:
        return f"{words}. No mistake is commoner than others: {len(mixed)} of them {format.plural(times, 'time')} each."
    said = format.listing(f"{truth} taken for {taken}" for truth, taken in mixed)
    which = "mistake" if len(mixed) == 1 else "mistakes"
    each = " each" if len(mixed) > 1 else ""
    return f"{words}. Its commonest {which}: {said}, {format.plural(times, 'time')}{each}."


def _right(curve: Curve, now: int) -> str:
    return f"{curve.at(now).test_accuracy:.1%}"


def _learned(curve: Curve, now: int, *, seen: bool = False) -> bool:
    """Better than guessing, on the test images or, `seen`, on those it learns from."""
    epoch = curve.at(now)
    accuracy = epoch.train_accuracy if seen else epoch.test_accuracy
    return learned(accuracy, curve.images(seen=seen), curve.run.network.classes)


def _differ(one: Curve, other: Curve, now: int, *, seen: bool = False) -> bool:
    """Whether two networks of one data set differ beyond chance on the test images, or on those they learn from."""
    first, second = one.at(now), other.at(now)
    if seen:
        gap = abs(first.train_accuracy - second.train_accuracy)
        return gap > _CLEAR and differ(first.train_accuracy, second.train_accuracy, one.images(seen=True))
    last = all(now == curve.run.all_epochs for curve in (one, other))
    answers = (one.answers, other.answers) if last else ("", "")
    return differ(first.test_accuracy, second.test_accuracy, one.images(), answers)


def _blew_up(curve: Curve, now: int) -> bool:
    return blew_up(curve.at(now).train_loss, curve.run.network.classes)


def _plain(curve: Curve) -> bool:
    return curve.run.network.shortcut is Shortcut.NONE


def _deeper(deep: Curve, shallow: Curve) -> bool:
    """Both plain, alike but for their depth."""
    same = replace(deep.run, network=replace(deep.run.network, stages=shallow.run.network.stages)) == shallow.run
    return same and depth(deep.run.network) > depth(shallow.run.network)


def _same_but_skips(own: Curve, plain: Curve) -> bool:
    return replace(own.run, network=twin(own.run.network)) == plain.run


def _percent(error: float) -> str:
    if not isfinite(error):
        return "everything"
    return f"{error:.1%}" if 0 < error < 0.0995 else f"{error:.0%}"
