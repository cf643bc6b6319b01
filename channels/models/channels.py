"""Where we sell, and on which terms."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from channels.errors import NotInChannel
from inventory.models import Warehouse
from inventory.models.columns import LineField, updated_at

DIRECT = "direct"
"""Orders typed by staff or sent by the API: no listings, the policy alone decides."""

STOREFRONT = "storefront"
"""The shop window that comes with the program."""


class ConnectorCode(models.TextChoices):
    """What stands on the other side of a channel."""

    NONE = "", _("None: programs read and write through the API")
    WOOCOMMERCE = "woocommerce", _("WooCommerce")


class CaptureWhen(models.TextChoices):
    """The state in which an order of a channel becomes a sale; the values are those of the API."""

    CREATED = "created", _("Created")
    PAID = "paid", _("Paid")
    SHIPPED = "shipped", _("Shipped")


class ProcessingMode(models.TextChoices):
    """How far a captured order goes by itself; the values are those of the API."""

    MANUAL = "manual", _("Manual")
    PICK = "pick", _("Pick")
    PICK_PACK = "pick_pack", _("Pick and pack")
    PICK_PACK_SHIP = "pick_pack_ship", _("Pick, pack and ship")
    LOAD_FROM_CHANNEL = "load_from_channel", _("Load data from the channel")


MAY_BACKORDER = Q(capture_when__in=(CaptureWhen.CREATED, CaptureWhen.PAID)) & ~Q(
    processing_mode=ProcessingMode.LOAD_FROM_CHANNEL
)
"""What backorders in a channel need. Source: Cin7 Core, "Backorder for ecommerce channels"."""


class Channel(models.Model):
    """A sales channel."""

    slug = models.SlugField(
        _("code"), unique=True, help_text=_("How programs name it. It stays as it is.")
    )
    name = LineField(_("name"), max_length=120)
    connector = models.CharField(
        _("connector"),
        max_length=20,
        choices=ConnectorCode,
        default=ConnectorCode.NONE,
        blank=True,
        help_text=_("What stands on the other side. It stays as it is."),
        db_default=ConnectorCode.NONE,
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Off: nothing is sold there, nothing is sent there and no order is fetched or booked."
        ),
        db_default=True,
    )
    allow_out_of_stock_purchases = models.BooleanField(
        _("allow users to purchase out of stock items"),
        default=False,
        help_text=_(
            "Products may be sold here that are not in stock. You need to list or update products "
            "to apply a change."
        ),
        db_default=False,
    )
    capture_when = models.CharField(
        _("capture order when it is"),
        max_length=8,
        choices=CaptureWhen,
        default=CaptureWhen.PAID,
        help_text=_("From this state on an order of the channel is a sale and takes stock."),
        db_default=CaptureWhen.PAID,
    )
    processing_mode = models.CharField(
        _("pick, pack, and ship processing mode"),
        max_length=20,
        choices=ProcessingMode,
        default=ProcessingMode.MANUAL,
        help_text=_("How far a captured order goes by itself when every unit of it is there."),
        db_default=ProcessingMode.MANUAL,
    )
    publish_automatically = models.BooleanField(
        _("publish automatically"),
        default=False,
        help_text=_("Changes of listed products are published at once, without List or Update."),
        db_default=False,
    )
    show_backorder_label = models.BooleanField(
        _("show “On backorder”"),
        default=True,
        help_text=_("Off: shoppers are not shown the label, as some themes have it."),
    )
    warehouses = models.ManyToManyField(
        Warehouse,
        blank=True,
        related_name="channels",
        verbose_name=_("warehouses"),
        help_text=_("Those it ships from. None chosen: all that are active."),
    )
    address = models.CharField(
        _("address"),
        max_length=300,
        blank=True,
        default="",
        help_text=_("Where the shop is, for example https://shop.example.com."),
        db_default="",
    )
    sealed_key = models.TextField(blank=True, editable=False, default="", db_default="")
    sealed_secret = models.TextField(blank=True, editable=False, default="", db_default="")
    sealed_webhook_secret = models.TextField(blank=True, editable=False, default="", db_default="")
    failures = models.PositiveIntegerField(default=0, editable=False, db_default=0)
    last_error = models.TextField(
        _("last error"), blank=True, editable=False, default="", db_default=""
    )
    down_since = models.DateTimeField(
        _("does not answer since"), null=True, blank=True, editable=False
    )
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True, editable=False)
    busy_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("A worker talks to the shop until then, at most."),
    )
    polled_through = models.DateTimeField(
        _("orders fetched through"), null=True, blank=True, editable=False
    )
    polled_at = models.DateTimeField(_("orders fetched at"), null=True, blank=True, editable=False)
    compared_at = models.DateTimeField(
        _("compared"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("All of it is compared daily, from here on."),
    )
    sampled_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Some of it is compared hourly, from here on."),
    )
    recount_after = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("The numbers of listings beyond this key are to be sent anew."),
    )
    version = models.PositiveIntegerField(default=1, editable=False, db_default=1)
    updated_at = updated_at()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = (
            models.CheckConstraint(
                condition=Q(allow_out_of_stock_purchases=False) | MAY_BACKORDER,
                name="channel_may_backorder",
            ),
            models.CheckConstraint(
                condition=~Q(slug=STOREFRONT) | MAY_BACKORDER, name="channel_storefront_sells_here"
            ),
            models.CheckConstraint(
                condition=Q(capture_when__in=CaptureWhen.values), name="channel_capture_known"
            ),
            models.CheckConstraint(
                condition=Q(processing_mode__in=ProcessingMode.values),
                name="channel_processing_known",
            ),
        )

    def __str__(self) -> str:
        return str(self.name)

    @property
    def has_listings(self) -> bool:
        """Return whether what is sold there is listed; through `direct` all is sold."""
        return self.slug != DIRECT

    def refuse_without_listings(self) -> None:
        """Do nothing, as long as what is sold there is listed.

        :raises NotInChannel: the channel has no listings.
        """
        if not self.has_listings:
            raise NotInChannel(f"{self} has no listings: everything is sold there.")

    @property
    def is_ours(self) -> bool:
        """Return whether all its orders are placed here: no other shop says what becomes of one."""
        return self.slug in {DIRECT, STOREFRONT}

    @property
    def is_remote(self) -> bool:
        """Return whether a shop of somebody else's making stands on the other side."""
        return bool(self.connector)
