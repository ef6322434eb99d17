"""A lesson as one HTML page that opens offline and prints: all steps with their figures, the answers at the end."""

from string import ascii_lowercase
from typing import TYPE_CHECKING

from markupsafe import Markup

from viz.language import language
from viz.lessons import numbers
from viz.lessons.figures import Chart, Figure, Graph, figures
from viz.lessons.lesson import Lesson, Step
from viz.lessons.measured import Found, quiet
from viz.lessons.scenes import scene
from viz.style import theme
from viz.style.html import render

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def handout(lesson: Lesson, made: str) -> str:
    """Return the page. `made` is its origin. Of a scene that isn't measured yet there is no figure and no answer."""
    reader = _reader()
    steps, answers = [], []
    first = True
    for number, step in enumerate(lesson.steps, start=1):
        staged = scene(step)
        found = quiet(staged)
        drawn: list[tuple[str, Markup]] = []
        for one in figures(step, staged, found) if found is not None else []:
            drawn.append(_html(one, reader, first=first))
            first = first and not isinstance(one, Chart)
        inline = [Markup(reader.renderInline(answer.text)) for answer in step.answers]  # noqa: S704  # escaped
        steps.append(
            {
                "title": step.title,
                "text": Markup(reader.render(step.text)),  # noqa: S704
                "figures": drawn,
                "look": Markup(reader.renderInline(step.look)),  # noqa: S704
                "question": Markup(reader.renderInline(step.question)),  # noqa: S704
                "answers": list(zip(ascii_lowercase, inline, strict=False)),
            }
        )
        if found is not None and (step.answers or step.reveal):
            told = step.told([numbers.told(found.numbers[field], how) for field, how in step.places()])
            answers.append((number, _right(step, found), Markup(reader.renderInline(told))))  # noqa: S704
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
    """The letter of the right answer; empty if there is no question."""
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
    from latex2mathml.converter import convert  # needed for a handout only  # noqa: PLC0415
    from markdown_it import MarkdownIt  # noqa: PLC0415
    from mdit_py_plugins.dollarmath import dollarmath_plugin  # noqa: PLC0415

    def formula(content: str, options: dict[str, bool]) -> str:
        html: str = convert(content, display="block" if options.get("display_mode") else "inline")
        return html

    return MarkdownIt("js-default").use(dollarmath_plugin, renderer=formula)
