"""An order, its lines, and what happened to it."""

import secrets
from collections.abc import Collection
from decimal import Decimal
from typing import Self, TypedDict

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from inventory.models import Variant
from inventory.models.catalog import MAX_PRICE, seller_scope
from inventory.models.columns import LineField, QuantityField, updated_at, within
from orders.event_kinds import EventKind
from orders.policy.money import Charges, cost, extras, refund_due

MAX_PRIORITY = 1_000_000


class OrderStatus(models.TextChoices):
    """How far an order is; payment and fulfillment are separate states."""

    PROCESSING = "processing", _("Processing")
    PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
    SHIPPED = "shipped", _("Shipped")
    CANCELED = "canceled", _("Canceled")


class PaymentStatus(models.TextChoices):
    """How far the money is."""

    PENDING = "pending", _("Awaiting payment")
    PAID = "paid", _("Paid")
    REFUND_DUE = "refund_due", _("Refund due")
    REFUNDED = "refunded", _("Refunded")


def new_token() -> str:
    """Return a word that nobody can guess: 256 bits."""
    return secrets.token_urlsafe(32)


class OrderQuerySet(models.QuerySet["Order"]):
    """Reads of orders."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the orders that hold something a user of the back office may see."""
        scope = seller_scope(user, "variant__product__seller")
        if scope == Q():
            return self.all()
        return self.filter(pk__in=OrderLine.objects.filter(scope).values("order"))


class Order(models.Model):
    """What one customer bought at once. Its number is its key."""

    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="orders", verbose_name=_("channel")
    )
    external_id = models.CharField(  # noqa: DJ001 - unique where there is one
        _("external ID"), max_length=120, null=True, blank=True, help_text=_("Its ID over there.")
    )
    customer_name = LineField(_("customer"), max_length=200)
    customer_email = models.EmailField(_("e-mail"), blank=True)
    ship_together = models.BooleanField(
        _("ship together"), default=False, help_text=_("Nothing ships before all of it can.")
    )
    priority = models.IntegerField(
        _("priority"), default=0, help_text=_("Higher is served first. 0 is the usual.")
    )
    status = models.CharField(
        _("status"), max_length=16, choices=OrderStatus, default=OrderStatus.PROCESSING
    )
    payment = models.CharField(
        _("payment"), max_length=12, choices=PaymentStatus, default=PaymentStatus.PAID
    )
    currency = models.CharField(_("currency"), max_length=3)
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        db_default="",
        help_text=_("In which the customer is written to. Empty: the shop's."),
    )
    total = models.DecimalField(
        _("total"),
        max_digits=24,
        decimal_places=2,
        default=Decimal(0),
        help_text=_("Of what is neither canceled nor returned, with tax and shipping."),
    )
    captured = models.DecimalField(
        _("captured"), max_digits=24, decimal_places=2, default=Decimal(0)
    )
    charged_goods = models.DecimalField(
        max_digits=24,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        editable=False,
        help_text=_("What the lines cost when tax and shipping were charged on top."),
    )
    charged_tax = models.DecimalField(
        _("tax"),
        max_digits=24,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        editable=False,
        help_text=_("Tax and fees on top of the lines, less discounts of the whole order."),
    )
    charged_shipping = models.DecimalField(
        _("shipping"),
        max_digits=24,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        editable=False,
        help_text=_("Shipping as it was charged, its tax included."),
    )
    fingerprint = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("The hash of what was sent.")
    )
    page_key_hash = models.CharField(  # noqa: DJ001 - unique where there is one
        max_length=64, null=True, editable=False, help_text=_("Finds it by its page's address.")
    )
    sealed_page_key = models.CharField(  # noqa: DJ001 - an older program leaves it out
        max_length=250, null=True, editable=False, help_text=_("For links in mails.")
    )
    checkout_hash = models.CharField(  # noqa: DJ001 - unique where there is one
        max_length=64, null=True, editable=False, help_text=_("Of the checkout that placed it.")
    )
    # The key as an older program kept it, in clear: `seal_plain_keys` replaces it, and from then on
    # it opens nothing. It goes once no older program is left.
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    placed_at = models.DateTimeField(_("placed"))
    created_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    by = LineField(_("by"), max_length=150, blank=True)
    promise_notice_due = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = updated_at()

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = (
            models.UniqueConstraint("channel", "external_id", name="order_external_id_once"),
            models.UniqueConstraint(
                fields=["page_key_hash"],
                name="order_page_key_once",
                condition=Q(page_key_hash__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["checkout_hash"],
                name="order_checkout_once",
                condition=Q(checkout_hash__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values), name="order_status_known"
            ),
            models.CheckConstraint(
                condition=Q(payment__in=PaymentStatus.values), name="order_payment_known"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0, captured__gte=0), name="order_money_not_negative"
            ),
            within("order_priority_in_range", "priority", low=-MAX_PRIORITY, high=MAX_PRIORITY),
        )
        indexes = (
            models.Index(fields=["-placed_at", "-id"], name="order_newest_first"),
            models.Index(
                fields=["id"], name="order_notice_due", condition=Q(promise_notice_due=True)
            ),
            models.Index(
                fields=["id"], name="order_plain_key", condition=Q(page_key_hash__isnull=True)
            ),
            models.Index(
                fields=["created_at"],
                name="order_unpaid",
                condition=Q(payment="pending", status="processing"),
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return what people call it."""
        return str(self.pk)

    @property
    def charges(self) -> Charges:
        """Return what was charged beyond the prices of the lines."""
        return Charges(self.charged_goods, self.charged_tax, self.charged_shipping)

    def cost_of(self, lines: Collection["OrderLine"]) -> Decimal:
        """Return what the customer is to pay for all its lines: for what is kept of them."""
        return cost(self.charges, **_kept(lines))

    def extras_of(self, lines: Collection["OrderLine"]) -> tuple[Decimal, Decimal]:
        """Return tax and shipping for what is kept of all its lines."""
        return extras(self.charges, **_kept(lines))

    @property
    def refund_due(self) -> Decimal:
        """Return what is to be paid back."""
        return refund_due(self.payment, captured=self.captured, total=self.total)


class OrderLine(models.Model):
    """One variant of an order. Ordered = allocated + waiting + short + shipped + canceled.

    `recipe` are the components of a bundle as they were when it was ordered, each a variant's key
    and its units in one; none for a variant that is no bundle. `orders.recipes` reads it.

    `was_booked` is where its units were while nobody tracks them: for the key of each variant, by
    warehouse, the units that were reserved and those that waited. `orders.services.books` reads it.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="order_lines", verbose_name=_("variant")
    )
    sku = LineField(_("SKU"), max_length=64, help_text=_("As it was when it was ordered."))
    title = LineField(_("title"), max_length=500)
    quantity = QuantityField(_("ordered"))
    recipe = models.JSONField(null=True, blank=True, editable=False)
    was_booked = models.JSONField(null=True, blank=True, editable=False)
    unit_price = models.DecimalField(
        _("unit price"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MAX_PRICE)],
    )
    backordered_when_placed = QuantityField(_("backordered when placed"), default=0)
    short = QuantityField(_("short"), default=0)
    canceled = QuantityField(_("canceled"), default=0)
    returned = QuantityField(
        _("returned"), default=0, help_text=_("Of the units shipped, those that came back.")
    )
    placed_at = models.DateTimeField(_("placed"))
    promised_at = models.DateField(_("promised for"), null=True, blank=True)
    first_promised_at = models.DateField(null=True, blank=True, editable=False)
    told_at = models.DateField(
        null=True, blank=True, editable=False, help_text=_("The day that the customer was told.")
    )
    told_ready = models.BooleanField(
        null=True, editable=False, help_text=_("The customer was told last that it ships now.")
    )
    updated_at = updated_at()

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = (
            within(
                "orderline_quantities_in_range",
                "quantity",
                "backordered_when_placed",
                "short",
                "canceled",
                "returned",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("short") + F("canceled")),
                name="orderline_short_and_canceled_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0), name="orderline_price_not_negative"
            ),
        )
        indexes = (
            models.Index(fields=["order"], name="orderline_short", condition=Q(short__gt=0)),
            models.Index(fields=["sku"], name="orderline_sku"),
        )

    def __str__(self) -> str:
        return f"{self.order_id}: {self.quantity} × {self.sku}"

    @property
    def kept(self) -> int:
        """Return the units that are neither canceled nor returned."""
        kept: int = self.quantity - self.canceled - self.returned
        return kept

    @property
    def amount(self) -> Decimal:
        """Return the price of the units that are neither canceled nor returned."""
        return self.kept * self.unit_price


class _Kept(TypedDict):
    kept: Decimal
    is_any_kept: bool


def _kept(lines: Collection[OrderLine]) -> _Kept:
    goods = sum((line.amount for line in lines), Decimal(0))
    return {"kept": goods, "is_any_kept": any(line.kept for line in lines)}


class OrderEvent(models.Model):
    """What happened to an order: who, when, of which kind, and what it is about.

    It has no words; those are in `orders.event_words`. `text` is the sentence of an older program.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("when"))
    by = LineField(_("by"), max_length=150, blank=True)
    kind = models.CharField(
        _("kind"), max_length=24, default=EventKind.NOTE.value, db_default=EventKind.NOTE.value
    )
    data = models.JSONField(_("data"), default=dict, db_default=Value({}, models.JSONField()))
    text = models.TextField(_("what"), blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.order_id}: {self.kind}"
