"""Trained networks examined in one job, and what is told of the result."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from models.training.run_spec import RunSpec
from viz.backend.job import Request
from viz.language import _, sentences
from viz.state.subjects import Curve
from viz.style.theme import SeriesStyle
from viz.text.examined import Examined, Found
from viz.ui.job_widget import ask


def examined(
    trained: Sequence[tuple[Curve, SeriesStyle]],
    what: str,
    task: Callable[[Sequence[tuple[RunSpec, int]]], Request[Any]],
    button: str,
) -> Any:
    """Return a result for each of several trained networks; None until all are there, or if there is no network."""
    if not trained:
        st.info(_("After the first epoch, this can be measured."))
        return None
    answer = ask(what, task([(curve.run, curve.stamp) for curve, __ in trained]), button=button, wanted=True)
    return answer.result if answer.result is not None and answer.fresh else None


def together(trained: Sequence[tuple[Curve, SeriesStyle]], found: Sequence[Found]) -> list[Examined[Found]]:
    """Return each trained network with its result."""
    return [Examined(curve.name, curve.run.network, one) for (curve, __), one in zip(trained, found, strict=True)]


def told(compared: str, lines: Sequence[str]) -> str:
    """Show a comparison, if there is one, and a line on each network; return all of it as the text of a chart."""
    if compared:
        st.markdown(f"**{compared}**")
    st.markdown("\n".join(f"- {line}" for line in lines))
    return sentences(filter(None, (compared, *lines)))
