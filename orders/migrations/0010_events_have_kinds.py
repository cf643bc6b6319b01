"""Events have a kind and data: the English sentences of before are read once, here."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import translation
from django.utils.dates import MONTHS

CHUNK = 500


class Known(NamedTuple):
    """What the sentences of one order may name: its variants by SKU, and what all orders may."""

    variants: Mapping[str, int]
    places: Mapping[str, str]
    """Codes of warehouses by their names."""
    holds: Mapping[str, str]
    """Codes of holds by their labels."""
    months: Mapping[str, int]


HOLDS = {
    "awaiting_stock": "Awaiting stock",
    "awaiting_rest_of_order": "Awaiting the rest of the order",
    "awaiting_release_date": "Awaiting the release date",
    "awaiting_payment": "Awaiting payment",
    "manual": "Held by hand",
}


class Unreadable(Exception):
    """Raised where a sentence names what is not known."""


# --- the parts of a sentence ------------------------------------------------------------------


def _day(text: str, known: Known) -> str | None:
    """Return the ISO date of "9 January 2026", whose month is in any language of the shop."""
    if text == "no date":
        return None
    day, month, year = text.split(" ")
    try:
        number = known.months[month.lower()]
        return date(int(year), number, int(day.rstrip("."))).isoformat()
    except (KeyError, ValueError):
        raise Unreadable from None


def _item(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    """Return a SKU with its variant, if that is still known by it."""
    sku = found["sku"]
    return {"sku": sku} | ({"variant": known.variants[sku]} if sku in known.variants else {})


def _units(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    return _item(found, known) | {"units": int(found["units"])}


def _units_of_parcel(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    return _units(found, known) | {"parcel": found["parcel"]}


def _as_it_is(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    return dict(found)


def _with_amounts(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    amounts = {
        name: str(Decimal(found.get(name) or 0).quantize(Decimal("0.01")))
        for name in ("amount", "refund")
        if name in found
    }
    return {**amounts, "currency": found["currency"]}


# --- sentences --------------------------------------------------------------------------------


def _placed(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    return {name: int(found[name] or 0) for name in ("units", "backordered", "short")}


def _changed(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    before, after = int(found["before"]), int(found["after"])
    return _item(found, known) | {"units": after - before, "before": before, "after": after}


def _returned(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    more = {"warehouse": found["warehouse"] or None, "reason": found["reason"]}
    return _units(found, known) | more


def _moved(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    place = found["warehouse"]
    return _units(found, known) | {"warehouse": known.places.get(place, place)}


def _tracked(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    reserved, waiting = int(found["reserved"]), int(found["waiting"])
    units = {"units": reserved + waiting, "reserved": reserved, "waiting": waiting}
    return _item(found, known) | units | {"parcel": found["parcel"]}


def _priority(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    numbers = {name: int(found[name]) for name in ("before", "after")}
    return numbers | {"reason": found["reason"]}


def _promised(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    days = {name: _day(found[name], known) for name in ("before", "after")}
    return _item(found, known) | days


def _accepted(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    days = []
    for one in found["days"].split("; "):
        sku, comma, day = one.rpartition(", ")
        if not comma:
            raise Unreadable
        days.append([sku, None if day == "no date yet" else date.fromisoformat(day).isoformat()])
    return {"days": days}


def _hours(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    return {"hours": int(found["hours"])}


def _shipped(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    return {"parcel": found["parcel"], "units": int(found["units"])}


def _too_early(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    return {"parcel": found["parcel"], "day": _day(found["day"], known)}


def _unheld(found: Mapping[str, str], known: Known) -> dict[str, Any]:
    if found["hold"] not in known.holds:
        raise Unreadable
    return {"parcel": found["parcel"], "hold": known.holds[found["hold"]]}


Reader = Callable[[Mapping[str, str], Known], dict[str, Any]]

UNITS = r"(?P<units>\d+) × (?P<sku>.+)"
PARCEL = r"(?P<parcel>\d+-\d+)"
RESERVED = r"(?P<reserved>\d+) reserved, (?P<waiting>\d+) wait\."
PAID = r"(?P<amount>[\d.]+) (?P<currency>[A-Z]{3})\."
DAY = r"no date|\S+ \S+ \d+"
PLACE = r"(into (?P<warehouse>\S+)|not back to stock)"
OWED = r"(, (?P<backordered>\d+) on backorder)?(, (?P<short>\d+) short)?"

# Those with words that people typed come first: these may read like any other sentence.
SENTENCES: tuple[tuple[str, str, Reader], ...] = (
    (
        "units_returned",
        rf"(?P<units>\d+) × (?P<sku>.+?) came back, {PLACE}: (?P<reason>.+)",
        _returned,
    ),
    ("parcel_held", rf"{PARCEL}: held by hand: (?P<reason>.+)", _as_it_is),
    (
        "priority_set",
        r"Priority (?P<after>-?\d+) instead of (?P<before>-?\d+): (?P<reason>.+)",
        _priority,
    ),
    (
        "placed",
        rf"Placed: (?P<units>\d+) units?{OWED}\.",
        _placed,
    ),
    ("parcel_picked", rf"{PARCEL}: picked\.", _as_it_is),
    ("parcel_packed", rf"{PARCEL}: packed\.", _as_it_is),
    ("parcel_shipped", rf"{PARCEL}: shipped, (?P<units>\d+) units\.", _shipped),
    ("picking_undone", rf"{PARCEL}: put back on the shelf\.", _as_it_is),
    (
        "put_back_for_stock",
        rf"{PARCEL}: put back on the shelf: its units are not in stock\.",
        _as_it_is,
    ),
    (
        "put_back_for_date",
        rf"{PARCEL}: put back on the shelf: not before (?P<day>{DAY})\.",
        _too_early,
    ),
    ("shipment_undone", rf"{PARCEL}: the shipment came back and is ready again\.", _as_it_is),
    (
        "parcel_split_off",
        rf"{PARCEL}: split off (?P<source>\d+-\d+), to ship what is there\.",
        _as_it_is,
    ),
    ("lines_complete", rf"{PARCEL}: complete, so it does not wait for the rest\.", _as_it_is),
    ("hold_removed", rf"{PARCEL}: hold removed: (?P<hold>.+)\.", _unheld),
    (
        "untracked",
        rf"{PARCEL}: {UNITS} will ship without stock: not tracked any more\.",
        _units_of_parcel,
    ),
    (
        "tracked_again",
        rf"{PARCEL}: (?P<sku>.+) is tracked again: {RESERVED}",
        _tracked,
    ),
    ("units_reserved", rf"{UNITS} are there for {PARCEL}\.", _units_of_parcel),
    (
        "units_taken_back",
        rf"{UNITS} are not there after a correction: they wait again\.",
        _units,
    ),
    ("backorder_allowed", rf"{UNITS} that were short are allowed on backorder\.", _units),
    ("oversold_reserved", rf"{UNITS} that were oversold are reserved\.", _units),
    ("units_canceled", rf"{UNITS} canceled\.", _units),
    ("line_added", rf"{UNITS} added\.", _units),
    ("bundle_moved", rf"{UNITS}: all of it is in (?P<warehouse>.+)\.", _moved),
    (
        "quantity_changed",
        r"(?P<sku>.+): (?P<after>\d+) units instead of (?P<before>\d+)\.",
        _changed,
    ),
    (
        "promise_changed",
        rf"(?P<sku>.+): promised for (?P<after>{DAY}) instead of (?P<before>{DAY})\.",
        _promised,
    ),
    (
        "paid",
        rf"Paid: {PAID}( (?P<refund>[\d.]+) [A-Z]{{3}} are to be refunded\.)?",
        _with_amounts,
    ),
    (
        "refunded",
        rf"Refunded: {PAID}",
        _with_amounts,
    ),
    ("not_paid_in_time", r"Not paid within (?P<hours>\d+) hours?\.", _hours),
    ("new_date_told", r"The customer was told of the new date\.", _as_it_is),
    ("wait_told", r"The customer was told how long it takes\.", _as_it_is),
    ("wait_accepted", r"The customer keeps waiting: (?P<days>.+)\.", _accepted),
)
PATTERNS = tuple(
    (kind, re.compile(pattern, re.DOTALL), reader) for kind, pattern, reader in SENTENCES
)


def read(text: str, known: Known) -> tuple[str, dict[str, Any]] | None:
    """Return the kind and the data of a sentence; `None`: it is none of ours."""
    for kind, pattern, reader in PATTERNS:
        if found := pattern.fullmatch(text):
            try:
                return kind, reader(found.groupdict(), known)
            except (Unreadable, ValueError, InvalidOperation):
                return None
    return None


# --- rows -------------------------------------------------------------------------------------


def read_events(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fill in kind and data of what was written before; the sentences stay where they are."""
    OrderEvent = apps.get_model("orders", "OrderEvent")
    events = OrderEvent.objects.filter(kind="note")
    months = _months()
    for some in _chunks(events):
        known = _known(apps, {event.order_id for event in some}, months)
        changed = []
        for event in some:
            if found := read(event.text, known[event.order_id]):
                event.kind, event.data = found
                changed.append(event)
        OrderEvent.objects.bulk_update(changed, ["kind", "data"], batch_size=CHUNK)


def _chunks(events: Any) -> Iterator[list[Any]]:
    last = 0
    while some := list(events.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield some
        last = some[-1].pk


def _known(apps: Apps, order_ids: Iterable[int], months: Mapping[str, int]) -> dict[int, Known]:
    """Return what the sentences of these orders may name; what was sold is named as it was then."""
    lines = apps.get_model("orders", "OrderLine").objects.filter(order__in=order_ids)
    parts = apps.get_model("orders", "FulfillmentLine").objects.filter(
        order_line__order__in=order_ids
    )
    variants: dict[int, dict[str, int]] = defaultdict(dict)
    for order, sku, variant in (
        *parts.values_list("order_line__order", "variant__sku", "variant").distinct(),
        *lines.values_list("order", "sku", "variant"),
    ):
        variants[order][sku] = variant
    places = dict(apps.get_model("inventory", "Warehouse").objects.values_list("name", "code"))
    holds = {label: code for code, label in HOLDS.items()}
    return {order: Known(variants[order], places, holds, months) for order in order_ids}


def _months() -> dict[str, int]:
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {str(name).lower(): number for number, name in MONTHS.items()}
    return found


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_changed_times")]

    operations = [
        migrations.AddField(
            model_name="orderevent",
            name="kind",
            field=models.CharField(
                db_default="note", default="note", max_length=24, verbose_name="kind"
            ),
        ),
        migrations.AddField(
            model_name="orderevent",
            name="data",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="data"
            ),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="text",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="what"),
        ),
        migrations.RunPython(read_events, migrations.RunPython.noop),
    ]
