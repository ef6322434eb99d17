"""Formats of numbers and shapes, in the visitor's language."""

from collections.abc import Iterable
from decimal import Decimal
from math import inf, isfinite

from models.tracing.layers import Layer
from viz.language import N_, _, ngettext

_STEPS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))


def whole(number: int) -> str:
    """Format a whole number: 11689512 -> "11,689,512"."""
    return f"{number:,}"


def short(number: float) -> str:
    """Format a number with three digits: 11689512 -> "11.7 M"."""
    for size, unit in _STEPS:
        if abs(number) >= size * 0.9995:  # 999,500 and more round to 1,000 K
            return f"{number / size:.3g} {unit}" if abs(number) < size * 999.5 else f"{number / size:,.0f} {unit}"
    return f"{number:.3g}"


def size(number: int) -> str:
    """Format bytes in units of 10^3, 10^6 or 10^9: 44556288 -> "44.6 MB"."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if abs(number) >= unit:
            return f"{number / unit:,.1f} {name}"
    return f"{number / 1e3:,.1f} kB"


def shape(sides: Iterable[int]) -> str:
    """Format a shape with multiplication signs: (64, 56, 56) -> "64 × 56 × 56"."""
    return " × ".join(map(str, sides))


def percent(part: float, whole_: float) -> str:
    return f"{part / whole_:.1%}" if whole_ else "0.0%"


def as_it_is(text: str) -> str:
    """Return untrusted text as Markdown code, so that it can't contain a link, a picture or other markup."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def times(ratio: float) -> str:
    """Format a factor, not negative: 1.213 -> "1.21", 45.8 -> "46", 2.6e6 -> "2.6 million", 3e20 -> "3.0·10²⁰"."""
    if ratio == 0:
        return "0"
    if 0.01 <= ratio < 9.95:
        return f"{ratio:.3g}" if ratio >= 1 else f"{ratio:.2g}"
    if 9.95 <= ratio < 1e6:
        return f"{float(f'{ratio:.2g}'):,.0f}"
    if 1e6 * 0.995 <= ratio < 1e6 * 999.5:
        return _("{number} million", number=_two_digits(ratio / 1e6))
    if 1e9 * 0.995 <= ratio < 1e9 * 999.5:
        return _("{number} billion", number=_two_digits(ratio / 1e9))
    return power(ratio) if isfinite(ratio) else number(ratio)


def _two_digits(value: float) -> str:
    return f"{value:.2g}" if value < 99.5 else f"{value:,.0f}"


def power(value: float | Decimal) -> str:
    """Format a number with a power of ten: 3.2e-21 -> "3.2·10⁻²¹". As a `Decimal` it may be of any size."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"10{raised(int(exponent))}" if mantissa == "1.0" else f"{mantissa}·10{raised(int(exponent))}"


def raised(exponent: int) -> str:
    """Format an exponent: -21 -> "⁻²¹"."""
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def number(value: float) -> str:
    """Format a measured value with at most three digits: 0.713, 12.4, 3.2·10⁻²¹, ∞, NaN."""
    if not isfinite(value):
        return {inf: "∞", -inf: "−∞"}.get(value, "NaN")
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return power(value)


def about(seconds: float) -> str:
    """Format an estimated time, rounded: "a moment", "about 55 s", "about 56 min", "about 45 h", "about 2 days"."""
    if seconds < 1.5:
        return _("a moment")
    if seconds < 9.5:
        return _("about {n} s", n=f"{seconds:.0f}")
    if seconds < 97.5:
        return _("about {n} s", n=round(seconds / 5) * 5)
    if seconds < 99.5 * 60:
        return _("about {n} min", n=f"{seconds / 60:.0f}")
    if seconds < 47.5 * 3600:
        return _("about {n} h", n=f"{seconds / 3600:.0f}")
    return _("about {n} days", n=f"{seconds / 86400:.0f}")


_SPANS = (  # unit in seconds; formats of a range, one number, an upper limit
    (86_400, N_("{first} to {last} days"), N_("about {n} days"), ""),
    (3_600, N_("{first} to {last} h"), N_("about {n} h"), ""),
    (60, N_("{first} to {last} min"), N_("about {n} min"), ""),
    (1, N_("{first} to {last} s"), N_("about {n} s"), N_("up to {n} s")),
)


def between(low: float, high: float) -> str:
    """Format a range of seconds: "a moment", "3 to 8 s", "20 to 45 s", "2 to 4 min", "about 2 h"."""
    if high < 1.5:
        return _("a moment")
    size, span, one, most = next(row for row in _SPANS if high >= 1.5 * row[0])
    step = 5 * size if size == 1 and high > 20 else size
    first, last = (max(1, round(value / step)) * step // size for value in (low, high))
    if most and low < 0.5 * step:
        return _(most, n=last)
    return _(span, first=first, last=last) if first < last else _(one, n=last)


def duration(seconds: float) -> str:
    """Format seconds: 0.4 -> "under a second", 12.3 -> "12 s", 200 -> "3 min 20 s", 9000 -> "2 h 30 min"."""
    if seconds < 1:
        return _("under a second")
    if seconds < 60:
        return _("{n} s", n=f"{seconds:.0f}")
    if seconds < 3600:
        return _units(seconds, 60, 1, N_("{n} min"), N_("{n} min {rest} s"))
    if seconds < 48 * 3600:
        return _units(seconds, 3600, 60, N_("{n} h"), N_("{n} h {rest} min"))
    return _("{n} days", n=f"{seconds / 86400:.0f}")


def _units(seconds: float, unit: int, smaller: int, whole_units: str, with_rest: str) -> str:
    """A time in whole units and, where any are left, smaller ones."""
    number, rest = int(seconds // unit), int(seconds % unit // smaller)
    return _(with_rest, n=number, rest=rest) if rest else _(whole_units, n=number)


def window(layer: Layer) -> str:
    if layer.kernel is None or layer.stride is None or max(*layer.kernel, *layer.stride) == 1:
        return "1×1" if layer.macs and layer.kernel else ""
    stride = f" /{layer.stride[0]}" if max(layer.stride) > 1 and layer.operation != "adaptive_avg_pool2d" else ""
    kernel = f"{layer.kernel[0]}×{layer.kernel[1]}{stride}"
    if layer.groups == 1:
        return kernel
    return ngettext("{kernel}, {n} group", "{kernel}, {n} groups", layer.groups, kernel=kernel)


def stage(path: str) -> str:
    """Return a stage's path without `features.`, which contains the stages of a DenseNet."""
    return path.removeprefix("features.")
