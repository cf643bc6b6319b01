"""Hearing of low stock once: an e-mail when a variant, or one warehouse of it, crosses the line."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from inventory.availability import policy_inputs
from inventory.models import OutgoingMail, StockLevel, StoreSettings, Variant
from inventory.policy import PolicyInputs, effective_policy, is_low
from inventory.services.mail import queue_mail

Row = TypeVar("Row", Variant, StockLevel)


def watch_low_stock(variant_ids: Collection[int], *, at: datetime) -> list[OutgoingMail]:
    """Note which of these variants became low, or are not low any more; variants are locked.

    One mail lists all that crossed the line now; a variant that stays low is not mailed again.
    """
    levels = StockLevel.objects.filter(variant__in=variant_ids).select_related(
        "warehouse", "variant__product"
    )
    return watch_levels(list(levels), settings=StoreSettings.load(), at=at)


def watch_levels(
    levels: Collection[StockLevel], *, settings: StoreSettings, at: datetime
) -> list[OutgoingMail]:
    """Do the same with all levels of some variants, which are read in the lock already."""
    levels = sorted(
        levels,
        key=lambda one: (one.variant.sku, one.warehouse.priority, one.warehouse_id),
    )
    by_variant: dict[Variant, list[StockLevel]] = {}
    for level in levels:
        by_variant.setdefault(level.variant, []).append(level)
    crossed = _remember(
        Variant,
        [(variant, _is_low(variant, rows, settings, at)) for variant, rows in by_variant.items()],
        at,
    )
    fallen = [(variant, "", *_units(by_variant[variant])) for variant in crossed]
    low = _remember(StockLevel, [(level, _is_level_low(level)) for level in levels], at)
    fallen += [(level.variant, level.warehouse.name, *_units([level])) for level in low]
    return _mail(fallen, settings)


def _is_low(
    variant: Variant, levels: list[StockLevel], settings: StoreSettings, at: datetime
) -> bool:
    available, owed = _units(levels)
    notify_below = _notify_below(variant, settings, at=at)
    return variant.track_inventory and is_low(
        available=available, owed=owed, notify_below=notify_below
    )


def _is_level_low(level: StockLevel) -> bool:
    available, owed = _units([level])
    return level.notify_below is not None and is_low(
        available=available, owed=owed, notify_below=level.notify_below
    )


def _units(levels: list[StockLevel]) -> tuple[int, int]:
    """Return the units that may be sold from these levels, and those that they owe."""
    stock = [level.at(level.warehouse) for level in levels]
    return sum(one.available for one in stock), sum(one.on_backorder for one in stock)


def _notify_below(variant: Variant, settings: StoreSettings, *, at: datetime) -> int:
    inputs: PolicyInputs = policy_inputs(variant, settings)
    return effective_policy(inputs, today=at.date()).notify_below


def _remember(model: type[Row], rows: Sequence[tuple[Row, bool]], at: datetime) -> list[Row]:
    """Write what changed; return those that crossed the line downwards."""
    fallen = [row for row, low in rows if low and row.low_stock_since is None]
    risen = [row.pk for row, low in rows if not low and row.low_stock_since is not None]
    changed = model._default_manager  # noqa: SLF001
    if fallen:
        changed.filter(pk__in=[row.pk for row in fallen]).update(low_stock_since=at)
    if risen:
        changed.filter(pk__in=risen).update(low_stock_since=None)
    return fallen


def _mail(
    fallen: list[tuple[Variant, str, int, int]], settings: StoreSettings
) -> list[OutgoingMail]:
    if not fallen or not settings.low_stock_email:
        return []
    subject = (
        _("Low stock: %(sku)s") % {"sku": fallen[0][0].sku}
        if len(fallen) == 1
        else _("Low stock: %(count)d variants") % {"count": len(fallen)}
    )
    context = {
        "store": settings.store_name,
        "lines": [
            {
                "sku": variant.sku,
                "title": variant.full_title,
                "warehouse": place,
                "available": number_format(available, force_grouping=True),
                "owed": number_format(owed, force_grouping=True) if owed else "",
            }
            for variant, place, available, owed in fallen
        ],
    }
    text = render_to_string("inventory/mail/low_stock.txt", context)
    html = render_to_string("inventory/mail/low_stock.html", context)
    return [queue_mail(to=settings.low_stock_email, subject=subject, text=text, html=html)]
