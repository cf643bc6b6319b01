"""What the nightly check of the books found."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BookCheck(models.Model):
    """One nightly check of the books: when it ran, and what does not add up.

    At most one a day. `breaches` are the first of them, each with its rule, its place and a text;
    `found` is how many there are.
    """

    day = models.DateField(_("day"), unique=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    found = models.PositiveIntegerField(_("problems"), default=0)
    breaches = models.JSONField(default=list)

    class Meta:
        verbose_name = _("check of the books")
        verbose_name_plural = _("checks of the books")

    def __str__(self) -> str:
        return str(self.day)
