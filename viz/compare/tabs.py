"""The tabs below the Compare page's table. Only the open one is drawn."""

from collections.abc import Callable

from viz.compare import tab_blocks, tab_choices, tab_counts, tab_difference, tab_measured, tab_numbers, tab_stages
from viz.compare.scene import Scene
from viz.state import session
from viz.state.compare import Facet
from viz.state.hidden import QUANTITIES
from viz.ui import widgets

_TELLS = dict.fromkeys(
    (Facet.STAGES, Facet.COUNTS, Facet.SHORTCUTS, Facet.DIFFERENCE, Facet.KINDS, Facet.NUMBERS), QUANTITIES
)


def show(scene: Scene) -> None:
    bodies: dict[Facet, Callable[[Scene], None]] = {
        Facet.STAGES: tab_stages.show,
        Facet.BLOCKS: tab_blocks.show,
        Facet.COUNTS: tab_counts.bars,
        Facet.DEPTH: tab_counts.depth,
        Facet.TIMING: tab_measured.timing,
        Facet.SIGNALS: tab_measured.signals,
        Facet.SHORTCUTS: tab_choices.shortcuts,
        Facet.DIFFERENCE: tab_difference.show,
        Facet.KINDS: tab_choices.kinds,
        Facet.NUMBERS: tab_numbers.show,
    }
    widgets.tabs(
        bodies,
        scene.comparison.facet,
        "facet",
        lambda facet: session.put_comparison(facet=facet),
        lambda facet: bodies[facet](scene),
        _TELLS,
    )
