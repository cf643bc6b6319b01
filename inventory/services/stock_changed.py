"""What follows when other units of variants are there, or may be sold, than before.

Every use case that moves stock, or changes who is served from where, ends here: whoever waits is
served, shops elsewhere are told, and low stock is noticed.
"""

from collections.abc import Collection

from inventory.acts import Act
from inventory.sales_channels import sales_channels
from inventory.services.low_stock import watch_low_stock
from inventory.waiting_room import Served, waiting_room


def stock_changed(variant_ids: Collection[int], *, act: Act, serve: bool = True) -> list[Served]:
    """Serve who waits for these variants and lay their promises anew, and tell whom it concerns.

    The variants are locked. `serve` off: who waits was served already, or gets nothing of it.
    Return who got which units.
    """
    served = waiting_room().follow(variant_ids, act=act) if serve else []
    sales_channels().salable_changed(variant_ids)
    watch_low_stock(variant_ids, at=act.at)
    return served
