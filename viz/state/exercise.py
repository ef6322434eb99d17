"""An exercise that a link asks: for which number of a page, and how exactly; frozen. No Streamlit here."""

from dataclasses import dataclass
from typing import ClassVar

from models.runtime.fields import choice, number, text
from viz.state.url import Linked, Token


class Page(Token):
    """The pages whose numbers an exercise can ask for."""

    ARCHITECTURE = "architecture"
    SIGNALS = "signals"
    COMPARE = "compare"
    TRAINING = "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise(Linked):
    prefix: ClassVar[str] = "exercise."
    since_prefixes: ClassVar[bool] = True

    page: Page = choice(Page.ARCHITECTURE)
    ask: str = text()  # name of the number, as in lessons; empty: none, or `answer`
    layer: str = text()  # path of the layer that a number is of
    question: str = text()  # the lecturer's own words; empty: the usual ones
    answer: str = text()  # the lecturer's own number, as typed, where the page has none
    tolerance: float = number(0.0, 0.0, 50.0)  # percent of the right number

    @property
    def asks(self) -> bool:
        """Return whether there is a question."""
        return bool(self.ask or self.question)
