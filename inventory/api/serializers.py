"""The fields of the API: their names are fixed, programs outside rely on them."""

from typing import Any

from rest_framework import serializers

from inventory.api.fields import (
    Choice,
    Day,
    Flag,
    Line,
    Matching,
    Price,
    Quantity,
    Sku,
    Slug,
    StrictSerializer,
    Text,
    Threshold,
    Whole,
)
from inventory.mail_addresses import check_sendable
from inventory.models.columns import Backorders, InheritableBackorders
from inventory.models.settings import MAX_UNPAID_HOURS, BackorderedItemsShip, ReleaseRule

MAX_LINES = 2_000
VERSION_HELP = "The version you looked at: the change is refused when there is a newer one."
READ_ONLY_VERSION = "Counts the changes; send it with a change to be told of others' changes."


class Versioned(StrictSerializer):
    """A body that may say which version it saw; `ApiView.read` keeps it as `seen`."""

    version = Whole(required=False, min_value=0, max_value=2_147_483_647, help_text=VERSION_HELP)


def confirmed() -> Flag:
    """Return the field that says yes to what a change does to open orders."""
    return Flag(
        required=False,
        help_text="true: make the change whatever it does to open orders. Without it, a change "
        "that touches them is answered with `needs-confirmation` and its consequences.",
    )


class Confirmable(StrictSerializer):
    """A body that may say yes to its consequences; `ApiView.read` keeps it as `agreed`."""

    confirm = confirmed()


def _many(item: Any, **kwargs: Any) -> Any:
    """Return a list of these; the stubs do not know its bounds."""
    return item(many=True, **kwargs)


class SettingsSerializer(StrictSerializer):
    """The store's settings: what holds where nothing narrower says otherwise."""

    store_name = Line(max_length=80)
    currency = Matching(r"^[A-Z]{3}\Z", max_length=3)
    backorders = Choice(choices=Backorders.choices)
    out_of_stock_threshold = Threshold()
    notify_below = Quantity()
    only_x_left_threshold = Quantity()
    max_per_order = Quantity(help_text="Of one SKU in one order; 0: no limit.")
    storefront_max_per_order = Quantity(
        help_text="In the storefront, where nothing narrower says otherwise; 0: no limit."
    )
    new_products_allow_backorders = Flag()
    new_products_track_inventory = Flag()
    sellers_can_accept_backorders = Flag(
        required=False, help_text="Only users who may manage the marketplace see and change it."
    )
    allow_order_split = Flag()
    backordered_items_ship = Choice(
        choices=BackorderedItemsShip.choices,
        help_text="Of a split order: each item as soon as it is complete, or all that waits "
        "together, promised for the day of the last.",
    )
    release_rule = Choice(choices=ReleaseRule.choices)
    serve_oversold = Flag(
        help_text="Oversold units get arriving stock in their queue position, before new orders."
    )
    unpaid_order_hours = Whole(
        min_value=0,
        max_value=MAX_UNPAID_HOURS,
        allow_null=True,
        help_text="Orders that are unpaid for so many hours are canceled; null or 0: never.",
    )
    default_warehouse = Line(max_length=50, allow_null=True, help_text="The code of a warehouse.")
    delivery_timeframe = Line(
        max_length=80, allow_null=True, help_text="The name of a delivery timeframe."
    )
    low_stock_email = serializers.EmailField(
        allow_blank=True, max_length=254, validators=[check_sendable]
    )
    version = Whole(read_only=True, help_text=READ_ONLY_VERSION)


class SettingsChangesSerializer(Confirmable, Versioned, SettingsSerializer):
    """Settings to change; what is left out stays."""


class ComponentSerializer(StrictSerializer):
    """So many units of one variant in each bundle."""

    sku = Sku()
    quantity = Whole(min_value=1, max_value=1_000_000)


class VariantSerializer(StrictSerializer):
    """What is sold and counted: one SKU. `null` is the wider setting."""

    sku = Line(max_length=64)
    title = Line(
        max_length=255, allow_null=True, allow_blank=True, required=False, help_text="Colour: White"
    )
    product_title = Line(
        max_length=255,
        help_text="A new variant joins the product with exactly this title and the same seller; "
        "where there is none it is made.",
    )
    seller = Line(
        max_length=50,
        allow_null=True,
        required=False,
        help_text="The code of a seller; null: it belongs to the store itself.",
    )
    track_inventory = Flag(required=False)
    backorders = Choice(
        choices=InheritableBackorders.choices,
        allow_null=True,
        required=False,
        help_text="`inherit`, or null, is the product's setting.",
    )
    out_of_stock_threshold = Threshold(allow_null=True, required=False)
    notify_below = Quantity(allow_null=True, required=False)
    only_x_left_threshold = Quantity(allow_null=True, required=False)
    max_per_order = Quantity(
        allow_null=True, required=False, help_text="Of it in one order; 0: no limit."
    )
    release_date = Day(allow_null=True, required=False)
    allow_preorders = Flag(required=False)
    price = Price(required=False, help_text="In the store's currency.")
    ean = Matching(r"^[0-9]+\Z", max_length=14, allow_null=True, required=False)
    internal_id = Line(
        max_length=64,
        allow_null=True,
        allow_blank=True,
        required=False,
        help_text="The ID from the shop it came from.",
    )
    delivery_timeframe = Line(
        max_length=80,
        allow_null=True,
        required=False,
        help_text="The name of a delivery timeframe; null: the product's, else the store's.",
    )
    components = _many(
        ComponentSerializer,
        required=False,
        max_length=100,
        help_text="Of a bundle, 100 at most; else an empty list.",
    )
    version = Whole(read_only=True, help_text=READ_ONLY_VERSION)


class VariantChangesSerializer(Confirmable, Versioned, VariantSerializer):
    """Fields of a variant to change; what is left out stays."""


class ProductSerializer(StrictSerializer):
    """What variants have in common, and the settings of that level. `null` is the store's."""

    id = Whole(read_only=True)
    title = Line(max_length=255)
    slug = Slug(
        required=False,
        help_text="Its address in the storefront; left out, it is made from the title.",
    )
    brand = Line(max_length=120, required=False, allow_blank=True)
    description = Text(max_length=100_000, required=False, allow_blank=True)
    seller = Line(
        max_length=50,
        allow_null=True,
        required=False,
        help_text="The code of a seller; null: it belongs to the store itself.",
    )
    is_visible = Flag(required=False, help_text="Off: the storefront does not show it.")
    internal_id = Line(
        max_length=64,
        allow_null=True,
        allow_blank=True,
        required=False,
        help_text="The ID from the shop it came from.",
    )
    backorders = Choice(
        choices=InheritableBackorders.choices,
        allow_null=True,
        required=False,
        help_text="`inherit`, or null, is the store's setting.",
    )
    out_of_stock_threshold = Threshold(allow_null=True, required=False)
    notify_below = Quantity(allow_null=True, required=False)
    only_x_left_threshold = Quantity(allow_null=True, required=False)
    max_per_order = Quantity(
        allow_null=True,
        required=False,
        help_text="Of one SKU in one order; 0: no limit; null: the store's.",
    )
    delivery_timeframe = Line(
        max_length=80,
        allow_null=True,
        required=False,
        help_text="The name of a delivery timeframe; null: the store's.",
    )
    variants = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Their SKUs, in order."
    )
    version = Whole(read_only=True, help_text=READ_ONLY_VERSION)


class ProductChangesSerializer(Confirmable, Versioned, ProductSerializer):
    """Fields of a product to change; what is left out stays."""


class SellerSerializer(StrictSerializer):
    """A marketplace vendor that owns products."""

    code = Matching(r"^[-a-zA-Z0-9_]+\Z", max_length=50)
    name = Line(max_length=200)
    is_active = Flag(required=False, default=True, help_text="Off: its users see nothing any more.")
    version = Whole(read_only=True, help_text=READ_ONLY_VERSION)


class SellerChangesSerializer(Versioned):
    """Fields of a seller to change; the code stays."""

    name = Line(max_length=200)
    is_active = Flag()


class WarehouseSerializer(StrictSerializer):
    """A place that holds stock; priority 1 is asked first."""

    code = Matching(r"^[-a-zA-Z0-9_]+\Z", max_length=50)
    name = Line(max_length=200)
    priority = Quantity(required=False, default=1)
    is_active = Flag(required=False, default=True)
    version = Whole(read_only=True, help_text=READ_ONLY_VERSION)


class WarehouseChangesSerializer(Confirmable, Versioned):
    """Fields of a warehouse to change; its code stays."""

    confirm = confirmed()
    name = Line(max_length=200)
    priority = Quantity()
    is_active = Flag()


class StockLevelSerializer(StrictSerializer):
    """One variant in one warehouse, in units."""

    sku = Sku(read_only=True)
    warehouse = Line(read_only=True)
    on_hand = Quantity(read_only=True, help_text="Changes by receipts and adjustments alone.")
    allocated = Quantity(read_only=True)
    available = Whole(read_only=True)
    on_backorder = Quantity(read_only=True)
    in_stock = Flag(help_text="Off: this warehouse sells nothing of it, backorders or not.")
    backorder_threshold = Quantity(
        allow_null=True, help_text="null: no cap of its own; 0: no backorders here."
    )
    notify_below = Quantity(allow_null=True, help_text="null: only the variant is watched.")
    version = Whole(read_only=True, help_text=f"{READ_ONLY_VERSION} 0: never touched.")


class StockLevelChangesSerializer(Confirmable, Versioned, StockLevelSerializer):
    """Fields of a stock level to change; quantities are not among them."""


class StockLineSerializer(StrictSerializer):
    """So many units of one variant."""

    sku = Sku()
    quantity = Quantity(min_value=1)


class FoundLineSerializer(StrictSerializer):
    """The units of one variant that are really there."""

    sku = Sku()
    on_hand = Quantity()
    seen = Quantity(
        required=False,
        help_text="On hand as you saw it: the line is refused when it changed since.",
    )


def _lines(line: type[StrictSerializer], **kwargs: Any) -> Any:
    text = f"1 to {MAX_LINES:,} lines."
    return _many(line, min_length=1, max_length=MAX_LINES, help_text=text, **kwargs)


class ReceiptSerializer(StrictSerializer):
    """Units that came into a warehouse."""

    warehouse = Line(max_length=50)
    reference = Line(max_length=120, required=False, allow_blank=True, default="")
    lines = _lines(StockLineSerializer)


class AdjustmentSerializer(StrictSerializer):
    """What is really on the shelf, and why the books said otherwise."""

    warehouse = Line(max_length=50)
    reason = Line(max_length=250)
    lines = _lines(FoundLineSerializer)


class CountSerializer(StrictSerializer):
    """A stock count."""

    warehouse = Line(max_length=50)
    reference = Line(max_length=120, required=False, allow_blank=True, default="")
    lines = _lines(FoundLineSerializer)


class TransferSerializer(StrictSerializer):
    """Units that go from one warehouse to another."""

    source = Line(max_length=50)  # type: ignore[assignment]
    target = Line(max_length=50)
    reference = Line(max_length=120, required=False, allow_blank=True, default="")
    lines = _lines(StockLineSerializer)


class ReleasedUnitsSerializer(serializers.Serializer[Any]):
    """Units that went to an order that waited for them."""

    order = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()


class ReleasedSerializer(serializers.Serializer[Any]):
    """What a movement of stock released: who waited is served in the same transaction."""

    released = ReleasedUnitsSerializer(many=True)


class DeliveryLineSerializer(StrictSerializer):
    """So many units of one variant in a delivery."""

    sku = Sku()
    quantity = Quantity(min_value=1)
    received = Quantity(read_only=True)


class DeliverySerializer(StrictSerializer):
    """Units on their way to a warehouse."""

    id = Whole(read_only=True)
    warehouse = Line(max_length=50, help_text="The code of the warehouse.")
    supplier = Line(max_length=200, required=False, allow_blank=True)
    reference = Line(max_length=120)
    expected_at = Day()
    state = Choice(
        choices=["expected", "late", "partly_received", "received", "canceled"], read_only=True
    )
    lines = _lines(DeliveryLineSerializer)
    version = Whole(read_only=True, help_text=READ_ONLY_VERSION)


class DeliveryChangesSerializer(Versioned):
    """The day on which a delivery is expected now."""

    expected_at = Day()


class DeliveryReceiptSerializer(Versioned):
    """What came of a delivery; without lines, all that is still expected."""

    lines = _lines(StockLineSerializer, required=False)


class SeenSerializer(Versioned):
    """The version that was seen, or nothing: an empty object, or no body at all."""


class UndoSerializer(Confirmable):
    """An undo needs nothing but, when it touches open orders, a yes."""


class NothingSerializer(StrictSerializer):
    """An empty object, or no body at all."""
