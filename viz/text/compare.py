"""Sentences on which network is smaller, cheaper or needs less memory, and why, computed from the numbers."""

from collections.abc import Callable, Sequence
from typing import Literal

from models.signals.records import Timing
from models.specs.spec import NetworkSpec
from models.tracing.diff import Term, difference
from models.tracing.kinds import KINDS
from models.tracing.layers import INPUT
from models.tracing.records import EqualBlock, Variant
from viz.language import _, clauses, listing, ngettext, sentences, worded
from viz.state.subjects import Subject
from viz.style import format

_UNSTEADY = 1.2  # ratio of the quartiles above which runs are called unsteady
Quantity = Literal["params", "macs"]


def comparison(subjects: Sequence[Subject], batch: int) -> str:
    """Return three short sentences in Markdown, and a note if inputs differ; for a single network, its own numbers."""
    if len(subjects) == 1:
        own = subjects[0]
        return _(
            "**{name}** has {params:,} parameters, needs {macs}MACs per image, and saves {memory} of activations "
            "for the backward pass with a batch of {batch}. Add another network to compare.",
            name=own.name,
            params=own.trace.params,
            macs=_giga(own.trace.macs),
            memory=format.size(own.kept * batch),
            batch=batch,
        )
    return sentences(
        (_least(subjects, "params"), _least(subjects, "macs"), _memory(subjects, batch), *_inputs(subjects))
    )


def _inputs(subjects: Sequence[Subject]) -> list[str]:
    """A note, if the networks have inputs of different sizes."""
    sizes = {one.trace.input_shape: one for one in subjects}
    if len(sizes) == 1:
        return []
    given = (_("{shape} for {name}", shape=format.shape(shape), name=one.name) for shape, one in sorted(sizes.items()))
    return [
        _(
            "The networks have inputs of different sizes ({sizes}), which changes MACs and memory as well.",
            sizes=_(", ").join(given),
        )
    ]


def _least(subjects: Sequence[Subject], quantity: Quantity) -> str:
    """Which network has the fewest parameters or MACs, and which part of the networks makes most of the difference."""

    def count(one: Subject) -> int:
        return one.trace.params if quantity == "params" else one.trace.macs

    shown = _short if quantity == "params" else _giga
    low, high = min(subjects, key=count), max(subjects, key=count)
    if count(low) == count(high):
        return _equal(quantity, len(subjects), shown(count(low)))
    terms: tuple[Term, ...] = getattr(difference(high.trace, low.trace), quantity)
    total = sum(term.change for term in terms)
    part = max(terms, key=lambda term: term.change * (1 if total > 0 else -1))
    first = [one.name for one in subjects if count(one) == count(low)]
    least, most = shown(count(low)), shown(count(high))
    if least == most:  # equal only in their short forms
        least, most = format.whole(count(low)), format.whole(count(high))
    what = {
        "names": listing(first),
        "least": least,
        "other": high.name,
        "most": most,
        "part": worded(part.name),
        "less": _or_none(part.right, shown),
        "more": _or_none(part.left, shown),
    }
    if quantity == "params":
        return ngettext(
            "**{names}** has the fewest parameters ({least}; {other} has {most}), mostly because of its {part}: {less} "
            "against {more}.",
            "**{names}** have the fewest parameters ({least}; {other} has {most}), mostly because of their {part}: "
            "{less} against {more}.",
            len(first),
            **what,
        )
    return ngettext(
        "**{names}** needs the fewest MACs ({least}; {other} needs {most}), mostly because of its {part}: {less} "
        "against {more}.",
        "**{names}** need the fewest MACs ({least}; {other} needs {most}), mostly because of their {part}: {less} "
        "against {more}.",
        len(first),
        **what,
    )


def _equal(quantity: Quantity, networks: int, count: str) -> str:
    if quantity == "params":
        if networks == 2:
            return _("Both have the same number of parameters: {count}.", count=count)
        return _("All have the same number of parameters: {count}.", count=count)
    if networks == 2:
        return _("Both need the same number of MACs: {count}.", count=count)
    return _("All need the same number of MACs: {count}.", count=count)


def _memory(subjects: Sequence[Subject], batch: int) -> str:
    low, high = min(subjects, key=lambda one: one.kept), max(subjects, key=lambda one: one.kept)
    if low.kept == high.kept:
        return _(
            "All save the same amount of activations for the backward pass: {memory} with a batch of {batch}.",
            memory=format.size(low.kept * batch),
            batch=batch,
        )
    more = {what: own - low.keeps.get(what, 0) for what, own in high.keeps.items()}
    most = max(more, key=lambda what: more[what])
    return _(
        "**{high}** saves the most activations for the backward pass ({most} with a batch of {batch}; {low} saves "
        "{least}), mostly {what}: {own} against {other} per image.",
        high=high.name,
        most=format.size(high.kept * batch),
        batch=batch,
        low=low.name,
        least=format.size(low.kept * batch),
        what=_saved(most),
        own=format.size(high.keeps[most]),
        other=_or_none(low.keeps.get(most, 0), format.size),
    )


def _saved(what: str) -> str:
    """What is saved for the backward pass, in words."""
    if what == INPUT:
        return _("the image")
    if what == "maxima":
        return _("the positions of the maxima in max pooling")
    return _("outputs of {layers}", layers=_(KINDS[what].outputs))


def _or_none(number: int, shown: Callable[[int], str]) -> str:
    return shown(number).strip() if number else _("none")


def explained(left: Subject, right: Subject, quantity: Quantity) -> str:
    """Explain the difference of two counts, part by part.

    As in "B has 3,008 more parameters than A: convolution biases +4,800, norms on the shortcuts -1,792."
    """
    terms: tuple[Term, ...] = getattr(difference(left.trace, right.trace), quantity)
    total = sum(term.change for term in terms)
    parts = _(", ").join(f"{worded(term.name)} {signed(term.change)}" for term in terms)
    names = {"right": right.name, "left": left.name}
    if quantity == "params":
        if not terms:
            return _("**{right}** has as many parameters as **{left}**, in every part.", **names)
        if total == 0:
            return _(
                "**{right}** has as many parameters as **{left}**, but in other places: {parts}.", **names, parts=parts
            )
        if total > 0:
            return _("**{right}** has {n:,} more parameters than **{left}**: {parts}.", **names, n=total, parts=parts)
        return _("**{right}** has {n:,} fewer parameters than **{left}**: {parts}.", **names, n=-total, parts=parts)
    if not terms:
        return _("**{right}** needs as many MACs as **{left}**, in every part.", **names)
    if total == 0:
        return _("**{right}** needs as many MACs as **{left}**, but in other places: {parts}.", **names, parts=parts)
    if total > 0:
        return _("**{right}** needs {n:,} more MACs than **{left}**: {parts}.", **names, n=total, parts=parts)
    return _("**{right}** needs {n:,} fewer MACs than **{left}**: {parts}.", **names, n=-total, parts=parts)


def signed(number: int) -> str:
    """Format a number with its sign, a real minus sign: 1234 -> "+1,234", -5 -> "−5"."""
    return f"{number:+,}".replace("-", "−")


def timings(named: Sequence[tuple[str, Timing]]) -> str:
    """Return which network is the fastest for one image and which in training, if the runs distinguish them."""
    quick_name, quick = min(named, key=lambda pair: pair[1].latency.middle)
    busy_name, busy = max(named, key=lambda pair: pair[1].training_throughput)
    latency, rate = format.number(quick.latency.middle * 1e3), format.number(busy.training_throughput)
    said = []
    if len(named) == 1:
        said.append(
            _(
                "On this machine ({device}), {name} takes {latency} ms for one image and trains on {rate} images per "
                "second with a batch of {batch}.",
                device=quick.device,
                name=quick_name,
                latency=latency,
                rate=rate,
                batch=busy.batch,
            )
        )
    else:
        soon = [name for name, one in named if one.latency.overlaps(quick.latency)]
        fast = [name for name, one in named if one.training.overlaps(busy.training)]
        if len(soon) == 1:
            said.append(
                _(
                    "On this machine ({device}), {name} is the fastest for one image: {latency} ms.",
                    device=quick.device,
                    name=quick_name,
                    latency=latency,
                )
            )
        else:
            said.append(
                _(
                    "On this machine ({device}), {names} are equally fast for one image, within what these runs can "
                    "tell: about {latency} ms.",
                    device=quick.device,
                    names=listing(soon),
                    latency=latency,
                )
            )
        if len(fast) == 1:
            said.append(
                _(
                    "In training, {name} processes the most images: {rate} per second with a batch of {batch}.",
                    name=busy_name,
                    rate=rate,
                    batch=busy.batch,
                )
            )
        else:
            said.append(
                _(
                    "In training, {names} are equally fast: about {rate} images per second with a batch of {batch}.",
                    names=listing(fast),
                    rate=rate,
                    batch=busy.batch,
                )
            )
    spreads = [spread for __, one in named for spread in (one.latency, one.forward, one.training)]
    if any(spread.high > _UNSTEADY * spread.low for spread in spreads):
        said.append(
            _(
                "Runs of the same network differ by more than a fifth: another program may be using this "
                "machine, so small differences between networks mean nothing."
            )
        )
    return sentences(said)


def depths(subjects: Sequence[Subject]) -> str:
    """Return which network has the highest peak of activation memory in a forward pass alone."""
    peaks = {one.name: max(one.trace.live_bytes) for one in subjects}
    most, least = max(peaks, key=lambda name: peaks[name]), min(peaks, key=lambda name: peaks[name])
    if peaks[most] == peaks[least]:
        return _(
            "A forward pass of one image needs {memory} of activations in memory at its peak.",
            memory=format.size(peaks[most]),
        )
    first = [name for name, peak in peaks.items() if peak == peaks[most]]
    return ngettext(
        "In a forward pass of one image, {names} has the highest peak of activations in memory: {most} ({least} has "
        "{low}). Training saves far more: see the table.",
        "In a forward pass of one image, {names} have the highest peak of activations in memory: {most} ({least} has "
        "{low}). Training saves far more: see the table.",
        len(first),
        names=listing(first),
        most=format.size(peaks[most]),
        least=least,
        low=format.size(peaks[least]),
    )


def shortcut_costs(name: str, variants: Sequence[Variant], kept: Sequence[int]) -> str:
    """Return what each kind of shortcut adds to the plain network. `kept`: bytes saved for backward, for one image."""
    base = variants[0].trace
    parts = []
    for variant, held in zip(variants[1:], kept[1:], strict=True):
        more = []
        if params := variant.trace.params - base.params:
            more.append(_("{count} parameters", count=format.short(params)))
        if macs := variant.trace.macs - base.macs:
            more.append(_("{count} MACs", count=format.short(macs)))
        if held != kept[0]:
            more.append(_("{memory} saved for backward per image", memory=format.size(held - kept[0])))
        if more:
            parts.append(_("{shortcut} (adds {what})", shortcut=worded(variant.name), what=listing(more)))
        else:
            parts.append(_("{shortcut} (adds nothing)", shortcut=worded(variant.name)))
    return _("Compared with {name} without shortcuts: {parts}.", name=name, parts=clauses(parts))


def solved_width(variant: EqualBlock) -> str:
    """Return the width at which a block has the MACs of the network's own block."""
    if isinstance(variant.spec, NetworkSpec) and "group_width" in variant.spec.block_type.takes:
        return _("{width:,} (of each group)", width=variant.width)
    return _("{width:,} (of the stage)", width=variant.width)


def _short(number: int) -> str:
    return format.short(number).strip()


def _giga(number: int) -> str:
    return f"{number / 1e9:.2f} G" if number >= 1e9 else f"{number / 1e6:.2f} M"
