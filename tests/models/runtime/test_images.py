"""Images to measure with, and files that are not images."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.runtime import images as pictures
from models.runtime.errors import SpecError
from models.runtime.images import images, visible
from models.runtime.uploads import Fit, PictureError, decode, fit


def file(form="PNG", size=(40, 30), colour=(250, 120, 10), **more):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, form, **more)
    return buffer.getvalue()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("source", ["noise", "digits", "photos", "upload"])
def test_every_source_gives_batches_of_any_shape(source, channels):
    batch = images(source, 5, (channels, 20, 33), picture=file())

    assert batch.shape == (5, channels, 20, 33)
    assert batch.dtype is torch.float32
    assert batch.isfinite().all()


@pytest.mark.parametrize("source", ["noise", "digits", "photos"])
def test_a_seed_gives_the_same_images_again(source):
    first, again, other = (images(source, 6, (3, 16, 16), seed=seed) for seed in (1, 1, 2))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    raw = torch.from_numpy(load_digits().images).float()
    batch = images("digits", 3, (1, 8, 8))

    for image in batch * raw.std() + raw.mean():
        assert (raw - image).abs().amax((1, 2)).min() < 1e-4


def test_an_uploads_first_image_is_its_middle_normalised_as_imagenets():
    batch = images("upload", 3, (3, 8, 8), picture=file(colour=(255, 0, 0)))

    red = (torch.tensor([1.0, 0.0, 0.0]) - torch.tensor(pictures._MEAN)) / torch.tensor(pictures._STD)
    assert torch.allclose(batch[0, :, 4, 4], red, atol=1e-5)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read(form):
    assert decode(file(form)).shape == (3, 30, 40)


def test_grey_and_transparent_pictures_become_colour():
    buffer = io.BytesIO()
    Image.new("LA", (9, 7)).save(buffer, "PNG")

    assert decode(buffer.getvalue()).shape == (3, 7, 9)


def test_a_picture_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees

    assert decode(file("JPEG", exif=exif)).shape == (3, 40, 30)


def test_large_pictures_are_made_smaller():
    assert max(decode(file(size=(3000, 1500))).shape) == 1024


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "got a file that can't be read as an image"),
        (b"just words", "got a file that can't be read as an image"),
        (file("GIF"), "got a file that can't be read as an image"),
        (file("BMP"), "got a file that can't be read as an image"),
        (file()[:60], "got a file that can't be read as an image"),
        (b"x" * 6_000_000, "got 6.0 MB"),
        (file(size=(9000, 9000)), "got 9,000 × 9,000 pixels"),
        (file("WEBP", size=(6300, 6300)), "got 6,300 × 6,300 pixels"),
        (file("JPEG", size=(4000, 3100), progressive=True), "got a progressive JPEG of 4,000 × 3,100 pixels"),
        (file(size=(12_000, 12_000)), "got"),  # beyond Pillow's own bomb guard
    ],
    ids=["empty", "words", "gif", "bmp", "cut", "heavy", "vast", "webp", "progressive", "bomb"],
)
def test_anything_else_is_refused_in_words(content, got):
    with pytest.raises(
        PictureError,
        match=f"The image must be a PNG, JPEG or WebP file of at most 5 MB and 12 megapixels \\(100 megapixels for a non-progressive JPEG\\), {got}",
    ):
        decode(content)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise_anything_else(content):
    with pytest.raises(PictureError):
        decode(b"\x89PNG\r\n\x1a\n" + content)


def test_an_unknown_source_is_named():
    with pytest.raises(SpecError, match="source: must be noise, digits, photos or upload, got 'video'"):
        images("video", 2, (3, 8, 8))


def test_an_image_is_shown_over_the_whole_scale():
    shown = visible(torch.linspace(-3, 5, 48).view(3, 4, 4))

    assert shown.shape == (4, 4, 3)
    assert (shown.min(), shown.max()) == (0, 255)
    assert visible(torch.zeros(1, 4, 4)).dtype == np.uint8


def test_sixteen_bits_of_grey_keep_their_range():
    buffer = io.BytesIO()
    Image.fromarray(np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)).save(buffer, "PNG")

    grey = decode(buffer.getvalue())

    assert grey.mean() == pytest.approx(0.5, abs=0.01)
    assert len(grey.unique()) > 200


def test_pixels_are_counted_before_any_is_decoded(monkeypatch):
    from PIL.ImageFile import ImageFile

    monkeypatch.setattr(ImageFile, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(PictureError, match="got 4,000 × 3,001 pixels"):
        decode(file(size=(4000, 3001)))


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size(monkeypatch):
    from PIL.ImageFile import ImageFile

    sizes, load = [], ImageFile.load

    def loaded(self):
        sizes.append(self.size)
        return load(self)

    monkeypatch.setattr(ImageFile, "load", loaded)

    assert decode(file("JPEG", size=(8000, 6000))).shape == (3, 768, 1024)
    assert max(sizes[0]) <= 2048


def test_a_picture_is_decoded_once(monkeypatch):
    data = file(size=(123, 45))
    first = decode(data)
    monkeypatch.setattr("models.runtime.uploads._read", lambda _: pytest.fail("it was decoded again"))

    assert torch.equal(decode(data), first)


def test_without_memory_for_it_a_picture_is_refused(monkeypatch):
    monkeypatch.setattr("models.runtime.memory_limits.available", lambda: 10**6)
    with pytest.raises(PictureError, match="too little memory left for the image"):
        decode(file(size=(1001, 1000)))


def test_frames_after_the_first_are_not_read():
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], lossless=True)

    assert decode(buffer.getvalue()).mean((1, 2)).tolist() == pytest.approx([1, 0, 0], abs=0.01)


def stroke(colour, mode="RGBA"):
    """Return a PNG file of a stroke of one colour on a transparent ground."""
    picture = Image.new("RGBA", (40, 40), (*colour, 0))
    picture.paste((*colour, 255), (18, 5, 22, 35))
    if mode == "P":
        picture = picture.quantize(4)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["RGBA", "P"])
@pytest.mark.parametrize(("colour", "ground"), [((0, 0, 0), 1.0), ((255, 255, 255), 0.0), ((30, 60, 20), 1.0)])
def test_a_transparent_ground_shows_what_is_drawn_on_it(mode, colour, ground):
    found = decode(stroke(colour, mode))

    assert found[:, 0, 0].tolist() == [ground] * 3
    assert found[:, 20, 20].tolist() == pytest.approx([value / 255 for value in colour], abs=0.03)


def drawing(height, width):
    picture = torch.ones(3, height, width)
    picture[:, height // 4 : -height // 4, width // 4 : -width // 4] = 0
    return picture


def photograph(height, width):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))


@given(st.integers(4, 60), st.integers(4, 60), st.integers(4, 60), st.integers(4, 60))
def test_proportions_are_kept_whatever_they_are(height, width, rows, columns):
    for picture, how in ((drawing(height, width), Fit.PADDED), (photograph(height, width), Fit.CROPPED)):
        found, done = fit(picture, (rows, columns))

        assert done in (how, Fit.WHOLE)
        # up to the rounding of one side to a pixel
        assert abs(found.shape[1] * columns - found.shape[2] * rows) <= max(rows, columns)
        if done is Fit.PADDED:
            assert int((found == 0).sum()) == int((picture == 0).sum())  # the whole drawing is kept
            assert float(found.amin()) == 0
            assert torch.equal(found[:, 0, 0], picture[:, 0, 0])


def test_on_both_pages_a_tall_drawing_stays_tall():
    buffer = io.BytesIO()
    tall = Image.new("RGB", (80, 160), "white")
    tall.paste((0, 0, 0), (20, 20, 60, 140))
    tall.save(buffer, "PNG")

    ink = images("upload", 2, (3, 64, 64), picture=buffer.getvalue())[0].mean(0) < 0

    rows, columns = ink.any(1).sum(), ink.any(0).sum()
    assert int(rows) / int(columns) == pytest.approx(3, rel=0.1)
