"""In the pseudo-language nothing on any page stands outside of the brackets but names, paths, numbers and formulas."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import viz.language
from models.runtime.fields import Fields
from models.specs.spec import NetworkSpec
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from tests.viz.language import pseudo
from tests.viz.pages import settled
from viz.graph.folding import Folding, Level
from viz.graph.picture import Direction
from viz.state.architecture import Tab
from viz.state.compare import Facet
from viz.state.signals import Panel
from viz.state.sweeps import Quantity
from viz.state.training import Lesson

SMALL = {
    "stages": "1-1",
    "stem": "cifar",
    "base_width": "8",
    "shortcut": "pad",
    "input_shape": "3x16x16",
    "classes": "5",
}
TINY = SMALL | {"input_shape": "1x8x8", "classes": "10"}
TWO = "resnet18.stages-1-1.stem-cifar.base_width-8.input_shape-3x16x16.classes-5~densenet121.stages-1-1.stem-cifar.base_width-8.growth_rate-4.input_shape-3x16x16.classes-5"


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locale")
    pseudo.write(folder)
    return folder


@pytest.fixture(autouse=True)
def speaking(catalogue, monkeypatch):
    monkeypatch.setattr(viz.language, "LOCALE", catalogue)
    viz.language.languages.cache_clear()
    viz.language.translation.cache_clear()
    spoken = viz.language._chosen.set(pseudo.CODE)  # AppTest formats options in this thread
    yield
    viz.language._chosen.reset(spoken)
    viz.language.languages.cache_clear()
    viz.language.translation.cache_clear()


@pytest.fixture
def open_pseudo(open_app):
    def opening(page="", **query):
        app = open_app(lang=pseudo.CODE, **({} if page else query))
        if page:
            for name, value in query.items():
                app.query_params[name] = value
            app = settled(app.switch_page(f"viz/pages/{page}.py").run())
        assert not app.exception, app.exception[0].value
        return app

    return opening


def check(app):
    found = pseudo.texts(app)
    assert sum("⟦" in text for _kind, text in found) > 20  # it is spoken at all
    strange = {(kind, text[:160], tuple(words)) for kind, text in found if (words := pseudo.foreign(text))}
    assert not strange, "\n".join(map(str, sorted(strange)))


@pytest.mark.parametrize("tab", Tab)
@pytest.mark.parametrize(
    "network",
    [SMALL, {"family": "densenet", "stages": "2-2", "input_shape": "3x64x64"}, {}],
    ids=["small", "dense", "first"],
)
def test_the_architecture_page(open_pseudo, tab, network):
    check(open_pseudo(**network, **{"architecture.tab": tab, "architecture.level": "layers"}))


@pytest.mark.parametrize(
    "layer", ["layer1.0.conv1", "layer1", "layer1.0.add", "avgpool", "fc", "bn1", "layer2.0.downsample"]
)
def test_the_card_of_a_layer(open_pseudo, layer):
    check(open_pseudo(**SMALL, **{"architecture.layer": layer}))


def test_what_a_link_or_a_change_did_wrong(open_pseudo):
    app = open_pseudo(
        stages="9-9-9-9-9-9-9",
        groups="7",
        nonsense="1",
        **{
            "compare.networks": "nothing~resnet18.a-1",
            "training.batch": "x",
            "signals.run": "maybe",
            "architecture.layer": "gone",
            "architecture.fold": "a,b,c,d,e",
        },
    )
    check(app)
    app.text_input(key="field_stages").set_value("x").run()
    check(app)
    app.number_input(key="field_groups").set_value(7).run()
    check(app)


@pytest.mark.parametrize(
    "axes", ["", "depth:8,19;norm:batch,none;gate:none,highway;zero_init_residual:true", "depth:19"]
)
@pytest.mark.parametrize("quantity", Quantity)
def test_the_sweeps_page(open_pseudo, axes, quantity):
    query = {"sweeps.axes": axes, "sweeps.run": "true", "sweeps.by": "norm"} if axes else {}
    check(open_pseudo("sweeps", **query, **{"sweeps.quantity": quantity, "signals.batch": "2"}))


@pytest.mark.parametrize("panel", Panel)
def test_the_signals_page(open_pseudo, panel):
    check(
        open_pseudo(
            "signals",
            **SMALL,
            **{
                "signals.panel": panel,
                "signals.run": "true",
                "signals.batch": "2",
                "signals.seeds": "2",
                "signals.sweep": "true",
                "signals.deepest": "14",
            },
        )
    )


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"shortcut": "none"},
        {"norm": "none"},
        {"zero_init_residual": "true", "signals.run": "true", "signals.batch": "2"},
    ],
    ids=str,
)
def test_the_signals_page_before_and_beside(open_pseudo, query):
    check(open_pseudo("signals", **SMALL | query))


@pytest.mark.parametrize("facet", Facet)
def test_the_compare_page(open_pseudo, facet):
    check(
        open_pseudo(
            "compare",
            **{
                "compare.networks": TWO,
                "compare.facet": facet,
                "compare.timed": "true",
                "compare.curves": "true",
                "signals.batch": "2",
            },
        )
    )


def test_the_compare_page_as_it_opens(open_pseudo):
    check(open_pseudo("compare"))


@pytest.mark.parametrize("lesson", Lesson)
def test_the_training_page(open_pseudo, lesson, monkeypatch, tmp_path):
    monkeypatch.setattr(RunStore, "__init__", lambda self, folder=tmp_path: object.__setattr__(self, "folder", folder))
    network = NetworkSpec.from_query(TINY)[0]
    for own in (network, replace(network, shortcut="none")):
        list(kept(RunSpec(network=own, epochs=2, batch=128), RunStore()))
    check(
        open_pseudo(
            "training",
            **TINY,
            **{"training.epochs": "2", "training.batch": "128", "training.learn": "true", "training.lesson": lesson},
        )
    )


def test_the_training_page_as_it_opens(open_pseudo, monkeypatch, tmp_path):
    monkeypatch.setattr(RunStore, "__init__", lambda self, folder=tmp_path: object.__setattr__(self, "folder", folder))
    monkeypatch.setattr("models.work.training.estimate", lambda run, *, progress: 10.0)
    check(open_pseudo("training", **TINY))
    check(open_pseudo("training", **{"training.networks": "densenet121"}))


@pytest.mark.parametrize("said", ["0", "1"])
def test_the_page_about_the_server(open_pseudo, monkeypatch, said):
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", said)
    monkeypatch.setenv("SKIPSCOPE_LECTURER", "a secret of some length")
    monkeypatch.setenv("SKIPSCOPE_MOST_DEPTH", "0")
    check(open_pseudo("server"))


def test_every_choice_has_a_label():
    def kinds(settings):
        for one in settings.__subclasses__():
            yield one
            yield from kinds(one)

    from models.runtime.fields import rules
    from models.runtime.rules import Choice
    from viz.text.labels import label

    for settings in kinds(Fields):
        if settings.__module__.startswith(("viz.", "models.")) and hasattr(settings, "__dataclass_fields__"):
            for rule in rules(settings).values():
                if isinstance(rule, Choice):
                    assert all(label(option) for option in rule.options)


def test_the_report_and_what_else_leaves_the_page():
    from models.runtime.messages import Message
    from models.tracing.memory import keeps
    from models.tracing.tracer import trace
    from viz.backend import cached
    from viz.compare import metric_list, metrics, report
    from viz.compare.scene import Scene
    from viz.graph.picture import Colour
    from viz.state.compare import Comparison, entries
    from viz.state.signals import Experiment
    from viz.state.subjects import Subject
    from viz.style import theme

    small = NetworkSpec.from_query(SMALL)[0]
    subjects = tuple(
        Subject(one, trace(one.spec), keeps(trace(one.spec)), Message.of("9"))
        for one in entries(Comparison(networks=TWO).slots, small)
    )
    scene = Scene(
        subjects,
        theme.series_styles(["ResNet", "DenseNet"]),
        metrics.rows(metric_list.METRICS, subjects, 16),
        Comparison(),
        Experiment(),
    )
    page = report.page(scene, "8", "http://here/compare", "9", {subjects[0].entry.spec.essential: Message.of("9")})
    page = re.sub(r"(?s)<script.*?</script>", " ", page)
    assert "⟦" in page
    assert pseudo.foreign(page) == []
    for colour in Colour:
        drawn, svg = cached.picture(small, Folding(Level.LAYERS), Direction.VERTICAL, colour)
        assert pseudo.foreign(drawn.caption) == []
        assert pseudo.foreign(re.sub(r"(?s)<title>.*?</title>", "", svg)) == []


def test_two_visitors_speak_two_languages(open_app):
    theirs, ours = open_app(lang=pseudo.CODE), open_app()

    for _ in range(2):
        for app, code in ((theirs, pseudo.CODE), (ours, "en")):
            viz.language.speak(code)  # AppTest formats options in this thread
            app.run()

    assert {one.label for one in ours.metric} >= {"Parameters", "Depth"}
    assert {one.label for one in theirs.metric} >= {"⟦Parameters⟧", "⟦Depth⟧"}
    assert "Layer" in ours.dataframe[0].value.columns  # of one network: what is cached has its language in its key
    assert "⟦Layer⟧" in theirs.dataframe[0].value.columns
    assert ["⟦image⟧" in graph(app)["svg"] for app in (ours, theirs)] == [False, True]
    assert "lang" not in ours.query_params
    assert "".join(theirs.query_params["lang"]) == pseudo.CODE


def graph(app):
    return next(data for one in app.get("bidi_component") if "svg" in (data := json.loads(one.proto.json)))


def test_the_pages_are_named_in_the_links_language_at_once(open_app, monkeypatch):
    titles = []
    import streamlit

    made = streamlit.Page
    monkeypatch.setattr(streamlit, "Page", lambda *args, **more: titles.append(more["title"]) or made(*args, **more))

    open_app(lang=pseudo.CODE)

    assert titles == [
        "⟦This server⟧",
        "⟦Lessons⟧",
        "⟦Architecture⟧",
        "⟦Signals⟧",
        "⟦Compare⟧",
        "⟦Training⟧",
        "⟦Sweeps⟧",
    ]


def test_two_threads_speak_two_languages_at_once():
    started = threading.Barrier(2)

    def said(code):
        viz.language.speak(code)
        started.wait(60)
        return {viz.language._("Depth") for _ in range(2_000)}

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(said, (pseudo.CODE, "en"))) == [{"⟦Depth⟧"}, {"Depth"}]


def test_the_language_is_chosen_in_the_header_and_stays(open_app):
    app = open_app()
    viz.language.speak("en")

    app.segmented_control(key="language").set_value("⟦English⟧").run()

    assert "".join(app.query_params["lang"]) == pseudo.CODE
    assert "⟦Parameters⟧" in {one.label for one in app.metric}


def test_a_language_that_is_not_there_is_english(open_app):
    app = open_app(lang="tlh")

    assert "Parameters" in {one.label for one in app.metric}
