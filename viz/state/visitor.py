"""Who a visitor is: on a public server each one owns the runs that they start, and only a lecturer sees all.

An owner is known by a random secret that the browser keeps in a cookie, or by their login where the operator has
configured one. What is stored is a digest of it.
"""

import hmac
import os
import re
from hashlib import blake2b
from secrets import token_hex

import streamlit as st

from models.runtime.server_limits import public

COOKIE = "skipscope_visitor"
LECTURER = "SKIPSCOPE_LECTURER"  # environment variable, or `lecturer` in secrets.toml: the lecturer's secret
_PAGE, _SECRET, _LECTURER = "visitor", "visitor_secret", "is_lecturer"  # in the session state
SHORTEST = 12  # letters of a lecturer's secret


def tab() -> str:
    """Return a random name for this tab of the browser, the same as long as it is open."""
    return str(st.session_state.setdefault(_PAGE, token_hex(8)))


def secret() -> str:
    """Return the visitor's secret: that of the cookie, else a new one that the page is to keep there."""
    if _SECRET not in st.session_state:
        kept = str(st.context.cookies.get(COOKIE, ""))
        st.session_state[_SECRET] = token_hex(16)
        adopt(kept)
    return str(st.session_state[_SECRET])


def adopt(kept: str) -> None:
    """Take the secret that the browser has kept, if it is one."""
    if re.fullmatch("[0-9a-f]{32}", kept):
        st.session_state[_SECRET] = kept


def owner() -> str:
    """Return the name under which this visitor's work is stored; on an open server all visitors are one: ""."""
    if not public():
        return ""
    told = st.user.to_dict()
    known = f"login {told.get('iss')} {told.get('sub') or told.get('email')}" if told.get("is_logged_in") else secret()
    return blake2b(known.encode(), digest_size=8).hexdigest()


def sees_all() -> bool:
    """Return whether the visitor may see and stop everything: anybody on an open server, a lecturer on a public one."""
    return not public() or bool(st.session_state.get(_LECTURER))


def has_lecturer() -> bool:
    """Return whether a lecturer's secret is set that can't be guessed by trying."""
    return len(_lecturers()) >= SHORTEST


def try_secret(given: str) -> bool:
    """Make the visitor a lecturer if the secret is right; return whether it was."""
    right = has_lecturer() and hmac.compare_digest(given.strip().encode(), _lecturers().encode())
    st.session_state[_LECTURER] = right
    return right


def leave_lecturer() -> None:
    st.session_state[_LECTURER] = False


def _lecturers() -> str:
    if said := os.environ.get(LECTURER, "").strip():
        return said
    return str(st.secrets.get("lecturer", "")).strip() if st.secrets.load_if_toml_exists() else ""
