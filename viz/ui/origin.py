"""The origin of a downloaded file: version, torch, device, seeds and link."""

from functools import cache
from importlib.metadata import version
from textwrap import wrap

from models.runtime.version import __version__
from viz.backend import cached
from viz.language import _
from viz.state import links, session


def words() -> str:
    """Return the origin in one line, without the link. Call it while a page runs: a download is made when none does."""
    return _(
        "Skipscope {version}, torch {torch}, {device}, seeds {signals} (signals), {training} (training).",
        version=__version__,
        torch=_torch(),
        device=cached.machine()[2],
        signals=session.experiment().measure.seed,
        training=session.race().run.seed,
    )


def comment() -> str:
    """Return the origin with the link, in one line."""
    return f"{words()} {links.link()}"


def caption() -> str:
    """Return the origin with the link for the caption of a picture, in lines no wider than most pictures."""
    return "\n".join(wrap(comment(), 80))


@cache
def _torch() -> str:
    return version("torch")
