"""One namespace for all fields of a link: no names collide, and old links are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.specs.spec import NetworkSpec
from viz.state.architecture import Tab, View
from viz.state.compare import Comparison, Facet
from viz.state.signals import Experiment, Paint, Panel, Show
from viz.state.sweeps import Sweep
from viz.state.training import Lesson, Race
from viz.state.url import UNPREFIXED

PAGES = (View, Experiment, Comparison, Race, Sweep)


def test_no_two_settings_share_a_name():
    every = [name for page in PAGES for name in page().to_query(full=True)]
    every += [*NetworkSpec.names(), *UNPREFIXED]

    assert len(every) == len(set(every))


def test_a_pages_names_begin_with_the_page_and_the_networks_do_not():
    for page in PAGES:
        assert all(name.startswith(page.prefix) and name.count(".") == 1 for name in page().to_query(full=True))
    assert not [name for name in (*NetworkSpec.names(), *UNPREFIXED) if "." in name]


def test_no_two_old_names_are_the_same_either():
    old = [name for page in PAGES for name in page.old_names()]

    assert len(old) == len(set(old))
    assert not set(old) & set(NetworkSpec.names())


@pytest.mark.parametrize("page", PAGES)
@given(data=st.data())
def test_an_old_link_is_read_as_the_new_one(page, data):
    names = {new: old for old, new in page.old_names().items()}
    whole = page().to_query(full=True)
    chosen = {name: whole[name] for name in data.draw(st.lists(st.sampled_from(sorted(whole)), unique=True))}

    assert page.from_query({names[name]: value for name, value in chosen.items()}) == page.from_query(chosen)


@pytest.mark.parametrize(
    ("page", "old", "expected"),
    [
        (View, {"tab": "Why this depth?", "level": "blocks"}, {"tab": Tab.DEPTH}),
        (Experiment, {"panel": "Depth sweep", "seeds": "5", "show": "with skips"}, {"panel": Panel.SWEEP, "show": Show.WITH}),
        (Experiment, {"paint": "activation rms", "at": "ReLUs"}, {"paint": Paint.RMS}),
        (Comparison, {"compare": "resnet18", "facet": "Difference of two"}, {"networks": "resnet18", "facet": Facet.DIFFERENCE}),
        (Race, {"race": "sidebar", "lesson": "All runs", "rate": "0.1", "train_batch": "32"}, {"lesson": Lesson.RUNS}),
    ],
)  # fmt: skip
def test_names_and_labels_of_before_are_read_and_written_anew(page, old, expected):
    found, problems = page.from_query(old)

    assert problems == ()
    assert {name: getattr(found, name) for name in expected} == expected
    assert set(found.to_query()) <= set(page.old_names().values())
    assert page.from_query(found.to_query()) == (found, ())


def test_an_old_race_keeps_its_recipe():
    found, _ = Race.from_query(
        {"rate": "0.1", "train_batch": "32", "decay": "0.5", "compiled": "true", "data": "cifar10"}
    )

    assert (found.run.learning_rate, found.run.batch, found.run.weight_decay, found.run.compile) == (0.1, 32, 0.5, True)
    assert found.run.data == "cifar10"


def test_settings_that_cant_stand_together_are_told_and_the_rest_is_kept():
    found, problems = Race.from_query({"training.warmup": "9", "training.epochs": "5", "training.momentum": "0.5"})

    assert tuple(map(str, problems)) == ("training.warmup: must be less than 5, the number of epochs, got 9",)
    assert (found.run.epochs, found.run.warmup, found.run.momentum) == (5, 0, 0.5)
    with pytest.raises(SpecError, match="warmup: must be less than 5, the number of epochs"):
        found.changed(warmup=9)
