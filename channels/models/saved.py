"""Filters that somebody keeps."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models.channels import Channel
from inventory.models.columns import LineField


class SavedFilter(models.Model):
    """A filter of the listings of a channel that a user kept under a name."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = LineField(_("name"), max_length=60)
    query = models.JSONField(default=dict, help_text=_("The filter, by field."))

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints = (models.UniqueConstraint("channel", "user", "name", name="savedfilter_once"),)

    def __str__(self) -> str:
        return str(self.name)
