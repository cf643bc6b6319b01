"""The parts of an order: what ships as one parcel, or waits, and what holds it."""

from typing import Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models import StockLevel, Variant, Warehouse
from inventory.models.catalog import seller_scope
from inventory.models.columns import LineField, QuantityField, updated_at, within
from orders.models.orders import Order, OrderLine

MAX_HOLDS = 10
"""How many holds one person may put on one fulfillment order. Source: Shopify."""


class FulfillmentStatus(models.TextChoices):
    """How far a fulfillment order is; waiting means that something holds it."""

    WAITING = "waiting", _("Waiting")
    READY = "ready", _("Ready")
    PICKED = "picked", _("Picked")
    PACKED = "packed", _("Packed")
    SHIPPED = "shipped", _("Shipped")
    CANCELED = "canceled", _("Canceled")


class HoldReason(models.TextChoices):
    """Why a fulfillment order may not ship."""

    AWAITING_STOCK = "awaiting_stock", _("Awaiting stock")
    AWAITING_REST_OF_ORDER = "awaiting_rest_of_order", _("Awaiting the rest of the order")
    AWAITING_RELEASE_DATE = "awaiting_release_date", _("Awaiting the release date")
    AWAITING_PAYMENT = "awaiting_payment", _("Awaiting payment")
    MANUAL = "manual", _("Held by hand")


class FulfillmentOrderQuerySet(models.QuerySet["FulfillmentOrder"]):
    """Reads of fulfillment orders."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return those that hold something a user of the back office may see."""
        scope = seller_scope(user, "variant__product__seller")
        if scope == Q():
            return self.all()
        return self.filter(pk__in=FulfillmentLine.objects.filter(scope).values("fulfillment_order"))

    def open(self) -> Self:
        """Return those that are neither shipped nor canceled."""
        return self.exclude(status__in=(FulfillmentStatus.SHIPPED, FulfillmentStatus.CANCELED))


class FulfillmentOrder(models.Model):
    """The part of an order that ships as one parcel from one warehouse, or waits.

    While it waits it has no warehouse; its lines are booked at one or several.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fulfillment_orders")
    sequence = models.PositiveIntegerField()
    warehouse = models.ForeignKey(
        Warehouse,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="fulfillment_orders",
        verbose_name=_("warehouse"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=FulfillmentStatus, default=FulfillmentStatus.WAITING
    )
    created_at = models.DateTimeField(_("created"))
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)
    picked_at = models.DateTimeField(_("picked"), null=True, blank=True)
    picked_by = LineField(max_length=150, blank=True)
    packed_at = models.DateTimeField(_("packed"), null=True, blank=True)
    packed_by = LineField(max_length=150, blank=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    shipped_by = LineField(max_length=150, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = updated_at()

    objects = FulfillmentOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("fulfillment order")
        verbose_name_plural = _("fulfillment orders")
        permissions = (("fulfill", "Can pick, pack and ship"),)
        constraints = (
            models.UniqueConstraint("order", "sequence", name="fulfillmentorder_once"),
            models.CheckConstraint(
                condition=Q(status__in=FulfillmentStatus.values),
                name="fulfillmentorder_status_known",
            ),
        )
        indexes = (
            models.Index(
                fields=["status", "id"],
                name="fulfillmentorder_open",
                condition=~Q(status__in=("shipped", "canceled")),
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return what people call it: the order's number and its own."""
        return f"{self.order_id}-{self.sequence}"


class FulfillmentLineQuerySet(models.QuerySet["FulfillmentLine"]):
    """Reads of the units of fulfillment orders."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the lines that a user of the back office may see."""
        return self.filter(seller_scope(user, "variant__product__seller"))

    def waiting(self) -> Self:
        """Return those that owe units."""
        return self.filter(waiting__gt=0)


class FulfillmentLine(models.Model):
    """Units of one variant that one order line takes from one stock level.

    Units are those of the variant that is picked: of a bundle, its component, `per_unit` of it in
    each bundle. What is not tracked is taken from no stock level. `allocated` are on hand and not
    shipped, `waiting` are owed and booked there, `shipped` are gone. The place in the queue is
    kept with the line, so that one index holds the queue of a variant in order.
    """

    fulfillment_order = models.ForeignKey(
        FulfillmentOrder, on_delete=models.CASCADE, related_name="lines"
    )
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="fulfillment_lines"
    )
    variant = models.ForeignKey(
        Variant,
        on_delete=models.PROTECT,
        related_name="fulfillment_lines",
        verbose_name=_("variant"),
    )
    stock_level = models.ForeignKey(
        StockLevel,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="fulfillment_lines",
        verbose_name=_("stock level"),
    )
    per_unit = QuantityField(default=1)
    allocated = QuantityField(_("allocated"), default=0)
    waiting = QuantityField(_("waiting"), default=0)
    shipped = QuantityField(_("shipped"), default=0)
    priority = models.IntegerField(default=0)
    is_unpaid = models.BooleanField(default=False, db_default=False, editable=False)
    placed_at = models.DateTimeField()
    promised_at = models.DateField(_("promised for"), null=True, blank=True)
    updated_at = updated_at()

    seller: int | None = None
    """Who sells the order line, by key: two sellers never share a parcel. Set by whoever reads."""

    objects = FulfillmentLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("fulfillment line")
        verbose_name_plural = _("fulfillment lines")
        constraints = (
            models.UniqueConstraint(
                "fulfillment_order",
                "order_line",
                "variant",
                "stock_level",
                name="fulfillmentline_once",
            ),
            within("fulfillmentline_in_range", "per_unit", "allocated", "waiting", "shipped"),
            models.CheckConstraint(
                condition=Q(waiting=0) | Q(stock_level__isnull=False),
                name="fulfillmentline_waiting_is_booked",
            ),
        )
        indexes = (
            models.Index(
                F("variant"),
                F("priority").desc(),
                F("is_unpaid"),
                F("placed_at"),
                F("order_line"),
                F("id"),
                name="fulfillmentline_ranked",
                condition=Q(waiting__gt=0),
            ),
        )

    def __str__(self) -> str:
        units = self.allocated + self.waiting + self.shipped
        return f"{units} units of fulfillment order {self.fulfillment_order_id}"


class Hold(models.Model):
    """One reason why a fulfillment order waits; it is ready when none is left."""

    fulfillment_order = models.ForeignKey(
        FulfillmentOrder, on_delete=models.CASCADE, related_name="holds"
    )
    reason = models.CharField(_("reason"), max_length=24, choices=HoldReason)
    note = LineField(_("note"), max_length=250, blank=True)
    by = LineField(_("by"), max_length=150, blank=True)
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = (
            models.CheckConstraint(
                condition=Q(reason__in=HoldReason.values), name="hold_reason_known"
            ),
            models.UniqueConstraint(
                "fulfillment_order",
                "reason",
                name="hold_once",
                condition=~Q(reason="manual"),
            ),
        )

    def __str__(self) -> str:
        return str(self.get_reason_display())
