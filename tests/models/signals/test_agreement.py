"""Whether gradients agree, beside networks whose gradients are known."""

import pytest
import torch
from torch import nn

from models.networks.build import build
from models.signals.agreement import along_ways, between_batches, holding_statistics, points_between
from models.specs.spec import NetworkSpec
from models.specs.twins import twin


@pytest.fixture
def images():
    return torch.randn(12, 1, 4, 4, generator=torch.Generator().manual_seed(0))


class Squares(nn.Module):
    """A score whose gradient is twice the image."""

    def forward(self, x):
        return x.square().flatten(1).sum(1, keepdim=True)


def test_a_linear_network_has_one_gradient_everywhere(images):
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))

    found = along_ways(network, images[:2], images[2:4], torch.tensor([1.0, -2.0, 0.5]), points=5)

    assert found == pytest.approx([1.0] * 5)


def test_where_the_gradient_is_the_image_the_cosines_are_those_of_the_images(images):
    start, end = images[:1], images[1:2]
    places = [((1 - t) * start + t * end).flatten() for t in (0, 0.25, 0.5, 0.75, 1)]

    found = along_ways(Squares(), start, end, torch.ones(1), points=5)

    for apart in range(5):
        pairs = [torch.cosine_similarity(places[i], places[i + apart], dim=0) for i in range(5 - apart)]
        assert found[apart] == pytest.approx(float(sum(pairs)) / len(pairs), abs=1e-6)


def test_a_gradient_of_zero_has_no_direction(images):
    class Nothing(nn.Module):
        def forward(self, x):
            return 0 * x.flatten(1).sum(1, keepdim=True)

    assert not torch.tensor(along_ways(Nothing(), images[:1], images[1:2], torch.ones(1), points=3)).isfinite().any()


def test_equal_batches_agree_and_opposite_labels_disagree():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False))
    nn.init.zeros_(network[1].weight)  # both classes are equally likely: the labels alone give the gradient's sign
    images = torch.rand(2, 1, 4, 4).repeat(3, 1, 1, 1)

    found = between_batches(network, images, torch.tensor([0, 0, 0, 0, 1, 1]), 2)

    assert found == pytest.approx([1.0, -1.0, -1.0], abs=1e-6)


def test_batches_are_compared_by_the_gradients_of_autograd(images):
    spec = NetworkSpec(stages=(1,), stem="cifar", base_width=4, input_shape=(1, 8, 8), classes=3)
    network, labels = build(spec, seed=0).eval(), torch.arange(12) % 3
    larger = nn.functional.interpolate(images, (8, 8))

    found = between_batches(network, larger, labels, 4)

    vectors = []
    for start in (0, 4, 8):
        network.zero_grad()
        nn.functional.cross_entropy(network(larger[start : start + 4]), labels[start : start + 4]).backward()
        vectors.append(torch.cat([weight.grad.flatten() for weight in network.parameters()]))
    expected = [torch.cosine_similarity(vectors[i], vectors[j], dim=0) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert found == pytest.approx([float(one) for one in expected], abs=1e-5)


def test_norms_that_hold_their_statistics_give_each_image_its_own_gradient():
    """A network that ends with a batch norm and a mean: in train mode the gradient of a sum over the batch is zero."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    images, before = torch.randn(6, 1, 8, 8), {name: value.clone() for name, value in network.state_dict().items()}

    with holding_statistics(network, images):
        own = images.clone().requires_grad_()
        (held,) = torch.autograd.grad(network(own)[:, 0].sum(), own)
        outputs = network(images)
    train = images.clone().requires_grad_()
    (lost,) = torch.autograd.grad(network.train()(train)[:, 0].sum(), train)

    assert lost.norm() < 1e-5 * held.norm()
    assert torch.allclose(outputs, network(images), atol=0.05)  # but for n / (n - 1) of the running variance
    network.load_state_dict(before)
    with holding_statistics(network.eval(), images):
        pass
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training


def test_in_a_deep_plain_network_gradients_are_shattered_and_skips_hold_them_together():
    """Balduzzi et al. 2017: before training, with batch norm."""
    spec = NetworkSpec(stages=(6, 6), stem="cifar", base_width=8, input_shape=(1, 8, 8), classes=10, init="kaiming")
    drawn = torch.Generator().manual_seed(0)
    starts, ends = (torch.randn(4, 1, 8, 8, generator=drawn) for _ in range(2))

    def measured(one):
        network = build(one, seed=0).train()
        with holding_statistics(network, points_between(starts, ends, 33)):
            return along_ways(network, starts, ends, torch.randn(10, generator=torch.Generator().manual_seed(1)))

    with_skips, without = measured(spec), measured(twin(spec))

    assert with_skips[0] == without[0] == pytest.approx(1.0)
    assert with_skips[1] > without[1] + 0.2
