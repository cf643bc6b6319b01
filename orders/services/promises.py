"""Promise dates: the queue of a variant laid over its deliveries, kept current, told once."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from inventory.acts import Act
from inventory.locks import lock_variants
from inventory.models import StoreSettings
from inventory.models.settings import BackorderedItemsShip
from inventory.objects import insert, update
from inventory.services.units import each, together
from orders.event_kinds import EventData, EventKind
from orders.models import FulfillmentLine, FulfillmentStatus, Order, OrderEvent, OrderLine
from orders.policy.dates import Wait, ship_days
from orders.policy.news import is_news
from orders.policy.queue import Arrival, Waiter, promises
from orders.services.mails import mail_promise_changed
from orders.services.oversold import ahead, oversold
from orders.services.sheet import release_dates_of
from orders.services.watch import note_news, note_promise
from orders.waiting import arrivals, queue

BATCH = 500


def promise(
    variant_ids: Collection[int], *, act: Act, order: Order | None = None, is_dated: bool = False
) -> None:
    """Lay the queues of these variants over their deliveries; the variants are locked.

    What changed is written into the time line of its order, and the customer is to be told. The
    dates of `order`, which is being placed, are its first: its mail tells them. `is_dated`: some
    of it waits for a release date.
    """
    if not variant_ids and order is None:
        return
    today = act.today
    coming = arrivals(variant_ids, today=today)
    promised = FulfillmentLine.objects.waiting().filter(
        variant__in=variant_ids, promised_at__isnull=False
    )
    stale = set(promised.values_list("variant", flat=True).distinct())
    rule = StoreSettings.load().release_rule if coming else ""
    short = oversold(coming.keys()) if coming else []
    touched: set[int] = set()
    for variant_id in coming.keys() | stale:
        waiters = queue(variant_id, rule, ahead(short, variant_id)) if variant_id in coming else ()
        touched |= _lay(variant_id, coming.get(variant_id, []), iter(waiters))
    if touched or (order is not None and (coming or is_dated)):
        _tell(touched, act=act, placing=order)


def _lay(variant_id: int, coming: list[Arrival], waiters: Iterator[Waiter]) -> set[int]:
    """Write when the units of one queue come, where it changed; return their order lines.

    Oversold units take their part of what is coming, and are promised nothing.
    """
    total = sum(units for _day, _place, units in coming)
    head = list(_reached(waiters, total)) if coming else []
    days = {line: day for line, day in promises(head, coming).items() if line > 0}
    rows = FulfillmentLine.objects.waiting().filter(variant=variant_id)
    known = dict(rows.filter(promised_at__isnull=False).values_list("pk", "promised_at"))
    changed: dict[date | None, list[int]] = defaultdict(list)
    for line in days.keys() | known.keys():
        if days.get(line) != known.get(line):
            changed[days.get(line)].append(line)
    touched: set[int] = set()
    for day, lines in changed.items():
        for start in range(0, len(lines), BATCH):
            some = FulfillmentLine.objects.filter(pk__in=lines[start : start + BATCH])
            touched |= set(some.values_list("order_line", flat=True))
            some.update(promised_at=day)
    return touched


def _reached(waiters: Iterator[Waiter], units: int) -> Iterator[Waiter]:
    """Yield the front of a queue that so many units can reach."""
    for waiter in waiters:
        if units <= 0 and waiter.warehouses is None:
            return
        yield waiter
        if waiter.warehouses is None:
            units -= waiter.units


def refresh_lines(
    order_line_ids: Collection[int], *, act: Act, placing: Order | None = None
) -> None:
    """Bring the days of order lines along with their units, some of which may be there now."""
    lines = sorted(order_line_ids)
    for start in range(0, len(lines), BATCH):
        _tell(set(lines[start : start + BATCH]), act=act, placing=placing)


def _tell(order_line_ids: set[int], *, act: Act, placing: Order | None) -> None:
    """Bring orders along with the days of their units; write down and announce what changed.

    The dates of `placing` are its first: its own mail tells them.
    """
    orders = {placing.pk} if placing is not None else set()
    if order_line_ids:
        touched = OrderLine.objects.filter(pk__in=order_line_ids)
        orders |= set(touched.values_list("order", flat=True).distinct())
    days = days_of(orders, today=act.today)
    rows = OrderLine.objects.filter(order__in=orders).filter(
        Q(promised_at__isnull=False) | Q(pk__in=days.keys())
    )
    changed: list[OrderLine] = []
    events: list[OrderEvent] = []
    news: set[int] = set()
    for line in rows.order_by("pk"):
        now, is_first = days.get(line.pk), placing is not None and line.order_id == placing.pk
        if line.pk in days and not is_first and _is_news(line, now):
            news.add(line.order_id)
        if now == line.promised_at:
            continue
        note_promise(line)
        changed.append(line)
        if is_first:
            line.told_at = now
        elif line.pk in days:
            events.append(_event(line, now, act=act))
        line.promised_at = now
        line.first_promised_at = line.first_promised_at or now
    _save(changed, events, news)


def days_of(order_ids: set[int], *, today: date) -> dict[int, date | None]:
    """Return the day on which each line of these orders ships, of those that wait."""
    rows = FulfillmentLine.objects.filter(
        fulfillment_order__order__in=order_ids, fulfillment_order__status=FulfillmentStatus.WAITING
    )
    held = rows.values_list(
        "order_line",
        "fulfillment_order",
        "waiting",
        "promised_at",
        "fulfillment_order__order__ship_together",
    )
    found = list(held.order_by("pk"))
    if not found:
        return {}
    how = StoreSettings.load().backordered_items_ship
    waits = [
        Wait(
            line=line,
            parcel=parcel,
            is_missing=waiting > 0,
            comes=day,
            is_together=together or how == BackorderedItemsShip.TOGETHER,
        )
        for line, parcel, waiting, day, together in found
    ]
    return ship_days(waits, release_dates_of({wait.line for wait in waits}), today=today)


def _save(changed: list[OrderLine], events: list[OrderEvent], news: set[int]) -> None:
    update(changed, ["promised_at", "first_promised_at", "told_at"])
    insert(events)
    if news:
        note_news(news)
        Order.objects.filter(pk__in=news).update(promise_notice_due=True)


def _event(line: OrderLine, now: date | None, *, act: Act) -> OrderEvent:
    data = EventData(
        sku=line.sku,
        variant=line.variant_id,
        before=line.promised_at.isoformat() if line.promised_at else None,
        after=now.isoformat() if now else None,
    )
    kind = EventKind.PROMISE_CHANGED
    return OrderEvent(order_id=line.order_id, at=act.at, by=act.by, kind=kind, data=data)


def drop_late_promises(*, at: datetime) -> None:
    """Lay the queues anew whose deliveries, or release dates, passed without what they promised."""
    late = set(_late(at).values_list("variant", flat=True))
    together("late_promises", late, partial(_drop_late, at=at), at=at)


@transaction.atomic
def _drop_late(variant_ids: Collection[int], *, at: datetime) -> None:
    lock_variants(variant_ids)
    rows = _late(at).filter(variant__in=variant_ids)
    lines = set(rows.values_list("order_line", flat=True))
    promise(variant_ids, act=Act(at))
    refresh_lines(lines, act=Act(at))


def _late(at: datetime) -> QuerySet[FulfillmentLine]:
    today = timezone.localdate(at)
    late = Q(promised_at__lt=today) | Q(order_line__promised_at__lt=today)
    return FulfillmentLine.objects.waiting().filter(late).order_by()


def lines_that_wait(order: Order, *, at: datetime) -> list[OrderLine]:
    """Return the lines of an order that wait for units, for their day, or for those that do."""
    return _waiting({order.pk}, today=timezone.localdate(at))


def _waiting(order_ids: set[int], *, today: date) -> list[OrderLine]:
    days = days_of(order_ids, today=today)
    return list(OrderLine.objects.filter(pk__in=days.keys()).order_by("pk"))


def news_of(order_ids: set[int], *, today: date) -> list[OrderLine]:
    """Return the lines of these orders of whose day the customer is to be told: it is news."""
    lines = _waiting(order_ids, today=today)
    return [line for line in lines if _is_news(line, line.promised_at)]


def _is_news(line: OrderLine, now: date | None) -> bool:
    return is_news(told=line.told_at, now=now, was_ready=bool(line.told_ready))


def tell_changed_promises(*, at: datetime) -> int:
    """Write one mail to each customer whose dates changed since they were told; return how many."""
    due = Order.objects.filter(promise_notice_due=True).order_by("pk")
    return each("tell_promise", due, partial(_tell_customer, at=at), at=at, most=BATCH)


@transaction.atomic
def _tell_customer(order_id: int, *, at: datetime) -> bool:
    rows = Order.objects.select_for_update(skip_locked=True, no_key=True)
    order = rows.filter(pk=order_id, promise_notice_due=True).first()
    if order is None:
        return False
    lines = news_of({order.pk}, today=timezone.localdate(at))
    changes = [(line, line.told_at, line.promised_at) for line in lines]
    Order.objects.filter(pk=order_id).update(promise_notice_due=False)
    if not changes:
        return False
    if mail_promise_changed(order, changes) is None:
        return False  # without an address nobody is told, and what was told before still holds
    for line, _told, now in changes:
        OrderLine.objects.filter(pk=line.pk).update(told_at=now, told_ready=False)
    OrderEvent.objects.create(order=order, at=at, kind=EventKind.NEW_DATE_TOLD)
    return True
