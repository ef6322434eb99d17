"""Every run that is kept on disk: opened, and deleted for good."""

import streamlit as st

from models.recipe import RunSpec
from models.runs import Status
from viz import format, state, trainings
from viz.race import Race, of


def show() -> None:
    """Every run on disk, with its state; each can be opened and deleted."""
    found = trainings.all_kept()
    if not found:
        st.info("No run is kept yet.")
        return
    st.caption(
        f"{format.plural(len(found), 'run')}, {format.size(sum(one.size for one in found))}: each in a folder of its "
        "own under runs/, as run.json, epochs.csv and weights.safetensors."
    )
    for one in found:
        words, opening, action = st.columns([8, 1, 1], vertical_alignment="center")
        if one.run is None:
            words.markdown(f"{format.as_it_is(one.id)}: **damaged** ({format.as_it_is(one.why)})")
        else:
            last = f", test accuracy {one.epochs[-1].test_accuracy:.1%}" if one.epochs else ""
            why = f" ({format.as_it_is(one.why)})" if one.why else ""
            newer = ""
            if one.unknown:
                newer = f". A newer version trained it, with fields unknown here: {format.as_it_is(_few(one.unknown))}"
            words.markdown(
                f"`{one.id}`: **{one.status}**{why}, {len(one.epochs)} of {one.run.all_epochs} epochs{last}{newer}"
            )
            opening.button(
                "Open",
                key=f"open_{one.id}",
                on_click=_open,
                args=(one.run,),
                disabled=bool(one.unknown),
                width="stretch",
            )
        with action.popover("Delete", disabled=one.status is Status.RUNNING, width="stretch"):
            st.write(f"Delete {one.id} for good?")
            st.button("Yes, delete it", key=f"delete_{one.id}", on_click=_delete, args=(one.id,), type="primary")


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(name[:40] for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _open(run: RunSpec) -> None:
    """Show one run alone."""
    own = of(run)
    state.put_race(**{field: getattr(own, field) for field in Race.__dataclass_fields__})


def _delete(own: str) -> None:
    problem = trainings.delete(own)
    st.toast(problem or f"{own} is deleted.")
