"""Import of the heavy libraries, once per server, in the background, so that the controls appear first."""

import gc
import threading
import time

import streamlit as st

from viz.language import _

_HEAD_START = 0.4  # seconds for the browser to fetch its widgets' code from this process, which importing delays
_NUMBERS, _PICTURE = 84, 460  # pixels: about the heights of a page's row of numbers and of its picture


@st.cache_resource(show_spinner=False)
def start() -> threading.Thread:
    """Start to import torch and pandas in a thread, while the first page is drawn."""
    thread = threading.Thread(target=_import, name="import torch", daemon=True)
    thread.start()
    return thread


def wait() -> None:
    """Wait until they are imported, with the outlines of a page in its place; later calls return at once."""
    thread = start()
    if thread.is_alive():
        outlines = st.empty()
        with outlines.container():
            st.caption(_("Loading PyTorch ..."))
            st.skeleton(height=_NUMBERS)
            st.skeleton(height=_PICTURE)
        thread.join()
        outlines.empty()


def _import() -> None:
    time.sleep(_HEAD_START)
    import pandas  # noqa: F401, ICN001, PLC0415

    import models.tracing.tracer  # noqa: F401, PLC0415

    # Streamlit collects garbage after every run; if torch's objects were not frozen, each run would take 0.1 s longer.
    gc.collect()
    gc.freeze()
