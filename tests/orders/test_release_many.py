"""Handing out in sets does what the planner does, for queues of any kind."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.models import Channel
from inventory.acts import Act
from inventory.models import StockLevel, Warehouse
from inventory.services.catalog import create_product, create_variant
from inventory.services.movements import StockLine
from inventory.services.receive import receive_stock
from inventory.services.settings import update_settings
from orders.models import FulfillmentLine, FulfillmentOrder, Hold, OrderEvent, OrderLine
from orders.services import release, release_many
from orders.services.booking import Wanted
from orders.services.holds import hold
from orders.services.place import Customer, place_order
from orders.services.reconcile import reconcile

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

orders = st.lists(
    st.fixed_dictionaries(
        {
            "units": st.integers(1, 5),
            "other": st.integers(0, 2),
            "priority": st.integers(0, 1),
            "minutes": st.integers(0, 3),
            "price": st.integers(1, 3),
            "together": st.booleans(),
            "held": st.booleans(),
            "unpaid": st.booleans(),
        }
    ),
    min_size=2,
    max_size=8,
)


class Undo(Exception):
    pass


def events_of(*, mug, cup, first):
    """Return all events; keys are those of this run, so that two runs can be compared."""
    names = {mug.pk: "mug", cup.pk: "cup"}

    def read(event):
        order, dash, sequence = event.data.get("parcel", "").partition("-")
        of_parcel = {"parcel": (int(order) - first, sequence)} if dash else {}
        of_variant = {"variant": names[event.data["variant"]]} if "variant" in event.data else {}
        data = {**event.data, **of_variant, **of_parcel}
        return event.order_id - first, event.kind, sorted(data.items()), event.by, event.text

    return sorted((read(event) for event in OrderEvent.objects.all()), key=str)


def outcome(queue, units, rule, *, many):
    """Return everything that a release wrote; `many`: from how many lines on it uses sets."""
    found = None
    try:
        with transaction.atomic():
            found = _release(queue, units, rule, many=many)
            raise Undo
    except Undo:
        return found


def _release(queue, units, rule, *, many):
    Warehouse.objects.update(is_active=True)
    product = create_product(act=Act.now(), title="Mug")
    mug, cup = (
        create_variant(act=Act.now(), product=product, sku=sku, backorders="allow") for sku in "mc"
    )
    place = Warehouse.objects.get(code="main")
    update_settings(act=Act.now(), changes={"release_rule": rule})
    for one in queue:
        lines = [Wanted(mug, one["units"], Decimal(one["price"]))]
        lines += [Wanted(cup, one["other"], Decimal(1))] if one["other"] else []
        order = place_order(
            channel=Channel.objects.get(slug="direct"),
            customer=Customer("Ann"),
            lines=lines,
            priority=one["priority"],
            ship_together=one["together"],
            is_paid=not one["unpaid"],
            placed_at=NOON + timedelta(minutes=one["minutes"]),
            act=Act(at=NOON + timedelta(hours=1), by="test"),
        )
        if one["held"]:
            parcel = order.fulfillment_orders.first()
            hold(fulfillment_order=parcel, note="ask", act=Act(at=NOON, by="test"))
    release.MANY, before = many, release.MANY
    try:
        moved = receive_stock(
            warehouse=place,
            lines=[StockLine(mug, units)],
            reference="R",
            act=Act(at=NOON, by="test"),
        )
    finally:
        release.MANY = before
    assert [str(breach) for breach in reconcile()] == []
    first = FulfillmentOrder.objects.order_by("pk").first().order_id
    return (
        [
            (int(one.order) - first, one.fulfillment_order[-2:], one.quantity)
            for one in moved.served
        ],
        list(
            FulfillmentLine.objects.order_by("pk").values_list(
                "variant__sku", "allocated", "waiting", "promised_at"
            )
        ),
        list(
            FulfillmentOrder.objects.order_by("pk").values_list(
                "sequence", "status", "warehouse__code", "ready_at", "version"
            )
        ),
        sorted(Hold.objects.values_list("reason", flat=True)),
        list(StockLevel.objects.order_by("pk").values_list("allocated", "on_backorder")),
        list(OrderLine.objects.order_by("pk").values_list("promised_at", flat=True)),
        events_of(mug=mug, cup=cup, first=first),
    )


@pytest.mark.django_db
@settings(max_examples=25)
@given(
    queue=orders,
    units=st.integers(2, 25),
    rule=st.sampled_from(["fifo", "promised_date", "most_orders", "highest_value"]),
)
def test_sets_and_planner_agree(queue, units, rule):
    assert outcome(queue, units, rule, many=1) == outcome(queue, units, rule, many=10_000)


def test_the_test_above_reaches_the_sets(db, monkeypatch):
    reached = []
    monkeypatch.setattr(
        release,
        "release_in_sets",
        lambda *args, **kwargs: reached.append(1) or release_many.release_in_sets(*args, **kwargs),
    )
    one = {"units": 2, "other": 0, "priority": 0, "minutes": 0, "price": 1}
    queue = [one | {"together": False, "held": False, "unpaid": False}] * 3

    outcome(queue, 4, "fifo", many=1)

    assert reached == [1]
