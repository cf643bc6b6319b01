"""Deciding for many variants at once whether they are tracked and take backorders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from inventory.errors import InvalidChange
from inventory.models import ChangeSet, StoreSettings, Variant
from inventory.policy import INHERIT, BackorderMode, PolicyInputs, effective_mode
from inventory.services.catalog import update_variant
from inventory.services.history import open_change_set, recording


@dataclass(frozen=True, slots=True)
class InventoryEdit:
    """What one variant shall be; `version` is that of the form it was decided on."""

    variant: Variant
    track_inventory: bool
    allow_backorders: bool
    version: int


@transaction.atomic
def edit_inventory(*, edits: Sequence[InventoryEdit], user_id: int | None) -> ChangeSet:
    """Change tracking and backorders of these variants as one change set; all of them or none.

    A variant that accepts backorders already, of its own or by a wider setting, keeps its word.

    :raises StaleChange: somebody else saved one of them in between.
    :raises InvalidChange: with a sentence for each SKU that would allow backorders untracked.
    """
    settings = StoreSettings.load()
    change_set = open_change_set(
        ChangeSet.Kind.BULK_EDIT, label="Track inventory, backorders", by_id=user_id
    )
    errors: dict[str, str] = {}
    for edit in sorted(edits, key=lambda edit: edit.variant.pk):
        changes = _changes(edit, settings)
        try:
            with recording(change_set):
                update_variant(variant=edit.variant, changes=changes, version=edit.version)
        except InvalidChange as error:
            errors[edit.variant.sku] = f"{edit.variant.sku}: {error}"
    if errors:
        raise InvalidChange(errors)
    return change_set


def accepts(variant: Variant, settings: StoreSettings) -> bool:
    """Return whether a variant's settings take backorders, the sellers' gate aside."""
    inputs = PolicyInputs(
        store=settings.settings, product=variant.product.settings, variant=variant.settings
    )
    return effective_mode(inputs)[0] is not BackorderMode.NO


def _changes(edit: InventoryEdit, settings: StoreSettings) -> dict[str, Any]:
    word = edit.variant.backorders
    if accepts(edit.variant, settings) != edit.allow_backorders:
        word = "allow" if edit.allow_backorders else "no"
    elif edit.allow_backorders and word == INHERIT and not edit.track_inventory:
        word = "allow"  # what is asked for contradicts itself, and is refused
    return {"track_inventory": edit.track_inventory, "backorders": word}
