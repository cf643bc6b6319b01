"""The outbox: what a shop elsewhere is told, however often it fails, and never more than once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.connectors.woocommerce.connector import WooCommerce
from channels.models import Channel, ChannelLog, Listing, Outgoing, SalableChange
from channels.services.channels import create_channel, update_channel
from channels.services.connect import test_connection
from channels.services.drift import Compared, compare_next, send_ours
from channels.services.listings import add_listings, edit_listing
from channels.services.salable import lay_out
from channels.services.send import MAX_ATTEMPTS, retry, send
from channels.tasks import tick
from inventory.acts import Act
from inventory.models import Warehouse
from inventory.pauses import LONGEST_PAUSE
from inventory.services.catalog import update_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from tests.channels.standin import standin

test_connection.__test__ = False


@pytest.fixture
def shop(settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    with standin() as one:
        yield one


@pytest.fixture
def woo(db, shop):
    return create_channel(
        act=Act.now(),
        slug="woo",
        name="Woo",
        connector="woocommerce",
        address=shop.address,
        key=shop.key,
        secret=shop.secret,
        allow_out_of_stock_purchases=True,
    )


@pytest.fixture
def receive():
    def put(variant, units):
        receive_stock(
            warehouse=Warehouse.objects.get(code="main"),
            lines=[StockLine(variant, units)],
            reference="R",
            act=Act.now(by="anna"),
        )

    return put


def send_all(channel, *, at=None):
    """Send until nothing is due."""
    at = at or timezone.now()
    lay_out(at=at)
    while send(channel, at=at):
        pass


def waits_to_be_sent(channel):
    """Return how many messages wait for a channel, those given up aside."""
    return Outgoing.objects.filter(channel=channel, is_dead=False).count()


def found(shop, sku="mug"):
    """Return the one product with this SKU in the shop, if it has one."""
    rows = shop.by_sku(sku)
    assert len(rows) <= 1
    return rows[0] if rows else None


def there(shop, sku="mug"):
    """Return quantity and backorders as the shop has them."""
    row = found(shop, sku)
    return row["stock_quantity"], row["backorders"]


def test_it_is_listed_when_the_shop_has_it_and_not_before(woo, shop, make_mug, put_up, listing_of):
    mug = make_mug()

    (listing,) = put_up(woo, mug)
    assert (listing.status, listing.is_published, found(shop)) == ("unlisted", False, None)

    send_all(woo)
    listing = listing_of(woo, mug)
    assert (listing.status, listing.published_backorder) == ("listed", "allowed")
    assert listing.remote_id == str(found(shop)["id"])
    assert there(shop) == (0, "yes")
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize(
    "setting",
    [
        ({"backorders": "allow"}, True, (3, "yes")),
        ({"backorders": "notify"}, True, (3, "notify")),
        ({"backorders": "no"}, True, (3, "no")),
        ({"backorders": "allow"}, False, (3, "no")),
        ({"backorders": "allow", "out_of_stock_threshold": -4}, True, (7, "no")),
    ],
)
def test_the_policy_is_said_in_the_words_of_the_shop(
    woo, shop, make_mug, put_up, listing_of, receive, setting
):
    fields, allow, expected = setting
    mug = make_mug(**fields)
    receive(mug, 3)
    edit_listing(act=Act.now(), listing=listing_of(woo, mug), changes={"allow_backorder": allow})
    put_up(woo, mug)

    send_all(woo)

    assert there(shop) == expected


def test_what_may_be_sold_is_pushed_when_it_changes_and_once(woo, shop, make_mug, put_up, receive):
    mug, cup = make_mug(), make_mug("cup")
    put_up(woo, mug, cup)
    send_all(woo)
    before = len(shop.asked("POST", "batch")) + len(shop.asked("PUT"))

    for _time in range(5):
        receive(mug, 2)
    assert SalableChange.objects.count() == 5
    send_all(woo)

    assert there(shop) == (10, "yes")
    assert Listing.objects.get(variant=mug, channel=woo).pushed_quantity == 10
    assert len(shop.asked("POST", "batch")) + len(shop.asked("PUT")) == before + 1
    assert not SalableChange.objects.exists()


def test_a_setting_of_the_policy_is_pushed_as_well(woo, shop, make_mug, put_up):
    mug = make_mug()
    put_up(woo, mug)
    send_all(woo)

    update_variant(act=Act.now(), variant=mug, changes={"backorders": "no"})
    send_all(woo)

    assert there(shop) == (0, "no")


def test_a_switched_off_warehouse_changes_every_listing(woo, shop, make_mug, put_up, receive):
    mug = make_mug(backorders="no")
    receive(mug, 5)
    put_up(woo, mug)
    send_all(woo)

    update_channel(
        act=Act.now(), channel=woo, changes={"warehouses": [Warehouse.objects.create(code="paris")]}
    )
    send_all(Channel.objects.get(pk=woo.pk))

    assert there(shop) == (0, "no")


def test_a_draft_is_not_sent_before_update(woo, shop, make_mug, put_up, listing_of, receive):
    mug = make_mug()
    put_up(woo, mug)
    send_all(woo)

    listing = edit_listing(
        act=Act.now(), listing=listing_of(woo, mug), changes={"allow_backorder": False}
    )
    receive(mug, 1)
    send_all(woo)
    assert (listing.status, there(shop)) == ("changed", (1, "yes"))

    put_up(woo, mug)
    send_all(woo)
    assert (listing_of(woo, mug).status, there(shop)) == ("listed", (1, "no"))


@pytest.mark.parametrize("kind", ["500", "drop", "lost_answer", "invalid_json", "502_html", "429"])
def test_a_shop_that_fails_is_asked_again_later_and_has_it_once(
    woo, shop, make_mug, put_up, listing_of, kind
):
    mug = make_mug()
    put_up(woo, mug)
    shop.faults.script(kind, times=3)
    now = timezone.now()

    send_all(woo, at=now)
    assert listing_of(woo, mug).status == "unlisted"
    assert waits_to_be_sent(woo) == 1
    for hours in range(1, 5):
        send_all(woo, at=now + hours * LONGEST_PAUSE)

    assert listing_of(woo, mug).status == "listed"
    assert len([row for row in shop.products.values() if row["sku"] == "mug"]) == 1


def test_a_shop_that_is_down_rests_longer_each_time_and_says_why(woo, shop, make_mug, put_up):
    put_up(woo, make_mug())
    shop.faults.script("500", times=99)
    began = now = timezone.now()
    pauses = []

    for _try in range(3):
        send_all(woo, at=now)
        woo.refresh_from_db()
        if woo.next_try_at is None:
            break
        pauses.append(woo.next_try_at - now)
        now = woo.next_try_at

    assert pauses == sorted(pauses)
    assert timedelta(seconds=30) <= pauses[0] < pauses[-1] <= LONGEST_PAUSE
    assert woo.failures == 3
    assert woo.down_since == began
    assert "500" in woo.last_error


def test_one_channel_that_is_down_stops_no_other(woo, shop, make_mug, put_up, listing_of):
    dead = Channel.objects.create(
        slug="dead", name="Dead", connector="woocommerce", address="http://127.0.0.1:1"
    )
    add_listings("1 = 1", [])
    mug = make_mug()
    put_up(dead, mug)
    put_up(woo, mug)

    tick()

    assert listing_of(woo, mug).status == "listed"
    dead.refresh_from_db()
    assert dead.failures == 1


def test_what_fails_too_often_is_given_up_named_and_tried_again_on_request(
    woo, shop, make_mug, put_up, listing_of
):
    mug = make_mug()
    shop.create_product({"name": "Tee", "type": "variable", "sku": "mug"})
    put_up(woo, mug)
    now = timezone.now()

    for hours in range(MAX_ATTEMPTS + 1):
        send_all(woo, at=now + hours * LONGEST_PAUSE)

    listing, entry = listing_of(woo, mug), Outgoing.objects.get()
    assert (listing.status, entry.is_dead) == ("failed", True)
    assert listing.error == entry.last_error != ""
    assert not listing.is_published
    shop.delete_product(found(shop)["id"])
    assert retry(woo, act=Act(at=now)) == 1
    send_all(woo, at=now + timedelta(days=2))
    assert listing_of(woo, mug).status == "listed"


def test_what_changes_while_it_is_sent_is_sent_again(
    woo, shop, make_mug, put_up, receive, monkeypatch
):
    mug = make_mug()
    put_up(woo, mug)
    send_all(woo)
    receive(mug, 1)
    lay_out(at=timezone.now())

    def change_meanwhile():
        receive(mug, 4)
        lay_out(at=timezone.now())

    run_after_push(monkeypatch, change_meanwhile)
    send(woo, at=timezone.now())

    assert Listing.objects.filter(pushed_quantity=1).exists()
    assert Outgoing.objects.count() == 1
    send_all(woo)
    assert there(shop) == (5, "yes")


def run_after_push(monkeypatch, act):
    """Let something happen once, between what is said to the shop and its being noted."""
    push, happened = WooCommerce.push_quantities, []

    def push_then_act(self, items):
        outcomes = push(self, items)
        if not happened:
            happened.append(True)
            act()
        return outcomes

    monkeypatch.setattr(WooCommerce, "push_quantities", push_then_act)


def test_two_workers_do_not_talk_to_one_shop_at_once(woo, shop, make_mug, put_up):
    put_up(woo, make_mug())
    now = timezone.now()
    Channel.objects.filter(pk=woo.pk).update(busy_until=now + timedelta(seconds=60))

    assert send(woo, at=now) == 0
    assert send(woo, at=now + timedelta(seconds=61)) == 1


def test_a_channel_that_is_off_is_sent_nothing(woo, shop, make_mug, put_up):
    put_up(woo, make_mug())
    update_channel(act=Act.now(), channel=woo, changes={"is_active": False})

    send_all(woo)

    assert found(shop) is None
    assert waits_to_be_sent(woo) == 1


def test_the_log_says_what_was_sent_and_holds_no_secret(woo, shop, make_mug, put_up):
    put_up(woo, make_mug())
    send_all(woo)

    line = ChannelLog.objects.get(kind="listing")

    assert (line.label, line.is_ok) == ("mug", True)
    assert line.sent
    for row in ChannelLog.objects.values():
        assert shop.secret not in str(row)
        assert shop.key not in str(row)


def test_the_connection_test_says_who_answered_or_why_nobody_did(woo, shop):
    assert test_connection(woo, at=timezone.now())[0]

    update_channel(act=Act.now(), channel=woo, changes={"secret": "wrong"})
    is_ok, words = test_connection(Channel.objects.get(pk=woo.pk), at=timezone.now())

    assert not is_ok
    assert "wrong" not in words
    assert ChannelLog.objects.filter(kind="test").count() == 2


def test_a_comparison_finds_what_somebody_changed_in_the_shop(
    woo, shop, make_mug, put_up, listing_of
):
    mug, cup = make_mug(), make_mug("cup")
    put_up(woo, mug, cup)
    send_all(woo)
    shop.update_product(found(shop)["id"], {"stock_quantity": 99})

    compared = compare_next(woo, Compared(0), at=timezone.now())

    assert (compared.checked, compared.differing) == (2, 1)
    line = ChannelLog.objects.get(kind="drift")
    assert line.label == "mug"
    assert "99" in line.message
    assert compare_next(woo, compared, at=timezone.now()) is None
    send_ours(woo, [line.listing_id], act=Act.now())
    send_all(woo)
    assert there(shop) == (0, "yes")


def test_credentials_that_cannot_be_opened_any_more_are_said_and_nothing_is_lost(
    woo, make_mug, put_up, settings
):
    put_up(woo, make_mug())
    settings.SECRET_KEY = "another"

    send_all(woo)

    woo.refresh_from_db()
    assert "SECRET_KEY" in woo.last_error
    assert waits_to_be_sent(woo) == 1


def test_a_release_date_that_comes_is_pushed_once(woo, shop, make_mug, put_up):
    tomorrow = timezone.localdate() + timedelta(days=1)
    mug = make_mug(backorders="no", release_date=tomorrow, allow_preorders=True)
    put_up(woo, mug)
    now = timezone.now()
    send_all(woo, at=now)
    assert there(shop) == (0, "yes")

    send_all(woo, at=now + timedelta(days=1))

    assert there(shop) == (0, "no")
    assert lay_out(at=now + timedelta(days=1)) == 0
