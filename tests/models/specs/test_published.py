"""Published accuracies are torchvision's own, row by row."""

import pytest
import torchvision
from torchvision.models import get_model_weights, list_models

from models.specs.presets import PRESETS
from models.specs.published import accuracies, published
from models.specs.spec import NetworkSpec
from models.tracing.tracer import trace


def test_every_row_is_in_torchvisions_metadata_and_none_is_missing():
    theirs = {
        (name, entry.name.removeprefix("IMAGENET1K_")): entry.meta
        for name in list_models(module=torchvision.models)
        for entry in get_model_weights(name)
        if entry.name.startswith("IMAGENET1K_V") and "ImageNet-1K" in entry.meta.get("_metrics", {})
    }

    assert {(row.network, row.weights) for row in published()} == set(theirs)
    for row in published():
        meta = theirs[row.network, row.weights]
        assert (row.params, row.gmacs) == (meta["num_params"], meta["_ops"])
        assert (row.top1, row.top5) == tuple(meta["_metrics"]["ImageNet-1K"][name] for name in ("acc@1", "acc@5"))


@pytest.mark.parametrize("name", [key for key, preset in PRESETS.items() if preset.torchvision])
def test_published_counts_are_the_traced_ones(name):
    found = trace(PRESETS[name].spec)

    rows = accuracies(PRESETS[name].spec)
    assert rows
    for row in rows:
        assert row.params == found.params
        assert row.gmacs == round(found.macs / 1e9, 3)


def test_whether_weights_are_the_newer_is_what_torchvision_says_of_them():
    ours = [row for key, preset in PRESETS.items() if preset.torchvision for row in accuracies(preset.spec)]

    for row in ours:
        weights = get_model_weights(row.network)[f"IMAGENET1K_{row.weights}"]
        assert row.newer is ("new training recipe" in weights.meta["_docs"]), row


def test_a_network_that_torchvision_has_not_has_no_accuracy():
    assert accuracies(NetworkSpec(shortcut="none")) == ()
    assert accuracies(PRESETS["resnet56_cifar"].spec) == ()
