"""The admin of the catalogue and of stock; importing the modules registers their pages."""

from inventory.admin import (
    change_sets,
    deliveries,
    imports,
    jobs,
    mails,
    products,
    put_aside,
    sellers,
    settings,
    stock_pages,
    variants,
    warehouses,
)

__all__ = [
    "change_sets",
    "deliveries",
    "imports",
    "jobs",
    "mails",
    "products",
    "put_aside",
    "sellers",
    "settings",
    "stock_pages",
    "variants",
    "warehouses",
]
