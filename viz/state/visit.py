"""How pages are shown to a visitor: in which language, and whether to a hall. Both are part of the link."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from viz.language import ENGLISH, ask, languages, speak

_LANG = "lang"  # in the link and in the session state: the language, if it was chosen
_HALL = "present"  # the same: large text and no controls, for a lecture
_WRITTEN = "written_visit"  # in the session state: what the address was last told
FIELDS = frozenset({_LANG, _HALL})  # of a link


def query() -> dict[str, str]:
    """Return what the address is to say of it; call it when that is written."""
    spoken = {_LANG: str(st.session_state[_LANG])} if _LANG in st.session_state else {}
    st.session_state[_WRITTEN] = found = spoken | ({_HALL: "1"} if hall() else {})
    return found


def load_language() -> None:
    """Set the language: that of the link, else the one chosen before, else the browser's."""
    asked = _asked(_LANG)
    if asked in languages():
        st.session_state[_LANG] = asked
    speak(visitors_language())


def load_hall() -> None:
    """Set whether the page is presented: as the link says, else as it was chosen before."""
    asked = _asked(_HALL)
    if asked is not None:
        st.session_state[_HALL] = asked == "1"


def _asked(field: str) -> str | None:
    """Return a field of the address if it is new there; None if it was read before, or was written by `query`.

    After a change the browser may still send an older address, once or several times.
    """
    asked, read, written = st.query_params.get(field), f"read_{field}", st.session_state.get(_WRITTEN, {})
    new = asked != st.session_state.get(read) and asked != written.get(field)
    st.session_state[read] = asked
    return asked if new else None


def hall() -> bool:
    """Return whether the page is presented to a hall."""
    return bool(st.session_state.get(_HALL))


def put_hall(on: bool) -> None:  # noqa: FBT001  # of a callback
    st.session_state[_HALL] = on


def visitors_language() -> str:
    """Return the language that was chosen, else the browser's if there is a catalogue for it, else English."""
    if _LANG in st.session_state:
        return str(st.session_state[_LANG])
    locale = (st.context.locale or "").replace("-", "_")
    return next((code for code in (locale, locale.partition("_")[0]) if code in languages()), ENGLISH)


def put_language(code: str) -> None:
    """Set the visitor's language from the next rerun on."""
    st.session_state[_LANG] = code


ask(lambda: visitors_language() if get_script_run_ctx(suppress_warning=True) else ENGLISH)
