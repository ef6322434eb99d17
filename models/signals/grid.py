"""Grids of networks: every combination of the values of several fields. No torch here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

from ..runtime.errors import SpecError, show
from ..runtime.messages import Message, message
from ..runtime.rules import Key, Rule, Whole
from ..specs.depth import depths
from ..specs.presets import PRESETS
from ..specs.spec import NetworkSpec
from ..specs.twins import twin, with_skips
from .measure_spec import MeasureSpec

MOST_POINTS = 20_000
MOST_AXES = 6
_SHORT = 10  # depths that are listed
_MEASURED = ("seed", "batch", "source", "precision")  # fields of the measurement; all others are the network's
_OWN: Mapping[str, Rule] = {"preset": Key(PRESETS), "depth": Whole(1, 10_000)}


@dataclass(frozen=True, slots=True)
class Axis:
    """A field and the values that it takes, in their order.

    Fields are those of `NetworkSpec`, `seed`, `batch`, `source` and `precision` of `MeasureSpec`, `depth`, which
    chooses the family's blocks per stage, and `preset`. Raises `SpecError` for a field or a value that doesn't exist.
    """

    field: str
    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        rule = rule_of(self.field)
        name = f"axes.{self.field}"
        if not isinstance(self.values, tuple | list) or not self.values:
            raise SpecError(name, "must be a list of values", self.values)
        values = (rule.check(name, value) for value in self.values)
        object.__setattr__(self, "values", tuple(dict.fromkeys(values)))

    def texts(self) -> tuple[str, ...]:
        """The values as in a link."""
        return tuple(map(rule_of(self.field).encode, self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A combination of values, one for each axis, and the network that it gives; or why it gives none."""

    values: tuple[Any, ...]
    spec: NetworkSpec | None
    setting: MeasureSpec
    why: Message | None = None


@dataclass(frozen=True, slots=True)
class Axes:
    """The rule of a field that holds axes; in a link `depth:20,32;norm:batch,none`."""

    def check(self, name: str, value: object) -> tuple[Axis, ...]:
        if not isinstance(value, tuple | list) or not all(isinstance(one, Axis) for one in value):
            raise SpecError(name, "must be axes, such as depth:20,32;norm:batch,none", value)
        fields = [one.field for one in value]
        for field in fields:
            if fields.count(field) > 1:
                raise SpecError(name, "must name a field once", field)
        if len(value) > MOST_AXES:
            raise SpecError(name, "must be at most {most} axes", len(value), most=MOST_AXES)
        if "depth" in fields and "stages" in fields:
            raise SpecError(name, "must be depth or stages: both choose the blocks per stage", tuple(fields))
        count = size(value)
        if count > MOST_POINTS:
            raise SpecError(name, "must give at most {most:,} points", count, most=MOST_POINTS)
        return tuple(value)

    def decode(self, text: str) -> object:
        try:
            parts = [part.partition(":") for part in text.split(";") if part]
            return tuple(Axis(field, tuple(map(rule_of(field).decode, rest.split(",")))) for field, _, rest in parts)
        except SpecError:
            raise
        except ValueError:
            return text

    def encode(self, value: tuple[Axis, ...]) -> str:
        return ";".join(f"{one.field}:{','.join(one.texts())}" for one in value)


def rule_of(field: str) -> Rule:
    """Return the rule for the values of an axis. Raises `SpecError` if there is no such axis."""
    if field in _OWN:
        return _OWN[field]
    if field in _MEASURED:
        found: Rule = MeasureSpec.rule(field)
        return found
    if field in NetworkSpec.names():
        network: Rule = NetworkSpec.rule(field)
        return network
    raise SpecError("axes", "must be fields of a network, depth, preset, seed, batch, source or precision", field)


def size(axes: Sequence[Axis]) -> int:
    """Return the number of points."""
    return prod(len(one.values) for one in axes)


@lru_cache(maxsize=4)
def points(base: NetworkSpec, setting: MeasureSpec, axes: tuple[Axis, ...]) -> tuple[Point, ...]:
    """Return all combinations of the axes' values; the last axis varies fastest.

    A combination that gives no valid network, or whose network has no twin without skips, says why.
    """
    return tuple(_point(base, setting, axes, values) for values in product(*(one.values for one in axes)))


def _point(base: NetworkSpec, setting: MeasureSpec, axes: tuple[Axis, ...], values: tuple[Any, ...]) -> Point:
    given = dict(zip([one.field for one in axes], values, strict=True))
    measured = replace(setting, seeds=1, **{name: given[name] for name in _MEASURED if name in given})
    try:
        spec = with_skips(_network(base, {name: value for name, value in given.items() if name not in _MEASURED}))
        twin(spec)
    except SpecError as error:
        return Point(values=values, spec=None, setting=measured, why=error.message)
    return Point(values=values, spec=spec, setting=measured)


def _network(base: NetworkSpec, given: Mapping[str, Any]) -> NetworkSpec:
    """The network with these values. Raises `SpecError` if there is none."""
    found = PRESETS[given["preset"]].spec if "preset" in given else base
    if given.get("family", found.family) != found.family:  # block, stages and shortcut are its own
        own: dict[str, Any] = {"block": None, "stages": None, "shortcut": None}
        found = replace(found, family=given["family"], **own)
    rest = {name: value for name, value in given.items() if name not in ("preset", "family", "depth")}
    found = replace(found, **rest)
    if "depth" in given:
        known = depths(found)
        if given["depth"] not in known:
            raise SpecError("depth", _expected(known, given["depth"]), given["depth"])
        found = replace(found, stages=known[given["depth"]])
    return found


def _expected(known: Iterable[int], given: int) -> Message:
    """Which depths there are: all, or the nearest of many."""
    depths_ = tuple(known)
    if not depths_:
        return message("must be left out: no depths of such networks are known")
    if len(depths_) > _SHORT:
        depths_ = tuple(sorted(sorted(depths_, key=lambda one: abs(one - given))[:2]))
        return message("must be that of a known network, such as {options}", options=depths_)
    return message("must be one of {options}", options=depths_)


def lasting(points: Sequence[Point], results: Sequence[object]) -> bool:
    """Return whether the results of a grid would be the same again: only what is no network has none."""
    return all(
        not isinstance(result, Message) or point.why is not None for point, result in zip(points, results, strict=True)
    )


def from_table(table: Mapping[str, Any]) -> tuple[NetworkSpec, MeasureSpec, tuple[Axis, ...]]:
    """Return the base network, the measurement and the axes in a TOML file's tables `network`, `measure` and `axes`.

    Raises `SpecError` for anything else in it.
    """
    for name in table:
        if name not in ("network", "measure", "axes"):
            raise SpecError("grid", "must have the tables network, measure and axes", name)
        if not isinstance(table[name], Mapping):
            raise SpecError(name, "must be a table", table[name])
    network = dict(table.get("network", {}))
    base = NetworkSpec()
    if "preset" in network:
        base = PRESETS[_OWN["preset"].check("network.preset", network.pop("preset"))].spec
    chosen = _filled("network", base, network)
    setting = _filled("measure", MeasureSpec(), dict(table.get("measure", {})))
    axes = tuple(
        Axis(field, tuple(values) if isinstance(values, list) else values)
        for field, values in table.get("axes", {}).items()
    )
    if not axes:
        raise SpecError("axes", "must name at least one field", show(table.get("axes", {})))
    return chosen, setting, Axes().check("axes", axes)


def _filled(name: str, settings: Any, given: Mapping[str, Any]) -> Any:
    """Settings with the values of a table."""
    for field, value in given.items():
        if field not in settings.names():
            full, options = f"{name}.{field}", tuple(settings.names())
            raise SpecError(full, "must be a field of this table: {options}", value, options=options)
    return settings.changed(**{field: tuple(one) if isinstance(one, list) else one for field, one in given.items()})
