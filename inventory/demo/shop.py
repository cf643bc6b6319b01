"""Making the demo shop, through the same use cases as everybody."""

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from inventory.acts import Act
from inventory.demo.barcodes import ean
from inventory.demo.catalog import (
    BUNDLES,
    DELIVERIES,
    LEVELS,
    LOW_STOCK_EMAIL,
    MOVED,
    OPENED,
    PRODUCTS,
    SELLERS,
    SOLD_OUT,
    SOLD_OUT_SKUS,
    STORE_NAME,
    TIMEFRAMES,
    TRANSFER,
    WAREHOUSES,
    DemoProduct,
    DemoVariant,
)
from inventory.demo.logins import DEMO_LOGINS
from inventory.demo.pictures import picture
from inventory.models import DeliveryTimeframe, Product, Seller, Variant, Warehouse
from inventory.roles import OPERATOR, ensure_roles
from inventory.services.catalog import create_product, create_variant, set_components
from inventory.services.correct import Found, correct_stock
from inventory.services.deliveries import cancel_delivery, create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.settings import update_settings, update_stock_level
from inventory.services.transfer import transfer_stock

BY = "demo"


def make_shop() -> None:
    """Make the whole demo shop; the database has no products yet.

    Its logins, whose passwords everybody knows, are made in debug mode alone.
    """
    now = timezone.now()
    if settings.DEBUG:
        _make_users()
    _make_settings()
    for demo in PRODUCTS:
        _make_product(demo, today=timezone.localdate())
    variants = {variant.sku: variant for variant in Variant.objects.all()}
    warehouses = {place.code: place for place in Warehouse.objects.all()}
    for bundle, parts in BUNDLES.items():
        set_components(act=Act.now(), bundle=variants[bundle], lines=_lines(parts, variants))
    for sku, code, changes in LEVELS:
        update_stock_level(
            act=Act.now(), variant=variants[sku], warehouse=warehouses[code], changes=changes
        )
    _fill_shelves(variants, warehouses, now)
    _move_stock(variants, warehouses, now)
    _announce_deliveries(variants, warehouses, now)
    update_settings(act=Act.now(), changes={"low_stock_email": LOW_STOCK_EMAIL})


def _make_users() -> None:
    """Make who is not there; somebody who has the name already stays as they are."""
    groups = ensure_roles()
    users = get_user_model().objects
    for username, password, role in DEMO_LOGINS:
        if users.filter(username=username).exists():
            continue
        name = role.partition(":")[0]
        user = users.create_user(
            username,
            password=password,
            is_staff=True,
            is_superuser=name == OPERATOR,
            first_name=username.capitalize(),
        )
        user.groups.set([groups[name]])


def _make_settings() -> None:
    for code, name, login in SELLERS:
        seller = Seller.objects.create(code=code, name=name)
        seller.users.set(get_user_model().objects.filter(username=login))
    for code, name, priority in WAREHOUSES:
        Warehouse.objects.update_or_create(code=code, defaults={"name": name, "priority": priority})
    for name, in_stock, out_of_stock in TIMEFRAMES:
        DeliveryTimeframe.objects.create(
            name=name, in_stock_text=in_stock, out_of_stock_text=out_of_stock
        )
    update_settings(
        act=Act.now(),
        changes={
            "store_name": STORE_NAME,
            "sellers_can_accept_backorders": True,
            "delivery_timeframe": _timeframe(TIMEFRAMES[0][0]),
        },
    )


def _timeframe(name: str) -> DeliveryTimeframe | None:
    return DeliveryTimeframe.objects.filter(name=name).first()


def _make_product(demo: DemoProduct, *, today: dt.date) -> Product:
    product = create_product(
        act=Act.now(),
        title=demo.title,
        brand=demo.brand,
        description=demo.description,
        seller=Seller.objects.filter(code=demo.seller).first(),
        delivery_timeframe=_timeframe(demo.timeframe),
        image=_drawn(demo, demo.variants[0]),
        **demo.settings,
    )
    for position, one in enumerate(demo.variants):
        create_variant(
            act=Act.now(),
            product=product,
            sku=one.sku,
            title=one.option,
            price=one.price,
            position=position,
            ean="" if "track_inventory" in one.settings else ean(zlib.crc32(one.sku.encode())),
            image=_drawn(demo, one),
            delivery_timeframe=_timeframe(one.timeframe),
            **_fields(one.settings, today=today),
        )
    return product


def _fields(chosen: Mapping[str, object], *, today: dt.date) -> dict[str, Any]:
    """Return the fields of a variant; days until its release become a date."""
    fields: dict[str, Any] = dict(chosen)
    days = fields.pop("release_days", None)
    return fields if days is None else {**fields, "release_date": today + dt.timedelta(days=days)}


def _drawn(demo: DemoProduct, one: DemoVariant) -> str:
    """Draw the picture of a variant; return its name in the storage of uploads."""
    name = f"products/{one.sku.lower()}.svg"
    if not default_storage.exists(name):
        drawing = picture(one.kind or demo.kind, one.color, demo.tint)
        default_storage.save(name, ContentFile(drawing.encode()))
    return name


def _lines(contents: Sequence[tuple[str, int]], variants: Mapping[str, Variant]) -> list[StockLine]:
    return [StockLine(variants[sku], quantity) for sku, quantity in contents]


def _fill_shelves(
    variants: Mapping[str, Variant], warehouses: Mapping[str, Warehouse], now: dt.datetime
) -> None:
    """Receive the first stock; what was sold out since had a dozen units."""
    at = now + dt.timedelta(days=OPENED)
    demos = [one for demo in PRODUCTS for one in demo.variants]
    for position, (code, name, _priority) in enumerate(WAREHOUSES):
        contents = [(one.sku, one.stock[position]) for one in demos if one.stock[position]]
        if code == WAREHOUSES[0][0]:
            contents += [(sku, 12) for sku in SOLD_OUT_SKUS]
        receive_stock(
            warehouse=warehouses[code],
            lines=_lines(contents, variants),
            reference=f"Opening {name}",
            act=Act(at=at, by=BY),
        )


def _move_stock(
    variants: Mapping[str, Variant], warehouses: Mapping[str, Warehouse], now: dt.datetime
) -> None:
    """Sell out at a market what is sold out, and send some units to another warehouse."""
    correct_stock(
        warehouse=warehouses[WAREHOUSES[0][0]],
        lines=[Found(variants[sku], 0) for sku in SOLD_OUT_SKUS],
        reason="Sold at the summer market",
        act=Act(at=now + dt.timedelta(days=SOLD_OUT), by=BY),
    )
    reference, source, target, contents = TRANSFER
    transfer_stock(
        source=warehouses[source],
        target=warehouses[target],
        lines=_lines(contents, variants),
        reference=reference,
        act=Act(at=now + dt.timedelta(days=MOVED), by=BY),
    )


def _announce_deliveries(
    variants: Mapping[str, Variant], warehouses: Mapping[str, Warehouse], now: dt.datetime
) -> None:
    for reference, supplier, code, days, state, contents in DELIVERIES:
        lines = _lines(contents, variants)
        delivery = create_delivery(
            act=Act.now(),
            warehouse=warehouses[code],
            reference=reference,
            supplier=supplier,
            expected_at=timezone.localdate() + dt.timedelta(days=days),
            lines=lines,
        )
        if state == "received":
            receive_delivery(delivery=delivery, act=Act(at=now + dt.timedelta(days=days), by=BY))
        elif state == "partly_received":
            first = [StockLine(lines[0].variant, 2)]
            yesterday = now - dt.timedelta(days=1)
            receive_delivery(delivery=delivery, act=Act(at=yesterday, by=BY), lines=first)
        elif state == "canceled":
            cancel_delivery(delivery=delivery, act=Act(at=now + dt.timedelta(days=days)))
