"""The Signals page in AppTest: every regime, every tab, every refusal."""

import io
import json
from functools import partial

import pytest
from PIL import Image

from models.runtime.settings import Source
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from models.tracing import budget
from tests.conftest import ROOT
from tests.viz.pages import address, charts, opened, settled, waiting
from viz.state.signals import At, Experiment, Of, Paint, Panel, Show
from viz.ui import job_widget

PAGE = "viz/pages/signals.py"
SMALL = {
    "stages": "2-2",
    "stem": "cifar",
    "base_width": "8",
    "input_shape": "3x16x16",
    "classes": "5",
    "shortcut": "pad",
}
QUICK = {"run": "true", "batch": "4", "seeds": "1"}


@pytest.fixture
def open_signals(open_app):
    return partial(opened, open_app, PAGE)


def said(app):
    """Return the headline sentence."""
    return next((text.value for text in app.markdown if text.value.startswith("## ")), "")


def test_it_starts_with_what_was_measured_before_and_a_button(open_signals):
    app = open_signals()

    assert "ResNet-56" in app.title[0].value
    assert app.button(key="run_pair").label.startswith("Measure it")
    assert any(one.value.startswith("Measured before, on ") for one in app.caption)
    assert "Without skips the gradient grows 1." in said(app)
    assert charts(app)
    assert address(app) == {}


def test_a_network_that_was_not_measured_before_says_what_will_be_seen(open_signals):
    app = open_signals(**SMALL)

    assert app.button(key="run_pair").label.startswith("Run with and without skip connections")
    assert not charts(app)
    assert any("What you will see" in one.value for one in app.markdown)


def test_a_student_presses_run_and_reads_what_skips_do(open_signals):
    app = open_signals()

    settled(app.button(key="run_pair").click().run())

    assert "Without skips the gradient grows 1." in said(app)
    assert "With skips the gradient stays level" in said(app)
    assert {trace.get("name") for trace in charts(app)[0]["data"]} >= {"with skips", "without skips"}
    assert address(app) == {"signals.run": "true"}
    assert not app.exception


def test_a_chosen_network_is_kept_and_the_default_one_is_told_in_the_link(open_app):
    app = open_app(**PRESETS["resnet20_cifar"].spec.to_query())
    app.switch_page(PAGE).run()
    assert "ResNet-20" in app.title[0].value

    app.selectbox(key="group").set_value("ResNet").run()
    assert "ResNet-18" in app.title[0].value
    assert NetworkSpec.from_query(address(app))[0] == NetworkSpec()
    assert address(app)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"stages": "9-9-9"}, "the gradient grows 1."),
        ({"stages": "9-9-9", "norm": "none", "of": "activations"}, "the gradient shrinks to 0."),
        ({"stages": "18-18-18", "norm": "none"}, "underflowed: it is exactly 0 in every convolution"),
        ({"shortcut": "projection", "zero_init_residual": "true"}, "With skips the gradient is 0 by construction in 8 of 9 convolutions: weights after them are zero."),
        ({"stages": "9-9-9", "norm": "none", "seed": "1"}, "the gradient stays level"),
        pytest.param({"stages": "300", "norm": "none", "init": "kaiming", "base_width": "8", "input_shape": "3x8x8"}, "not finite (NaN or infinite)", marks=pytest.mark.slow),
    ],
    ids=["explodes", "vanishes", "underflows", "constructed", "level", "overflows"],
)  # fmt: skip
def test_every_regime_reads_right(query, words, open_signals):
    app = open_signals(**(SMALL | QUICK | query))

    assert words in said(app)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("panel", Panel)
@pytest.mark.parametrize(
    "kind",
    [
        "residual",
        "gated",
        *(
            pytest.param(kind, marks=pytest.mark.slow)
            for kind in ("dense", "preact", "plain", "scaled", "learned", "dropping", "squeezed", "norm after")
        ),
    ],
)
def test_every_tab_opens(panel, kind, open_signals):
    more = {
        "residual": {},
        "dense": {"family": "densenet", "growth_rate": "4", "shortcut": "concat"},
        "preact": {"block": "basic", "order": "preact", "shortcut": "projection", "init": "kaiming"},
        "plain": {"shortcut": "none"},
        "gated": {"gate": "highway"},
        "scaled": {"skip_scale": "0.5", "branch_scale": "0.2"},
        "learned": {"learned_scale": "true"},
        "dropping": {"order": "preact", "shortcut": "projection", "dropout": "0.3", "drop_path": "0.5"},
        "squeezed": {"block": "se_bottleneck", "shortcut": "projection"},
        "norm after": {"order": "norm_after"},
    }[kind]
    app = open_signals(**(SMALL | QUICK | more), panel=str(panel), sweep="true", deepest="20")

    assert not app.exception
    assert not app.error
    assert not app.warning
    assert charts(app)


@pytest.mark.parametrize("source", [Source.DIGITS, Source.PHOTOS])
def test_every_source_is_measured(source, open_signals):
    assert said(open_signals(**SMALL, **QUICK, source=str(source)))


@pytest.mark.parametrize(
    "setting",
    [
        *({"show": str(one)} for one in Show),
        *({"of": str(one)} for one in Of),
        *({"at": str(one)} for one in At),
        *({"paint": str(one), "panel": "graph"} for one in Paint),
        {"precision": "bf16"},
        {"layer": "layer1.1.conv2"},
    ],
    ids=str,
)
def test_every_setting_is_in_the_link_and_works(setting, open_signals):
    app = open_signals(**SMALL, **QUICK, **setting)

    assert not app.exception
    assert not app.warning
    kept, _ = Experiment.from_query(setting)
    assert kept.to_query().items() <= address(app).items()
    assert setting.get("layer", "") == address(app).get("architecture.layer", "")


def test_controls_write_the_network_and_the_experiment(open_signals):
    app = open_signals(**SMALL, **QUICK)

    settled(app.segmented_control(key="experiment_norm").set_value("none").run())
    app.selectbox(key="experiment_init").set_value("Kaiming").run()
    app.number_input(key="experiment_batch").set_value(6).run()
    settled(app.segmented_control(key="experiment_of").set_value(Of.ACTIVATIONS).run())

    expected = {"norm": "none", "init": "kaiming", "signals.batch": "6", "signals.of": "activations"}
    assert expected.items() <= address(app).items()
    assert "batch 6" in " ".join(caption.value for caption in app.caption)


def test_a_strange_link_is_explained(open_signals):
    app = open_signals(batch="9999", panel="x", seeds="two", run="maybe")

    text = app.warning[0].value
    for field in ("batch", "panel", "seeds", "run"):
        assert f"`signals.{field}: must be" in text
    assert not app.exception


@pytest.mark.parametrize("setting", [{"device": "mps"}, {"precision": "tf32"}, {"weights": "pretrained"}], ids=str)
def test_what_this_machine_or_network_does_not_have_gives_way_and_is_told(setting, open_signals):
    [name] = setting
    app = open_signals(**SMALL, **QUICK, **setting)

    assert f"signals.{name}" not in address(app)
    assert said(app)


def test_what_is_too_large_is_refused_with_what_would_fit(open_signals, monkeypatch):
    monkeypatch.setattr(budget, "free", lambda _: 10**4)
    app = open_signals(**SMALL, **QUICK, seed="77")

    [warning] = [one.value for one in app.warning]
    assert "This needs about" in warning
    assert app.button(key="run_pair").label.startswith("Try again")


def test_trained_weights_that_cant_be_had_are_one_sentence_and_the_rest_works(open_signals, monkeypatch, tmp_path):
    import urllib.request

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: (_ for _ in ()).throw(OSError("no net")))
    query = {"stages": "2-2-2-2", "input_shape": "3x32x32"}
    app = open_signals(**query, **QUICK, weights="pretrained")

    assert "could not be downloaded" in app.warning[0].value
    settled(app.selectbox(key="experiment_weights").set_value("random").run())
    assert said(app)


def picture(form="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), (200, 30, 30)).save(buffer, form)
    return buffer.getvalue()


def test_an_uploaded_picture_is_measured_and_another_file_refused(open_signals):
    app = open_signals(**SMALL, run="false", batch="4", seeds="1", source="upload")
    uploader = app.file_uploader(key="upload") if hasattr(app, "file_uploader") else None
    if uploader is None:
        pytest.skip("this AppTest has no file uploader")

    uploader.set_value(("words.png", b"just words", "image/png")).run()
    assert "can't be read as an image" in app.error[0].value

    app.file_uploader(key="upload").set_value(("red.png", picture(), "image/png")).run()
    assert not app.error
    settled(app.button(key="run_pair").click().run())
    assert said(app)


def test_an_upload_that_is_not_there_yet_is_asked_for(open_signals):
    app = open_signals(**SMALL, **QUICK, source="upload")

    assert not app.exception
    assert "Upload an image" in " ".join(one.value for one in app.info)


def test_long_work_waits_for_its_button_though_the_link_asks(open_signals):
    app = open_signals(**PRESETS["resnet152"].spec.to_query(), run="true", batch="64", seeds="3")

    assert not waiting(app)
    assert "min" in app.button(key="run_pair").label


def test_what_was_measured_before_is_shown_though_it_took_long(open_signals, monkeypatch):
    query = {**SMALL, **QUICK, "seed": "41"}
    open_signals(**query)
    monkeypatch.setattr(job_widget, "SHORT", 0.0)

    assert said(open_signals(**query))
    assert not said(open_signals(**{**query, "seed": "42"}))


def test_cancel_leaves_a_way_to_try_again(open_signals):
    app = open_signals(**PRESETS["resnet1202_cifar"].spec.to_query(), run="false", batch="16", seeds="10")

    app.button(key="run_pair").click().run()
    [cancel] = waiting(app)
    cancel.click().run()

    assert "Cancelled." in app.warning[0].value
    assert app.button(key="run_pair").label.startswith("Try again")


def test_the_layer_chosen_on_the_other_page_is_marked_here(open_signals):
    app = open_signals(**SMALL, **QUICK, layer="layer2.0.conv1")

    [rule] = charts(app)[0]["layout"]["shapes"]
    names = [point[0] for point in charts(app)[0]["data"][0]["customdata"]]
    assert names[rule["x0"] - 1] == "layer2.0.conv1"


def test_the_numbers_leave_as_csv_with_every_seed(open_signals):
    app = open_signals(**SMALL, run="true", batch="4", seeds="2", panel="Numbers")

    frame = app.dataframe[0].value
    assert set(frame["Seed"]) == {0, 1}
    assert set(frame["Network"]) == {"with skips", "without skips"}
    assert frame["Skip rms"].notna().sum() == 2 * 4


def test_the_page_alone_is_a_short_script():
    assert len((ROOT / PAGE).read_text().splitlines()) <= 40


def graph(app):
    return next(data for one in app.get("bidi_component") if "svg" in (data := json.loads(one.proto.json)))


def test_both_graphs_stand_in_one_frame_and_play(open_signals):
    app = open_signals(**SMALL, **QUICK, panel="graph")

    shown = graph(app)
    assert shown["partners"]["layer1"] == "other/layer1"
    way = shown["play"]["backward"]
    assert {"layer1", "layer2", "other/layer1", "other/layer2"} <= set(way["of"])
    assert way["ends"] == [min(way["of"].values()), max(way["of"].values())]
    assert "layer1.0.join" in shown["play"]["forward"]["shares"]


def test_what_was_measured_plays_on_the_architecture_page_and_what_was_not_does_not(open_signals):
    app = open_signals(**SMALL, **QUICK)

    app.switch_page("viz/pages/architecture.py").run()

    assert set(graph(app)["play"]["forward"]["of"]) >= {"stem", "layer1", "layer2", "head"}
    app.selectbox(key="field_shortcut").set_value("B: projection at new shapes").run()
    assert graph(app)["play"] is None
