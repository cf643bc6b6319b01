"""What shops elsewhere sold, as they said it, on its way to be an order of ours."""

from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from channels.models import CaptureWhen, Channel
from inventory.models.catalog import seller_scope
from inventory.models.columns import LineField
from orders.models.orders import Order, OrderLine


class RemoteStatus(models.TextChoices):
    """How far the order is in the shop, in our words; those of the connectors."""

    CREATED = "created", _("Created")
    PAID = "paid", _("Paid")
    SHIPPED = "shipped", _("Shipped")
    CANCELED = "canceled", _("Canceled")


class CapturedState(models.TextChoices):
    """What became of it here."""

    PENDING = "pending", _("Pending")
    CAPTURED = "captured", _("Captured")
    NEEDS_ATTENTION = "needs_attention", _("Needs attention")
    CANCELED = "canceled", _("Canceled")


REACHED: dict[str, tuple[str, ...]] = {
    CaptureWhen.CREATED: (RemoteStatus.CREATED, RemoteStatus.PAID, RemoteStatus.SHIPPED),
    CaptureWhen.PAID: (RemoteStatus.PAID, RemoteStatus.SHIPPED),
    CaptureWhen.SHIPPED: (RemoteStatus.SHIPPED,),
}
"""The states of the shop in which *Capture order when it is* is reached."""


class CapturedOrderQuerySet(models.QuerySet["CapturedOrder"]):
    """Reads of captured orders."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return all of them to the store's own staff, none to sellers: they hold foreign lines."""
        return self.all() if seller_scope(user, "pk") == Q() else self.none()

    def needs_attention(self) -> Self:
        """Return those that staff must mend, and those whose order has units that are short."""
        short = OrderLine.objects.filter(short__gt=0).values("order")
        return self.filter(Q(state=CapturedState.NEEDS_ATTENTION) | Q(order__in=short))

    def due(self) -> Self:
        """Return those whose last message is not settled, and those that wait no longer.

        A pending one waits no longer when the channel captures earlier than it did, or is active
        again.
        """
        reached = Q()
        for moment, states in REACHED.items():
            reached |= Q(channel__capture_when=moment, status__in=states)
        return self.filter(
            Q(is_settled=False)
            | (Q(state=CapturedState.PENDING, channel__is_active=True) & reached)
        )


class CapturedOrder(models.Model):
    """One order of a shop, recorded once, whatever number of times it is told.

    `status`, `lines` and the customer are the shop's newest word, `changed_at` its own time of it.
    `booked` is what our order was made of.
    """

    channel = models.ForeignKey(
        Channel,
        on_delete=models.PROTECT,
        related_name="captured_orders",
        verbose_name=_("channel"),
    )
    external_id = LineField(_("external ID"), max_length=120)
    number = LineField(_("number there"), max_length=120, blank=True)
    status = models.CharField(_("status there"), max_length=8, choices=RemoteStatus)
    customer_name = LineField(_("customer"), max_length=200, blank=True)
    customer_email = LineField(_("e-mail"), max_length=254, blank=True)
    currency = LineField(_("currency"), max_length=10, blank=True)
    total = models.DecimalField(_("total there"), max_digits=24, decimal_places=2, default=0)
    shipping = models.DecimalField(
        _("shipping there"),
        max_digits=24,
        decimal_places=2,
        default=0,
        db_default=0,
        help_text=_("Of the total: what shipping costs, its tax included."),
    )
    placed_at = models.DateTimeField(_("placed"))
    changed_at = models.DateTimeField(_("changed there"))
    lines = models.JSONField(default=list)
    skus = models.TextField(
        blank=True, editable=False, help_text=_("Those of the lines, each between line breaks.")
    )
    raw = models.JSONField(default=dict)
    unreadable = models.TextField(blank=True, help_text=_("Why it cannot be read."))
    state = models.CharField(
        _("state"), max_length=16, choices=CapturedState, default=CapturedState.PENDING
    )
    problem = models.TextField(_("problem"), blank=True)
    mended = models.JSONField(
        default=dict, blank=True, help_text=_("Our SKU by the position of a line, from 0.")
    )
    booked = models.JSONField(default=list, blank=True)
    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="captured_from",
        verbose_name=_("order"),
    )
    is_settled = models.BooleanField(default=False)
    settled_status = models.CharField(
        max_length=8,
        choices=RemoteStatus,
        blank=True,
        default="",
        help_text=_("The state of the shop that was last followed here."),
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = LineField(_("dismissed by"), max_length=150, blank=True)
    dismissed_at = models.DateTimeField(_("dismissed"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))
    version = models.PositiveIntegerField(default=1, editable=False)

    is_news = False
    """Whether the message that this row was read with changed it; not a column."""

    objects = CapturedOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel order")
        verbose_name_plural = _("channel orders")
        constraints = (
            models.UniqueConstraint("channel", "external_id", name="capturedorder_once"),
            models.CheckConstraint(
                condition=Q(status__in=RemoteStatus.values), name="capturedorder_status_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=CapturedState.values), name="capturedorder_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="captured") | Q(order__isnull=False),
                name="capturedorder_captured_is_an_order",
            ),
        )
        indexes = (
            models.Index(F("placed_at").desc(), F("id").desc(), name="capturedorder_newest"),
            models.Index(fields=["state", "-placed_at", "-id"], name="capturedorder_by_state"),
            models.Index(fields=["id"], name="capturedorder_due", condition=Q(is_settled=False)),
            models.Index(fields=["id"], name="capturedorder_pending", condition=Q(state="pending")),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.name}"

    @property
    def name(self) -> str:
        """Return what people of the shop call it."""
        return str(self.number or self.external_id)

    @property
    def is_dismissed(self) -> bool:
        """Return whether somebody decided that it is not to be an order."""
        return self.dismissed_at is not None and self.state == CapturedState.CANCELED

    def sku_of(self, position: int) -> str:
        """Return our SKU of a line: the one chosen here, else the shop's; empty where none is."""
        line: dict[str, Any] = self.lines[position]
        return str(self.mended.get(str(position)) or line["sku"])
