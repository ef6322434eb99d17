"""Data sets: standard splits, read from the original formats, complete or not at all; augmentation."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile

import numpy as np
import pytest
import torch
from scipy.io import savemat

from models.runtime.errors import SpecError
from models.runtime.settings import Augment
from models.training import datasets as data_sets
from models.training.data_registry import DATA
from models.training.datasets import DataError, Shuffle, Split, load

GENERATOR = np.random.default_rng(0)


def idx(array):
    """Return an array of bytes in the format of MNIST's files."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + array.tobytes(), mtime=0)  # equal bytes at any time


@pytest.fixture
def net(monkeypatch, tmp_path):
    """Local replacement of torchvision's download sources: small files in the original formats."""
    from torchvision import datasets

    source = tmp_path / "net"
    source.mkdir()
    made = {}
    for kind in (datasets.MNIST, datasets.FashionMNIST, datasets.KMNIST):
        resources = []
        for part, count in (("train", 30), ("t10k", 10)):
            images, labels = (
                GENERATOR.integers(0, 256, shape, dtype=np.uint8) for shape in ((count, 28, 28), (count,))
            )
            labels %= 10
            made[kind.__name__, part] = images, labels
            for name, content in ((f"{part}-images-idx3-ubyte.gz", images), (f"{part}-labels-idx1-ubyte.gz", labels)):
                (source / kind.__name__).mkdir(exist_ok=True)
                (source / kind.__name__ / name).write_bytes(idx(content))
                resources.append((name, hashlib.md5(idx(content), usedforsecurity=False).hexdigest()))
        monkeypatch.setattr(kind, "resources", resources)
        monkeypatch.setattr(kind, "mirrors", [f"file://{source}/nowhere/", f"file://{source}/{kind.__name__}/"])
    for kind, key, names, folder in (
        (datasets.CIFAR10, "labels", "label_names", "cifar-10-batches-py"),
        (datasets.CIFAR100, "fine_labels", "fine_label_names", "cifar-100-python"),
    ):
        files = {}
        for file, _ in kind.train_list + kind.test_list:
            images = GENERATOR.integers(0, 256, (6, 3072), dtype=np.uint8)
            files[file] = pickle.dumps({"data": images, key: [place % 10 for place in range(6)]})
            made[kind.__name__, file] = images
        files[kind.meta["filename"]] = pickle.dumps({names: [f"class {number}" for number in range(100)]})
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        (source / kind.filename).write_bytes(packed.getvalue())
        md5 = {name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in files.items()}
        monkeypatch.setattr(kind, "url", f"file://{source}/{kind.filename}")
        monkeypatch.setattr(kind, "tgz_md5", hashlib.md5(packed.getvalue(), usedforsecurity=False).hexdigest())
        monkeypatch.setattr(kind, "train_list", [[name, md5[name]] for name, _ in kind.train_list])
        monkeypatch.setattr(kind, "test_list", [[name, md5[name]] for name, _ in kind.test_list])
        monkeypatch.setattr(kind, "meta", kind.meta | {"md5": md5[kind.meta["filename"]]})
    splits = {}
    for split, count in (("train", 20), ("test", 8)):
        images = GENERATOR.integers(0, 256, (32, 32, 3, count), dtype=np.uint8)
        labels = np.arange(1, count + 1, dtype=np.uint8)[:, None] % 10 + 1  # 10 stands for the digit 0
        made["SVHN", split] = images, labels
        file = source / f"{split}_32x32.mat"
        savemat(file, {"X": images, "y": labels})
        md5 = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        splits[split] = [f"file://{file}", file.name, md5]
    monkeypatch.setattr(datasets.SVHN, "split_list", splits)
    return source, made


def test_digits_are_there_at_once_in_fixed_splits():
    digits = load("digits")

    assert (len(digits.train), len(digits.test)) == (1437, 360)
    assert digits.train.images.shape[1:] == (1, 8, 8)
    assert digits.train.images.dtype == torch.uint8
    assert digits.classes == tuple("0123456789")
    assert min(torch.bincount(digits.test.labels)) > 25


def test_normalised_training_images_have_mean_zero_and_deviation_one():
    digits = load("digits")

    ready = digits.normalised(digits.train.images, (1, 8, 8))

    assert abs(ready.mean()) < 1e-5
    assert abs(ready.std(correction=0) - 1) < 1e-5


def test_images_are_resized_to_what_a_network_takes():
    digits = load("digits")

    ready = digits.normalised(digits.train.images[:5], (3, 12, 20))

    assert ready.shape == (5, 3, 12, 20)
    assert torch.equal(ready[:, 0], ready[:, 2])


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "kmnist"])
def test_idx_files_are_read_as_they_were_written(net, tmp_path, name):
    _, made = net
    kind = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}[name]

    found = load(name, folder=tmp_path / "cache")

    for split, part in ((found.train, "train"), (found.test, "t10k")):
        images, labels = made[kind, part]
        assert np.array_equal(split.images[:, 0].numpy(), images)
        assert np.array_equal(split.labels.numpy(), labels)
    assert found.classes[0] == {"mnist": "zero", "fashion-mnist": "T-shirt/top", "kmnist": "o"}[name]
    assert found.mean[0] == pytest.approx(made[kind, "train"][0].mean())
    assert found.std[0] == pytest.approx(made[kind, "train"][0].std())


@pytest.mark.parametrize(
    ("name", "kind", "last"), [("cifar10", "CIFAR10", "data_batch_5"), ("cifar100", "CIFAR100", "train")]
)
def test_cifars_batches_are_read_as_they_were_written(net, tmp_path, name, kind, last):
    _, made = net

    found = load(name, folder=tmp_path / "cache")

    assert found.train.images.shape[1:] == (3, 32, 32)
    assert np.array_equal(found.train.images[-6:].numpy(), made[kind, last].reshape(6, 3, 32, 32))
    assert found.train.images.is_contiguous()
    assert found.classes[3] == "class 3"
    assert len(found.mean) == 3


def test_svhns_files_are_read_as_they_were_written(net, tmp_path):
    _, made = net

    found = load("svhn", folder=tmp_path / "cache")

    for split, part in ((found.train, "train"), (found.test, "test")):
        images, labels = made["SVHN", part]
        assert np.array_equal(split.images.permute(2, 3, 1, 0).numpy(), images)
        assert np.array_equal(split.labels.numpy(), labels[:, 0] % 10)
    assert found.classes == tuple("0123456789")
    assert found.train.images.is_contiguous()


@pytest.mark.parametrize("name", ["kmnist", "svhn"])
def test_the_numbers_of_images_are_torchvisions(name):
    """From the documentation of both data sets: Clanuwat et al. 2018, Netzer et al. 2011."""
    about = DATA[name]
    assert (about.train, about.test) == {"kmnist": (60_000, 10_000), "svhn": (73_257, 26_032)}[name]


def test_a_second_time_nothing_is_fetched(net, tmp_path, monkeypatch):
    load("mnist", folder=tmp_path / "cache")
    monkeypatch.setattr(data_sets, "fetch", lambda *_, **__: pytest.fail("fetched again"))

    assert len(load("mnist", folder=tmp_path / "cache").train) == 30


def test_a_download_tells_how_far_it_is(net, tmp_path):
    told = []

    load("cifar10", folder=tmp_path / "cache", progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1.0


def nothing_left(folder):
    return not folder.exists() or not any(folder.iterdir())


def test_without_the_net_one_sentence_says_so(net, tmp_path, monkeypatch):
    from torchvision import datasets

    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])

    with pytest.raises(
        DataError,
        match=r"MNIST is not on this machine and could not be downloaded \(.*refused\)\. The Digits data set needs",
    ):
        load("mnist", folder=tmp_path / "cache")
    assert nothing_left(tmp_path / "cache")


def test_a_broken_download_is_never_used(net, tmp_path):
    source, _ = net
    file = source / "MNIST" / "t10k-labels-idx1-ubyte.gz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])

    with pytest.raises(DataError, match="its checksum does not match"):
        load("mnist", folder=tmp_path / "cache")
    assert nothing_left(tmp_path / "cache")

    file.write_bytes(whole)
    assert len(load("mnist", folder=tmp_path / "cache").test) == 10


def test_a_cancelled_download_leaves_nothing(net, tmp_path):
    class StopError(Exception):
        pass

    def stop(done):
        if done > 0.4:
            raise StopError

    with pytest.raises(StopError):
        load("fashion-mnist", folder=tmp_path / "cache", progress=stop)
    assert nothing_left(tmp_path / "cache")


@pytest.mark.parametrize("name", ["mnist", "cifar100", "svhn"])
def test_a_file_that_was_damaged_later_is_removed_and_said_so(net, tmp_path, name):
    load(name, folder=tmp_path / "cache")
    largest = max(
        (file for file in (tmp_path / "cache").rglob("*") if file.is_file() and file.suffix != ".gz"),
        key=lambda file: file.stat().st_size,
    )
    largest.write_bytes(largest.read_bytes()[:-20])

    with pytest.raises(DataError, match="was damaged"):
        load(name, folder=tmp_path / "cache")
    assert load(name, folder=tmp_path / "cache").train.images.dtype == torch.uint8


def test_a_name_that_is_none_is_refused():
    with pytest.raises(
        SpecError, match="data: must be digits, fashion-mnist, mnist, kmnist, svhn, cifar10 or cifar100, got 'stl10'"
    ):
        load("stl10")


def counted(count=40, side=8):
    images = torch.randint(
        1, 256, (count, 2, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    return Split(images, torch.arange(count))


def test_an_epoch_shows_every_image_once_in_an_order_of_its_own():
    split = counted()

    orders = [
        Shuffle.draw(split.images, Augment.NONE, seed=seed, epoch=epoch).order.tolist()
        for seed, epoch in ((0, 0), (0, 1), (1, 0), (0, 0))
    ]

    assert all(sorted(order) == list(range(40)) for order in orders)
    assert orders[0] == orders[3]
    assert len({tuple(order) for order in orders}) == 3


def test_shifts_and_flips_are_those_of_a_loop_over_the_images():
    split = counted()
    shuffle = Shuffle.draw(split.images, Augment.FLIP, seed=0, epoch=0)

    images, labels = shuffle.batch(split, 8, 16)

    wide = torch.nn.functional.pad(split.images, (1, 1, 1, 1))
    for place in range(16):
        own = int(shuffle.order[8 + place])
        row, column = shuffle.shifts[8 + place].tolist()
        expected = wide[own, :, row : row + 8, column : column + 8]
        expected = expected.flip(-1) if shuffle.flips[8 + place] else expected
        assert torch.equal(images[place], expected)
        assert labels[place] == own
    assert 0 < shuffle.flips.float().mean() < 1
    assert set(shuffle.shifts.flatten().tolist()) == {0, 1, 2}


def test_without_augmentation_images_are_as_they_are():
    split = counted()

    images, labels = Shuffle.draw(split.images, Augment.NONE, seed=3, epoch=0).batch(split, 0, 10)

    assert torch.equal(images, split.images[labels])
