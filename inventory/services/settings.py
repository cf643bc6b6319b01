"""Changing the store's settings, and those of one variant in one warehouse."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory.locks import lock_row, lock_stock_levels, lock_variants
from inventory.models import StockLevel, StoreSettings, Variant, Warehouse
from inventory.sales_channels import sales_channels
from inventory.services.changes import refuse_stale, save_changes
from inventory.services.low_stock import watch_low_stock
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
def update_settings(*, changes: Mapping[str, Any], version: int | None = None) -> StoreSettings:
    """Change settings of the store. Existing variants that use them follow at once.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot take its value.
    """
    settings = lock_row(StoreSettings.load())
    refuse_stale(settings, version)
    rules = _rules(settings)
    saved = save_changes(settings, changes, allowed=STORE_FIELDS)
    if _rules(saved) != rules:
        waiting_room().rule_changed()
    if POLICY_FIELDS & changes.keys():
        sales_channels().salable_changed(None)
    return saved


def _rules(settings: StoreSettings) -> tuple[object, ...]:
    """Return what decides who is served, and when: everybody is looked at anew when it changes."""
    return settings.release_rule, settings.backordered_items_ship, settings.serve_oversold


@transaction.atomic
def update_stock_level(
    *,
    variant: Variant,
    warehouse: Warehouse,
    changes: Mapping[str, Any],
    version: int | None = None,
) -> StockLevel:
    """Change status, backorder threshold or notify below of a variant in one warehouse.

    :raises StaleChange: `version` is not the newest; 0 stands for a level never touched.
    :raises InvalidChange: a field cannot take its value.
    """
    lock_variants([variant.pk])
    levels = lock_stock_levels(variant_ids=[variant.pk], warehouse_ids=[warehouse.pk])
    level = levels.get((variant.pk, warehouse.pk))
    if level is None:
        level = StockLevel.objects.create(variant=variant, warehouse=warehouse, version=0)
    refuse_stale(level, version)
    save_changes(level, changes, allowed=LEVEL_FIELDS)
    at = timezone.now()
    sales_channels().salable_changed([variant.pk])
    waiting_room().follow([variant.pk], at=at, by="")
    watch_low_stock([variant.pk], at=at)
    return level
