"""Oversold units: sold by another shop, not there, and not to be owed. They get stock that arrives.

They stand in the queues of their variants with those who wait, and are served before any new
order, as long as the store wants it (`serve_oversold`). What is oversold has no promise.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q, QuerySet, Sum

from inventory.models import StockLevel, StoreSettings, Variant
from orders.event_kinds import EventKind
from orders.locks import Stock, lock_if_free
from orders.models import OrderLine, PaymentStatus
from orders.policy.parcels import Piece, parcels_of
from orders.policy.queue import Bundle, Grant, Waiter, plan, plan_together
from orders.recipes import recipes_on
from orders.services.booking import dates_of
from orders.services.sheet import Open, Sheet
from orders.waiting import channel_warehouses


@dataclass(frozen=True, slots=True)
class Oversold:
    """The oversold units of an order line: its place in the queue, and what each of them takes.

    `recipe` are all variants that a unit takes, `needs` those of them that are counted.
    """

    line: OrderLine
    waiter: Waiter
    recipe: tuple[tuple[int, int], ...]
    needs: Mapping[int, int]

    @property
    def is_bundle(self) -> bool:
        """Return whether its units are served whole, from one warehouse each."""
        return self.recipe != ((self.line.variant_id, 1),)

    @property
    def variants(self) -> set[int]:
        """Return the variants that guard it: its own, and those that it takes."""
        return {self.line.variant_id, *self.needs}


def oversold(
    variant_ids: Collection[int] | None = None, *, settings: StoreSettings | None = None
) -> list[Oversold]:
    """Return the lines that stock may serve, of these variants or of all; none if it shall not."""
    if not (settings or StoreSettings.load()).serve_oversold:
        return []
    lines = list(_rows(variant_ids).select_related("order", "variant").order_by("pk"))
    if not lines:
        return []
    recipes = recipes_on(lines)
    short = dict(
        OrderLine.objects.filter(order__in={line.order_id for line in lines})
        .order_by()
        .values_list("order")
        .annotate(Sum("short"))
    )
    parts = {part for recipe in recipes.values() for part, _units in recipe}
    rows = Variant.objects.filter(pk__in=parts, track_inventory=True)
    tracked = set(rows.values_list("pk", flat=True))
    places = channel_warehouses()
    found = []
    for line in lines:
        recipe = tuple(recipes[line.pk])
        needs = {part: units for part, units in recipe if part in tracked}
        if needs:
            waiter = _waiter(line, missing=short[line.order_id], places=places)
            found.append(Oversold(line, waiter, recipe, needs))
    return found


def lock_oversold(variant_ids: Collection[int]) -> list[Oversold]:
    """Return the lines that stock of these locked variants may serve, with all they need locked.

    A bundle needs variants that others may hold, who came before: it is then left to the next
    release, as waiting for them here could be a deadlock.
    """
    found = oversold(variant_ids)
    more = {variant for one in found for variant in one.variants} - {*variant_ids}
    if not more:
        return found
    locked = {*variant_ids, *lock_if_free(more)}
    return [one for one in oversold(variant_ids) if one.variants <= locked]


def singles(found: Iterable[Oversold], variant_id: int) -> list[Waiter]:
    """Return who has a place in the queue of a variant with units of that variant alone."""
    return [one.waiter for one in found if not one.is_bundle and one.line.variant_id == variant_id]


def bundles(found: Iterable[Oversold]) -> list[Bundle]:
    """Return those whose units take several variants, or several of one."""
    return [Bundle(one.waiter, one.needs) for one in found if one.is_bundle]


def ahead(found: Iterable[Oversold], variant_id: int) -> list[Waiter]:
    """Return what takes units of a variant before those who come later, in units of it."""
    return [
        replace(one.waiter, units=one.waiter.units * one.needs[variant_id])
        for one in found
        if variant_id in one.needs
    ]


def available_at(variant_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """Return the units that may serve who waits, by variant and warehouse."""
    levels = StockLevel.objects.filter(
        variant__in=variant_ids, available__gt=0, in_stock=True, warehouse__is_active=True
    )
    available: dict[int, dict[int, int]] = {}
    for variant, place, units in levels.values_list("variant", "warehouse", "available"):
        available.setdefault(variant, {})[place] = units
    return available


def servable(
    found: Iterable[Oversold], available: Mapping[int, Mapping[int, int]]
) -> list[Oversold]:
    """Return those of which a warehouse has a whole unit; `available` by variant and warehouse."""
    return [
        one
        for one in found
        if any(
            all(available.get(part, {}).get(place, 0) >= units for part, units in one.needs.items())
            for place in available.get(next(iter(one.needs)), {})
            if one.waiter.warehouses is None or place in one.waiter.warehouses
        )
    ]


def planned(
    supplies: Mapping[int, Mapping[int, int]],
    found: Collection[Oversold],
    rule: str,
    *,
    read: Callable[[int], Iterable[Waiter]],
) -> list[Grant]:
    """Return who gets what of these supplies, by variant and warehouse; the release's own plan.

    `read` gives the ranked queue of a variant, `singles` among it.
    """
    together = bundles(found)
    tied = {part for bundle in together for part in bundle.needs}
    grants: list[Grant] = []
    for variant, supply in supplies.items():
        if variant not in tied and supply:
            grants += [replace(one, variant=variant) for one in plan(supply, read(variant))]
    if together:
        grants += plan_together(
            {variant: supplies.get(variant, {}) for variant in sorted(tied)},
            {variant: read(variant) for variant in sorted(tied)},
            together,
            rule,
        )
    return grants


# --- serving ----------------------------------------------------------------------------------


def serve(sheet: Sheet, found: Iterable[Oversold], grants: Collection[Grant]) -> list[OrderLine]:
    """Reserve what lines were granted, in parcels of their orders; return the lines.

    The parcels of these orders that nobody shipped are on the sheet.
    """
    served = []
    for one in found:
        line = one.line
        own = [grant for grant in grants if grant.line == one.waiter.line]
        if not own:
            continue
        pieces = list(_pieces(sheet.stock, one, own))
        units = sum(piece.allocated for piece in pieces) // sum(per for _, per in one.recipe)
        line.short -= units
        sheet.note(
            line.order,
            EventKind.OVERSOLD_RESERVED,
            sku=line.sku,
            variant=line.variant_id,
            units=units,
        )
        dates = dates_of({line.pk: line}, sheet.stock)
        sheet.know([line], release_dates=dates)
        _put(sheet, line, pieces, dates)
        served.append(line)
    return served


def parcel_of(sheet: Sheet, line: OrderLine) -> Open:
    """Return the parcel that holds the units that a line was given last."""
    return next(
        one
        for one in reversed(sheet.open)
        if one.is_untouched and any(part.order_line_id == line.pk for part in one.lines)
    )


def _pieces(stock: Stock, one: Oversold, grants: Collection[Grant]) -> Iterator[Piece]:
    """Count granted units as allocated, and yield them; what is not counted comes from nowhere."""
    first, per_first = next(iter(one.needs.items()))
    for grant in grants:
        if grant.variant != first:
            continue
        whole = grant.units // per_first
        for variant, per_unit in one.recipe:
            place = grant.warehouse if variant in one.needs else None
            if place is not None:
                stock.move(variant, place, allocated=whole * per_unit)
            yield Piece(
                one.line.pk,
                variant,
                place,
                per_unit,
                whole * per_unit,
                0,
                seller=stock.variants[one.line.variant_id].product.seller_id,
                is_part=one.is_bundle,
            )


def _put(sheet: Sheet, line: OrderLine, pieces: list[Piece], dates: Mapping[int, date]) -> None:
    """Put units into parcels of their order; those of one that ships together wait for the rest."""
    order = line.order
    for parcel in parcels_of(
        pieces, is_split=not order.ship_together, release_dates=dates, today=sheet.today
    ):
        sheet.join(order, parcel)
    mine = [one for one in sheet.open if one.row.order_id == order.pk and one.is_untouched]
    if order.ship_together and any(one.missing or one.holds for one in mine):
        sheet.gather(order)


# --- reading ----------------------------------------------------------------------------------


def _rows(variant_ids: Collection[int] | None) -> QuerySet[OrderLine]:
    rows = OrderLine.objects.filter(short__gt=0)
    if variant_ids is None:
        return rows
    bundled = Variant.objects.filter(components__component__in=variant_ids).values("pk")
    return rows.filter(Q(variant__in=variant_ids) | Q(variant__in=bundled))


def _waiter(line: OrderLine, *, missing: int, places: Mapping[int, frozenset[int]]) -> Waiter:
    order = line.order
    return Waiter(
        line=-line.pk,
        order_line=line.pk,
        units=line.short,
        booked=0,
        priority=order.priority,
        placed_at=line.placed_at,
        first_promised_at=line.first_promised_at,
        missing=missing,
        value=order.total,
        warehouses=places.get(order.channel_id),
        is_unpaid=order.payment == PaymentStatus.PENDING,
    )
