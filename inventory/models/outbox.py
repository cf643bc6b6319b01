"""Mails that were decided in a transaction and are sent after it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models.columns import LineField


class OutgoingMail(models.Model):
    """A mail, written with the change that causes it, sent at least once by the worker."""

    to = models.EmailField(_("to"))
    subject = LineField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next try"), default=timezone.now, db_default=Now())
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = (
            models.Index(fields=["id"], name="outgoingmail_unsent", condition=Q(sent_at=None)),
        )

    def __str__(self) -> str:
        return str(self.subject)
