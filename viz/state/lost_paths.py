"""What a link says of layers that a network does not have. No Streamlit here."""

from collections.abc import Sequence

from models.runtime.messages import Message, message, plural


def lost_paths(names: Sequence[str]) -> Message:
    """Return a message about layers or groups that the network does not have, three of them by name."""
    few = ", ".join(repr(name[:60]) for name in names[:3])
    if len(names) <= 3:
        return message("this network has no {names}", names=few)
    return plural(
        "this network has no {names} and {n:,} more", "this network has no {names} and {n:,} more", len(names) - 3,
        names=few,
    )  # fmt: skip
