"""Numbers and shapes as people read them."""

from collections.abc import Iterable
from math import inf, isfinite

from models.measured import Zero

_STEPS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))


def whole(number: int) -> str:
    """11689512 -> "11,689,512"."""
    return f"{number:,}"


def short(number: float) -> str:
    """11689512 -> "11.7 M": three digits; to stand beside the long form."""
    for size, unit in _STEPS:
        if abs(number) >= size * 0.9995:  # 999,500 and more round to 1,000 K
            return f"{number / size:.3g} {unit}" if abs(number) < size * 999.5 else f"{number / size:,.0f} {unit}"
    return f"{number:.3g}"


def size(number: int) -> str:
    """Bytes in units of 10^3, 10^6, 10^9: 44556288 -> "44.6 MB"."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if abs(number) >= unit:
            return f"{number / unit:,.1f} {name}"
    return f"{number / 1e3:,.1f} kB"


def shape(sides: Iterable[int]) -> str:
    """(64, 56, 56) -> "64 x 56 x 56", with the multiplication sign."""
    return " × ".join(map(str, sides))


def percent(part: float, whole_: float) -> str:
    return f"{part / whole_:.1%}" if whole_ else "0.0%"


def listing(items: Iterable[object]) -> str:
    """3, 4, 6 -> "3, 4 and 6"."""
    words = [str(item) for item in items]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "es" if noun.endswith("s") else "s")


def as_it_is(text: str) -> str:
    """A stranger's text as Markdown that shows it and does nothing else: no link, no picture, no markup."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def times(ratio: float) -> str:
    """A factor in words: 1.213 -> "1.21", 45.8 -> "46", 2.6e6 -> "2.6 million", 3e20 -> "3.0·10²⁰"."""
    if not isfinite(ratio):
        return "infinitely many" if ratio == inf else "an undefined number of"
    if ratio == 0:
        return "0"
    if 0.01 <= ratio < 9.95:
        return f"{ratio:.3g}" if ratio >= 1 else f"{ratio:.2g}"
    if 9.95 <= ratio < 1e6:
        return f"{float(f'{ratio:.2g}'):,.0f}"
    for unit, name in ((10**9, "billion"), (10**6, "million")):
        if unit * 0.995 <= ratio < unit * 999.5:
            return f"{ratio / unit:.2g} {name}" if ratio < unit * 99.5 else f"{ratio / unit:,.0f} {name}"
    return power(ratio)


def power(value: float) -> str:
    """3.2e-21 -> "3.2·10⁻²¹"."""
    mantissa, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1.0" else f"{mantissa}·10{raised}"


def number(value: float) -> str:
    """A measured value, three digits: 0.713, 12.4, 3.2·10⁻²¹; NaN and infinity by name."""
    if not isfinite(value):
        return {inf: "∞", -inf: "−∞"}.get(value, "NaN")
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return power(value)


def about(seconds: float) -> str:
    """No more than an estimate can promise: "a moment", "about 55 s", "about 56 min", "about 45 h", "about 2 days"."""
    if seconds < 1.5:
        return "a moment"
    if seconds < 9.5:
        return f"about {seconds:.0f} s"
    if seconds < 97.5:
        return f"about {round(seconds / 5) * 5} s"
    if seconds < 99.5 * 60:
        return f"about {seconds / 60:.0f} min"
    if seconds < 47.5 * 3600:
        return f"about {seconds / 3600:.0f} h"
    return f"about {seconds / 86400:.0f} days"


def between(low: float, high: float) -> str:
    """A range of seconds: "a moment", "3 to 8 s", "20 to 45 s", "2 to 4 min", "about 2 h"."""
    if high < 1.5:
        return "a moment"
    size, unit = next((size, unit) for size, unit in _SPANS if high >= 1.5 * size)
    step = 5 * size if size == 1 and high > 20 else size
    first, last = (max(1, round(value / step)) * step // size for value in (low, high))
    if size == 1 and low < 0.5 * step:
        return f"up to {last} {unit}"
    return f"{first} to {last} {unit}" if first < last else f"about {last} {unit}"


_SPANS = ((86_400, "days"), (3_600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """0.4 -> "under a second", 12.3 -> "12 s", 200 -> "3 min 20 s", 9000 -> "2 h 30 min"."""
    if seconds < 1:
        return "under a second"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
    return f"{seconds / 86400:.0f} days"


_WHY_ZERO = {
    Zero.CONSTRUCTION: " by construction",
    Zero.CLOSED: ": no ReLU behind it lets anything through",
    Zero.UNDERFLOW: ": it underflowed",
    Zero.UNKNOWN: "",
}


def odd_ratio(ratio: float, cause: Zero) -> str:
    """A ratio of two gradients that is no positive number: which one is zero, and why, where that is known."""
    if ratio == 0:
        return f"0 (the first convolution's gradient is exactly 0{_WHY_ZERO[cause]})"
    if ratio == inf:
        return f"infinite (the last convolution's gradient is exactly 0{_WHY_ZERO[cause]})"
    return "undefined (both gradients are exactly 0, or one is not finite)"
