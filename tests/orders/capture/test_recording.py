"""What a shop says of an order is kept once, however often and in whatever order it comes."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import StockLevel
from orders.models import CapturedOrder, Order
from orders.services.capture import record, recording, settle
from orders.services.reconcile import reconcile
from tests.conftest import NOON
from tests.orders.capture.conftest import line, numbers, only, remote

STORY = ("created", "paid", "shipped", "canceled")
SAID = (
    "status",
    "lines",
    "changed_at",
    "customer_name",
    "customer_email",
    "total",
    "raw",
    "state",
)


def words(status):
    """Return what the shop says of one moment of an order; each moment a minute after another."""
    minute = STORY.index(status)
    return remote(status, line(quantity=2), at=minute, raw={"status": status})


def kept(channel):
    """Return what is known of the order of a channel, and what of it is alive here."""
    row = CapturedOrder.objects.get(channel=channel)
    units = numbers(row.order)[:4] if row.order else (0, 0, 0, 0)
    return {**{name: getattr(row, name) for name in SAID}, "units": units}


def heard(channel, told, *, settles="each"):
    """Have the shop say these words, settled after each or at the end; return what is kept."""
    for one in told:
        row = record(channel, words(one), at=NOON)
        if settles == "each":
            settle(row, at=NOON)
    settle(CapturedOrder.objects.get(channel=channel), at=NOON)
    return kept(channel)


@pytest.mark.parametrize("settles", ["each", "last"])
@pytest.mark.parametrize("told", list(permutations(STORY)), ids="-".join)
def test_the_end_is_the_same_in_every_order(shop, mug, stock, told, settles):
    stock(mug, 5)

    end = heard(shop, told, settles=settles)

    assert (end["status"], end["state"], end["units"]) == (
        "canceled",
        "canceled",
        (0, 0, 0, 0),
    )
    level = StockLevel.objects.get()
    assert (level.on_hand, level.allocated, level.on_backorder) == (5, 0, 0)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_words_doubled_and_mixed_end_as_said_once(make_shop, mug, stock, data):
    story = STORY[: data.draw(st.integers(1, 4))]
    again = data.draw(st.lists(st.sampled_from(story), max_size=10))
    told = data.draw(st.permutations([*story, *again]))
    settles = data.draw(st.sampled_from(["each", "last"]))
    capture_when = data.draw(st.sampled_from(["created", "paid", "shipped"]))
    stock(mug, 4)
    names = (f"{kind}-{CapturedOrder.objects.count()}" for kind in ("once", "mixed"))
    once, mixed = (make_shop(name, capture_when=capture_when) for name in names)

    assert heard(mixed, told, settles=settles) == heard(once, story)

    assert reconcile() == []


def test_the_same_words_ten_times_are_news_once(shop, mug, stock):
    stock(mug, 5)

    news = [record(shop, remote("paid"), at=NOON).is_news for _ in range(10)]
    settle(only(), at=NOON)
    settle(only(), at=NOON)

    assert news == [True, *[False] * 9]
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        ("created", "paid", "paid"),
        ("paid", "created", "paid"),
        ("paid", "shipped", "shipped"),
        ("shipped", "paid", "shipped"),
        ("paid", "canceled", "canceled"),
        ("canceled", "paid", "canceled"),
    ],
)
def test_of_one_second_the_further_state_counts(shop, first, then, status):
    for said in (first, then):
        record(shop, remote(said, at=0), at=NOON)

    assert only().status == status


def test_a_newer_word_may_go_back(shop):
    record(shop, remote("canceled", at=0), at=NOON)
    record(shop, remote("paid", at=1), at=NOON)

    assert only().status == "paid"


def test_an_older_word_changes_nothing_at_all(shop):
    record(shop, remote("paid", line(quantity=1), at=5), at=NOON)
    before = CapturedOrder.objects.values().get()

    record(shop, remote("canceled", line(quantity=9), at=4), at=NOON + timedelta(hours=1))

    assert CapturedOrder.objects.values().get() == before


def test_what_cannot_be_read_leaves_what_was_known(shop):
    record(shop, remote("paid", at=0), at=NOON)
    record(shop, remote("created", at=1, problem="Broken.", customer_name=""), at=NOON)

    row = only()
    assert (row.status, row.customer_name, row.unreadable) == (
        "paid",
        "Eva Ek",
        "Broken.",
    )


def test_of_one_second_what_can_be_read_counts(shop):
    record(shop, remote("created", at=1, problem="Broken."), at=NOON)
    record(shop, remote("created", at=1), at=NOON)

    assert only().unreadable == ""


@pytest.mark.parametrize("external_id", ["", "x" * 121, "a\nb"])
def test_an_order_whose_id_cannot_be_kept_is_recorded_once(shop, external_id):
    for _ in range(2):
        record(shop, remote(external_id=external_id, problem="It has no ID."), at=NOON)

    assert only().external_id.startswith("?")


@pytest.mark.parametrize(("minute", "status"), [(1, "shipped"), (-1, "paid")])
def test_a_twin_that_was_inserted_at_this_moment_is_found(shop, monkeypatch, minute, status):
    record(shop, remote("paid"), at=NOON)
    monkeypatch.setattr(recording, "_known", lambda channel, external_id: None)

    row = record(shop, remote("shipped", at=minute), at=NOON)

    assert (row, only().status) == (only(), status)


def test_two_shops_may_use_the_same_id(make_shop):
    for slug in ("one", "two"):
        record(make_shop(slug), remote(), at=NOON)

    assert CapturedOrder.objects.count() == 2


def test_hostile_text_fits_into_the_columns(shop):
    fields = {
        "number": "n" * 900,
        "customer_name": "a\x00b\ud800" * 300,
        "currency": "E" * 40,
    }
    record(shop, remote(**fields, customer_email="e" * 999), at=NOON)

    row = only()
    assert (len(row.number), len(row.customer_name)) == (120, 199)
    assert (len(row.currency), len(row.customer_email)) == (10, 254)
    assert "\x00" not in row.customer_name
