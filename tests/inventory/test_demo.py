"""`inventory.demo`: a shop one believes."""

from collections import Counter
from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.test import override_settings
from django.utils import timezone

from inventory.availability import availability_of
from inventory.demo.barcodes import ean
from inventory.demo.catalog import PRODUCTS
from inventory.demo.logins import DEMO_LOGINS
from inventory.demo.pictures import DRAWINGS, GROUNDS, picture
from inventory.models import (
    IncomingDelivery,
    OutgoingMail,
    Product,
    Seller,
    StockLevel,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.policy import State
from orders.filters import can_ship, needs_attention, waits
from orders.models import FulfillmentOrder, Order
from orders.services.reconcile import reconcile


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """Load the shop once for all tests here, each of which takes back what it changes."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEBUG=True):
            call_command("load_demo")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def shop(loaded, db, settings):
    settings.DEBUG = True


def offers():
    variants = list(Variant.objects.for_policy())
    found = availability_of(variants, today=timezone.localdate())
    return {variant.sku: found[variant.pk] for variant in variants}


def check_digit_fits(code):
    total = sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(code))
    return len(code) == 13 and total % 10 == 0


def test_the_shop_is_of_a_size_that_one_believes(shop):
    assert Product.objects.count() == 48
    assert Variant.objects.count() == 90
    assert list(Warehouse.objects.order_by("priority").values_list("code", "priority")) == [
        ("main", 1),
        ("antwerp", 2),
        ("eindhoven", 3),
    ]
    assert dict(Seller.objects.annotate(size=Count("products")).values_list("code", "size")) == {
        "sofie": 7,
        "bram": 7,
    }


def test_every_variant_has_words_a_price_and_a_picture_of_its_own(shop):
    variants = Variant.objects.select_related("product")

    assert all(default_storage.exists(variant.image.name) for variant in variants)
    assert len({variant.image.name for variant in variants}) == 90
    assert all(variant.price > 0 for variant in variants)
    assert all(variant.product.description and variant.product.brand for variant in variants)


def test_every_state_can_be_seen(shop):
    found = offers()

    assert {offer.state for offer in found.values()} == set(State)
    assert found["MUG-WHT"].state is State.IN_STOCK
    assert found["MUG-BLU"].state is State.ON_BACKORDER
    assert found["MUG-BLU"].expected_at == timezone.localdate() + timedelta(days=9)
    assert found["APRON-RUST"].state is State.ON_BACKORDER
    assert found["APRON-RUST"].expected_at is None
    assert found["MUG-RED"].only_x_left == 3
    assert found["BLANKET-RED"].state is State.OUT_OF_STOCK
    assert found["MUG-GRN"].state is State.OUT_OF_STOCK
    assert found["HP-STIL2-BLU"].state is State.PRE_ORDER


def test_bundles_have_what_their_components_have(shop):
    found = offers()

    assert found["SET-TEA"].available == 7  # what each warehouse can make by itself
    assert found["SET-BREAKFAST"].available == 4
    assert found["SET-COOK"].available == 0
    assert found["SET-COOK"].state is State.ON_BACKORDER


def test_seed_004_can_be_followed_with_the_chefs_knife(shop):
    knife = Variant.objects.get(sku="KNIFE-CHEF")
    offer = offers()["KNIFE-CHEF"]

    assert (offer.available, offer.salable, offer.only_x_left) == (25, 75, None)
    assert (knife.backorders, knife.out_of_stock_threshold) == ("allow", -50)
    assert (knife.notify_below, knife.only_x_left_threshold) == (10, 5)


def test_every_level_says_something_somewhere(shop):
    settings = StoreSettings.load()

    assert settings.backorders == "no"
    assert settings.sellers_can_accept_backorders
    assert Product.objects.get(title="Linen Apron").backorders == "notify"
    assert Variant.objects.get(sku="APRON-OLIVE").backorders == "no"
    assert Variant.objects.get(sku="BLANKET-GRY").out_of_stock_threshold == 2
    caps = StockLevel.objects.filter(variant__sku="KETTLE-BLK").order_by("warehouse__priority")
    assert list(caps.values_list("backorder_threshold", flat=True)) == [5, 0, 0]
    assert StockLevel.objects.filter(in_stock=False).count() == 2
    assert StockLevel.objects.exclude(notify_below=None).count() == 1


def test_preorders_come_two_to_eight_weeks_from_now_and_are_on_their_way(shop):
    today = timezone.localdate()
    ahead = Variant.objects.filter(release_date__gt=today, allow_preorders=True)

    assert dict(ahead.values_list("sku", "release_date")) == {
        "BOOK-BREAD": today + timedelta(days=14),
        "HP-STIL2-BLU": today + timedelta(days=28),
        "HP-STIL2-SND": today + timedelta(days=28),
        "SPK-E7": today + timedelta(days=49),
    }
    found = offers()
    for sku, released in ahead.values_list("sku", "release_date"):
        assert found[sku].expected_at == released  # the units come before it


def test_deliveries_are_in_every_state(shop):
    today = timezone.localdate()
    deliveries = IncomingDelivery.objects.annotate(came=Sum("lines__received"))

    found = Counter(delivery.state(today=today, received=delivery.came) for delivery in deliveries)

    assert found == {"expected": 6, "late": 1, "partly_received": 1, "received": 1, "canceled": 1}


def test_on_hand_is_the_sum_of_its_movements(shop):
    call_command("load_demo", variants=400)

    levels = StockLevel.objects.annotate(moved=Sum("movements__quantity", default=0))
    assert not levels.exclude(on_hand=F("moved")).exists()
    assert reconcile() == []


def test_what_is_sold_out_is_listed_as_low_and_only_what_orders_took_was_mailed(shop):
    low = Variant.objects.exclude(low_stock_since=None).values_list("sku", flat=True)

    assert {"MUG-BLU", "PLATE-OCEAN", "SCALE-COAL"} <= set(low)
    assert "KNIFE-CHEF" not in low
    assert StoreSettings.load().low_stock_email == "stock@oranje.example"
    warnings = OutgoingMail.objects.filter(to="stock@oranje.example")
    assert set(warnings.values_list("subject", flat=True)) == {
        f"Low stock: {sku}" for sku in ("SPK-E7", "HP-STIL2-BLU", "CUSHION-OCH", "NOTE-OCH")
    }


def test_a_second_run_replaces_nothing(shop):
    before = list(Variant.objects.order_by("pk").values_list("pk", "sku", "version"))
    users = get_user_model().objects.count()

    call_command("load_demo")

    assert list(Variant.objects.order_by("pk").values_list("pk", "sku", "version")) == before
    assert get_user_model().objects.count() == users


def test_everybody_can_log_in_with_the_rights_of_their_role(shop):
    for username, password, role in DEMO_LOGINS:
        user = authenticate(username=username, password=password)
        assert user is not None
        assert user.is_staff
        assert user.is_superuser == (username == "anna")
        assert [group.name for group in user.groups.all()] == [role.partition(":")[0]]


def test_a_larger_shop_has_exactly_the_size_asked_for(shop):
    call_command("load_demo", variants=7_000)

    assert Variant.objects.count() == 7_000
    assert not Product.objects.filter(variants=None).exists()
    sizes = Product.objects.annotate(size=Count("variants")).values_list("size", flat=True)
    assert set(sizes) == {1, 2, 3, 4, 5, 6}
    places = StockLevel.objects.values_list("warehouse__code", flat=True)
    assert set(places) == {"main", "antwerp", "eindhoven"}


def test_a_larger_shop_keeps_the_rules_that_forms_keep(shop):
    call_command("load_demo", variants=7_000)

    untracked = Variant.objects.filter(track_inventory=False)
    assert untracked.count() > 100
    assert not untracked.exclude(backorders="inherit").exists()
    assert not untracked.exclude(stock_levels=None).exists()
    codes = Variant.objects.exclude(ean="").values_list("ean", flat=True)
    assert all(check_digit_fits(code) for code in codes)


def test_a_larger_shop_lists_as_low_what_the_use_cases_would(shop):
    call_command("load_demo", variants=7_000)

    made = Variant.objects.filter(sku__startswith="D0").annotate(held=Sum("stock_levels__on_hand"))
    low = Q(held__lte=F("notify_below")) | Q(notify_below=None, held__lte=1)
    assert set(made.filter(low)) == set(made.exclude(low_stock_since=None))
    assert made.filter(low).exists()


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_picture_is_plain_xml_without_scripts(kind):
    root = fromstring(picture(kind, "#123456", "table"))

    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        *("svg", "defs", "g", "rect", "circle", "ellipse", "path", "stop"),
        *("linearGradient", "radialGradient", "filter", "feGaussianBlur"),
    }
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name}


@pytest.mark.parametrize("kind", DRAWINGS)
def test_the_color_of_a_variant_shows_in_its_picture(kind):
    assert picture(kind, "#123456", "home") != picture(kind, "#654321", "home")


def test_its_orders_are_in_every_state_that_needs_a_look(shop):
    assert Order.objects.count() == 15
    everybody = User(is_superuser=True)
    assert waits(Order.objects.all(), everybody).count() > 3
    assert can_ship(Order.objects.all(), everybody).count() > 3
    assert needs_attention(Order.objects.all(), everybody).count() > 0
    parcels = set(FulfillmentOrder.objects.values_list("status", flat=True))
    assert parcels == {"waiting", "ready", "picked", "packed", "shipped"}


def test_the_tables_name_only_what_can_be_drawn():
    variants = [(product, one) for product in PRODUCTS for one in product.variants]

    assert {one.kind or product.kind for product, one in variants} == set(DRAWINGS)
    assert {product.tint for product in PRODUCTS} == set(GROUNDS)


def test_an_ean_has_its_check_digit(shop):
    assert ean(1) == "2000000000015"
    codes = Variant.objects.exclude(ean="").values_list("ean", flat=True)
    assert len(set(codes)) == 84
    assert all(check_digit_fits(code) for code in codes)
