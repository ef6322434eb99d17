"""Parts of a group lie in rows along the data and in columns by branch."""

from hypothesis import given

from models import PRESETS, trace
from tests.conftest import specs
from viz.graph.folding import Group, tree, walk
from viz.graph.places import places


def of(preset, path):
    found = trace(PRESETS[preset].spec)
    group = next(one for one in walk(tree(found)) if one.path == path)
    return dict(zip([part.path for part in group.children], places(group.children, found.edges), strict=True))


def test_the_main_path_is_one_column_and_a_projection_lies_beside_it():
    found = of("resnet50", "layer2.0")

    main = [found[f"layer2.0.{name}"] for name in ("conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3")]
    assert main == [(row, 0) for row in range(8)]
    assert found["layer2.0.downsample.0"] == (0, 1)
    assert found["layer2.0.downsample.1"] == (1, 1)
    assert found["layer2.0.join"] == (8, 0)


def test_parallel_branches_lie_side_by_side_and_meet_in_the_first_column():
    found = of("inception_resnet_v2_small", "repeat.0")

    first = [path for path, (row, _column) in found.items() if row == 0]
    assert {found[path][1] for path in first} == {0, 1, 2}
    assert next(place for path, place in found.items() if path.endswith(("join.add", "join")))[1] == 0


@given(specs())
def test_each_part_has_a_place_of_its_own_below_all_that_it_reads(spec):
    found = trace(spec)
    for parts in [tree(found), *(group.children for group in walk(tree(found)))]:
        laid = places(parts, found.edges)
        assert len(set(laid)) == len(parts)
        owner = {
            path: place
            for place, part in enumerate(parts)
            for path in ([one.path for one in part.layers] if isinstance(part, Group) else [part.path])
        }
        for edge in found.edges:
            if edge.source in owner and edge.target in owner and owner[edge.source] != owner[edge.target]:
                assert laid[owner[edge.source]][0] < laid[owner[edge.target]][0]
