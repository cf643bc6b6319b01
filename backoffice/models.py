"""What belongs to no single app: the tokens of programs that call the API, the shop's history."""

import hashlib
import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Seller


class ApiToken(models.Model):
    """A key to the API. Only its hash is stored; it acts with the rights of its user."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=80, blank=True)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    key_start = models.CharField(_("starts with"), max_length=12, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name or self.user} ({self.key_start}…)"

    @classmethod
    def issue(cls, *, user_id: int, name: str = "") -> tuple[Self, str]:
        """Return a new token and its key, which nobody can read again."""
        key = "bo_" + secrets.token_urlsafe(32)
        row = cls(user_id=user_id, name=name, key_hash=cls.hash_of(key), key_start=key[:9])
        row.save(force_insert=True)
        return row, key

    @staticmethod
    def hash_of(key: str) -> str:
        """Return what is stored of a key; it is random and long, so that a plain hash suffices."""
        return hashlib.sha256(key.encode()).hexdigest()


class BackorderDay(models.Model):
    """What was owed when a worker first looked on a day: of the whole store, or of one seller.

    The row without a seller counts everything. A day without it was not recorded; a seller without
    a row on a recorded day owed nothing. `is_reckoned` rows were worked out later, from events.
    """

    day = models.DateField(_("day"))
    seller = models.ForeignKey(
        Seller,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("seller"),
    )
    units = models.PositiveBigIntegerField(_("units"))
    value = models.DecimalField(_("value"), max_digits=30, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    is_reckoned = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("day of backorders")
        verbose_name_plural = _("days of backorders")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                "day", name="backorderday_whole_once", condition=Q(seller__isnull=True)
            ),
            models.UniqueConstraint(
                "day",
                "seller",
                name="backorderday_seller_once",
                condition=Q(seller__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.day}: {self.units}"
