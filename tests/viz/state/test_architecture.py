"""The view is stored in the link."""

from hypothesis import given
from hypothesis import strategies as st

from viz.graph.folding import Level
from viz.graph.picture import Colour, Direction
from viz.state.architecture import Rows, Tab, View

paths = st.text(alphabet="abclayer0123456789.-", max_size=20)
views = st.builds(
    View,
    level=st.sampled_from(Level),
    fold=st.frozensets(paths.filter(bool), max_size=4),
    direction=st.sampled_from(Direction),
    colour=st.sampled_from(Colour),
    layer=paths,
    tab=st.sampled_from(Tab),
    rows=st.sampled_from(Rows),
)


@given(views)
def test_to_query_and_from_query_are_inverse(view):
    assert View.from_query(view.to_query()) == (view, ())


def test_the_default_view_needs_no_query():
    assert View().to_query() == {}


@given(st.dictionaries(st.sampled_from(sorted([*View.old_names(), *View.old_names().values()])), st.text()))
def test_no_query_ever_raises(query):
    view, problems = View.from_query(query)

    assert isinstance(view, View)
    assert len(problems) <= len(query)


def test_a_bad_field_is_named_and_the_rest_is_kept():
    view, problems = View.from_query({"level": "atoms", "colour": "MACs"})

    assert view == View(colour=Colour.MACS)
    assert tuple(map(str, problems)) == (
        "architecture.level: must be stages, blocks, convolutions or layers, got 'atoms'",
    )
