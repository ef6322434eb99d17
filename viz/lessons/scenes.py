"""The state of a page that a step shows, from its query; the pages' own codecs read it."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from models.runtime.fields import Problem
from models.runtime.messages import message
from models.specs.external import ExternalSpec, Network
from models.specs.spec import NetworkSpec
from viz.language import worded
from viz.lessons.errors import LessonError
from viz.lessons.lesson import Step
from viz.state import hidden, visit
from viz.state.architecture import View
from viz.state.compare import Comparison, read_network
from viz.state.lessons import Course
from viz.state.signals import Experiment
from viz.state.starts import start
from viz.state.training import Race

_FIELDS = frozenset((*NetworkSpec.names(), *ExternalSpec.names()))
_SETTINGS = (View, Experiment, Comparison, Race)


@dataclass(frozen=True, slots=True)
class Scene:
    """The network and the settings of a step."""

    page: str
    spec: Network
    view: View
    experiment: Experiment
    comparison: Comparison
    race: Race


@lru_cache(maxsize=256)
def scene(step: Step) -> Scene:
    """Return the state that a step shows. Raises `LessonError` if its query has an invalid or unknown field."""
    query = dict(parse_qsl(step.query, keep_blank_values=True))
    query = {
        name: value
        for name, value in query.items()
        if name not in visit.FIELDS | {hidden.FIELD} | set(Course.old_names())
    }
    spec: Network | None = start(step.page)
    problems: list[Problem] = []
    if not _FIELDS.isdisjoint(query):
        spec, wrong = read_network(query)
        problems += wrong
    settings = []
    for kind in _SETTINGS:
        found, amiss = kind.from_query(query)
        settings.append(found)
        problems += amiss
    known = _FIELDS | {name for kind in _SETTINGS for name in kind.old_names().values()}
    strange = [Problem(name, message("there is no such field")) for name in query if name not in known]
    for problem in (*problems, *strange):
        raise LessonError("scene: {field}: {why}", field=problem.field[:60], why=worded(problem.message))
    assert spec is not None  # noqa: S101  # else there is a problem
    view, experiment, comparison, race = settings
    assert isinstance(view, View)  # noqa: S101  # for the type checker
    assert isinstance(experiment, Experiment)  # noqa: S101
    assert isinstance(comparison, Comparison)  # noqa: S101
    assert isinstance(race, Race)  # noqa: S101
    return Scene(step.page, spec, view, experiment, comparison, race)
