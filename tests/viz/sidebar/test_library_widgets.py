"""Networks of torchvision and timm on all four pages: chosen in the sidebar, in the link, with and without skips."""

import json

import pytest
from hypothesis import given

from models.signals.measure import measure
from models.signals.records import Pair
from models.specs.external import ExternalSpec, Start
from models.specs.presets import PRESETS
from models.specs.twins import twin
from models.training.run_spec import RunSpec
from models.training.stored_run import identity
from tests.models.specs.test_external import externals
from tests.viz.pages import address, charts, opened, settled
from viz import text
from viz.backend import cached
from viz.state.compare import joined, read, valid, write
from viz.state.training import Race, runners

SMALL = {"network": "torchvision:mobilenet_v3_small", "input_shape": "3x64x64", "classes": "10"}
SPEC = ExternalSpec.from_query(SMALL)[0]
RUN = {"signals.run": "true", "signals.batch": "2", "signals.seeds": "1"}


def menu(app, key):
    return next(one for one in app.selectbox if one.key == key)


def test_torchvision_is_a_group_of_networks_and_a_link_holds_the_choice(open_app):
    app = open_app()

    menu(app, "group").set_value("torchvision").run()
    assert app.title[0].value.startswith("ConvNeXt-Tiny")
    assert "torchvision 0." in app.title[0].value
    assert app.metric[0].value == "28,589,128"
    assert len(menu(app, "library_network").options) == 80

    menu(app, "library_network").set_value("efficientnet_b1").run()
    assert app.title[0].value.startswith("EfficientNet-B1")
    assert address(app) == {"network": "torchvision:efficientnet_b1", "input_shape": "3x240x240"}
    assert not app.exception


def test_a_preset_brings_the_networks_built_here_back(open_app):
    app = open_app(**SMALL)

    menu(app, "group").set_value("DenseNet").run()

    assert app.title[0].value.startswith("DenseNet-121")
    assert "network" not in address(app)


def test_timms_networks_are_there_and_take_other_channels(open_app):
    app = open_app()

    menu(app, "group").set_value("timm").run()
    assert app.title[0].value.startswith("resnet26d")
    next(one for one in app.number_input if one.key == "library_channels").set_value(1).run()

    assert address(app) == {"network": "timm:resnet26d", "input_shape": "1x224x224"}
    assert not app.exception


def test_the_strength_of_the_skips_is_set_in_the_sidebar_and_the_graph_has_none_at_zero(open_app):
    app = open_app(**SMALL)
    assert "identity" in json.dumps(
        json.loads(next(one for one in app.get("bidi_component") if '"svg"' in one.proto.json).proto.json)
    )

    app.slider(key="library_skip_scale").set_value(0.0).run()

    assert app.title[0].value.startswith("MobileNet-V3-Small without skips")
    assert address(app)["skip_scale"] == "0.0"
    menu(app, "library_init").set_value(Start.NONZERO).run()
    next(one for one in app.number_input if one.key == "library_classes").set_value(7).run()
    assert address(app) == {**SMALL, "skip_scale": "0.0", "init": "nonzero", "classes": "7"}
    assert not app.exception


@pytest.mark.parametrize("tab", ["layers", "charts", "depth", "others", "torchinfo", "code"])
@pytest.mark.parametrize("network", ["mobilenet_v3_small", "vit_b_32", "swin_t", "densenet121"])
def test_every_tab_of_the_architecture_page_opens(network, tab, open_app):
    app = open_app(network=f"torchvision:{network}", input_shape="3x64x64", tab=tab)

    assert not app.exception
    assert not app.error
    assert not app.warning


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ({"network": "torchvision:resnet51"}, "network"),
        ({"network": "nonsense"}, "network"),
        ({"network": "torchvision:swin_t", "input_shape": "1x64x64"}, "input_shape"),
        ({"network": "torchvision:swin_t", "skip_scale": "7"}, "skip_scale"),
    ],
)
def test_an_invalid_link_is_told_and_the_rest_is_shown(link, told, open_app):
    app = open_app(**link)

    assert not app.exception
    assert f"{told}:" in app.warning[0].value
    assert app.metric


@pytest.mark.parametrize(
    "link",
    [
        {"network": "timm:no_such_network"},
        {"network": "torchvision:vit_b_16", "input_shape": "3x64x32"},
        {"network": "torchvision:maxvit_t", "input_shape": "3x64x64"},
    ],
)
def test_a_network_that_cannot_be_built_is_told_and_the_sidebar_stays(link, open_app):
    app = open_app(**link)

    assert not app.exception
    assert link["network"].partition(":")[2] in app.error[0].value or "input_shape" in app.error[0].value
    assert menu(app, "group")


def test_parts_for_training_alone_are_named_beside_the_parameters(open_app):
    app = open_app(network="torchvision:googlenet")

    assert app.metric[0].value == "6,624,904"
    assert "6,379,984 more are in parts that run only in training: aux1 and aux2." in app.metric[0].help


def test_signals_say_what_was_cut_and_measure_the_twin(open_app):
    app = opened(open_app, "viz/pages/signals.py", **SMALL, **RUN)

    words = " ".join(one.value for one in app.caption)
    assert "The twin runs without the skips of 6 additions." in words
    assert "Dropout and stochastic depth are off, in both networks." in words
    assert "the first layer's is" in next(one.value for one in app.markdown if one.value.startswith("## "))
    assert charts(app)
    assert not app.exception


@pytest.mark.parametrize("panel", ["joins", "maps", "graph", "numbers", "sweep", "strength", "alike"])
def test_every_tab_of_the_signals_page_opens(panel, open_app):
    app = opened(open_app, "viz/pages/signals.py", **SMALL, **RUN, **{"signals.panel": panel})

    assert not app.exception
    assert not app.error


def test_concatenated_skips_are_told_as_left(open_app):
    app = opened(open_app, "viz/pages/signals.py", network="torchvision:densenet121", input_shape="3x32x32", **RUN)

    words = " ".join(one.value for one in app.caption)
    assert "It has no addition whose skip could be taken out" in words
    assert "58 skips that are concatenated stay" in words


def test_a_classifier_of_zeros_is_told_and_another_start_is_offered(open_app):
    app = opened(open_app, "viz/pages/signals.py", network="torchvision:vit_b_32", input_shape="3x32x32", **RUN)
    assert "0 by construction in every layer" in next(one.value for one in app.markdown if one.value[:3] == "## ")

    settled(app.button(key="nonzero").click().run())

    assert address(app)["init"] == "nonzero"
    assert "construction" not in next(one.value for one in app.markdown if one.value[:3] == "## ")
    assert not [one for one in app.button if one.key == "nonzero"]


@given(externals)
def test_a_network_of_a_comparison_survives_its_link(spec):
    assert read(write(spec)) == (spec, ())
    assert valid(joined([write(spec)]), "networks") == ([write(spec)], ())


def test_a_wrong_network_of_a_comparison_is_dropped_and_told():
    kept, amiss = valid("resnet50~torchvision:resnet51~torchvision:swin_t!classes-1", "compare.networks")

    assert kept == ["resnet50", "torchvision:swin_t"]
    assert [problem.field for problem in amiss] == ["compare.networks"] * 2


@pytest.mark.parametrize(
    "facet", ["stages", "blocks", "counts", "depth", "shortcuts", "difference", "kinds", "numbers"]
)
def test_a_mixture_is_compared_in_every_tab(facet, open_app):
    networks = "torchvision:vit_b_32~resnet18~torchvision:convnext_tiny"
    app = opened(
        open_app, "viz/pages/compare.py", **{"compare.networks": networks, "compare.facet": facet, "compare.one": "1"}
    )

    assert not app.exception
    assert not app.error
    assert "ViT-B/32" in app.title[0].value


def test_signals_of_a_mixture_are_compared(open_app):
    networks = joined([write(SPEC), "resnet20_cifar"])
    app = opened(
        open_app,
        "viz/pages/compare.py",
        **{"compare.networks": networks, "compare.facet": "signals", "compare.curves": "true", "signals.batch": "2"},
    )

    assert not app.exception
    assert any("MobileNet-V3-Small" in one.value and "Without skips" in one.value for one in app.markdown)


def test_a_race_takes_any_network_and_its_twin():
    entered = runners(Race(networks="sidebar~twin~resnet20_cifar"), SPEC)

    assert [runner.name for runner in entered] == [
        "MobileNet-V3-Small", "MobileNet-V3-Small without skips", "ResNet-20",
    ]  # fmt: skip
    assert [runner.run.network.input_shape for runner in entered] == [(3, 32, 32), (3, 32, 32), (1, 32, 32)]
    assert entered[1].run.network == twin(entered[0].run.network)


@given(externals)
def test_a_run_of_a_librarys_network_survives_its_file(spec):
    run = RunSpec(network=spec.changed(classes=10))

    assert RunSpec.from_json(json.loads(json.dumps(run.to_json()))) == run
    assert identity(run).endswith(f"-digits-{run.digest}")
    assert identity(run) != identity(RunSpec(network=twin(run.network).changed(skip_scale=0.123)))


def test_of_networks_built_here_nothing_is_told_of_cuts():
    spec = PRESETS["resnet20_cifar"].spec

    assert text.cuts.twin(Pair(measure(spec, batch=2), measure(twin(spec), batch=2))) == []


@pytest.mark.parametrize("page", ["", "viz/pages/signals.py", "viz/pages/compare.py", "viz/pages/training.py"])
def test_where_timm_is_not_installed_a_link_to_it_is_told(page, open_app, monkeypatch):
    monkeypatch.setattr("models.specs.libraries.find_spec", lambda name: None if name == "timm" else True)
    cached.library_networks.clear()
    network = "timm:resnet14t"  # in no cache

    app = opened(open_app, page, network=network) if page else open_app(network=network)

    assert not app.exception
    if page != "viz/pages/compare.py":  # whose networks are others, and so is its sidebar
        assert menu(app, "group").value == "timm"
        assert "timm is not installed" in app.error[0].value
    cached.library_networks.clear()


def test_a_network_with_gates_has_no_strength_to_weaken(open_app):
    spec = PRESETS["resnet110_highway"].spec.changed(stages=(1, 1), base_width=8, input_shape=(3, 16, 16))

    app = opened(open_app, "viz/pages/signals.py", **spec.to_query(), **RUN, **{"signals.panel": "strength"})

    assert not app.exception
    assert any("gates" in one.value for one in app.info)


def test_torchvisions_printed_counts_stand_beside_ours_where_the_network_is_the_same(open_app):
    app = open_app(network="torchvision:inception_v3", input_shape="3x299x299")
    assert [one.value.split(" · ")[0] for one in app.caption[:2]] == ["✓ torchvision's"] * 2

    smaller = open_app(network="torchvision:inception_v3", input_shape="3x299x299", classes="10")
    assert not any("torchvision's" in one.value for one in smaller.caption[:2])
