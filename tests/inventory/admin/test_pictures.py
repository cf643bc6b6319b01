"""Uploaded pictures are checked, encoded anew and named at random."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inventory.errors import InvalidChange
from inventory.models import Product
from inventory.pictures import clean_picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def encoded(kind="PNG", size=(20, 10), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **options)
    return out.getvalue()


def clean(content):
    return clean_picture(io.BytesIO(content), size=len(content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_webp_under_a_random_name(kind):
    one, two = clean(encoded(kind)), clean(encoded(kind))

    assert Image.open(one).format == "WEBP"
    assert one.name.endswith(".webp")
    assert (len(one.name) > 20, one.name != two.name) == (True, True)


def test_metadata_is_dropped():
    exif = Image.Exif()
    exif[0x010E] = "CANARY where I live"

    picture = clean(encoded("JPEG", exif=exif))

    assert b"CANARY" not in picture.read()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_picture_taken_sideways_stands_upright(mode):
    exif = Image.Exif()
    exif[0x0112] = 6

    picture = clean(encoded("JPEG", size=(400, 200), mode=mode, exif=exif))

    assert Image.open(picture).size == (200, 400)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16"])
def test_pictures_of_all_kinds_are_taken(mode):
    alpha = mode in {"RGBA", "LA"}

    assert Image.open(clean(encoded(mode=mode))).mode == ("RGBA" if alpha else "RGB")


def test_a_picture_of_a_large_camera_is_taken():
    assert Image.open(clean(encoded("JPEG", size=(8000, 6000)))).size == (1600, 1200)


def test_large_pictures_are_scaled_down():
    assert Image.open(clean(encoded(size=(4000, 2000)))).size == (1600, 800)


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"",
        b"GIF89a",
        encoded("GIF"),
        encoded("BMP"),
        encoded()[:40],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
        encoded(size=(8001, 1)),
        encoded(size=(5001, 5000)),
    ],
    ids=["svg", "empty", "gif head", "gif", "bmp", "cut off", "broken", "too wide", "too large"],
)
def test_anything_else_is_refused(content):
    with pytest.raises(InvalidChange):
        clean(content)


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = bytearray(encoded(size=(1, 1)))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2

    with pytest.raises(InvalidChange):
        clean(bytes(bomb))


def test_too_many_bytes_are_refused():
    with pytest.raises(InvalidChange, match="8 MB"):
        clean_picture(io.BytesIO(b""), size=8_000_001)


def test_a_product_takes_and_loses_its_picture(desk, url, product, filled):
    page = url("product_change", product.pk)
    upload = SimpleUploadedFile("../../evil.png", encoded(), content_type="image/png")

    desk.post(page, filled(desk.get(page)) | {"image": upload})
    name = Product.objects.get().image.name
    assert (name.startswith("products/"), "evil" in name) == (True, False)

    desk.post(page, filled(desk.get(page), remove_image="on"))
    assert Product.objects.get().image.name == ""


def test_a_refused_picture_is_an_error_at_its_field(desk, url, product, filled):
    page = url("product_change", product.pk)
    upload = SimpleUploadedFile("x.png", SVG, content_type="image/png")

    answer = desk.post(page, filled(desk.get(page), title="New") | {"image": upload})

    assert list(answer.context["form"].errors) == ["image"]
    assert Product.objects.get().title == "Enamel Mug"
