"""The exported code builds the network that is shown."""

import ast
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings

from models.networks.build import build
from models.networks.export_code import source
from models.specs.choices import Init
from models.specs.presets import PRESETS
from models.specs.spec import NetworkSpec
from tests.conftest import presets, specs


def built_from_source(spec):
    names = {"__name__": "handed_out"}
    exec(compile(source(spec, title="a network", params=0), "handed_out.py", "exec"), names)  # noqa: S102
    return names["build"]()


@given(specs())
@settings(max_examples=60)
def test_the_file_has_the_same_state_dict_and_gives_the_same_output(spec):
    ours, theirs = build(spec).eval(), built_from_source(spec).eval()
    image = torch.randn(1, *spec.input_shape, generator=torch.Generator().manual_seed(0))

    theirs.load_state_dict(ours.state_dict(), strict=True)

    assert list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        assert torch.equal(ours(image), theirs(image))


@pytest.mark.parametrize("name", presets())
def test_every_presets_file_has_its_parameters(name):
    with torch.device("meta"):
        ours, theirs = build(PRESETS[name].spec), built_from_source(PRESETS[name].spec)

    assert {key: value.shape for key, value in ours.state_dict().items()} == {
        key: value.shape for key, value in theirs.state_dict().items()
    }


@pytest.mark.parametrize("name", presets())
def test_the_file_imports_torch_and_the_standard_library_alone(name):
    tree = ast.parse(source(PRESETS[name].spec, title=name, params=0))
    modules = {node.module.split(".")[0] for node in tree.body if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}

    assert modules <= {"torch", *sys.stdlib_module_names}


def test_the_file_runs_by_itself(tmp_path):
    spec = NetworkSpec(stages=(1, 1), base_width=8, input_shape=(1, 16, 16), classes=3)
    (tmp_path / "network.py").write_text(source(spec, title="small", params=1))

    done = subprocess.run(
        [sys.executable, "network.py"], cwd=tmp_path, env={}, capture_output=True, text=True, check=True
    )

    params = sum(weight.numel() for weight in build(spec).parameters())
    assert done.stdout.strip() == f"(1, 3) {params:,} parameters"


def test_only_the_parts_of_this_network_are_in_the_file():
    text = source(PRESETS["plain20_cifar"].spec, title="plain", params=0)

    assert "class BasicBlock" in text
    for absent in ("Bottleneck", "Dense", "projection", "ZeroPad", "group_norm", "class Add"):
        assert absent not in text


ALIKE = NetworkSpec(stages=(2, 2), base_width=32, conv_bias=True, input_shape=(3, 32, 32), classes=50)


@pytest.mark.parametrize("init", Init)
@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("block", ["basic", "bottleneck", "preact_basic"])
@pytest.mark.parametrize("norm", ["batch", "none"])
def test_the_files_weights_start_as_those_that_are_measured(init, zero, block, norm):
    spec = replace(ALIKE, init=init, zero_init_residual=zero, block=block, norm=norm)
    torch.manual_seed(0)
    ours, theirs = build(spec).state_dict(), built_from_source(spec).state_dict()

    for name in ours:
        own, drawn = ours[name].float(), theirs[name].float()
        assert bool((own == 0).all()) is bool((drawn == 0).all()), name  # zero initialisations are the same
        if own.numel() > 200:
            assert float(drawn.mean()) == pytest.approx(
                float(own.mean()), abs=7 * float(own.std()) / own.numel() ** 0.5
            )
            assert float(drawn.std()) == pytest.approx(float(own.std()), rel=0.15), name
            assert float(drawn.abs().max()) == pytest.approx(float(own.abs().max()), rel=0.5), name


def test_a_dense_network_has_no_branch_to_silence():
    spec = replace(PRESETS["densenet_40_12"].spec, zero_init_residual=True, init="kaiming")

    text = source(spec, title="dense", params=0)
    assert "silence" not in text
    assert "kaiming(module)" in text
