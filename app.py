"""Skipscope: choose a convolutional network and see it. `streamlit run app.py`"""

from pathlib import Path

import streamlit as st

from viz import controls, state, warm

st.set_page_config(page_title="Skipscope", page_icon="🔭", layout="wide", initial_sidebar_state="auto")
assets = Path(__file__).parent / "assets"
st.logo(assets / "logo.svg", size="large")
st.html(assets / "style.css")

page = st.navigation(
    [
        st.Page("viz/pages/architecture.py", title="Architecture", default=True),
        st.Page("viz/pages/signals.py", title="Signals"),
        st.Page("viz/pages/compare.py", title="Compare"),
        st.Page("viz/pages/training.py", title="Training"),
    ],
    position="top",
)
state.load(page.url_path)
with st.sidebar:
    controls.show(page.url_path)
warm.start()
page.run()
state.save()
