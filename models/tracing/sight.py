"""Which part of the image a position of a tensor sees, followed through the functions of any module.

Each axis of a tensor has a role: batch, channels, height, width, or all positions in a row. Views move the roles, and
functions that work on each position alone keep them; windows widen what a position sees, and joins take the union
(Araujo et al. 2019, doi 10.23915/distill.00021). Where a rule is missing, as for attention, nothing is known from there
on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from torch import Tensor

Interval = tuple[int, int]  # first and last pixel of the image, along one side
Pair = tuple[int, int]
Sees = tuple[Interval, Interval]

BATCH, CHANNELS, HEIGHT, WIDTH, POSITIONS, ONE = "N", "C", "H", "W", "P", "1"
_IMAGE = (BATCH, CHANNELS, HEIGHT, WIDTH)


@dataclass(frozen=True, slots=True)
class Sight:
    """What position 0 of a tensor sees, the pixels between neighbouring positions, and the roles of the axes."""

    axes: tuple[str, ...] = _IMAGE
    sees: Sees = ((0, 0), (0, 0))
    jumps: Pair = (1, 1)
    sides: Pair = (1, 1)  # positions along height and width

    @property
    def field(self) -> int:
        """The receptive field in pixels, along its longer side."""
        return max(extents(self.sees))

    @property
    def stride(self) -> int:
        return max(self.jumps)

    @property
    def whole(self) -> Sees:
        """What all positions together see."""
        (top, bottom), (left, right) = self.sees
        down, across = ((side - 1) * jump for side, jump in zip(self.sides, self.jumps, strict=True))
        return (top, bottom + down), (left, right + across)


def extents(sees: Sees) -> Pair:
    """Return the height and width of a part of the image, in pixels."""
    (top, bottom), (left, right) = sees
    return bottom - top + 1, right - left + 1


def union(parts: Sequence[Sees]) -> Sees:
    """Return what several positions together see."""
    (rows, columns) = ([part[axis] for part in parts] for axis in (0, 1))
    return (_hull(rows), _hull(columns))


def through(sees: Sees, jumps: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: int) -> tuple[Sees, Pair]:
    """Return what is seen through a sliding window, and the pixels between its positions."""
    (top, bottom), (left, right) = sees
    down, across = jumps
    seen = (
        (top - padding[0] * down, bottom + (dilation * (kernel[0] - 1) - padding[0]) * down),
        (left - padding[1] * across, right + (dilation * (kernel[1] - 1) - padding[1]) * across),
    )
    return seen, (down * stride[0], across * stride[1])


def adaptive_window(sides: Pair, out: Pair) -> tuple[Pair, Pair]:
    """Return window and stride of an adaptive pooling; where its windows differ in size, the largest."""
    windows, strides = [], []
    for side, count in zip(sides, out, strict=True):
        windows.append(max(-(-(place + 1) * side // count) - place * side // count for place in range(count)))
        strides.append(max(1, side // count))
    return (windows[0], windows[1]), (strides[0], strides[1])


def adaptive_steps(sides: Pair, out: Pair) -> Pair:
    """Return the positions between the windows of an adaptive pooling; 0 where windows are more than positions."""
    return sides[0] // out[0], sides[1] // out[1]


def of_image(image: Tensor) -> Sight | None:
    """Return the sight of an image (N, C, H, W); None for any other input."""
    if image.dim() != 4:
        return None
    return Sight(sides=(image.shape[2], image.shape[3]))


def _hull(intervals: Sequence[Interval]) -> Interval:
    return min(first for first, _ in intervals), max(last for _, last in intervals)


def together(sights: Sequence[Sight | None], shapes: Sequence[Sequence[int]]) -> Sight | None:
    """Return the sight of a sum, product or concatenation of channels: axes are aligned from the last."""
    known = [one for one in sights if one is not None]
    if len(known) != len(sights) or not known:
        return None
    rank = max(len(one.axes) for one in known)
    axes: list[str] = []
    for place in range(-rank, 0):
        roles = {
            one.axes[place]
            for one, shape in zip(known, shapes, strict=True)
            if len(one.axes) >= -place and shape[place] > 1
        }
        if len(roles) > 1:
            return None
        some = [one.axes[place] for one in known if len(one.axes) >= -place]
        axes.append(roles.pop() if roles else next((role for role in some if role != ONE), ONE))
    for side in (0, 1):  # positions that lie apart differently have no common rule
        if len({one.jumps[side] for one in known if one.sides[side] > 1}) > 1:
            return None
    largest = max(zip(known, shapes, strict=True), key=lambda pair: prod(pair[1]))[0]
    return replace(largest, axes=tuple(axes), sees=union([one.sees for one in known]))


def windowed(sight: Sight, options: Mapping[str, Any], sides: Pair) -> Sight | None:
    """Return the sight through a convolution or pooling over height and width; `sides` are those of its output."""
    if not _is_image(sight):
        return None
    stride = options.get("steps") or options["stride"]
    sees, jumps = through(sight.sees, sight.jumps, options["kernel"], stride, options["padding"], options["dilation"])
    return Sight(_IMAGE, sees, jumps, sides)


def pooled(sight: Sight, dims: Sequence[int], *, keeps: bool) -> Sight | None:
    """Return the sight of a mean or maximum over some axes: over all positions, or over channels."""
    gone = {dim % len(sight.axes) for dim in dims}
    roles = {sight.axes[dim] for dim in gone} - {ONE}
    axes = tuple(ONE if place in gone else role for place, role in enumerate(sight.axes))
    if not keeps:
        axes = tuple(role for place, role in enumerate(sight.axes) if place not in gone)
    if roles <= {CHANNELS}:
        return replace(sight, axes=axes)
    flat = roles <= {HEIGHT, WIDTH} and 1 in sight.sides  # an axis of one position has no role of its own
    if flat or roles in ({POSITIONS}, {HEIGHT, WIDTH}):
        jumps = (sight.jumps[0] * sight.sides[0], sight.jumps[1] * sight.sides[1])
        return Sight(axes, sight.whole, jumps, (1, 1))
    return None


def moved(sight: Sight, order: Sequence[int]) -> Sight:
    """Return the sight of a tensor whose axes have another order."""
    return replace(sight, axes=tuple(sight.axes[dim % len(sight.axes)] for dim in order))


def reshaped(sight: Sight, old: Sequence[int], new: Sequence[int]) -> Sight | None:
    """Return the sight of the same values in another shape: channels are split or merged, or positions put in a row."""
    if tuple(old) == tuple(new):
        return sight
    shorter, first, last = min(len(old), len(new)), 0, 0
    while first < shorter and old[first] == new[first]:
        first += 1
    while last < shorter - first and old[-1 - last] == new[-1 - last]:
        last += 1
    before = [role for role, side in zip(sight.axes, old, strict=True)][first : len(old) - last]
    sizes = old[first : len(old) - last]
    after = new[first : len(new) - last]
    roles = [role for role, size in zip(before, sizes, strict=True) if size > 1]
    found = _renamed(sight, roles, after)
    if found is None:
        return None
    middle, merged = found
    axes = (*sight.axes[:first], *middle, *sight.axes[len(old) - last :])
    if merged:  # what reads the features sees what all positions together see
        return replace(sight, axes=axes, sees=sight.whole)
    return replace(sight, axes=axes)


def _renamed(sight: Sight, roles: Sequence[str], after: Sequence[int]) -> tuple[list[str], bool] | None:
    """The roles of the new axes, and whether positions became features; None if there is no rule."""
    large = [size for size in after if size > 1]
    if not roles or set(roles) == {CHANNELS}:
        return [CHANNELS if size > 1 or roles else ONE for size in after], False
    if len(large) == 1 and roles in ([HEIGHT, WIDTH], [POSITIONS], [HEIGHT], [WIDTH]):
        return [POSITIONS if size > 1 else ONE for size in after], False
    if roles == [POSITIONS] and tuple(after) == sight.sides:
        return [HEIGHT, WIDTH], False
    if len(large) == 1 and CHANNELS in roles and BATCH not in roles:
        spatial = [role for role in roles if role != CHANNELS]
        row = (spatial == [HEIGHT] and sight.sides[1] == 1) or (spatial == [WIDTH] and sight.sides[0] == 1)
        if row or spatial in ([HEIGHT, WIDTH], [POSITIONS]):
            return [CHANNELS if size > 1 else ONE for size in after], True
    return None


def indexed(sight: Sight, index: Any) -> Sight | None:
    """Return the sight of a slice: steps along height and width, parts of the channels, new axes."""
    given = list(index) if isinstance(index, tuple) else [index]
    if any(not (one is None or one is Ellipsis or isinstance(one, slice | int)) for one in given):
        return None
    if Ellipsis in given:
        place = given.index(Ellipsis)
        taken = sum(one is not None and one is not Ellipsis for one in given)
        given[place : place + 1] = [slice(None)] * (len(sight.axes) - taken)
    axes, shifts, jumps, sides = list[str](), [0, 0], list(sight.jumps), list(sight.sides)
    roles = iter(sight.axes)
    for one in given:
        if one is None:
            axes.append(ONE)
            continue
        role = next(roles)
        if isinstance(one, int):
            if role not in (CHANNELS, ONE):
                return None
            continue
        axes.append(role)
        if one == slice(None) or role in (CHANNELS, ONE):
            continue
        if role not in (HEIGHT, WIDTH) or (one.start or 0) < 0:
            return None
        at = role == WIDTH
        start, stop, step = one.indices(sides[at])
        shifts[at] += start * jumps[at]
        jumps[at] *= step
        sides[at] = len(range(start, stop, step))
    axes += roles
    (top, bottom), (left, right) = sight.sees
    sees = ((top + shifts[0], bottom + shifts[0]), (left + shifts[1], right + shifts[1]))
    return Sight(tuple(axes), sees, (jumps[0], jumps[1]), (sides[0], sides[1]))


def padded(sight: Sight, pads: Sequence[int]) -> Sight | None:
    """Return the sight after padding height and width; `pads` are torch's, from the last axis on."""
    if not any(pads[:4]):
        return sight
    if not _is_image(sight) or any(pads[4:]):
        return None
    left, right, top, bottom = (*pads[:4], 0, 0)[:4]
    (rows, columns), (down, across) = sight.sees, sight.jumps
    sees = ((rows[0] - top * down, rows[1] - top * down), (columns[0] - left * across, columns[1] - left * across))
    return replace(sight, sees=sees, sides=(sight.sides[0] + top + bottom, sight.sides[1] + left + right))


def _is_image(sight: Sight) -> bool:
    wanted = (BATCH, CHANNELS, HEIGHT, WIDTH)
    return len(sight.axes) == 4 and all(role in (ONE, want) for role, want in zip(sight.axes, wanted, strict=True))
