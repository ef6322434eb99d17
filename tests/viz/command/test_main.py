"""The command `skipscope`: what it refuses, and a module of one's own opened by it on this machine alone."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch
from PIL import Image

from models.networks.build import build
from models.networks.library_code import source
from models.runtime.errors import SpecError
from models.runtime.messages import UserError
from models.signals.measure import measure
from models.specs import own
from models.specs.external import ExternalSpec
from models.specs.own import OWN, register_own
from models.specs.twins import twin
from models.tracing.tracer import trace
from models.training.estimate import check
from models.training.run_spec import RunSpec
from models.training.trainer import train
from tests.conftest import ROOT
from tests.viz.browser import chromium, visiting
from viz.command.main import _window, main

MINE = textwrap.dedent(
    '''
    import torch
    from torch import nn


    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.conv = nn.Conv2d(width, width, 3, padding=1)

        def forward(self, x):
            return x + torch.relu(self.conv(x))


    class MyNet(nn.Module):
        """Three blocks with a skip each."""

        def __init__(self, num_classes=7):
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
            self.blocks = nn.Sequential(Block(8), Block(8), Block(8))
            self.head = nn.Linear(8, num_classes)

        def forward(self, x):
            return self.head(self.blocks(self.stem(x)).mean((2, 3)))


    class Wrong(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, stride=2)

        def forward(self, x):
            return x + self.conv(x)


    ready = MyNet()
    number = 3


    def made():
        return MyNet()


    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            raise RuntimeError("not today")
    '''
)


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mymodels.py"
    file.write_text(MINE)
    yield file
    OWN.clear()


def spec(file, name, shape="3x16x16"):
    register_own(f"{file}:{name}", shape)
    return ExternalSpec.of(f"own:{name}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing.py:MyNet"], "must be a file and a name in it"),
        (["mymodels.py"], "must be a file and a name in it"),
        (["--lessons", "nowhere"], "nowhere: must be a folder of lessons"),
        (["--weights", "nowhere.pt"], "nowhere.pt: must be a file of weights"),
        (["--images", "nowhere"], "nowhere is not a folder"),
        (["--images", "."], "lies in "),
        (["mymodels.py:Nope"], "mymodels.py has no 'Nope', but Block, MyNet"),
        (["broken.py:MyNet"], "broken.py: "),
        (["mymodels.py:MyNet", "--input", "64"], "must be channels x height x width"),
    ],
)
def test_what_cannot_be_opened_is_refused_before_anything_starts(arguments, told, mine, monkeypatch, capsys):
    monkeypatch.chdir(mine.parent)
    (mine.parent / "broken.py").write_text("class MyNet(:")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("it started a server"))

    try:
        status = main(arguments)
    except SystemExit as stopped:
        status = stopped.code

    assert status == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("name", ["MyNet", "made", "ready"])
def test_a_class_a_function_and_a_module_can_be_opened(name, mine):
    own_spec = spec(mine, name)

    found = trace(own_spec)

    assert found.input_shape == (3, 16, 16)
    assert len([layer for layer in found.layers if layer.kind == "add"]) == 3
    assert len(measure(own_spec, batch=2).joins) == 3
    assert measure(twin(own_spec), batch=2).joins == ()


def test_a_block_whose_shapes_do_not_fit_is_shown_as_far_as_it_goes(mine, open_app):
    own_spec = spec(mine, "Wrong")

    app = open_app(**own_spec.to_query())

    assert not app.exception
    [told] = app.error
    assert "mymodels.py:" in told.value
    assert "return x + self" in told.value
    graph = json.loads(next(one for one in app.get("bidi_component") if '"svg"' in one.proto.json).proto.json)
    assert graph["order"][-1] == "conv"
    assert app.sidebar.selectbox  # it can be changed


def test_a_class_that_takes_classes_is_given_them(mine):
    own_spec = spec(mine, "MyNet")

    assert trace(own_spec.changed(classes=10)).output_shape == (10,)
    assert trace(spec(mine, "made").changed(classes=10)).output_shape == (7,)


@pytest.mark.parametrize(("name", "told"), [("number", "int"), ("Broken", "not today"), ("gone", "gone")])
def test_what_is_no_module_is_told(name, told, mine):
    with pytest.raises(UserError, match=told):
        build(spec(mine, name))


def test_only_what_the_server_was_started_with_can_be_opened_by_a_link(mine):
    spec(mine, "MyNet")

    for other in ("own:Block", "own:os", f"own:{mine}:MyNet", "own:"):
        with pytest.raises(SpecError, match="network"):
            ExternalSpec(network=other)


def test_without_a_place_nothing_is_registered():
    register_own("", "")

    assert not OWN


def test_the_code_handed_out_runs_beside_the_file(mine):
    code = source(twin(spec(mine, "MyNet")))

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=mine.parent, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "torch.Size([1, 7])" in done.stdout


def started(command, folder, **more):
    """Start the command and return it with the address that it prints."""
    running = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more
    )  # the caller ends it
    with running.stdout as said:
        line = said.readline()
    return running, re.search(r"http://127\.0\.0\.1:\d+/\S*", line).group(0)


@pytest.mark.slow
def test_ones_own_module_is_seen_with_and_without_its_skips_in_a_browser(mine):
    chromium()
    running, address = started(
        [sys.executable, "-m", "viz.command.main", f"{mine}:MyNet", "--input", "3x32x32", "--no-browser"], ROOT
    )
    try:
        with visiting(address.partition("?")[0].rstrip("/")) as visit:
            visit.page.goto(address)
            visit.page.wait_for_selector("g.node")
            visit.page.get_by_role("heading", name="MyNet from mymodels.py").wait_for()
            visit.page.get_by_role("link", name="Signals").click()
            visit.page.get_by_role("button", name=re.compile("^Run with and without")).click()
            visit.page.get_by_text("The twin runs without the skips of 3 additions.").wait_for()
            assert visit.troubles == []
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=600) == 0
    end = time.monotonic() + 60
    while time.monotonic() < end:  # the server ends with it
        try:
            with visiting(address) as visit:
                visit.page.set_default_timeout(5_000)
                visit.page.goto(address)
        except Exception:  # noqa: BLE001  # nobody answers
            break
    else:
        pytest.fail("the server goes on")


@pytest.mark.slow
def test_ones_own_weights_are_measured_and_another_networks_refused_by_name_and_shape(mine):
    chromium()
    torch.save(build(spec(mine, "MyNet"), seed=3).state_dict(), mine.parent / "run.pt")
    command = [sys.executable, "-m", "viz.command.main", f"{mine}:MyNet", "--input", "3x32x32", "--no-browser"]
    running, address = started([*command, "--weights", str(mine.parent / "run.pt")], ROOT)
    try:
        with visiting("/".join(address.split("/")[:3])) as visit:
            visit.page.goto(address)
            run = re.compile("^Run with and without")
            visit.page.get_by_role("button", name=run).click()
            visit.page.get_by_text("With these weights:").wait_for()
            visit.page.get_by_text("Both networks have the weights in the file").wait_for()

            visit.page.goto(
                address.replace("network=own%3AMyNet", "network=torchvision%3Aalexnet").replace("32x32", "64x64")
            )
            visit.page.get_by_role("button", name=run).click()
            visit.page.get_by_text("Missing in the file: features.0.weight (64, 3, 11, 11)").wait_for()
            assert visit.troubles == []
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=600) == 0


def test_a_file_of_weights_that_is_not_there_is_refused_before_anything_starts(mine, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("it started a server"))

    assert main([f"{mine}:MyNet", "--weights", "nowhere.pt"]) == 2
    assert "nowhere.pt: must be a file of weights" in capsys.readouterr().err


def test_a_folder_of_images_is_opened_as_the_data_of_a_race(tmp_path, monkeypatch):
    for name in ("cat/1", "cat/2", "dog/1", "dog/2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / f"{name}.png")
    started = {}

    class Ended:
        def wait(self):
            return 0

        def terminate(self): ...

    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: started.update(more) or Ended())
    monkeypatch.setattr("viz.command.main._show", lambda server, address, given: started.update(address=address) or 0)

    assert main(["--images", str(tmp_path), "--image-side", "16"]) == 0

    monkeypatch.undo()
    code = (
        "from models.specs.here import register_all; register_all(); from models.training.data_registry import DATA; "
    )
    code += "from models.training import datasets; d = datasets.load([*DATA][-1]); print([*DATA][-1], d.classes)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=started["env"], capture_output=True, text=True, check=True
    )
    name = started["address"].partition("training.data=")[2]
    assert "/training?" in started["address"]
    assert done.stdout.strip() == f"{name} ('cat', 'dog')"


def test_the_variables_have_the_projects_name():
    names = {own.PLACE, own.INPUT, own.WEIGHTS}
    assert names == {"SKIPSCOPE_OWN", "SKIPSCOPE_OWN_INPUT", "SKIPSCOPE_OWN_WEIGHTS"}


def test_a_module_with_too_few_classes_is_refused_before_it_is_trained(mine):
    few = spec(mine, "made").changed(classes=10)

    with pytest.raises(SpecError, match="classes: must be 10"):
        check(RunSpec(network=few))


def test_a_module_that_takes_classes_is_trained_with_its_twin(mine):
    taken = spec(mine, "MyNet").changed(classes=10)

    for own_spec in (taken, twin(taken)):
        [epoch] = train(RunSpec(network=own_spec, epochs=1, steps=3))
        assert epoch.train_loss > 0


def test_a_file_that_fails_leaves_nothing_behind(tmp_path):
    file = tmp_path / "failing.py"
    file.write_text("class Net: pass\nraise RuntimeError('at import')\n")
    before = list(sys.path)

    for _ in range(3):
        with pytest.raises(UserError, match="at import"):
            build(spec(file, "Net"))

    assert sys.path == [*before, str(tmp_path)]
    assert "skipscope_own_failing" not in sys.modules
    OWN.clear()


def test_a_size_beyond_the_limits_is_refused_at_once(mine, capsys):
    with pytest.raises(SystemExit):
        main([f"{mine}:MyNet", "--input", "3x2000x2000"])

    assert "must have a height and width of 8 to 1,024 pixels" in capsys.readouterr().err


class Shown:
    """Stands in for pywebview."""

    def __init__(self):
        self.windows = []

    def create_window(self, title, address, **size):
        self.windows.append((title, address))

    def start(self):
        self.windows.append("started")


def test_a_window_of_its_own_shows_the_address(monkeypatch):
    shown = Shown()
    monkeypatch.setitem(sys.modules, "webview", shown)

    assert _window("http://127.0.0.1:1/") == 0

    assert shown.windows == [("Skipscope", "http://127.0.0.1:1/"), "started"]


def test_without_pywebview_it_is_said_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "webview", None)

    assert _window("http://127.0.0.1:1/") == 2
    assert "pip install skipscope[desktop]" in capsys.readouterr().err
