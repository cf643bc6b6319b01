"""What staff may tune for the whole store; exactly one row."""

from typing import Self

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.mail_addresses import check_sendable
from inventory.models.catalog import DeliveryTimeframe
from inventory.models.columns import (
    Backorders,
    LineField,
    QuantityField,
    ThresholdField,
    within,
)
from inventory.models.stock import Warehouse
from inventory.objects import select
from inventory.policy import MAX_QUANTITY, LevelSettings

MAX_UNPAID_HOURS = 8_760
"""How long an unpaid order may be kept before it is canceled: a year."""


class ReleaseRule(models.TextChoices):
    """Who is served first when units arrive; the values are those of the API."""

    FIFO = "fifo", _("First come, first served")
    PROMISED_DATE = "promised_date", _("Promised date")
    MOST_ORDERS = "most_orders", _("Most orders completed")
    HIGHEST_VALUE = "highest_value", _("Highest value")


class BackorderedItemsShip(models.TextChoices):
    """What a parcel of a split order does while some of it waits; the values are the API's."""

    EACH = "each", _("Each item as soon as it is complete")
    TOGETHER = "together", _("Together, when the last of them is there")


class StoreSettings(models.Model):
    """The widest level of every setting. Read it with `load()` at the edge."""

    store_name = LineField(_("store name"), max_length=80, default="My store")
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as EUR."))],
    )
    backorders = models.CharField(
        _("backorders"), max_length=8, choices=Backorders, default=Backorders.NO
    )
    out_of_stock_threshold = ThresholdField(
        _("out-of-stock threshold"),
        default=0,
        help_text=_(
            "Backorders off: so many units are kept back. Backorders on: −50 lets 50 units be "
            "owed, 0 sets no limit."
        ),
    )
    notify_below = QuantityField(
        _("notify for quantity below"),
        default=1,
        help_text=_("Staff get one e-mail when this many units or fewer are available."),
    )
    only_x_left_threshold = QuantityField(
        _("only X left threshold"),
        default=0,
        help_text=_("Shoppers see “Only 5 left” from this many salable units down; 0 is never."),
    )
    max_per_order = QuantityField(
        _("most units per order"),
        default=0,
        db_default=0,
        help_text=_("Of one SKU in one order, whoever places it; 0 is no limit."),
    )
    storefront_max_per_order = QuantityField(
        _("most units per order in the storefront"),
        default=1_000,
        db_default=1_000,
        help_text=_(
            "What shoppers may order of one SKU, unless a product or a variant says otherwise; "
            "0 is no limit."
        ),
    )
    new_products_allow_backorders = models.BooleanField(
        _("allow backorders"),
        default=False,
        help_text=_(
            "On: a new variant starts with its own “Allow backorders”. Off: it starts with “Use "
            "store setting”. Variants that exist are not changed."
        ),
    )
    new_products_track_inventory = models.BooleanField(
        _("track the inventory"), default=True, help_text=_("How a new variant starts.")
    )
    sellers_can_accept_backorders = models.BooleanField(
        _("sellers can accept backorders"),
        default=False,
        help_text=_(
            "Off: products that belong to a seller take no backorders, whatever is set below."
        ),
    )
    allow_order_split = models.BooleanField(
        _("allow order split"),
        default=True,
        help_text=_("What is there ships now; what is missing waits as a parcel of its own."),
    )
    backordered_items_ship = models.CharField(
        _("backordered items ship"),
        max_length=8,
        choices=BackorderedItemsShip,
        default=BackorderedItemsShip.EACH,
        db_default=BackorderedItemsShip.EACH,
        help_text=_(
            "Each: what is complete leaves the parcel that waits, as one of its own. Together: all "
            "of it waits, and is promised, for the day of the last."
        ),
    )
    release_rule = models.CharField(
        _("release rule"),
        max_length=16,
        choices=ReleaseRule,
        default=ReleaseRule.FIFO,
        help_text=_("Who is served first when units arrive."),
    )
    serve_oversold = models.BooleanField(
        _("reserve arriving stock for oversold units"),
        default=True,
        db_default=True,
        help_text=_(
            "On: units that another shop oversold get arriving stock in their queue position, "
            "before any new order. Off: they stay oversold until you allow or cancel them."
        ),
    )
    unpaid_order_hours = models.PositiveIntegerField(
        _("cancel unpaid orders after"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MAX_UNPAID_HOURS)],
        help_text=_(
            "Hours. An order that is still unpaid then is canceled, its customer gets an e-mail, "
            "and its units go to the next in line. Empty or 0: unpaid orders are kept. Orders of "
            "connected shops are canceled by their shop alone."
        ),
    )
    delivery_timeframe = models.ForeignKey(
        DeliveryTimeframe,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delivery timeframe"),
    )
    default_warehouse = models.ForeignKey(
        Warehouse,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("default warehouse"),
        help_text=_("Where the first stock of imported products goes."),
    )
    low_stock_email = models.EmailField(
        _("low stock e-mail"),
        blank=True,
        validators=[check_sendable],
        help_text=_("Who hears of low stock. Empty: nobody, the list stays."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("settings")
        verbose_name_plural = _("settings")
        permissions = (("manage_marketplace", "Can decide whether sellers accept backorders"),)
        constraints = (
            models.CheckConstraint(condition=Q(pk=1), name="storesettings_exactly_one_row"),
            models.CheckConstraint(
                condition=Q(backorders__in=Backorders.values),
                name="storesettings_backorders_known",
            ),
            models.CheckConstraint(
                condition=Q(release_rule__in=ReleaseRule.values),
                name="storesettings_release_rule_known",
            ),
            models.CheckConstraint(
                condition=Q(backordered_items_ship__in=BackorderedItemsShip.values),
                name="storesettings_backordered_items_ship_known",
            ),
            within(
                "storesettings_unpaid_hours_in_range",
                "unpaid_order_hours",
                high=MAX_UNPAID_HOURS,
            ),
            within(
                "storesettings_threshold_in_range",
                "out_of_stock_threshold",
                low=-MAX_QUANTITY,
            ),
            within(
                "storesettings_quantities_in_range",
                "notify_below",
                "only_x_left_threshold",
            ),
            within(
                "storesettings_max_per_order_in_range",
                "max_per_order",
                "storefront_max_per_order",
            ),
        )

    def __str__(self) -> str:
        return "Settings"

    @classmethod
    def load(cls) -> Self:
        """Return the row, made with the defaults the first time.

        Every use case reads it: it is asked for without building a query anew.
        """
        rows = select(cls, "WHERE t.id = 1", [])
        return rows[0] if rows else cls.objects.get_or_create(pk=1)[0]

    @property
    def settings(self) -> LevelSettings:
        """Return what the store says, as the policy reads it."""
        return LevelSettings(
            backorders=self.backorders,
            out_of_stock_threshold=self.out_of_stock_threshold,
            notify_below=self.notify_below,
            only_x_left_threshold=self.only_x_left_threshold,
            max_per_order=self.max_per_order,
        )
