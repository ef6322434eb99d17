"""A folder of one's own images as a data set."""

import os
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from models.specs.spec import NetworkSpec
from models.training.data_registry import DATA, register
from models.training.datasets import DataError, load
from models.training.image_folder import ImageFolderError, data_set, listed
from models.training.run_spec import RunSpec
from models.training.trainer import train


def draw(file, size=(8, 8), colour=(200, 100, 50), **more):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(file, **more)


@pytest.fixture
def folder(tmp_path):
    """Ten red images and five blue ones, of several formats and sizes."""
    for number in range(10):
        draw(tmp_path / f"My pets!/red/{number}.png", (8 + number, 8), (250, 10 * number, 0))
    for number, ending in enumerate(("jpg", "JPEG", "webp", "bmp", "png")):
        draw(tmp_path / f"My pets!/blue/{number}.{ending}", (30, 20), (0, 0, 250))
    (tmp_path / "My pets!/.DS_Store").write_text("")
    (tmp_path / "My pets!/red/Thumbs.db").write_text("")
    return tmp_path / "My pets!"


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr("models.training.data_registry.DATA", DATA)
    before = dict(DATA)
    yield register
    for name in set(DATA) - set(before):
        del DATA[name]


def test_the_last_fifth_of_each_class_by_name_is_for_testing(folder):
    found = listed(folder)

    assert found.classes == ("blue", "red")
    assert [(file.name, label) for file, label in found.test] == [("4.png", 0), ("8.png", 1), ("9.png", 1)]
    assert len(found.train) == 12


def test_splits_of_ones_own_are_kept(tmp_path):
    for split, numbers in (("train", range(3)), ("test", range(3, 5))):
        for name in ("a", "b"):
            for number in numbers:
                draw(tmp_path / split / name / f"{number}.png")

    found = listed(tmp_path)

    assert [file.parent.parent.name for file, __ in found.test] == ["test"] * 4
    assert len(found.train) == 6


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda root: (root / "notes.txt").write_text(""), "notes.txt lies in My pets! beside the folders of the classes"),
        (lambda root: (root / "red/a.txt").write_text(""), "a.txt in red is not an image"),
        (lambda root: (root / "red/inner").mkdir(), "inner in red is not an image"),
        (lambda root: (root / "empty").mkdir(), "The class 'empty' must have images for training and for testing"),
        (lambda root: draw(root / "single/1.png"), "The class 'single' must have images for training"),
        (lambda root: (root / "blue").rename(root.parent / "gone"), "at least two classes"),
        (lambda root: root.rename(root.parent / "moved"), "is not a folder"),
        (lambda root: (root / "red/x.png").symlink_to("nowhere"), "x.png can't be read"),
    ],
)  # fmt: skip
def test_what_is_mixed_is_refused_with_what_is_in_the_way(folder, change, why):
    change(folder)

    with pytest.raises(ImageFolderError, match=why):
        data_set(folder)


def test_classes_of_one_split_alone_are_refused(tmp_path):
    for name in ("train/a", "train/b", "test/a"):
        draw(tmp_path / name / "1.png")

    with pytest.raises(ImageFolderError, match="The class 'b' must be in train and in test"):
        listed(tmp_path)


def test_images_are_read_in_colour_upright_and_square(folder, registered):
    turned = Image.new("RGB", (16, 32), (0, 255, 0))
    turned.paste((255, 0, 0), (0, 0, 16, 16))  # red above green; the file says it is to be turned by 180 degrees
    exif = Image.Exif()
    exif[0x0112] = 3
    turned.save(folder / "red/99.png", exif=exif)
    Image.fromarray(np.full((9, 9), 77, np.uint8)).save(folder / "blue/0.png")
    about = registered(data_set(folder, 16))
    told = []

    found = load(about.name, progress=told.append)

    assert (len(found.train), len(found.test)) == (about.train, about.test)
    assert found.train.images.shape[1:] == about.shape == (3, 16, 16)
    last = next(image for image in found.test.images if image[1].max() == 255)
    assert last[:, 2, 8].tolist() == [0, 255, 0]
    assert last[:, 13, 8].tolist() == [255, 0, 0]  # upright, green is above red, and the middle was cut out
    assert any(torch.equal(image[0], image[2]) and image[0, 0, 0] == 77 for image in found.train.images)
    assert told == sorted(told)
    assert found.classes == ("blue", "red")


@pytest.mark.parametrize("side", [7, 225])
def test_sides_beyond_those_of_a_race_are_refused(folder, side):
    with pytest.raises(ImageFolderError, match=f"must have 8 to 224 pixels, got {side}"):
        data_set(folder, side)


def test_the_first_images_are_of_all_classes(tmp_path, registered):
    for name in ("a", "b"):
        for number in range(50):
            draw(tmp_path / name / f"{number}.png")

    found = load(registered(data_set(tmp_path, 8)).name)

    assert 5 < int(found.train.labels[:20].sum()) < 15
    assert sorted(found.test.labels.tolist()) == [0] * 10 + [1] * 10


def test_sixteen_bits_and_transparency_are_read_as_of_a_visitors_picture(tmp_path, registered):
    for name in ("a", "b"):
        for number in range(2):
            draw(tmp_path / name / f"{number}.png")
    Image.fromarray(np.full((8, 8), 128 * 257, np.uint16)).save(tmp_path / "a/0.png")
    shape = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    shape.paste((0, 0, 0, 255), (0, 0, 4, 8))
    shape.save(tmp_path / "b/0.png")

    found = load(registered(data_set(tmp_path, 8)).name).train

    grey, black_on_white = (found.images[found.labels == label][0] for label in (0, 1))
    assert grey.unique().tolist() == [128]
    assert black_on_white[0, 4].tolist() == [0] * 4 + [255] * 4


def test_a_damaged_file_is_named(folder, registered):
    (folder / "red/3.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")

    with pytest.raises(DataError, match=r"3\.png can't be read as an image"):
        load(registered(data_set(folder, 8)).name)


def test_other_images_are_another_data_set_and_the_same_elsewhere_are_not(folder, tmp_path):
    first, larger = data_set(folder, 8), data_set(folder, 16)
    shutil.copytree(folder, tmp_path / "elsewhere" / folder.name)
    os.utime(tmp_path / "elsewhere" / folder.name / "red/0.png", (1, 1))

    assert data_set(tmp_path / "elsewhere" / folder.name, 8) == first
    draw(folder / "red/0.png", (9, 8))
    assert first.name.startswith("my-pets-8-")
    assert first.title == "My pets!"
    assert len({first.name, larger.name, data_set(folder, 8).name}) == 3


def test_a_network_learns_two_colours(folder, registered):
    about = registered(data_set(folder, 8))
    network = NetworkSpec(stages=(1,), stem="cifar", base_width=8, input_shape=about.shape, classes=2)

    [*epochs] = train(RunSpec(network=network, data=about.name, epochs=12, batch=4))

    assert epochs[-1].train_accuracy == 1
    assert epochs[-1].test_accuracy == 1
