"""A number that a student types, and whether it is right."""

import re
import unicodedata
from math import isclose, isfinite, prod

_UNITS = {
    "": 1.0, "%": 0.01, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "万": 1e4, "亿": 1e8, "x": 1.0, "×": 1.0, "倍": 1.0,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<number>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[-+]?\d{1,3})?)(?P<unit>[%kmgb万亿x×倍]?)"
)
_RAISED = re.compile("[⁻⁺]?[⁰¹²³⁴-⁹]+")  # an exponent as it is printed
_MOST = 40  # characters
_LAST_DIGIT = 0.00051  # a share is shown as 12.3%
_ROUNDED = 0.005  # of a number that is not whole: how far a typed one may always be off


def number_in(text: str, *, percent: bool = False) -> float | None:
    """Return the number that a text is, as in "36,864", "11.7M", "2.4×10⁻²³", "45 %", "3*3*64*64"; None if none.

    With `percent` a number without a unit is one of percent.
    """
    raised = _RAISED.sub(lambda found: f"^{found[0]}", text.strip())
    plain = re.sub(r"[\s_`]", "", unicodedata.normalize("NFKC", raised).lower().replace("\u2212", "-"))
    plain = re.sub(r"(?<![\d.])10\^(?=[-+]?\d)", "1e", re.sub(r"[x×*·]10\^(?=[-+]?\d)", "e", plain))
    if len(plain) > _MOST:
        return None
    value = _number(plain, percent=percent)
    return _sum_of_products(plain) if value is None else value


def _sum_of_products(text: str) -> float | None:
    """The value of arithmetic such as "3*3*64*64 + 128"."""
    total = 0.0
    for term in text.split("+"):
        factors = [_number(factor) for factor in re.split("[x×*·]", term)]
        if None in factors:
            return None
        total += prod(factor for factor in factors if factor is not None)
    return total if isfinite(total) else None


def _number(text: str, *, percent: bool = False) -> float | None:
    found = _NUMBER.fullmatch(text)
    if found is None or not re.search(r"\d", found["number"].partition("e")[0]):
        return None
    unit = found["unit"] or ("%" if percent else "")
    value = float(found["number"].replace(",", "")) * _UNITS[unit]
    return value if isfinite(value) else None


def right(value: float, truth: float, tolerance: float, *, percent: bool = False) -> bool:
    """Return whether a typed number is right within a tolerance in percent of the right one.

    Without one a whole number must be exact; any other may be off by half a percent, as nobody types all its digits.
    A share of percent may always be off by half of its last digit that is shown.
    """
    if percent and abs(value - truth) <= _LAST_DIGIT:
        return True
    share = tolerance / 100
    if not float(truth).is_integer():
        share = max(share, _ROUNDED)
    return isclose(value, truth, rel_tol=1e-12) or abs(value - truth) <= share * abs(truth)
