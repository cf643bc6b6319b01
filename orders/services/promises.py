"""Promise dates: the queue of a variant laid over its deliveries, kept current, told once."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from inventory.locks import lock_variants
from inventory.models import StoreSettings, Variant
from inventory.objects import insert, update
from orders.models import FulfillmentLine, Order, OrderEvent, OrderLine
from orders.policy.news import is_news, latest, not_before
from orders.policy.queue import Waiter, promises
from orders.services.mails import mail_promise_changed
from orders.services.oversold import ahead, oversold
from orders.services.sheet import release_dates_of
from orders.waiting import arrivals, queue

BATCH = 500


def promise(
    variant_ids: Collection[int],
    *,
    at: datetime,
    by: str = "",
    order: Order | None = None,
) -> None:
    """Lay the queues of these variants over their deliveries; the variants are locked.

    What changed is written into the time line of its order, and the customer is to be told. The
    dates of `order`, which is being placed, are its first: its mail tells them.
    """
    if not variant_ids:
        return
    today = timezone.localdate(at)
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
    _tell(touched, at=at, by=by, placing=order)


def _lay(
    variant_id: int, coming: list[tuple[date, int, int]], waiters: Iterator[Waiter]
) -> set[int]:
    """Write the days of one queue that changed; return the order lines they belong to.

    Oversold units take their part of what is coming, and are promised nothing.
    """
    total = sum(units for _day, _place, units in coming)
    head = list(_reached(waiters, total))
    ships_from = Variant.objects.values_list("release_date", flat=True).get(pk=variant_id)
    days = {
        line: not_before(day, ships_from)
        for line, day in promises(head, coming).items()
        if line > 0
    }
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
    order_line_ids: Collection[int], *, at: datetime, by: str = "", placing: Order | None = None
) -> None:
    """Bring the days of order lines along with their units, some of which may be there now."""
    _tell(set(order_line_ids), at=at, by=by, placing=placing)


def _tell(order_line_ids: set[int], *, at: datetime, by: str, placing: Order | None) -> None:
    """Bring order lines along with the days of their units; write down and announce what changed.

    The dates of `placing` are its first: its own mail tells them.
    """
    if not order_line_ids:
        return
    days = _days_of(order_line_ids)
    rows = list(OrderLine.objects.filter(pk__in=order_line_ids).order_by("pk"))
    dates = release_dates_of(line for line in rows if days[line.pk])
    promised = {line.pk: not_before(latest(days[line.pk]), dates.get(line.pk)) for line in rows}
    changed = [line for line in rows if promised[line.pk] != line.promised_at]
    events: list[OrderEvent] = []
    news: set[int] = set()
    for line in changed:
        now = promised[line.pk]
        if placing is not None and line.order_id == placing.pk:
            line.told_at = now
        elif days[line.pk]:
            events.append(_event(line, now, at=at, by=by))
            if is_news(told=line.told_at, now=now):
                news.add(line.order_id)
        line.promised_at = now
        line.first_promised_at = line.first_promised_at or now
    _save(changed, events, news)


def _days_of(order_line_ids: set[int]) -> dict[int, list[date | None]]:
    """Return the days of the units that order lines wait for."""
    days: dict[int, list[date | None]] = defaultdict(list)
    rows = FulfillmentLine.objects.waiting().filter(order_line__in=order_line_ids)
    for line_id, day in rows.values_list("order_line", "promised_at"):
        days[line_id].append(day)
    return days


def _save(changed: list[OrderLine], events: list[OrderEvent], news: set[int]) -> None:
    update(changed, ["promised_at", "first_promised_at", "told_at"])
    insert(events)
    if news:
        Order.objects.filter(pk__in=news).update(promise_notice_due=True)


def _event(line: OrderLine, now: date | None, *, at: datetime, by: str) -> OrderEvent:
    was = _in_words(line.promised_at)
    text = f"{line.sku}: promised for {_in_words(now)} instead of {was}."
    return OrderEvent(order_id=line.order_id, at=at, by=by, text=text)


def _in_words(day: date | None) -> str:
    return date_format(day, "j F Y") if day else "no date"


@transaction.atomic
def refresh_promises(*, at: datetime) -> None:
    """Lay all queues anew: the release rule changed."""
    rows = FulfillmentLine.objects.waiting()
    variant_ids = set(rows.values_list("variant", flat=True).distinct())
    lock_variants(variant_ids)
    promise(variant_ids, at=at)


@transaction.atomic
def drop_late_promises(*, at: datetime) -> None:
    """Lay the queues anew whose deliveries did not come on their day."""
    today = timezone.localdate(at)
    rows = FulfillmentLine.objects.waiting().filter(promised_at__lt=today)
    variant_ids = set(rows.values_list("variant", flat=True).distinct())
    lock_variants(variant_ids)
    promise(variant_ids, at=at)


def tell_changed_promises(*, at: datetime) -> int:
    """Write one mail to each customer whose dates changed since they were told; return how many."""
    due = Order.objects.filter(promise_notice_due=True).order_by("pk")
    return sum(_tell_customer(pk, at=at) for pk in list(due.values_list("pk", flat=True)[:BATCH]))


@transaction.atomic
def _tell_customer(order_id: int, *, at: datetime) -> bool:
    rows = Order.objects.select_for_update(skip_locked=True, no_key=True)
    order = rows.filter(pk=order_id, promise_notice_due=True).first()
    if order is None:
        return False
    lines = order.lines.filter(fulfillment_lines__waiting__gt=0).distinct().order_by("pk")
    changes = [
        (line, line.told_at, line.promised_at)
        for line in lines
        if is_news(told=line.told_at, now=line.promised_at)
    ]
    Order.objects.filter(pk=order_id).update(promise_notice_due=False)
    if not changes:
        return False
    mail_promise_changed(order, changes)
    for line, _told, now in changes:
        OrderLine.objects.filter(pk=line.pk).update(told_at=now)
    OrderEvent.objects.create(order=order, at=at, text="The customer was told of the new date.")
    return True
