"""Seals: what was written down so far, so that what is altered later is found."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Seal(models.Model):
    """One link of the chain over an append-only table: a hash over its rows and the seal before.

    It covers the rows behind the seal before, up to `through`, in the order of their keys, with
    the columns that the table had then. Append-only itself.
    """

    table = models.CharField(_("table"), max_length=64)
    number = models.PositiveIntegerField(help_text=_("Its place in the chain, from 1."))
    through = models.PositiveBigIntegerField(help_text=_("The key of the last row."))
    rows = models.PositiveBigIntegerField(help_text=_("How many rows it covers."))
    columns = models.TextField(help_text=_("Those that are hashed, with commas between."))
    digest = models.CharField(_("digest"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = (models.UniqueConstraint("table", "number", name="seal_once"),)

    def __str__(self) -> str:
        return f"{self.table} {self.through}"
