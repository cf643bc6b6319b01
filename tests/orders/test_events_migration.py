"""Sentences of before become events with a kind and data, once; what cannot be read stays."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from backoffice.happenings import served_by_order
from inventory import ledger
from inventory.acts import Act
from inventory.models import Warehouse
from inventory.services.edit import edit_variant
from orders.event_kinds import EventKind
from orders.event_words import words_of
from orders.models import HoldReason, OrderEvent
from tests.backoffice import shop

migration = import_module("orders.migrations.0010_events_have_kinds")

CUP = {"sku": "CUP: 2 × big, red", "variant": "cup"}
GONE = {"sku": "OLD-NAME"}

SENTENCES = [
    ("Placed: 1 unit.", "placed", {"units": 1, "backordered": 0, "short": 0}),
    (
        "Placed: 9 units, 3 on backorder, 2 short.",
        "placed",
        {"units": 9, "backordered": 3, "short": 2},
    ),
    ("Placed: 3 units, 1 short.", "placed", {"units": 3, "backordered": 0, "short": 1}),
    (
        "CUP: 2 × big, red: 9 units instead of 12.",
        "quantity_changed",
        CUP | {"units": -3, "before": 12, "after": 9},
    ),
    ("4 × CUP: 2 × big, red added.", "line_added", CUP | {"units": 4}),
    ("4 × CUP: 2 × big, red canceled.", "units_canceled", CUP | {"units": 4}),
    ("4 × OLD-NAME canceled.", "units_canceled", GONE | {"units": 4}),
    (
        "1 × CUP: 2 × big, red came back, into main: 2 × ugly, came back, into main: bad",
        "units_returned",
        CUP | {"units": 1, "warehouse": "main", "reason": "2 × ugly, came back, into main: bad"},
    ),
    (
        "1 × CUP: 2 × big, red came back, not back to stock: order canceled.",
        "units_returned",
        CUP | {"units": 1, "warehouse": None, "reason": "order canceled."},
    ),
    (
        "5 × CUP: 2 × big, red that were short are allowed on backorder.",
        "backorder_allowed",
        CUP | {"units": 5},
    ),
    (
        "5 × CUP: 2 × big, red that were oversold are reserved.",
        "oversold_reserved",
        CUP | {"units": 5},
    ),
    (
        "5 × CUP: 2 × big, red are there for 1001-2.",
        "units_reserved",
        CUP | {"units": 5, "parcel": "1001-2"},
    ),
    (
        "5 × CUP: 2 × big, red are not there after a correction: they wait again.",
        "units_taken_back",
        CUP | {"units": 5},
    ),
    (
        "1001-1: 5 × CUP: 2 × big, red will ship without stock: not tracked any more.",
        "untracked",
        CUP | {"units": 5, "parcel": "1001-1"},
    ),
    (
        "1001-1: CUP: 2 × big, red is tracked again: 2 reserved, 3 wait.",
        "tracked_again",
        CUP | {"units": 5, "reserved": 2, "waiting": 3, "parcel": "1001-1"},
    ),
    (
        "2 × CUP: 2 × big, red: all of it is in Paris West.",
        "bundle_moved",
        CUP | {"units": 2, "warehouse": "paris"},
    ),
    (
        "Priority -5 instead of 0: 4 × CUP added.",
        "priority_set",
        {"before": 0, "after": -5, "reason": "4 × CUP added."},
    ),
    ("Paid: 53.40 EUR.", "paid", {"amount": "53.40", "refund": "0.00", "currency": "EUR"}),
    (
        "Paid: 53.4 EUR. 3.00 EUR are to be refunded.",
        "paid",
        {"amount": "53.40", "refund": "3.00", "currency": "EUR"},
    ),
    ("Refunded: 3.00 EUR.", "refunded", {"amount": "3.00", "currency": "EUR"}),
    ("Not paid within 1 hour.", "not_paid_in_time", {"hours": 1}),
    ("Not paid within 48 hours.", "not_paid_in_time", {"hours": 48}),
    (
        "CUP: 2 × big, red: promised for 9 January 2026 instead of no date.",
        "promise_changed",
        CUP | {"before": None, "after": "2026-01-09"},
    ),
    (
        "CUP: 2 × big, red: promised for no date instead of 9 maart 2026.",
        "promise_changed",
        CUP | {"before": "2026-03-09", "after": None},
    ),
    ("The customer was told of the new date.", "new_date_told", {}),
    ("The customer was told how long it takes.", "wait_told", {}),
    (
        "The customer keeps waiting: CUP: 2 × big, red, 2026-01-09; LID, no date yet.",
        "wait_accepted",
        {"days": [["CUP: 2 × big, red", "2026-01-09"], ["LID", None]]},
    ),
    ("1001-1: picked.", "parcel_picked", {"parcel": "1001-1"}),
    ("1001-1: packed.", "parcel_packed", {"parcel": "1001-1"}),
    ("1001-1: shipped, 1 units.", "parcel_shipped", {"parcel": "1001-1", "units": 1}),
    ("1001-1: put back on the shelf.", "picking_undone", {"parcel": "1001-1"}),
    (
        "1001-1: put back on the shelf: not before 14 Januar 2026.",
        "put_back_for_date",
        {"parcel": "1001-1", "day": "2026-01-14"},
    ),
    (
        "1001-1: put back on the shelf: its units are not in stock.",
        "put_back_for_stock",
        {"parcel": "1001-1"},
    ),
    (
        "1001-1: the shipment came back and is ready again.",
        "shipment_undone",
        {"parcel": "1001-1"},
    ),
    (
        "1001-2: split off 1001-1, to ship what is there.",
        "parcel_split_off",
        {"parcel": "1001-2", "source": "1001-1"},
    ),
    (
        "1001-2: complete, so it does not wait for the rest.",
        "lines_complete",
        {"parcel": "1001-2"},
    ),
    (
        "1001-1: held by hand: 4 × CUP canceled.",
        "parcel_held",
        {"parcel": "1001-1", "reason": "4 × CUP canceled."},
    ),
    (
        "1001-1: hold removed: Awaiting the rest of the order.",
        "hold_removed",
        {"parcel": "1001-1", "hold": "awaiting_rest_of_order"},
    ),
]

UNREADABLE = [
    "Somebody rang.",
    "1001-1: hold removed: The moon is full.",
    "CUP: promised for 9 Smarch 2026 instead of no date.",
    "CUP: promised for 31 February 2026 instead of no date.",
    "Paid: 1.2.3 EUR.",
    "",
]


@pytest.fixture
def order(db):
    ledger.lift_triggers(connection)  # as it was when the migration ran
    Warehouse.objects.create(code="paris", name="Paris West", priority=2)
    return shop.sell((shop.variant(CUP["sku"]), 3))


def write(order, *texts):
    """Write sentences as a program of before does, which knows neither kind nor data."""
    OrderEvent.objects.all().delete()
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        for text in texts:
            cursor.execute(
                'INSERT INTO orders_orderevent (order_id, at, "by", text) VALUES (%s, %s, %s, %s)',
                [order.pk, now, "olga", text],
            )


def read():
    migration.read_events(apps, connection.schema_editor())


@pytest.mark.parametrize(("text", "kind", "data"), SENTENCES, ids=lambda one: str(one)[:40])
def test_a_sentence_becomes_a_kind_with_data(order, text, kind, data):
    if "variant" in data:
        data = data | {"variant": order.lines.get().variant_id}
    write(order, text)

    read()

    event = OrderEvent.objects.get()
    assert (event.kind, event.data) == (kind, data)
    assert (event.text, event.by) == (text, "olga")
    assert words_of(event) != f"{kind.replace('_', ' ').capitalize()}."


SINCE = {EventKind.NOTE, EventKind.CLOCK_WAS_AHEAD}
"""Kinds that there were no sentences of."""


def test_each_kind_of_before_is_read():
    assert {kind for _text, kind, _data in SENTENCES} == set(EventKind) - SINCE
    assert {hold.value: str(hold.label) for hold in HoldReason} == migration.HOLDS


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_stays_as_it_was(order, text):
    write(order, text)

    read()

    event = OrderEvent.objects.get()
    assert (event.kind, event.data, words_of(event)) == ("note", {}, text)


def test_a_line_keeps_its_variant_whatever_its_sku_is_by_now(order):
    cup = order.lines.get().variant
    edit_variant(variant=cup, changes={"sku": "CUP-NEW"}, act=Act.now().looking_at(cup.version))
    write(order, f"2 × {CUP['sku']} are there for {order.number}-1.")

    read()

    [change] = served_by_order().items()
    assert change[0] == (order.pk, cup.pk)
    assert [units for _at, units in change[1]] == [-2]


def test_many_are_read_in_chunks(order, monkeypatch):
    monkeypatch.setattr(migration, "CHUNK", 3)
    write(order, *(["Somebody rang."] * 4), *(["1001-1: picked."] * 7))

    read()

    kinds = list(OrderEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["note"] * 4 + ["parcel_picked"] * 7
