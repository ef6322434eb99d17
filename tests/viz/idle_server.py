"""Streamlit's server with time estimates as on an idle machine, so that journeys do not depend on this one's load.

`python -m tests.viz.idle_server run app.py` is `streamlit run app.py`: on a busy machine, work that a link requests would
be estimated to take long, and would wait for a click.
"""

from streamlit.web.cli import main

from viz.backend import pace

pace.Pace.learn = lambda *_: None
pace._Load.others = lambda _: 0.0

if __name__ == "__main__":
    main(prog_name="streamlit")
