"""Columns that several models share: settings with "use …", and quantities with their bounds."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.policy import INHERIT, MAX_QUANTITY, BackorderMode, LevelSettings

# Control characters and lone surrogates make every spreadsheet export of a table fail.
plain_text = RegexValidator(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]",
    _("Control characters are not allowed."),
    code="control_characters",
    inverse_match=True,
)
one_line = RegexValidator(
    "[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]",
    _("Control characters and line breaks are not allowed."),
    code="control_characters",
    inverse_match=True,
)


class Backorders(models.TextChoices):
    """The store's own word; the values are those of the API."""

    NO = BackorderMode.NO.value, _("No backorders")
    ALLOW = BackorderMode.ALLOW.value, _("Allow backorders")
    NOTIFY = BackorderMode.NOTIFY.value, _("Allow backorders and notify customer")


class InheritableBackorders(models.TextChoices):
    """The word of a product or a variant, which may use the wider setting."""

    INHERIT = INHERIT, _("Use the wider setting")
    NO = BackorderMode.NO.value, _("No backorders")
    ALLOW = BackorderMode.ALLOW.value, _("Allow backorders")
    NOTIFY = BackorderMode.NOTIFY.value, _("Allow backorders and notify customer")


class LineField(models.CharField):  # type: ignore[type-arg]
    """One line of text without control characters."""

    default_validators = [one_line]


class QuantityField(models.PositiveIntegerField):  # type: ignore[type-arg]
    """Whole units, 0 … 1,000,000,000."""

    default_validators = [MaxValueValidator(MAX_QUANTITY)]


def updated_at() -> models.DateTimeField[Any, Any]:
    """Return the column that says when a row was last written; see `inventory.updated`."""
    return models.DateTimeField(
        default=timezone.now, db_default=Now(), db_index=True, editable=False
    )


class ThresholdField(models.IntegerField):  # type: ignore[type-arg]
    """Whole units, −1,000,000,000 … 1,000,000,000."""

    default_validators = [
        MinValueValidator(-MAX_QUANTITY),
        MaxValueValidator(MAX_QUANTITY),
    ]


class PolicyColumns(models.Model):
    """The settings that a product and a variant may leave to the wider level."""

    backorders = models.CharField(
        _("backorders"),
        max_length=8,
        choices=InheritableBackorders,
        default=InheritableBackorders.INHERIT,
    )
    out_of_stock_threshold = ThresholdField(
        _("out-of-stock threshold"),
        null=True,
        blank=True,
        help_text=_(
            "Backorders off: so many units are kept back. Backorders on: −50 lets 50 units be "
            "owed, 0 sets no limit."
        ),
    )
    notify_below = QuantityField(
        _("notify for quantity below"),
        null=True,
        blank=True,
        help_text=_("Staff get one e-mail when this many units or fewer are available."),
    )
    only_x_left_threshold = QuantityField(
        _("only X left threshold"),
        null=True,
        blank=True,
        help_text=_("Shoppers see “Only 5 left” from this many salable units down; 0 is never."),
    )

    max_per_order = QuantityField(
        _("most units per order"),
        null=True,
        blank=True,
        help_text=_("Of one SKU in one order; 0 is no limit."),
    )

    class Meta:
        abstract = True

    @property
    def settings(self) -> LevelSettings:
        """Return what this level says, as the policy reads it."""
        return LevelSettings(
            backorders=self.backorders,
            out_of_stock_threshold=self.out_of_stock_threshold,
            notify_below=self.notify_below,
            only_x_left_threshold=self.only_x_left_threshold,
            max_per_order=self.max_per_order,
        )


def within(name: str, *fields: str, low: int = 0, high: int = MAX_QUANTITY) -> Any:
    """Return a check constraint that keeps each field between two numbers, on both engines."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__isnull": True}) | Q(
            **{f"{field}__gte": low, f"{field}__lte": high}
        )
    return models.CheckConstraint(condition=condition, name=name)


def policy_constraints(model: str) -> tuple[models.CheckConstraint, ...]:
    """Return the constraints of `PolicyColumns` for one model."""
    return (
        models.CheckConstraint(
            condition=Q(backorders__in=InheritableBackorders.values),
            name=f"{model}_backorders_known",
        ),
        within(f"{model}_threshold_in_range", "out_of_stock_threshold", low=-MAX_QUANTITY),
        within(f"{model}_quantities_in_range", "notify_below", "only_x_left_threshold"),
        within(f"{model}_max_per_order_in_range", "max_per_order"),
    )
