"""Every number of a trace, checked by a second method."""

import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import prod

import pytest
import torch
import torchinfo
import torchvision
from hypothesis import given, settings
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from models.networks.build import build
from models.specs.presets import PRESETS
from models.specs.registry import Family
from models.specs.spec import NetworkSpec
from models.tracing.kinds import JOINS, Kind
from models.tracing.layers import GLOBAL_POOLS, INPUT, EdgeKind
from models.tracing.tracer import trace
from tests.conftest import ROOT, presets, reference_rows, reference_spec, specs


def real_shapes(spec):
    """Return the output shape of every module in a real forward pass."""
    network, shapes = build(spec).eval(), {}
    for path, module in network.named_modules():
        module.register_forward_hook(lambda _, __, out, path=path: shapes.__setitem__(path, tuple(out.shape[1:])))
    with torch.no_grad():
        network(torch.zeros(2, *spec.input_shape))  # two, because a group norm rejects a single value
    return shapes


@given(specs())
@settings(max_examples=80)
def test_shapes_equal_a_real_forward_pass(spec):
    shapes = real_shapes(spec)

    for layer in trace(spec).layers:
        assert layer.output_shape == shapes[layer.path], layer.path


@given(specs())
@settings(max_examples=80)
def test_parameters_and_buffers_equal_the_modules_own(spec):
    with torch.device("meta"):
        network = build(spec)
    found = trace(spec)

    assert found.params == sum(weight.numel() for weight in network.parameters())
    assert found.buffers == sum(buffer.numel() for buffer in network.buffers())
    for path, module in network.named_modules():
        own = sum(weight.numel() for weight in module.parameters(recurse=False))
        assert own == (found.by_path[path].params if path in found.by_path else 0)


def counted_flops(spec):
    with torch.device("meta"):
        network, image = build(spec).eval(), torch.empty(1, *spec.input_shape)
        with FlopCounterMode(display=False) as counter:
            network(image)
    return counter.get_total_flops()


@given(specs())
def test_macs_are_half_of_torchs_own_flop_count(spec):
    assert 2 * trace(spec).macs == counted_flops(spec)


@pytest.mark.parametrize("name", presets())
def test_macs_of_a_preset_are_half_of_torchs_own_flop_count(name):
    spec = PRESETS[name].spec
    if sum(spec.stages) > 200:
        spec = replace(spec, stages=(9, 7, 5))

    assert trace(spec).flops == counted_flops(spec)


@pytest.mark.parametrize("row", reference_rows(), ids=lambda row: row["name"])
def test_counts_equal_the_reference(row):
    found = trace(reference_spec(row))

    assert found.params == int(row["params"])
    assert not row["macs"] or found.macs == int(row["macs"])


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.torchvision])
def test_counts_equal_torchvisions_metadata(name):
    meta = torchvision.models.get_model_weights(name).DEFAULT.meta
    found = trace(PRESETS[name].spec)

    assert found.params == meta["num_params"]
    assert round(found.macs / 1e9, 3) == meta["_ops"]


@pytest.mark.parametrize(
    "name", ["resnet18", "resnext50_32x4d", "densenet121", "wrn_16_8", "plain20_cifar", "preact_resnet164"]
)
def test_layers_agree_with_torchinfo_where_it_lists_them(name):
    spec = PRESETS[name].spec
    with torch.device("meta"):
        network, image = build(spec), torch.empty(1, *spec.input_shape)
    rows = torchinfo.summary(network, input_data=image, device="meta", verbose=0, depth=9).summary_list
    paths = {id(module): path for path, module in network.named_modules()}
    found, compared = trace(spec), 0

    for row in rows:
        layer = found.by_path.get(paths[row.layer_id])
        if layer is not None:
            assert tuple(row.output_size[1:]) == layer.output_shape
            assert row.num_params == layer.params
            compared += 1

    assert compared == len(found.layers)


def receptive_field_by_gradient(spec, path):
    """Return the extent of the gradient of one output position, with positive weights and average for max pooling."""
    network = build(spec).eval().double()
    seen = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.MaxPool2d):
            parent, _, child = name.rpartition(".")
            setattr(
                network.get_submodule(parent), child, nn.AvgPool2d(module.kernel_size, module.stride, module.padding)
            )
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, nn.GroupNorm):
            module.forward = lambda value: value  # its statistics see the whole image, which a receptive field ignores
    network.get_submodule(path).register_forward_hook(lambda _, __, out: seen.update(out=out))
    image = torch.ones(1, *spec.input_shape, dtype=torch.double, requires_grad=True)
    network(image)
    out = seen["out"]
    (out[0] if out.dim() == 2 else out[0, :, out.shape[2] // 2, out.shape[3] // 2]).sum().backward()
    touched = image.grad[0].abs().sum(0) > 0
    return [int(line.nonzero().max() - line.nonzero().min() + 1) for line in (touched.any(1), touched.any(0))]


@given(specs(pixels=(180, 200)))
@settings(max_examples=25)
def test_receptive_fields_equal_the_extent_of_the_gradient(spec):
    layers = [layer for layer in trace(spec).layers if len(layer.output_shape) == 3 and layer.receptive_field < 80]
    layers = [layer for layer in layers if layer.operation not in GLOBAL_POOLS]  # their windows may differ in size

    for layer in (layers[len(layers) // 2], layers[-1]):
        if min(layer.output_shape[1:]) > 2:
            sides = receptive_field_by_gradient(spec, layer.path)
            assert max(sides) == layer.receptive_field, layer.path
            # only Inception's windows of 1x7 and 7x1 make one side longer
            assert min(sides) == max(sides) or spec.family is Family.INCEPTION_RESNET, layer.path


def test_the_first_linear_layer_of_a_vgg_sees_the_whole_image():
    layers = trace(PRESETS["vgg16"].spec).by_path

    assert layers["avgpool"].receptive_field == 212
    assert layers["classifier.0"].receptive_field == 212 + 6 * 32 > 224
    small = NetworkSpec(family="vgg", stages=(1, 1), base_width=4, hidden=8, input_shape=(1, 28, 28))
    assert receptive_field_by_gradient(small, "classifier.0") == [28, 28]


@pytest.mark.parametrize(("name", "pixels"), [("resnet18", 435), ("resnet50", 427), ("densenet121", 2071)])
def test_receptive_fields_equal_the_reference(name, pixels):
    found = trace(PRESETS[name].spec)

    assert found.receptive_field == pixels
    assert found.effective_stride == 32


@given(specs())
def test_edges_carry_the_shape_that_both_ends_know(spec):
    found = trace(spec)
    outputs = {INPUT: found.input_shape} | {layer.path: layer.output_shape for layer in found.layers}

    for edge in found.edges:
        assert edge.target in found.by_path
        assert edge.shape == outputs[edge.source]
    assert {edge.target for edge in found.edges} == set(found.by_path)


@pytest.mark.parametrize(
    ("shortcut", "identities", "projections"),
    [("none", 0, 0), ("pad", 8, 0), ("projection", 5, 3), ("projection_all", 0, 8)],
)
def test_every_shortcut_option_has_its_edges(shortcut, identities, projections):
    found = trace(NetworkSpec(shortcut=shortcut))
    into_joins = [edge.kind for edge in found.edges if found.by_path[edge.target].kind in JOINS]

    assert into_joins.count(EdgeKind.IDENTITY) == identities
    assert into_joins.count(EdgeKind.PROJECTION) == projections


def test_a_dense_block_passes_its_input_on_by_one_concat_edge_a_layer():
    found = trace(PRESETS["densenet121"].spec)

    assert sum(edge.kind is EdgeKind.CONCAT for edge in found.edges) == 6 + 12 + 24 + 16
    assert sum(layer.kind is Kind.CONCAT for layer in found.layers) == 58


def test_add_concat_and_zero_padding_are_layers():
    padded = trace(NetworkSpec(shortcut="pad")).by_path["layer2.0.downsample"]

    assert trace(NetworkSpec()).by_path["layer1.0.join"].kind is Kind.ADD
    assert padded.kind is Kind.PAD
    assert padded.params == 0
    assert padded.shape_formula == "64 + 64 = 128; floor((56 - 1)/2) + 1 = 28"


@given(specs())
def test_stages_and_blocks_sum_to_the_network(spec):
    found = trace(spec)

    for name in ("params", "macs", "activation_bytes"):
        assert sum(getattr(total, name) for total in found.stages) == getattr(found, name)
        inside = sum(getattr(layer, name) for layer in found.layers if layer.block)
        assert sum(getattr(total, name) for total in found.blocks) == inside
    assert sum(total.depth for total in found.stages) == found.depth == len(found.counted)


def evaluated(formula):
    """Return the values of a formula's parts; what stands before a "=" is arithmetic, with the same value in Python."""
    allowed = {"α": None, "floor": math.floor, "ceil": math.ceil, "max": max, "__builtins__": {}}
    found = []
    for part in re.split("; | → | ⊙ | · ", formula):
        left, _, right = part.removeprefix("H: ").removeprefix("W: ").partition(" = ")
        found.append(eval(left, allowed))  # noqa: S307
        assert not right or found[-1] == int(right.replace(",", "")), formula
    return found


def sizes(layer):
    """Return the numbers that the formula of a layer's output shape should have."""
    channels, *sides = layer.output_shape
    window = sides if "W: " in layer.shape_formula else sorted(set(sides))
    if layer.kind is Kind.LINEAR:
        return [layer.input_shape[0], channels]
    if layer.operation in GLOBAL_POOLS:
        return [prod(layer.input_shape[1:]), prod(sides)]
    if layer.kind in (Kind.CONV, Kind.POOL):
        return window
    if layer.kind is Kind.PRODUCT:
        constant = [] if len(layer.input_shapes) > 1 else [layer.factor]
        return [*constant, *map(prod, layer.input_shapes)]
    return {Kind.CONCAT: [channels], Kind.BRANCHES: [channels], Kind.PAD: [channels, *window]}.get(
        layer.kind, [prod(layer.output_shape)]
    )


@given(specs())
@settings(max_examples=60)
def test_every_formula_evaluates_to_its_number(spec):
    for layer in trace(spec).layers:
        assert evaluated(layer.params_formula) == [layer.params]
        assert evaluated(layer.macs_formula) == [layer.macs]
        assert evaluated(layer.bytes_formula) == [layer.activation_bytes] == [prod(layer.output_shape) * 4]
        assert evaluated(layer.receptive_field_formula) == [layer.receptive_field]
        assert evaluated(layer.effective_stride_formula) == [layer.effective_stride]
        assert evaluated(layer.shape_formula) == sizes(layer), layer.path


def test_formulas_read_as_in_the_books():
    layers = trace(NetworkSpec()).by_path

    assert layers["layer1.0.conv1"].params_formula == "3*3*64*64 = 36,864"
    assert layers["layer1.0.conv1"].macs_formula == "64*56*56 * 3*3*64 = 115,605,504"
    assert layers["conv1"].shape_formula == "floor((224 + 2*3 - 7)/2) + 1 = 112"
    assert layers["layer1.0.conv1"].shape_formula == "(56 + 2*1 - 3)/1 + 1 = 56"
    assert layers["fc"].params_formula == "512*1000 + 1000 = 513,000"
    assert layers["layer1.0.conv1"].receptive_field_formula == "11 + (3 - 1)*4 = 19"


def test_the_slip_of_the_tutorials_is_put_right_and_found_where_it_is_true():
    assert trace(PRESETS["resnet18"].spec).by_path["layer1.0.conv1"].params == 36_864
    assert trace(PRESETS["tutorial_resnet18"].spec).by_path["layer1.0.conv1"].params == 36_928
    assert trace(PRESETS["wrn_18_3"].spec).by_path["layer1.0.conv1"].params == 110_592


def test_projections_are_not_counted_except_by_wide_resnets():
    resnet, wide = trace(PRESETS["resnet50"].spec), trace(PRESETS["wrn_16_8"].spec)

    assert not any("downsample" in path for path in resnet.counted)
    assert resnet.counted[-1] == "fc"
    assert sum("downsample" in path for path in wide.counted) == 3
    assert "fc" not in wide.counted


def test_every_layer_knows_the_line_that_made_it():
    names = ("resnet50", "densenet121", "preact_resnet110", "wrn_28_10", "densenet_40_12", "seresnet18", "resnet50d")
    for name in (*names, "resnet110_norm_after", "resnet110_highway", "resnet110_rezero", "wrong_projection"):
        for layer in trace(PRESETS[name].spec).layers:
            where, _, line = layer.made_by.partition("  ")
            file, _, number = where.partition(":")
            assert (ROOT / "models/networks" / file).is_file()
            assert int(number) > 0
            assert "=" in line


def test_tracing_leaves_no_hook_and_patches_nothing():
    call, conv = nn.Module.__call__, nn.functional.conv2d

    trace(NetworkSpec())

    assert nn.Module.__call__ is call
    assert nn.functional.conv2d is conv


def test_traces_run_in_many_threads_while_another_trains():
    names = ["resnet50", "densenet121", "wrn_16_8", "plain20_cifar", "preact_resnet164", "resnext50_32x4d"]
    alone = {name: trace(PRESETS[name].spec) for name in names}
    stop, losses, failures = threading.Event(), [], []

    def train():
        try:
            network = build(NetworkSpec(stages=(1, 1), base_width=8, stem="cifar", input_shape=(3, 16, 16), classes=10))
            optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
            image, label = torch.rand(8, 3, 16, 16), torch.arange(8)
            while not stop.is_set() or len(losses) < 2:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(network(image), label)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        except Exception as error:  # noqa: BLE001  # shown by the assertion below
            failures.append(error)

    trainer = threading.Thread(target=train)
    trainer.start()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda name: trace(PRESETS[name].spec), names * 4))
    stop.set()
    trainer.join()

    assert not failures
    assert len(losses) > 1
    assert together == [alone[name] for name in names * 4]


def test_a_thousand_layers_are_traced_without_recursion():
    found = trace(PRESETS["resnet1202_cifar"].spec)

    assert found.depth == 1202
    assert found.params == 19_421_274


@given(specs())
def test_alive_is_what_was_put_out_and_is_still_read(spec):
    found = trace(spec)
    order = [INPUT, *(layer.path for layer in found.layers)]
    sizes = {INPUT: 4 * prod(found.input_shape)} | {layer.path: layer.activation_bytes for layer in found.layers}
    for place, layer in enumerate(found.layers, start=1):
        later = {source for reader in order[place:] for source in found.sources[reader]}
        there = {layer.path} | {name for name in order[:place] if name in later}
        assert found.live_bytes[place - 1] == sum(sizes[name] for name in there)


def test_alive_of_a_plain_block_is_a_layers_input_and_output():
    found = trace(
        NetworkSpec(stages=(1,), shortcut="none", stem="cifar", base_width=4, input_shape=(3, 8, 8), classes=2)
    )

    image, maps = 4 * 3 * 8 * 8, 4 * 4 * 8 * 8
    assert found.live_bytes[0] == image + maps
    assert set(found.live_bytes[1:-2]) == {2 * maps}
    assert found.live_bytes[-2:] == (maps + 4 * 4, 4 * 4 + 4 * 2)


def test_bytes_moved_are_weights_inputs_and_outputs():
    found = trace(
        NetworkSpec(stages=(1,), shortcut="none", stem="cifar", base_width=4, input_shape=(3, 8, 8), classes=2)
    )

    image, maps = 3 * 8 * 8, 4 * 8 * 8
    layers = (image + maps) + 8 * (maps + maps) + (maps + 4) + (4 + 2)  # conv, norm, relu ..., pooling, classifier
    assert found.bytes_moved == 4 * (found.params + layers)
    assert found.intensity == found.flops / found.bytes_moved
