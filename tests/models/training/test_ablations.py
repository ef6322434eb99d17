"""Analysis of trained networks, checked against arithmetic by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.networks.build import build
from models.runtime.uploads import PictureError
from models.specs.spec import NetworkSpec
from models.tracing.hooks import without
from models.training import datasets as data_sets
from models.training.ablations import lesions, responses, reuse
from models.training.predict import answer, predict
from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.run_store import RunStore
from models.training.stored_run import identity
from models.training.weights import weights

RESIDUAL = NetworkSpec(stages=(2, 2), stem="cifar", base_width=8, shortcut="pad", input_shape=(1, 8, 8), classes=10)
DENSE = NetworkSpec(
    family="densenet", block="dense_bottleneck", stages=(2, 2), stem="cifar", base_width=8, growth_rate=4,
    input_shape=(1, 8, 8), classes=10,
)  # fmt: skip


def of(network):
    return RunSpec(network=network, epochs=2, batch=64)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = RunStore(tmp_path_factory.mktemp("runs"))
    for network in (
        RESIDUAL,
        replace(RESIDUAL, shortcut="none"),
        replace(RESIDUAL, block="basic", order="preact"),
        DENSE,
    ):
        list(kept(of(network), folder))
    return folder


def trained(runs, network):
    found = build(network)
    found.load_state_dict(weights(runs, identity(of(network))))
    return found.eval()


def ready():
    digits = data_sets.load("digits")
    return digits.normalised(digits.test.images, (1, 8, 8)), digits.test.labels


def test_predictions_are_the_networks_own(runs):
    images, labels = ready()
    with torch.no_grad():
        expected = trained(runs, RESIDUAL)(images).softmax(1)

    found = predict(of(RESIDUAL), runs)

    assert found.accuracy == pytest.approx(float((expected.argmax(1) == labels).float().mean()))
    assert found.accuracy == pytest.approx(list(kept(of(RESIDUAL), runs))[-1].test_accuracy)
    assert np.allclose(found.truth, expected[range(360), labels], atol=1e-4)
    assert found.confusion.sum() == 360
    assert found.confusion.trace() == round(found.accuracy * 360)
    assert found.images.shape == (360, 8, 8, 3)


def test_the_worst_mistakes_come_first_and_are_mistakes(runs):
    found = predict(of(RESIDUAL), runs)

    worst = found.worst(8)

    assert not found.right[worst].any()
    assert list(found.probabilities[worst, 0]) == sorted(found.probabilities[worst, 0], reverse=True)
    mixed, times = found.mixed_up()
    assert {found.confusion[int(truth), int(taken)] for truth, taken in mixed} == {times}
    assert times == max(times, (found.confusion - np.diag(found.confusion.diagonal())).max()) > 0


def test_a_test_image_that_is_uploaded_gets_the_same_answer(runs):
    import io

    from PIL import Image

    found = predict(of(RESIDUAL), runs)
    place = int(np.flatnonzero(found.right)[0])
    written = io.BytesIO()
    Image.fromarray(found.images[place]).save(written, "PNG")

    said = answer(of(RESIDUAL), runs, written.getvalue())

    assert said.classes[0] == found.classes[found.labels[place]]
    assert said.probabilities[0] == pytest.approx(float(found.probabilities[place, 0]), abs=0.02)
    assert sum(said.probabilities) == pytest.approx(1)


@pytest.mark.parametrize("ink", [0, 255])
def test_what_is_drawn_large_or_small_dark_or_light_is_seen_alike(runs, ink):
    import io

    from PIL import Image, ImageDraw

    def said(box, width):
        picture = Image.new("L", (280, 280), 255 - ink)
        ImageDraw.Draw(picture).ellipse(box, outline=ink, width=width)
        written = io.BytesIO()
        picture.save(written, "PNG")
        return answer(of(RESIDUAL), runs, written.getvalue())

    large, small = said((40, 20, 240, 260), 30), said((20, 120, 70, 180), 8)

    assert large.classes[0] == small.classes[0]
    assert np.abs(large.image.astype(int) - small.image.astype(int)).mean() < 20


def test_a_tall_drawing_is_not_squeezed(runs):
    import io

    from PIL import Image

    picture = Image.new("L", (80, 160), 255)
    picture.paste(0, (20, 10, 60, 150))
    written = io.BytesIO()
    picture.save(written, "PNG")

    said = answer(of(RESIDUAL), runs, written.getvalue())

    light = said.image[..., 0] > 100
    assert said.fit == "framed"
    assert light.any(1).sum() >= 2.5 * light.any(0).sum()  # 140 to 40 pixels, scaled to 8


def test_a_file_that_is_no_picture_is_refused(runs):
    with pytest.raises(PictureError, match="can't be read as an image"):
        answer(of(RESIDUAL), runs, b"words")


def test_a_block_without_its_branch_is_its_skip(runs):
    network = trained(runs, RESIDUAL)
    images, _ = ready()
    with torch.no_grad():
        x = network.relu1(network.bn1(network.conv1(images))) if hasattr(network, "relu1") else images
        block = network.get_submodule("layer1.1")
        given = torch.relu(torch.randn(2, 8, 8, 8))
        with without(network, "layer1.1"):
            assert torch.equal(block(given), given)
        strided = network.get_submodule("layer2.0")
        with without(network, "layer2.0") as cut:
            assert torch.equal(strided(given), torch.relu(strided.downsample(given)))
        assert cut.changes_shape
        assert not torch.equal(block(given), given)  # no hook is left behind
    assert x is not None
    assert not any(module._forward_hooks for module in network.modules())


def test_a_pre_activation_block_without_its_branch_is_its_input(runs):
    network = trained(runs, replace(RESIDUAL, block="basic", order="preact"))
    given = torch.randn(2, 8, 8, 8)

    with torch.no_grad(), without(network, "layer1.1"):
        assert torch.equal(network.get_submodule("layer1.1")(given), given)


def test_a_dense_layer_that_is_out_puts_out_zeros(runs):
    network = trained(runs, DENSE)
    given = torch.randn(2, 8, 8, 8)

    with torch.no_grad(), without(network, "features.denseblock1.denselayer1"):
        out = network.get_submodule("features.denseblock1.denselayer1")(given)

    assert torch.equal(out[:, :8], given)
    assert not out[:, 8:].any()


@pytest.mark.parametrize("network", [RESIDUAL, replace(RESIDUAL, shortcut="none"), DENSE])
def test_every_block_is_taken_out_once(runs, network):
    found = lesions(of(network), runs)

    assert found.whole == pytest.approx(1 - predict(of(network), runs).accuracy)
    assert len(found.blocks) == 4
    impossible = [lesion.block for lesion in found.blocks if lesion.error is None]
    assert impossible == (["layer2.0"] if network.shortcut == "none" else [])
    assert all(0 <= lesion.error <= 1 for lesion in found.removable)


def test_reuse_is_the_mean_absolute_weight_of_each_part(runs):
    state = weights(runs, identity(of(DENSE)))

    first, second = reuse(of(DENSE), runs)

    assert first.sources == ("input", "layer1", "layer2")
    assert first.targets == ("layer1", "layer2", "transition")
    weight = state["features.denseblock1.denselayer2.conv1.weight"]  # 8 channels of the block's input, 4 of layer 1
    assert first.weights[0, 1] == pytest.approx(float(weight[:, :8].abs().mean()))
    assert first.weights[1, 1] == pytest.approx(float(weight[:, 8:12].abs().mean()))
    assert np.isnan(first.weights[2, 1])
    assert second.targets[-1] == "classifier"
    assert second.weights[2, 2] == pytest.approx(float(state["classifier.weight"][:, -4:].abs().mean()))


def test_there_is_no_reuse_without_concatenation(runs):
    assert reuse(of(RESIDUAL), runs) == ()


def test_responses_are_the_deviation_behind_the_norm(runs):
    network = trained(runs, RESIDUAL)
    images, _ = ready()
    with torch.no_grad():
        expected = network.bn1(network.conv1(images[:128])).std(correction=0)

    found = responses(of(RESIDUAL), runs)

    assert [one.path for one in found][:3] == ["conv1", "layer1.0.conv1", "layer1.0.conv2"]
    assert found[0].std == pytest.approx(float(expected), rel=1e-4)
    assert len(found) == 9
