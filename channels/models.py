"""Where we sell."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models import Warehouse

DIRECT = "direct"
"""Orders typed by staff or sent by the API: no listings, the policy alone decides."""

STOREFRONT = "storefront"
"""The shop window that comes with the program."""


class Channel(models.Model):
    """A sales channel."""

    slug = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
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

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")

    def __str__(self) -> str:
        return self.name
