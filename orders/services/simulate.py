"""Who would get units that arrive, and who would still be short; and then receive exactly that."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.core import signing
from django.db import transaction
from django.db.models import Sum

from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.locks import lock_variants
from inventory.models import IncomingDelivery, StockLevel, StoreSettings, Variant, Warehouse
from inventory.models.settings import ReleaseRule
from inventory.models.stock import stock_by_warehouse
from inventory.services.deliveries import open_delivery
from inventory.services.movements import Moved, StockLine, refuse_uncounted, units_by_variant
from inventory.services.receive import receive_delivery, receive_stock
from orders.errors import Because, QueueMoved
from orders.models import FulfillmentLine, OrderLine
from orders.policy.queue import Grant, Waiter
from orders.reasons import Reason
from orders.services.oversold import Oversold, ahead, oversold, planned, singles
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
    rule = _known(rule or StoreSettings.load().release_rule)
    units = units_by_variant(lines)
    refuse_uncounted([line.variant for line in lines])
    codes = dict(Warehouse.objects.values_list("pk", "code"))
    served: list[Share] = []
    short: list[Share] = []
    short_units = left = 0
    plan = _planned(units, warehouse, rule)
    skus = dict(Variant.objects.filter(pk__in=plan.supplies).values_list("pk", "sku"))
    for variant_id in plan.supplies:
        grants = [grant for grant in plan.grants if grant.variant == variant_id]
        got: dict[int, int] = {}
        for grant in grants:
            got[grant.line] = got.get(grant.line, 0) + grant.units
        seen = plan.waiters(variant_id, max(MAX_SHOWN - len(short), 0))
        names = _names([waiter.line for waiter in seen], skus[variant_id])
        served += [
            Share(*names[grant.line], grant.units, codes[grant.warehouse]) for grant in grants
        ]
        if variant_id not in units:
            continue
        lacking = [(one.line, one.units - got.get(one.line, 0)) for one in seen]
        short += [Share(*names[line], units) for line, units in lacking if units]
        handed_out = sum(got.values())
        short_units += plan.owed(variant_id) - handed_out
        left += sum(plan.supplies[variant_id].values()) - handed_out
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
    act: Act,
    delivery: IncomingDelivery | None = None,
) -> Moved:
    """Receive units if they go to whom the simulation said; of a delivery, if one is named.

    :raises QueueMoved: they would go to others now, with the differences; nothing is received.
    :raises InvalidChange: a quantity, a bundle or an untracked variant.
    :raises DeliveryClosed: the delivery was received or canceled before.
    :raises OverReceipt: a line brings more than the delivery still expects.
    """
    if delivery is not None:
        delivery = open_delivery(delivery, act)
    lock_variants({line.variant.pk for line in lines})
    now = simulate_receipt(warehouse=warehouse, lines=lines)
    before = _read(fingerprint)
    if before["hash"] != _read(now.fingerprint)["hash"]:
        raise QueueMoved(_differences(before["shares"], _shares(now.served)))
    if delivery is not None:
        return receive_delivery(delivery=delivery, lines=lines, act=act)
    return receive_stock(warehouse=warehouse, lines=lines, reference=reference, act=act)


def _known(rule: str) -> str:
    if rule not in ReleaseRule.values:
        raise InvalidChange({"rule": "There is no such release rule."})
    return rule


@dataclass(slots=True)
class _Plan:
    """The plan of the release for these supplies, with what was read of each queue for it."""

    supplies: dict[int, dict[int, int]]
    rule: str
    short: list[Oversold]
    grants: list[Grant] = field(default_factory=list)
    _seen: dict[int, list[Waiter]] = field(default_factory=dict)
    _rest: dict[int, Iterator[Waiter]] = field(default_factory=dict)

    def read(self, variant_id: int) -> Iterator[Waiter]:
        """Yield the ranked queue of a variant, and keep what was read of it."""
        self._seen[variant_id] = []
        rest = queue(variant_id, self.rule, singles(self.short, variant_id))
        self._rest[variant_id] = rest
        return _noting(rest, self._seen[variant_id])

    def waiters(self, variant_id: int, more: int) -> list[Waiter]:
        """Return who was asked for a variant, as many more, and bundles in units of it."""
        if variant_id not in self._rest:
            self.read(variant_id)
        whole = [one for one in self.short if one.is_bundle]
        rest = islice(self._rest[variant_id], more)
        return [*self._seen[variant_id], *rest, *ahead(whole, variant_id)]

    def owed(self, variant_id: int) -> int:
        """Return how many units of a variant are waited for, or oversold."""
        rows = FulfillmentLine.objects.waiting().filter(variant=variant_id)
        waiting = int(rows.aggregate(units=Sum("waiting", default=0))["units"])
        return waiting + sum(one.units for one in ahead(self.short, variant_id))


def _planned(units: Mapping[int, int], warehouse: Warehouse, rule: str) -> _Plan:
    """Return who would get these units, by variant; bundles bring their other components along."""
    short = oversold(units.keys())
    parts = {part for one in short for part in one.needs}
    supplies = {
        variant: _supply(variant, warehouse, units.get(variant, 0))
        for variant in sorted({*units, *parts})
    }
    plan = _Plan(supplies, rule, short)
    plan.grants = planned(supplies, short, rule, read=plan.read)
    return plan


def _noting(waiters: Iterator[Waiter], seen: list[Waiter]) -> Iterator[Waiter]:
    """Yield the front of a queue, and keep what was read of it."""
    for waiter in waiters:
        seen.append(waiter)
        yield waiter


def _supply(variant_id: int, warehouse: Warehouse, arriving: int) -> dict[int, int]:
    """Return the units by warehouse, as they would be; those in a closed place serve nobody."""
    levels = {level.warehouse_id: level for level in StockLevel.objects.filter(variant=variant_id)}
    there = levels.setdefault(warehouse.pk, StockLevel(variant_id=variant_id, warehouse=warehouse))
    there.on_hand += arriving
    stock = stock_by_warehouse(levels, Warehouse.objects.order_by("priority", "pk"))
    return {place: level.available for place, level in stock.items() if level.available}


def _names(line_ids: Collection[int], sku: str) -> dict[int, tuple[str, str, str, str]]:
    """Return order, fulfillment order, customer and SKU of fulfillment lines.

    Oversold lines, which are negative, have no fulfillment order yet: it is named as its order.
    """
    names = {}
    ids = [line for line in line_ids if line < 0]
    for start in range(0, len(ids), 500):
        lines = OrderLine.objects.filter(pk__in=[-line for line in ids[start : start + 500]])
        for pk, order, customer in lines.values_list("pk", "order", "order__customer_name"):
            names[-pk] = (str(order), str(order), customer, sku)
    ids = [line for line in line_ids if line > 0]
    for start in range(0, len(ids), 500):
        rows = FulfillmentLine.objects.filter(pk__in=ids[start : start + 500])
        for pk, order, sequence, customer in rows.values_list(
            "pk",
            "fulfillment_order__order",
            "fulfillment_order__sequence",
            "fulfillment_order__order__customer_name",
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
) -> list[Because]:
    was = {(str(number), str(sku)): int(units) for number, sku, units in before}
    is_now = {(str(number), str(sku)): int(units) for number, sku, units in now}
    return [
        Because(
            Reason.OTHER_SHARE,
            {
                "parcel": number,
                "sku": sku,
                "before": was.get((number, sku), 0),
                "after": is_now.get((number, sku), 0),
            },
        )
        for number, sku in dict.fromkeys([*was, *is_now])
        if was.get((number, sku), 0) != is_now.get((number, sku), 0)
    ][:20] or [Because(Reason.OTHERS_STILL_SHORT, {})]
