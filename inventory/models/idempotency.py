"""What programs asked for, so that asking again does nothing again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyKey(models.Model):
    """One `Idempotency-Key` of one user, written in the transaction of its effect."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(
        max_length=64, help_text=_("The hash of method, address and body.")
    )
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True, help_text=_("The answer, as it was sent."))
    digest = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("The hash of the answer; empty: an older program wrote it."),
    )
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = (models.UniqueConstraint("user", "key", name="idempotencykey_once"),)

    def __str__(self) -> str:
        return self.key
