"""Pages in Chinese: no English sentence, whole numbers and paths as they are, exports that show Chinese."""

import re

import pytest

import viz.language
from models.specs.presets import PRESETS
from models.tracing.tracer import trace
from tests.viz.language import pseudo
from tests.viz.pages import settled
from viz.graph.drawing import picture
from viz.graph.render import render, svg
from viz.language import sentences, speak

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Streamlit's own words in its file uploader and menus, names, and lines of code
ALLOWED = re.compile(
    r"Drag and drop.*|Limit \d.*|Browse files|He et al\.[^,;]*|Source Sans.*|in the PyTorch style|Wide ResNet\S*",
)


def english(text):
    """Three English words in a row, outside of code, names, links and styles."""
    bare = re.sub(r"(?s)<style>.*?</style>|<[^>]*>|`[^`]*`|\$[^$]*\$|\S+[?&=]\S+|:[\w/-]+:|%\{[^}]*\}", " ", text)
    bare = ALLOWED.sub(" ", bare)
    return re.findall(r"\b[a-z]{2,}(?: [a-z]{2,}){2,}\b", bare)


@pytest.fixture(autouse=True)
def speaking():
    spoken = viz.language._chosen.set("zh")  # AppTest formats options in this thread
    yield
    viz.language._chosen.reset(spoken)


def opened(open_app, page, **query):
    app = open_app(lang="zh", **({} if page else query))
    if page:
        for name, value in query.items():
            app.query_params[name] = value
        app = settled(app.switch_page(f"viz/pages/{page}.py").run())
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("", {}),
        ("", {"family": "densenet", "stages": "2-2", "architecture.tab": "depth"}),
        ("", {"architecture.layer": "layer1.0.conv1", "architecture.tab": "others"}),
        ("", {"stages": "9-9-9-9-9-9-9", "groups": "7", "nonsense": "1"}),
        ("signals", {}),
        ("signals", {"signals.panel": "joins"}),
        ("compare", {}),
        ("compare", {"compare.facet": "blocks"}),
        ("training", {}),
        ("sweeps", {"sweeps.axes": "depth:8,19;norm:batch,none", "sweeps.run": "true", "signals.batch": "2"}),
    ],
    ids=str,
)
def test_no_page_shows_an_english_sentence(open_app, page, query):
    found = pseudo.texts(opened(open_app, page, **query))

    assert sum(bool(CHINESE.search(text)) for _kind, text in found) > 20
    wrong = {(kind, text[:200]) for kind, text in found if not _data(kind) and english(text)}
    assert not wrong, "\n".join(map(str, wrong))


def _data(kind):
    return kind in ("code", "arrow_data_frame", "dataframe")  # torchinfo's table and PyTorch code are English


def test_a_browser_that_prefers_chinese_gets_chinese(open_app):
    from streamlit.testing.v1 import AppTest

    from tests.conftest import ROOT

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
    app.context = {"locale": "zh-CN"}
    viz.language._chosen.set("zh")
    app.run()

    assert "参数" in {one.label for one in app.metric}
    assert "lang" not in app.query_params  # it was not chosen


def test_a_graph_in_chinese_leaves_in_every_format():
    shown = picture(trace(PRESETS["resnet18"].spec), title="ResNet-18")

    text = svg(shown, caption=shown.caption)
    assert "恒等捷径" in text
    assert "恒等捷径" in shown.dot
    assert render(shown, "pdf", caption=shown.caption).startswith(b"%PDF")
    assert render(shown, "png", caption=shown.caption).startswith(b"\x89PNG")


def test_sentences_are_joined_without_a_space():
    joined = sentences(["甲。", "乙。"])
    speak("en")

    assert " " not in joined
    assert sentences(["One.", "", "Two."]) == "One. Two."


def test_chinese_cells_stay_in_latex():
    import pandas as pd

    from viz.ui import table_export

    text = table_export.latex(pd.DataFrame({"层": ["卷积，3×3"], "参数": [64]}))

    assert "卷积，3$\\times$3 & 64" in text
    assert text.splitlines()[0].endswith("\\usepackage{xeCJK}; compile with xelatex")


def test_without_a_font_for_chinese_only_svg_is_offered_and_it_is_said(open_app, monkeypatch):
    monkeypatch.setattr("viz.graph.render.has_font", lambda language: language == "en")
    offered = lambda app: {one.key for one in app.get("download_button")}  # noqa: E731

    english, chinese = open_app(), open_app(lang="zh")

    assert {"save_svg", "save_pdf", "save_png"} <= offered(english)
    assert "save_svg" in offered(chinese)
    assert not {"save_pdf", "save_png"} & offered(chinese)
    assert any("没有中文字体" in one.value for one in chinese.caption)
