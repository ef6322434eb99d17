"""The first glance: what the network is, and its numbers beside the published ones."""

import streamlit as st

from models import memory_limits
from models.depths import other_depth, printed_depth
from models.names import Match, Name, compare, depth_note
from models.presets import PRESETS
from models.records import Trace
from models.spec import NetworkSpec
from viz import format, state

_MOST_PROBLEMS = 12
_LITTLE = 600 * 10**6  # bytes: less than the default measurement of a ResNet-18 takes
_PARAMS_HELP = "Trainable numbers. The running means and variances of batch norms are counted apart, as statistics"
_MACS_HELP = """MACs are multiply-accumulates of convolutions and linear layers, for one image: a filter's weights,
once for each number it puts out. FLOPs count the multiplication and the addition: 2 * MACs. Norms, activations, pooling
and joins are left out. What papers call FLOPs are mostly MACs; torchinfo's mult-adds include biases and norms."""


def title(name: Name) -> None:
    """What the network is, in one sentence: its name, and a badge with its source or its differences."""
    note = PRESETS[name.preset].note if name.preset else ""
    tick, colour = ("✓ ", "blue") if name.preset else ("", "gray")
    st.title(f"{name.title} :small[:{colour}-badge[{tick}{name.detail}]]", anchor=False, help=note or None)


def skip_link(words: str, target: str) -> None:
    """For the keyboard: the first thing on the page leads past all controls, to the element with an id."""
    with st.container(key="skip"):
        st.html(f'<a class="skip" href="#{target}">{words}</a>')


def share(what: str) -> None:
    """The link to this very state of what is shown."""
    with st.popover("Share", width="stretch"):
        st.write(f"This link opens the same view of {what}:")
        st.code(state.link(), language=None, wrap_lines=True)


def messages() -> None:
    """What a link asked for and can't be had, with what is used instead; what the last change moved."""
    if problems := state.link_problems():
        lines = "\n".join(f"- {format.as_it_is(problem)}{_instead(problem)}" for problem in problems[:_MOST_PROBLEMS])
        more = f"\n- and {len(problems) - _MOST_PROBLEMS:,} more" if len(problems) > _MOST_PROBLEMS else ""
        st.warning(f"The link could not be followed in every part; the rest of it is shown.\n{lines}{more}")
    if notes := state.pop_notes():
        st.toast(" ".join(notes), duration="long")


def memory() -> None:
    """Where this server has little memory left, say so before anything is started."""
    left = memory_limits.available()
    if left < _LITTLE:
        st.warning(
            f"This server has {format.size(left)} of memory left: only small networks, inputs and batches can be "
            "measured or trained now, and what does not fit is refused."
        )


def _instead(problem: str) -> str:
    value = state.used(problem.partition(":")[0])
    return f" Used instead: {format.as_it_is(value)}" if value else ""


def numbers(spec: NetworkSpec, trace: Trace, name: Name) -> None:
    preset = PRESETS[name.preset] if name.preset else None
    params = compare(trace.params, preset.params, slack=trace.norm_params) if preset else None
    macs = compare(trace.macs, preset.macs) if preset else None
    source = preset.source if preset else ""
    columns = st.container(key="metrics").columns([5, 5, 3, 3, 3])
    with columns[0]:
        st.metric("Parameters", f"{trace.params:,}", help=_PARAMS_HELP + _counters(trace) + _why(params))
        st.caption(f"{_beside(params, source)}statistics: {trace.buffers - trace.counters:,}")
    with columns[1]:
        st.metric("MACs for one image", f"{trace.macs:,}", help=_MACS_HELP + _why(macs))
        st.caption(f"{_beside(macs, source)}{format.short(trace.flops)}FLOPs")
    with columns[2]:
        st.metric("Depth", f"{trace.depth:,} layers", help=f"Counted: {trace.depth_rule}. {depth_note(spec)}".strip())
        st.caption(_otherwise(spec) or f"of {len(trace.layers):,} layers in all")
    with columns[3]:
        seen = f"{trace.receptive_field:,} px"
        st.metric(
            "Receptive field", seen, help="Of one position before the global pooling: the largest any channel has."
        )
        st.caption(f"image: {format.shape(spec.input_shape[1:])} px")
    with columns[4]:
        st.metric(
            "Activations",
            format.size(trace.activation_bytes),
            help=f"The outputs of all layers for one image in float32: {trace.activation_bytes:,} bytes. "
            "torchinfo shows another number: see the tab As others count.",
        )
        st.caption("one image, float32")


def _otherwise(spec: NetworkSpec) -> str:
    printed, other = printed_depth(spec), other_depth(spec)
    if printed is not None:
        return f"called {printed} in the paper"
    if other is None:
        return ""
    return f"{other:,} as {'pre-activation ResNets' if spec.counts_projections else 'Wide ResNets'} count"


def _counters(trace: Trace) -> str:
    """The rest of torch's buffers."""
    if not trace.counters:
        return "."
    return f"; {trace.counters:,} counters of batches, one in each batch norm, make {trace.buffers:,} buffers in all."


def _beside(match: Match | None, source: str) -> str:
    """A tick, or the published number where ours is only near to it; the reason is in the help."""
    if match is None:
        return ""
    where = "torchvision's" if source == "torchvision" else f"{match.published} published"
    return f"{'✗' if not match.agrees else '≈' if match.reason else '✓'} {where} · "


def _why(match: Match | None) -> str:
    return f" Published: {match.published}; {match.reason}." if match and match.reason else ""
