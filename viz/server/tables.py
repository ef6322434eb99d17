"""The tables of the page about the server."""

from dataclasses import asdict

import pandas as pd
import streamlit as st

from models.runtime.server_limits import PREFIX, Limits, limits
from viz.language import _
from viz.server import kept
from viz.style import format


def limits_table(*, variables: bool) -> None:
    """Draw the limits in force; with the environment variables that set them, for whoever runs the server."""
    rows = []
    for name, value in asdict(limits()).items():
        label, unit = Limits.about(name)
        limit = _("{limit} ({variable})", limit=_(label), variable=f"{PREFIX}{name.upper()}") if variables else _(label)
        rows.append({_("Limit"): limit, _("Value"): worded(value, unit)})
    with st.container(key="server_limits"):
        st.table(pd.DataFrame(rows), hide_index=True)


def worded(value: float | None, unit: str) -> str:
    """Return a limit in words."""
    if value is None:
        return _("none")
    if unit == "seconds":
        return format.duration(value)
    return format.size(int(value)) if unit == "bytes" else f"{value:,.0f}"


def kept_table() -> None:
    """Draw what the server keeps of a visitor."""
    names = (_("What"), _("Where"), _("How long"), _("Who sees it"))
    with st.container(key="server_kept"):
        st.table(pd.DataFrame([dict(zip(names, row, strict=True)) for row in kept.rows()]), hide_index=True)
