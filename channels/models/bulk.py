"""Bulk listing: what was chosen, what it would change, and what came of each item."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _str
from django.utils.translation import gettext_lazy as _

from channels.models.channels import Channel
from channels.models.listings import Listing, ListingStatus
from inventory.models import ChangeSet, Job


class AllowBackorder(models.TextChoices):
    """What bulk listing does to *Allow backorder*. Source: Cin7 Core, "Bulk listing"."""

    KEEP = "keep", _("Keep as it is")
    ALLOW = "allow", _("Allow")
    DONT_ALLOW = "dont_allow", _("Don't allow")


class BulkAction(models.TextChoices):
    """What a bulk listing does with what was chosen."""

    LIST = "list", _("List")
    UNLIST = "unlist", _("Unlist")


class BulkState(models.TextChoices):
    """Where a bulk listing stands."""

    CHECKING = "checking", _("Being put together")
    READY = "ready", _("Waiting for your confirmation")
    APPLYING = "applying", _("Being listed")
    DONE = "done", _("Done")
    CANCELED = "canceled", _("Canceled")


class BulkListing(models.Model):
    """Many listings that are published, or taken off, at once: exactly those of the preview."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="bulk_listings")
    action = models.CharField(
        _("what is done"),
        max_length=8,
        choices=BulkAction,
        default=BulkAction.LIST,
        db_default=BulkAction.LIST,
    )
    allow_backorder = models.CharField(
        _("allow backorder"), max_length=10, choices=AllowBackorder, default=AllowBackorder.KEEP
    )
    chosen = models.JSONField(default=dict, help_text=_("The filter, or the items, as chosen."))
    words = models.TextField(_("what was chosen"), blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=BulkState, default=BulkState.CHECKING
    )
    total = models.PositiveIntegerField(_("items"), default=0)
    new = models.PositiveIntegerField(_("to be listed"), default=0)
    changing = models.PositiveIntegerField(_("to be changed"), default=0)
    listed = models.PositiveIntegerField(
        _("listed"), default=0, help_text=_("Listed, or taken off: what was done.")
    )
    failed = models.PositiveIntegerField(_("failed"), default=0)
    skipped = models.PositiveIntegerField(_("changed meanwhile"), default=0)
    through = models.PositiveBigIntegerField(
        default=0, help_text=_("The last listing that is written.")
    )
    change_set = models.ForeignKey(
        ChangeSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("bulk listing")
        verbose_name_plural = _("bulk listings")

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @property
    def takes_off(self) -> bool:
        """Return whether what was chosen is taken off the channel."""
        return self.action == BulkAction.UNLIST

    @property
    def state_words(self) -> str:
        """Return where it stands, in words."""
        if self.takes_off and self.state == BulkState.APPLYING:
            return _str("Being taken off")
        return str(self.get_state_display())


class ItemState(models.TextChoices):
    """What became of one item; *listed* is done, also where it was to be taken off."""

    CHOSEN = "chosen", _("Chosen")
    SENDING = "sending", _("On its way")
    LISTED = "listed", _("Listed")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Changed meanwhile")


class BulkListingItem(models.Model):
    """One listing of a bulk listing: as it was when the preview was made, and what became of it."""

    bulk = models.ForeignKey(BulkListing, on_delete=models.CASCADE, related_name="items")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    status = models.CharField(_("status before"), max_length=8, choices=ListingStatus)
    allow_before = models.BooleanField(_("allow backorder before"))
    allow_after = models.BooleanField(_("allow backorder after"))
    state = models.CharField(_("state"), max_length=8, choices=ItemState, default=ItemState.CHOSEN)
    message = models.TextField(_("what came of it"), blank=True)

    class Meta:
        verbose_name = _("bulk listing item")
        verbose_name_plural = _("bulk listing items")
        constraints = (models.UniqueConstraint("bulk", "listing", name="bulklistingitem_once"),)

    def __str__(self) -> str:
        return f"{self.bulk_id} {self.listing_id}"
