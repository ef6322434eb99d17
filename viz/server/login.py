"""The visitor's login, where the operator has configured one for Streamlit (`[auth]` in secrets.toml)."""

import streamlit as st

from models.runtime.server_limits import public
from viz.language import _
from viz.style import format


def show() -> None:
    """Draw the button that signs in or out."""
    if not (public() and st.secrets.load_if_toml_exists() and "auth" in st.secrets):
        return
    told = st.user.to_dict()
    if not told.get("is_logged_in"):
        st.button(
            _("Sign in"), key="sign_in", on_click=st.login, help=_("Your trainings are then yours on every device.")
        )
        return
    name = format.as_it_is(str(told.get("name") or told.get("email") or ""))
    st.caption(_("Signed in: {name}. Your trainings are yours on every device.", name=name))
    st.button(_("Sign out"), key="sign_out", on_click=st.logout)
