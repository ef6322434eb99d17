"""What leaves opens elsewhere: the HTML page offline, ONNX and `.pt2` in Netron."""

import socket
import threading
from contextlib import contextmanager

import netron
import pytest
from playwright.sync_api import sync_playwright

from models import PRESETS, ExternalSpec, NetworkSpec, export, trace
from tests.viz.browser import QUIET, chromium
from viz.graph.page import page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

SMALL = NetworkSpec(stages=(1, 1), stem="cifar", base_width=8, input_shape=(3, 12, 12), classes=5)


@contextmanager
def browsing(**options):
    """A page of a browser that has no network, and the errors on it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        opened = browser.new_context(**options).new_page()
        opened.set_default_timeout(120_000)
        errors = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        try:
            yield opened, errors
        finally:
            browser.close()


@pytest.fixture
def offline(tmp_path):
    """A function that opens the page of a network from a file."""
    with browsing(viewport={"width": 1366, "height": 768}) as (opened, errors):

        def to(spec, place=""):
            file = tmp_path / "network.html"
            file.write_text(page(trace(spec), title="network"))
            opened.goto(f"{file.as_uri()}{place}")
            return opened

        yield to
        assert errors == []


def boxes(opened):
    return opened.locator(".graph [data-path]").evaluate_all("all => all.map(one => one.dataset.path)")


def test_offline_a_reader_unfolds_folds_and_reads_the_numbers(offline):
    opened = offline(PRESETS["resnet18"].spec)
    assert boxes(opened) == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]

    opened.get_by_role("button", name="layer2: unfold").click()
    opened.get_by_role("button", name="layer2.0: unfold").click()
    opened.locator('[data-path="layer2.0.downsample.0"]').click()

    card = opened.locator("#card")
    assert "1*1*64*128 = 8,192" in card.inner_text()
    assert "layer2.0.downsample.1 (projection shortcut)" in card.inner_text()
    opened.get_by_role("button", name="layer2: fold", exact=True).click()
    assert boxes(opened) == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert "layer2" in card.inner_text()


def test_offline_a_layer_is_found_by_name_kind_shape_and_expression_and_its_address_leads_to_it(offline):
    opened = offline(PRESETS["resnet18"].spec)
    find = opened.get_by_role("searchbox")
    for words, number in (("layer3.1.conv", 2), ("conv 512 x 7", 5), ("/^layer[12].*bn1$/", 4), ("nothing", 0)):
        find.fill(words)
        assert opened.locator("#hits li").count() == number, words

    find.fill("layer3.1.conv2")
    find.press("Enter")

    assert "layer3.1.conv2" in boxes(opened)
    assert opened.locator(".node.selected").get_attribute("data-path") == "layer3.1.conv2"
    assert opened.url.endswith("#layer3.1.conv2")
    again = offline(PRESETS["resnet18"].spec, "#layer4.0.conv1")
    again.reload()
    assert again.locator(".node.selected").get_attribute("data-path") == "layer4.0.conv1"


@pytest.mark.parametrize(
    "spec",
    [PRESETS["resnet50"].spec, PRESETS["densenet121"].spec, PRESETS["inception_resnet_v2_small"].spec,
     ExternalSpec.of("torchvision:vit_b_16"), ExternalSpec.of("torchvision:googlenet")],
    ids=["resnet50", "densenet121", "inception_resnet", "vit", "googlenet"],
)  # fmt: skip
def test_offline_every_layer_is_drawn_no_boxes_overlap_and_arcs_pass_beside_them(offline, spec):
    opened = offline(spec)
    opened.locator("[data-level=layers]").click()
    found = trace(spec)

    drawn = boxes(opened)
    assert {layer.path for layer in found.layers} <= set(drawn)
    overlaps = opened.evaluate("""() => {
      const all = [...document.querySelectorAll(".node")].map((one) => one.getBoundingClientRect());
      return all.flatMap((one, place) => all.slice(place + 1).filter((other) =>
        one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1)).length;
    }""")
    assert overlaps == 0
    elbows = opened.evaluate("""() => [...document.querySelectorAll(".edges path")].filter((line) => / V .* Q .* H /.test(line.getAttribute("d"))
      && !/^M [\\d.]+ [\\d.]+ H/.test(line.getAttribute("d"))).filter((line) => {
        const zoom = parseFloat(document.querySelector(".paper").style.zoom || 1), origin = document.querySelector(".paper").getBoundingClientRect();
        const [, x, top, end] = line.getAttribute("d").match(/^M ([\\d.]+) ([\\d.]+) V ([\\d.]+)/).map(parseFloat);
        return [...document.querySelectorAll(".node")].map((one) => one.getBoundingClientRect()).some((box) =>
          (box.left - origin.left) / zoom < x && (box.right - origin.left) / zoom > x && (box.top - origin.top) / zoom > top + 1 && (box.bottom - origin.top) / zoom < end);
      }).length""")
    assert elbows == 0
    crossed = opened.evaluate("""() => {
      const origin = document.querySelector(".paper").getBoundingClientRect();
      const all = [...document.querySelectorAll(".node")].map((one) => one.getBoundingClientRect())
        .map((one) => ({ left: one.left - origin.left, right: one.right - origin.left, top: one.top - origin.top, bottom: one.bottom - origin.top }));
      const zoom = parseFloat(document.querySelector(".paper").style.zoom || 1);
      return [...document.querySelectorAll(".edges path.identity, .edges path.concat")].filter((line) => {
        const corner = line.getAttribute("d").match(/ V /) && line.getAttribute("d");
        if (!corner) return false;
        const x = parseFloat(corner.match(/Q ([\\d.]+)/)[1]) * zoom;
        const [top, end] = [line.getBBox().y * zoom, (line.getBBox().y + line.getBBox().height) * zoom];
        return all.some((box) => box.left < x && x < box.right && box.top > top && box.bottom < end);
      }).length;
    }""")
    assert crossed == 0


def test_offline_skips_are_as_many_as_the_networks(offline):
    opened = offline(PRESETS["resnet18"].spec)
    opened.locator("[data-level=layers]").click()

    assert opened.locator(".edges path.identity").count() == 5
    assert opened.locator(".edges path.projection").count() == 9  # into, along and out of three projections


def test_offline_keys_walk_and_open(offline):
    opened = offline(PRESETS["resnet18"].spec)

    opened.keyboard.press("/")
    opened.keyboard.type("fc")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")

    assert opened.locator(".node.selected").get_attribute("data-path") == "fc"
    opened.locator('[data-path="stem"]').focus()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    assert "layer1.0-1" in boxes(opened)


@pytest.mark.parametrize(("name", "words"), [("network.onnx", "Conv"), ("network.pt2", "conv2d")])
def test_netron_opens_what_was_exported(name, words, tmp_path):
    export(SMALL, tmp_path / name, weights=name.endswith("onnx"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = ("127.0.0.1", port)
    thread = threading.Thread(
        target=netron.start, args=(str(tmp_path / name),), kwargs={"address": address, "browse": False}
    )
    thread.start()
    try:
        with browsing() as (opened, _errors):
            opened.goto(f"http://127.0.0.1:{port}")
            accept = opened.get_by_role("button", name="Accept")
            node = opened.locator("#target text, .node text").filter(has_text=words).first
            accept.or_(node).first.wait_for()
            if accept.is_visible():
                accept.click()
            node.wait_for()
            convolutions = opened.locator("text").filter(has_text=words)
            assert convolutions.count() >= 5
    finally:
        netron.stop(address)
        thread.join(timeout=20)
