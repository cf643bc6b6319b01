"""Who would get units that arrive, and who would still be short; and then receive exactly that."""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.core import signing
from django.db import transaction
from django.db.models import Sum

from inventory.errors import InvalidChange
from inventory.locks import lock_variants
from inventory.models import IncomingDelivery, StockLevel, StoreSettings, Warehouse
from inventory.models.settings import ReleaseRule
from inventory.models.stock import stock_by_warehouse
from inventory.services.deliveries import open_delivery
from inventory.services.movements import Moved, StockLine, refuse_uncounted, units_by_variant
from inventory.services.receive import receive_delivery, receive_stock
from orders.errors import QueueMoved
from orders.models import FulfillmentLine
from orders.policy.queue import Waiter, plan
from orders.waiting import queue

MAX_SHOWN = 1_000
"""How many lines that stay short are listed; the units count them all."""

_KEPT = 200
"""How many lines of a plan its fingerprint can tell the differences of."""


@dataclass(frozen=True, slots=True)
class Share:
    """Units of a SKU that an order gets, or still lacks."""

    order: str
    fulfillment_order: str
    customer: str
    sku: str
    quantity: int
    warehouse: str = ""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a delivery would do under one release rule; nothing was written.

    `left` are the units that nobody waits for. `fingerprint` names the plan, so that exactly that
    can be received.
    """

    rule: str
    served: tuple[Share, ...]
    short: tuple[Share, ...]
    short_units: int
    left: int
    fingerprint: str


def simulate_receipt(
    *, warehouse: Warehouse, lines: Sequence[StockLine], rule: str | None = None
) -> Simulation:
    """Return who would get these units, by the store's release rule or another one.

    :raises InvalidChange: a quantity, a bundle, an untracked variant, an unknown rule.
    """
    rule = rule or StoreSettings.load().release_rule
    if rule not in ReleaseRule.values:
        raise InvalidChange({"rule": "There is no such release rule."})
    units = units_by_variant(lines)
    refuse_uncounted([line.variant for line in lines])
    codes = dict(Warehouse.objects.values_list("pk", "code"))
    served: list[Share] = []
    short: list[Share] = []
    short_units = left = 0
    for variant_id, arriving in sorted(units.items()):
        supply = _supply(variant_id, warehouse, arriving)
        seen: list[Waiter] = []
        rest = queue(variant_id, rule)
        got: dict[int, int] = {}
        grants = plan(supply, _noting(rest, seen))
        for grant in grants:
            got[grant.line] = got.get(grant.line, 0) + grant.units
        seen += islice(rest, max(MAX_SHOWN - len(short), 0))
        names = _names([waiter.line for waiter in seen])
        served += [
            Share(*names[grant.line], grant.units, codes[grant.warehouse]) for grant in grants
        ]
        lacking = [(one.line, one.units - got.get(one.line, 0)) for one in seen]
        short += [Share(*names[line], units) for line, units in lacking if units]
        handed_out = sum(got.values())
        short_units += _owed(variant_id) - handed_out
        left += sum(supply.values()) - handed_out
    short = short[:MAX_SHOWN]
    return Simulation(
        rule=rule,
        served=tuple(served),
        short=tuple(short),
        short_units=short_units,
        left=left,
        fingerprint=_fingerprint(served, short_units),
    )


@transaction.atomic
def receive_as_simulated(
    *,
    warehouse: Warehouse,
    lines: Sequence[StockLine],
    reference: str,
    fingerprint: str,
    by: str,
    at: datetime,
    delivery: IncomingDelivery | None = None,
) -> Moved:
    """Receive units if they go to whom the simulation said; of a delivery, if one is named.

    :raises QueueMoved: they would go to others now, with the differences; nothing is received.
    :raises InvalidChange: a quantity, a bundle or an untracked variant.
    :raises DeliveryClosed: the delivery was received or canceled before.
    :raises OverReceipt: a line brings more than the delivery still expects.
    """
    if delivery is not None:
        delivery = open_delivery(delivery)
    lock_variants({line.variant.pk for line in lines})
    now = simulate_receipt(warehouse=warehouse, lines=lines)
    before = _read(fingerprint)
    if before["hash"] != _read(now.fingerprint)["hash"]:
        raise QueueMoved(_differences(before["shares"], _shares(now.served)))
    if delivery is not None:
        return receive_delivery(delivery=delivery, lines=lines, by=by, at=at)
    return receive_stock(warehouse=warehouse, lines=lines, reference=reference, by=by, at=at)


def _noting(waiters: Iterator[Waiter], seen: list[Waiter]) -> Iterator[Waiter]:
    """Yield the front of a queue, and keep what was read of it."""
    for waiter in waiters:
        seen.append(waiter)
        yield waiter


def _owed(variant_id: int) -> int:
    """Return how many units of a variant are waited for."""
    rows = FulfillmentLine.objects.waiting().filter(variant=variant_id)
    return int(rows.aggregate(units=Sum("waiting", default=0))["units"])


def _supply(variant_id: int, warehouse: Warehouse, arriving: int) -> dict[int, int]:
    """Return the units by warehouse, as they would be; those in a closed place serve nobody."""
    levels = {level.warehouse_id: level for level in StockLevel.objects.filter(variant=variant_id)}
    there = levels.setdefault(warehouse.pk, StockLevel(variant_id=variant_id, warehouse=warehouse))
    there.on_hand += arriving
    stock = stock_by_warehouse(levels, Warehouse.objects.order_by("priority", "pk"))
    return {place: level.available for place, level in stock.items() if level.available}


def _names(line_ids: Collection[int]) -> dict[int, tuple[str, str, str, str]]:
    """Return order, fulfillment order, customer and SKU of fulfillment lines."""
    names = {}
    ids = list(line_ids)
    for start in range(0, len(ids), 500):
        rows = FulfillmentLine.objects.filter(pk__in=ids[start : start + 500])
        for pk, order, sequence, customer, sku in rows.values_list(
            "pk",
            "fulfillment_order__order",
            "fulfillment_order__sequence",
            "fulfillment_order__order__customer_name",
            "variant__sku",
        ):
            names[pk] = (str(order), f"{order}-{sequence}", customer, sku)
    return names


def _shares(served: Sequence[Share]) -> list[list[str | int]]:
    units: dict[tuple[str, str], int] = {}
    for share in served:
        place = (share.fulfillment_order, share.sku)
        units[place] = units.get(place, 0) + share.quantity
    return [[number, sku, count] for (number, sku), count in units.items()]


def _fingerprint(served: Sequence[Share], short_units: int) -> str:
    shares = _shares(served)
    text = json.dumps([shares, short_units])
    kept = {"hash": hashlib.sha256(text.encode()).hexdigest(), "shares": shares[:_KEPT]}
    return signing.dumps(kept, salt="simulation", compress=True)


def _read(fingerprint: str) -> dict[str, list[list[str | int]]]:
    """Return what a fingerprint says.

    :raises InvalidChange: it was not made here.
    """
    try:
        read: dict[str, list[list[str | int]]] = signing.loads(fingerprint, salt="simulation")
    except signing.BadSignature as error:
        raise InvalidChange({"fingerprint": "Simulate the delivery first."}) from error
    return read


def _differences(
    before: Sequence[Sequence[str | int]], now: Sequence[Sequence[str | int]]
) -> list[str]:
    was = {(str(number), str(sku)): int(units) for number, sku, units in before}
    is_now = {(str(number), str(sku)): int(units) for number, sku, units in now}
    return [
        f"{number} would get {is_now.get((number, sku), 0)} × {sku} instead of "
        f"{was.get((number, sku), 0)}."
        for number, sku in dict.fromkeys([*was, *is_now])
        if was.get((number, sku), 0) != is_now.get((number, sku), 0)
    ][:20] or ["Somebody else waits for these units now, and would still be short."]
