"""What a link hides: known words hide, others are named and ignored."""

import pytest

from viz.state.hidden import QUANTITIES, WORDS, read, written


def test_words_are_read_written_and_named_when_unknown():
    known, problems = read("depth, shortcut,code,door")

    assert known == {"depth", "shortcut", "code"}
    assert [problem.field for problem in problems] == ["hide"]
    assert "'door'" in str(problems[0])
    assert read(written(known)) == (known, ())
    assert read("") == (frozenset(), ())


def test_a_hidden_control_metric_and_tab_are_gone(open_app):
    everything, app = open_app(), open_app(hide="depth,shortcut,code,door")

    assert {one.label for one in everything.metric} - {one.label for one in app.metric} == {"Depth"}
    assert any(one.key == "field_shortcut" for one in everything.sidebar.selectbox)
    assert not any(one.key == "field_shortcut" for one in app.sidebar.selectbox)
    assert not app.sidebar.select_slider
    assert "PyTorch code" in [one.label for one in everything.tabs]
    assert not {"PyTorch code", "Why this depth?"} & {one.label for one in app.tabs}
    assert any("'door'" in one.value for one in app.warning)
    assert "".join(app.query_params["hide"]) == "code,depth,shortcut"


@pytest.mark.parametrize(("word", "number"), [("params", "11,689,512"), ("macs", "1,814,073,344")])
def test_a_hidden_quantity_is_told_nowhere_on_the_page(open_app, word, number):
    assert number in told(open_app())

    for tab in open_app().tabs:
        app = open_app(hide=word, **{"architecture.tab": {v: k for k, v in TABS.items()}[tab.label]})
        assert number not in told(app), tab.label


def test_the_card_and_the_table_lack_what_is_hidden(open_app):
    link = {"architecture.layer": "layer1.0.conv1"}
    assert "36,864" in told(open_app(**link))

    app = open_app(hide="params", **link)

    assert "36,864" not in told(app)
    assert not [name for name in app.dataframe[0].value.columns if "Parameters" in name]
    assert [name for name in app.dataframe[0].value.columns if "MACs" in name]


@pytest.mark.slow
@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_can_be_hidden_on_the_first_page(open_app, word):
    assert not open_app(hide=word).exception


@pytest.mark.parametrize("page", ["architecture", "signals", "compare", "training", "sweeps"])
def test_everything_can_be_hidden_on_every_page(open_app, page):
    app = open_app(hide=",".join(sorted(WORDS)))
    app.switch_page(f"viz/pages/{page}.py").run()

    assert not app.exception


def test_the_sidebar_is_gone_where_the_network_is_fixed(open_app):
    assert not open_app(hide="network").sidebar.selectbox


def test_a_hidden_name_is_told_nowhere_on_the_first_page(open_app):
    app = open_app(hide="name,network", stages="3-4-6-3")

    assert "ResNet-34" not in told(app)
    assert "resnet34" not in " ".join(str(one.proto) for one in app.get("download_button"))


TABS = {
    "layers": "Layers",
    "charts": "Charts",
    "depth": "Why this depth?",
    "others": "Counts by other tools",
    "torchinfo": "torchinfo",
    "paths": "Paths",
    "code": "PyTorch code",
}


def told(app):
    """All texts of a page, with the data of its graph."""
    parts = [one.value for one in (*app.metric, *app.markdown, *app.caption, *app.title, *app.code)]
    graphs = [str(one.proto) for one in app.get("bidi_component")]
    return " ".join([*map(str, parts), *graphs])


def test_all_quantities_at_once_leave_no_numbers_row(open_app):
    assert not open_app(hide=",".join(QUANTITIES)).metric
