"""What the server keeps of a visitor, for how long, and who sees it."""

from typing import NamedTuple

from models.runtime.server_limits import limits, public
from viz.backend.slots import PICTURES
from viz.language import _, ngettext
from viz.state import visitor


class Kept(NamedTuple):
    """Something of a visitor's, where it is, for how long, and who sees it."""

    what: str
    where: str
    how_long: str
    who: str


def rows() -> list[Kept]:
    """Return what is kept of a visitor."""
    days = limits().days
    age = _("until it is deleted") if days is None else ngettext("{n:,} day", "{n:,} days", round(days))
    found = [
        Kept(
            _("Images that you upload or draw, and what is measured with them"), _("memory"),
            _("{n} minutes after you last used them", n=round(PICTURES / 60)), _("you"),
        ),
        Kept(
            _("Trainings: settings, curves, weights"), _("disk"), age,
            _("you in your list; the curves also who opens the same race") if public() else _("everybody"),
        ),
        Kept(
            _("Other measurements"), _("memory, and disk if the operator has named a folder"),
            age, _("everybody who measures the same"),
        ),
        Kept(_("What you chose"), _("the page's address"), _("as long as you keep the link"), _("who has the link")),
    ]  # fmt: skip
    if public():
        secret = _("a cookie, {name}", name=visitor.COOKIE)
        found.insert(1, Kept(_("A random secret that marks your trainings"), secret, age, _("your browser")))
    return found
