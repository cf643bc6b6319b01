"""What is listed in a channel, as edited and as published."""

from decimal import Decimal
from typing import Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.models.channels import Channel
from inventory.models import Variant
from inventory.models.catalog import MAX_PRICE, seller_scope
from inventory.models.columns import LineField, QuantityField, updated_at


class ListingStatus(models.TextChoices):
    """Where a listing stands; the values are those of the API."""

    UNLISTED = "unlisted", _("Unlisted")
    LISTED = "listed", _("Listed")
    CHANGED = "changed", _("Changed")
    FAILED = "failed", _("Failed")


class PublishedBackorder(models.TextChoices):
    """What was published of backorders: allowed, or who forbade them when it was published."""

    ALLOWED = "allowed", _("Allowed")
    NOT_IN_CHANNEL = "channel", _("Not in this channel")
    NOT_THIS_ITEM = "listing", _("Not this item")


class ListingQuerySet(models.QuerySet["Listing"]):
    """Reads of listings."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the listings that a user of the back office may see."""
        return self.filter(seller_scope(user, "variant__product__seller"))

    def published(self) -> Self:
        """Return what shoppers see."""
        return self.exclude(published_at=None)

    def allowing(self, channel: Channel) -> Self:
        """Return what shoppers of a channel may buy on backorder: it was published so."""
        allowed = PublishedBackorder.ALLOWED
        return self.published().filter(channel=channel, published_backorder=allowed)

    def staying(self) -> Self:
        """Return what shoppers see and are to go on seeing."""
        return self.published().filter(is_leaving=False)

    def for_page(self) -> Self:
        """Return listings with what a page shows of their variant, in the same query."""
        return self.select_related("channel", "variant__product__seller")


class Listing(models.Model):
    """One variant in one sales channel.

    `allow_backorder` and `price` are as edited. What shoppers see are the `published_` values, a
    snapshot that List or Update takes. `is_leaving`: a shop elsewhere is to take it off, and has
    not said yet that it did; it is published until then.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="listings")
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, related_name="listings", verbose_name=_("variant")
    )
    allow_backorder = models.BooleanField(
        _("allow backorder"),
        default=True,
        help_text=_("Off: here it is sold only while it is in stock."),
    )
    price = models.DecimalField(
        _("price here"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MAX_PRICE)],
        help_text=_("Empty: the price of the variant."),
    )
    status = models.CharField(
        _("status"), max_length=8, choices=ListingStatus, default=ListingStatus.UNLISTED
    )
    error = models.TextField(_("what went wrong"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_backorder = models.CharField(
        _("backorders as published"), max_length=8, choices=PublishedBackorder, blank=True
    )
    published_price = models.DecimalField(
        _("price as published"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    published_title = LineField(_("title as published"), max_length=255, blank=True)
    published_variant_title = LineField(_("variant as published"), max_length=255, blank=True)
    remote_id = LineField(_("ID there"), max_length=120, blank=True)
    remote_parent_id = LineField(max_length=120, blank=True)
    remote_sku = LineField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("The SKU that the shop wrote when it was asked last."),
    )
    drift = models.TextField(
        _("different in the shop"), blank=True, default="", db_default="", editable=False
    )
    pushed_quantity = QuantityField(_("units as sent"), null=True, blank=True)
    pushed_at = models.DateTimeField(_("units sent"), null=True, blank=True)
    is_leaving = models.BooleanField(
        _("being taken off"), default=False, db_default=False, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = updated_at()

    objects = ListingQuerySet.as_manager()

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = (
            models.UniqueConstraint("channel", "variant", name="listing_once"),
            models.CheckConstraint(
                condition=Q(status__in=ListingStatus.values), name="listing_status_known"
            ),
            models.CheckConstraint(
                condition=Q(price=None) | Q(price__gte=0, price__lte=MAX_PRICE),
                name="listing_price_is_money",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_backorder="")
                | Q(published_at__isnull=False, published_backorder__in=PublishedBackorder.values),
                name="listing_published_whole",
            ),
        )
        indexes = (
            models.Index(fields=["channel", "status", "id"], name="listing_by_status"),
            models.Index(
                fields=["channel", "id"],
                name="listing_unpublished",
                condition=Q(status__in=("changed", "failed")),
            ),
            models.Index(
                fields=["channel", "id"],
                name="listing_not_allowed",
                condition=Q(allow_backorder=False),
            ),
            models.Index(
                fields=["channel", "published_backorder", "id"], name="listing_by_published"
            ),
            models.Index(fields=["channel", "id"], name="listing_drifted", condition=~Q(drift="")),
            models.Index(
                fields=["channel", "published_title", "variant"],
                name="listing_by_title",
                condition=Q(published_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.variant.sku} in {self.channel}"

    @property
    def is_published(self) -> bool:
        """Return whether shoppers see it."""
        return self.published_at is not None

    @property
    def shown_price(self) -> Decimal:
        """Return what shoppers pay, in the currency of the store."""
        return self.published_price or Decimal(0)

    @property
    def shown_title(self) -> str:
        """Return product and variant as shoppers read them."""
        if not self.published_variant_title:
            return str(self.published_title)
        return f"{self.published_title} – {self.published_variant_title}"

    @property
    def backorder_to_be(self) -> PublishedBackorder:
        """Return what List or Update would publish of backorders; needs the channel loaded."""
        if not self.channel.allow_out_of_stock_purchases:
            return PublishedBackorder.NOT_IN_CHANNEL
        allowed = self.allow_backorder
        return PublishedBackorder.ALLOWED if allowed else PublishedBackorder.NOT_THIS_ITEM

    @property
    def price_to_be(self) -> Decimal:
        """Return the price that List or Update would publish; needs the variant loaded."""
        return self.variant.price if self.price is None else self.price
