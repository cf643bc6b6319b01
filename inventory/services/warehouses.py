"""Making and changing warehouses."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from inventory.acts import Act
from inventory.consequences import SettingChange
from inventory.errors import InvalidChange
from inventory.locks import lock_row, lock_variants
from inventory.models import Warehouse
from inventory.sales_channels import sales_channels
from inventory.services.changes import refuse_stale, validate
from inventory.services.consequences import ask, one_question
from inventory.services.history import record_creation, record_differences
from inventory.waiting_room import waiting_room

WAREHOUSE_FIELDS = ("name", "priority", "is_active")


@transaction.atomic
def create_warehouse(*, act: Act, code: str, **fields: Any) -> Warehouse:
    """Make a warehouse.

    :raises InvalidChange: a field cannot take its value, or the code is taken.
    """
    warehouse = Warehouse(code=code, **fields)
    validate(warehouse)
    try:
        with transaction.atomic():
            warehouse.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidChange({"code": f"There is a warehouse {code} already."}) from error
    record_creation(warehouse, act=act)
    sales_channels().salable_changed(None)
    return warehouse


def change_of(before: Warehouse, *, is_active: bool) -> SettingChange:
    """Return what becomes of open orders when a warehouse is switched on or off."""
    is_closed = before.is_active and not is_active
    return SettingChange(closed_warehouses=frozenset({before.pk} if is_closed else ()))


@transaction.atomic
def update_warehouse(
    *, warehouse: Warehouse, changes: Mapping[str, Any], act: Act, confirm: bool = False
) -> Warehouse:
    """Change a warehouse; its code stays, because files and programs know it.

    One that is switched on serves who waits for what it holds; one that is switched off serves
    nobody, and what it owes stays owed: `confirm` says yes to that.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot be changed, or cannot take its value.
    :raises NeedsConfirmation: orders wait for it or have units there, and nobody said yes.
    """
    if fixed := sorted(set(changes) - set(WAREHOUSE_FIELDS)):
        raise InvalidChange(dict.fromkeys(fixed, "This field cannot be changed."))
    warehouse = lock_row(warehouse)
    refuse_stale(warehouse, act)
    change = change_of(warehouse, is_active=changes.get("is_active", warehouse.is_active))
    before = {name: getattr(warehouse, name) for name in changes}
    for name, value in changes.items():
        setattr(warehouse, name, value)
    validate(warehouse, fields=changes.keys())
    warehouse.version += 1
    warehouse.save(update_fields=[*changes, "version"])
    record_differences(warehouse, before, act=act, version=warehouse.version)
    with one_question(confirm=confirm):
        ask(change, confirm=confirm)
        if "is_active" in changes:
            sales_channels().salable_changed(None)
            variant_ids = waiting_room().waited_for_in(warehouse.pk)
            lock_variants(variant_ids)
            waiting_room().follow(variant_ids, act=act)
    return warehouse
