"""Making the demo shop, through the same use cases as everybody."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from inventory.demo.catalog import (
    BUNDLES,
    DELIVERIES,
    LEVELS,
    LOW_STOCK_EMAIL,
    PRODUCTS,
    SELLERS,
    STORE_NAME,
    TIMEFRAMES,
    WAREHOUSES,
    DemoProduct,
)
from inventory.demo.logins import DEMO_LOGINS
from inventory.demo.pictures import picture
from inventory.models import DeliveryTimeframe, Product, Seller, Variant, Warehouse
from inventory.roles import OPERATOR, ensure_roles
from inventory.services.catalog import create_product, create_variant, set_components
from inventory.services.deliveries import cancel_delivery, create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.settings import update_settings, update_stock_level

BY = "demo"


def make_shop() -> None:
    """Make the whole demo shop; the database has no products yet."""
    now = timezone.now()
    _make_users()
    _make_settings()
    for demo in PRODUCTS:
        _make_product(demo, today=timezone.localdate())
    variants = {variant.sku: variant for variant in Variant.objects.all()}
    warehouses = {place.code: place for place in Warehouse.objects.all()}
    for bundle, parts in BUNDLES.items():
        lines = [StockLine(variants[sku], quantity) for sku, quantity in parts]
        set_components(bundle=variants[bundle], lines=lines)
    for sku, code, changes in LEVELS:
        update_stock_level(variant=variants[sku], warehouse=warehouses[code], changes=changes)
    _fill_shelves(variants, warehouses, now)
    _announce_deliveries(variants, warehouses, now)
    update_settings(changes={"low_stock_email": LOW_STOCK_EMAIL})


def _make_users() -> None:
    groups = ensure_roles()
    for username, password, role in DEMO_LOGINS:
        name = role.partition(":")[0]
        user = get_user_model().objects.create_user(
            username,
            password=password,
            is_staff=True,
            is_superuser=name == OPERATOR,
            first_name=username.capitalize(),
        )
        user.groups.set([groups[name]])
    for code, name, login in SELLERS:
        seller = Seller.objects.create(code=code, name=name)
        seller.users.set(get_user_model().objects.filter(username=login))


def _make_settings() -> None:
    for code, name, priority in WAREHOUSES:
        Warehouse.objects.update_or_create(code=code, defaults={"name": name, "priority": priority})
    for name, in_stock, out_of_stock in TIMEFRAMES:
        DeliveryTimeframe.objects.create(
            name=name, in_stock_text=in_stock, out_of_stock_text=out_of_stock
        )
    update_settings(
        changes={
            "store_name": STORE_NAME,
            "sellers_can_accept_backorders": True,
            "delivery_timeframe": DeliveryTimeframe.objects.get(name=TIMEFRAMES[0][0]),
        }
    )


def _make_product(demo: DemoProduct, *, today: dt.date) -> Product:
    product = create_product(
        title=demo.title,
        brand=demo.brand,
        description=demo.description,
        seller=Seller.objects.filter(code=demo.seller).first(),
        delivery_timeframe=DeliveryTimeframe.objects.filter(name=demo.timeframe).first(),
        image=_drawn(demo, demo.variants[0].sku, demo.variants[0].color),
        **demo.settings,
    )
    for position, one in enumerate(demo.variants):
        variant = create_variant(
            product=product,
            sku=one.sku,
            title=one.option,
            price=one.price,
            position=position,
            image=_drawn(demo, one.sku, one.color),
            **_settings(one.settings, today=today),
        )
        variant.ean = ean(variant.pk) if variant.track_inventory else ""
        variant.save(update_fields=["ean"])
    return product


def _settings(settings: Mapping[str, object], *, today: dt.date) -> dict[str, Any]:
    """Return the fields of a variant; days until its release become a date."""
    fields: dict[str, Any] = dict(settings)
    days = fields.pop("release_days", None)
    return fields if days is None else {**fields, "release_date": today + dt.timedelta(days=days)}


def _drawn(demo: DemoProduct, sku: str, color: str) -> str:
    """Draw the picture of a variant; return its name in the storage of uploads."""
    name = f"products/{sku.lower()}.svg"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(picture(demo.kind, color, demo.tint).encode()))
    return name


def ean(number: int) -> str:
    """Return an EAN-13 of the range for use within a shop, with its check digit."""
    digits = f"20{number:010d}"
    total = sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _fill_shelves(
    variants: Mapping[str, Variant], warehouses: Mapping[str, Warehouse], at: dt.datetime
) -> None:
    for position, (code, name, _priority) in enumerate(WAREHOUSES):
        lines = [
            StockLine(variants[one.sku], one.stock[position])
            for demo in PRODUCTS
            for one in demo.variants
            if one.stock[position]
        ]
        receive_stock(
            warehouse=warehouses[code], lines=lines, reference=f"Opening {name}", by=BY, at=at
        )


def _announce_deliveries(
    variants: Mapping[str, Variant], warehouses: Mapping[str, Warehouse], at: dt.datetime
) -> None:
    for reference, supplier, code, days, state, contents in DELIVERIES:
        lines = [StockLine(variants[sku], quantity) for sku, quantity in contents]
        delivery = create_delivery(
            warehouse=warehouses[code],
            reference=reference,
            supplier=supplier,
            expected_at=timezone.localdate() + dt.timedelta(days=days),
            lines=lines,
        )
        if state == "received":
            receive_delivery(delivery=delivery, by=BY, at=at)
        elif state == "partly_received":
            receive_delivery(
                delivery=delivery, by=BY, at=at, lines=[StockLine(lines[0].variant, 2)]
            )
        elif state == "canceled":
            cancel_delivery(delivery=delivery, at=at)
