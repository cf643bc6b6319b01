"""What is on its way to a channel, and what was said to it and by it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.models.channels import Channel
from channels.models.listings import Listing
from inventory.models import Job, Variant
from inventory.models.columns import LineField


class SalableChange(models.Model):
    """What may be sold of a variant changed: whoever sells it elsewhere is to be told.

    Written with the change that causes it, and never changed: nobody waits for anybody's row.
    """

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("change of what may be sold")
        verbose_name_plural = _("changes of what may be sold")

    def __str__(self) -> str:
        return str(self.variant_id)


class OutgoingKind(models.TextChoices):
    """What is to be sent."""

    LISTING = "listing", _("Listing")
    QUANTITY = "quantity", _("Quantity")


class Outgoing(models.Model):
    """One listing that a shop is to be told of, written with the change that causes it.

    Sent at least once. What changes again before it is sent is sent once: `changes` counts, and
    only what was sent as it is now is taken out.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="outgoing")
    kind = models.CharField(_("what"), max_length=8, choices=OutgoingKind)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    changes = models.PositiveIntegerField(default=1)
    is_untold = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("The shop was certainly not asked since this was written."),
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next try"))
    is_dead = models.BooleanField(_("given up"), default=False)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("message to a channel")
        verbose_name_plural = _("messages to channels")
        constraints = (models.UniqueConstraint("listing", "kind", name="outgoing_once"),)
        indexes = (
            models.Index(
                fields=["channel", "due_at", "id"],
                name="outgoing_due",
                condition=Q(is_dead=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.listing_id}"


class LogKind(models.TextChoices):
    """What was said."""

    LISTING = "listing", _("Listing")
    QUANTITY = "quantity", _("Quantity")
    ORDERS = "orders", _("Orders fetched")
    WEBHOOK = "webhook", _("Webhook")
    TEST = "test", _("Connection test")
    DRIFT = "drift", _("Comparison")


class ChannelLog(models.Model):
    """What was sent to a channel, what came back, and when. It holds no secret."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="log")
    listing = models.ForeignKey(Listing, on_delete=models.SET_NULL, null=True, blank=True)
    kind = models.CharField(_("what"), max_length=8, choices=LogKind)
    label = LineField(_("about"), max_length=250, blank=True)
    is_ok = models.BooleanField(_("well"), default=True)
    message = models.TextField(_("what came of it"), blank=True)
    sent = models.JSONField(_("sent"), null=True, blank=True)
    answered = models.JSONField(_("answered"), null=True, blank=True)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("channel log")
        verbose_name_plural = _("channel log")
        indexes = (
            models.Index(fields=["channel", "id"], name="channellog_by_channel"),
            models.Index(fields=["at"], name="channellog_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"
