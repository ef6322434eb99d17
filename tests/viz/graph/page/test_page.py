"""The graph as one HTML page has all that it needs inside, and nothing that a name could break."""

import json
import re
from dataclasses import replace

import pytest

from models import PRESETS, ExternalSpec, trace
from viz.graph.page import page


def data(written):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', written)[1])


def layers_in(parts):
    for part, _row, _column in parts:
        if isinstance(part, int):
            yield part
        else:
            yield from layers_in(part["parts"])


@pytest.mark.parametrize(
    ("network", "most"),
    [("resnet50", 200_000), ("densenet201", 1_000_000), ("torchvision:vit_b_16", 200_000)],
)
def test_the_page_holds_every_layer_once_and_is_small(network, most):
    found = trace(ExternalSpec.of(network) if ":" in network else PRESETS[network].spec)

    written = page(found, title=network)

    assert len(written.encode()) < most
    assert list(layers_in(data(written)["tree"])) == list(range(len(found.layers)))
    assert data(written)["params"] == found.params


def test_the_page_asks_no_server():
    written = page(trace(PRESETS["resnet18"].spec), title="ResNet-18")

    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?https?:""", written)
    assert "fetch(" not in written
    assert "import " not in written


def test_a_name_with_tags_is_text():
    found = trace(PRESETS["resnet18"].spec)
    odd = "</script><b>x"
    first = replace(found.layers[0], path=odd)
    found = replace(found, layers=(first, *found.layers[1:]), edges=())

    written = page(found, title="<i>net</i>")

    assert "<i>net" not in written
    assert odd not in written
    assert data(written)["layers"][0]["path"] == odd


def test_a_trace_writes_its_page_itself():
    assert "<h1>mine</h1>" in trace(PRESETS["resnet18"].spec).to_html("mine")


def ids_in(parts):
    for part, _row, _column in parts:
        if not isinstance(part, int):
            yield part["id"]
            yield from ids_in(part["parts"])


def test_a_group_that_is_called_like_a_layer_has_an_id_of_its_own():
    found = trace(ExternalSpec.of("torchvision:swin_t"))

    ids = list(ids_in(data(page(found, title="Swin"))["tree"]))

    assert len(ids) == len(set(ids))
    assert not set(ids) & {layer.path for layer in found.layers}
    assert "head/2" in ids
