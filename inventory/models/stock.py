"""What we hold, where, why it changed, and what is on its way."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from inventory.models.catalog import Variant, seller_scope
from inventory.models.columns import LineField, QuantityField, updated_at, within
from inventory.policy import MAX_QUANTITY, StockAt


class WarehouseQuerySet(models.QuerySet["Warehouse"]):
    """Reads of warehouses."""

    def active(self) -> Self:
        """Return those that sell, the one served first at the front."""
        return self.filter(is_active=True).order_by("priority", "pk")


class Warehouse(models.Model):
    """A place that holds stock."""

    code = models.SlugField(_("code"), unique=True)
    name = LineField(_("name"), max_length=200)
    priority = models.PositiveIntegerField(
        _("priority"), default=1, help_text=_("1 is asked first.")
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Off: its units and its room for backorders do not count."),
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    updated_at = updated_at()

    objects = WarehouseQuerySet.as_manager()

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        constraints = (within("warehouse_priority_in_range", "priority"),)

    def __str__(self) -> str:
        return str(self.name)


class StockLevelQuerySet(models.QuerySet["StockLevel"]):
    """Reads of stock levels."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the stock levels that a user of the back office may see."""
        return self.filter(seller_scope(user, "variant__product__seller"))


class StockLevel(models.Model):
    """One variant in one warehouse.

    The three quantities are caches: `on_hand` of the movements, `allocated` and `on_backorder` of
    the fulfillment lines. They change in the transaction that writes those rows, nowhere else.
    """

    variant = models.ForeignKey(
        Variant,
        on_delete=models.PROTECT,
        related_name="stock_levels",
        verbose_name=_("variant"),
    )
    warehouse = models.ForeignKey(
        Warehouse,
        on_delete=models.PROTECT,
        related_name="stock_levels",
        verbose_name=_("warehouse"),
    )
    on_hand = QuantityField(_("on hand"), default=0, help_text=_("Units physically there."))
    allocated = QuantityField(
        _("allocated"), default=0, help_text=_("Units of on hand promised to orders.")
    )
    available = models.GeneratedField(
        expression=F("on_hand") - F("allocated"),
        output_field=models.IntegerField(),
        db_persist=True,
        verbose_name=_("available"),
    )
    on_backorder = QuantityField(
        _("on backorder"), default=0, help_text=_("Units sold and still owed.")
    )
    in_stock = models.BooleanField(
        _("stock status in stock"),
        default=True,
        help_text=_("Off: this warehouse sells nothing of it, backorders or not."),
    )
    backorder_threshold = QuantityField(
        _("backorder threshold"),
        null=True,
        blank=True,
        help_text=_("Empty: no cap of its own. 0: no backorders here. 5: at most 5 here."),
    )
    notify_below = QuantityField(
        _("notify for quantity below"),
        null=True,
        blank=True,
        help_text=_("Empty: only the variant as a whole is watched."),
    )
    low_stock_since = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = updated_at()

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = (
            models.UniqueConstraint("variant", "warehouse", name="stocklevel_once"),
            within(
                "stocklevel_quantities_in_range",
                "on_hand",
                "allocated",
                "on_backorder",
                "backorder_threshold",
                "notify_below",
            ),
            models.CheckConstraint(
                condition=Q(allocated__lte=F("on_hand")),
                name="stocklevel_allocated_within_on_hand",
            ),
        )
        indexes = (
            models.Index(
                fields=["variant"], name="stocklevel_owing", condition=Q(on_backorder__gt=0)
            ),
        )

    def __str__(self) -> str:
        return f"{self.variant} @ {self.warehouse.code}"

    def at(self, warehouse: Warehouse, *, is_served: bool = True) -> StockAt:
        """Return this level as the policy reads it; the caller hands over its warehouse."""
        return StockAt(
            warehouse=warehouse.code,
            on_hand=self.on_hand,
            allocated=self.allocated,
            on_backorder=self.on_backorder,
            in_stock=self.in_stock,
            is_active=warehouse.is_active,
            backorder_threshold=self.backorder_threshold,
            is_served=is_served,
            name=warehouse.name,
        )


def stock_by_warehouse(
    levels: Mapping[int, StockLevel],
    warehouses: Iterable[Warehouse],
    ships_from: Collection[int] | None = None,
) -> dict[int, StockAt]:
    """Return one variant by warehouse, in their priority, as a channel sees it.

    There is an entry for each warehouse that sells, and for others that hold or owe units.
    `levels` are the variant's, by warehouse; `ships_from` are the channel's, `None`: all.
    """
    stock: dict[int, StockAt] = {}
    for warehouse in warehouses:
        level = levels.get(warehouse.pk)
        is_served = ships_from is None or warehouse.pk in ships_from
        if level is None:
            if warehouse.is_active and is_served:
                stock[warehouse.pk] = StockAt(warehouse.code, name=warehouse.name)
        elif (warehouse.is_active and is_served) or level.on_hand or level.on_backorder:
            stock[warehouse.pk] = level.at(warehouse, is_served=is_served)
    return stock


class MovementKind(models.TextChoices):
    """Why on hand changed."""

    INITIAL = "initial", _("First stock")
    RECEIPT = "receipt", _("Receipt")
    CORRECTION = "correction", _("Correction")
    COUNT = "count", _("Count")
    TRANSFER = "transfer", _("Transfer")
    SHIPMENT = "shipment", _("Shipment")
    RETURN = "return", _("Return")


class Movement(models.Model):
    """One line of the stock ledger: appended, never changed, never deleted.

    The database refuses UPDATE and DELETE (`inventory.ledger`). On hand is the sum of its lines.
    """

    stock_level = models.ForeignKey(
        StockLevel,
        on_delete=models.PROTECT,
        related_name="movements",
        verbose_name=_("stock level"),
    )
    quantity = models.IntegerField(
        _("quantity"), help_text=_("Units; negative when they leave the shelf.")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=MovementKind)
    reference = LineField(_("reference"), max_length=120, blank=True)
    reason = LineField(_("reason"), max_length=250, blank=True)
    by = LineField(_("by"), max_length=150, blank=True, help_text=_("Who, or which program."))
    delivery = models.ForeignKey(
        "IncomingDelivery",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        verbose_name=_("delivery"),
    )
    moved_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        constraints = (
            within("movement_in_range", "quantity", low=-MAX_QUANTITY),
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves_something"),
        )
        indexes = (models.Index(fields=["stock_level", "-id"], name="movement_newest_first"),)

    def __str__(self) -> str:
        return f"{self.quantity:+d} {self.stock_level_id} {self.kind}"


class IncomingDeliveryQuerySet(models.QuerySet["IncomingDelivery"]):
    """Reads of incoming deliveries."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the deliveries that bring something a user of the back office may see."""
        scope = seller_scope(user, "variant__product__seller")
        if scope == Q():
            return self.all()
        lines = IncomingDeliveryLine.objects.filter(scope)
        return self.filter(pk__in=lines.values("delivery"))

    def awaited(self) -> Self:
        """Return those that still bring units."""
        return self.filter(canceled_at=None, received_at=None)


class IncomingDelivery(models.Model):
    """Units on their way to a warehouse."""

    warehouse = models.ForeignKey(
        Warehouse,
        on_delete=models.PROTECT,
        related_name="deliveries",
        verbose_name=_("warehouse"),
    )
    supplier = LineField(_("supplier"), max_length=200, blank=True)
    reference = LineField(_("reference"), max_length=120)
    expected_at = models.DateField(_("expected on"))
    canceled_at = models.DateTimeField(_("canceled"), null=True, blank=True, editable=False)
    received_at = models.DateTimeField(
        _("received"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the last unit came."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    updated_at = updated_at()

    objects = IncomingDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming delivery")
        verbose_name_plural = _("incoming deliveries")
        indexes = (
            models.Index(
                fields=["expected_at"],
                name="incomingdelivery_open",
                condition=Q(canceled_at=None, received_at=None),
            ),
        )

    def __str__(self) -> str:
        return str(self.reference)

    def state(self, *, today: date, received: int) -> str:
        """Return expected, late, partly received, received or canceled.

        `received` is the number of units that came so far, which the caller has at hand.
        """
        if self.canceled_at:
            return "canceled"
        if self.received_at:
            return "received"
        if self.expected_at < today:
            return "late"
        return "partly_received" if received else "expected"


class IncomingDeliveryLineQuerySet(models.QuerySet["IncomingDeliveryLine"]):
    """Reads of delivery lines."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the delivery lines that a user of the back office may see."""
        return self.filter(seller_scope(user, "variant__product__seller"))

    def arriving(self, *, today: date) -> Self:
        """Return lines that still promise units: open, not late, not complete."""
        return self.filter(
            delivery__canceled_at=None,
            delivery__received_at=None,
            delivery__expected_at__gte=today,
            delivery__warehouse__is_active=True,
            received__lt=F("quantity"),
        )

    def units(self) -> int:
        """Return how many units are still to come."""
        return int(self.aggregate(units=Sum(F("quantity") - F("received"), default=0))["units"])


class IncomingDeliveryLine(models.Model):
    """So many units of one variant in a delivery, and how many of them came."""

    delivery = models.ForeignKey(IncomingDelivery, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        Variant,
        on_delete=models.PROTECT,
        related_name="delivery_lines",
        verbose_name=_("variant"),
    )
    quantity = QuantityField(_("quantity"))
    received = QuantityField(_("received"), default=0)

    objects = IncomingDeliveryLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery line")
        verbose_name_plural = _("delivery lines")
        constraints = (
            models.UniqueConstraint("delivery", "variant", name="incomingdeliveryline_once"),
            within("incomingdeliveryline_quantity_in_range", "quantity", low=1),
            models.CheckConstraint(
                condition=Q(received__gte=0, received__lte=F("quantity")),
                name="incomingdeliveryline_received_within_quantity",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant}"
