"""Page about the server: whom it serves, its limits, what it keeps, and what a lecturer may do."""

import streamlit as st

from models.runtime.server_limits import problems, public
from viz.backend import execution
from viz.language import _, labelled, worded
from viz.state import visitor
from viz.style import format

st.title(_("This server"), anchor=False)
if public():
    st.markdown(
        _(
            "It is public: visitors are told from one another. Only you see the list of the trainings that you start. "
            "Who opens the same race, by its link or its settings, sees its curves; who starts it too shares it with "
            "you, and it goes on until you both stop it. Visitors take turns."
        )
    )
else:
    st.markdown(_("It is open: all its visitors see, stop and delete the same. Use it among people whom you trust."))
for problem in problems():
    st.warning(labelled(_("Ignored"), format.as_it_is(worded(problem))))
if (wrong := execution.problem()) is not None:
    st.warning(format.as_it_is(worded(wrong)))

from viz.server import lecturer, login, tables  # imported late: loads pandas

login.show()
st.header(_("What it keeps of you"), anchor=False)
tables.kept_table()
st.header(_("Its limits"), anchor=False)
tables.limits_table(variables=visitor.sees_all())
lecturer.sign_in()
if public() and visitor.sees_all():
    lecturer.jobs()
    lecturer.runs()
