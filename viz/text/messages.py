"""Errors, repairs and stored weights, in the visitor's language."""

from models.runtime.errors import SpecError
from models.training.data_registry import DATA
from models.training.stored_run import Summary
from viz.language import _, ngettext, worded
from viz.state.repair import Note, Recounted
from viz.text import labels


def problem(error: SpecError, name: str = "") -> str:
    """Return why the value of a field is invalid. `name`: the field's label, by default its name in links."""
    return _(
        "{field}: {expected}, got {value}", field=name or error.field, expected=worded(error.expected), value=error.got
    )


def repaired(note: Note) -> str:
    """Return what else a change in the sidebar has changed."""
    if not isinstance(note, Recounted):
        return _(
            "{field}: now {now}, not {asked}.",
            field=labels.field(note.field),
            now=labels.value(note.field, note.now),
            asked=labels.value(note.field, note.asked),
        )
    if note.projections:
        return _(
            "Depth: now {depth:,}, by the rule for Wide ResNets: with projections, without the classifier.",
            depth=note.depth,
        )
    return _("Depth: now {depth:,}, counted without projections, with the classifier.", depth=note.depth)


def file_weights(name: str) -> str:
    """Return the entry of a file's weights in a menu."""
    return _("from {file}", file=name)


def stored_weights(found: Summary) -> str:
    """Return the entry of a stored run's weights in a menu."""
    if found.run is None or found.accuracy is None:
        return found.id
    return ngettext(
        "trained here: {data}, {n} epoch, test accuracy {accuracy}",
        "trained here: {data}, {n} epochs, test accuracy {accuracy}",
        found.epochs,
        data=_(DATA[found.run.data].title),
        accuracy=f"{found.accuracy:.1%}",
    )
