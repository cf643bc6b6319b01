"""Changing the store's settings, and those of one variant in one warehouse."""

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.db import transaction

from inventory.acts import Act
from inventory.consequences import SettingChange
from inventory.errors import InvalidChange
from inventory.locks import lock_row, lock_stock_levels, lock_variants
from inventory.models import StockLevel, StoreSettings, Variant, Warehouse
from inventory.sales_channels import sales_channels
from inventory.services.changes import refuse_stale, save_changes
from inventory.services.consequences import ask, level_changed, one_question, store_changed
from inventory.services.stock_changed import stock_changed
from inventory.waiting_room import waiting_room

STORE_FIELDS = (
    "store_name",
    "currency",
    "backorders",
    "out_of_stock_threshold",
    "notify_below",
    "only_x_left_threshold",
    "max_per_order",
    "storefront_max_per_order",
    "new_products_allow_backorders",
    "new_products_track_inventory",
    "sellers_can_accept_backorders",
    "allow_order_split",
    "backordered_items_ship",
    "release_rule",
    "serve_oversold",
    "unpaid_order_hours",
    "delivery_timeframe",
    "default_warehouse",
    "low_stock_email",
)
POLICY_FIELDS = {"backorders", "out_of_stock_threshold", "sellers_can_accept_backorders"}
"""Those of the store that decide how much may be sold."""

LEVEL_FIELDS = ("in_stock", "backorder_threshold", "notify_below")


@transaction.atomic
def update_settings(
    *, changes: Mapping[str, Any], act: Act, confirm: bool = False
) -> StoreSettings:
    """Change settings of the store. Existing variants that use them follow at once.

    What is owed stays owed, whatever is lowered or switched off; `confirm` says yes to that.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot take its value, or amounts in the old currency are there.
    :raises NeedsConfirmation: it does something to open orders, or customers are to be told of
        other dates, and nobody said yes.
    """
    settings = lock_row(StoreSettings.load())
    refuse_stale(settings, act)
    before = copy(settings)
    saved = save_changes(settings, changes, act=act, allowed=STORE_FIELDS)
    if saved.currency != before.currency:
        _refuse_amounts(before.currency)
    with one_question(confirm=confirm):
        if POLICY_FIELDS & changes.keys() and not confirm:
            ask(store_changed(before, saved), confirm=confirm)
        hours = (before.unpaid_order_hours or 0, saved.unpaid_order_hours or 0)
        if hours[0] != hours[1]:
            ask(SettingChange(unpaid_hours=hours), confirm=confirm)
        if is_ruled := _rules(saved) != _rules(before):
            waiting_room().rule_changed()
        if is_ruled or hours[0] != hours[1]:
            waiting_room().try_worker(act=act)
    if POLICY_FIELDS & changes.keys():
        sales_channels().salable_changed(None)
    return saved


def _rules(settings: StoreSettings) -> tuple[object, ...]:
    """Return what decides who is served, and when: everybody is looked at anew when it changes."""
    return settings.release_rule, settings.backordered_items_ship, settings.serve_oversold


def _refuse_amounts(currency: str) -> None:
    """Refuse another currency while there are amounts in the old one: they would be other amounts.

    :raises InvalidChange: orders were taken, or variants have a price.
    """
    orders = waiting_room().orders_taken()
    prices = Variant.objects.filter(price__gt=0).count()
    if orders or prices:
        counts = [(orders, "order"), (prices, "price")]
        found = [f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in counts if n]
        text = (
            f"The store has {' and '.join(found)} in {currency}. Amounts are not converted, so the "
            "currency can be changed only before the first order and while all prices are 0."
        )
        raise InvalidChange({"currency": text})


@transaction.atomic
def update_stock_level(
    *,
    variant: Variant,
    warehouse: Warehouse,
    changes: Mapping[str, Any],
    act: Act,
    confirm: bool = False,
) -> StockLevel:
    """Change status, backorder threshold or notify below of a variant in one warehouse.

    :raises StaleChange: `version` is not the newest; 0 stands for a level never touched.
    :raises InvalidChange: a field cannot take its value.
    :raises NeedsConfirmation: it does something to open orders, and nobody said yes.
    """
    lock_variants([variant.pk])
    levels = lock_stock_levels(variant_ids=[variant.pk], warehouse_ids=[warehouse.pk])
    level = levels.get((variant.pk, warehouse.pk))
    if level is None:
        level = StockLevel.objects.create(variant=variant, warehouse=warehouse, version=0)
    refuse_stale(level, act)
    before = copy(level)
    save_changes(level, changes, act=act, allowed=LEVEL_FIELDS)
    with one_question(confirm=confirm):
        ask(level_changed(before, level), confirm=confirm)
        stock_changed([variant.pk], act=act)
    return level
