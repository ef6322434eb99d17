"""Numbers and shapes as people read them."""

from collections.abc import Iterable

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
        if number >= unit:
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
