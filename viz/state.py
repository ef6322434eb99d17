"""What a visitor has chosen, in `st.session_state`, and its way into the link and back.

The spec and the view are the truth; widgets are set from them before they are drawn, and callbacks write them. The
address holds what differs from the defaults, so that every state is a link and Back undoes.
"""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from secrets import token_hex
from typing import Any

import streamlit as st

from models.presets import PRESETS
from models.spec import Family, NetworkSpec
from viz.comparison import SIDEBAR, Comparison, write
from viz.experiment import Experiment
from viz.race import Race
from viz.view import View

_SPEC, _VIEW, _EXPERIMENT, _COMPARISON, _WRITTEN = "spec", "view", "experiment", "comparison", "written"
_RACE = "race"
_PROBLEMS, _NOTES, _ERRORS = "link_problems", "repairs", "errors"
_TOUCHED, _PAGE, _FROM_LINK = "touched", "page", "from_link"
_FAMILIES, _CHOSEN, _VISITOR = "families", "chosen", "visitor"
_SPEC_FIELDS = frozenset(field.name for field in fields(NetworkSpec))
_OURS = _SPEC_FIELDS | {field.name for owner in (View, Experiment, Comparison, Race) for field in fields(owner)}
# What a page starts with, until a network is chosen: one that is measured in a moment.
_STARTS = {"signals": PRESETS["resnet56_cifar"].spec, "training": PRESETS["resnet20_cifar"].spec}


def load(page: str) -> None:
    """Read the address, if it is new: a first visit, a link, Back or Forward. Before any widget is drawn.

    An address is not news when a callback has just changed the state (the browser may not have caught up), nor when
    it is empty because the visitor went to another page.
    """
    state = st.session_state
    ours = {name: value for name, value in st.query_params.to_dict().items() if name in _OURS}
    touched, elsewhere = state.pop(_TOUCHED, False), state.get(_PAGE) != page
    state[_PAGE] = page
    if _WRITTEN in state and (touched or ours == state[_WRITTEN] or (not ours and elsewhere)):
        if elsewhere and not state.get(_CHOSEN):
            state[_SPEC] = _start(page)
        return
    state[_CHOSEN] = not _SPEC_FIELDS.isdisjoint(ours)
    spec, wrong = NetworkSpec.from_query(ours) if state[_CHOSEN] else (_start(page), ())
    view, amiss = View.from_query(ours)
    experiment, astray = Experiment.from_query(ours)
    comparison, apart = Comparison.from_query(ours)
    racing, beside = Race.from_query(ours)
    strange = tuple(f"{name[:40]}: there is no such field" for name in st.query_params if name not in _OURS)
    state[_SPEC], state[_VIEW], state[_EXPERIMENT], state[_COMPARISON] = spec, view, experiment, comparison
    state[_RACE] = racing
    state[_PROBLEMS], state[_NOTES], state[_ERRORS] = (*wrong, *amiss, *astray, *apart, *beside, *strange), (), {}
    state[_FROM_LINK] = True
    state[_WRITTEN] = ours


def save() -> None:
    """Write the address, where it differs: only what is not a default."""
    query = _query()
    st.session_state[_WRITTEN] = query
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def seed(key: str, value: Any) -> None:
    """What a widget shows, set before it is drawn; the same again is not said, or it would undo what is typed now."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def tell(key: str, value: Any) -> None:
    """The same for a widget in a popover: the browser makes it when that is opened, and knows what was said last."""
    st.session_state[key] = value


def rerun() -> None:
    """Run the page again as it is; the browser that asked may have an address of a moment ago."""
    st.session_state[_TOUCHED] = True
    st.rerun()


def spec() -> NetworkSpec:
    """The network in the sidebar."""
    found: NetworkSpec = st.session_state.get(_SPEC) or NetworkSpec()
    return found


def put_spec(new: NetworkSpec, notes: tuple[str, ...] = ()) -> None:
    """Make it the network of all pages. `notes` say what had to give way."""
    st.session_state[_SPEC], st.session_state[_TOUCHED], st.session_state[_CHOSEN] = new, True, True
    st.session_state[_NOTES], st.session_state[_ERRORS], st.session_state[_PROBLEMS] = notes, {}, ()
    st.session_state.setdefault(_FAMILIES, {})[new.family] = new


def last_of(family: Family) -> NetworkSpec | None:
    """The network that was left when the other family was chosen."""
    seen: dict[Family, NetworkSpec] = st.session_state.get(_FAMILIES, {}) | {spec().family: spec()}
    return seen.get(family)


def refuse(field: str, message: str) -> None:
    """Keep the network; show why what was typed into a field is none."""
    st.session_state[_ERRORS] = {field: message}
    st.session_state[_NOTES], st.session_state[_TOUCHED] = (), True


def view() -> View:
    found: View = st.session_state.get(_VIEW) or View()
    return found


def put_view(**changes: Any) -> None:
    st.session_state[_VIEW], st.session_state[_TOUCHED] = replace(view(), **changes), True
    st.session_state[_CHOSEN] = True


def experiment() -> Experiment:
    """What the Signals page measures and shows."""
    found: Experiment = st.session_state.get(_EXPERIMENT) or Experiment()
    return found


def put_experiment(**changes: Any) -> None:
    st.session_state[_EXPERIMENT], st.session_state[_TOUCHED] = replace(experiment(), **changes), True
    st.session_state[_CHOSEN] = True  # what is worked with goes along to the other pages


def comparison() -> Comparison:
    """What the Compare page compares and shows."""
    found: Comparison = st.session_state.get(_COMPARISON) or Comparison()
    return found


def put_comparison(**changes: Any) -> None:
    st.session_state[_COMPARISON], st.session_state[_TOUCHED] = replace(comparison(), **changes), True


def race() -> Race:
    """What the Training page trains and shows."""
    found: Race = st.session_state.get(_RACE) or Race()
    return found


def put_race(**changes: Any) -> None:
    st.session_state[_RACE], st.session_state[_TOUCHED] = replace(race(), **changes), True
    st.session_state[_PROBLEMS] = ()


def edit(slots: Sequence[str], place: int, network: NetworkSpec) -> list[str]:
    """Let the sidebar hold the network at a place; what it held there before stays as it is. Returns the slots."""
    before = write(spec())
    left = [before if slot == SIDEBAR else slot for slot in slots]
    left[place] = SIDEBAR
    put_spec(network)
    return left


def visitor() -> str:
    """A name for this visitor that nobody else has."""
    name: str = st.session_state.setdefault(_VISITOR, token_hex(8))
    return name


def dark() -> bool:
    """Whether the page is shown in the dark theme, as far as the browser has told."""
    return st.context.theme.type == "dark"


def keep_known(paths: Collection[str]) -> View:
    """Drop what is selected or folded by hand and isn't in this network; a link that asked for it is told."""
    shown = view()
    lost = {
        "layer": [shown.layer] if shown.layer and shown.layer not in paths else [],
        "fold": sorted(shown.fold.difference(paths)),
    }
    if any(lost.values()):
        layer = "" if lost["layer"] else shown.layer
        st.session_state[_VIEW] = shown = replace(shown, layer=layer, fold=shown.fold & frozenset(paths))
    if st.session_state.pop(_FROM_LINK, False):
        told = [f"{field}: this network has no {_few(names)}" for field, names in lost.items() if names]
        st.session_state[_PROBLEMS] = (*link_problems(), *told)
    return shown


def link_problems() -> tuple[str, ...]:
    """What the link asked for and can't be had, one message per field."""
    return tuple(st.session_state.get(_PROBLEMS, ()))


def pop_notes() -> tuple[str, ...]:
    """What the last change moved besides the field itself; told once."""
    return tuple(st.session_state.pop(_NOTES, ()))


def used(field: str) -> str:
    """What stands in a field now, as a link would write it; "" for what is no field."""
    everything = spec().to_query(full=True)
    for shown in (view(), experiment(), comparison(), race()):
        everything |= shown.to_query(full=True)
    for several in ("compare", "race"):  # of several networks one is missing: the others are seen
        everything.pop(several)
    return everything.get(field, "")


def errors() -> dict[str, str]:
    """Field -> why its last value was refused."""
    return dict(st.session_state.get(_ERRORS, {}))


def link() -> str:
    """The address of this very state."""
    from urllib.parse import urlencode  # noqa: PLC0415

    base = (st.context.url or "").rstrip("/")
    query = _query()
    base = base if st.session_state.get(_PAGE) else f"{base}/"
    return f"{base}?{urlencode(query)}" if query else base


def _start(page: str) -> NetworkSpec:
    return _STARTS.get(page, NetworkSpec())


def _query() -> dict[str, str]:
    """Only what differs from the defaults; a page's own start says nothing, and is told from the general one."""
    start, own = _start(st.session_state.get(_PAGE, "")), spec()
    network = {} if own == start else own.to_query() or {"stages": own.to_query(full=True)["stages"]}
    return network | view().to_query() | experiment().to_query() | comparison().to_query() | race().to_query()


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(repr(name[:60]) for name in names[:3]) + more
