"""Handing out units: whoever waits gets what is there, in rank, before any new order."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from inventory.acts import Act
from inventory.locks import lock_variants
from inventory.models import StockLevel, StoreSettings, Variant
from inventory.objects import update
from inventory.services.stock_changed import stock_changed
from inventory.waiting_room import Served
from orders.event_kinds import EventKind
from orders.locks import Stock, lock_stock
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentStatus,
    HoldReason,
    OrderLine,
)
from orders.policy.queue import Grant
from orders.services.books import CLOSED, tracking_changed
from orders.services.homes import movable, move_bundles
from orders.services.mails import mail_released
from orders.services.oversold import (
    Oversold,
    available_at,
    lock_oversold,
    oversold,
    parcel_of,
    planned,
    servable,
    serve,
    singles,
)
from orders.services.promises import promise, refresh_lines
from orders.services.release_many import MANY, in_sets, release_in_sets
from orders.services.sheet import UNTOUCHED, Open, Sheet
from orders.waiting import in_rank, queue


def follow(variant_ids: Collection[int], *, act: Act) -> list[Served]:
    """Serve who waits for these variants with what is there, and lay their promises anew.

    Oversold units are served with them. The variants are locked. Parcels whose release date came,
    or moved, follow it as well: one that is picked and may not ship yet is put back. Bundles that
    another warehouse can make go there; what they kept goes to the next in line.
    """
    served = _follow(variant_ids, act=act)
    while moved := move_bundles(variant_ids, act=act):
        served += moved.served
        served += _follow(moved.freed, act=act)
        variant_ids = {*variant_ids, *moved.freed}
    return served


def _follow(variant_ids: Collection[int], *, act: Act) -> list[Served]:
    today = act.today
    rows = FulfillmentLine.objects.waiting().filter(variant__in=variant_ids)
    waited_for = set(rows.values_list("variant", flat=True).distinct())
    dated = _moved_by_date(variant_ids, today=today)
    short = lock_oversold(variant_ids)
    if not waited_for and not dated and not short:
        return []
    stock = lock_stock({*variant_ids, *(part for one in short for part in one.variants)})
    rule = StoreSettings.load().release_rule
    grants, many = _grants(stock, waited_for, short, rule)
    served: list[Served] = []
    if grants or dated:
        served = _hand_out(stock, grants, short, dated, act=act)
    if many:
        served += release_in_sets(many, rule=rule, act=act)
    promise(waited_for, act=act)
    return served


def give_back(shortages: Mapping[StockLevel, int], *, act: Act) -> None:
    """Put the last in rank that took units of these levels, and are not picked, back to waiting."""
    stock = lock_stock({level.variant_id for level in shortages})
    taken = _last_in_rank(shortages)
    if not taken:
        return
    sheet = Sheet(stock, act=act)
    rows = FulfillmentLine.objects.filter(pk__in=taken)
    sheet.read(Q(pk__in=set(rows.values_list("fulfillment_order", flat=True))))
    for one in sheet.open:
        for line in one.lines:
            if units := taken.get(line.pk, 0):
                sheet.change(line, allocated=-units, waiting=units)
                _move(stock, line, allocated=-units, on_backorder=units)
                sheet.note_units(one.row, EventKind.UNITS_TAKEN_BACK, line.variant_id, units)
        sheet.settle(one)
    lines = {line.order_line_id for one in sheet.open for line in one.lines}
    sheet.save()
    refresh_lines(lines, act=act)
    for level in shortages:
        fresh = stock.levels[level.variant_id, level.warehouse_id]
        level.allocated, level.on_backorder = fresh.allocated, fresh.on_backorder


def _last_in_rank(shortages: Mapping[StockLevel, int]) -> dict[int, int]:
    """Return the units that fulfillment lines lose, by primary key, the last in rank first."""
    rule = StoreSettings.load().release_rule
    taken: dict[int, int] = {}
    for level, shortage in shortages.items():
        left = shortage
        rows = FulfillmentLine.objects.filter(
            stock_level=level, allocated__gt=0, fulfillment_order__status__in=UNTOUCHED
        )
        for pk, allocated in in_rank(rows, rule).reverse().values_list("pk", "allocated"):
            if not left:
                break
            taken[pk] = min(left, allocated)
            left -= taken[pk]
    return taken


@transaction.atomic
def release_waiting(*, act: Act) -> list[Served]:
    """Serve everything that can be served now, and let go what waited for its date."""
    return release(due_for_release(today=act.today), act=act)


def due_for_release(*, today: date) -> set[int]:
    """Return the variants that somebody waits for who can be served now."""
    rows = FulfillmentLine.objects.waiting()
    can = rows.filter(
        Q(order_line__variant=F("variant")) | Q(stock_level=F("variant__stock_levels")),
        variant__stock_levels__available__gt=0,
        variant__stock_levels__in_stock=True,
        variant__stock_levels__warehouse__is_active=True,
    )
    loose = rows.filter(variant__track_inventory=False)
    held = FulfillmentLine.objects.filter(
        fulfillment_order__holds__reason=HoldReason.AWAITING_RELEASE_DATE
    )
    held = held.filter(Q(variant__release_date__lte=today) | Q(variant__release_date=None))
    variant_ids = {
        variant
        for some in (can, loose, held)
        for variant in some.values_list("variant", flat=True).distinct()
    }
    variant_ids |= {part.variant for move in movable(Q()) for part in move.home.parts}
    return variant_ids | _short_and_there()


@transaction.atomic
def release(variant_ids: Collection[int], *, act: Act) -> list[Served]:
    """Serve who waits for these variants, and let go what waited for their dates."""
    lock_variants(variant_ids)
    loose = FulfillmentLine.objects.waiting().filter(variant__track_inventory=False)
    if left := set(loose.filter(variant__in=variant_ids).values_list("variant", flat=True)):
        tracking_changed(left, act=act)
    return stock_changed(variant_ids, act=act)


@transaction.atomic
def follow_rules(*, at: datetime) -> None:
    """Serve and promise everybody anew: a rule changed of who is served, from where or when."""
    waiting = FulfillmentLine.objects.filter(fulfillment_order__status=FulfillmentStatus.WAITING)
    variant_ids = set(waiting.values_list("variant", flat=True).distinct())
    variant_ids |= _short_and_there()
    act = Act(at)
    stock = lock_stock(variant_ids)
    lines = set(waiting.values_list("order_line", flat=True).distinct())
    sheet = Sheet(stock, act=act)
    partly = FulfillmentOrder.objects.filter(
        Exists(FulfillmentLine.objects.waiting().filter(fulfillment_order=OuterRef("pk"))),
        status=FulfillmentStatus.WAITING,
        order__ship_together=False,
        lines__waiting=0,
    )
    sheet.read(Q(pk__in=set(partly.values_list("pk", flat=True))))
    for one in [*sheet.open]:
        sheet.settle(one)
    sheet.save()
    follow(variant_ids, act=act)
    refresh_lines(lines, act=act)


def _short_and_there() -> set[int]:
    """Return the variants of oversold units that a warehouse has."""
    found = oversold()
    there = available_at({part for one in found for part in one.needs})
    return {variant for one in servable(found, there) for variant in one.variants}


def waited_for_in(warehouse_id: int) -> list[int]:
    """Return the variants that somebody waits for and that a warehouse holds, owes or expects."""
    waiting = FulfillmentLine.objects.waiting()
    here = Q(variant__stock_levels__warehouse=warehouse_id)
    coming = Q(variant__delivery_lines__delivery__warehouse=warehouse_id)
    found = set(waiting.filter(here | coming).values_list("variant", flat=True).distinct())
    short = {part for one in oversold() for part in one.variants}
    held = StockLevel.objects.filter(variant__in=short, warehouse=warehouse_id)
    return sorted(found | set(held.values_list("variant", flat=True)))


def waited_for_through(channel_id: int) -> list[int]:
    """Return the variants that orders of a channel wait for."""
    waiting = FulfillmentLine.objects.waiting().filter(fulfillment_order__order__channel=channel_id)
    return list(waiting.values_list("variant", flat=True).distinct())


def _grants(
    stock: Stock, waited_for: Collection[int], short: Collection[Oversold], rule: str
) -> tuple[list[Grant], list[StockLevel]]:
    """Return who gets what, and the levels whose units go to so many that sets are faster."""
    wanted = {part for one in short for part in one.needs}
    supplies = {
        variant_id: supply
        for variant_id in sorted({*waited_for, *wanted})
        if stock.variants[variant_id].track_inventory and (supply := stock.supply(variant_id))
    }
    many = _many(stock, {pk: supply for pk, supply in supplies.items() if pk not in wanted})
    for level in many:
        del supplies[level.variant_id]
    grants = planned(supplies, short, rule, read=lambda pk: queue(pk, rule, singles(short, pk)))
    return grants, many


def _many(stock: Stock, supplies: Mapping[int, Mapping[int, int]]) -> list[StockLevel]:
    """Return the levels that are handed out in sets: many units, and many who wait for them."""
    if sum(units for supply in supplies.values() for units in supply.values()) <= MANY:
        return []
    rows = FulfillmentLine.objects.waiting().filter(variant__in=supplies.keys())
    if rows[: MANY + 1].count() <= MANY:
        return []
    levels = [
        stock.levels[variant_id, place]
        for variant_id, supply in supplies.items()
        if len(supply) == 1
        for place in supply
    ]
    return in_sets(levels)


def _moved_by_date(variant_ids: Collection[int], *, today: date) -> set[int]:
    """Return parcels that a release date holds and should not, or does not hold and should."""
    ids = Variant.objects.filter(pk__in=variant_ids)
    lines = FulfillmentOrder.objects.filter(
        Q(lines__variant__in=ids) | Q(lines__order_line__variant__in=ids),
    )
    held = lines.filter(holds__reason=HoldReason.AWAITING_RELEASE_DATE, status__in=UNTOUCHED)
    early = lines.exclude(status__in=CLOSED).filter(
        Q(lines__variant__release_date__gte=today)
        | Q(lines__order_line__variant__release_date__gte=today)
    )
    return {*held.values_list("pk", flat=True), *early.values_list("pk", flat=True)}


def _hand_out(
    stock: Stock,
    grants: Collection[Grant],
    short: Collection[Oversold],
    dated: set[int],
    *,
    act: Act,
) -> list[Served]:
    by_line = _by_line(grants)
    sheet = Sheet(stock, act=act)
    sheet.read(Q(pk__in=dated | _touched(by_line)))
    shares = _Shares({line: rank for rank, line in enumerate(by_line)})
    order_lines: set[int] = set()
    for one in sheet.open:
        for line in [*one.lines]:
            units = _serve(sheet, one, line, by_line.get(line.pk, ()))
            if units:
                shares.add(line.pk, one.row, stock.variants[line.variant_id], units)
                order_lines.add(line.order_line_id)
        if one.row.pk in dated:
            order_lines |= {line.order_line_id for line in one.lines}
            _put_back_what_is_early(sheet, one)
        sheet.settle(one)
    for row, variant_id, units in shares.counted():
        sheet.note_units(row, EventKind.UNITS_RESERVED, variant_id, units)
    lines = _serve_oversold(sheet, short, grants, shares)
    sheet.save()
    update(lines, ["short"])
    refresh_lines(order_lines, act=act)
    for row in sheet.released_by_date:
        mail_released(row)
    return shares.served()


def _serve_oversold(
    sheet: Sheet, short: Collection[Oversold], grants: Collection[Grant], shares: "_Shares"
) -> list[OrderLine]:
    """Reserve what oversold lines were granted, and note their shares; return the lines."""
    by_line = _by_line(grants)
    lines = serve(sheet, short, grants)
    for line in lines:
        parcel = parcel_of(sheet, line).row
        for grant in by_line[-line.pk]:
            shares.add(grant.line, parcel, sheet.stock.variants[grant.variant], grant.units)
    return lines


def _by_line(grants: Iterable[Grant]) -> dict[int, list[Grant]]:
    by_line: dict[int, list[Grant]] = {}
    for grant in grants:
        by_line.setdefault(grant.line, []).append(grant)
    return by_line


def _touched(by_line: Collection[int]) -> set[int]:
    """Return the parcels that get units, and all open ones of orders whose oversold units do."""
    waiting = Q(lines__in=[line for line in by_line if line > 0])
    found = set(FulfillmentOrder.objects.filter(waiting).values_list("pk", flat=True))
    if short := [-line for line in by_line if line < 0]:
        rows = FulfillmentOrder.objects.open().filter(order__lines__in=short)
        found |= set(rows.values_list("pk", flat=True))
    return found


@dataclass(slots=True)
class _Shares:
    """Which parcels got how many units; `ranks` are the places of lines in the plan."""

    ranks: dict[int, int]
    _units: Counter[tuple[str, int]] = field(default_factory=Counter)
    _ranks: dict[tuple[str, int], int] = field(default_factory=dict)
    _parcels: dict[str, FulfillmentOrder] = field(default_factory=dict)
    _skus: dict[int, str] = field(default_factory=dict)

    def add(self, line: int, parcel: FulfillmentOrder, variant: Variant, units: int) -> None:
        """Count units of a variant that a parcel got."""
        share = (parcel.number, variant.pk)
        self._parcels[parcel.number], self._skus[variant.pk] = parcel, variant.sku
        self._units[share] += units
        self._ranks.setdefault(share, self.ranks.get(line, 0))

    def counted(self) -> list[tuple[FulfillmentOrder, int, int]]:
        """Return parcel, variant and units, as they were served."""
        return [(self._parcels[one], pk, units) for (one, pk), units in self._units.items()]

    def served(self) -> list[Served]:
        """Return who got units, in rank."""
        return [
            Served(str(self._parcels[number].order_id), number, self._skus[pk], units)
            for (number, pk), units in sorted(
                self._units.items(), key=lambda share: self._ranks[share[0]]
            )
        ]


def _put_back_what_is_early(sheet: Sheet, one: Open) -> None:
    """Put a picked parcel back on the shelf when something in it may not ship yet."""
    days = [sheet.release_dates.get(line.order_line_id) for line in one.lines]
    last = max((day for day in days if day is not None), default=sheet.today)
    if not one.is_untouched and last > sheet.today:
        sheet.put_back(one)
        sheet.note(
            one.row.order,
            EventKind.PUT_BACK_FOR_DATE,
            parcel=one.row.number,
            day=last.isoformat(),
        )


def _serve(sheet: Sheet, one: Open, line: FulfillmentLine, grants: Collection[Grant]) -> int:
    """Give a line its units, on its own stock level or on another one."""
    return sum(_give(sheet, one, line, grant.warehouse, grant.units) for grant in grants)


def _give(sheet: Sheet, one: Open, line: FulfillmentLine, warehouse: int, units: int) -> int:
    booked = line.stock_level.warehouse_id if line.stock_level else None
    _move(sheet.stock, line, on_backorder=-units)
    sheet.stock.move(line.variant_id, warehouse, allocated=units)
    if warehouse == booked:
        sheet.change(line, allocated=units, waiting=-units)
        return units
    sheet.change(line, waiting=-units)
    piece = one.pieces()[one.lines.index(line)]
    sheet.put(one, replace(piece, warehouse=warehouse, allocated=units, waiting=0))
    return units


def _move(
    stock: Stock, line: FulfillmentLine, *, allocated: int = 0, on_backorder: int = 0
) -> None:
    if line.stock_level is not None:
        stock.move(
            line.variant_id,
            line.stock_level.warehouse_id,
            allocated=allocated,
            on_backorder=on_backorder,
        )
