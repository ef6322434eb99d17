"""A lesson as one HTML page that opens offline and prints: all steps with their figures, the answers at the end."""

from collections.abc import Mapping
from string import ascii_lowercase
from types import MappingProxyType
from typing import TYPE_CHECKING

from markupsafe import Markup

from models.runtime.messages import UserError
from models.signals.records import Pair
from viz.language import language, worded
from viz.lessons import numbers
from viz.lessons.figures import Chart, Figure, Graph, figures
from viz.lessons.formulas import mathml
from viz.lessons.lesson import Lesson, Step
from viz.lessons.measured import Found, quiet
from viz.lessons.scenes import scene
from viz.style import theme
from viz.style.html import render

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def handout(lesson: Lesson, made: str, pairs: Mapping[str, Pair] = MappingProxyType({})) -> str:
    """Return the page. `made` is its origin; `pairs` are the signals that this visitor has measured, by request.

    Of a scene that isn't measured yet there is no figure and no answer; of one that can't be shown, the reason.
    """
    reader = _reader()
    steps, answers = [], []
    first = True
    for number, step in enumerate(lesson.steps, start=1):
        inline = [Markup(reader.renderInline(answer.text)) for answer in step.answers]  # noqa: S704  # escaped
        told = {
            "title": step.title,
            "text": Markup(reader.render(step.text)),  # noqa: S704
            "look": Markup(reader.renderInline(step.look)),  # noqa: S704
            "question": Markup(reader.renderInline(step.question)),  # noqa: S704
            "blank": bool(step.ask),
            "answers": list(zip(ascii_lowercase, inline, strict=False)),
        }
        drawn: list[tuple[str, Markup]] = []
        try:
            staged = scene(step)
            found = quiet(step, staged, pairs)
            for one in figures(step, staged, found) if found is not None else []:
                drawn.append(_html(one, reader, first=first))
                first = first and not isinstance(one, Chart)
            if found is not None and (step.asks or step.reveal):
                sentence = step.told([numbers.told(found.numbers[field], how) for field, how in step.places()])
                answers.append((number, _right(step, found), Markup(reader.renderInline(sentence))))  # noqa: S704
        except UserError as error:
            drawn.append(("", Markup("<p>{}</p>").format(worded(error))))
        steps.append(told | {"figures": drawn})
    page: str = render(
        "lessons/handout.html",
        language=language(),
        font=Markup(theme.FONT),  # noqa: S704  # ours
        title=lesson.title,
        about=lesson.about,
        steps=steps,
        answers=answers,
        origin=made,
    )
    return page


def _right(step: Step, found: Found) -> str:
    """The letter of the right answer; empty if there are none to choose from."""
    right = (
        letter for letter, one in zip(ascii_lowercase, step.answers, strict=False) if one.when.holds(found.numbers)
    )
    return next(right, "")


def _html(one: Figure, reader: "MarkdownIt", *, first: bool) -> tuple[str, Markup]:
    """A figure's alternative text and HTML; the first chart brings Plotly's code for all."""
    if isinstance(one, Graph):
        return one.title or one.picture.alt, Markup(one.svg)  # noqa: S704  # written with all names escaped
    if isinstance(one, Chart):
        figure = one.draw(dark=False)
        figure.update_layout(template="plotly_white", paper_bgcolor="white", plot_bgcolor="white")
        html = figure.to_html(full_html=False, include_plotlyjs=first, config={"displaylogo": False})
        return one.alt, Markup(html)  # noqa: S704
    return "", Markup(reader.render(one.markdown))  # noqa: S704


def _reader() -> "MarkdownIt":
    """Markdown without HTML, with tables, and formulas as MathML, which browsers draw themselves."""
    from markdown_it import MarkdownIt  # noqa: PLC0415
    from mdit_py_plugins.dollarmath import dollarmath_plugin  # noqa: PLC0415

    def formula(content: str, options: dict[str, bool]) -> str:
        return mathml(content, block=bool(options.get("display_mode")))

    return MarkdownIt("js-default").use(dollarmath_plugin, renderer=formula)
