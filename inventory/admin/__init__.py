"""The admin of the catalogue and of stock; importing the modules registers their pages."""

from inventory.admin import (
    deliveries,
    imports,
    products,
    sellers,
    settings,
    stock_pages,
    variants,
    warehouses,
)

__all__ = [
    "deliveries",
    "imports",
    "products",
    "sellers",
    "settings",
    "stock_pages",
    "variants",
    "warehouses",
]
