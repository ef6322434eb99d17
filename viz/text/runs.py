"""Sentences on finished runs of any races, computed from them."""

from collections.abc import Sequence

from models.specs.naming import kind, short
from models.specs.spec import NetworkSpec
from models.training.data_registry import DATA
from models.training.stored_run import Summary
from viz.language import _, listing, ngettext, sentences, worded
from viz.text.field_names import SETTINGS


def compared(runs: Sequence[Summary], name: str) -> str:
    """Return how many finished runs there are on a data set, the best, and in what their trainings differ."""
    best = min(runs, key=lambda one: 1 - (one.accuracy or 0.0))
    said = ngettext(
        "{n} finished run on {data}; {error} of the test images wrong: {network}.",
        "{n} finished runs on {data}; the lowest test error is {error}: {network}.",
        len(runs),
        data=_(DATA[name].title),
        error=f"{1 - (best.accuracy or 0.0):.2%}",
        network=title(best),
    )
    differ = [_(words) for setting, words in SETTINGS.items() if len({getattr(one.run, setting) for one in runs}) > 1]
    if not differ:
        return said
    rest = _("Their trainings differ in {settings}: not every difference is one of networks.", settings=listing(differ))
    return sentences([said, rest])


def title(one: Summary) -> str:
    """Return the short name of a run's network."""
    network = one.run.network if one.run else None
    return worded(short(network)) if network is not None else one.id


def kind_of(one: Summary) -> str:
    """Return the kind of a run's network; a library's network is its own kind."""
    network = one.run.network if one.run else None
    return _(kind(network)) if isinstance(network, NetworkSpec) else title(one)
