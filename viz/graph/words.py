"""The texts of a graph: tooltips, alternative texts and captions."""

from collections.abc import Collection
from xml.sax.saxutils import escape

from models.tracing.kinds import JOINS, KINDS, Kind
from models.tracing.layers import EdgeKind, Layer
from models.tracing.records import Trace
from viz.graph.folding import Group, Rank
from viz.graph.picture import Legend
from viz.language import _, clauses, listing, ngettext
from viz.style import format


def words(layer: Layer) -> str:
    """Describe a layer in one line, for tooltips and screen readers."""
    kind = _(KINDS[layer.kind].label)
    if layer.kind is Kind.CONV and layer.kernel:
        kind = f"{kind} {layer.kernel[0]}×{layer.kernel[1]}"
    parts = [
        _("{layer}: {kind}", layer=layer.path, kind=kind),
        _("output {shape}", shape=format.shape(layer.output_shape)),
    ]
    if layer.params:
        parts.append(ngettext("{n:,} parameter", "{n:,} parameters", layer.params))
    if layer.macs:
        parts.append(ngettext("{n:,} MAC", "{n:,} MACs", layer.macs))
    return _(", ").join(parts)


def group_words(group: Group) -> str:
    """Describe a group of layers in one line."""
    values = {
        "group": group.path,
        "shape": format.shape(group.output_shape),
        "params": group.params,
        "macs": group.macs,
    }
    if not group.blocks:
        return _("{group}: output {shape}, {params:,} parameters, {macs:,} MACs", **values)
    return ngettext(
        "{group}: {n} block, output {shape}, {params:,} parameters, {macs:,} MACs",
        "{group}: {n} blocks, output {shape}, {params:,} parameters, {macs:,} MACs",
        group.blocks,
        **values,
    )


def skip_names() -> dict[EdgeKind, str]:
    """Names of the kinds of skip connection, for legends."""
    return {
        EdgeKind.IDENTITY: _("identity shortcut"),
        EdgeKind.PROJECTION: _("projection shortcut"),
        EdgeKind.CONCAT: _("concatenated"),
    }


def arcs(group: Group) -> list[tuple[EdgeKind, int, str]]:
    """Return the strokes beside a folded group: one for each kind of skip in it, with their number, and it in words.

    The words are empty where the group has one skip alone.
    """
    found = []
    for kind, number in sorted(group.skips.items(), key=lambda item: item[0] is not EdgeKind.PROJECTION):
        told = {
            EdgeKind.IDENTITY: ngettext("{n} identity", "{n} identities", number),
            EdgeKind.PROJECTION: ngettext("{n} projection", "{n} projections", number),
            EdgeKind.CONCAT: ngettext("{n} concatenation", "{n} concatenations", number),
        }[kind]
        found.append((kind, number, told if group.skips.total() > 1 else ""))
    return found


def name(group: Group) -> str:
    """Return a group's short name: layer2.0, or denselayer3, which is clear inside its stage; layer2.1 to 3 for a run.

    A run's path ends in the number of its last block.
    """
    path, _dash, last_block = group.path.rpartition("-") if group.rank is Rank.RUN else (group.path, "", "")
    *_before, stage, last = ("", *format.stage(path).split("."))
    own = f"{stage}.{last}" if stage and last[0].isdecimal() else last
    return _("{first} to {last}", first=own, last=last_block) if last_block else own


def heading(group: Group) -> str:
    """Return the title of an unfolded group: "layer3, 36 blocks"."""
    if group.rank is Rank.BLOCK or group.blocks < 2:  # one block needs no number
        return name(group)
    return ngettext("{group}, {n} block", "{group}, {n} blocks", group.blocks, group=name(group))


def caption(title: str, legend: Legend | None, skips: Collection[EdgeKind]) -> str:
    """Return what fills and lines mean, for the caption of a downloaded picture."""
    parts = [title]
    if legend is not None:
        low, high = legend.ends
        parts.append(
            _("fill colours: {low} {unit} (dark) to {high} (bright), log scale", low=low, unit=legend.unit, high=high)
        )
    if EdgeKind.IDENTITY in skips:
        parts.append(_("identity shortcuts solid"))
    if EdgeKind.PROJECTION in skips:
        parts.append(_("projections dashed"))
    return clauses(parts)


def alt(title: str, trace: Trace, groups: tuple[Group, ...]) -> str:
    """Describe the graph in two sentences, for screen readers."""
    stages = [group for group in groups if group.rank is Rank.STAGE]
    joins = sum(layer.kind in JOINS for layer in trace.layers)
    projected = sum(
        edge.kind is EdgeKind.PROJECTION and trace.by_path[edge.target].kind in JOINS for edge in trace.edges
    )
    size = ngettext(
        "Graph of {network}: {n} stage with {blocks} blocks, {params:,} parameters.",
        "Graph of {network}: {n} stages with {blocks} blocks, {params:,} parameters.",
        len(stages),
        network=title,
        blocks=listing(group.blocks for group in stages),
        params=trace.params,
    )
    if not joins:
        none = _("No skip connections.")
        return f"{size} {none}"
    if any(layer.kind is Kind.CONCAT for layer in trace.layers):
        skips = ngettext("{n} skip connection (concatenation).", "{n} skip connections (concatenations).", joins)
        return f"{size} {skips}"
    skips = ngettext(
        "{n} skip connection (addition), {projected} with a projection.",
        "{n} skip connections (additions), {projected} with a projection.",
        joins,
        projected=projected,
    )
    return f"{size} {skips}"


def named(name: str, rest: str = "") -> str:
    """Return a DOT label: the name in bold, then `rest`, with its line breaks."""
    lines = escape(rest).replace("    ", "&#160;&#160;&#160;&#160;").replace("\n", "<BR/>")
    return f"<<B>{escape(name)}</B>{lines}>"
