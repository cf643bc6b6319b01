"""Changing very many variants as their rows say: those that nobody touched since, set by set.

Import, bulk edit and undo all write here, so that who waits and who sells hears of it alike.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from inventory.locks import lock_variant_versions
from inventory.models import ChangeSetRow, Variant
from inventory.models.columns import NEXT_VERSION
from inventory.sales_channels import sales_channels
from inventory.services.catalog import SHOWN, WAITED_FOR
from inventory.services.history import CHANGE_COLUMNS
from inventory.sql import insert_rows
from inventory.waiting_room import waiting_room


class VariantChange(Protocol):
    """What changes of one variant."""

    @property
    def variant_id(self) -> int:
        """The primary key of the variant."""

    @property
    def key(self) -> str:
        """How people call it: its SKU or ID."""

    @property
    def version(self) -> int:
        """The version that was looked at when the change was decided."""

    @property
    def text(self) -> str:
        """Each field with what it was and what it becomes, as JSON: `{"backorders": ["no", …]}`."""


Change = TypeVar("Change", bound=VariantChange)


def change_variants(
    rows: Sequence[Change], *, change_set_id: int, at: datetime, by: str
) -> list[Change]:
    """Change variants, one statement for each distinct outcome, and record it in a change set.

    Return the rows that were left alone because somebody changed or deleted the variant since.
    """
    versions = lock_variant_versions([row.variant_id for row in rows])
    good = [row for row in rows if versions.get(row.variant_id) == row.version]
    groups: dict[str, list[int]] = defaultdict(list)
    for row in good:
        groups[row.text].append(row.variant_id)
    for text, ids in groups.items():
        after = {name: pair[1] for name, pair in loaded(text).items()}
        Variant.objects.filter(pk__in=ids).update(**after, version=NEXT_VERSION, updated_at=at)
        if WAITED_FOR & after.keys():
            waiting_room().follow(ids, at=at, by=by)
        if SHOWN & after.keys():
            sales_channels().described_anew(ids)
        sales_channels().salable_changed(ids)
    insert_rows(
        ChangeSetRow,
        CHANGE_COLUMNS,
        (
            (change_set_id, "variant", row.variant_id, row.key, *_sides(row.text), row.version + 1)
            for row in good
        ),
    )
    return [row for row in rows if versions.get(row.variant_id) != row.version]


@lru_cache(maxsize=4_096)
def loaded(text: str) -> dict[str, Any]:
    """Return the changes of a row; read them, do not change them."""
    changes: dict[str, Any] = json.loads(text)
    return changes


@lru_cache(maxsize=4_096)
def _sides(text: str) -> tuple[str, str]:
    """Return what changed fields were and what they become, each as JSON."""
    changes = loaded(text)
    before = {name: pair[0] for name, pair in changes.items()}
    return json.dumps(before), json.dumps({name: pair[1] for name, pair in changes.items()})
