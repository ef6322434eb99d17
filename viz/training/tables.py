"""Tables of trainings: their results, and epoch by epoch."""

from collections.abc import Sequence
from statistics import harmonic_mean

import pandas as pd

from viz.language import _
from viz.state.subjects import Curve
from viz.text.labels import label


def race(curves: Sequence[Curve]) -> pd.DataFrame:
    """Return the state and results of every network of a race, one row each."""
    rows = []
    for curve in curves:
        last = curve.epochs[-1] if curve.epochs else None
        best = max((epoch.test_accuracy for epoch in curve.epochs), default=None)
        rows.append(
            {
                _("Network"): curve.name,
                _("Status"): label(curve.status) if curve.status else _("not started"),
                _("Epochs"): _("{done} of {all}", done=len(curve.epochs), all=curve.run.all_epochs),
                _("Training accuracy, %"): None if last is None else 100 * last.train_accuracy,
                _("Test accuracy, %"): None if last is None else 100 * last.test_accuracy,
                _("Best test accuracy, %"): None if best is None else 100 * best,
                _("Training loss"): None if last is None else last.train_loss,
                _("Test loss"): None if last is None else last.test_loss,
                _("Seconds"): sum(epoch.seconds for epoch in curve.epochs),
                _("Images per second"): _pace(curve),
                _("Peak memory, MB"): None if last is None or last.memory is None else last.memory / 1e6,
            }
        )
    return pd.DataFrame(rows).round(4)


def _pace(curve: Curve) -> float | None:
    """Training images per second over all epochs, rounded to a whole number."""
    return round(harmonic_mean(epoch.images_per_second for epoch in curve.epochs)) if curve.epochs else None


def epochs(curves: Sequence[Curve]) -> pd.DataFrame:
    """Return every epoch of every network of a race, one row each."""
    return pd.DataFrame(
        [
            {
                _("Network"): curve.name,
                _("Epoch"): epoch.number,
                _("Steps"): epoch.steps,
                _("Training loss"): epoch.train_loss,
                _("Training accuracy"): epoch.train_accuracy,
                _("Test loss"): epoch.test_loss,
                _("Test accuracy"): epoch.test_accuracy,
                _("Learning rate"): epoch.learning_rate,
                _("Images per second"): epoch.images_per_second,
                _("Seconds"): epoch.seconds,
            }
            for curve in curves
            for epoch in curve.epochs
        ]
    )
