"""What the customer of an order is told of it: what ships, what waits and until when.

Read by the mails and by the order's page, in a constant number of queries; it decides nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext

from inventory.availability import policy_inputs
from inventory.models import StoreSettings
from inventory.policy import BackorderMode, effective_mode
from orders.amounts import full_day, units
from orders.line_numbers import Units, owed_units
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    Hold,
    HoldReason,
    Order,
    OrderLine,
)

MOVING = frozenset({FulfillmentStatus.READY, FulfillmentStatus.PICKED, FulfillmentStatus.PACKED})
"""States of parcels that nothing holds and that have not left."""


@dataclass(frozen=True, slots=True)
class LineTold:
    """Where the units of one line are, in ordered units.

    `now` ship next, `waiting` do not ship yet; of these `owed` are not there, the others are kept
    for them. `begun` are bundles of which a part left alone: staff cancel those. `notice` is
    whether the mode *notify* asks for an explicit sentence.
    """

    line: OrderLine
    shipped: int = 0
    now: int = 0
    waiting: int = 0
    owed: int = 0
    begun: int = 0
    ships_from: date | None = None
    timeframe: str = ""
    notice: bool = False
    reasons: frozenset[str] = frozenset()

    @property
    def cancelable(self) -> int:
        """Return how many units the customer may cancel: those that lack stock, or their day."""
        waiting = self.owed if self.ships_from is None else self.waiting
        return int(self.line.short) + min(waiting, max(self.waiting - self.begun, 0))

    @property
    def ships_on(self) -> date | None:
        """Return when a pre-order ships: on its release date, or with a later delivery."""
        return None if self.ships_from is None else self.line.promised_at or self.ships_from

    @property
    def is_postponed(self) -> bool:
        """Return whether units wait for another day than the first that was promised."""
        first = self.line.first_promised_at
        return self.owed > 0 and first is not None and first != self.line.promised_at


@dataclass(frozen=True, slots=True)
class ParcelItem:
    """So many units of something in a parcel."""

    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ParcelTold:
    """A parcel that is on its way, or will be."""

    number: str
    status: FulfillmentStatus
    shipped_at: datetime | None
    items: Sequence[ParcelItem]


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order as its customer sees it; parcels are those that nothing holds."""

    order: Order
    lines: Sequence[LineTold]
    parcels: Sequence[ParcelTold]

    @property
    def backordered(self) -> int:
        """Return how many ordered units are owed; what waits for its own day is a pre-order."""
        return sum(line.owed for line in self.lines if line.ships_from is None)

    @property
    def waiting(self) -> int:
        """Return how many ordered units do not ship yet."""
        return sum(line.waiting for line in self.lines)

    @property
    def cancelable(self) -> dict[int, int]:
        """Return the units that the customer may cancel, by line."""
        return {one.line.pk: one.cancelable for one in self.lines if one.cancelable}

    @property
    def has_notice(self) -> bool:
        """Return whether a backordered line asks for the explicit sentence."""
        return any(line.notice for line in self.lines)


def told(order: Order, *, today: date) -> OrderTold:
    """Return what the customer of an order is told: six queries, however many lines it has."""
    parts: dict[int, list[FulfillmentLine]] = defaultdict(list)
    rows = FulfillmentLine.objects.filter(fulfillment_order__order=order).select_related(
        "fulfillment_order", "stock_level", "variant__product"
    )
    for part in rows.order_by("fulfillment_order__sequence", "order_line", "pk"):
        parts[part.order_line_id].append(part)
    reasons: dict[int, set[str]] = defaultdict(set)
    holds = Hold.objects.filter(fulfillment_order__order=order)
    for parcel, reason in holds.values_list("fulfillment_order", "reason"):
        reasons[parcel].add(reason)
    lines = order.lines.select_related(
        "variant__delivery_timeframe", "variant__product__delivery_timeframe"
    ).order_by("pk")
    settings = StoreSettings.objects.select_related("delivery_timeframe").filter(pk=1).first()
    settings = settings or StoreSettings.load()
    told_lines = [
        _line(line, parts[line.pk], reasons, settings=settings, today=today) for line in lines
    ]
    titles = {one.line.pk: one.line for one in told_lines}
    return OrderTold(order, told_lines, list(_parcels(parts.values(), titles)))


def _line(
    line: OrderLine,
    parts: Sequence[FulfillmentLine],
    reasons: dict[int, set[str]],
    *,
    settings: StoreSettings,
    today: date,
) -> LineTold:
    shipped = _whole(parts, {FulfillmentStatus.SHIPPED})
    now = _whole(parts, {FulfillmentStatus.SHIPPED, *MOVING}) - shipped
    waiting = max(line.quantity - line.short - line.canceled - shipped - now, 0)
    missing = [part for part in parts if part.waiting]
    owed = owed_units([Units.of(part) for part in parts])
    days = [line.variant.release_date, *(part.variant.release_date for part in parts)]
    timeframe = (
        line.variant.delivery_timeframe
        or line.variant.product.delivery_timeframe
        or settings.delivery_timeframe
    )
    ships_from = max((day for day in days if day is not None and day > today), default=None)
    return LineTold(
        line=line,
        shipped=shipped,
        now=now,
        waiting=waiting,
        owed=min(owed, waiting),
        begun=_begun(parts) - shipped,
        ships_from=ships_from,
        timeframe=timeframe.out_of_stock_text if timeframe else "",
        notice=ships_from is None and any(_asks_notice(part, settings) for part in missing),
        reasons=frozenset(
            reason for part in parts for reason in reasons.get(part.fulfillment_order_id, ())
        ),
    )


def _whole(parts: Iterable[FulfillmentLine], states: Collection[str]) -> int:
    """Return how many ordered units are whole in parcels of these states."""
    there: dict[tuple[int, int], int] = {}
    for part in parts:
        is_there = part.fulfillment_order.status in states
        place = (part.variant_id, part.per_unit)
        found = part.allocated + part.shipped if is_there else 0
        there[place] = there.get(place, 0) + found
    return min((found // per for (_variant, per), found in there.items()), default=0)


def _begun(parts: Iterable[FulfillmentLine]) -> int:
    """Return of how many ordered units a part left the house."""
    gone: dict[tuple[int, int], int] = defaultdict(int)
    for part in parts:
        gone[part.variant_id, part.per_unit] += part.shipped
    return max((-(-units // per) for (_variant, per), units in gone.items()), default=0)


def _asks_notice(part: FulfillmentLine, settings: StoreSettings) -> bool:
    mode, _level = effective_mode(policy_inputs(part.variant, settings))
    return mode is BackorderMode.NOTIFY


# --- parcels ----------------------------------------------------------------------------------


def _parcels(
    lines: Iterable[Sequence[FulfillmentLine]], order_lines: dict[int, OrderLine]
) -> Iterator[ParcelTold]:
    parcels: dict[int, FulfillmentOrder] = {}
    held: dict[int, list[FulfillmentLine]] = defaultdict(list)
    for parts in lines:
        for part in parts:
            parcels[part.fulfillment_order_id] = part.fulfillment_order
            held[part.fulfillment_order_id].append(part)
    for parcel in sorted(parcels.values(), key=lambda row: row.sequence):
        status = FulfillmentStatus(parcel.status)
        if status in MOVING or status is FulfillmentStatus.SHIPPED:
            items = items_of(held[parcel.pk], order_lines)
            yield ParcelTold(parcel.number, status, parcel.shipped_at, items)


def items_of(
    parts: Iterable[FulfillmentLine], order_lines: dict[int, OrderLine]
) -> list[ParcelItem]:
    """Return what a parcel holds, in ordered units; a bundle that is not whole by components."""
    counts: dict[int, dict[int, tuple[FulfillmentLine, int]]] = defaultdict(dict)
    for part in parts:
        of_line = counts[part.order_line_id]
        before = of_line[part.variant_id][1] if part.variant_id in of_line else 0
        of_line[part.variant_id] = (part, before + part.allocated + part.shipped)
    items: list[ParcelItem] = []
    for line_id, by_variant in counts.items():
        bundles = {found // part.per_unit for part, found in by_variant.values()}
        is_whole = len(bundles) == 1 and all(
            found % part.per_unit == 0 for part, found in by_variant.values()
        )
        if is_whole:
            items.append(ParcelItem(order_lines[line_id].title, bundles.pop()))
        else:
            items += [
                ParcelItem(part.variant.full_title, found) for part, found in by_variant.values()
            ]
    return [item for item in items if item.quantity]


def counted(items: Iterable[ParcelItem]) -> list[dict[str, str]]:
    """Return what a parcel holds, its numbers as the reader's language writes them."""
    return [{"title": item.title, "quantity": units(item.quantity)} for item in items]


# --- in words ---------------------------------------------------------------------------------


def facts(one: LineTold) -> list[str]:
    """Return what is said of a line, a sentence for each place where units of it are."""
    said = [
        _counted(one.shipped, _("%(n)s shipped")),
        _counted(one.now, npgettext("order", "%(n)s ships now", "%(n)s ship now", one.now)),
        *_waiting_words(one),
        _counted(one.line.short, _("%(n)s not available: we write to you about it")),
        _counted(one.line.canceled, _("%(n)s canceled")),
        _counted(one.line.returned, _("%(n)s returned")),
    ]
    return [text for text in said if text]


def when(one: LineTold) -> str:
    """Return until when the units wait that are owed: a day, a timeframe, or neither."""
    if one.ships_on is not None:
        return _("ships from %(day)s") % {"day": full_day(one.ships_on)}
    return day_words(one.line.promised_at, one.timeframe)


def day_words(day: date | None, timeframe: str = "") -> str:
    """Return a promised day in words; without one, the merchant's timeframe, or that none is."""
    if day is not None:
        return _("expected %(day)s") % {"day": full_day(day)}
    return timeframe or _("no date yet")


def _waiting_words(one: LineTold) -> Iterator[str]:
    if one.ships_on is not None:
        text = ngettext(
            "%(n)s on pre-order: ships from %(day)s",
            "%(n)s on pre-order: ship from %(day)s",
            one.waiting,
        )
        if one.waiting:
            yield text % {"n": units(one.waiting), "day": full_day(one.ships_on)}
        return
    if one.owed:
        yield _("%(n)s on backorder: %(when)s") % {"n": units(one.owed), "when": when(one)}
    kept = one.waiting - one.owed
    if HoldReason.AWAITING_PAYMENT in one.reasons:
        yield _counted(
            kept,
            ngettext(
                "%(n)s ships when your payment is in", "%(n)s ship when your payment is in", kept
            ),
        )
    elif one.line.promised_at is not None and not one.owed:
        text = ngettext(
            "%(n)s kept for you: ships with the rest, %(when)s",
            "%(n)s kept for you: ship with the rest, %(when)s",
            kept,
        )
        if kept:
            yield text % {"n": units(kept), "when": when(one)}
    elif HoldReason.AWAITING_REST_OF_ORDER in one.reasons or one.owed:
        yield _counted(
            kept,
            ngettext(
                "%(n)s kept for you: ships with the rest",
                "%(n)s kept for you: ship with the rest",
                kept,
            ),
        )
    else:
        yield _counted(kept, _("%(n)s kept for you: being prepared"))


def _counted(number: int, text: str) -> str:
    return text % {"n": units(number)} if number else ""
