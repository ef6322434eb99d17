"""The top of a page: the network's name, its numbers beside the published ones, the link, and messages."""

from collections.abc import Callable

import streamlit as st

from models.runtime import memory_limits
from models.runtime.fields import Problem
from models.specs.depth import other_depth, printed_depth
from models.specs.external import ExternalSpec, Network
from models.specs.naming import Match, Name, compare, depth_note
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.records import Trace
from viz.language import _, labelled, listing, ngettext, sentences, worded
from viz.state import links, maker, session
from viz.state.hidden import hides
from viz.style import format
from viz.text.formulas import undefined_field
from viz.text.labels import label
from viz.text.messages import repaired
from viz.ui import hall

_MOST_PROBLEMS = 12
_LONG = ("params", "macs")  # quantities with many digits
_LITTLE = 600 * 10**6  # bytes: less than the default measurement of a ResNet-18 takes


def title(name: Name) -> None:
    """Draw the network's name, with a badge for its source or its differences from a preset."""
    if hides("name"):
        st.title(_("Which network is this?"), anchor=False)
        return
    note = PRESETS[name.preset].note if name.preset else ""
    tick, colour = ("✓ ", "blue") if name.preset else ("", "gray")
    badge = f":small[:{colour}-badge[{tick}{worded(name.detail)}]]"
    st.title(f"{worded(name.title)} {badge}", anchor=False, help=_(note) if note else None)


def skip_link(words: str, target: str) -> None:
    """Draw a link for keyboard users that skips all controls and leads to the element with the id `target`."""
    with st.container(key="skip"):
        st.html(f'<a class="skip" href="#{target}">{words}</a>')


def share(what: str) -> None:
    """Draw a popover with the link to the current state."""
    # while an exercise is made, another popover stands there: it is closed
    with st.popover(_("Share"), key="share_closed" if maker.wanted(session.page()) else "share", width="stretch"):
        named = _("this network") if hides("name") else what
        st.write(_("This link opens the same view of {what}:", what=named))
        st.code(links.link(), language=None, wrap_lines=True)
        if session.page() != "lessons":
            hall.button()
            if not session.exercise().asks:
                how = _("A link to this page that asks for one of its numbers, and hides it.")
                words, page = _("Make an exercise"), session.page()
                st.button(words, key="make_exercise", on_click=maker.want, args=(page,), help=how, width="stretch")


def messages() -> None:
    """Show what is invalid in the link, with what is used instead, and what else the last change has changed."""
    if problems := session.link_problems():
        lines = [_problem(problem) for problem in problems[:_MOST_PROBLEMS]]
        if len(problems) > _MOST_PROBLEMS:
            lines.append(_("and {n:,} more", n=len(problems) - _MOST_PROBLEMS))
        told = _("Some parts of the link are not valid. The rest is shown.")
        st.warning("\n".join([told, *(f"- {line}" for line in lines)]))
    if notes := session.pop_notes():
        st.toast(sentences(map(repaired, notes)), duration="long")


def _problem(problem: Problem) -> str:
    told = format.as_it_is(labelled(problem.field, worded(problem.message)))
    if value := session.used(problem.field):
        return _("{problem}. Used instead: {value}.", problem=told, value=format.as_it_is(value))
    return told


def memory() -> None:
    """Warn, before anything is started, if this server has little memory left."""
    left = memory_limits.available()
    if left < _LITTLE:
        st.warning(
            _(
                "This server has {memory} of memory left. Only small networks, inputs and batches can be measured or "
                "trained now; larger ones are refused.",
                memory=format.size(left),
            )
        )


def numbers(spec: Network, trace: Trace, name: Name) -> None:
    """Draw the network's totals that are not hidden, beside the published ones, if there are any."""
    params, macs, theirs = _published(spec, trace, name)
    drawn: dict[str, Callable[[], None]] = {
        "params": lambda: _params(spec, trace, params, theirs=theirs),
        "macs": lambda: _macs(trace, macs, theirs=theirs),
        "depth": lambda: _depth(spec, trace),
        "receptive_field": lambda: _field(spec, trace),
        "memory": lambda: _memory(trace),
    }
    shown = [quantity for quantity in drawn if not hides(quantity)]
    if not shown:
        return
    places = st.container(key="metrics").columns([5 if quantity in _LONG else 3 for quantity in shown])
    for quantity, place in zip(shown, places, strict=True):
        with place:
            drawn[quantity]()


def _params(spec: Network, trace: Trace, published: Match | None, *, theirs: bool) -> None:
    st.metric(_("Parameters"), f"{trace.params:,}", help=_joined(_params_help(trace), _why(published)))
    more = [_("with the parts for training")] if _counts_unused(spec, trace) else []
    statistics = _("running statistics: {n:,}", n=trace.buffers - trace.counters)
    st.caption(" · ".join([*_beside(published, theirs=theirs), *more, statistics]))


def _macs(trace: Trace, published: Match | None, *, theirs: bool) -> None:
    st.metric(_("MACs for one image"), f"{trace.macs:,}", help=_joined(_macs_help(), _why(published)))
    st.caption(" · ".join([*_beside(published, theirs=theirs), _("{flops}FLOPs", flops=format.short(trace.flops))]))


def _depth(spec: Network, trace: Trace) -> None:
    note = depth_note(spec)
    rule = _("Counted: {rule}.", rule=label(trace.depth_rule))
    words = ngettext("{n:,} layer", "{n:,} layers", trace.depth)
    st.metric(_("Depth"), words, help=_joined(rule, worded(note) if note else ""))
    st.caption(_otherwise(spec) or _("of {n:,} layers in all", n=len(trace.layers)))


def _field(spec: Network, trace: Trace) -> None:
    if trace.receptive_field:
        field = f"{trace.receptive_field:,} px"
        why = _(
            "Of one position before the global pooling; the largest over all channels. Norms are taken as acting "
            "on each position alone."
        )
    else:
        field = "–"
        why = undefined_field(trace)
    st.metric(_("Receptive field"), field, help=why)
    st.caption(_("image: {shape} px", shape=format.shape(spec.input_shape[1:])))


def _memory(trace: Trace) -> None:
    st.metric(
        _("Activations"),
        format.size(trace.activation_bytes),
        help=_(
            "The outputs of all layers for one image in float32: {bytes:,} bytes. torchinfo shows another "
            "number: see the tab “Counts by other tools”.",
            bytes=trace.activation_bytes,
        ),
    )
    st.caption(_("one image, float32"))


def _published(spec: Network, trace: Trace, name: Name) -> tuple[Match | None, Match | None, bool]:
    """Parameters and MACs beside those that are published, and whether torchvision prints them."""
    if isinstance(spec, ExternalSpec):
        listed = spec.listed
        if listed is None:
            return None, None, False
        params = trace.params + (sum(trace.unused.values()) if _counts_unused(spec, trace) else 0)
        return compare(params, listed.params), compare(trace.macs, listed.macs), True
    if not name.preset:
        return None, None, False
    preset = PRESETS[name.preset]
    params_match = compare(trace.params, preset.params, slack=trace.norm_params)
    return params_match, compare(trace.macs, preset.macs), preset.torchvision


def _counts_unused(spec: Network, trace: Trace) -> bool:
    """Whether torchvision's number of parameters includes the parts that run only in training."""
    listed = spec.listed if isinstance(spec, ExternalSpec) else None
    return listed is not None and bool(trace.unused) and trace.params != listed.params


def _joined(*said: str) -> str:
    return sentences(said)


def _params_help(trace: Trace) -> str:
    words = _(
        "Trainable parameters only. The running means and variances of batch norms are counted separately, as "
        "running statistics."
    )
    if trace.unused:
        words = _joined(
            words,
            _(
                "{n:,} more are in parts that run only in training: {parts}.",
                n=sum(trace.unused.values()),
                parts=listing(trace.unused),
            ),
        )
    if not trace.counters:
        return words
    buffers = ngettext(
        "With {n:,} batch counter, one per batch norm, there are {buffers:,} buffers in all.",
        "With {n:,} batch counters, one per batch norm, there are {buffers:,} buffers in all.",
        trace.counters,
        buffers=trace.buffers,
    )
    return f"{words} {buffers}"


def _macs_help() -> str:
    return _(
        "MACs are the multiply-accumulates of convolutions and linear layers for one image: each weight of a "
        "filter once per element of its output. FLOPs count multiplications and additions: 2 * MACs. Norms, "
        "activation functions, pooling, additions and concatenations are left out. Most papers that say FLOPs "
        "mean MACs; torchinfo's mult-adds include biases and norms."
    )


def _otherwise(spec: Network) -> str:
    """The depth by another rule, if there is one."""
    printed, other = printed_depth(spec), other_depth(spec)
    if printed is not None:
        return _("called {depth} in the paper", depth=printed)
    if other is None:
        return ""
    if isinstance(spec, NetworkSpec) and spec.counts_projections:
        return _("{depth:,} by the rule for pre-activation ResNets", depth=other)
    return _("{depth:,} by the rule for Wide ResNets", depth=other)


def _beside(match: Match | None, *, theirs: bool) -> list[str]:
    """A mark for how a count compares with torchvision's or a paper's; the reason is in the tooltip."""
    if match is None:
        return []
    mark = "✗" if not match.agrees else "≈" if match.reason else "✓"
    if theirs:
        return [_("{mark} torchvision's", mark=mark)]
    return [_("{mark} {number} published", mark=mark, number=match.published)]


def _why(match: Match | None) -> str:
    if match is None or match.reason is None:
        return ""
    return _("Published: {number}; {reason}.", number=match.published, reason=worded(match.reason))
