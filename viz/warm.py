"""The heavy libraries are imported after the controls are painted, once for the server."""

import gc
import threading
import time

import streamlit as st

_HEAD_START = 0.4  # seconds: the browser fetches its widgets' code from this process, which importing would hold up


@st.cache_resource(show_spinner=False)
def start() -> threading.Thread:
    """Begin to import torch and pandas beside the first page."""
    thread = threading.Thread(target=_import, name="import torch", daemon=True)
    thread.start()
    return thread


def wait() -> None:
    """Until they are there; says so to a server's first visitors, and is nothing afterwards."""
    thread = start()
    if thread.is_alive():
        with st.spinner("PyTorch is loading ..."):
            thread.join()


def _import() -> None:
    time.sleep(_HEAD_START)
    import models.trace  # noqa: F401, PLC0415
    import viz.tables  # noqa: F401, PLC0415

    # Streamlit collects garbage after every run; with torch's objects in sight each run would take 0.1 s longer.
    gc.collect()
    gc.freeze()
