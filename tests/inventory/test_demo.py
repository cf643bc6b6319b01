"""`inventory.demo`: a shop one believes."""

from xml.etree.ElementTree import fromstring

import pytest
from django.contrib.auth import authenticate
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db.models import F, Sum
from django.utils import timezone

from inventory.availability import availability_of
from inventory.demo.logins import DEMO_LOGINS
from inventory.demo.pictures import DRAWINGS, picture
from inventory.demo.shop import ean
from inventory.models import IncomingDelivery, Product, StockLevel, Variant, Warehouse
from inventory.policy import State


@pytest.fixture
def shop(db):
    call_command("load_demo")


def offers():
    variants = list(Variant.objects.for_policy())
    found = availability_of(variants, today=timezone.localdate())
    return {variant.sku: found[variant.pk] for variant in variants}


def test_the_shop_is_believable(shop):
    assert Variant.objects.count() == 72
    assert Warehouse.objects.count() == 3
    assert set(Product.objects.exclude(seller=None).values_list("seller__code", flat=True)) == {
        "sofie",
        "bram",
    }
    assert all(default_storage.exists(v.image.name) for v in Variant.objects.all())


def test_every_state_can_be_seen(shop):
    found = offers()

    assert {offer.state for offer in found.values()} == set(State)
    assert found["MUG-BLU"].expected_at is not None
    assert found["APRON-RUST"].expected_at is None
    assert found["MUG-RED"].only_x_left == 3
    assert found["SET-TEA"].available == 9
    assert found["SET-COOK"].state is State.ON_BACKORDER
    assert found["BLANKET-RED"].state is State.OUT_OF_STOCK
    assert found["MUG-GRN"].state is State.OUT_OF_STOCK
    assert found["HP-STIL2-BLU"].state is State.PRE_ORDER


def test_deliveries_are_in_every_state(shop):
    today = timezone.localdate()
    deliveries = IncomingDelivery.objects.annotate(came=Sum("lines__received"))

    assert {delivery.state(today=today, received=delivery.came) for delivery in deliveries} == {
        "expected",
        "late",
        "partly_received",
        "received",
        "canceled",
    }


def test_on_hand_is_the_sum_of_its_movements(shop):
    call_command("load_demo", variants=400)

    levels = StockLevel.objects.annotate(moved=Sum("movements__quantity", default=0))
    assert Variant.objects.count() == 400
    assert not levels.exclude(on_hand=F("moved")).exists()
    assert not StockLevel.objects.exclude(allocated=0, on_backorder=0).exists()


def test_a_second_run_replaces_nothing(shop):
    before = list(Variant.objects.order_by("pk").values_list("pk", "sku", "version"))

    call_command("load_demo")

    assert list(Variant.objects.order_by("pk").values_list("pk", "sku", "version")) == before


def test_everybody_can_log_in(shop):
    for username, password, _role in DEMO_LOGINS:
        user = authenticate(username=username, password=password)
        assert user is not None
        assert user.is_staff


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_picture_is_plain_xml_without_scripts(kind):
    root = fromstring(picture(kind, "#123456", "table"))

    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        *("svg", "defs", "g", "rect", "circle", "ellipse", "path", "stop"),
        *("linearGradient", "radialGradient"),
    }


def test_an_ean_has_its_check_digit():
    assert ean(1) == "2000000000015"
    digits = [int(digit) for digit in ean(48_151_623)]
    assert sum(d * (3 if n % 2 else 1) for n, d in enumerate(digits)) % 10 == 0
