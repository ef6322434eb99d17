"""The data that the tabs of the Signals page draw."""

from dataclasses import dataclass

from models.signals.records import Pair
from models.specs.external import Network
from models.specs.naming import describe
from viz.backend import cached
from viz.language import _, worded
from viz.state import session
from viz.state.architecture import View
from viz.state.signals import Experiment
from viz.ui.widgets import Form


@dataclass(frozen=True, slots=True)
class Scene:
    """The measurement, the network, the page's settings and the uploaded picture."""

    pair: Pair
    spec: Network
    experiment: Experiment
    view: View
    picture: bytes | None

    @property
    def name(self) -> str:
        """Base name of downloaded files."""
        return cached.file_name(self.spec)

    @property
    def form(self) -> Form:
        """Form of the widgets for how the measurement is shown."""
        return Form(self.experiment, session.put_experiment, "experiment")

    def alt(self, said: str) -> str:
        """Return a chart's alternative text: the names of the networks, and the finding."""
        return f"{who(self.pair)} {said}"


def who(pair: Pair) -> str:
    """Return a sentence that names the two networks."""
    return _("{network} and its twin without skips.", network=worded(describe(pair.skips.spec).title))


def pick(path: str) -> None:
    """Select a layer on all pages."""
    session.put_view(layer=path)
