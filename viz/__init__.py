"""The Streamlit app: pages, widgets, charts and texts. Only `viz.backend` uses torch, through `models`."""
