"""The Architecture page in AppTest: every preset, every tab, every kind of link."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from models.specs.external import ExternalSpec
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing.memory import kept
from models.tracing.tracer import trace
from tests.conftest import ROOT, presets
from viz.state.architecture import Rows, Tab, View

FIELDS = sorted((*NetworkSpec.__slots__, *View.__slots__))


def graph(app):
    return json.loads(next(one for one in app.get("bidi_component") if '"svg"' in one.proto.json).proto.json)


def heading(app):
    """Return the heading of the card that is shown."""
    return app.header[0].value.replace("\u200b", "")


def address(app):
    """Return the query parameters of the browser's address after a run."""
    return {name: "".join(value) for name, value in app.query_params.items()}


@pytest.mark.parametrize("name", presets())
def test_every_preset_opens_from_its_link_with_its_numbers(name, open_app):
    preset = PRESETS[name]
    app = open_app(**preset.spec.to_query())

    assert not app.exception
    assert not app.warning
    assert preset.title in app.title[0].value
    assert not isinstance(preset.params, int) or app.metric[0].value == f"{preset.params:,}"
    assert not preset.params or app.caption[0].value[0] in "✓≈"


@pytest.mark.parametrize("tab", Tab)
@pytest.mark.parametrize("name", ["resnet18", "densenet121", "wrn_16_8", "plain20_cifar", "resnet1202_cifar"])
def test_every_tab_opens(tab, name, open_app):
    app = open_app(**PRESETS[name].spec.to_query(), tab=str(tab))

    assert not app.exception
    assert not app.warning


def test_a_path_is_lit_up_from_a_link_and_another_one_with_the_button(open_app):
    app = open_app(lit="true", branches="4", level="blocks")
    first = graph(app)["svg"]
    app.button(key="another_path").click().run()
    second = graph(app)["svg"]
    app.number_input(key="view_branches").set_value(8).run()

    assert not app.exception
    assert first.count("faded") > 5
    assert second.count("faded") > 5
    assert second != first
    assert graph(app)["svg"] not in (first, second)
    assert address(app)["architecture.branches"] == "8"


def test_a_network_with_fewer_branches_than_the_link_names_lights_its_longest_path_up(open_app):
    app = open_app(**PRESETS["resnet18"].spec.to_query(), lit="true", branches="40")

    assert not app.exception
    assert app.number_input(key="view_branches").value == 8


def test_where_there_is_one_path_none_is_lit_up(open_app):
    app = open_app(**PRESETS["plain20_cifar"].spec.to_query(), lit="true")

    assert not app.exception
    assert "faded" not in graph(app)["svg"]
    assert not [one for one in app.button if one.key == "another_path"]


@pytest.mark.parametrize("rows", Rows)
def test_the_table_shows_its_rows(rows, open_app):
    app = open_app(rows=str(rows))

    frame = app.dataframe[0].value
    assert frame["Parameters"].sum() == 11_689_512


def test_a_preset_is_chosen_by_group_and_name(open_app):
    app = open_app()

    app.selectbox(key="group").set_value("DenseNet").run()
    app.selectbox(key="preset").set_value("densenet169").run()

    assert not app.exception
    assert app.metric[0].value == "14,149,480"
    assert address(app)["family"] == "densenet"


def test_the_depth_slider_offers_the_familys_depths(open_app):
    app = open_app(block="bottleneck", stages="3-4-6-3")

    app.select_slider(key="depth").set_value(152).run()

    assert app.metric[0].value == "60,192,808"


def test_only_controls_that_matter_are_shown(open_app):
    residual, dense = open_app(), open_app(family="densenet", stages="6-12-24-16")

    def keys(app):
        return {widget.key for widget in (*app.number_input, *app.selectbox, *app.toggle)}

    assert "field_growth_rate" not in keys(residual)
    assert "field_group_width" not in keys(residual)
    assert {"field_growth_rate", "field_compression"} <= keys(dense)
    assert not {"field_widen", "field_groups", "field_stride_in", "field_projection_norm"} & keys(dense)


def test_changing_one_control_keeps_the_others(open_app):
    app = open_app(classes="10", input_shape="1x64x64")

    app.selectbox(key="field_norm").set_value("group norm").run()
    app.selectbox(key="field_shortcut").set_value("A: identity, zero-padded").run()

    assert address(app) == {"classes": "10", "input_shape": "1x64x64", "norm": "group", "shortcut": "pad"}


def test_an_impossible_combination_is_repaired_and_said_so(open_app):
    app = open_app()

    app.number_input(key="field_groups").set_value(7).run()

    assert app.number_input(key="field_groups").value == 8
    assert "now 8, not 7" in app.toast[0].value


def test_what_is_typed_wrongly_is_kept_and_explained(open_app):
    app = open_app()

    app.text_input(key="field_stages").set_value("3, 4, x").run()

    assert app.text_input(key="field_stages").value == "3, 4, x"
    assert app.error[0].value.startswith("`Blocks per stage: must be a list of 1 to 5 whole numbers")
    assert app.metric[0].value == "11,689,512"


def test_stages_of_ones_own_are_typed(open_app):
    app = open_app()

    app.text_input(key="field_stages").set_value("1, 2").run()

    assert address(app)["stages"] == "1-2"
    assert "Custom ResNet-8" in app.title[0].value
    assert not [slider for slider in app.select_slider if slider.key == "depth"]


def test_an_unfolded_stage_shows_its_blocks_and_its_card(open_app):
    app = open_app(fold="layer2", layer="layer2")

    assert "layer2.0" in graph(app)["order"]
    assert heading(app) == "layer2"


def test_the_selected_layer_is_marked_in_the_graph_and_in_the_table_and_has_its_card(open_app):
    app = open_app(level="layers", layer="layer1.0.conv1")

    rows = app.session_state["table"]["selection"]["rows"]
    assert app.dataframe[0].value["Layer"][rows[0]] == "layer1.0.conv1"
    assert graph(app)["shown"] == "layer1.0.conv1"
    assert any("`3*3*64*64 = 36,864`" in text.value for text in app.markdown)


def test_a_neighbour_is_one_click_away(open_app):
    app = open_app(layer="layer1.0.conv1")

    app.button(key="to_layer1.0.bn1").click().run()

    assert heading(app) == "layer1.0.bn1"
    assert graph(app)["shown"] == "layer1"


def test_the_slip_is_explained_with_a_way_to_the_network_that_has_it(open_app):
    app = open_app(layer="layer1.0.conv1")
    assert any("110,592" in info.value and "36,864" in info.value for info in app.info)

    app.button(key="slip").click().run()

    assert "WRN-18-3" in app.title[0].value
    assert any("110,592 is right" in info.value for info in app.info)


def test_a_link_brings_back_the_whole_state(open_app):
    query = {"block": "bottleneck", "stages": "3-4-6-3", "level": "blocks", "fold": "layer2.0", "layer": "layer2.0.conv2",
             "colour": "MACs", "direction": "horizontal", "tab": "Charts"}  # fmt: skip
    app = open_app(**query)

    network = {name: query[name] for name in ("block", "stages")}
    assert address(app) == network | View.from_query(query)[0].to_query()
    assert heading(app) == "layer2.0.conv2"
    assert "layer2.0.conv2" in graph(app)["order"]


def test_a_bad_link_shows_each_bad_field_and_keeps_the_good_ones(open_app):
    app = open_app(stages="3-4-x", classes="10", widen="huge", level="atoms", layer="layer9.conv", nonsense="1")

    (warning,) = app.warning
    for name in ("stages", "widen", "architecture.level", "layer", "nonsense"):
        assert f"`{name}:" in warning.value
    assert "Used instead: `2-2-2-2`" in warning.value
    assert address(app) == {"classes": "10"}


@pytest.mark.slow
@given(
    query=st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=12)), st.text(max_size=40), max_size=5)
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_leads_to_a_page(query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()

    assert not app.exception
    assert app.metric[0].value


def test_a_network_of_single_channels_has_every_tab(open_app):
    tiny = {"family": "densenet", "stages": "1-1", "growth_rate": "1", "shortcut": "none", "base_width": "1",
            "norm": "group", "input_shape": "1x8x8", "compression": "1.0"}  # fmt: skip
    for tab in Tab:
        app = open_app(**tiny, tab=str(tab))
        assert not app.exception
        assert not app.warning


def test_nothing_from_a_link_is_read_as_markup(open_app):
    app = open_app(
        **{"stages": "<script>alert(1)</script>", "layer": "[x](http://example.org)", "http://example.org": "1"}
    )

    (warning,) = app.warning
    outside = "".join(warning.value.split("`")[::2])  # text outside code spans
    assert "script" not in outside
    assert "example.org" not in outside


def test_a_link_with_a_thousand_troubles_is_told_in_a_few_lines(open_app):
    app = open_app(fold=",".join(f"x{number}" for number in range(3000)), layer="nowhere")

    (warning,) = app.warning
    assert len(warning.value) < 600
    assert "and 2,997 more" in warning.value


def test_the_family_left_behind_comes_back_as_it_was(open_app):
    app = open_app(**PRESETS["resnet20_cifar"].spec.to_query())

    app.selectbox(key="field_family").set_value("DenseNet").run()
    app.selectbox(key="field_family").set_value("ResNet").run()

    assert "ResNet-20 (CIFAR)" in app.title[0].value


def test_the_early_convolution_that_is_offered_is_one(open_app):
    app = open_app(**PRESETS["vgg13_skips"].spec.to_query())

    assert app.button(key="try_first").label == "layer1.0.branch.conv1: an early convolution"


def test_too_large_a_graph_stays_folded_and_says_so(open_app):
    app = open_app(**PRESETS["resnet1202_cifar"].spec.to_query(), level="layers")

    assert "4,207 nodes" in graph(app)["note"]


def test_the_depth_tab_adds_up(open_app):
    app = open_app(block="bottleneck", stages="3-4-6-3", tab="Why this depth?")

    assert any("1 + 9 + 12 + 18 + 9 + 1 = 50" in text.value for text in app.markdown)


def offered(app):
    return {one.key for one in app.get("download_button") if one.key}


def test_a_long_graph_says_how_sharp_it_leaves_and_offers_svg(open_app, monkeypatch):
    query = PRESETS["resnet152"].spec.to_query() | {"level": "layers"}
    app = open_app(**query)
    assert any("dots per inch" in one.value for one in app.caption)
    assert {"save_png", "save_svg"} <= offered(app)

    monkeypatch.setattr("viz.graph.render._LONGEST_PNG", 1_000)
    app = open_app(**query)
    assert any("too long for a legible PNG" in one.value for one in app.caption)
    assert "save_png" not in offered(app)
    assert "save_svg" in offered(app)


@pytest.mark.parametrize("page", ["architecture", "signals", "training"])
def test_a_network_whose_shapes_do_not_fit_is_explained_and_can_be_changed(open_app, page):
    app = open_app(block="wrong_stride")
    if page != "architecture":
        app.switch_page(f"viz/pages/{page}.py").run()

    assert not app.exception
    said = " ".join(one.value for one in app.error)
    assert "layer2.0.join: (128, 28, 28) can't be added to (128, 56, 56)." in said or page == "training"
    app.selectbox(key="field_block").set_value("basic").run()
    assert not app.error
    assert not app.exception


def test_a_found_layer_is_shown_in_the_graph_and_on_the_card(open_app):
    app = open_app()
    field = app.selectbox(key="find")
    assert "layer3.1.conv2 · convolution · 256 × 14 × 14" in field.options

    field.set_value("layer3.1.conv2").run()

    assert heading(app) == "layer3.1.conv2"
    assert graph(app)["shown"] == "layer3.1.conv2"
    assert "layer3.1.conv2" in graph(app)["order"]
    assert app.selectbox(key="find").value is None


def test_what_leaves_is_offered_and_has_the_whole_network(open_app):
    app = open_app()

    offered = [button.label for button in app.get("download_button")]

    assert {"SVG", "PDF", "PNG", "DOT", "HTML, folds and searches offline", "JSON"} < set(offered)
    assert {"ONNX, with weights", "PT2, with weights", "PT2, without weights"} < set(offered)


def test_the_table_tells_what_is_saved_for_the_backward_pass(open_app):
    frame = open_app().dataframe[0].value

    assert frame["Saved for backward, bytes"].sum() == kept(trace(PRESETS["resnet18"].spec))[-1]
    assert frame["Saved for backward, bytes"].iloc[0] == 3 * 224 * 224 * 4  # the first convolution saves the image


@pytest.mark.parametrize("name", ["vit_b_16", "swin_t"])
def test_the_card_of_a_layer_that_is_read_more_than_once_names_each_neighbour_once(name, open_app):
    found = trace(ExternalSpec.of(f"torchvision:{name}"))
    pairs = [(edge.source, edge.target) for edge in found.edges]
    twice = [source for source, target in pairs if pairs.count((source, target)) > 1 and source in found.by_path]
    path = twice[0]

    app = open_app(network=f"torchvision:{name}", layer=path)

    assert not app.exception
    assert heading(app) == path
    after = sorted({f"to_{target}" for source, target in pairs if source == path})
    assert sorted(button.key for button in app.button if (button.key or "").startswith("to_")) == after
