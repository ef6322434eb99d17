"""The Compare page in AppTest: every tab, choosing and editing networks, every refusal."""

import re
from dataclasses import replace
from functools import partial

import pytest

from models.signals import timing
from models.specs.choices import BlockForm
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing import budget
from tests.conftest import ROOT
from tests.viz.pages import address, charts, opened, settled
from viz.state.compare import EXAMPLES, Facet, Which, write

PAGE = "viz/pages/compare.py"
SMALL = NetworkSpec(stages=(2, 2), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5)
DENSE = NetworkSpec(
    family="densenet", stages=(2, 2), stem="cifar", base_width=8, growth_rate=4, input_shape=(3, 16, 16), classes=5
)
TWO = f"{write(SMALL)}~{write(DENSE)}"


@pytest.fixture
def open_compare(open_app):
    return partial(opened, open_app, PAGE)


def table(app):
    """Return the HTML of the comparison."""
    return next(one.proto.body for one in app.get("html") if "scores" in one.proto.body)


def names(app):
    head = table(app).partition("<details>")[0].replace("<nobr>", "").replace("</nobr>", "")
    return re.findall(r"</b> ([^<]+)</span>", head)


def test_it_starts_with_three_networks_and_says_which_is_smaller_cheaper_and_hungrier(open_compare):
    app = open_compare()

    assert app.title[0].value == "ResNet-50 v1.5, DenseNet-121 and ResNeXt-50 32x4d"
    said = next(one.value for one in app.markdown if one.value.startswith("**DenseNet-121**"))
    for words in ("the fewest parameters", "the fewest MACs", "the most activations for the backward pass"):
        assert words in said
    assert "25,557,032" in table(app)
    assert address(app) == {}
    assert not app.exception


def shows(facet, app, networks):
    """Whether a tab shows its content for every network."""
    html = " ".join(one.proto.body for one in app.get("html"))
    named = [{one.get("name") for one in chart["data"]} for chart in charts(app)]
    several = [found for found in named if len(found - {None}) >= networks]
    if facet is Facet.STAGES:
        return html.count("<th scope=col>") == networks and bool(several)
    if facet is Facet.BLOCKS:
        return len([one for one in app.markdown if " MACs" in one.value and "`" in one.value]) == networks
    if facet is Facet.TIMING:
        return "Latency, one image" in html and bool(several)
    if facet is Facet.SIGNALS:
        return len([one for one in app.markdown if "the gradient" in one.value]) >= 1 and bool(charts(app))
    if facet is Facet.DIFFERENCE:
        return (
            any("Add a second network" in one.value for one in app.info) if networks == 1 else len(app.dataframe) == 1
        )
    if facet in (Facet.SHORTCUTS, Facet.KINDS):
        return '<table class="small' in html
    return len(app.dataframe) == 1 if facet is Facet.NUMBERS else bool(several)


@pytest.mark.parametrize("facet", Facet)
@pytest.mark.parametrize(
    "compare",
    [
        TWO,
        write(SMALL),
        pytest.param(
            "~".join([TWO, "sidebar", "resnet20_cifar", "wrn_16_8.norm-none", "plain20_cifar"]), marks=pytest.mark.slow
        ),
    ],
    ids=["two", "one", "six"],
)
def test_every_tab_opens(facet, compare, open_compare, monkeypatch):
    monkeypatch.setattr(timing, "SECONDS", 0.1)  # the duration does not matter here
    app = open_compare(compare=compare, facet=str(facet), batch="2", timed="true", curves="true")

    assert not app.exception
    assert not app.error
    assert not [one for one in app.warning if "link" in one.value]
    own = len(compare.split("~"))
    assert shows(facet, app, own), facet


@pytest.mark.parametrize("which", Which)
def test_blocks_of_either_kind_are_drawn_for_every_network(which, open_compare):
    app = open_compare(compare=TWO, facet="Blocks", which=str(which))

    assert not app.exception
    paths = [
        re.search("`(.+)`", one.value).group(1) for one in app.markdown if " MACs" in one.value and "`" in one.value
    ]
    assert paths == {
        Which.SAME: ["layer1.0", "denseblock1.denselayer1"], Which.CHANGES: ["layer2.0", "transition1"],
    }[which]  # fmt: skip


def test_a_resnexts_block_is_switched_between_its_three_forms(open_compare):
    grouped = replace(SMALL, block="bottleneck", groups=4, group_width=16)
    seen = {}
    for form in BlockForm:
        app = open_compare(compare=f"{write(SMALL)}~{write(grouped)}", facet="Blocks", form=str(form))
        assert not app.exception
        seen[form] = [one.value for one in app.markdown if " MACs" in one.value and "`" in one.value]

    assert app.button_group(key="compare_form").value == BlockForm.GROUPED
    assert len({tuple(counts) for counts in seen.values()}) == 1  # all forms have the same parameters and MACs
    assert not [one for one in open_compare(compare=TWO, facet="Blocks").button_group if one.key == "compare_form"]


def test_a_network_is_added_moved_and_removed(open_compare):
    app = open_compare(compare=TWO)
    before = names(app)

    app.selectbox(key="add").set_value("resnet20_cifar").run()
    assert names(app) == [*before, "ResNet-20 (CIFAR)"]

    app.button(key="move_left_2").click().run()
    assert names(app)[1] == "ResNet-20 (CIFAR)"

    app.button(key="remove_0").click().run()
    assert names(app) == ["ResNet-20 (CIFAR)", before[1]]
    assert address(app)["compare.networks"] == f"resnet20_cifar~{write(DENSE)}"


def test_the_last_network_stays_and_a_seventh_has_no_menu(open_compare):
    assert open_compare(compare=write(SMALL)).button(key="remove_0").disabled

    app = open_compare(compare="~".join(list(PRESETS)[:6]))
    assert not [one for one in app.selectbox if one.key == "add"]


def test_a_network_is_edited_in_the_sidebar_and_one_at_a_time(open_compare):
    app = open_compare(compare="resnet18~resnet34")

    app.button(key="edit_1").click().run()
    app.selectbox(key="field_shortcut").set_value("none: a plain network").run()
    assert names(app) == ["ResNet-18", "Plain-34"]
    assert address(app)["compare.networks"] == "resnet18~sidebar"

    app.button(key="edit_0").click().run()
    app.selectbox(key="field_norm").set_value("group norm").run()
    assert address(app)["compare.networks"] == "sidebar~plain34"
    assert names(app) == ["ResNet-18, group norm", "Plain-34"]

    app.button(key="keep_0").click().run()
    assert address(app)["compare.networks"] == "resnet18.norm-group~plain34"


def test_a_network_without_a_block_of_the_kind_that_is_asked_for_says_so(open_compare):
    alike = write(NetworkSpec(stages=(2,), stem="cifar", base_width=8, input_shape=(3, 16, 16), classes=5))

    app = open_compare(compare=f"{alike}~{write(SMALL)}", facet="Blocks", which=str(Which.CHANGES))

    [said] = [one.value for one in app.main.caption if "their shape" in one.value]
    assert said.endswith("keep their shape. This is the first.")


def controls(app):
    return any(one.key == "reset" for one in app.sidebar.button)


def test_the_sidebar_edits_a_network_of_the_page_or_adds_its_own(open_compare):
    app = open_compare(compare=TWO)
    assert not controls(app)  # none of a network that is not here

    app.sidebar.selectbox(key="edit_one").set_value(1).run()

    assert address(app)["compare.networks"].split("~") == [TWO.split("~", maxsplit=1)[0], "sidebar"]
    assert controls(app)


def test_the_sidebars_network_joins(open_compare):
    app = open_compare(compare=TWO)

    app.button(key="add_sidebar").click().run()

    assert address(app)["compare.networks"] == f"{TWO}~sidebar"
    assert controls(app)


def test_reset_is_a_first_visit(open_compare):
    app = open_compare(compare=f"{TWO}~sidebar", stages="1-1", facet="Counts")

    app.sidebar.button(key="reset").click().run()

    assert address(app) == {}


def test_times_are_measured_on_the_button_and_join_the_table(open_compare):
    app = open_compare(compare=TWO, facet="Measured here", batch="2")
    assert "Latency" not in table(app)

    settled(app.button(key="run_timings").click().run())
    app.run()

    assert "Latency, one image, ms" in table(app)
    assert address(app)["compare.timed"] == "true"
    assert any("On this machine (CPU" in one.value and "In training" in one.value for one in app.markdown)
    assert len(charts(app)) == 1


def test_what_was_measured_stays_with_its_network_when_others_come(open_compare):
    app = open_compare(compare=TWO, facet="Measured here", batch="2", timed="true", seed="8")
    first = {one["name"]: one["y"] for one in charts(app)[0]["data"]}

    app.button(key="move_left_1").click().run()

    again = {one["name"]: one["y"] for one in charts(settled(app))[0]["data"]}
    assert set(again) == set(first)


def test_a_network_that_does_not_fit_says_why_and_the_others_are_measured(open_compare, monkeypatch):
    room = {"free": 0}
    monkeypatch.setattr(budget, "free", lambda _: room["free"])
    room["free"] = (
        92_000_000  # with what pages take: enough for the small one, far from enough for ResNet-18 at 224 pixels
    )
    app = open_compare(compare=f"{write(SMALL)}~resnet18", facet="Measured here", batch="2", timed="true", seed="5")

    [warning] = [one.value for one in app.warning]
    assert warning.startswith("ResNet-18 was not measured.")
    assert "This needs about" in warning
    assert any("ms for one image and trains on" in one.value for one in app.markdown)


def test_signals_of_all_are_measured_with_and_without_skips(open_compare):
    app = open_compare(compare=TWO, facet="Signals", batch="2", curves="true")

    drawn = {one["name"] for one in charts(app)[0]["data"]}
    assert {name for name in drawn if name.endswith("without skips")} == {
        f"{name}, without skips" for name in names(app)
    }
    assert sum("ithout skips the gradient" in one.value for one in app.markdown) == 1


def test_a_data_type_that_this_machine_lacks_gives_way_and_is_told(open_compare):
    app = open_compare(compare=TWO, precision="tf32", device="mps", facet="Measured here", batch="2", timed="true")

    assert not {"signals.precision", "signals.device"} & set(address(app))
    assert not app.exception
    assert "Latency" in table(app.run())


def test_a_strange_link_is_explained_and_the_rest_of_it_is_shown(open_compare):
    app = open_compare(compare="resnet18~nonsense~densenet121.compression-9", left="7", facet="Difference of two")

    text = app.warning[0].value
    for words in ("there is no preset", "densenet121: compression: must be", "left: must be"):
        assert words in text
    assert names(app) == ["ResNet-18", "DenseNet-121"]
    assert not app.exception


def test_the_difference_of_the_tutorials_network_is_explained(open_compare):
    app = open_compare(compare="resnet18~tutorial_resnet18", facet="Difference of two")

    said = " ".join(one.value for one in app.markdown)
    assert (
        "has 3,008 more parameters than **ResNet-18**: convolution biases +4,800, norms on the shortcuts −1,792" in said
    )
    frame = app.dataframe[0].value
    assert len(frame) == 23
    app.toggle(key="only_different").set_value(False).run()
    assert len(app.dataframe[0].value) == 68


def test_the_other_pages_keep_the_comparison(open_compare):
    app = open_compare(compare=TWO)
    app.switch_page("viz/pages/architecture.py").run()
    app.switch_page(PAGE).run()

    assert address(app)["compare.networks"] == TWO


def test_the_report_holds_the_page_and_needs_no_net():
    from models.runtime.messages import Message
    from models.signals.records import Quartiles, Timing
    from models.tracing.memory import keeps
    from models.tracing.tracer import trace
    from viz.compare import metric_list, metrics, report
    from viz.compare.scene import Scene
    from viz.state.compare import Comparison, entries
    from viz.state.signals import Experiment
    from viz.state.subjects import Subject
    from viz.style import theme

    named = entries(Comparison(networks=TWO).slots, SMALL)
    spread = Quartiles(0.1, 0.2, 0.4, 9)
    timing = Timing(
        batch=4, device="CPU", precision="float32", latency=spread, forward=spread, training=spread, peak_memory=None
    )
    subjects = tuple(Subject(entry, trace(entry.spec), keeps(trace(entry.spec)), timing) for entry in named)
    scene = Scene(
        subjects,
        theme.series_styles(["ResNet", "DenseNet"]),
        metrics.rows(metric_list.METRICS, subjects, 16),
        Comparison(),
        Experiment(),
    )

    pairs = {subjects[0].entry.spec.essential: Message.of("It does not fit.")}
    text = report.page(scene, "Two <networks>", "http://here/compare?x=1&y=2", "Skipscope, torch.", pairs)

    assert "<h1>Two &lt;networks&gt;</h1>" in text
    for part in (
        "Parameters by stage",
        "By stage",
        "BasicBlock",
        "What a shortcut costs",
        "layers that differ",
        "On this machine (CPU",
        "Not measured. It does not fit.",
        "highest peak of activations in memory",
        "plotly",
        "<svg",
        'href="http://here/compare?x=1&amp;y=2"',
    ):
        assert part in text
    assert not re.search(r'(src|href)="https?://(?!here)', text.partition("<h2>Counts")[0])
    assert len(re.findall(r'Plotly\.newPlot\(\s+"', text)) == 7  # without mentions in Plotly's own code


def test_the_page_alone_is_a_short_script():
    assert len((ROOT / PAGE).read_text().splitlines()) <= 40


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_every_example_is_a_click_away_and_says_what_differs(open_compare, place):
    app = open_compare()

    app.button(key=f"example_{place}").click().run()

    example = list(EXAMPLES.values())[place]
    assert example.networks in app.query_params["compare.networks"]
    assert len(names(app)) == len(set(names(app))) == len(example.slots)
    assert not any("(2)" in name for name in names(app))
    assert not app.exception


@pytest.mark.slow
@pytest.mark.parametrize("facet", Facet)
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_every_tab_of_every_example_opens(open_compare, example, facet):
    app = open_compare(compare=example.networks, facet=facet.value)

    assert not app.exception
