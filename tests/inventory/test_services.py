"""`inventory.services`: use cases and their refusals; a refusal changes nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory.acts import Act
from inventory.availability import availability_of
from inventory.errors import (
    CountChanged,
    DeliveryClosed,
    InvalidChange,
    OverReceipt,
    StaleChange,
    StockShortage,
)
from inventory.models import Movement, OutgoingMail, Product, StockLevel, StoreSettings, Variant
from inventory.policy import State
from inventory.services.catalog import (
    create_product,
    create_variant,
    set_components,
    update_product,
    update_variant,
)
from inventory.services.correct import Found, correct_stock, count_stock
from inventory.services.deliveries import cancel_delivery, create_delivery, reschedule_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.settings import update_settings, update_stock_level
from inventory.services.transfer import transfer_stock
from tests.conftest import NOON

TODAY = NOON.date()
BY = {"act": Act(NOON, "anna")}


def offer(variant):
    row = Variant.objects.for_policy().get(pk=variant.pk)
    return availability_of([row], today=TODAY)[variant.pk]


# --- stock ------------------------------------------------------------------------------------


def test_a_receipt_puts_units_on_hand_and_remembers_who(mug, berlin, receive, on_hand):
    receive(mug, berlin, 3)
    receive(mug, berlin, 4)

    assert on_hand(mug, berlin) == 7
    assert list(Movement.objects.values_list("quantity", "kind", "reference", "by")) == [
        (3, "receipt", "R-1", "anna"),
        (4, "receipt", "R-1", "anna"),
    ]


@pytest.mark.parametrize("quantity", [0, -1, 1_000_000_001])
def test_a_quantity_that_makes_no_sense_is_refused(mug, berlin, quantity):
    with pytest.raises(InvalidChange) as refused:
        receive_stock(warehouse=berlin, lines=[StockLine(mug, quantity)], reference="R", **BY)

    assert list(refused.value.errors) == ["mug"]
    assert not Movement.objects.exists()


def test_a_warehouse_holds_a_billion_units_and_no_more(mug, berlin, receive, on_hand):
    receive(mug, berlin, 1_000_000_000)

    with pytest.raises(InvalidChange):
        receive(mug, berlin, 1)

    assert on_hand(mug, berlin) == 1_000_000_000


def test_a_correction_says_why(mug, berlin, receive, on_hand):
    receive(mug, berlin, 5)

    correct_stock(warehouse=berlin, lines=[Found(mug, 3)], reason="Two broken", **BY)

    assert on_hand(mug, berlin) == 3
    last = Movement.objects.latest("pk")
    assert (last.quantity, last.kind, last.reason) == (-2, "correction", "Two broken")


def test_a_correction_without_a_reason_is_refused(mug, berlin, receive, on_hand):
    receive(mug, berlin, 5)

    with pytest.raises(InvalidChange):
        correct_stock(warehouse=berlin, lines=[Found(mug, 3)], reason=" ", **BY)

    assert on_hand(mug, berlin) == 5


def test_units_promised_to_orders_cannot_be_corrected_away(mug, berlin, receive, on_hand):
    receive(mug, berlin, 5)
    StockLevel.objects.update(allocated=4)

    with pytest.raises(StockShortage):
        correct_stock(warehouse=berlin, lines=[Found(mug, 3)], reason="Broken", **BY)

    assert on_hand(mug, berlin) == 5


def test_a_count_refuses_stock_that_moved_meanwhile(mug, berlin, receive, on_hand):
    receive(mug, berlin, 5)

    with pytest.raises(CountChanged) as refused:
        count_stock(warehouse=berlin, lines=[Found(mug, 9, seen=4)], reference="C", **BY)

    assert str(refused.value) == "mug in Berlin changed meanwhile: 4 when it was counted, 5 now."
    assert on_hand(mug, berlin) == 5


def test_a_count_that_agrees_moves_nothing(mug, berlin, receive):
    receive(mug, berlin, 5)

    moved = count_stock(warehouse=berlin, lines=[Found(mug, 5, seen=5)], reference="C", **BY)

    assert moved.movements == []


def test_a_transfer_is_two_movements(mug, berlin, paris, receive, on_hand):
    receive(mug, berlin, 5)

    transfer_stock(source=berlin, target=paris, lines=[StockLine(mug, 2)], reference="T-1", **BY)

    assert (on_hand(mug, berlin), on_hand(mug, paris)) == (3, 2)
    assert sorted(Movement.objects.filter(kind="transfer").values_list("quantity", flat=True)) == [
        -2,
        2,
    ]


def test_a_transfer_names_every_sku_that_is_short(make_variant, berlin, paris, receive):
    cup, mug, pot = make_variant("cup"), make_variant("mug"), make_variant("pot")
    for variant, units in ((cup, 1), (mug, 5), (pot, 2)):
        receive(variant, berlin, units)

    with pytest.raises(StockShortage) as refused:
        transfer_stock(
            source=berlin,
            target=paris,
            lines=[StockLine(cup, 2), StockLine(mug, 5), StockLine(pot, 3)],
            reference="T",
            **BY,
        )

    assert [(s.sku, s.wanted, s.available) for s in refused.value.shortfalls] == [
        ("cup", 2, 1),
        ("pot", 3, 2),
    ]
    assert not Movement.objects.filter(kind="transfer").exists()


def test_stock_of_a_bundle_or_a_service_cannot_be_moved(make_variant, berlin):
    gift, mug = make_variant("gift"), make_variant("mug")
    engraving = make_variant("engraving", track_inventory=False)
    set_components(act=Act.now(), bundle=gift, lines=[StockLine(mug, 2)])

    with pytest.raises(InvalidChange) as refused:
        receive_stock(
            warehouse=berlin,
            lines=[StockLine(gift, 1), StockLine(engraving, 1)],
            reference="R",
            **BY,
        )

    assert set(refused.value.errors) == {"gift", "engraving"}


# --- deliveries -------------------------------------------------------------------------------


@pytest.fixture
def delivery(mug, berlin):
    return create_delivery(
        act=Act.now(),
        warehouse=berlin,
        reference="PO-7",
        supplier="Emaille BV",
        expected_at=TODAY + timedelta(days=7),
        lines=[StockLine(mug, 6)],
    )


def test_a_delivery_gives_the_day_until_it_is_received(mug, berlin, delivery, on_hand):
    assert offer(mug).expected_at == date(2026, 1, 12)

    receive_delivery(delivery=delivery, **BY)

    delivery.refresh_from_db()
    assert (on_hand(mug, berlin), delivery.received_at) == (6, NOON)
    assert offer(mug).expected_at is None


def test_part_of_a_delivery_leaves_the_rest_expected(mug, berlin, delivery, on_hand):
    receive_delivery(delivery=delivery, lines=[StockLine(mug, 4)], **BY)

    delivery.refresh_from_db()
    assert (on_hand(mug, berlin), delivery.received_at) == (4, None)
    assert delivery.state(today=TODAY, received=4) == "partly_received"
    assert delivery.lines.units() == 2


def test_more_than_was_announced_is_refused(mug, berlin, delivery, on_hand):
    with pytest.raises(OverReceipt) as refused:
        receive_delivery(delivery=delivery, lines=[StockLine(mug, 7)], **BY)

    assert refused.value.excess == {"mug": 1}
    assert on_hand(mug, berlin) == 0


def test_what_the_delivery_does_not_bring_is_refused(make_variant, delivery):
    with pytest.raises(InvalidChange) as refused:
        receive_delivery(delivery=delivery, lines=[StockLine(make_variant("pot"), 1)], **BY)

    assert refused.value.errors == {"pot": "pot is not part of this delivery."}


@pytest.mark.parametrize("end", ["receive", "cancel"])
def test_a_delivery_ends_once(delivery, end):
    if end == "receive":
        receive_delivery(delivery=delivery, **BY)
    else:
        cancel_delivery(delivery=delivery, act=Act(at=NOON))

    with pytest.raises(DeliveryClosed):
        receive_delivery(delivery=delivery, **BY)
    with pytest.raises(DeliveryClosed):
        cancel_delivery(delivery=delivery, act=Act(at=NOON))
    with pytest.raises(DeliveryClosed):
        reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=TODAY)


def test_a_late_delivery_promises_nothing(mug, delivery):
    reschedule_delivery(act=Act.now(), delivery=delivery, expected_at=TODAY - timedelta(days=1))

    assert offer(mug).expected_at is None


# --- catalogue --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "track", "given", "expected"),
    [
        (False, True, {}, ("inherit", True)),
        (True, True, {}, ("allow", True)),
        (True, False, {}, ("inherit", False)),
        (True, True, {"track_inventory": False}, ("inherit", False)),
        (False, True, {"backorders": "notify"}, ("notify", True)),
    ],
)
def test_a_new_variant_starts_as_the_settings_say(make_variant, allow, track, given, expected):
    update_settings(
        act=Act.now(),
        changes={
            "new_products_allow_backorders": allow,
            "new_products_track_inventory": track,
        },
    )

    variant = make_variant("new", **given)

    assert (variant.backorders, variant.track_inventory) == expected


def test_existing_variants_do_not_follow_the_setting_for_new_ones(mug):
    update_settings(act=Act.now(), changes={"new_products_allow_backorders": True})

    mug.refresh_from_db()
    assert mug.backorders == "inherit"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", Decimal("-0.01")),
        ("price", Decimal("Infinity")),
        ("price", Decimal("NaN")),
        ("price", Decimal("1e400")),
        ("price", Decimal("0.005")),
        ("price", Decimal(10000000000)),
        ("sku", ""),
        ("sku", "a" * 65),
        ("sku", "a\x00b"),
        ("title", "a\x0bb"),
        ("title", "a\nb"),
        ("title", "\ud800"),
        ("ean", "12a"),
        ("backorders", "maybe"),
        ("notify_below", -1),
        ("notify_below", 1_000_000_001),
        ("out_of_stock_threshold", -1_000_000_001),
        ("only_x_left_threshold", 2**63),
        ("low_stock_since", NOON),
    ],
)
def test_a_field_that_cannot_take_its_value_is_named(mug, field, value):
    with pytest.raises(InvalidChange) as refused:
        update_variant(act=Act.now(), variant=mug, changes={field: value})

    assert list(refused.value.errors) == [field]
    assert Variant.objects.get().version == 1


def test_the_sku_is_unique(make_variant, mug):
    with pytest.raises(InvalidChange) as refused:
        make_variant("mug")

    assert list(refused.value.errors) == ["sku"]


def test_two_products_of_one_title_get_two_addresses(product):
    other = create_product(act=Act.now(), title=product.title)

    assert product.slug == "enamel-mug"
    assert other.slug != product.slug


def test_a_change_counts_the_version_up_and_one_that_changes_nothing_does_not(mug):
    assert update_variant(act=Act.now(), variant=mug, changes={"title": "Blue"}).version == 2
    assert update_variant(act=Act.now(), variant=mug, changes={"title": "Blue"}).version == 2


@pytest.mark.parametrize(
    "save",
    [
        lambda mug, berlin: update_variant(
            variant=mug, changes={"title": "x"}, act=Act.now().looking_at(7)
        ),
        lambda mug, berlin: update_product(
            product=mug.product, changes={"title": "x"}, act=Act.now().looking_at(7)
        ),
        lambda mug, berlin: update_settings(
            changes={"notify_below": 9}, act=Act.now().looking_at(7)
        ),
        lambda mug, berlin: update_stock_level(
            variant=mug, warehouse=berlin, changes={"notify_below": 9}, act=Act.now().looking_at(7)
        ),
    ],
)
def test_a_stale_change_is_refused(mug, berlin, save):
    with pytest.raises(StaleChange):
        save(mug, berlin)

    assert (Variant.objects.get().title, Product.objects.get().title) == ("", "Enamel Mug")
    assert StoreSettings.load().notify_below == 1


@pytest.mark.parametrize("word", ["allow", "notify"])
def test_backorders_cannot_be_allowed_untracked(mug, word):
    with pytest.raises(InvalidChange) as refused:
        update_variant(
            act=Act.now(), variant=mug, changes={"track_inventory": False, "backorders": word}
        )

    assert list(refused.value.errors) == ["backorders"]
    mug.refresh_from_db()
    assert (mug.track_inventory, mug.backorders) == (True, "inherit")


def test_tracking_can_be_turned_off_alone(make_variant):
    mug = make_variant(backorders="allow")

    update_variant(act=Act.now(), variant=mug, changes={"track_inventory": False})

    assert offer(mug).salable is None


@pytest.mark.parametrize(
    ("case", "lines"),
    [
        ("itself", lambda v: [StockLine(v["gift"], 1)]),
        ("a bundle", lambda v: [StockLine(v["set"], 1)]),
        ("no units", lambda v: [StockLine(v["mug"], 0)]),
        ("one of them twice", lambda v: [StockLine(v["mug"], 1), StockLine(v["mug"], 2)]),
    ],
)
def test_components_that_make_no_bundle_are_refused(make_variant, case, lines):
    variants = {sku: make_variant(sku) for sku in ("gift", "mug", "set")}
    set_components(act=Act.now(), bundle=variants["set"], lines=[StockLine(variants["mug"], 1)])

    with pytest.raises(InvalidChange):
        set_components(act=Act.now(), bundle=variants["gift"], lines=lines(variants))

    assert not variants["gift"].components.exists()


def test_a_variant_with_stock_cannot_become_a_bundle(make_variant, berlin, receive):
    gift, mug = make_variant("gift"), make_variant("mug")
    receive(gift, berlin, 1)

    with pytest.raises(InvalidChange):
        set_components(act=Act.now(), bundle=gift, lines=[StockLine(mug, 1)])


def test_a_variant_that_is_on_its_way_becomes_a_bundle_once_it_is_there_or_called_off(
    make_variant, berlin
):
    """Else the delivery could never be received."""
    mug, box = make_variant("mug"), make_variant("box")
    fields = {"warehouse": berlin, "reference": "PO-7", "expected_at": NOON.date()}
    delivery = create_delivery(act=Act.now(), lines=[StockLine(box, 2)], **fields)

    with pytest.raises(InvalidChange, match="on its way in the delivery PO-7"):
        set_components(act=Act.now(), bundle=box, lines=[StockLine(mug, 1)])

    cancel_delivery(delivery=delivery, act=Act.now())
    set_components(act=Act.now(), bundle=box, lines=[StockLine(mug, 1)])
    assert box.components.count() == 1


def test_a_bundle_is_sold_from_the_pool_of_its_components(make_variant, berlin, receive):
    gift, mug, spoon = make_variant("gift"), make_variant("mug"), make_variant("spoon")
    set_components(
        act=Act.now(),
        bundle=gift,
        lines=[StockLine(mug, 2), StockLine(spoon, 1)],
    )
    receive(mug, berlin, 5)
    receive(spoon, berlin, 9)

    assert (offer(gift).available, offer(gift).state) == (2, State.IN_STOCK)


# --- settings take effect ---------------------------------------------------------------------


def test_the_example_of_adobe_commerce_can_be_set_up_and_sold(make_variant, berlin, receive):
    mug = make_variant()
    receive(mug, berlin, 25)
    update_settings(act=Act.now(), changes={"backorders": "allow", "notify_below": 10})
    update_variant(
        act=Act.now(),
        variant=mug,
        changes={"out_of_stock_threshold": -50, "only_x_left_threshold": 5},
    )
    assert offer(mug).salable == 75

    StockLevel.objects.update(allocated=25, on_backorder=45)
    assert (offer(mug).salable, offer(mug).only_x_left) == (5, 5)

    StockLevel.objects.update(on_backorder=50)
    assert (offer(mug).salable, offer(mug).state) == (0, State.OUT_OF_STOCK)


# --- low stock --------------------------------------------------------------------------------


def correct(mug, berlin, units):
    correct_stock(warehouse=berlin, lines=[Found(mug, units)], reason="Count", **BY)


def test_low_stock_is_mailed_once_for_each_crossing(mug, berlin, store, receive):
    update_variant(act=Act.now(), variant=mug, changes={"notify_below": 10})
    receive(mug, berlin, 20)
    mails = []
    for units in (11, 10, 3, 0, 11, 9):
        correct(mug, berlin, units)
        mails.append(OutgoingMail.objects.count())

    assert mails == [0, 1, 1, 1, 1, 2]
    mail = OutgoingMail.objects.earliest("pk")
    assert (mail.to, mail.subject) == ("stock@example.com", "Low stock: mug")
    assert "mug  Enamel Mug: 10 available\n" in mail.text


def test_a_mail_of_low_stock_counts_no_units_below_zero(mug, berlin, store, receive):
    receive(mug, berlin, 2)
    StockLevel.objects.update(on_backorder=1_005)

    correct(mug, berlin, 0)

    mail = OutgoingMail.objects.get()
    assert "mug  Enamel Mug: 0 available, 1,005 on backorder\n" in mail.text
    assert "1,005" in mail.html


def test_zero_is_low_even_when_the_line_is_zero(mug, berlin, store, receive):
    update_variant(act=Act.now(), variant=mug, changes={"notify_below": 0})
    receive(mug, berlin, 1)

    correct(mug, berlin, 0)

    assert OutgoingMail.objects.count() == 1


def test_a_warehouse_has_a_line_of_its_own(mug, berlin, paris, store, receive):
    receive(mug, paris, 100)
    receive(mug, berlin, 10)
    update_stock_level(act=Act.now(), variant=mug, warehouse=berlin, changes={"notify_below": 4})

    correct(mug, berlin, 4)

    assert "mug  Enamel Mug (Berlin): 4 available" in OutgoingMail.objects.get().text


def test_one_mail_lists_all_that_crossed_together(make_variant, berlin, store, receive):
    cup, mug = make_variant("cup"), make_variant("mug")
    receive(cup, berlin, 5)
    receive(mug, berlin, 5)

    correct_stock(warehouse=berlin, lines=[Found(cup, 0), Found(mug, 1)], reason="Fire", **BY)

    assert OutgoingMail.objects.get().subject == "Low stock: 2 variants"


def test_nobody_is_mailed_without_an_address(mug, berlin, receive):
    receive(mug, berlin, 5)

    correct(mug, berlin, 0)

    assert not OutgoingMail.objects.exists()
    mug.refresh_from_db()
    assert mug.low_stock_since == NOON


def test_sku_with_markup_is_escaped_in_the_mail(product, berlin, store, receive):
    evil = create_variant(act=Act.now(), product=product, sku="<img src=x onerror=alert(1)>")
    receive(evil, berlin, 5)

    correct(evil, berlin, 0)

    assert "<img" not in OutgoingMail.objects.get().html


def test_a_bundle_has_no_pre_orders_of_its_own(make_variant):
    box, part, ahead = make_variant("box"), make_variant("part"), make_variant("ahead")
    set_components(act=Act.now(), bundle=box, lines=[StockLine(part, 2)])
    update_variant(act=Act.now(), variant=ahead, changes={"allow_preorders": True})

    with pytest.raises(InvalidChange) as allowed:
        update_variant(act=Act.now(), variant=box, changes={"allow_preorders": True})
    with pytest.raises(InvalidChange) as made:
        set_components(act=Act.now(), bundle=ahead, lines=[StockLine(part, 1)])

    assert "Allow pre-orders for its components" in allowed.value.errors["allow_preorders"]
    assert made.value.errors == allowed.value.errors
    assert not Variant.objects.get(pk=box.pk).allow_preorders
    assert not ahead.components.exists()
    update_variant(act=Act.now(), variant=box, changes={"allow_preorders": False, "title": "Box"})


def test_a_bundle_of_before_that_allows_pre_orders_stays_changeable(make_variant):
    box, part = make_variant("box"), make_variant("part")
    set_components(act=Act.now(), bundle=box, lines=[StockLine(part, 2)])
    Variant.objects.filter(pk=box.pk).update(allow_preorders=True)

    set_components(act=Act.now(), bundle=box, lines=[StockLine(part, 3)])
    update_variant(act=Act.now(), variant=box, changes={"allow_preorders": False})

    assert box.components.get().quantity == 3
