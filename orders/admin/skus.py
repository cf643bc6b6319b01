"""The SKUs that a browser offers while somebody types one."""

from typing import Any

from inventory.models import Variant

MAX_OFFERED = 500
"""Of larger shops the rest is typed or scanned in full."""


def sku_choices(user: Any) -> list[tuple[str, str]]:
    """Return the first SKUs that a user may see, with what they are."""
    rows = Variant.objects.visible_to(user).select_related("product").order_by("sku")
    return [(row.sku, row.full_title) for row in rows[:MAX_OFFERED]]
