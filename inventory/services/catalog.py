"""Making and changing products, variants and bundles."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from inventory.acts import Act
from inventory.consequences import SettingChange
from inventory.errors import InvalidChange
from inventory.locks import lock_row, lock_variants
from inventory.models import (
    BundleComponent,
    IncomingDeliveryLine,
    Product,
    StoreSettings,
    Variant,
)
from inventory.models.catalog import sku_in
from inventory.models.columns import InheritableBackorders
from inventory.policy import backorder_setting_error
from inventory.sales_channels import sales_channels
from inventory.services.changes import refuse_stale, save_changes, validate
from inventory.services.consequences import (
    LIMITED_BY,
    ask,
    one_question,
    product_changed,
    variant_changed,
)
from inventory.services.history import record, record_creation
from inventory.services.movements import StockLine
from inventory.services.stock_changed import stock_changed, tracking_changed
from inventory.skus import sku_error

POLICY_FIELDS = (
    "backorders",
    "out_of_stock_threshold",
    "notify_below",
    "only_x_left_threshold",
    "max_per_order",
)
PRODUCT_FIELDS = (
    *POLICY_FIELDS,
    "internal_id",
    "title",
    "slug",
    "brand",
    "description",
    "seller",
    "image",
    "is_visible",
    "delivery_timeframe",
)
VARIANT_FIELDS = (
    *POLICY_FIELDS,
    "internal_id",
    "sku",
    "title",
    "position",
    "price",
    "ean",
    "image",
    "track_inventory",
    "release_date",
    "allow_preorders",
    "delivery_timeframe",
)
WAITED_FOR = frozenset({"release_date", "track_inventory"})
"""Fields of a variant that let units go which were held."""

SHOWN = frozenset({"title", "price"})
"""Fields of a product or a variant that are part of what a channel publishes."""

SOLD_BY = frozenset({*POLICY_FIELDS, *WAITED_FOR, "allow_preorders"})
"""Fields of a product or a variant that decide how much may be sold."""


NO_PREORDERS = "A bundle has no pre-orders of its own. Allow pre-orders for its components."


@transaction.atomic
def create_product(*, act: Act, title: str, **fields: Any) -> Product:
    """Make a product; its address is made from the title unless it is given.

    :raises InvalidChange: a field cannot take its value.
    """
    product = Product(title=title, **fields)
    product.slug = product.slug or free_slug(title)
    validate(product)
    product.save()
    record_creation(product, act=act)
    return product


@transaction.atomic
def update_product(
    *, product: Product, changes: Mapping[str, Any], act: Act, confirm: bool = False
) -> Product:
    """Change a product. What its variants owe stays owed; `confirm` says yes to that.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot take its value.
    :raises NeedsConfirmation: a limit is lowered to what is owed, and nobody said yes.
    """
    product = lock_row(product)
    refuse_stale(product, act)
    before = copy(product)
    save_changes(product, changes, act=act, allowed=PRODUCT_FIELDS)
    if LIMITED_BY & changes.keys() and not confirm:
        ask(product_changed(before, product), confirm=confirm)
    variants = Variant.objects.filter(product=product).values_list("pk", flat=True)
    if SHOWN & changes.keys():
        sales_channels().described_anew(list(variants))
    if SOLD_BY & changes.keys():
        sales_channels().salable_changed(list(variants))
    return product


@transaction.atomic
def create_variant(*, act: Act, product: Product, sku: str, **fields: Any) -> Variant:
    """Make a variant; what is not given starts as the settings say for new products.

    :raises InvalidChange: a field cannot take its value, or the SKU is taken.
    """
    defaults = new_variant_defaults(
        StoreSettings.load(), track_inventory=fields.get("track_inventory")
    )
    variant = Variant(product=product, sku=sku, **{**defaults, **fields})
    refuse_backorders_untracked(variant)
    validate(variant)
    refuse_alike(variant)
    try:
        with transaction.atomic():
            variant.save()
    except IntegrityError as error:
        raise InvalidChange({"sku": f"There is a variant with the SKU {sku} already."}) from error
    record_creation(variant, act=act)
    sales_channels().variants_added([variant.pk])
    return variant


def new_variant_defaults(
    settings: StoreSettings, *, track_inventory: bool | None = None
) -> dict[str, Any]:
    """Return how a new variant starts. Source: Lightspeed eCom, Settings › Workflow › Inventory."""
    tracked = settings.new_products_track_inventory if track_inventory is None else track_inventory
    allow = settings.new_products_allow_backorders and tracked
    word = InheritableBackorders.ALLOW if allow else InheritableBackorders.INHERIT
    return {"track_inventory": tracked, "backorders": word}


@transaction.atomic
def update_variant(
    *, variant: Variant, changes: Mapping[str, Any], act: Act, confirm: bool = False
) -> Variant:
    """Change a variant. What it owes stays owed, unless it is not tracked any more.

    What it says of backorders stays, too, and has no effect until it is tracked again.
    Without tracking, what waits or is reserved ships without stock; tracked again, every line that
    has not shipped is counted again, in its rank. `confirm` says yes to what open orders suffer.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot take its value, backorders are allowed untracked, or
        pre-orders of a bundle.
    :raises NeedsConfirmation: it does something to open orders, and nobody said yes.
    """
    variant = lock_variants([variant.pk])[0]
    refuse_stale(variant, act)
    _refuse_bad_changes(variant, changes)
    before = copy(variant)
    save_changes(variant, changes, act=act, allowed=VARIANT_FIELDS)
    if variant.backorders != before.backorders:
        refuse_backorders_untracked(variant)
    with one_question(confirm=confirm):
        if LIMITED_BY & changes.keys() and not confirm:
            ask(variant_changed(before, variant), confirm=confirm)
        _follow(variant, changes, was_tracked=before.track_inventory, act=act)
    return variant


def _refuse_bad_changes(variant: Variant, changes: Mapping[str, Any]) -> None:
    """Refuse pre-orders of a bundle, and a SKU that looks like another one's.

    :raises InvalidChange: naming the field.
    """
    if changes.get("allow_preorders") and variant.components.exists():
        raise InvalidChange({"allow_preorders": NO_PREORDERS})
    if changes.get("sku", variant.sku) != variant.sku:
        renamed = Variant(pk=variant.pk, product=variant.product, sku=changes["sku"])
        validate(renamed, fields=["sku"])
        refuse_alike(renamed)


def _follow(variant: Variant, changes: Mapping[str, Any], *, was_tracked: bool, act: Act) -> None:
    """Bring open orders along with what was changed of a variant."""
    if was_tracked != variant.track_inventory:
        tracking_changed([variant.pk], act=act)
    if SOLD_BY & changes.keys():
        stock_changed([variant.pk], act=act, serve=bool(WAITED_FOR & changes.keys()))
    if SHOWN & changes.keys():
        sales_channels().described_anew([variant.pk])


def refuse_alike(variant: Variant) -> None:
    """Refuse a SKU that people would take for another one's.

    :raises InvalidChange: naming the field `sku`.
    """
    if error := _alike_error(variant):
        raise InvalidChange({"sku": error})


def _alike_error(variant: Variant) -> str | None:
    """Return why a variant may not have its SKU, if it may not; another seller's is not named."""
    sku = variant.sku
    if error := sku_error(sku):
        return error
    others = Variant.objects.filter(sku_in([sku])).exclude(pk=variant.pk).order_by("pk")
    other = others.select_related("product").first()
    if other is None:
        return None
    if other.product.seller_id != variant.product.seller_id:
        return f"The SKU {sku} is taken, or looks like one that is: choose another one."
    if other.sku == sku:
        return f"There is a variant with the SKU {sku} already."
    return (
        f"It looks like the SKU {other.sku}, which there is already: nobody could tell them apart."
    )


def refuse_backorders_untracked(variant: Variant) -> None:
    """Refuse "allow" on a variant whose inventory is not tracked: it would have no effect.

    :raises InvalidChange: naming the field `backorders`.
    """
    error = backorder_setting_error(variant.backorders, track_inventory=variant.track_inventory)
    if error:
        raise InvalidChange({"backorders": error})


@transaction.atomic
def set_components(
    *, act: Act, bundle: Variant, lines: Sequence[StockLine], confirm: bool = False
) -> None:
    """Make a variant the bundle of these components; no lines make it an ordinary variant again.

    Open orders keep the components that they were placed with; `confirm` says yes to that.

    :raises InvalidChange: a bundle inside a bundle, itself as component, a component named twice,
        a bad quantity, stock or pre-orders of its own.
    :raises NeedsConfirmation: open orders have the old components, and nobody said yes.
    """
    units = {line.variant.pk: line.quantity for line in lines}
    locked = {row.pk: row for row in lock_variants({bundle.pk, *units})}
    bundle = locked.get(bundle.pk, bundle)
    _refuse_bad_components(bundle, lines)
    before = _components_in_words(bundle)
    bundle.components.all().delete()
    BundleComponent.objects.bulk_create(
        [
            BundleComponent(bundle=bundle, component_id=variant_id, quantity=quantity)
            for variant_id, quantity in units.items()
        ]
    )
    after = _components_in_words(bundle)
    if after != before:
        bundle.save(update_fields=["updated_at"])
        sides = {"before": {"components": before}, "after": {"components": after}}
        record(bundle, **sides, act=act, version=bundle.version)
    with one_question(confirm=confirm):
        if after != before:
            ask(SettingChange(recipes=frozenset({bundle.pk})), confirm=confirm)
        if before and not after:
            tracking_changed([bundle.pk], act=act)


def _components_in_words(bundle: Variant) -> str:
    rows = bundle.components.order_by("component__sku").values_list("quantity", "component__sku")
    return ", ".join(f"{quantity} × {sku}" for quantity, sku in rows)


def _refuse_bad_components(bundle: Variant, lines: Sequence[StockLine]) -> None:
    errors: dict[str, str] = {}
    bundles = set(
        BundleComponent.objects.filter(bundle__in=[line.variant.pk for line in lines]).values_list(
            "bundle", flat=True
        )
    )
    met: set[int] = set()
    for line in lines:
        sku = line.variant.sku
        if line.variant.pk in met:
            errors[sku] = f"{sku} is named twice: put all of its units into one line."
            continue
        met.add(line.variant.pk)
        if not 1 <= line.quantity <= 1_000_000:
            errors[sku] = f"{sku}: a bundle takes 1 to 1,000,000 units of it."
        elif line.variant.pk == bundle.pk:
            errors[sku] = f"{sku} cannot be a component of itself."
        elif line.variant.pk in bundles:
            errors[sku] = f"{sku} is a bundle: name its components instead."
    if lines:
        errors |= _bundle_errors(bundle)
    if errors:
        raise InvalidChange(errors)


def _bundle_errors(bundle: Variant) -> dict[str, str]:
    """Return why a variant cannot be a bundle; one that is stays one, whatever it allows."""
    errors: dict[str, str] = {}
    if BundleComponent.objects.filter(component=bundle).exists():
        errors["components"] = f"{bundle.sku} is a component of another bundle."
    if bundle.allow_preorders and not bundle.components.exists():
        errors["allow_preorders"] = NO_PREORDERS
    if bundle.stock_levels.exclude(on_hand=0, on_backorder=0).exists():
        errors["components"] = f"{bundle.sku} has stock of its own: correct it to 0 first."
    elif delivery := _on_its_way(bundle):
        errors["components"] = (
            f"{bundle.sku} is on its way in the delivery {delivery}: receive or cancel that first."
        )
    return errors


def _on_its_way(variant: Variant) -> str:
    """Return the reference of an open delivery that still brings units of a variant, if any."""
    rows = IncomingDeliveryLine.objects.filter(variant=variant, quantity__gt=F("received"))
    is_open = {"delivery__canceled_at": None, "delivery__received_at": None}
    return rows.filter(**is_open).values_list("delivery__reference", flat=True).first() or ""


def free_slug(title: str) -> str:
    """Return an address made from a title that no product has."""
    base = slugify(title, allow_unicode=True)[:240] or "product"
    if not Product.objects.filter(slug=base).exists():
        return base
    return f"{base}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}"
